"""A question answered by a child process, so that a busy processor delays no alert."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE

NICENESS = 10  # a child's own `main` sets it


class ChildProblem(Exception):
    """The process has failed; the text is its last line."""


async def answer_of(module: str, order: bytes) -> bytes:
    """What `python -m module` writes when it reads the order: it may hold a password and so is no
    argument. The process ends with whoever waits. Raises ChildProblem."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
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
        raise ChildProblem(lines[-1][:500] if lines else "the process ended without a word")
    return said
