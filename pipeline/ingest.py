"""Reports in, transactions out, acknowledgements back: the loop behind every front door.

A batch is what arrived while the previous commit ran. ONE commit is in flight: while the database
works on it the sockets are read and framed (the larger half of the gateway's CPU), so a second one
would win little, and with one the recent-report memory needs no book-keeping of what is in flight:
a batch is retried until it is stored, nothing later can overtake it, and ticks are always true.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Set
from contextlib import suppress
from typing import TypeVar

import structlog

from model.frames import Quarantined
from model.position import PositionBatch
from pipeline.contract import BatchWriter, Clock, Pending
from pipeline.live import LiveHub, NewestPositions
from pipeline.prepare import Preparation, Prepared
from storage.writer import StorageAway, Written

_log = structlog.get_logger(__name__)
_Item = TypeVar("_Item")

MAX_REPORTS_PER_COMMIT = 8_192
MAX_QUARANTINE_QUEUE = 10_000  # above it the oldest entry is dropped and counted
MAX_QUARANTINE_PER_COMMIT = 2_000
LINGER_S = 0.2  # commits start at least so far apart, unless enough reports wait
ENOUGH_REPORTS = 256
REGISTER_LIMIT_S = 1.0  # then the rest goes on without the newcomers
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.1, 5.0


async def _nothing_to_do_first() -> None:
    """No work before a commit."""


def _count_nothing(name: str, number: int = 1) -> None:
    """Nobody counts."""


class IngestLoop:
    """Implements `pipeline.contract.Ingest`. Run `run()` as a task; end it with `stop()`.

    `on_committed(journal_id, stored rows, tick_us)` is called after each commit, ticks included.
    `before_commit()` is awaited before each write and may raise StorageAway (registrations of
    devices whose rows are about to be stored); reports of the devices that `unregistered()` names
    then wait. `last_journal_id`: the highest in the database. `linger_s`: see LINGER_S.
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
        before_commit: Callable[[], Awaitable[object]] = _nothing_to_do_first,
        unregistered: Callable[[], Set[int]] = frozenset,
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
        self._before_commit = before_commit
        self._unregistered = unregistered
        self._count = count
        self._reports: deque[Pending] = deque()
        self._refused: deque[tuple[Quarantined, Callable[[], None] | None]] = deque()
        self._waiters: list[asyncio.Future[None]] = []
        self._arrived = asyncio.Event()
        self._hurry = asyncio.Event()
        self._finished = asyncio.Event()
        self._stopping = self._abandoned = False
        self._registering: asyncio.Future[object] | None = None
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
        return len(self._reports) >= self._max_pending

    @property
    def waiting(self) -> int:
        """Reports that are not in a commit yet."""
        return len(self._reports)

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

    # The loop

    async def run(self) -> None:
        """Commit until stopped."""
        try:
            while not self._stopping or self._reports or self._refused or self._waiters:
                await self._wait_for_work()
                await self._commit_once()
                if self._abandoned:
                    break
        finally:
            if self._registering is not None:
                self._registering.cancel()
                await asyncio.gather(self._registering, return_exceptions=True)
            self._finished.set()
            for waiter in self._waiters:
                waiter.cancel()

    async def _wait_for_work(self) -> None:
        loop = asyncio.get_running_loop()
        if not (self._reports or self._refused or self._waiters or self._stopping):
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
        enough = len(self._reports) >= ENOUGH_REPORTS
        return enough or self._stopping or bool(self._waiters)

    async def _commit_once(self) -> None:
        reports = _take(self._reports, MAX_REPORTS_PER_COMMIT)
        refused = _take(self._refused, MAX_QUARANTINE_PER_COMMIT)
        waiters: list[asyncio.Future[None]] = []
        if not self._reports and not self._refused:
            waiters, self._waiters = self._waiters, []
        tick_us = self._tick()
        if not (reports or refused or waiters) and tick_us <= self._last_tick_us:
            return
        reports = await self._registered(reports)
        tick_us = min(tick_us, self._tick())  # what waits for its registration is not in it
        prepared = self._preparation.prepare(reports, self._clock.now_us())
        for entry in prepared.quarantined:
            self._count(f"refused.{entry.reason}", 1)
        prepared.quarantined.extend(entry for entry, _ in refused)
        self._journal_id += 1
        written = await self._insist(
            lambda: self._writer.write(
                prepared.batch, prepared.frames, prepared.quarantined, tick_us, self._journal_id
            )
        )
        if written is None:
            self._waiters.extend(waiters)
            return
        self._last_tick_us = tick_us
        self._count_commit(prepared, written)
        self._settle(reports, prepared, refused)
        self._tell(written, tick_us)
        if waiters and self._newest is not None:
            self._newest.show()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def _registered(self, reports: list[Pending]) -> list[Pending]:
        """Reports of units that are in the register; the others wait until the database is back.

        A registration that takes longer goes on beside the commits: begun anew each time, that of
        many newcomers on a slow database would never be done.
        """
        task = self._registering or asyncio.ensure_future(self._before_commit())
        await asyncio.wait({task}, timeout=REGISTER_LIMIT_S)
        self._registering = None if task.done() else task
        away = task.exception() if task.done() else "not done in time"
        if away is not None:
            newcomers = self._unregistered()
            held = [p for p in reports if p.report.device.device_id in newcomers]
            if held:
                _log.warning("newcomers_wait", error=str(away), reports=len(held))
                self._reports.extendleft(reversed(held))
                await asyncio.sleep(FIRST_BACK_OFF_S)
            return [p for p in reports if p.report.device.device_id not in newcomers]
        return reports

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

    def _count_commit(self, prepared: Prepared, written: Written) -> None:
        self._count("commits", 1)
        self._count("positions_stored", 0 if written.spooled else len(written.batch))
        self._count("duplicates", prepared.duplicates + written.duplicates)
        self._count("rows_refused_by_database", written.refused)

    def _settle(
        self,
        reports: list[Pending],
        prepared: Prepared,
        refused: list[tuple[Quarantined, Callable[[], None] | None]],
    ) -> None:
        for place, pending in enumerate(reports):
            try:
                pending.settled(pending.report, prepared.errors.get(place))
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
