"""Case tables of late_arrival, left_early and absent_in_shift: a shift from eight to twelve."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from model.position import Rows
from model.rulebook import Outage, Rulebook
from rules.engine import Engine
from rules.registry import kinds_by_name
from rules.state import DeviceState
from tests.rules.kinds.city import daily
from tests.rules.kinds.owing import verdicts, word
from tests.rules.kinds.patrolling import (
    ELSEWHERE,
    END_US,
    LOST,
    OFF,
    POOR,
    SILENT,
    START_US,
    THERE,
    book,
    morning,
)

HOUR_US = 3_600_000_000
LATE, EARLY, ABSENT = book("late_arrival"), book("left_early"), book("absent_in_shift")
LENIENT = book("absent_in_shift", {"silence_counts": 0})
DEAF = book("absent_in_shift", outages=(Outage(START_US + HOUR_US, END_US - HOUR_US),))
CASES = [
    ("in time", LATE, morning((5, ELSEWHERE), (235, THERE)), "no"),
    ("late", LATE, morning((12, ELSEWHERE), (228, THERE)), "yes"),
    ("never there", LATE, morning((240, ELSEWHERE)), "yes"),
    ("signed off at the start", LATE, morning((240, OFF)), "yes"),
    ("silent at the start", LATE, morning((40, SILENT), (200, THERE)), "none"),
    ("heard once", LATE, morning((1, ELSEWHERE), (40, SILENT), (9, THERE)), "unknown: not_heard"),
    ("without a position", LATE, morning((20, LOST), (220, THERE)), "unknown: no_position"),
    ("by a cell tower", LATE, morning((20, POOR), (220, THERE)), "unknown: poor_gnss"),
    ("to the end", EARLY, morning((240, THERE)), "no"),
    ("gone for the last hour", EARLY, morning((180, THERE), (60, ELSEWHERE)), "yes"),
    ("gone and back", EARLY, morning((90, THERE), (120, ELSEWHERE), (30, THERE)), "no"),
    ("gone for ten minutes", EARLY, morning((230, THERE), (10, ELSEWHERE)), "no"),
    ("signed off", EARLY, morning((180, THERE), (1, OFF), (59, SILENT)), "yes"),
    ("switched off", EARLY, morning((180, THERE), (60, SILENT)), "unknown: not_heard"),
    ("seen once elsewhere", EARLY,
     morning((180, THERE), (1, ELSEWHERE), (59, SILENT)), "unknown: not_heard"),
    ("no position at the end", EARLY, morning((180, THERE), (60, LOST)), "unknown: no_position"),
    ("came never", EARLY, morning((240, ELSEWHERE)), "no"),
    ("there", ABSENT, morning((240, THERE)), "no"),
    ("there for half an hour", ABSENT, morning((100, ELSEWHERE), (32, THERE), (108, ELSEWHERE)),
     "no"),
    ("elsewhere", ABSENT, morning((110, ELSEWHERE), (20, THERE), (110, ELSEWHERE)), "yes"),
    ("not heard of", ABSENT, morning((240, SILENT)), "yes"),
    ("not heard of, leniently", LENIENT, morning((240, SILENT)), "unknown: not_heard"),
    ("heard in part", ABSENT, morning((100, ELSEWHERE), (140, SILENT)), "unknown: not_heard"),
    ("without GNSS", ABSENT, morning((240, LOST)), "unknown: no_position"),
    ("while the server was deaf", DEAF, morning((240, SILENT)), "unknown: outage"),
    ("nobody's cell", book("absent_in_shift", fences=()), morning((240, ELSEWHERE)), "no"),
    ("nobody's cell, no position", book("absent_in_shift", fences=()), morning((240, LOST)), "no"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rules", "rows", "said"), CASES, ids=[c[0] for c in CASES])
def test_case(name: str, rules: Rulebook, rows: Rows, said: str) -> None:
    if said == "none":  # nothing at all was heard in the window: silence is no lateness
        assert verdicts(rules, rows) == []
    else:
        assert word(rules, rows) == said


def test_what_is_measured() -> None:
    ((_, late),) = verdicts(LATE, morning((12, ELSEWHERE), (228, THERE)))
    assert late == {"waited_min": 10.0, "known_share": 1.0}
    ((_, early),) = verdicts(EARLY, morning((180, THERE), (60, ELSEWHERE)))
    assert (early["early_min"], early["signed_off"]) == (59.0, 0)
    ((_, absent),) = verdicts(ABSENT, morning((110, ELSEWHERE), (20, THERE), (110, ELSEWHERE)))
    assert (absent["present_min"], absent["heard"]) == (20.0, 1)


def test_a_rule_with_a_schedule_judges_the_shifts_that_begin_inside_it() -> None:
    (rule,) = LATE.rules
    rows = morning((240, ELSEWHERE))
    for hours, said in (((6, 10), ["yes"]), ((12, 20), [])):
        own = replace(rule, schedule=daily(hours))
        assert [word for word, _ in verdicts(replace(LATE, rules=(own,)), rows)] == said


def test_who_is_never_heard_of_is_absent_at_a_tick_and_withdrawn_by_late_fixes() -> None:
    engine = Engine(ABSENT, kinds_by_name())
    states: dict[int, DeviceState] = {}
    assert not list(engine.at_tick(states, END_US))
    (found,) = engine.at_tick(states, END_US + 61_000_000)
    assert (found.kind, found.measures["heard"]) == ("absent_in_shift", 0)
    states[1] = DeviceState()
    rows = morning((240, THERE))
    assert not [f for f in engine.advance(states, rows) if f.kind == "absent_in_shift"]
    assert not list(engine.at_tick(states, END_US + 2 * 61_000_000))


def test_sentences() -> None:
    kinds = kinds_by_name()
    assert kinds["late_arrival"].sentence({"waited_min": 10}, "zh") == "上班10分后仍未到达责任网格"
    early = {"early_min": 59.0, "signed_off": 1}
    assert kinds["left_early"].sentence(early, "en") == "signed off 59 min before the shift's end"
    absent = kinds["absent_in_shift"]
    assert absent.sentence({"present_min": 0.0, "heard": 0}, "zh") == "整班未上报"
    assert absent.sentence({"present_min": 20.0, "heard": 1}, "en") == (
        "at work for only 20 min of the shift, elsewhere for the rest"
    )
