"""The rules that a simulated city sets: one of each kind whose truth the plan tells.

Every parameter is at its default but where the city's signs say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from model.rulebook import Severity
from simulators.facts import CRITERIA
from simulators.facts.coverage import MAX_GAP_S
from simulators.facts.sensors import WORKING_DAYS
from simulators.fleet.calendar import DayWindow
from simulators.fleet.unit import PAPERS_TAG, ROSTER_TAG
from simulators.fleet.work.muck import CENTRE_PERMITTED


@dataclass(frozen=True, slots=True)
class Ruling:
    """`kinds` (): all that the rule kind can judge. `tags`: of the units it judges. `windows`: the
    rule's schedule, every day."""

    kind: str
    severity: Severity = "warning"
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    fence_tags: tuple[str, ...] = ()
    windows: tuple[DayWindow, ...] | None = None
    parameters: dict[str, float] = field(default_factory=dict)


_SPECIAL = (
    Ruling("route_deviation", severity="serious"),
    Ruling("operating_hours", "serious", fence_tags=("no_go",), windows=CENTRE_PERMITTED),
    # Past this quarter heavy vehicles drive all day: longer than two outliers can make it.
    Ruling(
        "forbidden_area",
        kinds=("muck_truck", "mixer"),
        fence_tags=("closed",),
        parameters={"min_duration_s": 120},
    ),
    Ruling("illegal_dumping", severity="serious"),
    # Sweepers have their roads all day; water trucks fetch water and rest half of each window.
    Ruling("late_start", kinds=("water_truck",)),
    Ruling("not_working", kinds=("water_truck",), parameters={"required_pct": 30}),
    # Below this a lost report is no hole; who reports less often shows nothing.
    Ruling("coverage_short", kinds=("water_truck",), parameters={"max_gap_s": MAX_GAP_S}),
    # The avenues are signed 50; everything slower is judged by the police.
    Ruling("speeding", parameters={"limit_kmh": 50}),
    # Every vehicle works on every day.
    Ruling("dead_sensor", parameters={"working_days": WORKING_DAYS}),
    # Of trucks whose papers are kept on paper nobody knows what they have.
    Ruling("no_permit", "serious", tags=(PAPERS_TAG,)),
    Ruling("no_waybill", tags=(PAPERS_TAG,)),
    Ruling("off_permit_dump", "serious", tags=(PAPERS_TAG,)),
    Ruling("waybill_unmatched", tags=(PAPERS_TAG,)),
    Ruling("unknown_plate", "serious", kinds=("muck_truck",)),
    Ruling("no_permit_seen", "serious", tags=(PAPERS_TAG,)),
    Ruling("terminal_silent_seen", tags=(PAPERS_TAG,)),
    Ruling("seen_elsewhere", tags=(PAPERS_TAG,)),
    # Who works by no roster owes no round and no kilometres.
    *(
        Ruling(kind, tags=(ROSTER_TAG,))
        for kind in (
            "absent_in_shift", "late_arrival", "left_early", "missed_check_in", "patrol_short",
            "stays_too_long",
        )
    ),
)  # fmt: skip
RULINGS: dict[str, Ruling] = {kind: Ruling(kind) for kind in CRITERIA} | {
    ruling.kind: ruling for ruling in _SPECIAL
}
