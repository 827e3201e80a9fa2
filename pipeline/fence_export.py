"""Fences as a file, written in a child process: an export never delays an alert.

A few hundred fences keep a processor busy for a tenth of a second, half of it in reading their
outlines; in the server's own process every alert would wait for that.
"""

from __future__ import annotations

import asyncio
import os
import sys

import msgspec

from geofence.datum import Datum
from geofence.formats import write_fences
from pipeline.child import NICENESS, ChildProblem, answer_of
from storage.database import connect
from storage.fence_files import fence_of
from storage.in_force import fences_in_force
from storage.problems import DatabaseProblem

MAX_RUNNING = 2  # the others wait for a place
TIME_LIMIT_S = 120.0
QUERY_LIMIT_MS = 60_000


class Order(msgspec.Struct, frozen=True):
    """What the process is given."""

    url: str
    organisations: tuple[int, ...]
    now_us: int
    format: str
    datum: Datum


class Told(msgspec.Struct, frozen=True):
    """The first line of what the process says; the file follows it, unless there is an error."""

    left_out: tuple[int, ...] = ()
    error: str | None = None


class ExportFailedError(Exception):
    """There is no file; the text says why."""


class FenceExports:
    """The exports of this server, `MAX_RUNNING` at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._places = asyncio.Semaphore(MAX_RUNNING)

    async def export(
        self, organisations: tuple[int, ...], now_us: int, format_name: str, datum: Datum
    ) -> tuple[bytes, tuple[int, ...]]:
        """A file of what these organisations see, and the ids of fences that it cannot hold.
        Raises ExportFailedError."""
        order = Order(self._url, organisations, now_us, format_name, datum)
        try:
            async with asyncio.timeout(TIME_LIMIT_S), self._places:
                said = await answer_of("pipeline.fence_export", msgspec.json.encode(order))
        except TimeoutError as error:
            raise ExportFailedError(f"not done in {TIME_LIMIT_S:.0f} s; try again later") from error
        except ChildProblem as problem:
            raise ExportFailedError(str(problem)) from problem
        line, _, content = said.partition(b"\n")
        told = msgspec.json.decode(line, type=Told)
        if told.error is not None:
            raise ExportFailedError(told.error)
        return content, told.left_out


async def _export(order: Order) -> tuple[Told, bytes]:
    try:
        conn = await connect(order.url, QUERY_LIMIT_MS)
        try:
            rows = await fences_in_force(conn, order.organisations, order.now_us)
        finally:
            await conn.close()
    except DatabaseProblem as problem:
        return Told(error=str(problem)), b""
    content, left_out = write_fences(order.format, map(fence_of, rows), order.datum)
    return Told(left_out=tuple(left_out)), content


def main() -> None:
    """One export, ordered on standard input."""
    os.nice(NICENESS)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    told, content = asyncio.run(_export(order))
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n" + content)


if __name__ == "__main__":
    main()
