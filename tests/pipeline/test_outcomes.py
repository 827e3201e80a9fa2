"""Incidents, repeat counts, levels and storms on a real database, in the step's transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from storage.database import Database
from tests.pipeline.judging import CLOSED, OPEN, SECOND_US, SILENT, World, fixes

MINUTE_S = 60


@pytest.fixture
async def world(plain_database: Database) -> AsyncIterator[World]:
    world = World(plain_database)
    yield world
    await world.stop()


async def ask(world: World, query: str) -> list[tuple[Any, ...]]:
    conn = await world.database.connect()
    try:
        return await (await conn.execute(query.encode())).fetchall()
    finally:
        await conn.close()


async def change(world: World, query: str) -> None:
    conn = await world.database.connect()
    await conn.execute(query.encode())
    await conn.close()


def stretches(world: World, *counts: int) -> Any:
    """Open and closed in turn, each so many fixes of 15 s."""
    values = [v for i, n in enumerate(counts) for v in [(OPEN, CLOSED)[i % 2]] * n]
    return fixes(world.devices[0], world.organisation_id, values)


async def test_what_lies_close_is_one_incident_and_late_data_joins_two(world: World) -> None:
    await world.prepare(1)
    world.start()
    # Three breaches; 5 minutes, then 15 minutes between them.
    truck = stretches(world, 10, 20, 10, 60, 10, 20)
    await world.feed(truck)
    await world.settled()
    rows = await ask(world, "SELECT id, incident_id FROM violations ORDER BY started_at")
    first, third = rows[0][0], rows[2][0]
    assert [row[1] for row in rows] == [first, first, third]
    late = truck[50:95].copy()  # it was open in the long gap, too
    late["time_us"] += 7 * SECOND_US
    late["signals"] = OPEN
    await world.feed(late[10:20])
    await world.settled()
    assert await ask(
        world, "SELECT count(*), min(incident_id), max(incident_id) FROM violations"
    ) == [(4, first, first)]


async def test_a_withdrawn_violation_splits_what_it_joined(world: World) -> None:
    await world.prepare(1)
    world.start()
    truck = stretches(world, 10, 30, 10, 30, 10, 20)
    held = np.zeros(len(truck), bool)
    held[42:48] = True
    truck["signals"][held] = CLOSED  # in truth the middle one was none
    await world.feed(truck[~held])
    await world.settled()
    rows = await ask(world, "SELECT id, incident_id FROM violations ORDER BY started_at")
    assert len({row[1] for row in rows}) == 1
    await world.feed(truck[held])
    await world.settled()
    rows = await ask(world, "SELECT id, incident_id, finding FROM violations ORDER BY started_at")
    assert [row[2] for row in rows] == ["standing", "withdrawn", "standing"]
    assert [row[1] for row in rows] == [rows[0][0], None, rows[2][0]]


async def test_repeats_raise_the_severity_until_a_person_has_the_case(world: World) -> None:
    await world.prepare(1, parameters={"repeat_limit": 2, "repeat_days": 1})
    world.start()
    truck = stretches(world, 10, 20, 10, 20, 10, 20, 10, 20)
    await world.feed(truck[:70])
    await world.settled()
    query = "SELECT (repeat->>'count')::int, severity FROM violations ORDER BY started_at"
    assert await ask(world, query) == [(0, "warning"), (1, "warning"), (2, "serious")]
    await change(world, "UPDATE violations SET status = 'taken' WHERE severity = 'serious'")
    late = truck[:10].copy()
    late["signals"] = CLOSED
    late["time_us"] += 5 * SECOND_US  # the first was a sensor that flapped
    await world.feed(late)
    await world.feed(truck[70:])
    await world.settled()
    rows = await ask(
        world,
        "SELECT finding, (repeat->>'count')::int, severity, status FROM violations"
        " ORDER BY started_at",
    )
    standing = [row[1:] for row in rows if row[0] == "standing"]
    assert (2, "serious", "taken") in standing, "frozen when it was taken"
    assert standing[-1] == (len(standing) - 1, "serious", "open")
    assert standing[0] == (0, "warning", "open")


async def test_what_lasts_becomes_serious_and_is_told_once(world: World) -> None:
    await world.prepare(1, parameters={"serious_after_s": 900})
    world.start()
    truck = stretches(world, 100, 20)
    severities = []
    for begin in range(0, 120, 20):
        await world.feed(truck[begin : begin + 20])
        await world.settled()
        severities += await ask(world, "SELECT severity FROM violations")
    assert [row[0] for row in severities] == ["warning"] * 3 + ["serious"] * 3
    told = await ask(world, "SELECT event FROM outbox WHERE event = 'escalated'")
    assert told == [("escalated",)]
    waiting = await ask(
        world,
        "SELECT count(*) FROM violation_steps s JOIN violations v ON v.id = s.violation_id"
        " WHERE state = 'waiting' AND s.due_at > v.started_at + interval '20 minutes'",
    )
    assert waiting == [(0,)], "what waited is due at once"


async def test_many_that_fall_silent_together_are_one_storm(world: World) -> None:
    await world.prepare(6, kind="inspector")
    for device in world.devices:
        await world.on_duty(device, 0, 8 * 3_600)
    world.start()
    people = [fixes(id_, world.organisation_id, [SILENT] * 240) for id_ in world.devices]
    await world.feed(np.concatenate([one[: 20 + place] for place, one in enumerate(people)]))
    await world.tick(25 * 15 + 20 * MINUTE_S)
    assert len(await world.violations()) == 6
    (storm,) = await ask(world, "SELECT id, cause, devices FROM storms")
    assert storm[1:] == ("silence", 6)
    assert await ask(world, "SELECT DISTINCT storm_id, incident_id FROM violations") == [
        (storm[0], None)
    ]
    assert await ask(world, "SELECT event, storm_id FROM outbox") == [("storm", storm[0])]
    states = await ask(world, "SELECT DISTINCT state, reason FROM violation_steps")
    assert states == [("stopped", "inhibited")]
    # Two of them had only been out of the network: four are no storm.
    await world.feed(np.concatenate([one[20:100] for one in people[:2]]))
    await world.settled()
    assert await ask(world, "SELECT DISTINCT storm_id FROM violations") == [(None,)]
    assert await ask(world, "SELECT count(*) FROM storms") == [(0,)]
    standing = await ask(
        world,
        "SELECT DISTINCT s.state FROM violation_steps s JOIN violations v"
        " ON v.id = s.violation_id WHERE v.finding = 'standing'",
    )
    assert standing == [("waiting",)]


async def test_late_data_has_no_ladder(world: World) -> None:
    await world.prepare(1)
    world.start()
    truck = stretches(world, 10, 20)
    await world.tick(24 * 3_600)
    await world.feed(truck)
    await world.settled()
    assert await ask(world, "SELECT late FROM violations") == [(True,)]
    assert await ask(world, "SELECT * FROM violation_steps") == []
