"""Photos: package by package, whole at last, and the command that asks for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.contract import Answered, Bad, Event, ProtocolError, Send, Unregistered, Upload
from protocols.jt808 import Jt808Session, encode_body, encode_frames
from protocols.jt808.assembly import MAX_MESSAGE_BYTES
from protocols.jt808.location import decode_location
from protocols.jt808.uploads import AWAY
from tests.protocols.directory import Register
from tests.protocols.jt808.test_session import LOCATION, PHONE, both, log_in, shown

PHOTO = b"\xff\xd8" + bytes(range(256)) * 12 + b"\xff\xd9"


def media_data(data: bytes, media_id: int = 9) -> bytes:
    location = decode_location(LOCATION[:28])
    values = {"media_id": media_id, "media_type": 0, "format": 0, "event": 0, "channel": 2}
    return encode_body(0x0801, {**values, "location": location, "data": data.hex()}, "2013")


def logged_in(version: str = "2013") -> Jt808Session:
    session = Jt808Session(Register(PHONE))
    log_in(session, version)
    return session


def sends(events: list[Event]) -> list[dict[str, object]]:
    return [shown(event.data) for event in events if isinstance(event, Send)]


@both
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_a_photo_in_packages_is_one_upload(version: str, step: int) -> None:
    session = logged_in(version)
    stream = encode_frames(0x0801, media_data(PHOTO), PHONE, 65_534, version)
    events: list[Event] = []
    for at in range(0, len(stream), step):
        events += session.receive_data(stream[at : at + step], 0)
    (upload,) = [event for event in events if isinstance(event, Upload)]
    assert upload.data == PHOTO
    assert (upload.media_id, upload.kind, upload.format, upload.event) == (
        9,
        "image",
        "jpeg",
        "command",
    )
    assert (upload.time_us, upload.longitude_e6, upload.latitude_e6) == (
        1_700_000_000_000_000,
        121_000_000,
        31_000_000,
    )
    acks = sends(events)
    assert [(ack["ack_serial"], ack["ack_id"]) for ack in acks] == [
        (serial & 0xFFFF, "0x0801") for serial in range(65_534, 65_534 + len(acks))
    ]
    stored = shown(session.acknowledge(upload, None))
    assert (stored["msg_id"], stored["media_id"]) == ("0x8800", 9)
    refused = shown(session.acknowledge(upload, ProtocolError("media_refused")))
    assert (refused["msg_id"], refused["result"]) == ("0x8001", 2)
    later = shown(session.acknowledge(upload, ProtocolError(AWAY)))
    assert (later["ack_id"], later["result"]) == ("0x0801", 1)


@given(st.sets(st.integers(1, 4), min_size=1, max_size=3))
def test_lost_packages_are_asked_for_by_number(lost: set[int]) -> None:
    session = logged_in()
    stream = encode_frames(0x0801, media_data(PHOTO), PHONE, 10)
    frames = [b"~" + piece + b"~" for piece in stream.split(b"~") if piece]
    assert len(frames) == 4
    kept = [frame for index, frame in enumerate(frames, 1) if index not in lost]
    events = session.receive_data(b"".join(kept), 0)
    if 4 in lost:
        events += session.receive_data(b"", 6_000_000)
    request = sends(events)[-1]
    if 1 in lost:
        assert (request["msg_id"], request["package_ids"]) == ("0x8003", sorted(lost))
    else:
        assert (request["msg_id"], request["retransmit"]) == ("0x8800", sorted(lost))
    again = b"".join(frames[index - 1] for index in sorted(lost))
    (upload,) = [e for e in session.receive_data(again, 7_000_000) if isinstance(e, Upload)]
    assert upload.data == PHOTO


def test_a_stranger_uploads_nothing() -> None:
    session = Jt808Session(Register(PHONE))
    stream = encode_frames(0x0801, media_data(PHOTO), PHONE, 10)
    (event,) = session.receive_data(stream, 0)
    assert isinstance(event, Unregistered)


def test_what_is_too_large_is_refused() -> None:
    session = logged_in()
    stream = encode_frames(0x0801, media_data(bytes(MAX_MESSAGE_BYTES)), PHONE, 10)
    events = session.receive_data(stream, 0)
    assert not [event for event in events if isinstance(event, Upload)]
    assert {event.reason for event in events if isinstance(event, Bad)} == {"sub_package"}


@both
def test_a_photo_is_ordered_and_answered(version: str) -> None:
    session = logged_in(version)
    asked = shown(session.command(PHONE, 77, "photo", {"channel": 3, "shots": 2}))
    assert (asked["msg_id"], asked["channel"], asked["command"]) == ("0x8801", 3, 2)
    values = {"ack_serial": asked["serial"], "result": 0, "media_ids": [5, 6]}
    events = session.receive_data(encode_frames(0x0805, values, PHONE, 20, version), 0)
    (answered,) = [event for event in events if isinstance(event, Answered)]
    assert (answered.command_id, answered.result) == (77, "done")
    assert answered.details == {"media_ids": [5, 6]}
    asked = shown(session.command(PHONE, 78, "photo", {}))
    values = {"ack_serial": asked["serial"], "result": 2}
    events = session.receive_data(encode_frames(0x0805, values, PHONE, 21, version), 0)
    assert [e.result for e in events if isinstance(e, Answered)] == ["unsupported"]
