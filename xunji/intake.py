"""What stands between the doors and the database: preparation, spool, commit loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.counters import Counters
from gateway.directory import Directory
from model.position import PositionBatch
from pipeline.contract import Clock
from pipeline.duplicates import RecentReports
from pipeline.ingest import IngestLoop
from pipeline.live import LiveHub
from pipeline.newcomers import Newcomers
from pipeline.prepare import Preparation
from pipeline.spooling import SpoolingWriter, spool_status
from storage.database import Database
from storage.instants import DAY_US
from storage.spool import Spool
from storage.writer import Writer
from xunji.privacy import OffShift
from xunji.settings import Settings


async def open_spool(settings: Settings, stored_journal_id: int) -> Spool:
    """The spool of these settings. Raises SpoolProblem."""
    path = settings.spool.path or settings.data_dir / "spool.sqlite3"
    most, reserve = settings.spool.max_megabytes << 20, settings.spool.reserve_megabytes << 20
    spool = Spool(path, most, reserve)
    await spool.open(stored_journal_id)
    return spool


@dataclass(frozen=True, slots=True)
class Intake:
    """Run `loop.run()` and `spooling.run()` as tasks; `close` after both."""

    loop: IngestLoop
    spooling: SpoolingWriter
    spool: Spool
    writer: Writer

    async def close(self) -> None:
        """Give connection and file back."""
        await self.spooling.close()
        await self.writer.close()

    def spool_status(self) -> dict[str, Any]:
        """As pipeline.spooling.spool_status."""
        return spool_status(self.spool)


def build_intake(
    settings: Settings,
    database: Database,
    spool: Spool,
    *,
    clock: Clock,
    directory: Directory,
    counters: Counters,
    live: LiveHub,
    on_committed: Callable[[int, PositionBatch, int], None],
    last_journal_id: int,
    off_shift: OffShift | None,
) -> Intake:
    """All of it, not started yet. `last_journal_id`: the highest in database or spool."""
    preparation = Preparation(
        RecentReports(),
        retention_us=settings.database.retention_days * DAY_US,
        keep_frames=settings.database.raw_frames_days > 0,
        actual_device=directory.actual_device,
        off_shift=off_shift,
    )
    writer = Writer(database)
    spooling = SpoolingWriter(writer, spool, on_committed, counters.add)
    loop = IngestLoop(
        spooling,
        clock,
        on_committed,
        preparation,
        last_journal_id=last_journal_id,
        tick_seconds=settings.rules.tick_seconds,
        max_pending_reports=settings.gateway.max_pending_reports,
        live=live,
        newcomers=Newcomers(directory.write_newcomers, directory.unregistered),
        count=counters.add,
    )
    return Intake(loop, spooling, spool, writer)
