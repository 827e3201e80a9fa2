"""What a terminal says besides positions: kept once, matched with commands, then answered."""

from __future__ import annotations

from typing import Any

import pytest

from protocols.contract import Answered, Bad, ProtocolError, Report, Send, Told, Unregistered
from protocols.jt808 import Jt808Session, encode_frames
from protocols.jt808.resend import MAX_UNANSWERED, Resending
from protocols.jt808.terminal import REPEATED_WITHIN_US
from tests.protocols.directory import Register
from tests.protocols.jt808.test_session import LOCATION, PHONE, log_in, only_reply, shown

SECOND_US = 1_000_000
CARD = {"card_status": 2, "time": "2026-11-22 08:15:30"}


def session_of(version: str = "2013") -> Jt808Session:
    session = Jt808Session(Register(PHONE))
    log_in(session, version)
    return session


def told(session: Jt808Session, frame: bytes, now_us: int = 0) -> Told:
    (event,) = session.receive_data(frame, now_us)
    assert isinstance(event, Told)
    return event


def test_a_driver_card_is_kept_before_it_is_acknowledged() -> None:
    session = session_of()
    event = told(session, encode_frames(0x0702, CARD, PHONE, 6))
    assert (event.name, event.values) == ("driver_card", CARD)
    assert shown(event.reply(ProtocolError("away")))["result"] == 1
    assert shown(event.reply(ProtocolError("too_long")))["result"] == 2
    stored = shown(event.reply(None))
    assert (stored["ack_serial"], stored["ack_id"], stored["result"]) == (6, "0x0702", 0)


def test_a_retransmission_is_acknowledged_and_not_kept_again() -> None:
    session = session_of()
    frame = encode_frames(0x0702, CARD, PHONE, 6)
    first = told(session, frame)
    assert isinstance(session.receive_data(frame, SECOND_US)[0], Told), "not stored yet"
    first.reply(None)
    assert only_reply(session.receive_data(frame, SECOND_US))["result"] == 0
    other = encode_frames(0x0702, CARD | {"card_status": 1}, PHONE, 6)
    assert isinstance(session.receive_data(other, SECOND_US)[0], Told), "another message"
    told(session, frame, REPEATED_WITHIN_US + 1)  # a new round of serials


def test_nothing_is_taken_from_a_terminal_that_is_not_logged_in() -> None:
    session = Jt808Session(Register(PHONE))
    (event,) = session.receive_data(encode_frames(0x0702, CARD, PHONE, 6), 0)
    assert event == Unregistered(PHONE, {"reason": "not_authenticated"})


@pytest.mark.parametrize(
    ("kind", "body", "message_id", "answer_id", "answer"),
    [
        ("query_parameters", {}, 0x8104, 0x0104, {"params": {"0x0029": 10}}),
        ("query_driver", {}, 0x8702, 0x0702, CARD),
        ("doors", {"doors": "lock"}, 0x8500, 0x0500, LOCATION),
        ("message", {"message": "recorder_query", "values": {"command": 2, "data": ""}},
         0x8700, 0x0700, {"command": 2, "data": "557a"}),
    ],
)  # fmt: skip
def test_a_query_is_answered_by_its_own_message(
    kind: str, body: dict[str, Any], message_id: int, answer_id: int, answer: Any
) -> None:
    session = session_of()
    sent = shown(session.command(PHONE, 42, kind, body))
    assert sent["msg_id"] == f"0x{message_id:04X}"
    taken = {"ack_serial": sent["serial"], "ack_id": sent["msg_id"], "result": 0}
    assert session.receive_data(encode_frames(0x0001, taken, PHONE, 7), 0) == []
    if isinstance(answer, bytes):
        answer = sent["serial"].to_bytes(2, "big") + answer
    else:
        answer = {"ack_serial": sent["serial"], **answer}
    answered, kept = session.receive_data(encode_frames(answer_id, answer, PHONE, 8), 0)
    assert isinstance(answered, Answered)
    assert isinstance(kept, Told)
    assert (answered.command_id, answered.result, answered.details) == (42, "done", kept.values)


