"""What a unit's terminal sends, without a socket: its messages, and where each would go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulators.fleet.fleet import Fleet
from simulators.fleet.receiver import Fixes
from simulators.fleet.unit import Unit
from simulators.outfit import Line, bodies, handset_of, terminal_of
from simulators.terminal import Handset
from simulators.terminal.carriers import TOPICS
from simulators.terminal.posting import PATHS
from simulators.terminal.teller import MESSAGES

NOWHERE = ("", 0)


@dataclass(frozen=True, slots=True)
class Sending:
    """Bytes on a socket; or published on `topic`, or posted to `path`."""

    payload: bytes
    topic: str | None = None
    path: str | None = None


class Outbox:
    """One unit's, report by report."""

    def __init__(self, fleet: Fleet, unit: Unit, line: Line) -> None:
        self._unit, self._line = unit, line
        self._published: list[bytes] = []
        self._terminal = self._handset = None
        if unit.protocol == "jt808":
            self._terminal = terminal_of(fleet, unit, NOWHERE, line)
        elif unit.protocol == "handset":
            self._handset = handset_of(fleet, unit, self, line)

    async def attach(self, handset: Handset) -> None:
        """Stands for the broker: nothing comes back."""

    def publish(self, _topic: str, payload: bytes) -> None:
        """Stands for the broker: keep it."""
        self._published.append(payload)

    def registration(self) -> bytes:
        """What a terminal sends before all else; b"" of most protocols."""
        return b"" if self._terminal is None else self._terminal.registration_frame()

    def take(self, fixes: Fixes) -> list[Sending]:
        """What becomes of fixes."""
        return [self._addressed(payload) for payload in self._payloads(fixes)]

    def _payloads(self, fixes: Fixes) -> Sequence[bytes]:
        unit, origin_s = self._unit, self._unit.origin_us // 1_000_000
        if self._terminal is not None:
            pieces = self._terminal.compose(*bodies(unit, fixes))
            self._terminal.forget()
            return pieces
        if self._handset is not None:
            self._handset.report(fixes, origin_s, poor_gnss=unit.habits.poor_gnss)
            self._handset.forget()
            published, self._published = self._published, []
            return published
        messages = MESSAGES[unit.protocol](unit.identity, fixes, origin_s)
        return [copy for message in messages for copy in self._line.copies(message)]

    def _addressed(self, payload: bytes) -> Sending:
        protocol, identity = self._unit.protocol, self._unit.identity
        if self._unit.transport == "mqtt":
            return Sending(payload, topic=TOPICS[protocol].format(identity))
        if self._unit.transport == "http":
            return Sending(payload, path=PATHS[protocol].format(identity))
        return Sending(payload)
