"""Rules on trial, switched off, changed while an episode is under way, and rules that fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from model.rulebook import Rule
from storage.database import Database
from storage.failing import failing_in_force
from storage.rulebook_changes import save_rule
from tests.pipeline.judging import CLOSED, OPEN, SECOND_US, SILENT, START_US, World, fixes


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


async def change(world: World, kind: str, second: int, **changes: Any) -> None:
    """The next version of the rule of a kind, from this second on."""
    conn = await world.database.connect()
    ((rule_id,),) = await ask(world, f"SELECT DISTINCT id FROM rules WHERE kind = '{kind}'")
    values = {name: getattr(world.rule(kind), name) for name in Rule.__struct_fields__}
    values |= {"id": rule_id, "valid_from_us": START_US + second * SECOND_US, **changes}
    await save_rule(conn, Rule(**values))
    await conn.close()
    assert world.evaluator is not None
    world.evaluator.look_again()


async def judged(world: World) -> list[tuple[Any, ...]]:
    """(shadow, version, start, end) of uncovered loads."""
    rows = await ask(
        world,
        "SELECT shadow, rule_version, extract(epoch FROM started_at)::bigint,"
        " extract(epoch FROM ended_at)::bigint FROM violations WHERE finding = 'standing'"
        " AND kind = 'uncovered_load' ORDER BY started_at",
    )
    start = START_US // SECOND_US
    return [(row[0], row[1], row[2] - start, row[3] and row[3] - start) for row in rows]


async def test_a_rule_on_trial_is_told_to_nobody_and_goes_live_from_then_on(world: World) -> None:
    await world.prepare(1)
    world.start()
    await change(world, "uncovered_load", -3_600, mode="shadow")
    truck = fixes(world.devices[0], world.organisation_id, [OPEN] * 60 + [CLOSED] * 20)
    await world.feed(truck[:20])
    await world.settled()
    assert await judged(world) == [(True, 2, 0, None)]
    assert await ask(world, "SELECT * FROM violation_steps") == []
    await change(world, "uncovered_load", 300)
    await world.feed(truck[20:])
    await world.settled()
    # What was begun on trial ends there; the truck that just drives on is caught anew.
    assert await judged(world) == [(True, 2, 0, 285), (False, 3, 300, 885)]
    told = await ask(
        world,
        "SELECT DISTINCT v.shadow FROM violation_steps s JOIN violations v"
        " ON v.id = s.violation_id",
    )
    assert told == [(False,)]


async def test_a_changed_threshold_takes_over_the_episode_under_way(world: World) -> None:
    await world.prepare(1)
    world.start()
    truck = fixes(world.devices[0], world.organisation_id, [OPEN] * 30 + [CLOSED] * 20)
    await world.feed(truck[:10])
    await world.settled()
    before = await ask(world, "SELECT id FROM violations")
    await change(world, "uncovered_load", 150, parameters={"min_duration_s": 3_000})
    await world.feed(truck[10:])
    await world.settled()
    assert await judged(world) == [(False, 1, 0, 435)]
    assert await ask(world, "SELECT id FROM violations") == before


async def test_a_changed_rule_keeps_the_silence_under_way(world: World) -> None:
    await world.prepare(1, kind="inspector")
    await world.on_duty(world.devices[0], 0, 8 * 3_600)
    world.start()
    inspector = fixes(world.devices[0], world.organisation_id, [SILENT] * 4)
    await world.feed(inspector)
    await world.tick(45 + 1_200)
    before = await world.violations()
    assert [v[2:4] for v in before] == [(45, None)]
    await change(world, "inspector_silent", 45 + 1_500, severity="serious")
    await world.tick(45 + 1_800)
    assert [v[2:4] for v in await world.violations()] == [(45, None)]
    assert await world.violations("withdrawn") == []


async def test_a_rule_that_is_off_judges_nobody(world: World) -> None:
    await world.prepare(1)
    world.start()
    await change(world, "uncovered_load", -3_600, mode="off")
    await world.feed(fixes(world.devices[0], world.organisation_id, [OPEN] * 20))
    await world.settled()
    assert await judged(world) == []


async def test_a_failing_rule_is_shown_until_its_next_version(world: World) -> None:
    await world.prepare(1, also=["speeding"])
    world.start()
    broken = {"zone": "Mars/Olympus", "windows": []}
    await change(world, "uncovered_load", -3_600)
    await ask_write(world, "UPDATE rules SET schedule = %s WHERE kind = 'uncovered_load'", broken)
    truck = fixes(world.devices[0], world.organisation_id, [OPEN] * 60)
    truck["speed_kmh_e1"] = 1_100
    await world.feed(truck[:10])
    await world.settled()
    conn = await world.database.connect()
    now_us = world.clock.now_us()
    ((failed),) = await failing_in_force(conn, now_us)
    assert (failed["version"], "Mars" in failed["error"]) == (2, True)
    assert [v[1] for v in await world.violations()] == ["speeding"]
    await world.kill()
    world.start()
    await world.feed(truck[10:20])
    await world.settled()
    assert [f["since"] for f in await failing_in_force(conn, now_us)] == [failed["since"]]
    await change(world, "uncovered_load", 300)
    await world.feed(truck[20:])
    await world.settled()
    assert await failing_in_force(conn, now_us + 600 * SECOND_US) == []
    assert [v[1:3] for v in await world.violations()] == [("speeding", 0), ("uncovered_load", 300)]
    await conn.close()


async def ask_write(world: World, query: str, value: dict[str, Any]) -> None:
    """Damage that no door of ours lets in; the revision makes the worker read it."""
    conn = await world.database.connect()
    await conn.execute(query.encode(), (Jsonb(value),))
    await conn.execute("UPDATE rulebook_revision SET revision = revision + 1")
    await conn.close()
