"""The evaluate stage in a process of its own: judging keeps no terminal and nobody waiting.

To the server it is what `pipeline.evaluate.Evaluator` is. Nothing durable hangs on it: a process
that dies is started again and reads in the journal what it has missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections import deque

import structlog

from model.position import PositionBatch
from pipeline.committed import Committed
from pipeline.contract import Clock, LiveHub
from pipeline.evaluate_link import (
    Batch,
    Changed,
    Down,
    Failed,
    Judged,
    LookAgain,
    Order,
    Settle,
    Settled,
    Stop,
    Up,
    messages,
    send,
    up_decoder,
)

_log = structlog.get_logger(__name__)
BACK_OFF_S = (0.5, 10.0)  # before it is started again: first, longest
END_LIMIT_S = 5.0


class JudgingFailedError(Exception):
    """The process has ended for a reason that starting it again does not mend."""


class EvaluatorBeside:
    """Run `run()` as a task; end it with `stop()`. `module`: what the process runs, as `-m`."""

    def __init__(self, module: str, order: Order, clock: Clock, live: LiveHub) -> None:
        self._module = module
        self._order = order
        self._clock = clock
        self._live = live
        self._writer: asyncio.StreamWriter | None = None
        self._on_the_way: deque[tuple[int, int]] = deque()  # (journal id, rows) not yet judged
        self._waiting_rows = 0
        self._settling: dict[int, asyncio.Future[None]] = {}
        self._number = 0
        self._stopping = asyncio.Event()
        self.judged_journal_id = 0

    def committed(self, journal_id: int, batch: PositionBatch, tick_us: int) -> None:
        """A batch (or a tick without rows) is in the database; called in journal order."""
        if self._writer is None:
            return  # who begins later finds it in the journal
        entry = Committed.of(journal_id, batch.rows, tick_us, self._waiting_rows)
        self._waiting_rows += len(entry)
        self._on_the_way.append((journal_id, len(entry)))
        self._tell(Batch.of(entry, self._clock.now_us()))

    def look_again(self) -> None:
        """Read the rulebook's revision at the next step, however recently it was read."""
        self._tell(LookAgain(self._clock.now_us()))

    async def settled(self) -> None:
        """Wait until everything handed over so far is judged."""
        self._number += 1
        answer = self._settling[self._number] = asyncio.get_running_loop().create_future()
        self._tell(Settle(self._number, self._clock.now_us()))
        await answer

    async def stop(self) -> None:
        """Judge what is waiting, then let `run` end."""
        self._stopping.set()
        self._tell(Stop())

    async def run(self) -> None:
        """Until `stop`. Raises JudgingFailedError."""
        wait_s = BACK_OFF_S[0]
        try:
            while not self._stopping.is_set():
                before = self.judged_journal_id
                await self._one_process()
                if self._stopping.is_set():
                    return
                wait_s = BACK_OFF_S[0] if self.judged_journal_id > before else wait_s
                _log.error("judging_process_ended", started_again_in_s=wait_s)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), wait_s)
                wait_s = min(2 * wait_s, BACK_OFF_S[1])
        finally:
            for answer in self._settling.values():
                answer.cancel()

    async def _one_process(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            reader, writer = await asyncio.open_connection(sock=ours)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._module, str(theirs.fileno())),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        try:
            send(writer, self._order)
            self._writer = writer
            for number in self._settling:
                self._tell(Settle(number, self._clock.now_us()))
            if self._stopping.is_set():
                self._tell(Stop())
            async for message in messages(reader):
                self._hear(up_decoder.decode(message))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), END_LIMIT_S)
        finally:
            self._writer, self._waiting_rows = None, 0
            self._on_the_way.clear()
            writer.close()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _tell(self, message: Down) -> None:
        if self._writer is not None and not self._writer.is_closing():
            send(self._writer, message)

    def _hear(self, message: Up) -> None:
        match message:
            case Judged(journal_id):
                self.judged_journal_id = journal_id
                while self._on_the_way and self._on_the_way[0][0] <= journal_id:
                    self._waiting_rows -= self._on_the_way.popleft()[1]
            case Changed(organisation_id, kind, payload):
                self._live.publish(organisation_id, kind, payload)
            case Settled(number):
                answer = self._settling.pop(number, None)
                if answer is not None and not answer.done():
                    answer.set_result(None)
            case Failed(error):
                raise JudgingFailedError(error)
