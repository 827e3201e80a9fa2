"""A play in a process of its own: a script as JSON on standard input, progress as JSON lines.

The demo starts it so, for the server to have a core to itself. It ends when its input closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys

import msgspec

from simulators.api_client import ApiProblem
from simulators.play import Player, Progress, Script, progress_line
from simulators.terminal import Refused


def _tell(progress: Progress) -> None:
    sys.stdout.write(msgspec.json.encode(progress_line(progress)).decode() + "\n")
    sys.stdout.flush()


async def _play() -> None:
    """Play the script; stop when the input ends."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    script = msgspec.json.decode(await reader.readline(), type=Script)
    playing = asyncio.create_task(Player(script, _tell).run())
    closed = asyncio.create_task(reader.read())
    await asyncio.wait([playing, closed], return_when=asyncio.FIRST_COMPLETED)
    for task in (closed, playing):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await playing


def main() -> None:
    """Entry point of the child process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it closes our input
    try:
        asyncio.run(_play())
    except (ApiProblem, Refused, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
