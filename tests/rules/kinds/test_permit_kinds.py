"""Case tables of the kinds that read permits and waybills, through the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from model.fences import Window
from model.rulebook import FAR_FUTURE_US, Finding, Rule
from rules.engine import Engine
from rules.registry import kinds_by_name
from rules.state import DeviceState
from rules.why_not import Question, why_not
from tests.rules.haulage import (
    BLIND,
    EMPTY,
    FENCES,
    FULL,
    FULL_TRIP,
    LOADED,
    PERMIT,
    START_US,
    TIPPED,
    TRUCK,
    WAYBILL,
    Haulage,
    Run,
    drive,
    dump,
    site,
    trip,
)
from tests.rules.kinds.city import EVERY_DAY, Fix, corridor, daily

MINUTE_US = 60_000_000
LEFT_US = START_US + 12 * 15 * 1_000_000
OTHER_SITE = replace(PERMIT, site_fence_id=3)
OTHER_DUMP = replace(PERMIT, dump_fence_ids=(3,))
AT_NIGHT = replace(PERMIT, windows=(Window(EVERY_DAY, 20 * 60, 6 * 60),))
BLIND_TRIP = trip([site(14, BLIND)], BLIND, [dump(14, BLIND)])
UNSEEN = [*drive(FULL), *TIPPED]


def judge(
    kind: str, runs: Sequence[Run] = FULL_TRIP, **book: Any
) -> tuple[list[Finding], list[str]]:
    """The last word on each finding, and the reasons for which the truck could not be judged."""
    changes = book.pop("rule", {})
    rule = Rule(
        id=1, version=1, organisation_id=1, kind=kind, name_zh="", name_en="", valid_from_us=0,
        **changes,
    )  # fmt: skip
    haulage = Haulage(runs, book)
    engine = Engine(replace(haulage.rulebook(), rules=(rule,)), kinds_by_name())
    states = {1: DeviceState()}
    found: dict[int, Finding] = {}
    reasons: set[str] = set()
    rows = haulage.rows()
    for i in range(len(rows)):
        found |= {f.started_us: f for f in engine.advance(states, rows[i : i + 1])}
        reasons |= {reason for _, reason in engine.unjudged(states[1]).values()}
    assert not engine.failing
    found |= {f.started_us: f for f in engine.ongoing(1, states[1])}
    return list(found.values()), sorted(reasons)


PERMIT_CASES: list[tuple[str, Sequence[Run], dict[str, Any], int, list[str]]] = [
    ("none at all", FULL_TRIP, {}, 1, []),
    ("valid", FULL_TRIP, {"permits": (PERMIT,)}, 0, []),
    ("for another site", FULL_TRIP, {"permits": (OTHER_SITE,)}, 1, []),
    ("for another truck", FULL_TRIP, {"permits": (replace(PERMIT, device_id=2),)}, 1, []),
    ("at another hour", FULL_TRIP, {"permits": (AT_NIGHT,)}, 1, []),
    ("expired", FULL_TRIP, {"permits": (replace(PERMIT, valid_to_us=START_US - 3_600_000_000),)},
     1, []),
    ("expired on the way, within the grace", FULL_TRIP,
     {"permits": (replace(PERMIT, valid_to_us=LEFT_US + MINUTE_US),)}, 0, []),
    ("not yet valid", FULL_TRIP, {"permits": (replace(PERMIT, valid_from_us=FAR_FUTURE_US - 1),)},
     1, []),
    ("nobody knows the load", BLIND_TRIP, {}, 0, ["load_unknown"]),
    ("nobody knows the load, a permit is there", BLIND_TRIP, {"permits": (PERMIT,)}, 0,
     ["site_unknown"]),
    ("nobody knows the site, a permit is there", UNSEEN, {"permits": (PERMIT,)}, 0,
     ["site_unknown"]),
    ("nobody knows the site, no permit is there", UNSEEN, {}, 1, []),
    ("outside the rule's schedule", FULL_TRIP, {"rule": {"schedule": daily((20, 6))}}, 0, []),
    ("still in the site", [*LOADED, site(30, FULL)], {}, 0, []),
]  # fmt: skip


@pytest.mark.parametrize("case", PERMIT_CASES, ids=[case[0] for case in PERMIT_CASES])
def test_no_permit(case: tuple[str, Sequence[Run], dict[str, Any], int, list[str]]) -> None:
    _, runs, book, count, reasons = case
    found, unjudged = judge("no_permit", runs, **book)
    assert (len(found), unjudged) == (count, reasons)


def test_no_permit_begins_where_the_truck_leaves_and_names_the_site() -> None:
    (found,) = judge("no_permit")[0]
    assert (found.fence_id, found.started_us) == (1, LEFT_US + 2 * 15_000_000)
    assert found.ended_us is not None
    assert found.measures["hauled_min"] > 5


WAYBILL_CASES: list[tuple[str, Sequence[Run], tuple[Any, ...], int]] = [
    ("none", FULL_TRIP, (), 1),
    ("valid", FULL_TRIP, (WAYBILL,), 0),
    ("for another site", FULL_TRIP, (replace(WAYBILL, site_fence_id=3),), 1),
    ("for another truck", FULL_TRIP, (replace(WAYBILL, device_id=2),), 1),
    ("written when the truck had left", FULL_TRIP,
     (replace(WAYBILL, issued_us=LEFT_US + MINUTE_US),), 0),
    ("written far too late", FULL_TRIP, (replace(WAYBILL, issued_us=LEFT_US + 5 * MINUTE_US),), 1),
    ("over before it left", FULL_TRIP, (replace(WAYBILL, valid_to_us=LEFT_US),), 1),
    ("cancelled before it left", FULL_TRIP, (replace(WAYBILL, cancelled_us=LEFT_US),), 1),
    ("of a run from an unknown site", UNSEEN, (WAYBILL,), 0),
    ("nobody knows the load", BLIND_TRIP, (), 0),
]  # fmt: skip


@pytest.mark.parametrize("case", WAYBILL_CASES, ids=[case[0] for case in WAYBILL_CASES])
def test_no_waybill(case: tuple[str, Sequence[Run], tuple[Any, ...], int]) -> None:
    _, runs, waybills, count = case
    rule = {"parameters": {"grace_min": 2.0}}
    found, unjudged = judge("no_waybill", runs, waybills=waybills, rule=rule)
    assert len(found) == count
    assert bool(unjudged) is (runs is BLIND_TRIP)


DUMP_CASES: list[tuple[str, Sequence[Run], tuple[Any, ...], int]] = [
    ("as permitted", FULL_TRIP, (PERMIT,), 0),
    ("another dump", FULL_TRIP, (OTHER_DUMP,), 1),
    ("another dump, but a second permit names it", FULL_TRIP, (OTHER_DUMP, replace(PERMIT, id=9)),
     0),
    ("without a permit: no_permit's business", FULL_TRIP, (), 0),
    ("outside every dump: illegal_dumping's business",
     [*LOADED, *drive(FULL)[:26], (8, Fix(4000, speed=0, signals={"loaded": 1}))],
     (OTHER_DUMP,), 0),
    ("told by stops alone", BLIND_TRIP, (OTHER_DUMP,), 0),
]  # fmt: skip


@pytest.mark.parametrize("case", DUMP_CASES, ids=[case[0] for case in DUMP_CASES])
def test_off_permit_dump(case: tuple[str, Sequence[Run], tuple[Any, ...], int]) -> None:
    _, runs, permits, count = case
    found, _ = judge("off_permit_dump", runs, permits=permits)
    assert [f.fence_id for f in found] == [2] * count


HALF_HOUR_US = 30 * MINUTE_US
PAPER = replace(WAYBILL, valid_to_us=START_US + HALF_HOUR_US)
PARKED = [site(160, EMPTY)]
UNMATCHED_CASES: list[tuple[str, Sequence[Run], Any, int]] = [
    ("a run came", FULL_TRIP * 2, PAPER, 0),
    ("nobody left", PARKED, PAPER, 1),
    ("a run from another site", FULL_TRIP * 2, replace(PAPER, site_fence_id=3), 1),
    ("cancelled", PARKED, replace(PAPER, cancelled_us=START_US + MINUTE_US), 0),
    ("another truck's", PARKED, replace(PAPER, device_id=2), 0),
    ("not over yet", PARKED, WAYBILL, 0),
    ("left just before it was issued", [*FULL_TRIP, *PARKED],
     replace(PAPER, issued_us=LEFT_US + 5 * MINUTE_US), 0),
    ("left long before it was issued", [*FULL_TRIP, *PARKED],
     replace(PAPER, issued_us=LEFT_US + 12 * MINUTE_US), 1),
    ("nobody knows the load", [site(160, BLIND)], PAPER, 0),
    ("nobody knows the load, but it left as trucks do", [*BLIND_TRIP, site(120, BLIND)], PAPER, 0),
]  # fmt: skip


@pytest.mark.parametrize("case", UNMATCHED_CASES, ids=[case[0] for case in UNMATCHED_CASES])
def test_waybill_unmatched(case: tuple[str, Sequence[Run], Any, int]) -> None:
    _, runs, waybill, count = case
    found, _ = judge("waybill_unmatched", runs, waybills=(waybill,))
    assert [f.measures["waybill_id"] for f in found] == [6] * count


def test_a_permits_route_is_a_corridor_of_its_truck() -> None:
    road = corridor(8, [(0, 2000), (5000, 2000)], 30)
    book = {"fences": (*FENCES, road), "permits": (replace(PERMIT, route_fence_id=8),)}
    quick = {"rule": {"parameters": {"min_duration_s": 60.0}}}
    found, _ = judge("route_deviation", **book, **quick)
    assert {f.fence_id for f in found} == {8}
    book["permits"] = (PERMIT,)
    assert judge("route_deviation", **book, **quick)[0] == []


@pytest.mark.parametrize("kind", ["no_permit", "no_waybill", "off_permit_dump"])
def test_sentences(kind: str) -> None:
    made = kinds_by_name()[kind]
    assert "12" in made.sentence({"hauled_min": 12.0, "duration_s": 60.0}, "zh")


def ask(kind: str, at_us: int, **book: Any) -> Any:
    rule = Rule(
        id=1, version=1, organisation_id=1, kind=kind, name_zh="", name_en="", valid_from_us=0
    )
    haulage = Haulage(FULL_TRIP, book)
    question = Question(
        rulebook=replace(haulage.rulebook(), rules=(rule,)), device=TRUCK, rule_id=1, at_us=at_us,
        state=DeviceState(), rows=haulage.rows(), known_until_us=at_us + 3_600_000_000,
    )  # fmt: skip
    return why_not(question, kinds_by_name())


def test_why_not_knows_what_the_truck_hauled() -> None:
    found = ask("no_permit", LEFT_US + 3 * MINUTE_US, permits=(PERMIT,))
    assert (found.code, found.clauses[1].value, found.clauses[2].value) == (
        "condition_false", "yes", "no",
    )  # fmt: skip
    assert ask("no_permit", LEFT_US + 3 * MINUTE_US).code == "would_be_raised"
    in_site = ask("no_permit", START_US + MINUTE_US)
    assert [c.value for c in in_site.clauses][1] == "no"
