"""The terminals that one link carries: mostly one, so a table is made for the second only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.desk import Desk
from gateway.online import Key, Terminal
from protocols.contract import KnownDevice


class Carrying:
    """Base of a link, kept in step with the online table.

    Either `_alone` is the only terminal, or all are in `_by_identity`.
    """

    __slots__ = ("_alone", "_by_identity")

    _desk: Desk
    _name: str  # of the protocol
    peer: str
    send_command: Callable[[str, int, str, dict[str, Any]], None]

    def __init__(self) -> None:
        self._alone: Terminal | None = None
        self._by_identity: dict[str, Terminal] | None = None

    @property
    def carries_none(self) -> bool:
        """Whether no terminal speaks from here."""
        return self._alone is None and not self._by_identity

    def enter(self, identity: str, device: KnownDevice, now_us: int) -> None:
        """A terminal has logged in on this link."""
        terminal = self._desk.online.enter(self._name, identity, device, self, now_us)
        alone = self._alone
        if self._by_identity is None:
            if alone is None or alone.identity == identity:
                self._alone = terminal
                return
            self._by_identity, self._alone = {alone.identity: alone}, None
        self._by_identity[identity] = terminal

    def heard(self, identity: str, device: KnownDevice, now_us: int) -> None:
        """Something came from a terminal; it enters if it is new here."""
        terminal = self._alone
        if terminal is None or terminal.identity != identity:
            terminal = self._by_identity.get(identity) if self._by_identity else None
        if terminal is None:
            self.enter(identity, device, now_us)
        else:
            terminal.last_us = now_us

    def leave(self, identity: str) -> None:
        """A terminal said good-bye."""
        terminal = self._let_go(identity)
        if terminal is not None:
            self._desk.online.leave((terminal.protocol, identity), self)

    def leave_all(self) -> None:
        """The link is gone."""
        several = tuple(self._by_identity or ())
        for identity in several if self._alone is None else (self._alone.identity,):
            self.leave(identity)

    def moved(self, key: Key) -> None:
        """Another link carries the terminal now."""
        self._let_go(key[1])

    def _let_go(self, identity: str) -> Terminal | None:
        alone = self._alone
        if alone is not None and alone.identity == identity:
            self._alone = None
            return alone
        return self._by_identity.pop(identity, None) if self._by_identity else None
