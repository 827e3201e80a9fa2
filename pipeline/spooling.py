"""Writes to the database, or past it to the spool; and brings back what the spool holds.

A commit that is not done within PATIENCE_S goes to the spool and counts as stored. While the spool
holds anything, new batches append behind it, so that the database gets everything in its order.
Journal ids rise with every batch, and a group taken from the spool is committed under its last id:
so the highest id in the database says, also after a kill at any moment, what of the spool is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from model.frames import Quarantined, RawFrame
from model.position import PositionBatch
from pipeline.contract import BatchWriter
from storage.problems import StorageAway
from storage.spool import Spool, Spooled, SpoolFull
from storage.writer import Written

_log = structlog.get_logger(__name__)

PATIENCE_S = 1.0  # below the shortest time after which a terminal sends again
MAX_BATCHES_AT_ONCE = 200
MAX_ROWS_AT_ONCE = 8_192
BACK_OFF_S = (0.1, 5.0)


class SpoolingWriter:
    """A BatchWriter. Run `run()` as a task; `on_drained` is told what came out of the spool, as
    IngestLoop tells `on_committed`."""

    def __init__(
        self,
        writer: BatchWriter,
        spool: Spool,
        on_drained: Callable[[int, PositionBatch, int], None],
        count: Callable[[str, int], None],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._writer = writer
        self._spool = spool
        self._on_drained = on_drained
        self._count = count
        self._patience_s = patience_s
        self._holds = asyncio.Event()
        self._late: asyncio.Task[Written] | None = None  # of the oldest batch of the spool
        self._alone = True  # the oldest may have been tried by itself: then it is tried so again
        self._earlier_id = spool.last_journal_id  # of the server's earlier runs
        if spool.batches:
            self._holds.set()

    async def write(
        self,
        batch: PositionBatch,
        frames: Sequence[RawFrame],
        quarantined: Sequence[Quarantined],
        tick_us: int,
        journal_id: int,
    ) -> Written:
        """Store it in the database or in the spool. Raises StorageAway when neither takes it."""
        entry = Spooled(journal_id, tick_us, batch, frames, quarantined)
        if self._holds.is_set():
            await self._append(entry)
            self._holds.set()  # the last one may have left meanwhile
            return Written(batch, spooled=True)
        task = self._late or asyncio.create_task(self._store(entry), name="commit")
        self._late = task
        await asyncio.wait({task}, timeout=self._patience_s)
        if task.done() and task.exception() is None:
            self._late = None
            return task.result()
        why = str(task.exception()) if task.done() else f"not done in {self._patience_s} s"
        self._late = None if task.done() else task
        await self._append(entry)  # if it is full too, the next call waits for the same commit
        _log.warning("batches_go_to_the_spool", error=why)
        self._alone = True
        self._holds.set()
        return Written(batch, spooled=True)

    async def run(self) -> None:
        """Bring back what the spool holds, for ever."""
        while True:
            await self._holds.wait()
            await self._drain()
            if not self._spool.batches:
                self._holds.clear()
                _log.info("spool_is_empty")

    async def close(self) -> None:
        """End a commit that is still under way; its batch is in the spool or not acknowledged."""
        task, self._late = self._late, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _store(self, entry: Spooled) -> Written:
        return await self._writer.write(
            entry.batch, entry.frames, entry.quarantined, entry.tick_us, entry.journal_id
        )

    async def _append(self, entry: Spooled) -> None:
        try:
            await self._spool.append(entry)
        except SpoolFull as full:
            raise StorageAway(f"the spool is full: {full}") from full
        self._count("spooled_batches", 1)
        self._count("spooled_positions", len(entry.batch))

    async def _drain(self) -> None:
        many = 1 if self._alone else MAX_BATCHES_AT_ONCE
        oldest = await self._spool.oldest(many, MAX_ROWS_AT_ONCE)
        # Ticks of two runs stay apart: what lies between them nobody heard.
        earlier = [entry for entry in oldest if entry.journal_id <= self._earlier_id]
        group = Spooled.join(earlier or oldest)
        written = await self._late_result() or await self._insist(group)
        self._alone = False
        self._count("duplicates", written.duplicates)
        self._count("positions_stored", len(written.batch))
        self._count("rows_refused_by_database", written.refused)
        self._on_drained(group.journal_id, written.batch, group.tick_us)
        await self._spool.remove(group.journal_id)

    async def _late_result(self) -> Written | None:
        """What became of the commit that was too slow; None: it has failed."""
        task = self._late
        if task is None:
            return None
        await asyncio.wait({task})
        self._late = None
        return None if task.exception() else task.result()

    async def _insist(self, group: Spooled) -> Written:
        wait_s = BACK_OFF_S[0]
        while True:
            try:
                return await self._store(group)
            except StorageAway as away:
                _log.warning("spool_waits", error=str(away), batches=self._spool.batches)
            except Exception:
                _log.exception("spool_waits", batches=self._spool.batches)
            self._count("commits_failed", 1)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, BACK_OFF_S[1])


def spool_status(spool: Spool) -> dict[str, Any]:
    """Its state for metrics, API and page."""
    state = "full" if spool.full else "holding" if spool.batches else "empty"
    return {
        "state": state,
        "batches": spool.batches,
        "positions": spool.rows,
        "bytes": spool.bytes_held,
        "since_us": spool.since_us,
    }