def test_a_refused_query_is_answered_by_the_refusal() -> None:
    session = session_of()
    sent = shown(session.command(PHONE, 42, "query_attributes", {}))
    refused = {"ack_serial": sent["serial"], "ack_id": sent["msg_id"], "result": 3}
    events = session.receive_data(encode_frames(0x0001, refused, PHONE, 7), 0)
    assert events == [Answered(PHONE, 42, "unsupported")]


def test_a_location_query_is_answered_by_a_report() -> None:
    session = session_of()
    sent = shown(session.command(PHONE, 42, "query_location", {}))
    body = sent["serial"].to_bytes(2, "big") + LOCATION
    answered, report = session.receive_data(encode_frames(0x0201, body, PHONE, 7), 0)
    assert answered == Answered(PHONE, 42, "done")
    assert isinstance(report, Report)


def test_a_command_without_an_answer_is_sent_again_byte_for_byte() -> None:
    session = session_of()
    data = session.command(PHONE, 42, "text", {"text": "请减速"})
    heartbeat = encode_frames(0x0002, b"", PHONE, 1)
    found = [
        at_s
        for at_s in range(0, 200, 5)
        if Send(data) in session.receive_data(heartbeat, at_s * SECOND_US)
    ]
    assert found == [10, 30]


def test_an_answer_ends_the_repetitions() -> None:
    session = session_of()
    sent = shown(session.command(PHONE, 42, "text", {"text": "!"}))
    answer = {"ack_serial": sent["serial"], "ack_id": "0x8300", "result": 0}
    session.receive_data(encode_frames(0x0001, answer, PHONE, 9), 0)
    assert len(session.receive_data(encode_frames(0x0002, b"", PHONE, 1), 60 * SECOND_US)) == 1


def test_unanswered_commands_are_capped() -> None:
    resending = Resending()
    for serial in range(MAX_UNANSWERED + 1):
        resending.sent((PHONE, serial), b"%d" % serial, 0)
    again = resending.due(60 * SECOND_US)
    assert (len(again), again[0]) == (MAX_UNANSWERED, b"1")


REGISTRATION = {"province": 31, "city": 115, "maker_id": "M", "model": "T1", "terminal_id": "ID",
                "plate_color": 2, "plate": "沪A12345"}  # fmt: skip


@pytest.mark.parametrize(
    ("why", "result"), [("vehicle_taken", 1), ("no_vehicle", 2), ("terminal_taken", 3)]
)
def test_a_registration_that_contradicts_the_register(why: str, result: int) -> None:
    register = Register(PHONE)
    register.refuses["沪A12345"] = why
    events = Jt808Session(register).receive_data(encode_frames(0x0100, REGISTRATION, PHONE, 4), 0)
    assert only_reply(events)["result"] == result
    assert "token" not in only_reply(events)
    assert events[0] == Unregistered(PHONE, {**REGISTRATION, "reason": why})


def test_a_terminal_of_2011_is_spoken_to_in_its_edition() -> None:
    session = Jt808Session(Register(PHONE))
    session.receive_data(encode_frames(0x0100, REGISTRATION, PHONE, 4, "2011"), 0)
    log_in(session)
    data = session.command(PHONE, 1, "set_parameters", {"values": {"interval_s": 10}})
    assert data[13:15] == b"\x01\x01", "total and count"
    with pytest.raises(ProtocolError, match="edition"):
        session.command(PHONE, 2, "query_parameters", {"names": ["interval_s"]})


def test_a_length_that_fits_no_layout_is_read_as_the_phone_is_known() -> None:
    """The flag is missing and the length lies: only the session knows that this is 2019."""
    session = session_of("2019")
    frame = bytearray(encode_frames(0x0200, LOCATION, PHONE, 6, "2019"))
    frame[3] ^= 0x40
    frame[4] ^= 0x03
    frame[-2] ^= 0x43
    (report,) = session.receive_data(bytes(frame), 0)
    assert isinstance(report, Report)
    stranger = Jt808Session(Register())
    (event,) = stranger.receive_data(bytes(frame), 0)
    assert isinstance(event, Unregistered)
    assert event.identity != PHONE


def test_files_of_alarms_do_not_come_here() -> None:
    session = session_of()
    file = {"file_name": "a.jpg", "file_type": 0, "file_size": 1}
    events = session.receive_data(encode_frames(0x1211, file, PHONE, 6), 0)
    assert only_reply(events)["result"] == 3
    assert not [event for event in events if isinstance(event, Bad)]
