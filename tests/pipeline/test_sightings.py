"""Sightings through the evaluate stage: in any order, with kills, late, of trucks and of plates."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from api.evidence.pack import frozen_content
from api.evidence.replay import replay_pack
from model.position import Rows
from storage.cameras import Source
from storage.database import Database
from storage.evidence import freeze_evidence
from storage.sightings import NewSighting, Stored, save_sighting, take_over_plate
from storage.violations import any_violation
from tests.pipeline.judging import SECOND_US, SILENT, START_US, World, fixes
from tests.pipeline.test_evaluate import random_batches

KINDS = ("unknown_plate", "no_permit_seen", "terminal_silent_seen", "seen_elsewhere")
AWAY_E6 = 30_000


@pytest.fixture
async def world(plain_database: Database) -> AsyncIterator[World]:
    world = World(plain_database)
    yield world
    await world.stop()


async def prepare(world: World, devices: int) -> None:
    """Trucks with the plates T0, T1, ... and a camera."""
    await world.prepare(devices, also=KINDS)
    async with world.database.pool.connection() as conn:
        for number, device in enumerate(world.devices):
            await conn.execute(
                "UPDATE devices SET plate = %s WHERE id = %s", (f"T{number}00", device)
            )
        await conn.execute(
            "INSERT INTO cameras (id, organisation_id, kind, name, token_sha256, created_at)"
            " VALUES (1, %s, 'camera', 'x', 'x', now())",
            (world.organisation_id,),
        )


async def see(world: World, plate: str, second: float, east_e6: int = 0) -> Stored:
    new = NewSighting(
        key=f"{plate} {second}",
        plate=plate,
        seen_us=START_US + int(second * SECOND_US),
        longitude_e6=118_800_000 + east_e6,
        latitude_e6=32_050_000,
        accuracy_m=20,
    )
    source = Source(organisation_id=world.organisation_id, camera_id=1)
    async with world.database.pool.connection() as conn:
        stored = await save_sighting(conn, source, new, world.clock.now_us())
    if world.evaluator is not None:
        world.evaluator.look_again()
    return stored


async def found(world: World, finding: str = "standing") -> list[tuple[Any, ...]]:
    """(device, kind, second, metres or None) of every violation by a sighting."""
    async with world.database.pool.connection() as conn:
        cursor = await conn.execute(
            "SELECT device_id, kind, (extract(epoch FROM started_at) - %s)::float,"
            " (measures->>'distance_m')::float, id"
            " FROM violations WHERE finding = %s AND measures ? 'sighting_id' ORDER BY 1, 2, 3",
            (START_US // SECOND_US, finding),
        )
        return await cursor.fetchall()


def a_drive(rng: random.Random, world: World, device: int) -> Rows:
    """An hour with three silences, one of them of 27 minutes about second 2,170."""
    truck = fixes(device, world.organisation_id, [SILENT] * 240)
    keep = np.ones(len(truck), bool)
    keep[90:200] = False
    for _ in range(2):
        begin = rng.randrange(len(truck))
        keep[begin : begin + rng.randint(5, 40)] = False
    return truck[keep]


@pytest.mark.parametrize("seed", range(2))
async def test_any_order_of_fixes_and_sightings_gives_the_same_findings(
    world: World, seed: int
) -> None:
    rng = random.Random(seed)
    await prepare(world, 2)
    straight = a_drive(random.Random(seed), world, world.devices[0])
    shuffled = straight.copy()
    shuffled["device_id"] = world.devices[1]
    seen = [
        (second, rng.choice([0, 2_000, AWAY_E6]))
        for second in sorted({2_100, *rng.sample(range(3_600), 12)})
    ]
    for second, east_e6 in seen:
        await see(world, "T000", second, east_e6)
    world.start()
    for begin in range(0, len(straight), 16):
        await world.feed(straight[begin : begin + 16])
    await world.settled()
    waiting = rng.sample(seen, len(seen))
    for batch in random_batches(rng, shuffled):
        await world.feed(batch)
        while waiting and rng.random() < 0.3:
            await see(world, "T100", *waiting.pop())
        if rng.random() < 0.15:
            await world.kill()
        if world.evaluator is None and rng.random() < 0.5:
            world.start()
    for sighting in waiting:
        await see(world, "T100", *sighting)
    if world.evaluator is None:
        world.start()
    await world.tick(3_600 + 3_700)
    every = await found(world)
    assert {v[1] for v in every} == {*KINDS} - {"unknown_plate"}, "the seed would show little"
    by_device = [[v[1:4] for v in every if v[0] == device] for device in world.devices]
    assert by_device[0] == by_device[1]


async def test_a_black_truck_is_found_kept_and_taken_over(world: World) -> None:
    """No terminal, no fix: its violations are judged by ticks, outlast a day and a restart."""
    await prepare(world, 1)
    world.start()
    await world.tick(0)
    first = await see(world, "B999", 30)
    await see(world, "B999", 40)
    await see(world, "B999", 900)
    await world.tick(1_000)
    plate = first.device_id
    expected = [(plate, "unknown_plate", 30, None), (plate, "unknown_plate", 900, None)]
    assert [v[:4] for v in await found(world)] == expected
    ids = [v[4] for v in await found(world)]
    await world.kill()
    world.start()
    await world.tick(2 * 86_400)
    assert [v[:4] for v in await found(world)] == expected
    assert [v[4] for v in await found(world)] == ids
    async with world.database.pool.connection() as conn:
        await conn.execute("UPDATE devices SET plate = 'B999' WHERE id = %s", world.devices)
        await take_over_plate(conn, world.devices[0], "B999", world.clock.now_us())
    await world.tick(2 * 86_400 + 60)
    now = await found(world)
    assert [v[0] for v in now] == [world.devices[0]] * 2
    assert [v[4] for v in now] == ids
    assert await found(world, "withdrawn") == []


async def test_late_reports_withdraw_a_silence_and_its_evidence_replays(world: World) -> None:
    await prepare(world, 1)
    world.start()
    truck = fixes(world.devices[0], world.organisation_id, [SILENT] * 240)
    truck["delay_ms"] = 300
    late = (truck["time_us"] > truck["time_us"][60]) & (truck["time_us"] < truck["time_us"][180])
    await world.feed(truck[~late])
    await see(world, "T000", 1_800)
    await world.tick(4_000)
    silent = [v for v in await found(world) if v[1] == "terminal_silent_seen"]
    assert [v[2] for v in silent] == [2_400]
    async with world.database.pool.connection() as conn:
        row = await any_violation(conn, silent[0][4])
        assert row is not None
        pack = await freeze_evidence(conn, row["id"], await frozen_content(conn, row), [], 0)
    frozen, again = replay_pack(pack.read())
    assert again == frozen
    await world.feed(truck[late])
    await world.settled()
    assert "terminal_silent_seen" not in {v[1] for v in await found(world)}
    withdrawn = await found(world, "withdrawn")
    assert [v[4] for v in withdrawn] == [silent[0][4]]
