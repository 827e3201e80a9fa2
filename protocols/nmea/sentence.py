"""One sentence: checksum, kind and time of day. The fields themselves are pynmea2's work."""

from __future__ import annotations

from datetime import time
from typing import Any, NamedTuple

import pynmea2
from pynmea2.nmea_utils import timestamp

from protocols.contract import ProtocolError

# Sentences that say where and how fast; the others are passed over (GSV: every satellite in view).
KINDS = ("RMC", "GGA", "GLL", "VTG", "GSA", "GNS", "GST", "ZDA")
_TIMED = {"RMC", "GGA", "GLL", "GNS", "GST", "ZDA"}


class Sentence(NamedTuple):
    """`fields`: pynmea2's sentence. `time_of_day`: UTC, of sentences that have one."""

    kind: str
    fields: Any
    time_of_day: time | None


def read(line: bytes) -> Sentence | None:
    """A sentence of KINDS; None for another one that is well formed.

    Raises ProtocolError: bad_checksum, no_checksum, malformed.
    """
    text = without_tag(line)
    if not text.isascii():
        raise ProtocolError("malformed", "bytes that are no ASCII")
    if text[-3:-2] != b"*":
        raise ProtocolError("no_checksum", "a sentence ends in * and two hexadecimal digits")
    try:
        fields = pynmea2.parse(text.decode("ascii"), check=True)
    except pynmea2.ChecksumError as error:
        raise ProtocolError("bad_checksum", str(error.args[0])) from error
    except pynmea2.SentenceTypeError:
        return None
    except (pynmea2.ParseError, ValueError) as error:
        raise ProtocolError("malformed", str(error.args[0])) from error
    kind = getattr(fields, "sentence_type", "")
    if kind not in KINDS:
        return None
    return Sentence(kind, fields, _time_of_day(fields) if kind in _TIMED else None)


def _time_of_day(fields: Any) -> time | None:
    """Read anew: pynmea2 gives the text itself where it cannot."""
    text = fields.data[fields.name_to_idx["timestamp"]]
    if not text:
        return None
    try:
        found: time = timestamp(text)
    except (ValueError, TypeError) as error:
        raise ProtocolError("malformed", f"time {text!r}") from error
    return found


def without_tag(line: bytes) -> bytes:
    r"""The sentence after its TAG block (NMEA 0183 4.0, section 7: `\c:1577836800*hh\`)."""
    return line[line.find(b"\\", 1) + 1 :] if line[:1] == b"\\" else line


def checksum(text: bytes) -> bytes:
    """Two hexadecimal digits: all bytes between `$` and `*`, exclusive or."""
    value = 0
    for byte in text:
        value ^= byte
    return b"%02X" % value
