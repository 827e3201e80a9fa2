"""Back-tests on stored positions: the engine's own verdicts again, and what other numbers give."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from model.rulebook import Rule
from pipeline.back_test import BackTestProblem, Job, Result, back_test
from pipeline.back_tests import MAX_RUNNING, MAX_WAITING, BackTests, TooManyTrialsError, Trial
from rules.registry import kinds_by_name
from storage.database import Database
from storage.instants import from_datetime
from storage.rulebook import load_rulebook
from tests.pipeline.judging import CLOSED, OPEN, SECOND_US, START_US, World, fixes

HOUR_US = 3_600 * SECOND_US
PERIOD = (START_US - HOUR_US, START_US + HOUR_US)


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    """Three trucks: one uncovered for 105 s, one for 300 s, one never; judged live."""
    world = World(database)
    await world.prepare(3)
    world.start()
    for device, length in zip(world.devices, (8, 21, 0), strict=True):
        values = [CLOSED] * 4 + [OPEN] * length + [CLOSED] * 12
        await world.feed(fixes(device, world.organisation_id, values))
    await world.settled()
    yield world
    await world.stop()


async def rule_of(world: World, **parameters: float) -> Rule:
    """The stored rule with other parameters."""
    conn = await world.database.connect()
    book = await load_rulebook(conn)
    await conn.close()
    (rule,) = (r for r in book.rules if r.kind == "uncovered_load")
    return msgspec.structs.replace(rule, parameters=parameters)


async def job_of(world: World, **changes: Any) -> Job:
    values = {
        "rule": await rule_of(world),
        "from_us": PERIOD[0],
        "to_us": PERIOD[1],
        "organisations": (world.organisation_id,),
    }
    return Job(**(values | changes))


async def run(world: World, job: Job) -> tuple[Result, list[float]]:
    shares: list[float] = []
    conn = await world.database.connect()
    try:
        return await back_test(conn, job, shares.append), shares
    finally:
        await conn.close()


async def test_the_same_rule_finds_what_was_raised(world: World) -> None:
    result, shares = await run(world, await job_of(world))
    assert (result.found, result.raised, result.same) == (2, 2, 2)
    assert (result.only_now, result.only_before, result.devices) == (0, 0, 3)
    assert result.positions == 16 * 3 + 29
    assert shares[-1] == 1.0
    conn = await world.database.connect()
    cursor = await conn.execute("SELECT id, device_id, started_at, ended_at FROM violations")
    stored = {r[0]: (r[1], *map(from_datetime, r[2:])) for r in await cursor.fetchall()}
    await conn.close()
    again = {
        f.violation_id: (f.finding.device_id, f.finding.started_us, f.finding.ended_us)
        for f in result.findings
    }
    assert again == stored


async def test_a_stricter_rule_finds_less_and_a_looser_one_more(world: World) -> None:
    strict, _ = await run(world, await job_of(world, rule=await rule_of(world, min_duration_s=200)))
    assert (strict.same, strict.only_now, strict.only_before) == (1, 0, 1)
    assert strict.missing[0].device_id == world.devices[0]
    slower = await rule_of(world, moving_kmh=40)
    nothing, _ = await run(world, await job_of(world, rule=slower))
    assert (nothing.found, nothing.only_before) == (0, 2)


async def test_what_was_never_raised_is_new(world: World) -> None:
    conn = await world.database.connect()
    await conn.execute("UPDATE violations SET finding = 'withdrawn' WHERE device_id = %s",
                       (world.devices[1],))  # fmt: skip
    await conn.close()
    result, _ = await run(world, await job_of(world))
    assert (result.same, result.only_now, result.only_before) == (1, 1, 0)
    assert result.findings[0].violation_id is None, "differences come first"


async def test_units_organisations_and_period_narrow(world: World) -> None:
    one, _ = await run(world, await job_of(world, device_ids=(world.devices[0], 999)))
    assert (one.devices, one.found, one.raised) == (1, 1, 1)
    foreign, _ = await run(world, await job_of(world, organisations=(999,)))
    assert (foreign.devices, foreign.positions, foreign.found) == (0, 0, 0)
    after, _ = await run(world, await job_of(world, from_us=START_US + HOUR_US // 2))
    assert (after.found, after.raised) == (0, 0)


async def test_an_episode_under_way_at_the_start_and_at_the_end(world: World) -> None:
    middle = START_US + 120 * SECOND_US
    begun_before, _ = await run(world, await job_of(world, from_us=middle))
    assert (begun_before.same, begun_before.only_now) == (2, 0)
    goes_on, _ = await run(world, await job_of(world, to_us=START_US + 150 * SECOND_US))
    assert [f.finding.ended_us for f in goes_on.findings] == [None, None]
    assert goes_on.same == 2


async def test_silence_is_judged_by_the_same_engine(database: Database) -> None:
    world = World(database)
    await world.prepare(1, "inspector")
    await world.on_duty(world.devices[0], 0, 4 * 3_600)
    world.start()
    rows = fixes(world.devices[0], world.organisation_id, [CLOSED] * 8)
    rows["time_us"][4:] += 40 * 60 * SECOND_US
    await world.feed(rows)
    await world.tick(3_600)
    conn = await database.connect()
    rule = next(r for r in (await load_rulebook(conn)).rules if r.kind == "inspector_silent")
    result = await back_test(conn, await job_of(world, rule=rule), lambda _: None)
    await conn.close()
    await world.stop()
    assert result.found == result.same == result.raised == 2, "40 min, and the last 18"
    assert [f.finding.measures["silent_min"] for f in result.findings] == [40.2, 18.2]


async def test_a_rule_that_fails_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by its own fault")

    monkeypatch.setattr(type(kinds_by_name()["uncovered_load"]), "condition", fail)
    with pytest.raises(BackTestProblem, match="by its own fault"):
        await run(world, await job_of(world))


async def over(trial: Trial) -> Trial:
    async with asyncio.timeout(60):
        while not trial.over:
            await asyncio.sleep(0.02)
    return trial


async def test_a_child_process_gives_the_same_result(world: World) -> None:
    job = await job_of(world)
    here, _ = await run(world, job)
    tests = BackTests(world.database.url)
    trial = await over(tests.start(1, job))
    assert (trial.state, trial.error, trial.progress) == ("done", None, 1.0)
    assert trial.result is not None
    assert msgspec.structs.replace(trial.result, seconds=here.seconds) == here
    assert tests.find(1, trial.id) is trial
    assert tests.find(2, trial.id) is None
    await tests.stop()


async def test_a_database_that_is_not_there_is_explained(world: World) -> None:
    tests = BackTests("postgresql://nobody@127.0.0.1:1/none")
    trial = await over(tests.start(1, await job_of(world)))
    assert trial.state == "failed"
    assert "XUNJI_DATABASE__URL" in (trial.error or "")


async def test_two_run_others_wait_and_more_are_refused(world: World) -> None:
    tests = BackTests(world.database.url)
    job = await job_of(world)
    trials = [tests.start(1, job) for _ in range(MAX_RUNNING + MAX_WAITING)]
    with pytest.raises(TooManyTrialsError):
        tests.start(1, job)
    await asyncio.sleep(0.01)
    assert [t.state for t in trials] == ["running"] * MAX_RUNNING + ["waiting"] * MAX_WAITING
    for trial in trials:
        await tests.cancel(trial)
    assert {t.state for t in trials} == {"cancelled"}
    assert tests.start(1, job).state == "waiting"
    await tests.stop()
