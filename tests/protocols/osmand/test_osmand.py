"""OsmAnd and Traccar Client: parameters, forms and JSON."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.contract import Bad, KnownDevice, ProtocolError, Report, Unregistered
from protocols.osmand import OSMAND, OsmAndSession
from protocols.osmand.messages import read_pairs
from protocols.osmand.rows import decode_reports, time_us_of
from protocols.transports import OverHttp, Request
from tests.protocols.directory import Register
from tests.protocols.vectors import check, vectors

NOW_US = 1_790_000_000_000_000
PLACE = b"timestamp=1790000000&lat=31.2&lon=121.4"


def session(*known: str) -> OsmAndSession:
    return OSMAND.session_for(Register(*known), "7")


@pytest.mark.parametrize("vector", vectors("osmand"), ids=lambda vector: vector["name"])
def test_vector(vector: dict[str, Any]) -> None:
    check(OSMAND, vector)


def test_a_place_is_a_report() -> None:
    assert session("7").receive_data(PLACE, 0) == [Report(KnownDevice(1, 7), "7", PLACE, None)]
    assert session().receive_data(PLACE, 0) == [Unregistered("7")]


def test_what_has_no_time_is_of_now() -> None:
    (report,) = session("7").receive_data(b"lat=31.2&lon=121.4", NOW_US)
    assert isinstance(report, Report)
    assert decode_reports([report.frame]).batch.rows["time_us"][0] == NOW_US


def test_a_kept_day_in_one_request() -> None:
    fixes = ",".join(
        f'{{"timestamp":{1_790_000_000 + n},"coords":{{"latitude":31,"longitude":121}}}}'
        for n in range(1_000)
    )
    frame = f'{{"location":[{fixes}],"device_id":7}}'.encode()
    (report,) = session("7").receive_data(frame, 0)
    assert isinstance(report, Report)
    assert len(decode_reports([frame, PLACE]).batch.rows) == 1_001


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"{", "invalid_json"),
        (b'{"location":{}}', "invalid_message"),
        (b'{"location":[],"device_id":"7"}', "invalid_message"),
        (
            b'{"location":{"timestamp":1,"coords":{"latitude":"x","longitude":1}}}',
            "invalid_message",
        ),
        (b"&".join(b"a=1" for _ in range(65)), "invalid_message"),
        (b"\xff=1", "invalid_message"),
        (b"a=" + b"x" * (1 << 20), "too_large"),
    ],
)
def test_a_bad_frame_is_told(frame: bytes, reason: str) -> None:
    (bad,) = session("7").receive_data(frame, 0)
    assert isinstance(bad, Bad)
    assert (bad.reason, bad.identity) == (reason, "7")
    assert decode_reports([frame]).bad[0].reason == reason


@pytest.mark.parametrize("frame", [b"lat=31.2&timestamp=1", b"lat=x&lon=1&timestamp=1"])
def test_a_number_that_is_none_is_told_when_it_is_decoded(frame: bytes) -> None:
    assert decode_reports([frame]).bad[0].reason == "invalid_message"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1790000000", NOW_US),
        ("1790000000.25", NOW_US + 250_000),
        ("1790000000250", NOW_US + 250_000),
        ("2026-09-21T22:13:20+08:00", NOW_US),
        ("2026-09-21 14:13:20", NOW_US),
        ("", 0),
        ("soon", 0),
        ("-1", 0),
        ("1e300", 0),
        ("nan", 0),
        ("inf", 0),
    ],
)
def test_times(text: str, expected: int) -> None:
    assert time_us_of(text) == expected


def request(query: str = "", body: bytes = b"") -> Request:
    return Request("POST", "/osmand", query, {}, body, None, "password")


@pytest.mark.parametrize(
    ("posted", "identity", "secret", "payload"),
    [
        (request("id=7&lat=1&lon=2"), "7", "password", b"lat=1&lon=2"),
        (request("deviceid=7&token=t&lat=1"), "7", "t", b"lat=1"),
        (request("token=t", b"id=7&lat=1"), "7", "t", b"lat=1"),
        (request("id=7", b"lat=1"), "7", "password", b"lat=1"),
    ],
)
def test_a_request_names_the_device_and_its_secret_is_not_kept(
    posted: Request, identity: str, secret: str, payload: bytes
) -> None:
    found = OSMAND.address(posted)
    assert (found.identity, found.secret, found.payload) == (identity, secret, payload)


def test_the_json_form_names_the_device_itself() -> None:
    assert isinstance(OSMAND, OverHttp)
    body = b'{"location":{"timestamp":1,"coords":{"latitude":1,"longitude":2}},"device_id":"7"}'
    found = OSMAND.address(request("token=t", body))
    assert (found.identity, found.secret, found.payload) == ("7", "t", body)


@pytest.mark.parametrize("posted", [request(), request("lat=1&lon=2"), request("id=&lat=1")])
def test_a_request_without_a_name_is_refused(posted: Request) -> None:
    with pytest.raises(ProtocolError, match="no_identity"):
        OSMAND.address(posted)


@given(st.lists(st.binary(max_size=60) | st.sampled_from([PLACE]), max_size=8))
def test_whatever_comes_is_a_row_or_a_reason(frames: list[bytes]) -> None:
    decoded = decode_reports(frames)
    assert sorted([*decoded.report.tolist(), *decoded.bad]) == list(range(len(frames)))


def test_pairs_keep_their_order() -> None:
    assert read_pairs("b=1&a=%E5%B7%A1&a=") == [("b", "1"), ("a", "巡"), ("a", "")]
