"""The terminals of one connection: nearly always one, so a table is made for the second only."""

from __future__ import annotations

from protocols.jt808.header import Header, phones_of
from protocols.jt808.terminal import Terminal

MAX_TERMINALS = 10_000  # phones on one connection; the one heard of first is forgotten


class Terminals:
    """Base of a session: a terminal that is alone costs nothing but its own record.

    Either `_alone` is the only one, or all are in `_by_phone`, where a phone may have two
    spellings: of the short header and of the long one.
    """

    __slots__ = ("_alone", "_by_phone")

    def __init__(self) -> None:
        self._alone: Terminal | None = None
        self._by_phone: dict[bytes, Terminal] | None = None

    def with_phone(self, phone_bcd: bytes) -> Terminal | None:
        """The terminal that spells its phone so."""
        if self._by_phone is not None:
            return self._by_phone.get(phone_bcd)
        alone = self._alone
        return alone if alone is not None and alone.phone_bcd == phone_bcd else None

    def with_identity(self, identity: str) -> Terminal | None:
        """The terminal of this identity. Raises ProtocolError("phone") for what is no phone."""
        if self._by_phone is None:
            alone = self._alone
            return alone if alone is not None and alone.identity == identity else None
        found = map(self._by_phone.get, phones_of(identity))
        return next((terminal for terminal in found if terminal is not None), None)

    def sender_of(self, header: Header) -> Terminal:
        """The terminal that sent this; one that is new here is remembered."""
        terminal = self.with_phone(header.phone_bcd)
        if terminal is None:
            terminal = self.with_identity(header.identity) or Terminal.of(header)
            self._remember(header.phone_bcd, terminal)
        if terminal.protocol_version != header.protocol_version:
            terminal.follow(header)
        return terminal

    def _remember(self, phone_bcd: bytes, terminal: Terminal) -> None:
        if self._by_phone is None:
            if self._alone is None or self._alone is terminal:
                self._alone = terminal
                return
            self._by_phone, self._alone = {self._alone.phone_bcd: self._alone}, None
        self._by_phone[phone_bcd] = terminal
        if len(self._by_phone) > MAX_TERMINALS:
            del self._by_phone[next(iter(self._by_phone))]
