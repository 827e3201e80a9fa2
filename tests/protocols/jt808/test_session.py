"""One connection: who is let in, what is answered, what waits for the commit."""

from __future__ import annotations

from typing import Any

import pytest

from protocols.contract import (
    Answered,
    Bad,
    Event,
    KnownDevice,
    Offline,
    Online,
    ProtocolError,
    Report,
    Send,
    Unregistered,
)
from protocols.jt808 import JT808, Fix, Jt808Session, encode_fix, encode_frames
from protocols.jt808.columns import decode_reports
from protocols.jt808.terminal import MAX_AWAITED_ANSWERS
from tests.protocols.directory import Register

PHONE = "13800138000"
LOCATION = encode_fix(Fix(1_700_000_000_000_000, 121_000_000, 31_000_000))
both = pytest.mark.parametrize("version", ["2013", "2019"])


def shown(data: bytes) -> dict[str, Any]:
    """Header and body of one frame that we sent, flat."""
    description = JT808.describe(data.hex())
    assert description.error is None, description.error
    return description.fields["header"] | description.fields["body"]


def log_in(session: Jt808Session, version: str = "2013", phone: str = PHONE) -> list[Event]:
    body = {"token": f"code-{phone}", "imei": "123456789012345", "software_version": "1"}
    return session.receive_data(encode_frames(0x0102, body, phone, 5, version), 0)


def only_reply(events: list[Event]) -> dict[str, Any]:
    (data,) = [event.data for event in events if isinstance(event, Send)]
    return shown(data)


@both
def test_a_known_terminal_registers_logs_in_and_reports(version: str) -> None:
    session = Jt808Session(Register(PHONE))
    registration = {"province": 31, "city": 115, "maker_id": "M", "model": "T1",
                    "terminal_id": "ID", "plate_color": 2, "plate": "沪A12345"}  # fmt: skip
    events = session.receive_data(encode_frames(0x0100, registration, PHONE, 4, version), 0)
    answer = only_reply(events)
    assert (answer["msg_id"], answer["version"], answer["phone"]) == ("0x8100", version, PHONE)
    assert (answer["ack_serial"], answer["result"]) == (4, 0)
    assert answer["token"] == f"code-{PHONE}"

    online, reply = log_in(session, version)
    assert isinstance(online, Online)
    assert online.details["plate"] == "沪A12345"
    assert isinstance(reply, Send)
    assert shown(reply.data)["result"] == 0

    frames = encode_frames(0x0200, LOCATION, PHONE, 6, version)
    (report,) = session.receive_data(frames, 0)
    assert isinstance(report, Report)
    assert (report.device, report.identity) == (KnownDevice(1, 7), PHONE)
    assert len(decode_reports([report.frame]).batch) == 1
    stored = shown(session.acknowledge(report, None))
    assert (stored["ack_serial"], stored["ack_id"], stored["result"]) == (6, "0x0200", 0)
    refused = shown(session.acknowledge(report, ProtocolError("time")))
    assert refused["result"] == 2
    assert refused["serial"] == stored["serial"] + 1


def test_an_unknown_terminal_is_told_so_and_its_reports_get_no_answer() -> None:
    session = Jt808Session(Register())
    body = encode_frames(0x0100, {"province": 1, "city": 2, "maker_id": "M", "model": "T",
                                  "terminal_id": "I", "plate_color": 1, "plate": "A"},
                         PHONE, 1)  # fmt: skip
    unregistered, reply = session.receive_data(body, 0)
    assert isinstance(unregistered, Unregistered)
    assert unregistered.details["plate"] == "A"
    assert isinstance(reply, Send)
    assert shown(reply.data)["result"] == 4

    unregistered, reply = log_in(session)
    assert isinstance(unregistered, Unregistered)
    assert isinstance(reply, Send)
    assert shown(reply.data)["result"] == 1

    (event,) = session.receive_data(encode_frames(0x0200, LOCATION, PHONE, 2), 0)
    assert event == Unregistered(PHONE, {"reason": "not_authenticated"})


def test_a_wrong_code_lets_nobody_in_and_throws_out_who_was() -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session)
    assert (
        only_reply(session.receive_data(encode_frames(0x0102, b"wrong", PHONE, 1), 0))["result"]
        == 1
    )
    (event,) = session.receive_data(encode_frames(0x0200, LOCATION, PHONE, 2), 0)
    assert isinstance(event, Unregistered)


def test_an_open_server_takes_reports_without_a_log_in() -> None:
    session = Jt808Session(Register(open=True))
    online, report = session.receive_data(encode_frames(0x0200, LOCATION, PHONE, 2), 0)
    assert isinstance(online, Online)
    assert isinstance(report, Report)


def test_many_phones_share_a_connection() -> None:
    session = Jt808Session(Register("1", "2"))
    log_in(session, phone="1")
    both_report = b"".join(encode_frames(0x0200, LOCATION, phone, 9) for phone in ("1", "2"))
    report, stranger = session.receive_data(both_report, 0)
    assert isinstance(report, Report)
    assert (report.identity, stranger) == ("1", Unregistered("2", {"reason": "not_authenticated"}))


def test_a_phone_is_the_same_in_both_header_editions() -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session, "2013")
    (report,) = session.receive_data(encode_frames(0x0200, LOCATION, PHONE, 1, "2019"), 0)
    assert isinstance(report, Report)
    assert shown(session.acknowledge(report, None))["version"] == "2019"


def test_hex_nibbles_of_a_phone_are_kept() -> None:
    (event,) = Jt808Session(Register()).receive_data(
        encode_frames(0x0200, LOCATION, "4eb6fb4ad628", 1), 0
    )
    assert isinstance(event, Unregistered)
    assert event.identity == "4eb6fb4ad628"


