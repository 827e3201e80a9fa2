"""The message header of JT/T 808. Standard 4.4.3, table 2 (2013) and table 2 (2019).

    offset  2011/2013            2019
    0       message id WORD      message id WORD
    2       properties WORD      properties WORD: bits 0-9 body length, 10-12 encryption,
                                 13 sub-package, 14 version flag (1 = 2019)
    4       phone BCD[6]         protocol version BYTE
    5                            phone BCD[10]
    10/15   serial WORD          serial WORD
    12/17   total WORD, index WORD: only with bit 13

Some terminals set bit 14 before a short header, others forget it before a long one. So the flag
proposes and arithmetic decides: the layout whose length closes wins, the flagged one if neither.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from protocols.contract import ProtocolError
from protocols.jt808.framing import MAX_BODY_BYTES, wrap

LENGTH_MASK = 0x03FF
SUB_PACKAGE = 0x2000
VERSION_FLAG = 0x4000
MIN_HEADER_BYTES = 12
PHONE_BYTES = {"2011": 6, "2013": 6, "2019": 10}
_PROPERTIES = struct.Struct(">HH")
_WORD_PAIR = struct.Struct(">HH")


@dataclass(slots=True)
class Header:
    """A parsed header. `version`: "2013" or "2019"; 2011 shows in some bodies only."""

    message_id: int
    version: str
    phone_bcd: bytes
    serial: int
    body_length: int
    encryption: int = 0
    protocol_version: int | None = None
    package_total: int = 0
    package_index: int = 0
    body_at: int = 0
    length_holds: bool = True

    @property
    def identity(self) -> str:
        """The phone without leading zeros: the same for a short and a long header."""
        return self.phone_bcd.hex().lstrip("0")

    def fields(self) -> dict[str, Any]:
        """As `xunji decode` shows it."""
        shown: dict[str, Any] = {
            "msg_id": f"0x{self.message_id:04X}",
            "version": self.version,
            "phone_bcd": self.phone_bcd.hex(),
            "phone": self.identity,
            "serial": self.serial,
            "body_length": self.body_length,
            "encryption": self.encryption,
        }
        if self.protocol_version is not None:
            shown["protocol_version"] = self.protocol_version
        if self.package_total:
            shown["package_total"] = self.package_total
            shown["package_index"] = self.package_index
        return shown


def header_bytes(properties: int, frame_bytes: int) -> tuple[int, bool, bool]:
    """(header size, whether it is the 2019 layout, whether the declared length holds)."""
    item = 4 if properties & SUB_PACKAGE else 0
    flagged = bool(properties & VERSION_FLAG)
    room = frame_bytes - 1 - (properties & LENGTH_MASK) - item
    if room == (17 if flagged else 12):
        return room + item, flagged, True
    if room == (12 if flagged else 17):
        return room + item, not flagged, True
    return (17 if flagged else 12) + item, flagged, False


def phone_of(frame: bytes) -> bytes:
    """The phone's BCD of an unescaped frame, as its version flag says."""
    long = len(frame) > MIN_HEADER_BYTES and frame[2] & VERSION_FLAG >> 8
    return frame[5:15] if long else frame[4:10]


def with_other_flag(frame: bytes) -> bytes:
    """The frame as it would be if its sender had set the version flag the other way."""
    flag = VERSION_FLAG >> 8
    return frame[:2] + bytes((frame[2] ^ flag,)) + frame[3:-1] + bytes((frame[-1] ^ flag,))


def parse_header(frame: bytes) -> Header:
    """The header of an unescaped frame (checksum included). Raises ProtocolError("short")."""
    message_id, properties = _PROPERTIES.unpack_from(frame)
    size, long, holds = header_bytes(properties, len(frame))
    if len(frame) < size + 1:
        raise ProtocolError("short", f"{len(frame)} bytes, its header alone has {size}")
    phone_at = 5 if long else 4
    serial_at = 15 if long else 10
    header = Header(
        message_id=message_id,
        version="2019" if long else "2013",
        phone_bcd=frame[phone_at:serial_at],
        serial=int.from_bytes(frame[serial_at : serial_at + 2], "big"),
        body_length=properties & LENGTH_MASK,
        encryption=properties >> 10 & 7,
        protocol_version=frame[4] if long else None,
        body_at=size,
        length_holds=holds,
    )
    if properties & SUB_PACKAGE:
        header.package_total, header.package_index = _WORD_PAIR.unpack_from(frame, size - 4)
    return header


def pack_phone(phone: str, version: str) -> bytes:
    """A phone as BCD, padded with zeros to the version's size."""
    size = PHONE_BYTES[version]
    try:
        return bytes.fromhex(phone.zfill(2 * size))[-size:]
    except ValueError as error:
        raise ProtocolError("phone", f"{phone!r} is not digits") from error


def phones_of(identity: str) -> list[bytes]:
    """How headers may spell a phone: short, long. Raises ProtocolError("phone")."""
    return [
        pack_phone(identity, version)
        for version in ("2013", "2019")
        if len(identity) <= 2 * PHONE_BYTES[version]
    ]


def pack_header(
    message_id: int,
    body_length: int,
    phone_bcd: bytes,
    serial: int,
    *,
    protocol_version: int | None = None,
    package: tuple[int, int] | None = None,
) -> bytes:
    """A header; the 2019 layout when `protocol_version` is given. `package`: (total, index)."""
    properties = body_length | (SUB_PACKAGE if package else 0)
    if protocol_version is None:
        head = _PROPERTIES.pack(message_id, properties)
    else:
        head = _PROPERTIES.pack(message_id, properties | VERSION_FLAG) + bytes((protocol_version,))
    item = _WORD_PAIR.pack(*package) if package else b""
    return head + phone_bcd + (serial & 0xFFFF).to_bytes(2, "big") + item


def pack_frames(
    message_id: int,
    body: bytes,
    phone_bcd: bytes,
    serial: int,
    *,
    protocol_version: int | None = None,
    package_bytes: int = MAX_BODY_BYTES,
) -> list[bytes]:
    """Frames for the wire; a body that is too long for one goes in sub-packages.

    Packages take consecutive serials from `serial` on.
    """
    cuts = [body[at : at + package_bytes] for at in range(0, len(body), package_bytes)] or [b""]
    frames = []
    for index, cut in enumerate(cuts):
        header = pack_header(
            message_id,
            len(cut),
            phone_bcd,
            serial + index,
            protocol_version=protocol_version,
            package=(len(cuts), index + 1) if len(cuts) > 1 else None,
        )
        frames.append(wrap(header + cut))
    return frames
