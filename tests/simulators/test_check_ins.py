"""Inspectors tell by hand where they check in, and when a shift begins and ends."""

from __future__ import annotations

import io
import json
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np

from protocols.handset.rows import decode_reports
from simulators.facts.attendance import NEAR_M
from simulators.fleet.unit import Unit
from simulators.scenario.dump import dump
from simulators.scenario.form import Fault
from simulators.scenario.plan import Plan, make_plan
from simulators.scenario.reading import read_scenario


@lru_cache
def plan(loss: float) -> Plan:
    scenario, source = read_scenario("check-ins")
    if loss:
        scenario.faults = [Fault(kind="packet_loss", rate=loss)]
    return make_plan("check-ins", scenario, source)


@lru_cache
def told(loss: float) -> dict[str, list[dict[str, Any]]]:
    """Messages by unit."""
    file = io.BytesIO()
    dump(plan(loss), file)
    found: dict[str, list[dict[str, Any]]] = {}
    for line in file.getvalue().splitlines():
        entry = json.loads(line)
        found.setdefault(entry["unit"], []).append(json.loads(bytes.fromhex(entry["hex"])))
    return found


def of(unit: Unit, kind: str, loss: float = 0.0) -> list[dict[str, Any]]:
    return [one for one in told(loss)[unit.identity] if one["type"] == kind]


def points(unit: Unit) -> list[str]:
    return [one["point"].rpartition("-")[2] for one in of(unit, "check_in")]


def test_each_inspector_checks_in_as_its_behaviour_says() -> None:
    made = [points(unit) for unit in plan(0.0).fleet.units]
    whole = ["1", "2", "3", "4"]
    assert made == [whole[:2], whole[::-1], *([whole] * 4), whole[:2], whole]


def test_a_check_in_is_where_the_point_is_unless_it_stops_short() -> None:
    for unit in plan(0.0).fleet.units:
        moments = np.array([int(one.at_s) for one in unit.habits.check_ins[:4]])
        at = unit.timeline.at(moments)
        cell = next(duty.fence_code for duty in unit.duties if duty.purpose == "grid")
        for number, one in enumerate(unit.habits.check_ins[:4]):
            place = plan(0.0).fleet.city.check_ins[cell][int(one.point.rpartition("-")[2]) - 1]
            away_m = np.hypot(at.x_m[number] - place[0], at.y_m[number] - place[1])
            short = unit.role == "stops_short" and one.point.endswith("-4")
            far = short and unit.number == 3
            assert (away_m > NEAR_M[0]) == far
            assert (away_m < NEAR_M[1]) == (not far)


def test_some_walk_and_some_ride() -> None:
    fastest = {unit.fixes(0, 8_000)["speed_kmh_e1"].max() > 90 for unit in fresh().fleet.units}
    assert fastest == {True, False}


def fresh() -> Plan:
    return make_plan("check-ins", *read_scenario("check-ins"))


def test_a_shift_begins_and_ends_by_hand() -> None:
    origin_s = plan(0.0).fleet.origin_us // 1_000_000
    for unit in plan(0.0).fleet.units:
        shifts = [(m["shift"], m["fix"]["t"] // 1_000 - origin_s) for m in of(unit, "shift")]
        assert [state for state, _ in shifts] == ["on", "off"]
        (_, on_s), (_, off_s) = shifts
        assert 1_800 <= on_s < 1_800 + 60
        if unit.role == "signs_off":
            assert 15_900 <= off_s < 15_900 + 60
        else:
            assert 16_200 - unit.interval_s <= off_s < 16_200


def test_the_server_reads_them_as_events_of_the_path() -> None:
    unit = plan(0.0).fleet.units[7]
    frames = [msgspec.json.encode(message) for message in told(0.0)[unit.identity]]
    decoded = decode_reports(frames)
    assert not decoded.bad
    events = [
        json.loads(text)["event"]
        for text in decoded.batch.attributes
        if text and "event" in json.loads(text)
    ]
    assert events == ["shift_start", *["check_in"] * 4, "shift_end"]


def test_what_is_told_by_hand_is_never_lost() -> None:
    for unit in plan(0.8).fleet.units:
        assert len(of(unit, "check_in", 0.8)) == len(of(unit, "check_in"))
        assert len(of(unit, "shift", 0.8)) >= 1
        fixes = [sum(len(m["fixes"]) for m in of(unit, "fixes", loss)) for loss in (0.8, 0.0)]
        assert fixes[0] < 0.5 * fixes[1]
