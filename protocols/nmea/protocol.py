"""NMEA 0183, registered."""

from __future__ import annotations

from collections.abc import Sequence

from protocols.contract import Decoded, Description, Directory, ProtocolError
from protocols.describing import described_positions
from protocols.nmea import rows
from protocols.nmea.sentence import without_tag
from protocols.nmea.session import NmeaSession
from protocols.registry import register

_PREFIX = "xunji/nmea/"
_STARTS = (b"id:", b"imei:")


class Nmea:
    """Sentences with a log-in line before them."""

    name = "nmea"
    default_port: int | None = 6809
    topics = (f"{_PREFIX}+/up",)
    datagram_end = b"\r\n"  # a datagram may leave out what ends its last line

    def recognises(self, head: bytes) -> bool | None:
        """A log-in line. Sentences without one are ours, too, and are told what is missing."""
        head = head.lstrip(b"\r\n").lower()
        if not head:
            return None
        if head[:1] in (b"$", b"\\") or head.startswith(_STARTS):
            return True
        return None if any(start.startswith(head) for start in _STARTS) else False

    def session(self, directory: Directory) -> NmeaSession:
        return NmeaSession(directory)

    def session_for(self, directory: Directory, identity: str) -> NmeaSession:
        """The session of a device that the transport names."""
        return NmeaSession(directory, identity)

    def identity_of(self, topic: str) -> str:
        """Of `xunji/nmea/{identity}/up`."""
        return topic.removeprefix(_PREFIX).removesuffix("/up")

    def reply_topic(self, identity: str, leaf: str) -> str | None:  # noqa: ARG002
        """NMEA 0183 listens to no replies."""
        return None

    def decode_reports(self, frames: Sequence[bytes]) -> Decoded:
        return rows.decode_reports(frames)

    def describe(self, text: str) -> Description:
        """Sentences of one moment as text, or their hex."""
        shown = Description(self.name, "unknown", {}, [], [], [])
        frame = _frame(text)
        try:
            found = rows.sentences_of(frame)
            if not found:
                raise ProtocolError("malformed", "no sentence that says where or how fast")
        except ProtocolError as error:
            shown.error = error
            return shown
        shown.message = "+".join(found)
        for kind, sentence in found.items():
            names = sentence.fields.name_to_idx
            values = sentence.fields.data
            shown.fields[kind] = {n: values[i] for n, i in names.items() if i < len(values)}
        shown.pieces = _pieces(frame)
        decoded = rows.decode_reports([frame])
        shown.error = decoded.bad.get(0)
        shown.positions = described_positions(decoded)
        return shown


def _frame(text: str) -> bytes:
    text = text.strip()
    try:
        given = text.encode() if text[:1] in ("$", "\\") else bytes.fromhex(text)
    except ValueError:
        given = text.encode()
    return b"\r\n".join(given.split())


def _pieces(frame: bytes) -> list[tuple[int, int, str, str]]:
    pieces, at = [], 0
    for line in frame.split(b"\r\n"):
        sentence = without_tag(line)
        start = at + len(line) - len(sentence)
        pieces.append((start, len(sentence), sentence[1:6].decode(), sentence.decode()))
        at += len(line) + 2
    return pieces


NMEA = Nmea()
register(NMEA)
