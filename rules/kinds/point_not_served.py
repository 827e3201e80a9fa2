"""Collection points that a truck has not served by the end of their window.

Served is a point near which the truck has stayed long enough: a truck that only drives past has
collected nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from rules.assigned_duties import assigned_duties
from rules.contract import NO, YES, Family, Memory, Parameter
from rules.owed import DUTY_DEFAULTS, KNOWN_SHARE, Dutiful, Duty, Ground, Seen, Verdict, Watched
from rules.plan import Version
from rules.points import points_of
from rules.readings import accuracy_m
from rules.registry import register
from rules.view import View

MAX_MISSED_LISTED = 200  # all are counted
AWAY_US = 60_000_000  # an outlier shorter than this does not end a stay
_SECOND_US = 1_000_000
_PARAMETERS = (
    Parameter(
        "stay_s", "s", 30, 0, 3_600,
        "在点位范围内停留满此时长视为已收运", "a stay of this length near a point serves it",
        "our default: three fixes at 15 s; collecting from a point takes up to 10 min "
        "(http://hsnews.cnnb.com.cn/system/2022/11/09/012401895.shtml)",
    ),
    Parameter(
        "required_share", "0-1", 1, 0.01, 1,
        "须收运的点位比例", "the share of the points that must be served",
        "our default: each point",
    ),
    Parameter(
        "assumed_accuracy_m", "m", 10, 0, 200,
        "终端未报精度的卫星定位按此精度计", "accuracy of satellite fixes that state none",
        "our default: urban GNSS, 95 %",
    ),
    Parameter(
        "max_accuracy_m", "m", 50, 5, 2_000,
        "精度差于此值的定位不采用", "a worse fix is passed over",
        "our default: about the distance between two points",
    ),
    KNOWN_SHARE,
)  # fmt: skip


class PointNotServed(Dutiful):
    """Point sets assigned for `collection`, in the assignment's windows."""

    name = "point_not_served"
    family: Family = "route"
    zh = "点位未收运"
    en = "Point not served"
    measure_name = "missed_points"
    vehicle_kinds: tuple[str, ...] = ("garbage_truck",)
    parameters: tuple[Parameter, ...] = _PARAMETERS
    episode_defaults: dict[str, float] = DUTY_DEFAULTS

    def duties(
        self, ground: Ground, version: Version, period_us: tuple[int, int]
    ) -> Iterable[Duty]:
        """One an assigned point set and window."""
        owed = assigned_duties(ground, version, "collection", period_us)
        return [duty for duty in owed if ground.index.fences[duty.fence].shape == "point_set"]

    def look(self, view: View, watched: Watched, rule: Rule, parameters: dict[str, float]) -> Seen:  # noqa: ARG002
        """Which points each fix is near, by number; in doubt about its accuracy it is."""
        accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])[watched.row]
        usable = view.usable[watched.row]
        known = usable & (accuracy <= parameters["max_accuracy_m"])
        facts: list[list[int]] = [[] for _ in watched.row]
        fence = watched.fence()
        for place in np.unique(fence[known]).tolist():
            own = np.flatnonzero((fence == place) & known)
            points = points_of(view.roster, view.fences, place)
            for pair, number in points.near(view.rows[watched.row[own]], accuracy[own]):
                facts[own[pair]].append(number)
        return Seen(known, facts, np.where(usable, "poor_gnss", "no_position").astype(object))

    def fold(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,  # noqa: ARG002
        progress: Memory,
        steps: Sequence[tuple[int, list[int]]],
        parameters: dict[str, float],
    ) -> None:
        """`served`: numbers; `stays`: of other points, from when to when it has been near."""
        seen_us, stays = progress["seen_us"], dict(progress.get("stays", {}))
        served = set(progress.get("served", ()))
        stay_us = parameters["stay_s"] * _SECOND_US
        for time_us, near in steps:
            gap = time_us - seen_us > parameters["max_gap_s"] * _SECOND_US
            stays = {n: s for n, s in stays.items() if not gap and time_us - s[1] <= AWAY_US}
            for number in near:
                since_us = stays.get(str(number), (time_us,))[0]
                stays[str(number)] = [since_us, time_us]
                if time_us - since_us >= stay_us:
                    served.add(number)
            seen_us = time_us
        progress["stays"] = {n: stay for n, stay in stays.items() if int(n) not in served}
        progress["served"] = sorted(served)

    def verdict(
        self,
        ground: Ground,
        duty: Duty,
        progress: Memory,
        known_share: float,  # noqa: ARG002
        parameters: dict[str, float],
    ) -> Verdict:
        """The finding stands at the first point that was missed."""
        places = points_of(ground.roster, ground.index.fences, duty.fence).degrees
        served = progress.get("served", [])
        missed = np.delete(places, served, 0)
        share = len(served) / len(places)
        measures: dict[str, Any] = {
            "missed_points": len(missed),
            "served_points": len(served),
            "total_points": len(places),
            "served_share": round(share, 3),
            "missed": {"type": "MultiPoint", "coordinates": missed[:MAX_MISSED_LISTED].tolist()},
        }
        if share >= parameters["required_share"]:
            return Verdict(NO, measures=measures)
        return Verdict(YES, measures=measures, where=(float(missed[0][0]), float(missed[0][1])))

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """How many points were missed of how many."""
        missed, total = measures.get("missed_points", 0), measures.get("total_points")
        if language == "zh":
            of_all = "" if total is None else f"{total}个点位中"
            return f"到收运时限{of_all}有{missed:g}个点位未收运"
        of_all = "" if total is None else f" of {total}"
        return f"{missed:g}{of_all} points not served by the end of the window"


register(PointNotServed())
