"""Fences as a file, written in a child process: an export never delays an alert.

A few hundred fences keep a processor busy for a tenth of a second, half of it in reading their
outlines; in the server's own process every alert would wait for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE

import msgspec

from geofence.datum import Datum
from geofence.formats import write_fences
from storage.database import connect
from storage.fence_files import fence_of
from storage.in_force import fences_in_force
from storage.problems import DatabaseProblem

MAX_RUNNING = 2  # the others wait for a place
TIME_LIMIT_S = 120.0
QUERY_LIMIT_MS = 60_000
NICENESS = 10


class Order(msgspec.Struct, frozen=True):
    """What the process is given: the URL may hold a password and so is no argument."""

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
                said = await _in_child(msgspec.json.encode(order))
        except TimeoutError as error:
            raise ExportFailedError(f"not done in {TIME_LIMIT_S:.0f} s; try again later") from error
        line, _, content = said.partition(b"\n")
        told = msgspec.json.decode(line, type=Told)
        if told.error is not None:
            raise ExportFailedError(told.error)
        return content, told.left_out


async def _in_child(order: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pipeline.fence_export"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        said, complaint = await process.communicate(order)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise ExportFailedError(lines[-1][:500] if lines else "the process ended without a word")
    return said


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
