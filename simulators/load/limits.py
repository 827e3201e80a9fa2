"""Open files: how many connections a process may hold, and over how many they are spread."""

from __future__ import annotations

import math
import resource
from contextlib import suppress

SPARE_FILES = 200  # of a process, beside its connections
EVENLY = 0.9  # the kernel spreads connections over listeners by chance
MAX_PROCESSES = 64


class LimitProblem(Exception):
    """The limit of open files is too low; the text says what to do."""


def raise_limit() -> int:
    """Raise our limit of open files, and our children's, as far as we may; what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # unlimited is more than some kernels take
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return soft if soft != resource.RLIM_INFINITY else 1 << 20


def processes_for(connections: int, wanted: int, files: int) -> int:
    """As many as wanted, or as so many connections need at `files` each. Raises LimitProblem."""
    room = files - SPARE_FILES
    needed = math.ceil(connections / room) if room > 0 else MAX_PROCESSES + 1
    if needed > MAX_PROCESSES:
        enough = math.ceil(connections / MAX_PROCESSES) + SPARE_FILES
        raise LimitProblem(
            f"{connections:,} connections do not fit into {MAX_PROCESSES} processes of {files:,}"
            f" open files: raise the limit to {enough:,} or more (ulimit -Hn {enough}; systemd:"
            f" LimitNOFILE={enough}; Docker: --ulimit nofile={enough})"
        )
    return max(wanted, needed)


def listeners_for(connections: int, files: int) -> int:
    """How many processes a server of our own needs for them. Raises LimitProblem."""
    return processes_for(math.ceil(connections / EVENLY), 1, files)
