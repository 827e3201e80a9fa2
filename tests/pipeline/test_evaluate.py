"""The evaluate stage on a real database: any order of arrival, kills and late data."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import numpy as np
import pytest

from model.position import PositionBatch, Rows, empty_rows
from pipeline.judge import Judge
from rules.engine import Engine
from rules.registry import kinds_by_name
from storage.database import Database
from storage.rulebook import load_rulebook
from tests.pipeline.judging import (
    CLOSED,
    EMPTY,
    OPEN,
    RAISED,
    SECOND_US,
    SILENT,
    START_US,
    World,
    fixes,
)


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    world = World(database)
    yield world
    await world.stop()


def a_day_of_a_truck(rng: random.Random, length: int) -> list[int]:
    """Stretches of cover open, closed and unknown, tippings, and single outliers."""
    values: list[int] = []
    while len(values) < length:
        values += [rng.choice([OPEN, CLOSED, SILENT, EMPTY, RAISED])] * rng.randint(1, 12)
    return [v if rng.random() > 0.03 else rng.choice([OPEN, CLOSED]) for v in values[:length]]


async def test_an_open_cover_is_raised_while_it_lasts_and_ended_after(world: World) -> None:
    await world.prepare(1)
    world.start()
    truck = fixes(world.devices[0], world.organisation_id, [CLOSED] * 4 + [OPEN] * 8 + [CLOSED] * 8)
    await world.feed(truck[:10])
    await world.settled()
    assert [v[:4] for v in await world.violations()] == [
        (world.devices[0], "uncovered_load", 60, None)
    ]
    await world.feed(truck[10:])
    await world.settled()
    assert await world.violations() == [(world.devices[0], "uncovered_load", 60, 165, 105.0)]


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_of_arrival_gives_the_same_violations(world: World, seed: int) -> None:
    """Of a condition by the fix alone, and of one that follows the truck with a memory; with
    severities, repeat counts and incidents."""
    rng = random.Random(seed)
    counting = {"repeat_limit": 2, "repeat_days": 1, "serious_after_s": 150}
    await world.prepare(4, also=["illegal_dumping"], parameters=counting)
    values = a_day_of_a_truck(rng, 240)
    ordered, shuffled = (
        np.concatenate([fixes(id_, world.organisation_id, values) for id_ in pair])
        for pair in (world.devices[:2], world.devices[2:])
    )
    world.start()
    for device in world.devices[:2]:
        own = ordered[ordered["device_id"] == device]
        for begin in range(0, len(own), 16):
            await world.feed(own[begin : begin + 16])
    await world.settled()
    for batch in random_batches(rng, shuffled):
        await world.feed(batch)
        if rng.random() < 0.15:
            await world.kill()
        if world.evaluator is None and rng.random() < 0.5:
            world.start()
    if world.evaluator is None:
        world.start()
    await world.settled()
    await world.tick(240 * 15 + 3_600)
    found = await world.violations()
    kinds = {v[1] for v in found}
    assert kinds == {"uncovered_load", "illegal_dumping"}, "the seed would show nothing"
    pairs = dict(zip(world.devices[:2], world.devices[2:], strict=True))
    straight = [(pairs[v[0]], *v[1:]) for v in found if v[0] in pairs]
    assert [v for v in found if v[0] not in pairs] == straight
    outcomes = await world.outcomes()
    assert len({outcome[3:5] for outcome in outcomes}) > 1, "the seed would show nothing"
    straight = [(pairs[v[0]], *v[1:]) for v in outcomes if v[0] in pairs]
    assert [v for v in outcomes if v[0] not in pairs] == straight


def random_batches(rng: random.Random, rows: Rows) -> list[Rows]:
    """Runs of rows in random order, some of them sent twice, newest first at times."""
    cuts = sorted(rng.sample(range(1, len(rows)), 24))
    runs = np.split(rows, cuts)
    runs += rng.sample(runs, 6)
    rng.shuffle(runs)
    return [run[::-1] if rng.random() < 0.3 else run for run in runs]


async def test_a_step_judges_only_what_was_received_before_its_tick(world: World) -> None:
    """More may be stored already; a finding that rests on it could not be made again later."""
    await world.prepare(1)
    device_id = world.devices[0]
    truck = fixes(device_id, world.organisation_id, [OPEN] * 20)
    for part in (truck[:10], truck[10:]):
        await world.feed(part)
    tick_us = int(truck["time_us"][9]) + SECOND_US
    async with world.database.pool.connection() as conn:
        engine = Engine(await load_rulebook(conn, tick_us), kinds_by_name())
        judge = Judge(engine, 300 * SECOND_US)
        outcome = await judge.step(conn, empty_rows(0), {device_id: START_US}, tick_us)
        assert judge.states[device_id].last_us == truck["time_us"][9]
        assert max(f.last_us for f in outcome.findings) == truck["time_us"][9]
        tick_us = int(truck["time_us"][19]) + SECOND_US
        await judge.step(conn, truck[10:], {}, tick_us)
        assert judge.states[device_id].last_us == truck["time_us"][19]


async def test_late_data_withdraws_and_keeps_identity(world: World) -> None:
    await world.prepare(1)
    world.start()
    values = [CLOSED] * 2 + [OPEN] * 10 + [CLOSED] * 8
    truck = fixes(world.devices[0], world.organisation_id, values)
    keep = np.ones(len(truck), bool)
    keep[[4, 5, 6, 7, 8, 9]] = False  # what is missing would have been closed
    truck["signals"][~keep] = CLOSED
    await world.feed(truck[keep])
    await world.settled()
    assert [v[2:4] for v in await world.violations()] == [(30, 165)]
    await world.feed(truck[~keep])
    await world.settled()
    assert await world.violations() == []
    assert [v[2:4] for v in await world.violations("withdrawn")] == [(30, 165)]


async def test_what_a_person_acted_on_is_only_corrected_beside(world: World) -> None:
    await world.prepare(1)
    world.start()
    truck = fixes(world.devices[0], world.organisation_id, [OPEN] * 10 + [CLOSED] * 8)
    late = np.arange(len(truck)) % 5 == 2
    truck["signals"][2:8] = CLOSED
    truck["signals"][[2, 7]] = OPEN
    held_back = np.isin(np.arange(len(truck)), range(3, 7))
    await world.feed(truck[~held_back & ~late])
    await world.settled()
    before = await world.violations()
    assert before
    conn = await world.database.connect()
    await conn.execute("UPDATE violations SET status = 'taken'")
    await world.feed(truck[held_back])
    await world.settled()
    assert await world.violations() == before
    cursor = await conn.execute("SELECT correction FROM violation_corrections")
    assert await cursor.fetchall() == [({"withdrawn": True},)]
    await conn.close()


async def test_silence_is_raised_by_ticks_and_taken_back_by_late_reports(world: World) -> None:
    await world.prepare(1, kind="inspector")
    await world.on_duty(world.devices[0], 0, 8 * 3_600)
    world.start()
    inspector = fixes(world.devices[0], world.organisation_id, [SILENT] * 240)
    await world.feed(inspector[:10])
    await world.tick(10 * 15 + 14 * 60)
    assert await world.violations() == []
    await world.tick(9 * 15 + 16 * 60)
    assert [v[1:4] for v in await world.violations()] == [("inspector_silent", 135, None)]
    await world.feed(inspector[10:80])  # the phone had no network and kept them
    await world.settled()
    assert await world.violations() == []
    await world.feed(inspector[200:])
    await world.settled()
    assert [v[1:4] for v in await world.violations()] == [("inspector_silent", 1185, 3000)]
    await world.feed(inspector[80:200])
    await world.settled()
    assert await world.violations() == []
    assert [v[2:4] for v in await world.violations("withdrawn")]


async def test_our_own_outage_accuses_nobody(world: World) -> None:
    await world.prepare(1, kind="inspector")
    await world.on_duty(world.devices[0], 0, 8 * 3_600)
    world.start()
    inspector = fixes(world.devices[0], world.organisation_id, [SILENT] * 4)
    await world.feed(inspector)
    await world.settled()
    await world.stop()
    world.start()
    await world.tick(45 + 3_600)
    assert await world.violations() == []
    await world.tick(45 + 3_600 + 16 * 60)
    assert [v[2] for v in await world.violations()] == [45 + 3_600]


async def test_a_worker_that_was_replaced_writes_nothing(world: World) -> None:
    await world.prepare(1)
    old = world.start()
    await world.settled()
    old_task = world.task
    truck = fixes(world.devices[0], world.organisation_id, [OPEN] * 20)
    await world.tick(1)
    world.start()
    await world.tick(2)
    old.committed(world.journal_id + 1, PositionBatch(truck), START_US + SECOND_US)
    assert old_task is not None
    with pytest.raises(Exception, match="another worker"):
        await old_task
    assert await world.violations() == []


async def test_a_violation_uploaded_late_in_pieces_ends_where_the_last_piece_ends(
    world: World,
) -> None:
    """Each piece prolongs what the tick, hours ahead, had ended before."""
    await world.prepare(1)
    world.start()
    truck = fixes(world.devices[0], world.organisation_id, [CLOSED] * 4 + [OPEN] * 60)
    hours_later_us = START_US + 5 * 3_600 * SECOND_US
    for begin in range(0, len(truck), 4):
        await world.feed(truck[begin : begin + 4], hours_later_us)
        await world.settled()
    last_s = 63 * 15.0
    assert await world.violations() == [
        (world.devices[0], "uncovered_load", 60, last_s, last_s - 60)
    ]
