"""An inspector who has not been at all check-in points of a round, or not in their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from model.rulebook import Rule
from rules.assigned_duties import assigned_duties
from rules.contract import NO, YES, Memory, Parameter
from rules.owed import KNOWN_SHARE, Duty, Ground, Seen, Verdict, Watched
from rules.plan import Version
from rules.points import points_of
from rules.readings import accuracy_m
from rules.registry import register
from rules.shift_duties import MINUTE_US, ShiftDuty
from rules.view import View
from rules.whereabouts import PRECISION, precise, why_imprecise

MAX_VISITS = 1_000  # comings remembered a round; later ones are not needed for the order
_PARAMETERS = (
    Parameter(
        "tolerance_minutes", "min", 10, 0, 240,
        "允许比时段早到或晚到此时长", "so much earlier or later than the window still counts",
        "our default: check-in routes state an interval and an allowed error "
        "(http://accessfile.net/show.php?id=1664)",
    ),
    Parameter(
        "in_order", "0/1", 1, 0, 1,
        "1 须按点位顺序签到，0 不论顺序", "1: in the order of the points, 0: in any",
        "our default: check-in routes are ordered (http://accessfile.net/show.php?id=1664)",
    ),
    Parameter(
        "required_share", "0-1", 1, 0.01, 1,
        "须签到的点位比例", "the share of the points that must be visited",
        "our default: each point",
    ),
    *PRECISION,
    KNOWN_SHARE,
)  # fmt: skip


class MissedCheckIn(ShiftDuty):
    """Point sets assigned for `check_in`, in the assignment's windows; being there checks in."""

    name = "missed_check_in"
    zh = "漏签到"
    en = "Missed check-in"
    measure_name = "missed_points"
    parameters: tuple[Parameter, ...] = _PARAMETERS

    def duties(
        self, ground: Ground, version: Version, period_us: tuple[int, int]
    ) -> Iterable[Duty]:
        """One an assigned point set and window, longer at both ends by the tolerance."""
        more_us = int(version.parameters["tolerance_minutes"] * MINUTE_US)
        wider_us = period_us[0] - more_us, period_us[1] + more_us
        for duty in assigned_duties(
            ground, version, "check_in", wider_us, lambda _, end: end + more_us
        ):
            if ground.index.fences[duty.fence].shape == "point_set":
                yield replace(duty, from_us=duty.from_us - more_us)

    def look(self, view: View, watched: Watched, rule: Rule, parameters: dict[str, float]) -> Seen:  # noqa: ARG002
        """Which points each fix is near, by number; in doubt about its accuracy it is."""
        accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])[watched.row]
        known = precise(view, parameters)[watched.row]
        facts: list[list[int]] = [[] for _ in watched.row]
        fence = watched.fence()
        for place in np.unique(fence[known]).tolist():
            own = np.flatnonzero((fence == place) & known)
            points = points_of(view.roster, view.fences, place)
            for pair, number in points.near(view.rows[watched.row[own]], accuracy[own]):
                facts[own[pair]].append(number)
        return Seen(known, facts, why_imprecise(view, watched))

    def fold(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,  # noqa: ARG002
        progress: Memory,
        steps: Sequence[tuple[int, list[int]]],
        parameters: dict[str, float],  # noqa: ARG002
    ) -> None:
        """`at`: the points that the last fix was near; `visits`: [point, time of coming]."""
        at, visits = progress.get("at", []), progress.get("visits", [])
        for time_us, near in steps:
            visits += [[number, time_us] for number in near if number not in at]
            at = near
        progress.update(at=at, visits=visits[:MAX_VISITS])

    def verdict(
        self,
        ground: Ground,
        duty: Duty,
        progress: Memory,
        known_share: float,  # noqa: ARG002
        parameters: dict[str, float],
    ) -> Verdict:
        """The finding stands at the first point that was missed, or came too early."""
        places = points_of(ground.roster, ground.index.fences, duty.fence).degrees
        comings: dict[int, list[int]] = defaultdict(list)
        for number, time_us in progress.get("visits", ()):
            comings[number].append(time_us)
        missed = [number for number in range(len(places)) if number not in comings]
        early = _out_of_order(comings) if parameters["in_order"] else []
        measures: dict[str, Any] = {
            "missed_points": len(missed),
            "out_of_order_points": len(early),
            "total_points": len(places),
            "missed": {"type": "MultiPoint", "coordinates": places[missed].tolist()},
        }
        share = 1 - len(missed) / len(places)
        if share >= parameters["required_share"] and not early:
            return Verdict(NO, measures=measures)
        where = places[min(missed + early)].tolist()
        return Verdict(YES, measures=measures, where=(where[0], where[1]))

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """How many points were missed, and how many came out of their order."""
        missed, total = measures.get(self.measure_name, 0), measures.get("total_points")
        early = measures.get("out_of_order_points", 0)
        if language == "zh":
            of_all = "" if total is None else f"{total}个签到点中"
            turned = f"，{early:g}个未按顺序" if early else ""
            return f"{of_all}漏签{missed:g}个{turned}"
        of_all = "" if total is None else f" of {total}"
        turned = f", {early:g} out of order" if early else ""
        return f"{missed:g}{of_all} check-in points missed{turned}"


def _out_of_order(comings: dict[int, list[int]]) -> list[int]:
    """Visited points with no coming after that of the point before: whoever comes back later, in
    order, has done it. Points with circles that overlap may be reached at once."""
    since_us, found = 0, []
    for number in sorted(comings):
        after = [time_us for time_us in comings[number] if time_us >= since_us]
        if after:
            since_us = min(after)
        else:
            found.append(number)
    return found


register(MissedCheckIn())