def test_heartbeat_logout_and_the_unknown() -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session)
    assert only_reply(session.receive_data(encode_frames(0x0002, b"", PHONE, 1), 0))["result"] == 0
    # Some terminals send a heartbeat with a body.
    assert (
        only_reply(session.receive_data(encode_frames(0x0002, b"??", PHONE, 1), 0))["result"] == 0
    )
    events = session.receive_data(encode_frames(0x0F01, b"x", PHONE, 1), 0)
    unknown = only_reply(events)
    assert (unknown["result"], unknown["ack_id"]) == (3, "0x0F01")
    assert [event.reason for event in events if isinstance(event, Bad)] == ["unsupported"]
    time = only_reply(session.receive_data(encode_frames(0x0004, b"", PHONE, 1), 86_400_000_000))
    assert time["time"] == "2070-01-02 00:00:00"  # two digits of the year: 1970 reads as 2070
    reply, offline = session.receive_data(encode_frames(0x0003, b"", PHONE, 1), 0)
    assert isinstance(reply, Send)
    assert offline == Offline(PHONE)


def test_serials_count_from_0_and_wrap() -> None:
    session = Jt808Session(Register())
    heartbeat = encode_frames(0x0002, b"", PHONE, 1)
    events = session.receive_data(heartbeat * 65_537, 0)
    serials = [shown(events[place].data)["serial"] for place in (0, 1, 65_535, 65_536)]  # type: ignore[union-attr]
    assert serials == [0, 1, 65_535, 0]


@pytest.mark.parametrize(
    ("result", "word"),
    [(0, "done"), (1, "failed"), (2, "message_error"), (3, "unsupported"), (9, "failed")],
)
@both
def test_a_text_and_its_answer(version: str, result: int, word: str) -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session, version)
    sent = shown(session.command(PHONE, 42, "text", {"text": "请减速", "flags": ["tts"]}))
    assert (sent["msg_id"], sent["text"], sent["version"]) == ("0x8300", "请减速", version)
    assert sent["flags"] & 0b1000
    answer = {"ack_serial": sent["serial"], "ack_id": "0x8300", "result": result}
    events = session.receive_data(encode_frames(0x0001, answer, PHONE, 9, version), 0)
    assert events == [Answered(PHONE, 42, word)]
    assert session.receive_data(encode_frames(0x0001, answer, PHONE, 9, version), 0) == []


@pytest.mark.parametrize(("version", "flags"), [("2013", 0b1), ("2019", 0b10)])
def test_emergency_text(version: str, flags: int) -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session, version)
    body = {"text": "!", "flags": ["emergency"]}
    assert shown(session.command(PHONE, 1, "text", body))["flags"] == flags


def test_a_long_text_goes_in_packages_and_is_answered_by_its_last_serial() -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session)
    data = session.command(PHONE, 7, "text", {"text": "x" * 1024})
    first, second = (
        shown(piece) for piece in (data[: data.index(b"~~") + 1], data[data.index(b"~~") + 1 :])
    )
    assert (first["package_index"], second["package_index"], second["package_total"]) == (1, 2, 2)
    answer = {"ack_serial": second["serial"], "ack_id": "0x8300", "result": 0}
    (event,) = session.receive_data(encode_frames(0x0001, answer, PHONE, 9), 0)
    assert event == Answered(PHONE, 7, "done")


@pytest.mark.parametrize(
    ("kind", "body", "identity", "reason"),
    [
        ("text", {"text": "好" * 513}, PHONE, "too_long"),
        ("text", {"text": "a", "flags": ["shout"]}, PHONE, "unsupported_command"),
        ("dance", {}, PHONE, "unsupported_command"),
        ("text", {"text": "a"}, "999", "not_connected"),
    ],
)
def test_impossible_commands(kind: str, body: dict[str, Any], identity: str, reason: str) -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session)
    with pytest.raises(ProtocolError) as raised:
        session.command(identity, 1, kind, body)
    assert raised.value.reason == reason


def test_awaited_answers_are_capped() -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session)
    serials = [
        shown(session.command(PHONE, number, "text", {"text": "a"}))["serial"]
        for number in range(MAX_AWAITED_ANSWERS + 1)
    ]
    for serial, expected in ((serials[0], []), (serials[-1], [Answered(PHONE, 64, "done")])):
        answer = {"ack_serial": serial, "ack_id": "0x8300", "result": 0}
        assert session.receive_data(encode_frames(0x0001, answer, PHONE, 9), 0) == expected


def test_wrong_checksum_is_bad_and_the_next_frame_is_read() -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session)
    good = encode_frames(0x0200, LOCATION, PHONE, 1)
    damaged = bytearray(good)
    damaged[20] ^= 1
    bad, report = session.receive_data(bytes(damaged) + good, 0)
    assert isinstance(bad, Bad)
    assert bad.reason == "checksum"
    assert isinstance(report, Report)


def test_encrypted_message_is_not_guessed_at() -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session)
    frame = bytearray(encode_frames(0x0200, LOCATION, PHONE, 1))
    frame[3] ^= 0x04
    frame[-2] ^= 0x04
    bad, reply = session.receive_data(bytes(frame), 0)
    assert isinstance(bad, Bad)
    assert bad.reason == "encrypted"
    assert isinstance(reply, Send)
    assert shown(reply.data)["result"] == 3


def test_short_body_is_bad_and_answered_so() -> None:
    session = Jt808Session(Register(PHONE))
    bad, reply = session.receive_data(encode_frames(0x0100, b"\0\1\2", PHONE, 1), 0)
    assert isinstance(bad, Bad)
    assert bad.reason == "body_short"
    assert isinstance(reply, Send)
    assert shown(reply.data)["result"] == 2
