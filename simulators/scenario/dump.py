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

from simulators.convoy import CHUNK_S, Feed, bodies, handset_of, terminal_of
from simulators.fleet.receiver import Fixes
from simulators.fleet.unit import Unit
from simulators.scenario.plan import Plan
from simulators.terminal import Handset, Jt808Terminal

NOWHERE = ("", 0)


class _Drawer:
    """Stands for the broker: keeps what a handset publishes."""

    def __init__(self) -> None:
        self.published: list[tuple[str, bytes]] = []

    async def attach(self, handset: Handset) -> None:
        """Nothing comes back."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Keep it."""
        self.published.append((topic, payload))


class _Writer:
    """One unit's reports as lines, in the order in which they leave."""

    def __init__(self, plan: Plan, unit: Unit) -> None:
        self._unit = unit
        self._feed = Feed(unit, 0)
        self._drawer = _Drawer()
        line = plan.lines[unit.identity]
        self._terminal: Jt808Terminal | None = None
        if unit.protocol == "jt808":
            self._terminal = terminal_of(plan.fleet, unit, NOWHERE, line)
        else:
            self._handset = handset_of(plan.fleet, unit, self._drawer, line)

    def first(self) -> Iterator[bytes]:
        """What comes before any report."""
        if self._terminal is not None:
            yield self._line(0, hex=self._terminal.registration_frame().hex())

    def lines(self, to_s: int) -> Iterator[tuple[int, bytes]]:
        """(send second, line) of what leaves before `to_s`."""
        fixes = self._feed.take(to_s)
        for send_s in np.unique(fixes["send_s"]).tolist():
            for line in self._at(send_s, fixes[fixes["send_s"] == send_s]):
                yield send_s, line

    def _at(self, send_s: int, fixes: Fixes) -> Iterator[bytes]:
        if self._terminal is not None:
            for piece in self._terminal.compose(*bodies(self._unit, fixes)):
                yield self._line(send_s, hex=piece.hex())
            self._terminal.forget()
            return
        origin_s = self._unit.origin_us // 1_000_000
        self._handset.report(fixes, origin_s, poor_gnss=self._unit.habits.poor_gnss)
        self._handset.forget()
        for topic, payload in self._drawer.published:
            yield self._line(send_s, topic=topic, hex=payload.hex())
        self._drawer.published.clear()

    def _line(self, send_s: int, **values: str) -> bytes:
        at = datetime.fromtimestamp(self._unit.origin_us // 1_000_000 + send_s, UTC)
        head = {"at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "unit": self._unit.identity}
        return msgspec.json.encode({**head, **values}) + b"\n"


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
