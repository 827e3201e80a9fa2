"""Exports as jobs of the server: a few at a time, in child processes, their files kept a while."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import structlog
from psycopg import Error as DatabaseError

from pipeline.child_jobs import ChildJobs, Job
from pipeline.contract import Clock
from pipeline.export.order import Order, Told
from storage.database import Database
from storage.exports import begin_export, end_export, give_up_exports
from storage.instants import to_datetime

_log = structlog.get_logger(__name__)


class ExportJobs(ChildJobs[Order, Told]):
    """The jobs of this server. `stop` ends what still runs."""

    module = "pipeline.export"
    max_running = 2
    max_waiting = 16
    time_limit_s = 4 * 3600.0
    too_long = "ask for a shorter period"
    telling = Told

    def __init__(self, database: Database, clock: Clock, folder: Path) -> None:
        super().__init__()
        self._database = database
        self._clock = clock
        self._folder = folder

    def path_of(self, export_id: int, format_: str) -> Path:
        """Where its file is, or will be."""
        return self._folder / f"{export_id}.{format_}"

    async def recover(self) -> None:
        """After a restart: what had not ended is told as failed, half files go."""
        async with self._database.pool.connection() as conn:
            await give_up_exports(conn, to_datetime(self._clock.now_us()))
        await asyncio.to_thread(self._clear)

    def start(self, export_id: int, order: Order) -> None:
        """Begin, or wait for a place. Raises TooManyJobsError."""
        path = self.path_of(export_id, order.format)
        self.begin(export_id, msgspec.structs.replace(order, path=str(path)))

    def remove(self, export_id: int, format_: str) -> None:
        """Delete its file."""
        self.path_of(export_id, format_).unlink(missing_ok=True)

    def _clear(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for half in self._folder.glob(".*.part"):
            half.unlink(missing_ok=True)

    async def began(self, job: Job[Order, Told]) -> None:
        """It runs."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        async with self._database.pool.connection() as conn:
            await begin_export(conn, job.id)

    async def ended(self, job: Job[Order, Told], state: str) -> None:
        """How it ended, and how large the file is."""
        path = Path(job.order.path)
        told = job.told
        try:
            size = path.stat().st_size if state == "done" else 0
            async with self._database.pool.connection() as conn:
                now = to_datetime(self._clock.now_us())
                values = {"rows": told.rows, "bytes": size, "cut": told.cut, "error": told.error}
                await end_export(conn, job.id, now, state=state, **values)
        except (DatabaseError, OSError) as error:  # told as failed at the next start
            _log.warning("export_end_not_saved", export=job.id, error=str(error))
