"""Case tables of late_start and not_working: a road of 1 km from ten to eleven, a fix each 15 s."""

from __future__ import annotations

import numpy as np
import pytest

from model.position import FixSource, Rows
from model.signals import NO, YES
from rules.engine import Engine
from rules.registry import kinds_by_name
from rules.state import DeviceState
from tests.rules.kinds.city import Fix, corridor, rows_of, when
from tests.rules.kinds.owing import book_of, judged, word

ROAD = corridor(1, [(0, 0), (1000, 0)], 15)
LATE = book_of("late_start", [ROAD], "work_road")
LITTLE = book_of("not_working", [ROAD], "work_road")
DOWN, UP = {"brush_down": YES}, {"brush_down": NO}
WORK, IDLE = Fix(500, 0, speed=8, signals=DOWN), Fix(500, 0, speed=8, signals=UP)
ELSEWHERE = Fix(500, 300, speed=8, signals=DOWN)


def hour(*runs: tuple[float, Fix]) -> Rows:
    """Runs of so many minutes from ten on, then idle."""
    fixes = [fix for minutes, fix in runs for _ in range(int(minutes * 4))]
    rows = rows_of([IDLE] * 4 + fixes + [IDLE] * (248 - len(fixes)))
    rows["time_us"] = when("2026-03-02T09:59") + np.arange(len(rows)) * 15_000_000
    return rows


LATE_CASES = [
    ("at once", hour((30, WORK)), "no"),
    ("in time", hour((28, IDLE), (10, WORK)), "no"),
    ("late", hour((31, IDLE), (20, WORK)), "yes"),
    ("only tried", hour((5, IDLE), (0.75, WORK)), "yes"),
    ("not on its road", hour((40, ELSEWHERE)), "yes"),
    ("too fast for work", hour((40, Fix(500, 0, speed=45, signals=DOWN))), "yes"),
    ("beside it within the accuracy", hour((40, Fix(500, 24, speed=8, signals=DOWN))), "no"),
    ("no signal", hour((40, Fix(500, 0, speed=8))), "unknown: signal_unknown"),
    ("no position", hour((40, Fix(500, 0, 8, source=FixSource.NONE, signals=DOWN))),
     "unknown: no_position"),
    ("brush up without a position", hour((40, Fix(source=FixSource.NONE, signals=UP))), "yes"),
]  # fmt: skip
LITTLE_CASES = [
    ("most of it", hour((45, WORK)), "no"),
    ("in parts", hour((15, WORK), (20, IDLE), (17, WORK)), "no"),
    ("too little", hour((25, WORK)), "yes"),
    ("elsewhere", hour((45, ELSEWHERE)), "yes"),
]


@pytest.mark.parametrize(("name", "rows", "said"), LATE_CASES, ids=[c[0] for c in LATE_CASES])
def test_late(name: str, rows: Rows, said: str) -> None:
    assert word(LATE, rows) == said


@pytest.mark.parametrize(("name", "rows", "said"), LITTLE_CASES, ids=[c[0] for c in LITTLE_CASES])
def test_little(name: str, rows: Rows, said: str) -> None:
    assert word(LITTLE, rows) == said


def test_late_is_due_before_the_window_ends() -> None:
    (found,) = judged(LATE, hour())
    assert found.duty.due_us == when("2026-03-02T10:30")
    assert found.verdict.measures == {"waited_min": 30.0, "worked_s": 0.0, "known_share": 1.0}
    whole = book_of("late_start", [ROAD], "work_road", {"late_minutes": 120})
    assert judged(whole, hour())[0].duty.due_us == when("2026-03-02T11:00")


def test_a_finding_stands_where_it_was_last_however_the_fixes_are_cut() -> None:
    rows = hour((35, Fix(500, 0, speed=8, signals=UP)))
    rows["longitude_e6"] += np.arange(len(rows)) * 10
    rows["fix_source"][120:125] = FixSource.NONE
    last = rows[119]  # before half past ten
    for cuts in ([], [60], [119], [120, 126], list(range(1, len(rows)))):
        engine, states = Engine(LATE, kinds_by_name()), dict[int, DeviceState]()
        found = [f for part in np.split(rows, cuts) for f in engine.advance(states, part)]
        (late,) = (f for f in found if f.kind == "late_start")
        assert (late.longitude_e6, late.latitude_e6) == (
            last["longitude_e6"], last["latitude_e6"],
        )  # fmt: skip


def test_what_was_worked_while_nobody_heard_is_not_held_against_it() -> None:
    rows = hour((25, WORK))
    assert word(LITTLE, rows) == "yes"
    keep = (rows["time_us"] < when("2026-03-02T10:45")) | (
        rows["time_us"] > when("2026-03-02T10:54")
    )
    assert word(LITTLE, rows[keep]) == "no"


def test_sentences() -> None:
    kinds = kinds_by_name()
    late, little = kinds["late_start"], kinds["not_working"]
    assert late.sentence({"waited_min": 30}, "zh") == "作业时段开始30分后仍未在作业道路上作业"
    assert late.sentence({"waited_min": 30}, "en") == (
        "no work on its road 30 min after the window's start"
    )
    assert little.sentence({"worked_pct": 41.0}, "zh") == "作业时段内只有41%的时间在作业道路上作业"
    assert little.sentence({"worked_pct": 41.0}, "en") == (
        "worked on its road for only 41 % of the window"
    )
