"""Escape, checksum and the framer's caps."""

from __future__ import annotations

from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.contract import ProtocolError
from protocols.jt808.framing import (
    MAX_ESCAPED_BYTES,
    Framer,
    checksum,
    escape,
    unescape,
    unwrap,
    wrap,
)


@given(st.binary(max_size=3_000))
def test_checksum_is_the_xor_of_all_bytes(data: bytes) -> None:
    assert checksum(data) == reduce(xor, data, 0)


@given(st.lists(st.sampled_from([0x7D, 0x7E, 1, 2, 0]), max_size=60).map(bytes))
def test_escape_round_trip(data: bytes) -> None:
    assert b"\x7e" not in escape(data)
    assert unescape(escape(data)) == data


def test_lone_escape_byte_is_kept() -> None:
    assert unescape(b"\x7d\x03\x7d") == b"\x7d\x03\x7d"


@given(st.binary(min_size=12, max_size=200))
def test_wrap_round_trip(frame: bytes) -> None:
    assert unwrap(wrap(frame)[1:-1]) == frame + bytes([reduce(xor, frame)])


@given(st.binary(min_size=12, max_size=80), st.integers(0, 79), st.integers(1, 255))
def test_a_flipped_byte_is_noticed(frame: bytes, place: int, flip: int) -> None:
    damaged = bytearray(frame + bytes([checksum(frame)]))
    damaged[place % len(damaged)] ^= flip
    with pytest.raises(ProtocolError, match="checksum"):
        unwrap(escape(bytes(damaged)))


def test_a_short_piece_is_refused() -> None:
    with pytest.raises(ProtocolError, match="short"):
        unwrap(bytes(12))


@pytest.mark.parametrize("size", [1, 100, 1_000_000])
def test_an_endless_frame_is_cut_off_once_and_the_next_one_read(size: int) -> None:
    good = wrap(bytes(range(1, 20)))
    data = b"\x7e" + b"\x55" * 50_000 + good
    framer = Framer()
    pieces = []
    for at in range(0, len(data), size):
        pieces += framer.feed(data[at : at + size])
        assert len(framer._tail) <= MAX_ESCAPED_BYTES
    (endless, refused), (last, _) = pieces
    assert refused is None
    with pytest.raises(ProtocolError, match="too_long"):
        unwrap(endless)
    assert last == good[1:-1]


def test_bytes_before_the_first_delimiter_are_garbage() -> None:
    assert Framer().feed(b"hello\x7e") == [(b"hello", "garbage")]


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_cuts_do_not_matter(cuts: list[bytes]) -> None:
    framer = Framer()
    one_by_one = [piece for cut in cuts for piece in framer.feed(cut)]
    assert one_by_one == Framer().feed(b"".join(cuts))
