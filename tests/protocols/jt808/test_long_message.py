"""Long messages of the platform: in packages, as the line takes them, again when asked for."""

from __future__ import annotations

import pytest

from protocols.contract import PacedSession, ProtocolError, Send
from protocols.jt808 import Jt808Session, encode_frames
from protocols.jt808.assembly import Assembly
from protocols.jt808.framing import Framer, unwrap
from protocols.jt808.header import pack_frames, pack_phone, parse_header
from protocols.jt808.long_message import AT_ONCE_BYTES, LongMessage, LongMessages
from protocols.jt808.messages import decode_body
from tests.protocols.directory import Register
from tests.protocols.jt808.test_session import PHONE, log_in, only_reply

FILE = bytes(n * 7 & 0xFF for n in range(200_000))
ORDER = {"version": "V2.1", "maker_id": "70111", "file": FILE}


def frames_in(data: bytes) -> list[bytes]:
    return [unwrap(piece) for piece, refused in Framer().feed(data) if not refused]


def session_of(version: str) -> Jt808Session:
    session = Jt808Session(Register(PHONE))
    log_in(session, version)
    return session


@pytest.mark.parametrize("head_bytes", [0, 5, 1_023, 1_500])
@pytest.mark.parametrize("version", [None, 1])
def test_packages_are_those_of_one_whole_body(head_bytes: int, version: int | None) -> None:
    head, phone = bytes(range(256)) * 6, pack_phone(PHONE, "2019" if version else "2013")
    message = LongMessage(0x8108, phone, version, 65_530, head[:head_bytes], FILE[:20_000])
    whole = pack_frames(
        0x8108, head[:head_bytes] + FILE[:20_000], phone, 65_530, protocol_version=version
    )
    assert [message.frame(n) for n in range(1, message.total + 1)] == whole


@pytest.mark.parametrize("version", ["2013", "2019"])
def test_an_upgrade_leaves_piece_by_piece_and_is_whole(version: str) -> None:
    session = session_of(version)
    assert isinstance(session, PacedSession)
    first = session.command(PHONE, 42, "upgrade", ORDER)
    assert len(first) < AT_ONCE_BYTES + 2_200
    data, pieces = first, 0
    while session.waiting:
        heard = only_reply(session.receive_data(encode_frames(0x0002, b"", PHONE, 9, version), 0))
        assert heard["msg_id"] == "0x8001", "others pass between"
        data, pieces = data + session.more(16_384), pieces + 1
    assert pieces > 8
    assembly, whole = Assembly(), None
    for frame in frames_in(data):
        header = parse_header(frame)
        whole = assembly.add(header, frame[header.body_at : -1], 0)
    assert whole is not None
    values = decode_body(0x8108, whole.body, version)
    assert bytes.fromhex(values["data"]) == FILE
    assert (values["length"], values["version"]) == (len(FILE), "V2.1")


def test_lost_packages_are_sent_again_as_they_were() -> None:
    session = session_of("2019")
    data = session.command(PHONE, 42, "upgrade", ORDER)
    while session.waiting:
        data += session.more(1 << 20)
    frames = frames_in(data)
    first = parse_header(frames[0]).serial
    asked = {"original_serial": first, "package_ids": [2, 150, 9_999]}
    reply, again = session.receive_data(encode_frames(0x0005, asked, PHONE, 10, "2019"), 0)
    assert isinstance(again, Send)
    assert frames_in(again.data) == [frames[1], frames[149]]
    assert only_reply([reply])["result"] == 0
    unknown = {"original_serial": first + 1, "package_ids": [1]}
    events = session.receive_data(encode_frames(0x0005, unknown, PHONE, 11, "2019"), 0)
    assert only_reply(events)["result"] == 1


def test_a_message_that_no_count_can_number_is_refused() -> None:
    message = LongMessage(0x8108, bytes(6), None, 0, b"", bytes(0xFFFF * 1_023 + 1))
    with pytest.raises(ProtocolError, match="too_long"):
        LongMessages().send(PHONE, message)


def test_an_upgrade_is_ended_by_its_result_on_whatever_connection() -> None:
    later = session_of("2013")
    answered, _kept = later.receive_data(encode_frames(0x0108, b"\x00\x02", PHONE, 3), 0)
    assert (answered.command_id, answered.kind, answered.result) == (0, "upgrade", "cancelled")
