"""Duties with a due time on a real database: any order of arrival, kills, silence, late data."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

import numpy as np
import pytest

from model.fences import Assignment, Fence, Window
from model.position import Rows
from model.rulebook import FAR_FUTURE_US
from storage.database import Database
from storage.rulebook_changes import save_assignment, save_fence
from tests.pipeline.judging import SECOND_US, SILENT, START_US, World, fixes
from tests.pipeline.test_evaluate import random_batches

# START_US is 16:00 in Shanghai.
WINDOWS = tuple(
    Window((1, 2, 3, 4, 5, 6, 7), 16 * 60 + a, 16 * 60 + b)
    for a, b in [(2, 12), (5, 20), (12, 20), (20, 40), (30, 50), (55, 59)]
)
POINTS = [[118.800, 32.05], [118.804, 32.05], [118.808, 32.05]]


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    world = World(database)
    yield world
    await world.stop()


async def rounds(
    world: World, windows: Sequence[Window] = WINDOWS, devices: Sequence[int] = (), **more: Any
) -> None:
    """Two point sets, assigned to the devices (none given: all of them) in these windows."""
    conn = await world.database.connect()
    for points in (POINTS[:1], POINTS[1:]):
        fence = Fence(
            id=0, version=0, organisation_id=world.organisation_id, name="点位",
            responsible_organisation_id=world.organisation_id, shape="point_set",
            geometry={"type": "MultiPoint", "coordinates": points}, radius_m=40,
            valid_from_us=0, valid_to_us=FAR_FUTURE_US,
        )  # fmt: skip
        fence = await save_fence(conn, fence)
        for device in devices or world.devices:
            values = {"valid_from_us": 0, "valid_to_us": FAR_FUTURE_US} | more
            assignment = Assignment(
                device_id=device, fence_id=fence.id, purpose="collection", windows=tuple(windows),
                **values,
            )  # fmt: skip
            await save_assignment(conn, assignment)
    await conn.close()


def a_round(rng: random.Random, world: World, device: int) -> Rows:
    """An hour of a garbage truck: stays at points and elsewhere, gaps, and often an early end."""
    truck = fixes(device, world.organisation_id, [SILENT] * 236)
    place = 0
    while place < len(truck):
        length = rng.randint(1, 30)
        point = rng.choice([*POINTS, [118.82, 32.06]])
        truck["longitude_e6"][place : place + length] = round(point[0] * 1e6)
        truck["latitude_e6"][place : place + length] = round(point[1] * 1e6)
        place += length
    keep = np.ones(len(truck), bool)
    for _ in range(3):
        begin = rng.randrange(len(truck))
        keep[begin : begin + rng.randint(1, 40)] = False
    keep[rng.choice([120, 170, 236]) :] = False
    truck["fix_source"][rng.sample(range(len(truck)), 20)] = 0
    return truck[keep]


@pytest.mark.parametrize("seed", range(2))
async def test_any_order_of_arrival_gives_the_same_verdicts(world: World, seed: int) -> None:
    rng = random.Random(seed)
    await world.prepare(4, kind="garbage_truck", also=["point_not_served"])
    await rounds(world)
    ordered = [a_round(random.Random(2 * seed + i), world, world.devices[i]) for i in range(2)]
    shuffled = np.concatenate(ordered)
    shuffled["device_id"] += world.devices[2] - world.devices[0]
    world.start()
    for rows in ordered:
        for begin in range(0, len(rows), 16):
            await world.feed(rows[begin : begin + 16])
    await world.settled()
    world.clock.advance_to(START_US + 4_000 * SECOND_US)
    for batch in random_batches(rng, shuffled):
        await world.feed(batch)
        if rng.random() < 0.15:
            await world.kill()
        if world.evaluator is None and rng.random() < 0.5:
            world.start()
    if world.evaluator is None:
        world.start()
    await world.tick(4_100)
    found = await standing(world)
    assert found, "the seed would show nothing"
    assert {v[1:] for v in found if v[0] in world.devices[:2]}
    pairs = dict(zip(world.devices[:2], world.devices[2:], strict=True))
    straight = sorted((pairs[v[0]], *v[1:]) for v in found if v[0] in pairs)
    assert sorted(v for v in found if v[0] not in pairs) == straight
    assert await unjudged(world, world.devices[2:]) == await unjudged(world, world.devices[:2])


async def standing(world: World, finding: str = "standing") -> list[tuple[Any, ...]]:
    """(device, due s, fence, served, total, known share) of every violation of a duty."""
    conn = await world.database.connect()
    cursor = await conn.execute(
        "SELECT device_id, extract(epoch FROM started_at) - %s, fence_id,"
        " (measures->>'served_points')::int, (measures->>'total_points')::int,"
        " (measures->>'known_share')::float, id"
        " FROM violations WHERE finding = %s AND started_at = ended_at AND last_at = ended_at"
        " ORDER BY 1, 2, 3",
        (START_US // SECOND_US, finding),
    )
    rows = await cursor.fetchall()
    await conn.close()
    return [(row[0], int(row[1]), *row[2:6]) for row in rows]


async def unjudged(world: World, devices: Sequence[int]) -> list[tuple[Any, ...]]:
    conn = await world.database.connect()
    cursor = await conn.execute(
        "SELECT since, reason FROM unjudged WHERE device_id = ANY(%s) ORDER BY device_id, since",
        (list(devices),),
    )
    rows = await cursor.fetchall()
    await conn.close()
    return rows


ONE = (Window((1, 2, 3, 4, 5, 6, 7), 16 * 60, 16 * 60 + 10),)


def parked(world: World, count: int, first: int = 0) -> Rows:
    """A fix each 15 s, away from every point."""
    truck = fixes(world.devices[0], world.organisation_id, [SILENT] * (first + count))[first:]
    truck["latitude_e6"] += 10_000
    return truck


async def test_a_tick_tells_what_is_due_of_a_silent_device_and_late_data_take_it_back(
    world: World,
) -> None:
    await world.prepare(1, kind="garbage_truck", also=["point_not_served"])
    await rounds(world, ONE)
    world.start()
    await world.feed(parked(world, 38))
    await world.tick(630)
    assert await standing(world) == [], "reports may be on their way"
    await world.tick(661)
    both = await standing(world)
    assert [v[1:5] for v in both] == [(600, both[0][2], 0, 1), (600, both[1][2], 0, 2)]
    late = parked(world, 4)
    late["time_us"] += 5 * SECOND_US
    late["longitude_e6"], late["latitude_e6"] = 118_800_000, 32_050_000
    await world.feed(late)
    await world.settled()
    assert await standing(world) == both[1:]
    assert [v[:3] for v in await standing(world, "withdrawn")] == [both[0][:3]]
    await world.kill()
    world.start()
    await world.tick(1_000)
    assert await standing(world) == both[1:]
    newer = parked(world, 2, first=38)
    newer["longitude_e6"], newer["latitude_e6"] = 118_804_000, 32_050_000
    await world.feed(newer)  # 570 and 585 s: fresh, and still in the window
    await world.settled()
    assert [v[1:4] for v in await standing(world)] == [both[1][1:4]], "two fixes are no stay"
    await world.feed(parked(world, 20, first=41))
    await world.settled()
    assert len(await standing(world)) == 1


async def test_what_a_tick_told_before_a_restart_can_be_refuted_after_it(world: World) -> None:
    await world.prepare(1, kind="garbage_truck", also=["point_not_served"])
    await rounds(world, ONE)
    world.start()
    await world.feed(parked(world, 36))
    await world.tick(700)
    assert len(await standing(world)) == 2
    await world.kill()
    world.start()
    fresh = parked(world, 3, first=36)
    fresh["longitude_e6"], fresh["latitude_e6"] = 118_800_000, 32_050_000
    await world.feed(fresh)  # 540 to 570 s, newer than all before: no replay takes it back
    await world.settled()
    assert len(await standing(world)) == 1
    assert len(await standing(world, "withdrawn")) == 1


async def test_who_was_hardly_heard_is_not_accused_but_shown(world: World) -> None:
    await world.prepare(1, kind="garbage_truck", also=["point_not_served"])
    await rounds(world, ONE)
    world.start()
    await world.feed(parked(world, 4))
    await world.tick(700)
    assert await standing(world) == []
    await world.feed(parked(world, 4, first=60))
    await world.settled()
    assert await standing(world) == []
    assert [row[1] for row in await unjudged(world, world.devices)] == ["not_heard"]


async def test_what_is_assigned_afterwards_is_judged_anew(world: World) -> None:
    await world.prepare(1, kind="garbage_truck", also=["point_not_served"])
    world.start()
    await world.feed(parked(world, 60))
    await world.tick(1_000)
    assert await standing(world) == []
    assert world.evaluator is not None
    await rounds(world, ONE, valid_from_us=START_US)
    world.evaluator.look_again()
    await world.tick(1_010)
    assert [v[1] for v in await standing(world)] == [600, 600]
    conn = await world.database.connect()
    assert (await (await conn.execute("SELECT count(*) FROM rejudge")).fetchone()) == (0,)
    await conn.close()
