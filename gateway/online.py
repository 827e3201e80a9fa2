"""Which terminals are connected, and over which link: one entry a terminal, the newest wins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any
from typing import Protocol as Interface

from protocols.contract import KnownDevice

Key = tuple[str, str]  # protocol, identity


class Link(Interface):
    """What carries a terminal: a TCP connection, the MQTT broker."""

    peer: str

    def send_command(self, identity: str, command_id: int, kind: str, body: dict[str, Any]) -> None:
        """Send a command now. Raises ProtocolError when it cannot be expressed."""

    def moved(self, key: Key) -> None:
        """The terminal has come in over another link."""


@dataclass(slots=True)
class Terminal:
    """A connected terminal; times in UTC microseconds."""

    protocol: str
    identity: str
    device: KnownDevice
    link: Link
    since_us: int
    last_us: int


class OnlineTable:
    """Bounded by the register: only known devices enter."""

    def __init__(self) -> None:
        self._terminals: dict[str, dict[str, Terminal]] = {}  # by protocol, identity
        self._by_device: dict[int, Terminal] = {}

    def __len__(self) -> int:
        return sum(map(len, self._terminals.values()))

    def __iter__(self) -> Iterator[Terminal]:
        return chain.from_iterable(named.values() for named in self._terminals.values())

    def enter(
        self, protocol: str, identity: str, device: KnownDevice, link: Link, now_us: int
    ) -> Terminal:
        """A terminal has logged in, or is heard of for the first time on this link."""
        named = self._terminals.setdefault(protocol, {})
        earlier = named.get(identity)
        terminal = Terminal(protocol, identity, device, link, now_us, now_us)
        named[identity] = terminal
        self._by_device[device.device_id] = terminal
        if earlier is not None and earlier.link is not link:
            earlier.link.moved((protocol, identity))
        return terminal

    def find(self, key: Key) -> Terminal | None:
        """A connected terminal."""
        return self._terminals.get(key[0], {}).get(key[1])

    def leave(self, key: Key, link: Link) -> None:
        """The terminal is gone from this link; nothing happens if it has moved to another."""
        terminal = self.find(key)
        if terminal is not None and terminal.link is link:
            del self._terminals[key[0]][key[1]]
            if self._by_device.get(terminal.device.device_id) is terminal:
                del self._by_device[terminal.device.device_id]

    def of_device(self, device_id: int) -> Terminal | None:
        """The connected terminal of a device."""
        return self._by_device.get(device_id)
