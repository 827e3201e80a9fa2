"""Files of active-safety alarms: asked for, sent in blocks of any order, stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.contract import Bad, Event, ProtocolError, Report, Send, Told, Unregistered, Upload
from protocols.jt808 import JT808, Fix, Jt808Session, encode_fix, encode_frames
from protocols.jt808.alarm_ident import IDENTS
from protocols.jt808.fields import write_fields
from protocols.jt808.file_parts import MAX_FILE_BYTES, MAX_MISSING, FileParts
from protocols.jt808.files import FilesSession
from protocols.jt808.files_framing import BLOCK_HEAD, Block, FilesFramer, Junk, Piece
from protocols.jt808.safety import alarm_number
from simulators.terminal.attachments import block
from tests.protocols.directory import Register
from tests.protocols.jt808.test_session import log_in, shown
from tests.protocols.jt808.test_shared_vectors import load

PHONE = "13800138000"
TIME_US = 1_700_000_000_000_000
SERVER = ("192.0.2.7", 6824)
IDENT = {"terminal_id": "0000007", "time": "2026-11-22 08:15:30", "seq": 2, "attachment_count": 1}
NAME = "00_65_6501_0_x.jpg"
DATA = bytes(range(256)) * 5


def ident_of(size: int) -> bytes:
    return write_fields(IDENTS[size], {"reserved": "", **IDENT}, "2013")


def item_of(item_id: int, ident: bytes) -> tuple[int, bytes]:
    """An alarm item whose fields but the identification are zeros."""
    head = {0x64: 31, 0x65: 31, 0x66: 24, 0x67: 25, 0x70: 31}[item_id]
    return item_id, bytes(head) + ident + (b"\0" if item_id == 0x66 else b"")


def report(item_id: int, ident: bytes, serial: int = 6) -> bytes:
    fix = Fix(TIME_US, 121_000_000, 31_000_000, items=[(0x31, b"\7"), item_of(item_id, ident)])
    return encode_frames(0x0200, encode_fix(fix), PHONE, serial)


def session_of(server: tuple[str, int] | None = SERVER) -> Jt808Session:
    register = Register(PHONE)
    register.files_server = server
    session = Jt808Session(register)
    log_in(session)
    return session


@pytest.mark.parametrize("size", sorted(IDENTS))
@pytest.mark.parametrize("item_id", [0x64, 0x65, 0x66, 0x67, 0x70])
def test_files_of_an_alarm_are_asked_for_byte_for_byte(item_id: int, size: int) -> None:
    session, ident = session_of(), ident_of(size)
    location, told, wanted = session.receive_data(report(item_id, ident), 0)
    assert isinstance(location, Report)
    assert isinstance(told, Told)
    assert isinstance(wanted, Send)
    fields = shown(wanted.data)
    assert (fields["msg_id"], fields["server_ip"], fields["tcp_port"]) == ("0x9208", *SERVER)
    assert ident in wanted.data.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    assert fields["alarm_ident"]["seq"] == 2
    assert told.name == "safety_alarm"
    assert told.values["alarm_number"] == fields["alarm_number"]
    assert told.values["media_number"] == int(fields["alarm_number"], 16) < 2**53
    assert told.reply(None) == b""
    assert len(session.receive_data(report(item_id, ident, 7), 0)) == 1, "asked once"


def test_no_files_are_asked_for_without_an_address_or_attachments() -> None:
    _location, told = session_of(None).receive_data(report(0x65, ident_of(16)), 0)
    assert isinstance(told, Told)
    none = ident_of(16)[:-2] + b"\0\0"
    assert len(session_of().receive_data(report(0x65, none), 0)) == 2


def test_an_odd_item_is_no_alarm() -> None:
    fix = Fix(TIME_US, 121_000_000, 31_000_000, items=[(0x64, bytes(4)), (0x65, bytes(60))])
    events = session_of().receive_data(encode_frames(0x0200, encode_fix(fix), PHONE, 6), 0)
    assert [type(event) for event in events] == [Report]


# The stream


frame_bytes = encode_frames(0x1211, {"file_name": "a", "file_type": 0, "file_size": 9}, PHONE, 1)
pieces = st.lists(
    st.one_of(
        st.just(frame_bytes),
        st.builds(block, st.just("x.jpg"), st.integers(0, 9), st.binary(max_size=80)),
    ),
    max_size=6,
)


@given(pieces, st.integers(1, 70))
def test_frames_and_blocks_in_any_cut(sent: list[bytes], size: int) -> None:
    data = b"".join(sent)
    framer = FilesFramer()
    found: list[Piece] = []
    for at in range(0, len(data), size):
        found += framer.feed(data[at : at + size])
    assert len(found) == len(sent)
    for piece, raw in zip(found, sent, strict=True):
        if raw.startswith(BLOCK_HEAD):
            assert isinstance(piece, Block)
            assert block(piece.name, piece.offset, piece.data) == raw
        else:
            assert piece == raw[1:-1]


@given(st.binary(max_size=200), st.integers(1, 50))
def test_junk_never_stops_the_stream(junk: bytes, size: int) -> None:
    data = junk + bytes(70) + b"\x7e\x7e" + frame_bytes
    framer, found = FilesFramer(), list[Piece]()
    for at in range(0, len(data), size):
        found += framer.feed(data[at : at + size])
    held = BLOCK_HEAD in junk  # a block's head may promise more than we sent
    assert held or found[-1] == frame_bytes[1:-1]


def test_a_block_that_is_too_long_is_junk() -> None:
    framer = FilesFramer()
    huge = BLOCK_HEAD + b"x".ljust(50, b"\0") + bytes(4) + b"\x7f\xff\xff\xff"
    junk, frame = framer.feed(huge + frame_bytes)
    assert isinstance(junk, Junk)
    assert (junk.reason, frame) == ("too_long", frame_bytes[1:-1])


@given(st.permutations(range(8)), st.integers(1, 31))
def test_a_file_comes_together_in_any_order(order: list[int], size: int) -> None:
    data = bytes(range(250))[: 8 * size]
    file = FileParts(len(data))
    for part in order:
        assert file.add(part * size, data[part * size : (part + 1) * size])
    assert file.missing() == []
    assert file.data == data


def test_what_is_missing() -> None:
    file = FileParts(100)
    assert file.missing() == [(0, 100)]
    file.add(10, bytes(20))
    file.add(50, bytes(50))
    assert file.missing() == [(0, 10), (30, 20)]
    assert not file.add(90, bytes(11))
    holes = FileParts(2_000)
    for at in range(0, 2_000, 2):
        holes.add(at, b"x")
    assert len(holes.missing()) == MAX_MISSING


# The session


def connection() -> tuple[FilesSession, str]:
    register = Register(PHONE)
    return FilesSession(register), alarm_number(register, PHONE, ident_of(16))


def say(session: FilesSession, message_id: int, values: dict[str, Any]) -> list[Event]:
    return session.receive_data(encode_frames(message_id, values, PHONE, 1), 0)


def answer(events: list[Event]) -> dict[str, Any]:
    (data,) = [event.data for event in events if isinstance(event, Send)]
    return shown(data)


def begun(number: str, size: int = len(DATA)) -> dict[str, Any]:
    return {
        "terminal_id": "0000007",
        "alarm_ident": {**IDENT, "reserved": "00", "length": 16},
        "alarm_number": number,
        "info_type": 0,
        "files": [{"name": NAME, "size": size}],
    }


FILE = {"file_name": NAME, "file_type": 0, "file_size": len(DATA)}


def test_a_file_in_blocks_with_one_lost() -> None:
    session, number = connection()
    assert answer(say(session, 0x1210, begun(number)))["result"] == 0
    assert answer(say(session, 0x1211, FILE))["result"] == 0
    assert session.receive_data(block(NAME, 512, DATA[512:]), 0) == []
    lost = answer(say(session, 0x1212, FILE))
    assert (lost["msg_id"], lost["result"]) == ("0x9212", 1)
    assert lost["packets"] == [{"offset": 0, "length": 512}]
    session.receive_data(block(NAME, 0, DATA[:512]), 0)
    (upload,) = say(session, 0x1212, FILE)
    assert isinstance(upload, Upload)
    assert (upload.data, upload.kind, upload.format, upload.channel) == (DATA, "image", "jpg", 65)
    assert (upload.event, upload.media_id) == ("safety_alarm", int(number, 16))
    again = shown(session.acknowledge(upload, ProtocolError("away")))
    assert again["packets"] == [{"offset": 0, "length": len(DATA)}]
    assert shown(session.acknowledge(upload, ProtocolError("photo_type")))["msg_id"] == "0x8001"
    stored = shown(session.acknowledge(upload, None))
    assert (stored["msg_id"], stored["result"], stored["packets"]) == ("0x9212", 0, [])


def test_files_of_an_alarm_that_we_did_not_ask_for_are_refused() -> None:
    session, _number = connection()
    events = say(session, 0x1210, begun("guessed"))
    assert answer(events)["result"] == 1
    assert events[0] == Unregistered(PHONE, {"reason": "alarm_number"})
    assert answer(say(session, 0x1211, FILE))["result"] == 1
    (bad,) = session.receive_data(block(NAME, 0, DATA), 0)
    assert isinstance(bad, Bad)
    assert bad.reason == "file_block"


def test_what_does_not_fit_is_refused() -> None:
    session, number = connection()
    say(session, 0x1210, begun(number))
    assert answer(say(session, 0x1211, FILE | {"file_size": MAX_FILE_BYTES + 1}))["result"] == 2
    say(session, 0x1211, FILE)
    (beyond,) = session.receive_data(block(NAME, len(DATA), b"x"), 0)
    assert isinstance(beyond, Bad)
    assert answer(say(session, 0x0200, {"raw": ""} and begun_location()))["result"] == 3
    events = session.receive_data(encode_frames(0x1211, b"\x09", PHONE, 1), 0)
    assert answer(events)["result"] == 2


def begun_location() -> dict[str, Any]:
    return dict(JT808.describe(report(0x65, ident_of(16)).hex()).fields["body"])


@pytest.mark.parametrize(
    "dialogue", [d for d in load("jt808_sessions.json") if "attachment" in d["id"]],
    ids=lambda dialogue: dialogue["id"],
)  # fmt: skip
def test_a_recorded_dialogue(dialogue: dict[str, Any]) -> None:
    """As a real terminal spoke it; only its alarm number was another platform's."""
    register = Register("1001")
    session, uploads = FilesSession(register), list[Upload]()
    for step in dialogue["steps"]:
        data = bytes.fromhex(step["hex"])
        if step["dir"] != "up":
            continue
        if step.get("header", {}).get("msg_id") == "0x1210":
            session.receive_data(data, 0)
            values = JT808.describe(step["hex"]).fields["body"]
            ident = values["alarm_ident"]
            raw = write_fields(IDENTS[16], ident, "2013")
            values["alarm_number"] = alarm_number(register, "1001", raw)
            data = encode_frames(0x1210, values, "1001", 1)
        events = session.receive_data(data, 0)
        uploads += [event for event in events if isinstance(event, Upload)]
        if uploads:
            assert shown(session.acknowledge(uploads[-1], None))["result"] == 0
    assert [upload.data for upload in uploads] == [b"hello" + b"world"[1:] + b"d123"] or [
        len(upload.data) for upload in uploads
    ] == [12]
    assert json.dumps(dialogue["what"])
