"""An inspector who has not checked in at all points of a round, or not in their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from model import signals
from model.rulebook import Rule
from rules.assigned_duties import assigned_duties
from rules.clauses import Said
from rules.contract import NO, UNKNOWN, YES, Memory, Parameter
from rules.owed import KNOWN_SHARE, Duty, Ground, Seen, Verdict, Watched
from rules.plan import Version
from rules.points import points_of
from rules.readings import accuracy_m
from rules.registry import register
from rules.shift_duties import MINUTE_US, ShiftDuty
from rules.view import View
from rules.whereabouts import PRECISION, precise, why_imprecise

MAX_VISITS = 1_000  # comings remembered a round; later ones are not needed for the order
BESIDE_US = 60_000_000  # a check-in counts where the handset was so shortly before, too
_ROUNDING = 1e-9
BY_PLACE, WHERE_SENT, BY_EVENTS = 0, 1, 2
# The numbers of the points that a fix is near, None: nobody knows; whether the person checks in.
Fact = tuple[list[int] | None, bool]
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
    Parameter(
        "by_events", "0-2", WHERE_SENT, BY_PLACE, BY_EVENTS,
        "0 到过即算签到；1 手机本轮发过签到的按签到判断，否则到过即算；2 只按签到判断",
        "0: being there checks in; 1: the handset's check-ins, where it sent one in the round;"
        " 2: its check-ins alone",
        "our default: not every handset of a city can send them",
    ),
    *PRECISION,
    KNOWN_SHARE,
)  # fmt: skip


class MissedCheckIn(ShiftDuty):
    """Point sets assigned for `check_in`, in the assignment's windows. A check-in that the handset
    sends (signal `check_in`) counts where it is made; of handsets that send none, being there."""

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
        checks = np.asarray(signals.field(view.rows["signals"], "check_in") >= signals.YES)
        checks = checks[watched.row]
        view = view.walked
        accuracy = accuracy_m(view, parameters["assumed_accuracy_m"])[watched.row]
        sure = precise(view, parameters)[watched.row]
        near: list[list[int]] = [[] for _ in watched.row]
        fence = watched.fence()
        for place in np.unique(fence[sure]).tolist():
            own = np.flatnonzero((fence == place) & sure)
            points = points_of(view.roster, view.fences, place)
            for pair, number in points.near(view.rows[watched.row[own]], accuracy[own]):
                near[own[pair]].append(number)
        facts: list[Fact] = [
            (numbers if known else None, check)
            for numbers, known, check in zip(near, sure.tolist(), checks.tolist(), strict=True)
        ]
        return Seen(sure | checks, facts, why_imprecise(view, watched))

    def fold(
        self,
        ground: Ground,  # noqa: ARG002
        duty: Duty,  # noqa: ARG002
        progress: Memory,
        steps: Sequence[tuple[int, Fact]],
        parameters: dict[str, float],  # noqa: ARG002
    ) -> None:
        """`at`: the points that the last fix was near, `at_us`: when; `visits`: [point, time of
        coming]; `checks`: [point, time of checking in]; `sent`: check-ins, `astray`: those of
        which nobody knows the place."""
        at, at_us = progress.get("at", []), progress.get("at_us", 0)
        visits, checks = progress.get("visits", []), progress.get("checks", [])
        sent, astray = progress.get("sent", 0), progress.get("astray", 0)
        for time_us, (near, check) in steps:
            if check:
                beside = at if time_us - at_us <= BESIDE_US else []
                checks += [[number, time_us] for number in sorted({*(near or ()), *beside})]
                sent, astray = sent + 1, astray + (near is None and not beside)
            if near is not None:
                visits += [[number, time_us] for number in near if number not in at]
                at, at_us = near, time_us
        progress.update(at=at, at_us=at_us, sent=sent, astray=astray)
        progress.update(visits=visits[:MAX_VISITS], checks=checks[:MAX_VISITS])

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
        wanted = parameters["by_events"]
        by_events = wanted == BY_EVENTS or (wanted == WHERE_SENT and bool(progress.get("sent")))
        been = _times(progress.get("visits", ()))
        comings = _times(progress.get("checks", ())) if by_events else been
        missed = [number for number in range(len(places)) if number not in comings]
        early = _out_of_order(comings) if parameters["in_order"] else []
        measures: dict[str, Any] = {
            "missed_points": len(missed),
            "out_of_order_points": len(early),
            "total_points": len(places),
            "by_events": int(by_events),
            "there_without_check_in": sum(number in been for number in missed) if by_events else 0,
            "missed": {"type": "MultiPoint", "coordinates": places[missed].tolist()},
        }
        few = len(places) * (1 - parameters["required_share"]) + _ROUNDING
        if len(missed) <= few and not early:
            return Verdict(NO, measures=measures)
        if by_events and len(missed) - progress.get("astray", 0) <= few and not early:
            return Verdict(UNKNOWN, "poor_gnss", measures)
        where = places[min(missed + early)].tolist()
        return Verdict(YES, measures=measures, where=(where[0], where[1]))

    def says(self, verdict: Verdict, parameters: dict[str, float]) -> list[Said]:
        """Points missed, and points out of order: one of both is enough."""
        missed = verdict.measures.get(self.measure_name)
        early = verdict.measures.get("out_of_order_points")
        if missed is None or early is None:
            return []
        few = verdict.measures["total_points"] * (1 - parameters["required_share"])
        names = ("checked in by the handset", "手机签到") if verdict.measures["by_events"] else (
            "been at", "到过")  # fmt: skip
        return [
            Said(
                name="missed", zh=f"漏签点位超过允许（按{names[1]}）",
                en=f"more points missed than allowed (by those {names[0]})",
                value="yes" if missed > few + _ROUNDING else "no", measured=missed,
                threshold=round(few, 2), unit="points",
            ),
            Said(
                name="out_of_order", zh="有点位未按顺序", en="points out of their order",
                value="yes" if early else "no", measured=early, threshold=0, unit="points",
            ),
        ]  # fmt: skip

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """How many points were missed, and how many came out of their order."""
        missed, total = measures.get(self.measure_name, 0), measures.get("total_points")
        early, there = (
            measures.get("out_of_order_points", 0),
            measures.get("there_without_check_in"),
        )
        if language == "zh":
            of_all = "" if total is None else f"{total}个签到点中"
            turned = f"，{early:g}个未按顺序" if early else ""
            been = f"（其中{there:g}个到过未签）" if there else ""
            return f"{of_all}漏签{missed:g}个{been}{turned}"
        of_all = "" if total is None else f" of {total}"
        turned = f", {early:g} out of order" if early else ""
        been = f" ({there:g} of them passed without checking in)" if there else ""
        return f"{missed:g}{of_all} check-in points missed{been}{turned}"


def _times(events: Iterable[list[int]]) -> dict[int, list[int]]:
    """Times by point, as they came."""
    found: dict[int, list[int]] = defaultdict(list)
    for number, time_us in events:
        found[number].append(time_us)
    return found


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
