"""The evaluate stage in its own process, which is killed, stopped and fails."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline import evaluate_beside
from pipeline.evaluate import Pace
from pipeline.evaluate_beside import EvaluatorBeside, JudgingFailedError
from pipeline.evaluate_link import Order
from storage.database import Database
from tests.pipeline.judging import CLOSED, OPEN, SECOND_US, World, fixes

LIMIT_S = 30.0


class Hub:
    """Keeps what is shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, str, dict[str, Any]]] = []

    def publish(self, organisation_id: int, kind: str, payload: dict[str, Any]) -> None:
        self.shown.append((organisation_id, kind, payload))


class BesideWorld(World):
    """A world whose evaluate stage is a process."""

    def begin(self, hub: Hub) -> EvaluatorBeside:
        pace = Pace(snapshot_us=300 * SECOND_US)
        order = Order(
            url=self.database.url, pace=pace, run_after=0, told_time=True, log_level="error"
        )
        beside = EvaluatorBeside("xunji.rules_process", order, self.clock, hub)
        self.evaluator = beside  # type: ignore[assignment]
        self.task = asyncio.create_task(beside.run())
        return beside


@pytest.fixture
async def world(database: Database) -> AsyncIterator[BesideWorld]:
    world = BesideWorld(database)
    await world.prepare(1)
    yield world
    if world.task is not None and not world.task.done():
        await asyncio.wait_for(world.stop(), LIMIT_S)


def children() -> set[int]:
    """Processes of this one that judge."""
    found: set[int] = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            mine = int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid()
            if mine and b"xunji.rules_process" in (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
        except OSError:
            continue
    return found


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not true():
            await asyncio.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc: not run")
async def test_a_killed_process_is_replaced_and_misses_nothing(
    world: BesideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate_beside, "BACK_OFF_S", (0.05, 0.05))
    hub = Hub()
    beside = world.begin(hub)
    truck = fixes(world.devices[0], world.organisation_id, [CLOSED] * 4 + [OPEN] * 8 + [CLOSED] * 8)
    await world.feed(truck[:6])
    await world.settled()
    (first,) = children()
    os.kill(first, signal.SIGKILL)
    await world.feed(truck[6:14])
    await until(lambda: children() - {first})
    await world.feed(truck[14:])
    await asyncio.wait_for(world.settled(), LIMIT_S)
    assert await world.violations() == [(world.devices[0], "uncovered_load", 60, 165, 105.0)]
    assert hub.shown[0][:2] == (0, "violation")
    assert beside.judged_journal_id == world.journal_id
    await asyncio.wait_for(world.stop(), LIMIT_S)
    assert not children()


async def test_stopping_judges_what_waits(world: BesideWorld) -> None:
    hub = Hub()
    world.begin(hub)
    await world.tick(0)  # it is there
    await world.feed(
        fixes(world.devices[0], world.organisation_id, [CLOSED] * 4 + [OPEN] * 8 + [CLOSED] * 8)
    )
    await asyncio.wait_for(world.stop(), LIMIT_S)
    assert [v[2:4] for v in await world.violations()] == [(60, 165)]


async def test_one_that_was_replaced_by_another_server_ends_for_good(world: BesideWorld) -> None:
    world.begin(Hub())
    await world.tick(0)
    conn = await world.database.connect()
    await conn.execute("UPDATE judged SET epoch = epoch + 1")
    await conn.close()
    await world.feed(fixes(world.devices[0], world.organisation_id, [CLOSED]))
    assert world.task is not None
    with pytest.raises(JudgingFailedError, match="another worker"):
        await asyncio.wait_for(world.task, LIMIT_S)
    await world.writer.close()
