"""Sub-packages: joined in any order, acknowledged each, given up in time."""

from __future__ import annotations

from protocols.contract import Bad, Report, Send
from protocols.jt808 import Jt808Session, encode_frames
from protocols.jt808.assembly import (
    ASK_AGAIN_AFTER_US,
    ASSEMBLY_TIMEOUT_US,
    MAX_ASKED_TIMES,
    MAX_OPEN_MESSAGES,
)
from protocols.jt808.columns import decode_reports
from tests.protocols.directory import Register
from tests.protocols.jt808.locations import batch_of
from tests.protocols.jt808.test_session import LOCATION, PHONE, both, log_in, shown


@both
def test_a_long_batch_in_packages_is_one_report_acknowledged_for_each(version: str) -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session, version)
    frames = encode_frames(0x0704, batch_of([LOCATION] * 100), PHONE, 65_534, version)
    (report,) = session.receive_data(frames, 0)
    assert isinstance(report, Report)
    decoded = decode_reports([report.frame])
    assert len(decoded.batch) == 100
    assert not decoded.bad
    acks = session.acknowledge(report, None).split(b"~~")
    assert len(acks) == 3
    serials = [shown(ack.strip(b"~"))["ack_serial"] for ack in acks]
    assert serials == [65_534, 65_535, 0]


def packages(count: int, first_serial: int) -> list[bytes]:
    frames = encode_frames(0x0704, batch_of([LOCATION] * 100), PHONE, first_serial)
    return [frame + b"~" for frame in frames.replace(b"~~", b"~|~").split(b"|")][:count]


def test_packages_in_any_order_and_twice() -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session)
    one, two, three = packages(3, 10)
    (asked,) = session.receive_data(three + one + one, 0)
    assert isinstance(asked, Send)
    request = shown(asked.data)
    assert request["msg_id"] == "0x8003"
    assert (request["original_serial"], request["package_ids"]) == (10, [2])
    (report,) = session.receive_data(two, 0)
    assert isinstance(report, Report)


def test_a_lost_end_is_asked_for_when_the_line_is_silent_but_not_for_ever() -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session)
    one, two, three = packages(3, 10)
    assert session.receive_data(one + two, 0) == []
    now_us, asked = 0, []
    for _ in range(10):
        now_us += ASK_AGAIN_AFTER_US + 1
        events = session.receive_data(b"", now_us)
        asked += [shown(event.data)["package_ids"] for event in events if isinstance(event, Send)]
    assert asked == [[3]] * MAX_ASKED_TIMES
    (report,) = session.receive_data(three, now_us)
    assert isinstance(report, Report)


def test_what_never_becomes_whole_is_given_up() -> None:
    session = Jt808Session(Register(PHONE))
    log_in(session)
    session.receive_data(packages(1, 10)[0], 0)
    (lost,) = session.receive_data(b"", ASSEMBLY_TIMEOUT_US + 1)
    assert isinstance(lost, Bad)
    assert (lost.reason, lost.identity) == ("incomplete", PHONE)
    for number in range(MAX_OPEN_MESSAGES):
        assert session.receive_data(packages(1, 100 * number)[0], 0) == []
    (lost,) = session.receive_data(packages(1, 9_000)[0], 0)
    assert isinstance(lost, Bad)
