"""vehicle_offline through the engine: who was at work when last heard, and who was not."""

from __future__ import annotations

import pytest

from model.position import FixSource, Rows
from model.rulebook import FAR_FUTURE_US, Device, Finding, Outage, Rule, Rulebook
from model.signals import NO, YES
from rules.engine import Engine
from rules.registry import kinds_by_name
from rules.state import DeviceState, decode, encode
from tests.rules.kinds.city import Fix, rows_of, when

MINUTE_US = 60_000_000
TEN_US = when("2026-03-02T10:00")


def engine(*outages: tuple[int, int]) -> Engine:
    truck = Device(
        id=1, organisation_id=1, identity="1", protocol="test", kind="muck_truck", name="A"
    )
    rule = Rule(
        id=7, version=1, organisation_id=1, kind="vehicle_offline", name_zh="", name_en="",
        valid_from_us=0, valid_to_us=FAR_FUTURE_US,
    )  # fmt: skip
    away = tuple(Outage(TEN_US + a * MINUTE_US, TEN_US + b * MINUTE_US) for a, b in outages)
    book = Rulebook(
        revision=1, organisation_parents={1: None}, devices=(truck,), rules=(rule,), outages=away
    )
    return Engine(book, kinds_by_name())


def minutes(findings: list[Finding]) -> list[tuple[int, int | None]]:
    return [
        (
            (f.started_us - TEN_US) // MINUTE_US,
            None if f.ended_us is None else (f.ended_us - TEN_US) // MINUTE_US,
        )
        for f in findings
    ]


def heard(speed: float | None, ignition: int, time: str = "2026-03-02T10:00") -> Rows:
    return rows_of([Fix(speed=speed, time=time, signals={"ignition": ignition})])


CASES = [
    ("ignition on", heard(0, YES), True),
    ("moving, ignition not known", heard(20, 0), True),
    ("moving, ignition off", heard(20, NO), True),
    ("parked", heard(0, NO), False),
    ("drift of a parked one", heard(4.9, NO), False),
    ("nothing known", heard(None, 0), False),
    ("old speed without a position", rows_of([Fix(speed=40, source=FixSource.NONE)]), False),
]


@pytest.mark.parametrize(("name", "rows", "expected"), CASES, ids=[case[0] for case in CASES])
def test_who_owes_reports(name: str, rows: Rows, expected: bool) -> None:
    judge, states = engine(), dict[int, DeviceState]()
    assert judge.advance(states, rows) == []
    assert judge.at_tick(states, TEN_US + 29 * MINUTE_US) == []
    found = judge.at_tick(states, TEN_US + 31 * MINUTE_US)
    assert minutes(found) == ([(0, None)] if expected else [])


def test_a_later_report_ends_the_silence_in_one_call_or_two() -> None:
    first, second = heard(30, YES), heard(30, YES, "2026-03-02T10:45")
    judge, states = engine(), dict[int, DeviceState]()
    judge.advance(states, first)
    states = {1: decode(encode(states[1]))}
    assert minutes(judge.advance(states, second)) == [(0, 45)]
    joined = rows_of([Fix(signals={"ignition": YES}), Fix(time="2026-03-02T10:45")])
    assert minutes(engine().advance({}, joined)) == [(0, 45)]


def test_what_a_vehicle_did_before_it_parked_does_not_count() -> None:
    rows = rows_of(
        [
            Fix(signals={"ignition": YES}),
            Fix(time="2026-03-02T10:05", speed=0, signals={"ignition": NO}),
            Fix(time="2026-03-02T14:00", signals={"ignition": YES}),
        ]
    )
    assert engine().advance({}, rows) == []


def test_an_outage_of_ours_accuses_nobody() -> None:
    judge, states = engine((5, 50)), dict[int, DeviceState]()
    judge.advance(states, heard(30, YES))
    assert judge.at_tick(states, TEN_US + 60 * MINUTE_US) == []
    assert minutes(judge.at_tick(states, TEN_US + 85 * MINUTE_US)) == [(50, None)]


def test_nobody_who_was_never_heard_is_offline() -> None:
    assert engine().at_tick({}, TEN_US) == []


def test_sentence() -> None:
    kind = kinds_by_name()["vehicle_offline"]
    assert kind.sentence({"silent_min": 45.0}, "zh") == "作业中失联45分"
    assert kind.sentence({"silent_min": 45.0}, "en") == (
        "not heard of since it was at work, for 45 min"
    )
