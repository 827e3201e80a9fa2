"""JT/T 808-2011, -2013 and -2019: framing, messages both ways, sessions, columnar locations."""

from protocols.jt808.bits import alarm_names
from protocols.jt808.fix import Fix, encode_fix
from protocols.jt808.framing import Framer, checksum, escape, unescape, unwrap, wrap
from protocols.jt808.header import Header, pack_frames, pack_header, pack_phone, parse_header
from protocols.jt808.messages import MESSAGES, decode_body, encode_body
from protocols.jt808.protocol import JT808, Jt808, encode_frames
from protocols.jt808.session import Jt808Session

__all__ = [
    "JT808",
    "MESSAGES",
    "Fix",
    "Framer",
    "Header",
    "Jt808",
    "Jt808Session",
    "alarm_names",
    "checksum",
    "decode_body",
    "encode_body",
    "encode_fix",
    "encode_frames",
    "escape",
    "pack_frames",
    "pack_header",
    "pack_phone",
    "parse_header",
    "unescape",
    "unwrap",
    "wrap",
]
