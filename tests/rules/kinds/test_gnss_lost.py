"""Case table of gnss_lost."""

from __future__ import annotations

import pytest

from model.fences import Shift
from model.position import FixSource
from model.signals import NO, YES
from rules.registry import kinds_by_name
from tests.rules.kinds.city import Fix, daily, when
from tests.rules.kinds.followed import Step, followed

OPEN_QUESTION = "unknown: signal_unknown"


def lost(s: int, ignition: int | None = None, odometer: int = -1) -> Step:
    signals = {} if ignition is None else {"ignition": ignition}
    return Step(s, Fix(source=FixSource.NONE, signals=signals), odometer)


def seen(s: int, source: FixSource = FixSource.GNSS) -> Step:
    return Step(s, Fix(source=source, signals={"ignition": YES}))


CASES = [
    ("positioned", [seen(0), seen(30)], ["no", "no"]),
    ("by network is positioned", [seen(0, FixSource.LBS)], ["no"]),
    ("ignition on", [seen(0), lost(30, YES), lost(60, YES)], ["no", "yes", "yes"]),
    ("found again", [lost(0, YES), seen(30)], ["yes", "no"]),
    ("parked", [lost(0, NO), lost(30, NO)], ["no", "no"]),
    ("parked though the odometer creeps", [lost(0, NO, 100), lost(30, NO, 150)], ["no", "no"]),
    ("nothing known", [lost(0), lost(30)], [OPEN_QUESTION] * 2),
    ("odometer runs", [lost(0, None, 100), lost(30, None, 400)], [OPEN_QUESTION, "yes"]),
    ("odometer stands", [lost(0, None, 100), lost(30, None, 104)], [OPEN_QUESTION, "no"]),
    ("at the limit", [lost(0, None, 100), lost(30, None, 110)], [OPEN_QUESTION, "yes"]),
    (
        "it forgets what was before a position",
        [lost(0, None, 100), seen(30), lost(60, None, 900)],
        [OPEN_QUESTION, "no", OPEN_QUESTION],
    ),
]


@pytest.mark.parametrize(("name", "steps", "expected"), CASES, ids=[case[0] for case in CASES])
def test_case(name: str, steps: list[Step], expected: list[str]) -> None:
    assert followed("gnss_lost", steps) == expected


def handset(minutes_past_ten: int, source: FixSource, duty: int | None = None) -> Step:
    signals = {} if duty is None else {"on_duty": duty}
    return Step(60 * minutes_past_ten, Fix(source=source, signals=signals))


def test_an_inspector_is_at_work_in_a_shift() -> None:
    """From ten past ten to twenty past ten; nobody owes a position outside."""
    shift = Shift(device_id=1, starts_us=when("2026-03-02T10:10"), ends_us=when("2026-03-02T10:20"))
    none, gnss = FixSource.NONE, FixSource.GNSS
    steps = [handset(5, none), handset(11, none), handset(12, gnss), handset(13, none),
             handset(14, none, NO), handset(21, none)]  # fmt: skip
    found = followed("gnss_lost", steps, vehicle="inspector", shifts=[shift])
    assert found == ["no", "yes", "no", "yes", "no", "no"]
    assert followed("gnss_lost", [handset(11, none)], vehicle="inspector") == ["no"]


def test_schedule_narrows_the_rule() -> None:
    assert followed("gnss_lost", [lost(0, YES)], schedule=daily((20, 6))) == ["no"]


def test_sentence() -> None:
    kind = kinds_by_name()["gnss_lost"]
    measures = {"driven_m": 5200.0, "duration_s": 720.0}
    assert kind.sentence(measures, "zh") == "作业中卫星定位丢失，驶过5200米，持续12分"
    assert kind.sentence(measures, "en") == "at work without a position, over 5200 m for 12 min"
