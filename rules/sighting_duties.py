"""Sightings as duties: each is a duty of the unit whose plate was seen, due when enough is known.

A sighting is judged by itself, whatever the unit's own terminal said: a black truck has none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from model.rulebook import Rule
from model.sightings import Sighting
from rules.contract import Memory, Parameter
from rules.owed import DUTY_DEFAULTS, Dutiful, Duty, Ground, Seen, Watched
from rules.plan import Version
from rules.view import View

SECOND_US = 1_000_000
MAX_WINDOW_S = 3_600  # no kind asks what happened longer before or after a sighting
MIN_CONFIDENCE = Parameter(
    "min_confidence", "0-1", 0.9, 0, 1,
    "识别置信度低于此值的目击不采用", "a plate read with less confidence is not judged",
    "our default: a misread plate is the commonest false alarm; sightings without it are judged",
)  # fmt: skip


AGAIN = Parameter(
    "again_minutes", "min", 10, 0, 1_440,
    "同一车牌此时长内再次被目击不另行计违规", "a plate seen again so soon is no second finding",
    "our default: plate readers report a truck at a gate several times",
)  # fmt: skip


class Sighted(Dutiful):
    """The base of kinds that judge sightings. They need no fix: `unheard`."""

    unheard = True
    episode_defaults: dict[str, float] = DUTY_DEFAULTS

    def window_us(self, parameters: dict[str, float]) -> tuple[int, int]:  # noqa: ARG002
        """How long before and after a sighting the unit's own fixes tell something."""
        return 0, 0

    def concerns(self, sighting: Sighting) -> bool:
        """Whether it is one that the kind judges: of a registered unit."""
        return sighting.registered

    def duties(
        self, ground: Ground, version: Version, period_us: tuple[int, int]
    ) -> Iterable[Duty]:
        """One a sighting of the version's units; of a kind with AGAIN, those that come soon after
        another are passed over."""
        parameters = version.parameters
        before_us, after_us = self.window_us(parameters)
        devices = set(version.device_ids.tolist())
        least = parameters["min_confidence"]
        again_us = int(60 * parameters.get(AGAIN.name, 0)) * SECOND_US
        last_us: dict[int, int] = {}
        first_us = period_us[0] - after_us
        for seen in _between(ground, first_us - again_us, period_us[1] + before_us):
            sure = seen.confidence is None or seen.confidence >= least
            if seen.device_id not in devices or not sure or not self.concerns(seen):
                continue
            before, last_us[seen.device_id] = last_us.get(seen.device_id), seen.seen_us
            again = before is not None and again_us > 0 and seen.seen_us - before <= again_us
            if seen.seen_us >= first_us and not again:
                from_us, due_us = seen.seen_us - before_us, seen.seen_us + after_us
                yield Duty(seen.device_id, str(seen.id), from_us, due_us, about=seen)

    def look(self, view: View, watched: Watched, rule: Rule, parameters: dict[str, float]) -> Seen:  # noqa: ARG002
        """A fix tells nothing but that it came."""
        count = len(watched.row)
        return Seen(np.ones(count, np.bool_), [None] * count, np.full(count, "", object))

    def fold(
        self,
        ground: Ground,
        duty: Duty,
        progress: Memory,
        steps: Sequence[tuple[int, Any]],
        parameters: dict[str, float],
    ) -> None:
        """Nothing to keep."""


def measures_of(seen: Sighting) -> dict[str, Any]:
    """What a finding quotes of its sighting."""
    measures: dict[str, Any] = {"sighting_id": seen.id, "seen_us": seen.seen_us}
    if seen.photo is not None:
        measures["photo"] = seen.photo
    if seen.confidence is not None:
        measures["confidence_pct"] = round(100 * seen.confidence)
    return measures


def place_of(seen: Sighting) -> tuple[float, float]:
    """Longitude and latitude in degrees."""
    return seen.longitude_e6 / 1e6, seen.latitude_e6 / 1e6


def read_with(measures: dict[str, Any], zh: bool) -> str:
    """The plate reader's confidence in words, where it is known."""
    share = measures.get("confidence_pct")
    if share is None:
        return ""
    return f"（识别置信度{share:g}%）" if zh else f" (plate read with {share:g} % confidence)"


def _between(ground: Ground, from_us: int, to_us: int) -> Sequence[Sighting]:
    """Sightings in [from, to); made ready once a revision."""
    tables = ground.roster.tables
    table: tuple[list[int], list[Sighting]] | None = tables.get("sightings")
    if table is None:
        by_time = sorted(ground.rulebook.sightings, key=lambda seen: (seen.seen_us, seen.id))
        table = tables["sightings"] = [seen.seen_us for seen in by_time], by_time
    times, sightings = table
    return sightings[bisect_left(times, from_us) : bisect_left(times, to_us)]
