"""Imports as jobs of the server: one at a time, in a child process; after a restart they go on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import structlog
from psycopg import Error as DatabaseError

from pipeline.acceptance import Window
from pipeline.child_jobs import ChildJobs, Job, TooManyJobsError
from pipeline.contract import Clock
from pipeline.take_in.order import ImportOrder, Told
from storage.database import Database
from storage.import_jobs import begin_import, end_import, open_imports
from storage.instants import to_datetime

_log = structlog.get_logger(__name__)
Row = dict[str, Any]
MAX_UPLOADS = 2  # at a time: each holds a connection of the API's pool
FILE_LOST = "the file is gone: send it again, and it goes on where it was"


class ImportJobs(ChildJobs[ImportOrder, Told]):
    """The jobs of this server. `stop` ends what runs; it goes on at the next `recover`."""

    module = "pipeline.take_in"
    max_running = 1  # each fills the database as fast as that can
    max_waiting = 7
    time_limit_s = 24 * 3600.0
    too_long = "send the file again, and it goes on where it was"
    telling = Told

    def __init__(
        self,
        database: Database,
        clock: Clock,
        folder: Path,
        *,
        retention_us: int,
        drop_off_shift: bool,
    ) -> None:
        super().__init__()
        self._database = database
        self._clock = clock
        self.folder = folder
        self._retention_us = retention_us
        self._drop_off_shift = drop_off_shift
        self._stopping = False
        self._uploads = 0

    @contextmanager
    def uploading(self) -> Iterator[None]:
        """While a file is being sent. Raises TooManyJobsError."""
        room = self.max_running + self.max_waiting - len(self._jobs) - self._uploads
        if room < 1 or self._uploads >= MAX_UPLOADS:
            raise TooManyJobsError
        self._uploads += 1
        try:
            yield
        finally:
            self._uploads -= 1

    def path_of(self, import_id: int, format_: str) -> Path:
        """Where its file lies until it is over."""
        return self.folder / f"{import_id}.{format_}"

    async def recover(self) -> None:
        """After a restart: what had not ended goes on, half files go."""
        async with self._database.pool.connection() as conn:
            rows = await open_imports(conn)
        known = {self.path_of(row["id"], row["format"]) for row in rows}
        await asyncio.to_thread(self._clear, known)
        for row in rows[: self.max_running + self.max_waiting]:
            self.start(row)

    def start(self, row: Row) -> None:
        """Begin what a row of `import_jobs` says, or wait for a place. Raises TooManyJobsError."""
        window = Window.around(self._clock.now_us(), self._retention_us)
        order = ImportOrder(
            path=str(self.path_of(row["id"], row["format"])),
            format=row["format"],
            device_id=row["device_id"],
            zone=row["zone"],
            datum=row["datum"],
            judge=row["judge"],
            organisations=tuple(row["organisations"]),
            from_us=window.from_us,
            to_us=window.to_us,
            drop_off_shift=self._drop_off_shift,
            url=self._database.url,
        )
        self.begin(row["id"], order)

    async def stop(self) -> None:
        """End the processes, not the jobs."""
        self._stopping = True
        await super().stop()

    def _clear(self, known: set[Path]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.iterdir():
            if path not in known:
                path.unlink(missing_ok=True)

    async def began(self, job: Job[ImportOrder, Told]) -> None:
        """It runs."""
        if not Path(job.order.path).is_file():
            raise FileNotFoundError(FILE_LOST)
        async with self._database.pool.connection() as conn:
            await begin_import(conn, job.id)

    async def ended(self, job: Job[ImportOrder, Told], state: str) -> None:
        """How it ended; the file goes, unless the server itself has ended it."""
        if self._stopping and state == "cancelled":
            return
        told = msgspec.structs.asdict(job.told)
        try:
            async with self._database.pool.connection() as conn:
                now = to_datetime(self._clock.now_us())
                await end_import(conn, job.id, now, {**told, "state": state})
            await asyncio.to_thread(Path(job.order.path).unlink, missing_ok=True)
        except (DatabaseError, OSError) as error:  # the next start goes on with it
            _log.warning("import_end_not_saved", job=job.id, error=str(error))
