"""Writes a scenario's reports with their send times instead of sending them: JSON lines.

The same scenario gives the same bytes on any machine. The log-in is not among them, for its code
comes from the server; the 0x0100 that asks for the code is each terminal's first line.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec
import numpy as np

from simulators.convoy import CHUNK_S, Feed
from simulators.fleet.unit import Unit
from simulators.outbox import Outbox, Sending
from simulators.scenario.plan import Plan


class _Writer:
    """One unit's reports as lines, in the order in which they leave."""

    def __init__(self, plan: Plan, unit: Unit) -> None:
        self._unit = unit
        self._feed = Feed(unit, 0)
        self._outbox = Outbox(plan.fleet, unit, plan.lines[unit.identity])

    def first(self) -> Iterator[bytes]:
        """What comes before any report."""
        registration = self._outbox.registration()
        if registration:
            yield self._line(0, Sending(registration))

    def lines(self, to_s: int) -> Iterator[tuple[int, bytes]]:
        """(send second, line) of what leaves before `to_s`."""
        fixes = self._feed.take(to_s)
        for send_s in np.unique(fixes["send_s"]).tolist():
            for sending in self._outbox.take(fixes[fixes["send_s"] == send_s]):
                yield send_s, self._line(send_s, sending)

    def _line(self, send_s: int, sending: Sending) -> bytes:
        at = datetime.fromtimestamp(self._unit.origin_us // 1_000_000 + send_s, UTC)
        line = {"at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "unit": self._unit.identity}
        if sending.topic is not None:
            line["topic"] = sending.topic
        if sending.path is not None:
            line["path"] = sending.path
        return msgspec.json.encode({**line, "hex": sending.payload.hex()}) + b"\n"


def dump(plan: Plan, file: BinaryIO) -> int:
    """Write the plan's reports, by send time, then by unit; returns how many lines."""
    writers = [_Writer(plan, unit) for unit in plan.fleet.reporting]
    count = 0
    for writer in writers:
        for line in writer.first():
            count += file.write(line) > 0
    for to_s in range(CHUNK_S, plan.end_s + CHUNK_S, CHUNK_S):
        until_s = min(to_s, plan.end_s)
        batch = [
            (send_s, order, line)
            for order, writer in enumerate(writers)
            for send_s, line in writer.lines(until_s)
        ]
        for _, _, line in sorted(batch, key=lambda entry: entry[:2]):
            count += file.write(line) > 0
    return count
