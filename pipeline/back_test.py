"""A back-test over stored positions: units in chunks, a day at a time, never all at once.

`python -m pipeline.back_test` runs one job in a process of its own, so that no question about the
past delays the judging of the present: a job as JSON comes in, lines of JSON (`Line`) go out.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import NamedTuple

import msgspec

from model.position import Rows
from model.rulebook import Finding, Rule
from model.violations import StoredViolation
from rules.back_test import UNREAD, BackTest, Difference, difference
from rules.registry import kinds_by_name
from storage.back_tests import raised_between
from storage.database import Connection, connect
from storage.instants import DAY_US
from storage.problems import DatabaseProblem
from storage.rulebook import load_rulebook
from storage.tracks import positions_of_many

DEVICES_AT_ONCE = 50  # half a million rows a day at 10 s
MAX_LISTED = 1_000  # findings and missing violations that a result lists; all are counted
QUERY_LIMIT_MS = 120_000
NICENESS = 10


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to test: a rule over [from_us, to_us). Rule id 0: it is compared with every violation
    of its kind. `device_ids` None: all that the rule judges. Only units of `organisations`."""

    rule: Rule
    from_us: int
    to_us: int
    organisations: tuple[int, ...]
    device_ids: tuple[int, ...] | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A finding, and the violation that was raised for it then."""

    finding: Finding
    violation_id: int | None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of all; lists of at most MAX_LISTED (`cut`: there are more)."""

    devices: int
    positions: int
    seconds: float
    found: int
    raised: int
    same: int
    only_now: int
    only_before: int
    findings: tuple[Found, ...]
    missing: tuple[StoredViolation, ...]
    cut: bool


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the process says: how far it is, and last the result or what went wrong."""

    progress: float = 0.0
    result: Result | None = None
    error: str | None = None


class BackTestProblem(Exception):
    """The rule could not be tested; the text says why."""


async def back_test(conn: Connection, job: Job, tell: Callable[[float], None]) -> Result:
    """Judge the period anew. Raises BackTestProblem when the rule stops itself."""
    began_s = time.monotonic()
    rulebook = await load_rulebook(conn, job.from_us)
    test = BackTest(rulebook, job.rule, kinds_by_name(), job.from_us, job.to_us)
    visible = {d.id for d in rulebook.devices if d.organisation_id in job.organisations}
    if job.device_ids is not None:
        visible &= set(job.device_ids)
    devices = [id_ for id_ in test.device_ids() if id_ in visible]
    positions = 0
    steps = list(_steps(devices, test.read_from_us, job.to_us))
    async with aclosing(_read_ahead(conn, steps)) as read:
        async for step, rows in read:
            if step.from_us == test.read_from_us:
                test.begin(step.devices)
            await asyncio.to_thread(test.advance, rows)
            positions += len(rows)
            if test.failed:
                raise BackTestProblem(test.failed)
            if step.to_us == job.to_us:
                test.end()
            tell((steps.index(step) + 1) / len(steps))
    period = (job.from_us, job.to_us)
    raised = await raised_between(conn, devices, period, job.rule.kind, job.rule.id)
    compared = difference(test.findings(), raised)
    return _result(compared, len(devices), positions, time.monotonic() - began_s)


class _Step(NamedTuple):
    """Positions that are read and judged together."""

    devices: Sequence[int]
    from_us: int
    to_us: int


async def _read_ahead(
    conn: Connection, steps: Sequence[_Step]
) -> AsyncGenerator[tuple[_Step, Rows]]:
    """Each step with its positions; the database reads the next while these are judged."""

    def read(step: _Step) -> asyncio.Task[Rows]:
        starts = dict.fromkeys(step.devices, step.from_us)
        return asyncio.create_task(positions_of_many(conn, starts, step.to_us, UNREAD))

    reading = [read(steps[0])] if steps else []
    try:
        for number, step in enumerate(steps):
            rows = await reading.pop()
            if number + 1 < len(steps):
                reading = [read(steps[number + 1])]
            yield step, rows
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


def _steps(devices: Sequence[int], from_us: int, to_us: int) -> Iterator[_Step]:
    for begin in range(0, len(devices), DEVICES_AT_ONCE):
        chunk = devices[begin : begin + DEVICES_AT_ONCE]
        for start_us in range(from_us, to_us, DAY_US):
            yield _Step(chunk, start_us, min(start_us + DAY_US, to_us))


def _result(compared: Difference, devices: int, positions: int, seconds: float) -> Result:
    found = len(compared.pairs)
    same = sum(violation is not None for _, violation in compared.pairs)
    missing = compared.only_before
    # What differs is what a person wants to see: it comes first where the list is cut.
    pairs = sorted(compared.pairs, key=lambda pair: pair[1] is not None)
    return Result(
        devices=devices,
        positions=positions,
        seconds=round(seconds, 3),
        found=found,
        raised=same + len(missing),
        same=same,
        only_now=found - same,
        only_before=len(missing),
        findings=tuple(
            Found(finding=finding, violation_id=violation.id if violation else None)
            for finding, violation in pairs[:MAX_LISTED]
        ),
        missing=missing[:MAX_LISTED],
        cut=max(found, len(missing)) > MAX_LISTED,
    )


class Order(msgspec.Struct, frozen=True):
    """What the process is given: the URL may hold a password and so is no argument."""

    url: str
    job: Job


async def _run(order: Order) -> Line:
    try:
        conn = await connect(order.url, QUERY_LIMIT_MS)
        try:
            result = await back_test(conn, order.job, lambda share: _say(Line(progress=share)))
            return Line(progress=1.0, result=result)
        finally:
            await conn.close()
    except (BackTestProblem, DatabaseProblem) as problem:
        return Line(error=str(problem))


def _say(line: Line) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """One job from standard input."""
    os.nice(NICENESS)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    _say(asyncio.run(_run(order)))


if __name__ == "__main__":
    main()
