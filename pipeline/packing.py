"""A closed day of raw frames packed in a child process: a city's takes minutes of a processor."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import datetime

import msgspec

from pipeline.child import NICENESS, answer_of
from storage.database import Mode, connect
from storage.frame_packing import pack_one_day


class Order(msgspec.Struct, frozen=True):
    """What the process is given."""

    url: str
    mode: Mode
    now: datetime


async def pack_beside(url: str, mode: Mode, now: datetime) -> str | None:
    """As `pack_one_day`, beside this process. Raises ChildProblem."""
    said = await answer_of("pipeline.packing", msgspec.json.encode(Order(url, mode, now)))
    return said.decode() or None


async def _pack(order: Order) -> str | None:
    conn = await connect(order.url)
    try:
        return await pack_one_day(conn, order.mode, order.now)
    finally:
        await conn.close()


def main() -> None:
    """One day, ordered on standard input."""
    os.nice(NICENESS)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.write(asyncio.run(_pack(order)) or "")


if __name__ == "__main__":
    main()
