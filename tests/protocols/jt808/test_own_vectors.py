"""Our own vectors, laid out by hand from the standards' tables (tests/vectors/jt808*.json)."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any

import pytest

from protocols.contract import Bad, Event, ProtocolError, Told
from protocols.jt808 import JT808, MESSAGES, Framer, Jt808Session, decode_body, encode_body, unwrap
from tests.protocols.directory import Register
from tests.protocols.jt808.test_shared_vectors import differences

FOLDER = Path(__file__).parents[2] / "vectors"
VECTORS: list[dict[str, Any]] = [
    vector
    for name in ("jt808.json", "jt808_messages.json")
    for vector in json.loads((FOLDER / name).read_text(encoding="utf-8"))
]
FRAMES = [bytes.fromhex(vector["frame"]) for vector in VECTORS]
each = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])


def frames_of(data: bytes, size: int) -> list[bytes]:
    """What a framer finds in a stream that comes in cuts of this size."""
    framer = Framer()
    found = []
    for at in range(0, len(data), size):
        found += [
            unwrap(piece) for piece, refused in framer.feed(data[at : at + size]) if not refused
        ]
    return found


def test_every_message_has_a_vector() -> None:
    assert {int(vector["parts"][0][0], 16) for vector in VECTORS} == set(MESSAGES)


@each
def test_parts_are_the_frame(vector: dict[str, Any]) -> None:
    """The vector itself: parts, XOR and escaping, each byte for itself."""
    raw = bytes.fromhex("".join(part for part, _meaning in vector["parts"]))
    escaped = {0x7E: "7d02", 0x7D: "7d01"}
    inner = "".join(escaped.get(b, f"{b:02x}") for b in [*raw, reduce(xor, raw)])
    assert vector["frame"] == f"7e{inner}7e"


@each
def test_decodes_as_the_tables_say(vector: dict[str, Any]) -> None:
    shown = JT808.describe(vector["frame"])
    expect = dict(vector["expect"])
    positions = expect.pop("positions", [])
    assert shown.error is None
    assert not differences(expect, shown.fields)
    assert not positions or not differences(positions, shown.positions)


@each
def test_every_byte_is_annotated_once(vector: dict[str, Any]) -> None:
    shown = JT808.describe(vector["frame"])
    raw = unwrap(bytes.fromhex(vector["frame"])[1:-1])
    ends = [0, *(at + size for at, size, _name, _value in shown.pieces)]
    starts = [*(at for at, _size, _name, _value in shown.pieces), len(raw)]
    assert starts == ends


@each
def test_body_is_encoded_as_it_was(vector: dict[str, Any]) -> None:
    header = JT808.describe(vector["frame"]).fields["header"]
    frame = unwrap(bytes.fromhex(vector["frame"])[1:-1])
    body = frame[len(frame) - 1 - header["body_length"] : -1]
    message_id = int(header["msg_id"], 16)
    values = decode_body(message_id, body, header["version"])
    assert encode_body(message_id, values, header["version"]) == body


@pytest.mark.parametrize("size", [1, 2, 7, 64, 100_000])
@pytest.mark.parametrize("between", [b"", b"\x7e", b"\x7e\x7e"], ids=["none", "one", "two"])
def test_stream_in_any_cut(size: int, between: bytes) -> None:
    expected = [unwrap(frame[1:-1]) for frame in FRAMES]
    assert frames_of(between.join(FRAMES), size) == expected


@pytest.mark.parametrize("size", [1, 13, 100_000])
def test_one_delimiter_may_be_shared(size: int) -> None:
    joined = b"\x7e" + b"\x7e".join(frame[1:-1] for frame in FRAMES) + b"\x7e"
    assert frames_of(joined, size) == [unwrap(frame[1:-1]) for frame in FRAMES]


@pytest.mark.parametrize("size", [1, 13, 100_000])
def test_garbage_between_frames_costs_no_good_frame(size: int) -> None:
    garbage = bytes(range(0x20, 0x60))
    data = garbage + garbage.join(FRAMES)
    clean = outcome(b"".join(FRAMES), 100_000)
    dirty = outcome(data, size)
    kept = [event for event in dirty if not (isinstance(event, Bad) and event.frame == garbage)]
    assert kept == clean
    assert len(dirty) == len(clean) + len(FRAMES)


def outcome(data: bytes, size: int) -> list[Event]:
    session = Jt808Session(Register(open=True))
    events: list[Event] = []
    for at in range(0, len(data), size):
        events += session.receive_data(data[at : at + size], 0)
    # A report's token and a reply to come are things of their session.
    return [
        replace(event, reply=_no_reply) if isinstance(event, Told) else event
        for event in events
        if not hasattr(event, "token")
    ]


def _no_reply(_error: ProtocolError | None) -> bytes:
    return b""
