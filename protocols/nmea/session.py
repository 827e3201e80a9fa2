"""One stream of sentences. Who it is says its first line; NMEA 0183 itself has no names."""

from __future__ import annotations

import re
from typing import Any

from protocols.contract import (
    Bad,
    Close,
    Directory,
    Event,
    KnownDevice,
    Online,
    ProtocolError,
    Report,
    Unregistered,
    Upload,
)
from protocols.nmea.epoch import Epochs
from protocols.nmea.lines import MAX_LINE_BYTES, Lines
from protocols.nmea.sentence import read

# `id:TRUCK-7` or `imei:860000000000001`, as the usual boxes can be told to send at the start.
# A terminal that was issued a token shows it after a comma: `id:TRUCK-7,abcde-fghjk-mnpqr-stuvw`.
LOGIN = re.compile(
    rb"(?:id|imei):([A-Za-z0-9_.-]{1,64})(?:[,;]([A-Za-z0-9-]{1,128}))?[,;]?", re.IGNORECASE
)


class NmeaSession:
    """Sentences in; a report for each moment out. There is nothing to answer."""

    def __init__(self, directory: Directory, identity: str | None = None) -> None:
        """`identity`: who it is where the transport says so, such as an MQTT topic."""
        self._directory = directory
        self._identity = identity
        self._device = directory.find(identity) if identity is not None else None
        self._lines = Lines()
        self._epochs = Epochs()

    def receive_data(self, data: bytes, now_us: int) -> list[Event]:
        """Bytes in any cut."""
        lines, too_long = self._lines.feed(data)
        events: list[Event] = [self._bad(line, _TOO_LONG) for line in too_long]
        for line in lines:
            events += self._line(line, now_us)
            if events and isinstance(events[-1], Close):
                break
        return events

    def finish(self, now_us: int) -> list[Event]:
        """What is still under way, when the peer will send no more."""
        frame = self._epochs.finish(now_us)
        return [] if frame is None else self._report(frame)

    def acknowledge(self, report: Report | Upload, error: ProtocolError | None) -> bytes:  # noqa: ARG002
        """Nothing: NMEA 0183 listens to no replies."""
        return b""

    def command(self, identity: str, command_id: int, kind: str, body: dict[str, Any]) -> bytes:  # noqa: ARG002
        """Raises ProtocolError("unsupported_command")."""
        raise ProtocolError("unsupported_command", f"{identity} only talks (NMEA 0183)")

    def _line(self, line: bytes, now_us: int) -> list[Event]:
        named = LOGIN.fullmatch(line)
        if named is not None:
            token = None if named[2] is None else named[2].decode("ascii")
            return self._log_in(named[1].decode("ascii"), token)
        if self._device is None:
            return [self._bad(line, _NO_IDENTITY), Close("no_identity")]
        try:
            sentence = read(line)
        except ProtocolError as error:
            return [self._bad(line, error)]
        frame = None if sentence is None else self._epochs.add(line, sentence, now_us)
        return [] if frame is None else self._report(frame)

    def _log_in(self, identity: str, token: str | None) -> list[Event]:
        device = self._directory.find(identity)
        if device is None:
            return [Unregistered(identity), Close("unregistered")]
        if not self._directory.check_token(identity, token):
            bad = Bad(b"id:%s" % identity.encode("ascii"), "wrong_token", _WANTS, identity)
            return [bad, Close("wrong_token")]
        if identity != self._identity:
            self._epochs = Epochs()
        self._identity, self._device = identity, device
        return [Online(device, identity)]

    def _report(self, frame: bytes) -> list[Event]:
        device: KnownDevice | None = self._device
        assert device is not None
        assert self._identity is not None
        return [Report(device, self._identity, frame, None)]

    def _bad(self, line: bytes, error: ProtocolError) -> Bad:
        return Bad(line, error.reason, error.detail, self._identity)


_WANTS = "the log-in line must be id:IDENTITY,TOKEN with the token that was issued"
_TOO_LONG = ProtocolError("too_long", f"a line of more than {MAX_LINE_BYTES} bytes")
_NO_IDENTITY = ProtocolError("no_identity", "the first line must be id:IDENTITY or imei:NUMBER")
