"""A registered vehicle that was seen far from where its terminal said it was.

The terminal was taken out, feeds false positions, or sits in another vehicle with this plate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from geofence.geodesy import ground_distance_m
from model.rulebook import Rule
from model.vehicles import VEHICLES
from rules.contract import NO, UNKNOWN, YES, Family, Memory, Parameter
from rules.owed import Duty, Ground, Seen, Verdict, Watched
from rules.readings import accuracy_m
from rules.registry import register
from rules.sighting_duties import (
    MAX_WINDOW_S,
    MIN_CONFIDENCE,
    SECOND_US,
    Sighted,
    measures_of,
    place_of,
)
from rules.view import View

_PARAMETERS = (
    Parameter(
        "distance_m", "m", 300, 50, 50_000,
        "终端位置与目击地点相距超过此值（另加双方精度）",
        "so far apart, and both accuracies more, the two places contradict each other",
        "our default: three times what a city truck drives in a report interval of 10 s",
    ),
    Parameter(
        "within_s", "s", 120, 5, MAX_WINDOW_S,
        "目击前后此时长内各须有一次定位", "a fix is needed so near on either side of the sighting",
        "our default: longer, and a truck may have been there and back",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    MIN_CONFIDENCE,
)  # fmt: skip
_Fix = tuple[int, float, float, float]  # time, degrees, metres


class SeenElsewhere(Sighted):
    """The terminal's place at the sighting is interpolated between the fixes around it."""

    name = "seen_elsewhere"
    family: Family = "conduct"
    zh = "目击与定位不符"
    en = "Seen elsewhere"
    measure_name = "distance_m"
    vehicle_kinds: tuple[str, ...] = VEHICLES
    parameters: tuple[Parameter, ...] = _PARAMETERS

    def window_us(self, parameters: dict[str, float]) -> tuple[int, int]:
        """As long after as before."""
        window_us = int(parameters["within_s"]) * SECOND_US
        return window_us, window_us

    def look(self, view: View, watched: Watched, rule: Rule, parameters: dict[str, float]) -> Seen:  # noqa: ARG002
        """Where each fix is, and how sure."""
        accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])[watched.row]
        rows = view.rows[watched.row]
        columns = [rows["longitude_e6"] / 1e6, rows["latitude_e6"] / 1e6, accuracy]
        facts = np.column_stack(columns).tolist()
        known = view.usable[watched.row] & ~np.isnan(accuracy)
        return Seen(known, facts, np.full(len(facts), "no_position", object))

    def fold(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,
        progress: Memory,
        steps: Sequence[tuple[int, Any]],
        parameters: dict[str, float],  # noqa: ARG002
    ) -> None:
        """`before`: the last fix up to the sighting; `after`: the first one from it on."""
        for time_us, fact in steps:
            if time_us <= duty.about.seen_us:
                progress["before"] = [time_us, *fact]
            if time_us >= duty.about.seen_us:
                progress.setdefault("after", [time_us, *fact])

    def verdict(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,
        progress: Memory,
        known_share: float,  # noqa: ARG002
        parameters: dict[str, float],
    ) -> Verdict:
        """UNKNOWN without a fix on either side."""
        seen = duty.about
        if "before" not in progress or "after" not in progress:
            return Verdict(UNKNOWN, progress.get("doubt") or "not_heard")
        longitude, latitude, accuracy = _interpolated(
            tuple(progress["before"]), tuple(progress["after"]), seen.seen_us
        )
        place = place_of(seen)
        apart_m = float(ground_distance_m(longitude, latitude, *place))
        measures = measures_of(seen) | {
            self.measure_name: round(apart_m, 1),
            "accuracy_m": round(accuracy + seen.accuracy_m, 1),
            "terminal": {"type": "Point", "coordinates": [round(longitude, 6), round(latitude, 6)]},
        }
        far = apart_m > parameters["distance_m"] + accuracy + seen.accuracy_m
        return Verdict(YES if far else NO, measures=measures, where=place)

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words."""
        metres = measures.get(self.measure_name, 0)
        if language == "zh":
            return f"目击地点与终端定位相距{metres:g}米"
        return f"seen {metres:g} m from where its terminal said it was"


def _interpolated(before: Any, after: Any, time_us: int) -> tuple[float, float, float]:
    """Longitude, latitude, and the worse accuracy of two fixes."""
    first: _Fix = before
    second: _Fix = after
    share = (time_us - first[0]) / (second[0] - first[0]) if second[0] > first[0] else 0.0
    longitude = first[1] + share * (second[1] - first[1])
    latitude = first[2] + share * (second[2] - first[2])
    return longitude, latitude, max(first[3], second[3])


register(SeenElsewhere())
