"""The inside of a child process of `pipeline.child_jobs`: read the order, work, tell."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any, TypeVar

import msgspec

from pipeline.child_jobs import Telling

NICENESS = 10  # a long job never delays an alert
TELL_EVERY_S = 0.5
OrderT = TypeVar("OrderT")
ToldT = TypeVar("ToldT", bound=Telling)


def run_job(
    order_type: type[OrderT],
    work: Callable[[OrderT, Callable[[ToldT], None]], Coroutine[Any, Any, ToldT]],
    failed: Callable[[str], ToldT],
    problems: tuple[type[Exception], ...],
) -> None:
    """Tell how far it is every half second, and at last how it ended; `problems` are told as
    `failed`, all else ends the process."""
    os.nice(NICENESS)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=order_type)
    told_s = 0.0

    def tell(told: ToldT) -> None:
        nonlocal told_s
        if monotonic() - told_s >= TELL_EVERY_S:
            told_s = monotonic()
            _say(told)

    try:
        _say(asyncio.run(work(order, tell)))
    except problems as problem:
        _say(failed(str(problem)))


def _say(told: Telling) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()
