"""Trips on a real database: any order of arrival and any kill give those of ordered input."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from model.position import Rows
from storage.database import Database
from storage.permits import save_permits
from storage.rulebook_changes import save_fence, save_rule
from storage.waybills import save_waybills
from tests.pipeline.judging import START_US, World
from tests.pipeline.test_evaluate import random_batches
from tests.rules.haulage import (
    BLIND,
    EMPTY,
    FENCES,
    FULL,
    HALF_BLIND,
    LIFTED,
    LOADED,
    PERMIT,
    TIPPED,
    WAYBILL,
    Haulage,
    Run,
    drive,
    dump,
    site,
    trip,
)
from tests.rules.kinds.city import Fix

RUNS: list[list[Run]] = [
    trip(LOADED, FULL, TIPPED),
    trip([site(14, BLIND)], BLIND, [dump(14, BLIND)]),
    trip([site(14, HALF_BLIND)], HALF_BLIND, [dump(4, HALF_BLIND), dump(4, LIFTED)]),
    [*LOADED, *drive(FULL)[:20], (8, Fix(3600, speed=0, signals=EMPTY)), *drive(EMPTY, back=True)],
]


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    world = World(database)
    await world.prepare(2, also=["no_permit"])
    async with database.pool.connection() as conn:
        for fence in FENCES:
            await save_fence(conn, replace(fence, id=0))
        permit = replace(PERMIT, id=0, organisation_id=world.organisation_id)
        await save_permits(conn, [replace(permit, device_id=id_) for id_ in world.devices])
    yield world
    await world.stop()


def days(world: World, rng: random.Random) -> tuple[Rows, Rows]:
    """The same trips of both trucks."""
    runs = [run for _ in range(5) for run in rng.choice(RUNS)]
    rows = Haulage(runs).rows()
    rows["time_us"] += START_US - rows["time_us"][0]
    rows["organisation_id"] = world.organisation_id
    first, second = rows.copy(), rows.copy()
    first["device_id"], second["device_id"] = world.devices
    return first, second


async def trips(world: World) -> list[list[tuple[Any, ...]]]:
    """What is stored of each truck, and the ids at the end."""
    async with world.database.pool.connection() as conn:
        query = (
            "SELECT site_fence_id, dump_fence_id, loaded_at, left_at, arrived_at, unloaded_at,"
            " closed_at, distance_m, volume_m3, unmatched, evidence, id FROM trips"
            " WHERE device_id = %s ORDER BY loaded_at"
        )
        return [await (await conn.execute(query, (id_,))).fetchall() for id_ in world.devices]


@pytest.mark.parametrize("seed", [0])
async def test_any_order_of_arrival_gives_the_same_trips(world: World, seed: int) -> None:
    rng = random.Random(seed)
    ordered, shuffled = days(world, rng)
    world.start()
    for part in np.array_split(ordered, 12):
        await world.feed(part)
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
    await world.tick(len(ordered) * 15 + 3_600)
    first, second = await trips(world)
    assert len(first) >= 4, "the seed would show nothing"
    assert [t[:-1] for t in second] == [t[:-1] for t in first]
    found = await world.violations()
    assert [v[1:] for v in found if v[0] == world.devices[0]] == [
        v[1:] for v in found if v[0] == world.devices[1]
    ]


async def test_late_data_changes_a_trip_and_keeps_its_id(world: World) -> None:
    runs = trip([site(14, BLIND)], BLIND, [dump(14, BLIND)])
    rows = Haulage(runs).rows()
    rows["time_us"] += START_US - rows["time_us"][0]
    rows["device_id"], rows["organisation_id"] = world.devices[0], world.organisation_id
    late = (rows["longitude_e6"] == rows["longitude_e6"][0]) & (np.arange(len(rows)) > 10)
    world.start()
    await world.feed(rows[~late])
    await world.settled()
    ((before,), _) = await trips(world)
    await world.feed(rows[late])
    await world.settled()
    ((after,), _) = await trips(world)
    assert after[-1] == before[-1]
    assert after[2] > before[2]


async def test_a_permit_and_a_waybill_entered_afterwards_judge_the_truck_anew(
    world: World,
) -> None:
    """Both rules accuse the run; each paper withdraws what it covers and stands on the trip."""
    truck, conn = world.devices[0], await world.database.connect()
    await conn.execute("DELETE FROM permits")
    await save_rule(conn, world.rule("no_waybill", grace_min=1.0))
    rows = Haulage(trip(LOADED, FULL, TIPPED)).rows()
    rows["time_us"] += START_US - rows["time_us"][0]
    rows["device_id"], rows["organisation_id"] = truck, world.organisation_id
    evaluator = world.start()
    await world.feed(rows)
    await world.settled()
    assert [v[1] for v in await world.violations()] == ["no_permit", "no_waybill"]
    own = {"id": 0, "organisation_id": world.organisation_id, "device_id": truck}
    await save_permits(conn, [replace(PERMIT, **own)])
    waybill = replace(WAYBILL, **own, issued_us=START_US, valid_to_us=START_US + 3_600_000_000)
    await save_waybills(conn, [waybill])
    evaluator.look_again()
    await world.tick(len(rows) * 15 + 60)
    assert await world.violations() == []
    assert [v[1] for v in await world.violations("withdrawn")] == ["no_permit", "no_waybill"]
    cursor = await conn.execute("SELECT permit_id, waybill_id, volume_m3 FROM trips")
    ((permit_id, waybill_id, volume_m3),) = await cursor.fetchall()
    assert permit_id
    assert waybill_id
    assert volume_m3 == 11.0
    await conn.close()
