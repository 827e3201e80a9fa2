"""The torture run's own judgement: it must see what is lost, doubled, strange or different."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.torture.ledger import COMPARED, Ledger, Raised, Stored, compare, differences
from simulators.torture.plan import EVERY_S, MAX_NUMBERS, Order, TorturePlan
from simulators.torture.run import Scale, disturbances

PLAN = TorturePlan(seed=3, trucks=2, handsets=1, rate=1.0, base_s=1_790_000_000)
COUNT = 40


def as_stored(plan: TorturePlan = PLAN, count: int = COUNT) -> list[Stored]:
    """What an honest server has in the end."""
    rows = []
    for unit in plan.units:
        fixes = plan.fixes(unit, np.arange(count))
        for fix in fixes:
            time_us = (plan.base_s + int(fix["time_s"])) * 1_000_000
            rows.append(Stored(unit.identity, time_us, *(int(fix[name]) for name in COMPARED)))
    return rows


def ledger(plan: TorturePlan = PLAN, count: int = COUNT) -> Ledger:
    kept = Ledger()
    for unit in plan.units:
        for number in range(count):
            kept.send(unit, number)
        kept.acknowledge(unit.identity, range(count), good=True)
    return kept


def test_an_honest_server_has_no_faults() -> None:
    found = compare(PLAN, ledger(), as_stored())
    assert (found.lost, found.doubled, found.strange, found.examples) == (0, 0, 0, ())
    assert ledger().sent_count == ledger().acknowledged_count == 3 * COUNT


def test_what_is_lost_doubled_or_strange_is_seen() -> None:
    rows = as_stored()
    other_place = rows[7]._replace(longitude_e6=rows[7].longitude_e6 + 1)
    never_sent = rows[0]._replace(time_us=rows[0].time_us + COUNT * EVERY_S * 1_000_000)
    unknown = rows[0]._replace(identity="somebody")
    between = rows[0]._replace(time_us=rows[0].time_us + 1)
    bad = [*rows[1:7], other_place, *rows[8:], rows[9], never_sent, unknown, between]
    found = compare(PLAN, ledger(), bad)
    assert (found.lost, found.doubled, found.strange) == (2, 1, 4)
    assert len(found.examples) == 7


def test_what_was_not_acknowledged_may_be_missing() -> None:
    kept = ledger()
    kept.send(PLAN.units[0], COUNT)
    kept.acknowledge(PLAN.units[0].identity, [COUNT], good=False)
    assert compare(PLAN, kept, as_stored()).lost == 0
    assert (kept.refused, kept.sent_count - kept.acknowledged_count) == (1, 1)


def test_violations_are_compared_as_often_as_they_are() -> None:
    one = Raised("1", "speeding", 10, 20, 1, 2)
    assert differences(here=[one, one], there=[one, one]) == []
    assert differences(here=[one, one], there=[one]) == [f"only here: {one}"]
    other = one._replace(ended_us=None)
    assert differences(here=[one], there=[other]) == [f"only here: {one}", f"only there: {other}"]


@settings(deadline=None)
@given(seed=st.integers(0, 99), steps=st.integers(1, 300))
def test_a_unit_leaves_no_number_out(seed: int, steps: int) -> None:
    order = Order(seed, PLAN.units[0])
    sent = [number for _ in range(steps) for number in order.step()] + order.rest()
    assert set(sent) == set(range(steps))
    assert order.begun == steps
    assert len(sent) <= 2 * steps


@pytest.mark.parametrize(("kills", "fills"), [(3, 1), (30, 3)])
def test_disturbances_are_the_seeds(kills: int, fills: int) -> None:
    scale = Scale(60.0, kills)
    found = disturbances(5, scale)
    assert found == disturbances(5, scale) != disturbances(6, scale)
    whats = [one.what for one in found]
    assert [whats.count(w) for w in ("kill_server", "fill_disk")] == [kills, fills]
    assert whats.count("stop_database") == whats.count("kill_database") == kills // 3
    assert all(0 < one.at_s < scale.seconds for one in found)


def test_numbers_are_found_by_time() -> None:
    fixes = PLAN.fixes(PLAN.units[1], np.array([0, 7, MAX_NUMBERS - 1]))
    times_us = [(PLAN.base_s + int(s)) * 1_000_000 for s in fixes["time_s"]]
    assert [PLAN.number_of(time_us) for time_us in times_us] == [0, 7, MAX_NUMBERS - 1]
    assert PLAN.number_of(times_us[0] - EVERY_S * 1_000_000) is None
    assert PLAN.number_of(times_us[-1] + EVERY_S * 1_000_000) is None
