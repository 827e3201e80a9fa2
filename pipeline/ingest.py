"""Reports in, transactions out, acknowledgements back: the loop behind every front door.

A batch is what arrived while the previous commit ran. ONE commit is in flight: while the database
works on it the sockets are read and what comes is decoded for the next one, so a second one would
win little, and with one the recent-report memory needs no book-keeping of what is in flight: a
batch is retried until it is stored, nothing later can overtake it, and ticks are always true.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import structlog

from model.frames import Quarantined
from model.position import PositionBatch
from pipeline.contract import BatchWriter, Clock, Pending
from pipeline.cut import Cut
from pipeline.live import LiveHub, NewestPositions
from pipeline.newcomers import Newcomers
from pipeline.prepare import Preparation
from storage.writer import StorageAway, Written

_log = structlog.get_logger(__name__)
_Item = TypeVar("_Item")

MAX_REPORTS_PER_COMMIT = 8_192
MAX_QUARANTINE_QUEUE = 10_000  # above it the oldest entry is dropped and counted
MAX_QUARANTINE_PER_COMMIT = 2_000
LINGER_S = 0.2  # commits start at least so far apart, unless enough reports wait
ENOUGH_REPORTS = 256
PIECE_REPORTS = 1_024  # prepared together while a commit runs
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.1, 5.0


def _count_nothing(name: str, number: int = 1) -> None:
    """Nobody counts."""


class IngestLoop:
    """Implements `pipeline.contract.Ingest`. Run `run()` as a task; end it with `stop()`.

    `on_committed(journal_id, stored rows, tick_us)` is called after each commit, ticks included.
    `last_journal_id`: the highest in the database. `linger_s`: see LINGER_S.
    """

    def __init__(
        self,
        writer: BatchWriter,
        clock: Clock,
        on_committed: Callable[[int, PositionBatch, int], None],
        preparation: Preparation,
        *,
        last_journal_id: int = 0,
        tick_seconds: float = 5.0,
        max_pending_reports: int = 65_536,
        linger_s: float = LINGER_S,
        live: LiveHub | None = None,
        newcomers: Newcomers | None = None,
        count: Callable[[str, int], None] = _count_nothing,
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._on_committed = on_committed
        self._preparation = preparation
        self._journal_id = last_journal_id
        self._tick_seconds = tick_seconds
        self._max_pending = max_pending_reports
        self._linger_s = linger_s
        self._newest = NewestPositions(live) if live is not None else None
        self._newcomers = newcomers or Newcomers()
        self._count = count
        self._reports: deque[Pending] = deque()
        self._cut = Cut()
        self._refused: deque[tuple[Quarantined, Callable[[], None] | None]] = deque()
        self._waiters: list[asyncio.Future[None]] = []
        self._arrived = asyncio.Event()
        self._hurry = asyncio.Event()
        self._finished = asyncio.Event()
        self._stopping = self._abandoned = False
        self._last_tick_us = -(2**63)
        self._last_start_s = float("-inf")

    # What the gateway sees

    def submit(self, pending: Pending) -> None:
        """Queue a report; after `stop` it is dropped without an acknowledgement."""
        if self._stopping:
            self._count("reports_after_stop", 1)
            return
        self._reports.append(pending)
        self._arrived.set()
        if len(self._reports) >= ENOUGH_REPORTS:
            self._hurry.set()

    def quarantine(self, entry: Quarantined, settled: Callable[[], None] | None = None) -> None:
        """Queue bad input; above `MAX_QUARANTINE_QUEUE` the oldest is dropped and counted."""
        self._count(f"refused.{entry.reason}", 1)
        self._refused.append((entry, settled))
        if len(self._refused) > MAX_QUARANTINE_QUEUE:
            _, dropped_settled = self._refused.popleft()
            self._count("quarantine_dropped", 1)
            if dropped_settled is not None:
                dropped_settled()
        self._arrived.set()

    @property
    def full(self) -> bool:
        """More waits than `max_pending_reports`: sockets should pause."""
        return self.waiting >= self._max_pending

    @property
    def waiting(self) -> int:
        """Reports that are not in a commit yet."""
        return len(self._reports) + len(self._cut)

    async def tick(self) -> None:
        """Commit all that was submitted before this call, and record a tick of the clock now."""
        if self._finished.is_set():
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._arrived.set()
        self._hurry.set()
        await waiter

    async def stop(self, timeout_s: float = 10.0) -> bool:
        """Take no more, commit what waits, end `run`; False when that took too long.

        What could not be committed is never acknowledged: the terminals send it again.
        """
        self._stopping = True
        self._arrived.set()
        self._hurry.set()
        try:
            async with asyncio.timeout(timeout_s):
                await self._finished.wait()
        except TimeoutError:
            self._abandoned = True
            return False
        return True

    async def run(self) -> None:
        """Commit until stopped."""
        try:
            while not self._stopping or self.waiting or self._refused or self._waiters:
                await self._wait_for_work()
                await self._commit_once()
                if self._abandoned:
                    break
        finally:
            await self._newcomers.stop()
            self._finished.set()
            for waiter in self._waiters:
                waiter.cancel()

    async def _wait_for_work(self) -> None:
        loop = asyncio.get_running_loop()
        if not (self.waiting or self._refused or self._waiters or self._stopping):
            self._arrived.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._tick_seconds):
                    await self._arrived.wait()
        spare_s = self._last_start_s + self._linger_s - loop.time()
        if spare_s > 0 and not self._in_a_hurry():
            self._hurry.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(spare_s):
                    await self._hurry.wait()
        self._last_start_s = loop.time()

    def _in_a_hurry(self) -> bool:
        return self.waiting >= ENOUGH_REPORTS or self._stopping or bool(self._waiters)

    async def _commit_once(self) -> None:
        reports = _take(self._reports, MAX_REPORTS_PER_COMMIT - len(self._cut))
        refused = _take(self._refused, MAX_QUARANTINE_PER_COMMIT)
        waiters: list[asyncio.Future[None]] = []
        if not self._reports and not self._refused:
            waiters, self._waiters = self._waiters, []
        tick_us = self._tick()
        if not (self._cut or reports or refused or waiters) and tick_us <= self._last_tick_us:
            return
        self._prepare(await self._registered(reports))
        tick_us = min(tick_us, self._tick())  # what waits for its registration is not in it
        cut, self._cut = self._cut, Cut()
        written = await self._write(cut, [entry for entry, _ in refused], tick_us)
        if written is None:
            self._waiters.extend(waiters)
            return
        self._last_tick_us = tick_us
        self._count_commit(cut, written)
        self._settle(cut, refused)
        self._tell(written, tick_us)
        if waiters and self._newest is not None:
            self._newest.show()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _prepare(self, reports: list[Pending]) -> None:
        self._cut.add(reports, self._preparation.prepare(reports, self._clock.now_us()))

    async def _write(self, cut: Cut, refused: list[Quarantined], tick_us: int) -> Written | None:
        """Store it; what comes meanwhile is prepared for the next commit."""
        for entry in cut.quarantined:
            self._count(f"refused.{entry.reason}", 1)
        batch, quarantined = cut.batch(), cut.quarantined + refused
        self._journal_id += 1
        writing = asyncio.ensure_future(
            self._insist(
                lambda: self._writer.write(
                    batch, cut.frames, quarantined, tick_us, self._journal_id
                )
            )
        )
        writing.add_done_callback(lambda _: self._hurry.set())
        try:
            while not writing.done():
                self._hurry.clear()
                if self._may_prepare():
                    self._prepare(_take(self._reports, PIECE_REPORTS))
                    await asyncio.sleep(0)
                else:
                    await self._hurry.wait()
            return await writing
        finally:
            writing.cancel()

    def _may_prepare(self) -> bool:
        """Enough for a piece has come, of registered units only, and the next commit has room."""
        room = MAX_REPORTS_PER_COMMIT - len(self._cut)
        return len(self._reports) >= PIECE_REPORTS <= room and not self._newcomers.unregistered()

    async def _registered(self, reports: list[Pending]) -> list[Pending]:
        ready, held = await self._newcomers.part(reports)
        if held:
            self._reports.extendleft(reversed(held))
            await asyncio.sleep(FIRST_BACK_OFF_S)
        return ready

    def _tick(self) -> int:
        """Everything received before it is in this commit or an earlier one; never backwards."""
        tick_us = self._clock.now_us()
        if self._reports:
            tick_us = min(tick_us, self._reports[0].received_us)
        return max(tick_us, self._last_tick_us)

    async def _insist(self, work: Callable[[], Awaitable[_Item]]) -> _Item | None:
        """The result of work on the database, however long it takes; None: given up."""
        back_off_s = FIRST_BACK_OFF_S
        while not self._abandoned:
            try:
                return await work()
            except StorageAway as away:
                _log.warning("storage_away", error=str(away), retry_in_s=back_off_s)
            except Exception:
                _log.exception("commit_failed", retry_in_s=back_off_s)
            self._count("commits_failed", 1)
            await asyncio.sleep(back_off_s)
            back_off_s = min(2 * back_off_s, LONGEST_BACK_OFF_S)
        return None

    def _count_commit(self, cut: Cut, written: Written) -> None:
        self._count("commits", 1)
        self._count("positions_stored", 0 if written.spooled else len(written.batch))
        self._count("duplicates", cut.duplicates + written.duplicates)
        self._count("rows_refused_by_database", written.refused)

    def _settle(
        self, cut: Cut, refused: list[tuple[Quarantined, Callable[[], None] | None]]
    ) -> None:
        for place, pending in enumerate(cut.reports):
            try:
                pending.settled(pending.report, cut.errors.get(place))
            except Exception:
                self._count("acknowledgements_failed", 1)
                _log.exception("acknowledgement_failed", identity=pending.report.identity)
        for _, settled in refused:
            if settled is not None:
                settled()

    def _tell(self, written: Written, tick_us: int) -> None:
        try:
            if not written.spooled:
                self._on_committed(self._journal_id, written.batch, tick_us)
            if self._newest is not None and len(written.batch):
                self._newest.publish(written.batch)
        except Exception:
            self._count("observers_failed", 1)
            _log.exception("observer_failed", journal_id=self._journal_id)


def _take(queue: deque[_Item], most: int) -> list[_Item]:
    return [queue.popleft() for _ in range(min(most, len(queue)))]
