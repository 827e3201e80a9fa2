"""Exports as jobs of the server: a few at a time, in child processes, their files kept a while."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import structlog
from psycopg import Error as DatabaseError

from pipeline.contract import Clock
from pipeline.export.order import Order, Told
from storage.database import Database
from storage.exports import begin_export, end_export, give_up_exports
from storage.instants import to_datetime

MAX_RUNNING = 2
MAX_WAITING = 16
TIME_LIMIT_S = 4 * 3600.0
_log = structlog.get_logger(__name__)


class TooManyExportsError(Exception):
    """As many wait already as may."""


@dataclass(slots=True)
class Job:
    """One that has not ended, and how far it is."""

    id: int
    order: Order
    told: Told = field(default_factory=Told)
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class ExportJobs:
    """The jobs of this server. `stop` ends what still runs."""

    def __init__(self, database: Database, clock: Clock, folder: Path) -> None:
        self._database = database
        self._clock = clock
        self._folder = folder
        self._jobs: dict[int, Job] = {}
        self._places = asyncio.Semaphore(MAX_RUNNING)

    def path_of(self, export_id: int, format_: str) -> Path:
        """Where its file is, or will be."""
        return self._folder / f"{export_id}.{format_}"

    @property
    def full(self) -> bool:
        """As many wait as may."""
        return len(self._jobs) >= MAX_RUNNING + MAX_WAITING

    def told(self, export_id: int) -> Told | None:
        """How far it is; None: it does not run here."""
        job = self._jobs.get(export_id)
        return None if job is None else job.told

    async def recover(self) -> None:
        """After a restart: what had not ended is told as failed, half files go."""
        async with self._database.pool.connection() as conn:
            await give_up_exports(conn, to_datetime(self._clock.now_us()))
        await asyncio.to_thread(self._clear)

    def start(self, export_id: int, order: Order) -> None:
        """Begin, or wait for a place. Raises TooManyExportsError."""
        if self.full:
            raise TooManyExportsError
        path = self.path_of(export_id, order.format)
        job = Job(export_id, msgspec.structs.replace(order, path=str(path)))
        self._jobs[export_id] = job
        job.task = asyncio.create_task(self._run(job), name=f"export {export_id}")

    async def cancel(self, export_id: int) -> None:
        """End it, if it has not ended."""
        job = self._jobs.get(export_id)
        if job is not None and job.task is not None:
            job.task.cancel()
            await asyncio.gather(job.task, return_exceptions=True)

    async def stop(self) -> None:
        """End all."""
        for export_id in list(self._jobs):
            await self.cancel(export_id)

    def remove(self, export_id: int, format_: str) -> None:
        """Delete its file."""
        self.path_of(export_id, format_).unlink(missing_ok=True)

    def _clear(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for half in self._folder.glob(".*.part"):
            half.unlink(missing_ok=True)

    async def _run(self, job: Job) -> None:
        state = "failed"
        try:
            async with self._places:
                await self._save_beginning(job)
                async with asyncio.timeout(TIME_LIMIT_S):
                    await _in_child(job)
            state = "done" if job.told.done else "failed"
        except TimeoutError:
            hours = TIME_LIMIT_S / 3600
            job.told = Told(error=f"not done in {hours:.0f} hours: ask for a shorter period")
        except (OSError, msgspec.DecodeError, DatabaseError) as error:
            job.told = Told(error=f"the process could not be run: {error}")
        except asyncio.CancelledError:
            state = "cancelled"
            raise
        finally:
            await asyncio.shield(self._save_end(job, state))
            self._jobs.pop(job.id, None)

    async def _save_beginning(self, job: Job) -> None:
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        async with self._database.pool.connection() as conn:
            await begin_export(conn, job.id)

    async def _save_end(self, job: Job, state: str) -> None:
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


async def _in_child(job: Job) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pipeline.export"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError):  # one that died at once is told by its silence
            process.stdin.write(msgspec.json.encode(job.order))
            await process.stdin.drain()
        process.stdin.close()
        await _listen(process, job)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def _listen(process: Process, job: Job) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        job.told = msgspec.json.decode(line, type=Told)
    if not job.told.done and job.told.error is None:
        assert process.stderr is not None
        said = (await process.stderr.read()).decode(errors="replace").strip().splitlines()
        why = said[-1][:500] if said else "the process ended without a word"
        job.told = Told(rows=job.told.rows, error=why)
