"""A scenario in a process of its own: a script as JSON on standard input, progress as JSON lines.

Each line that follows the script says that the server has been restarted, as a stage "restart" had
asked for. It ends when its input closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from typing import Any

import msgspec

from simulators.scenario.reading import ScenarioProblem
from simulators.scenario.run import Run, RunScript


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


async def _play() -> None:
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    script = msgspec.json.decode(await reader.readline(), type=RunScript)
    restarted = asyncio.Event()
    playing = asyncio.create_task(Run(script, _tell, restarted).play())
    closed = asyncio.create_task(_listen(reader, restarted))
    await asyncio.wait([playing, closed], return_when=asyncio.FIRST_COMPLETED)
    for task in (closed, playing):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await playing


async def _listen(reader: asyncio.StreamReader, restarted: asyncio.Event) -> None:
    while await reader.readline():
        restarted.set()


def main() -> None:
    """Entry point of the child process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it closes our input
    try:
        asyncio.run(_play())
    except ScenarioProblem as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
