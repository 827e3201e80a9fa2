"""A server with a play on it: the embedded server in this process, the simulators in another."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from simulators.play import Script
from simulators.scenario.run import RunScript

STOP_S = 10.0
LINE_BYTES = 1 << 20


class PlayProblem(Exception):
    """The simulators ended early; the text is what they said."""


async def play_in_child(
    script: Script | RunScript,
    tell: Callable[[dict[str, Any]], None],
    restart: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Run a script in a process of its own until it ends; `tell` gets each progress line.

    `restart` the server when the script asks for it. Cancel it to stop the child. Raises
    PlayProblem.
    """
    module = "simulators.scenario" if isinstance(script, RunScript) else "simulators"
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", module),  # nothing of the folder in which somebody happens to stand
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
    )
    assert child.stdin
    assert child.stdout
    assert child.stderr
    complaints = asyncio.create_task(child.stderr.read())
    try:
        child.stdin.write(msgspec.json.encode(script) + b"\n")
        await child.stdin.drain()
        async for line in child.stdout:
            told = json.loads(line)
            tell(told)
            if told["stage"] == "restart" and restart:
                await restart()
                child.stdin.write(b"restarted\n")
        if await child.wait():
            raise PlayProblem((await complaints).decode(errors="replace").strip()[-2_000:])
    finally:
        await _end(child, complaints)


async def _end(child: asyncio.subprocess.Process, complaints: asyncio.Task[bytes]) -> None:
    """Closing its input asks the child to stop; one that does not is ended."""
    if child.stdin:
        child.stdin.close()
    try:
        await asyncio.wait_for(child.wait(), STOP_S)
    except TimeoutError:
        child.kill()
        await child.wait()
    complaints.cancel()
    await asyncio.gather(complaints, return_exceptions=True)
