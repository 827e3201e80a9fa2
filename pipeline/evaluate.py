"""The evaluate stage: committed batches -> judgements, each step one transaction.

Fixes newer than their device's last are judged at once from memory. An older one makes its device
dirty: it is replayed from stored positions (pipeline/replay.py). A restart is the same thing: every
device is dirty from its newest snapshot or from its first unjudged fix, whichever is earlier. What
the journal's ticks say about silence is judged last, on top.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import structlog

from model.position import PositionBatch, Rows, empty_rows
from pipeline.calendar import mind_the_calendar
from pipeline.committed import Committed
from pipeline.contract import Clock, LiveHub
from pipeline.judge import Judge, Outcome
from pipeline.linger import ENOUGH_ROWS, Linger
from pipeline.outcomes import OutcomeLimits, Outcomes
from pipeline.runs import Runs, Tick
from rules.contract import RuleKind
from rules.engine import Engine
from storage import judgement, rejudge
from storage.database import Connection, Connects
from storage.failing import load_failing, save_failing
from storage.problems import AWAY, DatabaseProblem
from storage.rulebook import current_revision, load_rulebook
from storage.rulebook_changes import save_outage
from storage.trips import save_trips

_log = structlog.get_logger(__name__)

REVISION_EVERY_S = 1.0
BACK_OFF_S = (0.1, 5.0)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, in event time. `limits`: what becomes of findings."""

    snapshot_us: int = 600_000_000
    outage_us: int = 120_000_000  # a gap this long between ticks of two runs is an outage of ours
    limits: OutcomeLimits = field(default_factory=OutcomeLimits)


