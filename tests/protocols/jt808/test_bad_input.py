"""What terminals get wrong, one test a line of what is promised about it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.contract import Bad, Report, Send, Unregistered
from protocols.jt808 import Jt808Session, encode_frames, unwrap
from protocols.jt808.assembly import MAX_MESSAGE_BYTES, MAX_OPEN_MESSAGES, Assembly
from protocols.jt808.columns import decode_reports
from protocols.jt808.header import pack_frames, pack_phone, parse_header
from tests.protocols.directory import Register
from tests.protocols.jt808.test_session import LOCATION, PHONE, log_in, only_reply, shown

ITEMS = {
    "unknown": "fb03010203", "empty": "0100", "longer than the frame": "01ff00",
    "another length": "0103aabbcc", "head alone": "30", "vendor's alarm": "6404000020d0",
    "of length 255": "e1ff" + "5a" * 255, "twice": "010400000001" "010400000002",
}  # fmt: skip


def session_of() -> Jt808Session:
    session = Jt808Session(Register(PHONE))
    log_in(session)
    return session


@pytest.mark.parametrize("message_id", [0x0F01, 0x6006, 0x0210, 0x8300])
def test_an_unknown_message_gets_result_3_and_is_kept(message_id: int) -> None:
    bad, reply = session_of().receive_data(encode_frames(message_id, b"\x01\x02", PHONE, 7), 0)
    assert isinstance(bad, Bad)
    assert (bad.reason, bad.identity) == ("unsupported", PHONE)
    assert bad.frame.endswith(b"\x01\x02" + bad.frame[-1:])
    answer = only_reply([reply])
    assert (answer["ack_serial"], answer["result"]) == (7, 3)


@pytest.mark.parametrize("message_id", [0x0107, 0x0702, 0x0801, 0x0200])
def test_a_body_shorter_than_its_layout_gets_result_2_and_is_quarantined(message_id: int) -> None:
    session = session_of()
    events = session.receive_data(encode_frames(message_id, b"\x01", PHONE, 7), 0)
    for event in events:
        if isinstance(event, Report):  # what the columnar decoder refuses
            error = decode_reports([event.frame]).bad[0]
            events = [Bad(event.frame, error.reason, ""), Send(session.acknowledge(event, error))]
    bad, reply = events
    assert isinstance(bad, Bad)
    assert bad.reason == "body_short"
    assert only_reply([reply])["result"] == 2


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS)
def test_an_odd_item_costs_neither_the_position_nor_the_connection(item: str) -> None:
    session = session_of()
    report, reply = session.receive_data(
        encode_frames(0x0200, LOCATION + bytes.fromhex(item), PHONE, 7)
        + encode_frames(0x0002, b"", PHONE, 8),
        0,
    )
    assert isinstance(report, Report)
    decoded = decode_reports([report.frame])
    assert len(decoded.batch.rows) == 1
    assert not decoded.bad
    assert shown(session.acknowledge(report, None))["result"] == 0
    assert only_reply([reply])["ack_serial"] == 8


@given(st.binary(max_size=300))
def test_whatever_follows_a_location_it_is_a_position(items: bytes) -> None:
    (report,) = session_of().receive_data(encode_frames(0x0200, LOCATION + items, PHONE, 7), 0)
    assert isinstance(report, Report)
    decoded = decode_reports([report.frame])
    assert len(decoded.batch.rows) == 1
    assert not decoded.bad


def test_a_flood_of_sub_packages_is_capped() -> None:
    session = session_of()
    bodies = [bytes(1_000)] * 3
    bad: list[Any] = []
    for flood in range(4 * MAX_OPEN_MESSAGES):  # none of them ever ends
        frames = pack_frames(0x0801, b"".join(bodies), pack_phone(PHONE, "2013"), flood * 10)
        events = session.receive_data(frames[0], flood)
        bad += [event for event in events if isinstance(event, Bad)]
    assert len(bad) == 3 * MAX_OPEN_MESSAGES
    assert {event.reason for event in bad} == {"incomplete"}
    assert only_reply(session.receive_data(encode_frames(0x0002, b"", PHONE, 8), 0))["result"] == 0


def test_a_message_of_sub_packages_has_a_longest_length() -> None:
    assembly, total = Assembly(), 1_024
    body = bytes(1_023)
    held = 0
    frames = pack_frames(0x0801, body * (total + 1), pack_phone(PHONE, "2013"), 0)
    header = parse_header(unwrap(frames[0][1:-1]))
    header.package_total = total + 1
    with pytest.raises(Exception, match="sub_package"):
        assembly.add(header, body, 0)
    for held in range(1, total):
        header = parse_header(unwrap(frames[held - 1][1:-1]))
        header.package_total = total
        assert assembly.add(header, body, 0) is None
    assert held * len(body) < MAX_MESSAGE_BYTES


def test_a_terminal_that_registers_with_anothers_plate_is_flagged() -> None:
    register = Register(PHONE)
    register.refuses["苏A12345"] = "vehicle_taken"
    session = Jt808Session(register)
    fields = {
        "province": 1, "city": 1, "maker_id": "M", "model": "T", "terminal_id": "I",
        "plate_color": 2, "plate": "苏A12345",
    }  # fmt: skip
    flagged, reply = session.receive_data(encode_frames(0x0100, fields, PHONE, 1), 0)
    assert isinstance(flagged, Unregistered)
    assert flagged.details["reason"] == "vehicle_taken"
    assert only_reply([reply])["result"] == 1
