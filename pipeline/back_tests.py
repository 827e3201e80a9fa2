"""Back-tests in child processes: started, watched, cancelled, and their results kept a while.

Results live in memory: they answer a question and can be asked for again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

import msgspec

from pipeline.back_test import Job, Line, Order, Result

MAX_RUNNING = 2
MAX_WAITING = 8
MAX_KEPT = 20  # tests whose results are remembered, the oldest forgotten first
MAX_LINE_BYTES = 16 << 20
TIME_LIMIT_S = 1_800.0
State = Literal["waiting", "running", "done", "failed", "cancelled"]


class TooManyTrialsError(Exception):
    """As many wait already as may."""


@dataclass(slots=True)
class Trial:
    """One back-test and how far it is; `owner_id`: the person who asked."""

    id: int
    owner_id: int
    job: Job
    state: State = "waiting"
    progress: float = 0.0
    result: Result | None = None
    error: str | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def over(self) -> bool:
        """Nothing will change any more."""
        return self.state in {"done", "failed", "cancelled"}


class BackTests:
    """All back-tests of this server. `stop` ends what still runs."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._tests: OrderedDict[int, Trial] = OrderedDict()
        self._numbers = count(1)
        self._places = asyncio.Semaphore(MAX_RUNNING)

    def start(self, owner_id: int, job: Job) -> Trial:
        """Begin, or wait for a place. Raises TooManyTrialsError."""
        if sum(not test.over for test in self._tests.values()) >= MAX_RUNNING + MAX_WAITING:
            raise TooManyTrialsError
        test = Trial(next(self._numbers), owner_id, job)
        self._tests[test.id] = test
        self._forget()
        test.task = asyncio.create_task(self._run(test), name=f"back-test {test.id}")
        return test

    def find(self, owner_id: int, test_id: int) -> Trial | None:
        """A test of this person."""
        test = self._tests.get(test_id)
        return test if test is not None and test.owner_id == owner_id else None

    async def cancel(self, test: Trial) -> None:
        """End it, if it has not ended."""
        if test.task is not None and not test.task.done():
            test.task.cancel()
            await asyncio.gather(test.task, return_exceptions=True)
        if not test.over:
            test.state = "cancelled"

    async def stop(self) -> None:
        """End all."""
        for test in list(self._tests.values()):
            await self.cancel(test)

    def _forget(self) -> None:
        over = [test.id for test in self._tests.values() if test.over]
        for test_id in over[: max(0, len(self._tests) - MAX_KEPT)]:
            del self._tests[test_id]

    async def _run(self, test: Trial) -> None:
        async with self._places:
            test.state = "running"
            try:
                async with asyncio.timeout(TIME_LIMIT_S):
                    await self._in_child(test)
            except TimeoutError:
                test.error = (
                    f"not done in {TIME_LIMIT_S / 60:.0f} minutes; ask for a shorter period"
                )
            except (OSError, ValueError, msgspec.DecodeError) as error:
                test.error = f"the process could not be run: {error}"
            test.state = "done" if test.result is not None else "failed"

    async def _in_child(self, test: Trial) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pipeline.back_test"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=MAX_LINE_BYTES,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        try:
            await _give(process, Order(self._url, test.job))
            await _listen(process, test)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()


async def _give(process: Process, order: Order) -> None:
    assert process.stdin is not None
    with contextlib.suppress(ConnectionError):  # one that died at once is told by its silence
        process.stdin.write(msgspec.json.encode(order))
        await process.stdin.drain()
    process.stdin.close()


async def _listen(process: Process, test: Trial) -> None:
    assert process.stdout is not None
    async for text in process.stdout:
        line = msgspec.json.decode(text, type=Line)
        test.progress = max(test.progress, line.progress)
        test.result, test.error = line.result, line.error
    if test.result is None and test.error is None:
        assert process.stderr is not None
        said = (await process.stderr.read()).decode(errors="replace").strip().splitlines()
        test.error = said[-1][:500] if said else "the process ended without a word"
