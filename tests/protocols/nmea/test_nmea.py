"""NMEA 0183: sentences in any cut, merged into one fix a moment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.position import UNKNOWN, UNKNOWN_ALTITUDE_M, FixSource
from protocols.contract import Bad, Close, Event, Online, Report, Unregistered
from protocols.nmea import NMEA, encode_fix, login
from protocols.nmea.epoch import MAX_LINES
from protocols.nmea.lines import MAX_LINE_BYTES
from protocols.nmea.sentence import checksum
from tests.protocols.directory import Register

SECOND_US = 1_000_000
NOON_US = round(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()) * SECOND_US
TRUCK = "TRUCK-7"


def line(text: str) -> bytes:
    return b"$%s*%s\r\n" % (text.encode(), checksum(text.encode()))


RMC = "GPRMC,120000.00,A,3112.6000,N,12130.3000,E,10.0,90.0,020326,,,A"
GGA = "GPGGA,120000.00,3112.6000,N,12130.3000,E,1,09,0.9,12.4,M,8.0,M,,"


def events_of(stream: bytes, now_us: int = NOON_US, cut: int = 0) -> list[Event]:
    session = NMEA.session(Register(TRUCK))
    pieces = [stream[i : i + cut] for i in range(0, len(stream), cut)] if cut else [stream]
    events = [event for piece in pieces for event in session.receive_data(piece, now_us)]
    return events + session.finish(now_us)


def frames_of(stream: bytes, now_us: int = NOON_US, cut: int = 0) -> list[bytes]:
    events = events_of(login(TRUCK) + stream, now_us, cut)
    assert {type(event) for event in events} <= {Online, Report}
    return [event.frame for event in events if isinstance(event, Report)]


def fix_of(*sentences: str, now_us: int = NOON_US) -> dict[str, int]:
    frames = frames_of(b"".join(line(text) for text in sentences), now_us)
    decoded = NMEA.decode_reports(frames)
    assert len(decoded.batch) == 1, decoded.bad
    row = decoded.batch.rows[0]
    return {name: int(row[name]) for name in row.dtype.names}


def test_rmc_and_gga_of_one_moment_are_one_fix() -> None:
    fix = fix_of(RMC, GGA)
    assert fix["time_us"] == NOON_US
    assert (fix["longitude_e6"], fix["latitude_e6"]) == (121_505_000, 31_210_000)
    assert (fix["speed_kmh_e1"], fix["course_deg"], fix["altitude_m"]) == (185, 90, 12)
    assert (fix["satellites"], fix["fix_source"]) == (9, FixSource.GNSS)
    assert fix["accuracy_m"] == UNKNOWN  # HDOP is no length


@pytest.mark.parametrize("cut", [0, 1, 7])
def test_a_stream_in_any_cut_gives_the_same_fixes(cut: int) -> None:
    stream = b"".join(encode_fix(NOON_US + i * SECOND_US, 121.5 + i / 1e3, 31.2) for i in range(5))
    frames = frames_of(stream, cut=cut)
    rows = NMEA.decode_reports(frames).batch.rows
    assert rows["time_us"].tolist() == [NOON_US + i * SECOND_US for i in range(5)]
    assert rows["longitude_e6"].tolist() == [121_500_000 + i * 1_000 for i in range(5)]


def test_from_the_second_moment_on_the_last_sentence_ends_it() -> None:
    session = NMEA.session(Register(TRUCK))
    session.receive_data(login(TRUCK) + encode_fix(NOON_US, 121.5, 31.2), NOON_US)
    second = session.receive_data(encode_fix(NOON_US + SECOND_US, 121.5, 31.2), NOON_US)
    assert len(second) == 2  # the first moment, and with its order known this one, too
    third = session.receive_data(encode_fix(NOON_US + 2 * SECOND_US, 121.5, 31.2), NOON_US)
    assert len(third) == 1
    assert session.finish(NOON_US) == []


def test_another_order_is_learnt_without_a_fix_told_twice() -> None:
    first = [line(RMC.replace("120000", f"12000{i}")) for i in range(3)]
    both = [
        line(RMC.replace("120000", f"12001{i}")) + line(GGA.replace("120000", f"12001{i}"))
        for i in range(4)
    ]
    frames = frames_of(b"".join([*first, *both]))
    times = NMEA.decode_reports(frames).batch.rows["time_us"].tolist()
    assert times == sorted(set(times))
    assert len(times) == 7
    assert b"GGA" in frames[-1]


def test_motion_comes_from_vtg_and_place_from_gll() -> None:
    fix = fix_of("GPGLL,3112.6000,N,12130.3000,E,120000.00,A,A", "GPVTG,45.0,T,,M,10.0,N,18.5,K,A")
    assert (fix["latitude_e6"], fix["speed_kmh_e1"], fix["course_deg"]) == (31_210_000, 185, 45)
    assert fix["altitude_m"] == UNKNOWN_ALTITUDE_M


def test_the_sentence_of_several_systems_goes_before_that_of_one() -> None:
    one = "GPRMC,120000.00,A,3100.0000,N,12100.0000,E,10.0,90.0,020326,,,A"
    several = "GNRMC,120000.00,A,3112.6000,N,12130.3000,E,10.0,90.0,020326,,,A"
    for order in ((one, several), (several, one)):
        assert fix_of(*order)["latitude_e6"] == 31_210_000


def test_accuracy_is_what_gst_states() -> None:
    assert fix_of(RMC, "GPGST,120000.00,4.0,,,,3.0,4.0,9.0")["accuracy_m"] == 5


@pytest.mark.parametrize(
    "sentence",
    [
        "GPRMC,120000.00,V,,,,,,,020326,,,N",
        "GPRMC,120000.00,A,3112.6000,N,12130.3000,E,10.0,90.0,020326,,,E",
        "GPGGA,120000.00,3112.6000,N,12130.3000,E,0,00,,,M,,M,,",
        "GPGGA,120000.00,3112.6000,N,12130.3000,E,6,05,2.0,12.4,M,8.0,M,,",
        "GPGLL,3112.6000,N,12130.3000,E,120000.00,V,N",
    ],
)
def test_what_is_not_measured_is_no_place(sentence: str) -> None:
    fix = fix_of(sentence)
    assert (fix["fix_source"], fix["longitude_e6"], fix["latitude_e6"]) == (FixSource.NONE, 0, 0)


@pytest.mark.parametrize(
    ("clock", "received", "expected"),
    [
        ("235959", "2026-03-02T00:00:02", "2026-03-01T23:59:59"),
        ("000001", "2026-03-01T23:59:58", "2026-03-02T00:00:01"),
        ("120000", "2026-03-02T12:00:00", "2026-03-02T12:00:00"),
    ],
)
def test_a_time_without_a_date_is_the_nearest_to_its_receipt(
    clock: str, received: str, expected: str
) -> None:
    now_us = round(datetime.fromisoformat(received + "+00:00").timestamp() * 1e6)
    fix = fix_of(GGA.replace("120000", clock), now_us=now_us)
    assert datetime.fromtimestamp(fix["time_us"] / 1e6, UTC).isoformat() == expected + "+00:00"


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (
            b"$GPRMC,120000.00,A,3112.6000,N,12130.3000,E,10.0,90.0,020326,,,A*00\r\n",
            "bad_checksum",
        ),
        (b"$GPRMC,120000.00,A,3112.6000,N\r\n", "no_checksum"),
        (line("GPRMC,99xx,A,3112.6,N,12130.3,E,10,90,020326,,,A"), "malformed"),
        (b"\xff\xfe\x00garbage*11\r\n", "malformed"),
        (b"$" + b"x" * 5_000 + b"\r\n", "too_long"),
    ],
)
def test_damage_is_told_and_costs_its_line_alone(damaged: bytes, reason: str) -> None:
    stream = login(TRUCK) + line(RMC) + damaged + line(RMC.replace("120000", "120001"))
    events = events_of(stream, cut=13)
    assert [event.reason for event in events if isinstance(event, Bad)] == [reason]
    frames = [event.frame for event in events if isinstance(event, Report)]
    assert len(NMEA.decode_reports(frames).batch) == 2


def test_sentences_that_say_nothing_of_place_are_passed_over() -> None:
    assert len(frames_of(line("GPGSV,1,1,00") + line(RMC) + line("GPTXT,01,01,02,hello"))) == 1


def test_who_does_not_log_in_is_refused() -> None:
    bad, close = events_of(line(RMC))
    assert isinstance(bad, Bad)
    assert bad.reason == "no_identity"
    assert close == Close("no_identity")


def test_who_is_not_registered_is_noted() -> None:
    assert events_of(b"IMEI:860000000000001;\r\n" + line(RMC)) == [
        Unregistered("860000000000001"),
        Close("unregistered"),
    ]


def test_what_is_kept_has_a_cap() -> None:
    session = NMEA.session(Register(TRUCK))
    session.receive_data(login(TRUCK), NOON_US)
    for _ in range(1_000):
        session.receive_data(line(RMC), NOON_US)
    (report,) = session.finish(NOON_US)
    assert isinstance(report, Report)
    assert report.frame.count(b"\r\n") < MAX_LINES
    assert session.receive_data(b"x" * 10_000_000, NOON_US)[0].frame == b"x" * MAX_LINE_BYTES  # type: ignore[union-attr]


@given(
    st.integers(0, 10**9),
    st.integers(-179_999_999, 179_999_999),
    st.integers(-89_999_999, 89_999_999),
    st.integers(0, 3_000),
    st.integers(0, 359),
)
def test_round_trip(
    second: int, longitude_e6: int, latitude_e6: int, speed_e1: int, course: int
) -> None:
    time_us = NOON_US + second * SECOND_US // 100
    time_us -= time_us % 10_000
    sent = encode_fix(
        time_us, longitude_e6 / 1e6, latitude_e6 / 1e6, speed_kmh=speed_e1 / 10, course_deg=course
    )
    decoded = NMEA.decode_reports(frames_of(sent, now_us=time_us))
    (row,) = decoded.batch.rows
    assert int(row["time_us"]) == time_us
    assert int(row["longitude_e6"]) == longitude_e6
    assert int(row["latitude_e6"]) == latitude_e6
    assert abs(int(row["speed_kmh_e1"]) - speed_e1) <= 1
    assert int(row["course_deg"]) == course


@given(st.binary(max_size=600))
def test_garbage_is_never_more_than_told(data: bytes) -> None:
    events = events_of(login(TRUCK) + data + b"\r\n" + line(RMC))
    frames = [event.frame for event in events if isinstance(event, Report)]
    assert NMEA.decode_reports([*frames, data]) is not None


def test_recognised_by_its_first_bytes() -> None:
    heads = [b"id:X", b"IMEI:8", b"$GPRMC", b"\\c:1", b"", b"im", b"{", b"\x7e", b"GET /"]
    assert [NMEA.recognises(head) for head in heads] == [
        True, True, True, True, None, None, False, False, False,
    ]  # fmt: skip


def test_description_shows_every_field() -> None:
    text = (line(RMC) + line(GGA)).decode()
    for given_text in (text, text.encode().hex()):
        shown = NMEA.describe(given_text)
        assert shown.error is None
        assert shown.message == "RMC+GGA"
        assert shown.fields["RMC"]["true_course"] == "90.0"
        assert shown.positions[0]["speed_kmh"] == 18.5
    assert NMEA.describe("$GPRMC,1*00").error is not None


def test_a_terminal_with_a_token_shows_it_in_its_log_in_line() -> None:
    register = Register("BOAT-1")
    register.tokens["BOAT-1"] = "abcde-fghjk"
    assert isinstance(
        NMEA.session(register).receive_data(login("BOAT-1", "abcde-fghjk"), 0)[0], Online
    )
    for line in (login("BOAT-1"), login("BOAT-1", "guess")):
        bad, close = NMEA.session(register).receive_data(line, 0)
        assert isinstance(bad, Bad)
        assert (bad.reason, bad.frame) == ("wrong_token", b"id:BOAT-1")
        assert close == Close("wrong_token")
