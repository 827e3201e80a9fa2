"""Hypothesis strategies for location bodies: plausible ones, odd ones, and plain bytes."""

from __future__ import annotations

from hypothesis import strategies as st

from protocols.jt808.framing import checksum
from protocols.jt808.header import pack_header, pack_phone
from protocols.jt808.items import ITEMS

_LENGTHS = {0x01: 4, 0x02: 2, 0x03: 2, 0x25: 4, 0x2A: 2, 0x2B: 4, 0x30: 1, 0x31: 1, 0xE5: 4}


def _bcd(number: int) -> int:
    return number // 10 << 4 | number % 10


times = st.one_of(
    st.datetimes().map(
        lambda t: bytes(
            _bcd(part) for part in (t.year % 100, t.month, t.day, t.hour, t.minute, t.second)
        )
    ),
    st.binary(min_size=6, max_size=6),
)
words = st.one_of(st.integers(0, 0xFFFF), st.sampled_from([0, 359, 360, 361, 0x7FFF, 0x8000]))
dwords = st.one_of(
    st.integers(0, 180_000_000),
    st.integers(0, 0xFFFF_FFFF),
    st.sampled_from([0, 90_000_000, 90_000_001, 180_000_001, 0x7FFF_FFFF, 0x8000_0000]),
)
known_items = st.sampled_from(sorted(_LENGTHS)).flatmap(
    lambda item_id: st.binary(min_size=_LENGTHS[item_id], max_size=_LENGTHS[item_id]).map(
        lambda value: bytes((item_id, len(value))) + value
    )
)
any_items = st.builds(
    lambda item_id, value: bytes((item_id, len(value))) + value,
    st.one_of(st.sampled_from(sorted(ITEMS)), st.integers(0, 255)),
    st.binary(max_size=12),
)
tails = st.builds(
    lambda items, rest: b"".join(items) + rest,
    st.lists(st.one_of(known_items, any_items), max_size=8),
    st.one_of(st.just(b""), st.binary(max_size=3)),
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A body of at least the 28 basic bytes."""
    dword, word = draw(st.tuples(dwords, dwords, dwords, dwords)), draw(st.tuples(words, words))
    head = b"".join(value.to_bytes(4, "big") for value in dword)
    head += draw(words).to_bytes(2, "big") + b"".join(v.to_bytes(2, "big") for v in word)
    return head + draw(times) + draw(tails)


def frame_of(body: bytes, message_id: int = 0x0200, version: str = "2013") -> bytes:
    """An unescaped frame around a body."""
    phone = pack_phone("13800138000", version)
    head = pack_header(
        message_id, len(body), phone, 1, protocol_version=1 if version == "2019" else None
    )
    return head + body + bytes((checksum(head + body),))


def batch_of(bodies: list[bytes]) -> bytes:
    """A 0x0704 body."""
    items = b"".join(len(body).to_bytes(2, "big") + body for body in bodies)
    return len(bodies).to_bytes(2, "big") + b"\1" + items
