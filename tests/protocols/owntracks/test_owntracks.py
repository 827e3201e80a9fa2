"""OwnTracks: what counts, what is passed over, what is refused; encrypted payloads."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.contract import Bad, KnownDevice, Offline, ProtocolError, Report, Unregistered
from protocols.owntracks import OWNTRACKS, OwnTracksSession, seal, unseal
from protocols.owntracks.messages import IGNORED
from protocols.owntracks.rows import decode_reports
from protocols.transports import OverHttp, OverMqtt, Request
from tests.protocols.directory import Register
from tests.protocols.vectors import check, vectors

ZHANG = "zhang/phone"
PLACE = b'{"_type":"location","tst":1790000000,"lat":31.2,"lon":121.4,"acc":9}'


def session(*known: str) -> OwnTracksSession:
    return OWNTRACKS.session_for(Register(*known), ZHANG)


@pytest.mark.parametrize("vector", vectors("owntracks"), ids=lambda vector: vector["name"])
def test_vector(vector: dict[str, Any]) -> None:
    check(OWNTRACKS, vector)


def test_a_place_is_a_report() -> None:
    app = session(ZHANG)
    (report,) = app.receive_data(PLACE, 0)
    assert report == Report(KnownDevice(1, 7), ZHANG, PLACE, None)
    assert isinstance(report, Report)
    assert app.acknowledge(report, None) == b""


def test_a_stranger_is_told_apart() -> None:
    assert session().receive_data(PLACE, 0) == [Unregistered(ZHANG)]


def test_the_will_says_that_the_app_has_gone() -> None:
    assert session(ZHANG).receive_data(b'{"_type":"lwt","tst":1}', 0) == [Offline(ZHANG)]


@pytest.mark.parametrize("kind", sorted(IGNORED))
def test_what_is_no_place_is_passed_over(kind: str) -> None:
    payload = json.dumps({"_type": kind, "tst": "yesterday", "waypoints": [1]}).encode()
    assert session(ZHANG).receive_data(payload, 0) == []


def test_an_empty_payload_is_passed_over() -> None:
    assert session(ZHANG).receive_data(b"", 0) == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{", "invalid_json"),
        (b"\xff\xfe", "invalid_json"),
        (b"[1]", "invalid_message"),
        (b'{"lat":1}', "invalid_message"),
        (b'{"_type":"location","tst":"now","lat":1,"lon":1}', "invalid_message"),
        (b'{"_type":"location","tst":1}', "invalid_message"),
        (b'{"_type":"transition","tst":1,"lat":1,"lon":1,"event":"jump"}', "invalid_message"),
        (b'{"_type":"party"}', "unknown_type"),
        (b'{"_type":"encrypted","data":"AAAA"}', "cannot_decrypt"),
        (b'{"_type":"encrypted","data":"%%"}', "invalid_message"),
        (b" " * (1 << 20) + b"{}", "too_large"),
    ],
)
def test_a_bad_payload_is_told(payload: bytes, reason: str) -> None:
    (bad,) = session(ZHANG).receive_data(payload, 0)
    assert isinstance(bad, Bad)
    assert (bad.reason, bad.identity) == (reason, ZHANG)
    assert len(bad.frame) <= 4_096
    assert 0 in decode_reports([payload]).bad


@pytest.mark.parametrize("tst", [0, -5, 10**12, 1e300])
def test_a_time_that_is_none_is_left_to_the_window(tst: float) -> None:
    payload = json.dumps({"_type": "location", "tst": tst, "lat": 1, "lon": 1}).encode()
    assert decode_reports([payload]).batch.rows["time_us"][0] == 0


@given(st.binary(max_size=200), st.text(max_size=40))
def test_sealed_and_unsealed(message: bytes, key: str) -> None:
    sealed = json.loads(seal(message, key))
    assert sealed["_type"] == "encrypted"
    data = base64.b64decode(sealed["data"])
    assert unseal(data, key) == message
    with pytest.raises(ProtocolError, match="cannot_decrypt"):
        unseal(data, ("b" if key[:1] == "a" else "a") + key[1:])
    with pytest.raises(ProtocolError, match="cannot_decrypt"):
        unseal(data[:-1] + bytes([data[-1] ^ 1]), key)


def test_the_key_is_the_apps_passphrase_filled_with_zeros() -> None:
    """As libsodium's crypto_secretbox_easy makes it of key, nonce and message."""
    nonce = bytes(range(24))
    data = base64.b64decode(json.loads(seal(b"{}", "s3cret", nonce))["data"])
    assert data[:24] == nonce
    assert len(data) == 24 + 16 + 2
    from nacl.bindings import crypto_secretbox_open

    assert crypto_secretbox_open(data[24:], nonce, b"s3cret".ljust(32, b"\0")) == b"{}"


def test_an_encrypted_place_is_a_report_of_what_it_holds() -> None:
    register = Register(ZHANG)
    app = OWNTRACKS.session_for(register, ZHANG)
    key = register.encryption_key(ZHANG)
    (report,) = app.receive_data(seal(PLACE, key), 0)
    assert isinstance(report, Report)
    assert report.frame == PLACE
    (bad,) = app.receive_data(seal(seal(PLACE, key), key), 0)
    assert isinstance(bad, Bad)
    assert bad.reason == "invalid_message"


def request(query: str = "", username: str | None = None, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", "/pub", query, named, PLACE, username, "secret")


@pytest.mark.parametrize(
    "posted",
    [
        request(x_limit_u="zhang", x_limit_d="phone"),
        request("u=zhang&d=phone"),
        request(x_limit_u="zhang", query="d=phone"),
        request("d=phone", username="zhang"),
    ],
)
def test_a_request_names_user_and_device(posted: Request) -> None:
    found = OWNTRACKS.address(posted)
    assert (found.identity, found.secret, found.payload) == (ZHANG, "secret", PLACE)


@pytest.mark.parametrize("posted", [request(), request("u=zhang"), request(x_limit_d="phone")])
def test_a_request_without_a_name_is_refused(posted: Request) -> None:
    with pytest.raises(ProtocolError, match="no_identity"):
        OWNTRACKS.address(posted)


def test_topics() -> None:
    assert isinstance(OWNTRACKS, OverMqtt)
    assert isinstance(OWNTRACKS, OverHttp)
    assert OWNTRACKS.identity_of("owntracks/zhang/phone") == ZHANG
    assert OWNTRACKS.identity_of("owntracks/zhang/phone/event") == ZHANG
    assert OWNTRACKS.reply_topic(ZHANG, "ack") is None


@given(st.lists(st.binary(max_size=60) | st.sampled_from([PLACE]), max_size=8))
def test_whatever_comes_is_a_row_or_a_reason(frames: list[bytes]) -> None:
    decoded = decode_reports(frames)
    assert sorted([*decoded.report.tolist(), *decoded.bad]) == list(range(len(frames)))
