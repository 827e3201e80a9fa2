"""What a 0x0901 carries: a message compressed with GZIP. JT/T 808-2013 8.63."""

from __future__ import annotations

import zlib

from protocols.contract import ProtocolError
from protocols.jt808.fields import Values
from protocols.jt808.framing import DELIMITER, MIN_FRAME_BYTES, checksum, unwrap

COMPRESSED = 0x0901
MAX_UNPACKED_BYTES = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS


def unpacked(values: Values) -> bytes:
    """The bytes before they were compressed. Raises ProtocolError("compressed")."""
    stream = zlib.decompressobj(_GZIP)
    try:
        data = stream.decompress(bytes.fromhex(values["data"]), MAX_UNPACKED_BYTES)
    except zlib.error as error:
        raise ProtocolError("compressed", str(error)) from error
    if not stream.eof:
        problem = "is cut off" if len(data) < MAX_UNPACKED_BYTES else "is too long"
        raise ProtocolError("compressed", f"what is compressed {problem}")
    return data


def frame_within(data: bytes) -> bytes | None:
    """The frame that the bytes are, with or without its 7E and escapes; None: something else."""
    if data[:1] == DELIMITER:
        try:
            return unwrap(data.strip(DELIMITER))
        except ProtocolError:
            return None
    return data if len(data) >= MIN_FRAME_BYTES and checksum(data) == 0 else None
