"""One torture run: send and disturb, then send the same undisturbed, and compare."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple
from typing import Protocol as Interface

import msgspec

from simulators.torture.crowd import Crowd
from simulators.torture.ledger import (
    MAX_NAMED,
    Ledger,
    Raised,
    Stored,
    Summed,
    compare,
    differences,
)
from simulators.torture.plan import TorturePlan

DRAIN_LIMIT_S = 600.0
SETTLE_LIMIT_S = 300.0
QUIET_S = (0.08, 0.92)  # shares of the time between which disturbances begin
PAUSES_S = {"kill_server": (0.0, 0.4), "stop_database": (0.3, 2.5), "kill_database": (0.0, 1.0),
            "fill_disk": (1.0, 3.0)}  # fmt: skip


class Stage(Interface):
    """A server of the run's own and its database; `url` of doors stay the same over restarts."""

    gateway: tuple[str, int]
    broker: tuple[str, int]
    restarts: int

    @property
    def disk(self) -> str:
        """How it is filled, or why it cannot be."""

    async def start(self, plan: TorturePlan) -> None: ...

    async def kill_server(self) -> None: ...

    async def start_server(self) -> None: ...

    async def stop_database(self) -> None: ...

    async def kill_database(self) -> None: ...

    async def start_database(self) -> None: ...

    async def fill_disk(self) -> bool:
        """Whether it could be done."""

    async def free_disk(self) -> None: ...

    async def settled(self, rows: int, limit_s: float) -> None:
        """Wait until so many rows are stored and all is judged, or the limit has passed."""

    async def rows(self) -> list[Stored]: ...

    async def violations(self) -> list[Raised]: ...

    async def stop(self) -> None: ...

    async def summaries(self) -> tuple[list[Summed], list[Summed]]:
        """Vehicles' days when it has stopped: as they were kept, and from the stored points."""


class Scale(NamedTuple):
    """Seconds in which to send, and kills of the server in them."""

    seconds: float
    kills: int


class Disturbance(NamedTuple):
    """At `at_s` of the run do `what`, and undo it `pause_s` later."""

    at_s: float
    what: str
    pause_s: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found. `passed`: `lost`, `doubled`, `strange`, `violations_differ` and
    `summaries_differ` are 0."""

    passed: bool
    seed: int
    seconds: float
    units: int
    sent: int
    acknowledged: int
    refused: int
    stored: int
    lost: int
    doubled: int
    strange: int
    violations: int
    violations_differ: int
    summaries: int
    summaries_differ: int
    kills: int
    database_stops: int
    database_kills: int
    disk_fills: int
    disk: str
    restarts: int
    faults: tuple[str, ...]
    error: str | None = None


def disturbances(seed: int, scale: Scale) -> list[Disturbance]:
    """When what is done: `kills` of the server, and a third as many stops and kills of the
    database, and a full disk for every ten."""
    chance = random.Random(f"disturb {seed}")
    seconds, kills = scale
    many = {"kill_server": kills, "stop_database": -(-kills // 3), "kill_database": -(-kills // 3),
            "fill_disk": -(-kills // 10)}  # fmt: skip
    whats = [what for what, count in many.items() for _ in range(count)]
    chance.shuffle(whats)
    times = sorted(seconds * chance.uniform(*QUIET_S) for _ in whats)
    return [
        Disturbance(at_s, what, chance.uniform(*PAUSES_S[what]))
        for at_s, what in zip(times, whats, strict=True)
    ]


async def torture(
    plan: TorturePlan,
    scale: Scale,
    disturbed: Stage,
    calm: Stage,
    tell: Callable[[str], None],
) -> Report:
    """Run it. The second stage is started when the first has ended."""
    began_s = time.monotonic()
    done: Counter[str] = Counter()
    counts, ledger, error = await _disturbed_run(plan, scale, disturbed, done, tell)
    rows, raised = await disturbed.rows(), await disturbed.violations()
    await disturbed.stop()
    kept, made = await disturbed.summaries()
    tell("sending the same again, undisturbed")
    await calm.start(plan)
    calm_error = await _calm_run(plan, counts, calm)
    expected = await calm.violations()
    await calm.stop()
    faults = compare(plan, ledger, rows)
    differ = differences(disturbed=raised, undisturbed=expected)
    wrong_days = differences(kept=kept, computed=made)
    ok = not (faults.lost or faults.doubled or faults.strange or differ or wrong_days)
    error = error or calm_error
    return Report(
        passed=ok and error is None and ledger.acknowledged_count > 0,
        seed=plan.seed,
        seconds=round(time.monotonic() - began_s, 1),
        units=len(plan.units),
        sent=ledger.sent_count,
        acknowledged=ledger.acknowledged_count,
        refused=ledger.refused,
        stored=len(rows),
        lost=faults.lost,
        doubled=faults.doubled,
        strange=faults.strange,
        violations=len(raised),
        violations_differ=len(differ),
        summaries=len(kept),
        summaries_differ=len(wrong_days),
        kills=done["kill_server"],
        database_stops=done["stop_database"],
        database_kills=done["kill_database"],
        disk_fills=done["fill_disk"],
        disk=disturbed.disk,
        restarts=disturbed.restarts,
        faults=(*faults.examples, *differ[:MAX_NAMED], *wrong_days[:MAX_NAMED]),
        error=error,
    )


async def _disturbed_run(
    plan: TorturePlan,
    scale: Scale,
    stage: Stage,
    done: Counter[str],
    tell: Callable[[str], None],
) -> tuple[dict[str, int], Ledger, str | None]:
    await stage.start(plan)
    crowd = Crowd(plan, stage.gateway, stage.broker)
    await crowd.start()
    due = disturbances(plan.seed, scale)
    disturbing = asyncio.create_task(_disturb(due, stage, done, tell))
    counts = await crowd.send_for(scale.seconds)
    await disturbing
    tell("waiting until all is acknowledged, stored and judged")
    error = await _settle(crowd, stage)
    await crowd.stop()
    return counts, crowd.ledger, error


async def _calm_run(plan: TorturePlan, counts: dict[str, int], stage: Stage) -> str | None:
    crowd = Crowd(plan, stage.gateway, stage.broker)
    await crowd.start()
    await crowd.send_all(counts)
    error = await _settle(crowd, stage)
    await crowd.stop()
    return error and f"undisturbed run: {error}"


async def _settle(crowd: Crowd, stage: Stage) -> str | None:
    try:
        async with asyncio.timeout(DRAIN_LIMIT_S):
            await crowd.drained()
    except TimeoutError:
        ledger = crowd.ledger
        await stage.settled(ledger.acknowledged_count, SETTLE_LIMIT_S)
        missing = ledger.sent_count - ledger.acknowledged_count
        return f"{missing} reports were not acknowledged within {DRAIN_LIMIT_S:.0f} s"
    await stage.settled(crowd.ledger.sent_count, SETTLE_LIMIT_S)
    return None


async def _disturb(
    plan: list[Disturbance], stage: Stage, done: Counter[str], tell: Callable[[str], None]
) -> None:
    began_s = time.monotonic()
    for at_s, what, pause_s in plan:
        await asyncio.sleep(max(0.0, began_s + at_s - time.monotonic()))
        tell(f"{time.monotonic() - began_s:6.1f} s  {what} for {pause_s:.1f} s")
        undo = {"kill_server": stage.start_server, "fill_disk": stage.free_disk}
        done[what] += (await getattr(stage, what)()) is not False
        await asyncio.sleep(pause_s)
        await undo.get(what, stage.start_database)()
