"""What leaves a connection: replies of settled reports, those of one commit together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.desk import Desk
from gateway.reading import Reading
from protocols.contract import ProtocolError, Report, Session, Told, Upload

if TYPE_CHECKING:
    from gateway.tcp import TcpDoor

MAX_UNACKNOWLEDGED = 4_096  # reports of one connection in the pipeline; then it is paused


class Replying(Reading):
    """Base of a TCP connection, whose slots these are."""

    __slots__ = ()

    _desk: Desk
    _door: TcpDoor
    _ending: str | None
    _flush_planned: bool
    _out: list[bytes]
    _session: Session | None
    _unacknowledged: int
    close: Callable[[str], None]

    def _settled(self, report: Report | Upload, error: ProtocolError | None) -> None:
        session = self._session
        self._reply_late(b"" if session is None else session.acknowledge(report, error))

    def _noted(self, told: Told, error: ProtocolError | None) -> None:
        self._reply_late(told.reply(error))

    def _reply_late(self, data: bytes) -> None:
        self._unacknowledged -= 1  # type: ignore[misc]
        if self._session is None:
            self._desk.counters.add("acknowledgements_undeliverable")
            return
        self._out.append(data)
        if not self._flush_planned:
            self._flush_planned = True  # type: ignore[misc]
            self._door.flush_soon(self)

    def flush_settled(self) -> None:
        """Send the replies of what was settled."""
        self._flush_planned = False  # type: ignore[misc]
        self._flush()
        if self._unacknowledged < MAX_UNACKNOWLEDGED:
            self.resume("unacknowledged")
        if self._ending is not None and not self._unacknowledged:
            self.close(self._ending)

    def _flush(self) -> None:
        if not self._out or self._transport is None:
            return
        if self._transport.is_closing():
            self._desk.counters.add("acknowledgements_undeliverable", len(self._out))
        else:
            self._transport.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()
