"""Which terminals are connected, and over which link: one entry a terminal, the newest wins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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
        self._terminals: dict[Key, Terminal] = {}
        self._by_device: dict[int, Terminal] = {}

    def __len__(self) -> int:
        return len(self._terminals)

    def __iter__(self) -> Iterator[Terminal]:
        return iter(self._terminals.values())

    def enter(
        self, protocol: str, identity: str, device: KnownDevice, link: Link, now_us: int
    ) -> Terminal:
        """A terminal has logged in, or is heard of for the first time on this link."""
        key = (protocol, identity)
        earlier = self._terminals.get(key)
        terminal = Terminal(protocol, identity, device, link, now_us, now_us)
        self._terminals[key] = terminal
        self._by_device[device.device_id] = terminal
        if earlier is not None and earlier.link is not link:
            earlier.link.moved(key)
        return terminal

    def find(self, key: Key) -> Terminal | None:
        """A connected terminal."""
        return self._terminals.get(key)

    def leave(self, key: Key, link: Link) -> None:
        """The terminal is gone from this link; nothing happens if it has moved to another."""
        terminal = self._terminals.get(key)
        if terminal is not None and terminal.link is link:
            del self._terminals[key]
            if self._by_device.get(terminal.device.device_id) is terminal:
                del self._by_device[terminal.device.device_id]

    def of_device(self, device_id: int) -> Terminal | None:
        """The connected terminal of a device."""
        return self._by_device.get(device_id)


class Carried:
    """The terminals that one link carries, kept in step with the online table."""

    __slots__ = ("_link", "_online", "_terminals")

    def __init__(self, online: OnlineTable, link: Link) -> None:
        self._online = online
        self._link = link
        self._terminals: dict[str, Terminal] = {}

    def __len__(self) -> int:
        return len(self._terminals)

    def enter(self, protocol: str, identity: str, device: KnownDevice, now_us: int) -> None:
        """A terminal has logged in on this link."""
        self._terminals[identity] = self._online.enter(
            protocol, identity, device, self._link, now_us
        )

    def heard(self, protocol: str, identity: str, device: KnownDevice, now_us: int) -> None:
        """Something came from a terminal; it enters if it is new here."""
        terminal = self._terminals.get(identity)
        if terminal is None:
            self.enter(protocol, identity, device, now_us)
        else:
            terminal.last_us = now_us

    def leave(self, identity: str) -> None:
        """A terminal said good-bye."""
        terminal = self._terminals.pop(identity, None)
        if terminal is not None:
            self._online.leave((terminal.protocol, identity), self._link)

    def leave_all(self) -> None:
        """The link is gone."""
        for identity in tuple(self._terminals):
            self.leave(identity)

    def hand_over(self, identity: str) -> None:
        """Another link carries the terminal now."""
        self._terminals.pop(identity, None)
