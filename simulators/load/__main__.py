"""One process of a load run: an order as JSON on standard input, its tally on standard output.

It ends early, with what was seen, when its input closes.
"""

from __future__ import annotations

import asyncio
import signal
import sys

import msgspec
import uvloop

from simulators.load.crowd import Crowd
from simulators.load.handsets import HandsetCrowd
from simulators.load.order import LoadOrder


async def _run() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    order = msgspec.json.decode(await reader.readline(), type=LoadOrder)
    stop = asyncio.Event()

    async def listen() -> None:
        await reader.read()
        stop.set()

    listening = asyncio.create_task(listen())
    crowd = HandsetCrowd(order) if order.protocol == "handset" else Crowd(order)
    tally = await crowd.run(stop)
    listening.cancel()
    sys.stdout.buffer.write(msgspec.json.encode(tally) + b"\n")
    sys.stdout.flush()


def main() -> None:
    """Entry point of the child process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it closes our input
    uvloop.run(_run())


if __name__ == "__main__":
    main()