class Evaluator:
    """Judges what ingest has committed. Run `run()` as a task; end it with `stop()`.

    `run_after`: the newest journal row of the server's earlier runs. `on_judged(journal_id)` is
    called after each step that is in the database.
    """

    def __init__(
        self,
        database: Connects,
        clock: Clock,
        kinds: Mapping[str, RuleKind],
        pace: Pace,
        live: LiveHub | None = None,
        *,
        run_after: int = 0,
        on_judged: Callable[[int], None] = lambda _journal_id: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._kinds = kinds
        self._pace = pace
        self._live = live
        self._runs = Runs(run_after, pace.outage_us)
        self._on_judged = on_judged
        self._waiting: deque[Committed] = deque()
        self._waiting_rows = 0
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._awaited = 0  # how many wait in `settled`
        self._linger = Linger()
        self._stopping = False
        self._revision = 0
        self._revision_read_s = float("-inf")
        self._epoch = 0
        self._failing: dict[tuple[int, int], str] = {}
        self._asked_id, self._asked = 0, dict[int, int]()  # devices to judge anew from a time on
        self.judge: Judge | None = None
        self.judged_journal_id = 0

    def committed(self, journal_id: int, batch: PositionBatch, tick_us: int) -> None:
        """A batch (or a tick without rows) is in the database; called in journal order."""
        self.take(Committed.of(journal_id, batch.rows, tick_us, self._waiting_rows))

    def take(self, entry: Committed) -> None:
        """As `committed`."""
        self._waiting_rows += len(entry)
        self._waiting.append(entry)
        self._idle.clear()
        self._arrived.set()

    def look_again(self) -> None:
        """Read the rulebook's revision at the next step, however recently it was read: simulated
        time may pass an hour in the second that a reading is good for."""
        self._revision_read_s = float("-inf")

    async def settled(self) -> None:
        """Wait until everything handed over so far is judged."""
        self._awaited += 1
        self._arrived.set()
        try:
            await self._idle.wait()
        finally:
            self._awaited -= 1

    async def stop(self) -> None:
        """Judge what is waiting, then let `run` end."""
        self._stopping = True
        self._arrived.set()

    async def run(self) -> None:
        """Until `stop`; keeps trying while the database is away."""
        conn = await self._connect()
        try:
            conn = await self._started(conn)
            while self._waiting or not self._stopping:
                if self._waiting:
                    with self._linger.step():
                        conn = await self._step(conn)
                if not self._waiting:
                    self._idle.set()
                await self._rest()
        finally:
            await conn.close()

    async def _rest(self) -> None:
        """Until something waits and has company enough, or waited long enough, or is asked for."""
        loop = asyncio.get_running_loop()
        due_s = self._linger.due_s
        while not self._stopping:
            enough = self._awaited or self._waiting_rows >= ENOUGH_ROWS or loop.time() >= due_s
            if self._waiting and enough:
                break
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due_s if self._waiting else None):
                    await self._arrived.wait()
        self._linger.began_s = loop.time()

    async def _connect(self) -> Connection:
        wait_s = BACK_OFF_S[0]
        while True:
            try:
                return await self._database.connect()
            except DatabaseProblem as problem:
                _log.warning("evaluate_waits_for_database", problem=str(problem))
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, BACK_OFF_S[1])

    async def _started(self, conn: Connection) -> Connection:
        """`_start`, however often the database goes away meanwhile."""
        wait_s = BACK_OFF_S[0]
        while True:
            try:
                await self._start(conn)
            except AWAY as error:
                _log.warning("evaluate_waits_for_database", problem=str(error))
                self.judge = None
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, BACK_OFF_S[1])
                await conn.close()
                conn = await self._connect()
            else:
                return conn

    async def _start(self, conn: Connection) -> None:
        """Take the epoch and bring every device's state up to what is stored."""
        self._epoch, self.judged_journal_id, last_tick_us = await judgement.take_epoch(conn)
        self._runs.begin(self.judged_journal_id, last_tick_us)
        await self._reload(conn)
        journal = await judgement.journal_after(conn, self.judged_journal_id)
        await self._note_outage(conn, [(row.id, row.tick_us) for row in journal])
        assert self.judge is not None
        dirty = dict(self._asked)
        for row in journal:
            for device_id, from_us in row.touched.items():
                dirty[device_id] = min(from_us, dirty.get(device_id, from_us))
        last = journal[-1] if journal else None
        tick_us = last.tick_us if last else self._runs.last_tick_us
        await self.judge.restore(conn, dirty)
        if tick_us is None:
            return
        outcome = await self.judge.step(conn, empty_rows(0), dirty, tick_us)
        journal_id = last.id if last else self.judged_journal_id
        await self._commit(conn, outcome, journal_id, tick_us)

    async def _reload(self, conn: Connection) -> None:
        # Asked before the rulebook is read: what the request is about stands in it.
        self._asked_id, self._asked = await rejudge.asked(conn, self._clock.now_us())
        known = self.judge.engine.rulebook.fences if self.judge else ()
        rulebook = await load_rulebook(conn, self._clock.now_us(), known)
        if self.judge is None:
            self._failing = await load_failing(conn)
            engine = Engine(rulebook, self._kinds, failing=self._failing)
            self.judge = Judge(engine, self._pace.snapshot_us)
        else:
            # One changed fence must not cost the index of all others.
            old = self.judge.engine
            self.judge.engine = Engine(rulebook, self._kinds, old.index, old.failing)
        self._outcomes = Outcomes(rulebook, self._kinds, self._pace.limits)
        self._revision = rulebook.revision
        mind_the_calendar(rulebook, self._clock.now_us())

    async def _step(self, conn: Connection) -> Connection:
        """Judge everything that waits; a database that goes away is waited for."""
        entries = list(self._waiting)
        # What was committed while this run began was read from the journal.
        fresh = [entry for entry in entries if entry.journal_id > self.judged_journal_id]
        wait_s, outcome = BACK_OFF_S[0], None
        while fresh:
            try:
                if outcome is None:
                    outcome = await self._judge(conn, fresh)
                await self._commit(conn, outcome, fresh[-1].journal_id, fresh[-1].tick_us)
                break
            except AWAY as error:
                _log.warning("evaluate_waits_for_database", problem=str(error))
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, BACK_OFF_S[1])
                await conn.close()
                conn = await self._connect()
        for _ in entries:
            self._waiting_rows -= len(self._waiting.popleft())
        self._on_judged(self.judged_journal_id)
        return conn

    async def _judge(self, conn: Connection, entries: list[Committed]) -> Outcome:
        tick_us = entries[-1].tick_us
        await self._note_outage(conn, [(entry.journal_id, entry.tick_us) for entry in entries])
        rows = [entry.rows for entry in entries if entry.rows is not None]
        joined = np.concatenate(rows) if rows else empty_rows(0)
        await self._follow_rulebook(conn, joined)
        assert self.judge is not None
        dirty = dict(self._asked)
        for entry in entries:
            for device_id, from_us in entry.touched.items():
                dirty[device_id] = min(from_us, dirty.get(device_id, from_us))
        return await self.judge.step(conn, joined, dirty, tick_us)

    async def _follow_rulebook(self, conn: Connection, rows: Rows) -> None:
        """Reload when it has changed: looked at now and then, and when a new device appears."""
        assert self.judge is not None
        now_s = asyncio.get_running_loop().time()
        strangers = set(rows["device_id"].tolist()) - self.judge.engine.devices.keys()
        if not strangers and now_s - self._revision_read_s < REVISION_EVERY_S:
            return
        self._revision_read_s = now_s
        if await current_revision(conn) != self._revision:
            await self._reload(conn)

    async def _note_outage(self, conn: Connection, ticks: list[Tick]) -> None:
        outage = self._runs.outage(ticks)
        if outage is not None:
            await save_outage(conn, *outage)
            self._runs.noted()
            await self._reload(conn)

    async def _commit(
        self, conn: Connection, outcome: Outcome, journal_id: int, tick_us: int
    ) -> None:
        assert self.judge is not None
        now_us = self._clock.now_us()
        news = self._asked_id or self.judge.engine.failing.keys() - self._failing.keys()
        # One statement needs no transaction of its own.
        async with contextlib.nullcontext() if outcome.quiet and not news else conn.transaction():
            await judgement.move_on(conn, self._epoch, journal_id, tick_us, outcome.snapshots)
            found = await outcome.changes(conn, frozenset(self.judge.engine.failing))
            written, changed = await self._outcomes.carry_out(conn, found, now_us)
            await save_trips(conn, await outcome.trip_changes(conn))
            await judgement.mark_judged(conn, written, tick_us)
            await judgement.save_unjudged(conn, outcome.unjudged)
            failing = await self._note_failing(conn, now_us)
            await rejudge.done(conn, self._asked_id)
        self._asked_id, self._asked = 0, {}
        self.judged_journal_id, self._failing = journal_id, failing
        if self._live is not None:
            for violation_id in changed:
                self._live.publish(0, "violation", {"id": violation_id})

    async def _note_failing(self, conn: Connection, now_us: int) -> dict[tuple[int, int], str]:
        """Store, in the step's transaction, which rules have stopped themselves."""
        assert self.judge is not None
        failing = dict(self.judge.engine.failing)
        for key in failing.keys() - self._failing.keys():
            _log.error("rule_failed", rule_id=key[0], version=key[1], error=failing[key])
            await save_failing(conn, {key: failing[key]}, now_us)
        return failing
