"""A rule asks the terminal for a photo: once a violation, within the hour's share, never late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from model.photo import LONGEST_WAIT_S
from storage.database import Database
from tests.pipeline.judging import SECOND_US, World
from tests.pipeline.test_outcomes import ask, change, stretches

ORDERS = """SELECT c.violation_id, c.body, c.state, extract(epoch FROM expires_at - created_at)
    FROM commands c WHERE c.kind = 'photo' AND c.created_by IS NULL ORDER BY c.id"""
LOG = "SELECT violation_id, detail FROM violation_log WHERE action = 'photo' ORDER BY id"


@pytest.fixture
async def world(plain_database: Database) -> AsyncIterator[World]:
    world = World(plain_database)
    await world.prepare(1)
    yield world
    await world.stop()


async def with_photo(world: World, photo: str = '{"channel": 3, "per_hour": 2}') -> None:
    query = f"UPDATE rules SET photo = '{photo}' WHERE kind = 'uncovered_load'"
    await change(world, query)
    world.start()


def breaches(world: World, count: int) -> Any:
    return stretches(world, *[10, 20] * count)


async def test_it_is_asked_once_for_each_violation_whatever_is_restarted(world: World) -> None:
    await with_photo(world)
    await world.feed(breaches(world, 1)[:8])
    await world.settled()
    [(violation, body, state, waits_s)] = await ask(world, ORDERS)
    assert body == {"channel": 3, "shots": 1, "resolution": 2}
    assert (state, waits_s) == ("queued", LONGEST_WAIT_S)
    [(logged, detail)] = await ask(world, LOG)
    assert (logged, detail["channel"]) == (violation, 3)
    assert detail["command_id"]
    await world.kill()
    world.start()
    await world.feed(breaches(world, 1)[8:])  # it goes on, and ends
    await world.settled()
    assert len(await ask(world, ORDERS)) == 1


async def test_the_share_of_the_hour_is_kept_and_told(world: World) -> None:
    await with_photo(world)
    await world.feed(breaches(world, 4)[:-20])
    await world.settled()
    assert len(await ask(world, "SELECT id FROM violations")) == 4
    assert len(await ask(world, ORDERS)) == 2
    refused = [detail.get("refused") for _id, detail in await ask(world, LOG)]
    assert refused == [None, None, "per_hour"], "the first is no news any more"


@pytest.mark.parametrize("spoilt", ["mode = 'shadow'", "photo = NULL"])
async def test_a_rule_on_trial_and_one_without_photo_ask_nothing(world: World, spoilt: str) -> None:
    await change(world, f"UPDATE rules SET {spoilt} WHERE kind = 'uncovered_load'")
    world.start()
    await world.feed(breaches(world, 1)[:8])
    await world.settled()
    assert await ask(world, "SELECT count(*) FROM violations") == [(1,)]
    assert not await ask(world, ORDERS)


async def test_what_is_found_late_and_other_protocols_are_not_asked(world: World) -> None:
    await change(world, "UPDATE devices SET protocol = 'handset'")
    await with_photo(world)
    late = breaches(world, 1)
    await world.feed(late[:8])
    await world.settled()
    await change(world, "UPDATE devices SET protocol = 'jt808'")
    later_us = int(late["time_us"].max()) + 7 * 86_400 * SECOND_US
    await world.feed(stretches(world, 10)[:0], tick_us=later_us)
    late["time_us"] += 86_400 * SECOND_US
    await world.feed(late)
    await world.settled()
    assert await ask(world, "SELECT late FROM violations ORDER BY id") == [(False,), (True,)]
    assert not await ask(world, ORDERS)
