"""Long jobs of the server: a few at a time, each in a child process that tells how far it is.

A job is ordered on the process's standard input, never by its arguments: an order may hold a
password. The process tells in lines of JSON; the last one says that it is done, or why not.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

import msgspec
from psycopg import Error as DatabaseError


class Telling(msgspec.Struct, frozen=True):
    """What every line has; the kinds of jobs add their own. Without values it is a beginning."""

    done: bool = False
    error: str | None = None


OrderT = TypeVar("OrderT", bound=msgspec.Struct)
ToldT = TypeVar("ToldT", bound=Telling)


class TooManyJobsError(Exception):
    """As many wait already as may."""


@dataclass(slots=True)
class Job(Generic[OrderT, ToldT]):
    """One that has not ended, and how far it is."""

    id: int
    order: OrderT
    told: ToldT
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class ChildJobs(Generic[OrderT, ToldT]):
    """The jobs of one kind. `module` is run with an order and tells `telling`."""

    module: ClassVar[str]
    max_running: ClassVar[int]
    max_waiting: ClassVar[int]
    time_limit_s: ClassVar[float]
    too_long: ClassVar[str]  # what then to do
    telling: type[ToldT]

    def __init__(self) -> None:
        self._jobs: dict[int, Job[OrderT, ToldT]] = {}
        self._places = asyncio.Semaphore(self.max_running)

    async def began(self, job: Job[OrderT, ToldT]) -> None:
        """A job has got its place: write it down."""
        raise NotImplementedError

    async def ended(self, job: Job[OrderT, ToldT], state: str) -> None:
        """It is done, failed or cancelled: write it down; no error may come of it."""
        raise NotImplementedError

    @property
    def full(self) -> bool:
        """As many wait as may."""
        return len(self._jobs) >= self.max_running + self.max_waiting

    def told(self, job_id: int) -> ToldT | None:
        """How far it is; None: it does not run here."""
        job = self._jobs.get(job_id)
        return None if job is None else job.told

    def begin(self, job_id: int, order: OrderT) -> None:
        """Begin, or wait for a place. Raises TooManyJobsError."""
        if self.full:
            raise TooManyJobsError
        job = self._jobs[job_id] = Job(job_id, order, self.telling())
        job.task = asyncio.create_task(self._run(job), name=f"{self.module} {job_id}")

    async def cancel(self, job_id: int) -> None:
        """End it, if it has not ended."""
        job = self._jobs.get(job_id)
        if job is not None and job.task is not None:
            job.task.cancel()
            await asyncio.gather(job.task, return_exceptions=True)

    async def stop(self) -> None:
        """End all."""
        for job_id in list(self._jobs):
            await self.cancel(job_id)

    async def _run(self, job: Job[OrderT, ToldT]) -> None:
        state = "failed"
        try:
            async with self._places:
                await self.began(job)
                async with asyncio.timeout(self.time_limit_s):
                    await self._in_child(job)
            state = "done" if job.told.done else "failed"
        except TimeoutError:
            hours = self.time_limit_s / 3600
            job.told = self._failed(job, f"not done in {hours:.0f} hours: {self.too_long}")
        except (OSError, msgspec.DecodeError, DatabaseError) as error:
            job.told = self._failed(job, f"the process could not be run: {error}")
        except asyncio.CancelledError:
            state = "cancelled"
            raise
        finally:
            await asyncio.shield(self.ended(job, state))
            self._jobs.pop(job.id, None)

    def _failed(self, job: Job[OrderT, ToldT], why: str) -> ToldT:
        return msgspec.structs.replace(job.told, error=why)

    async def _in_child(self, job: Job[OrderT, ToldT]) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", self.module),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        try:
            assert process.stdin is not None
            with contextlib.suppress(ConnectionError):  # one that died at once: told by its silence
                process.stdin.write(msgspec.json.encode(job.order))
                await process.stdin.drain()
            process.stdin.close()
            await self._listen(process, job)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()

    async def _listen(self, process: Process, job: Job[OrderT, ToldT]) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            job.told = msgspec.json.decode(line, type=self.telling)
        if not job.told.done and job.told.error is None:
            assert process.stderr is not None
            said = (await process.stderr.read()).decode(errors="replace").strip().splitlines()
            why = said[-1][:500] if said else "the process ended without a word"
            job.told = self._failed(job, why)
