"""The process in which `xunji serve` judges: `python -m xunji.rules_process FD`.

FD is its end of a socket pair (pipeline/evaluate_link.py). When the server is gone it ends at once;
what was not committed then is judged by the next one.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import structlog
import uvloop

from pipeline.contract import Clock
from pipeline.evaluate import Evaluator
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
    down_decoder,
    messages,
    send,
)
from rules.registry import kinds_by_name
from storage.database import Connection, connect
from xunji.clock import SystemClock
from xunji.logs import configure_logs

_log = structlog.get_logger(__name__)


class ToldClock:
    """Simulated time, as the server's messages tell it."""

    def __init__(self) -> None:
        self.told_us = 0

    def now_us(self) -> int:
        """The last told time."""
        return self.told_us


class _Away:
    """The database and the live hub of the evaluate stage, seen from its process."""

    def __init__(self, url: str, writer: asyncio.StreamWriter) -> None:
        self._url = url
        self._writer = writer

    async def connect(self) -> Connection:
        return await connect(self._url)

    def publish(self, organisation_id: int, kind: str, payload: dict[str, Any]) -> None:
        send(self._writer, Changed(organisation_id, kind, payload))

    def judged(self, journal_id: int) -> None:
        send(self._writer, Judged(journal_id))


class _Listener:
    """Hands what the server says to the evaluate stage."""

    def __init__(self, evaluator: Evaluator, clock: Clock, writer: asyncio.StreamWriter) -> None:
        self._evaluator = evaluator
        self._clock = clock
        self._writer = writer
        self._answers: set[asyncio.Task[None]] = set()

    async def listen(self, said: AsyncIterator[bytes]) -> None:
        """Until the server is gone."""
        async for message in said:
            await self._hear(down_decoder.decode(message))

    async def _hear(self, message: Down) -> None:
        if isinstance(self._clock, ToldClock) and not isinstance(message, Stop):
            self._clock.told_us = message.now_us
        match message:
            case Batch():
                self._evaluator.take(message.entry())
            case LookAgain():
                self._evaluator.look_again()
            case Settle(number):
                answer = asyncio.create_task(self._settle(number))
                self._answers.add(answer)
                answer.add_done_callback(self._answers.discard)
            case Stop():
                await self._evaluator.stop()

    async def _settle(self, number: int) -> None:
        await self._evaluator.settled()
        send(self._writer, Settled(number))


async def _run(end: socket.socket) -> None:
    reader, writer = await asyncio.open_connection(sock=end)
    said = messages(reader)
    order = msgspec.msgpack.decode(await anext(said), type=Order)
    configure_logs(order.log_level)
    clock: Clock = ToldClock() if order.told_time else SystemClock()
    away = _Away(order.url, writer)
    evaluator = Evaluator(
        away,
        clock,
        kinds_by_name(),
        order.pace,
        away,
        run_after=order.run_after,
        on_judged=away.judged,
    )
    judging = asyncio.create_task(evaluator.run())
    listening = asyncio.create_task(_Listener(evaluator, clock, writer).listen(said))
    ready = asyncio.create_task(_ready(evaluator))
    await asyncio.wait({judging, listening}, return_when=asyncio.FIRST_COMPLETED)
    if judging.done() and judging.exception() is not None:
        error = judging.exception()
        _log.error("judging_failed", exc_info=error)
        send(writer, Failed(f"{type(error).__name__}: {error}"))
    await _cancelled(judging, listening, ready)
    writer.close()
    await writer.wait_closed()


async def _ready(evaluator: Evaluator) -> None:
    """What the first judgement has loaded stays: nothing for the garbage collector to look at."""
    await evaluator.settled()
    gc.freeze()


async def _cancelled(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):  # the server says when to end
        signal.signal(number, signal.SIG_IGN)
    uvloop.run(_run(socket.socket(fileno=int(sys.argv[1]))))
