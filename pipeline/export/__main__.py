"""`python -m pipeline.export`: one export, ordered on standard input, told in lines of JSON."""

from __future__ import annotations

import asyncio
import os
import sys
from time import monotonic

import msgspec

from pipeline.export.order import ExportFailedError, Order, Told
from pipeline.export.run import run_export
from storage.problems import DatabaseProblem

NICENESS = 10  # an export never delays an alert
TELL_EVERY_S = 0.5


def main() -> None:
    """Tell how far it is every half second, and at last how it ended."""
    os.nice(NICENESS)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    told_s = 0.0

    def tell(told: Told) -> None:
        nonlocal told_s
        if monotonic() - told_s >= TELL_EVERY_S:
            told_s = monotonic()
            _say(told)

    try:
        _say(asyncio.run(run_export(order, tell)))
    except (DatabaseProblem, ExportFailedError) as problem:
        _say(Told(error=str(problem)))


def _say(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
