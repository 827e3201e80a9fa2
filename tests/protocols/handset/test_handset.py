"""Handset JSON: sessions, rows, caps, the published schema."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.position import FixSource
from model.signals import unpack
from protocols.contract import (
    Answered,
    Bad,
    Close,
    KnownDevice,
    Online,
    ProtocolError,
    Report,
    Send,
    Unregistered,
    Upload,
)
from protocols.handset import (
    HANDSET,
    Answer,
    CheckIn,
    Fix,
    Gap,
    Gaps,
    Hello,
    Photo,
    Shift,
    Sos,
    encode,
    encode_fixes,
    encode_track,
)
from protocols.handset.messages import MAX_FIXES, MAX_PAYLOAD_BYTES
from protocols.handset.rows import decode_reports
from protocols.handset.session import MAX_QUARANTINED_BYTES
from tests.protocols.directory import Register
from tests.protocols.handset.phone import NOW_MS, ONE, rows, session


def test_a_fix_is_reported_and_acknowledged_by_its_seq() -> None:
    handset = session("H1")
    (report,) = handset.receive_data(ONE, 0)
    assert report == Report(KnownDevice(1, 7), "H1", ONE, 3)
    assert isinstance(report, Report)
    assert json.loads(handset.acknowledge(report, None)) == {"seq": 3, "ok": True}
    refused = json.loads(handset.acknowledge(report, ProtocolError("time")))
    assert refused == {"seq": 3, "ok": False, "error": "time"}


def test_unknown_handset_gets_no_answer() -> None:
    assert session().receive_data(ONE, 0) == [Unregistered("H1", {"type": "fixes"})]


def test_a_stream_without_a_topic_is_not_believed() -> None:
    bad, close = HANDSET.session(Register(open=True)).receive_data(ONE, 0)
    assert isinstance(bad, Bad)
    assert close == Close("no_identity")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            Hello(v=1, seq=1, model="M"),
            Online(KnownDevice(1, 7), "H1", {"model": "M", "app": None}),
        ),
        (Shift(v=1, seq=1, shift="off"), Online(KnownDevice(1, 7), "H1", {"shift": "off"})),
        (Answer(v=1, seq=1, id=42, result="done"), Answered("H1", 42, "done")),
    ],
)
def test_what_carries_no_fix_is_acknowledged_at_once(message: Any, expected: Any) -> None:
    event, ack = session("H1").receive_data(encode(message), 0)
    assert event == expected
    assert isinstance(ack, Send)
    assert json.loads(ack.data) == {"seq": 1, "ok": True}


def test_a_shift_with_a_fix_is_a_position_on_duty() -> None:
    payload = encode(Shift(v=1, seq=1, shift="on", fix=Fix(t=NOW_MS, lon=1.0, lat=2.0)))
    (report,) = session("H1").receive_data(payload, 0)
    assert isinstance(report, Report)
    assert unpack(int(rows(payload)[0]["signals"])) == {"on_duty": "yes"}


def told(message: Any) -> tuple[Any, list[Any]]:
    """Rows and attributes of a report."""
    payload = encode(message)
    (report,) = session("H1").receive_data(payload, 0)
    assert isinstance(report, Report)
    decoded = decode_reports([payload])
    assert not decoded.bad
    return decoded.batch.rows, [json.loads(text) for text in decoded.batch.attributes if text]


def test_a_check_in_is_a_position_that_says_so() -> None:
    here = Fix(t=NOW_MS, lon=1.0, lat=2.0)
    check_in = CheckIn(v=1, seq=1, fix=here, point="P-7", shift="on")
    rows_, attributes = told(check_in)
    assert unpack(int(rows_[0]["signals"])) == {"on_duty": "yes", "check_in": "yes"}
    assert attributes == [{"event": "check_in", "point": "P-7"}]


def test_a_call_for_help_raises_the_emergency_alarm() -> None:
    rows_, attributes = told(Sos(v=1, seq=1, fix=Fix(t=NOW_MS, src="none"), text="摔倒", bat=5))
    assert (rows_[0]["alarm_bits"], rows_[0]["fix_source"]) == (1, FixSource.NONE)
    assert attributes == [{"battery_pct": 5, "event": "sos", "text": "摔倒"}]


def test_gaps_are_rows_without_a_place() -> None:
    gaps = [
        Gap(t=NOW_MS, until=NOW_MS + 90_500, why="app_killed"),
        Gap(t="2026-09-22T08:00:00+08:00", until="2026-09-22T08:10:00+08:00", why="phone_off"),
        Gap(t=NOW_MS, until=NOW_MS - 1, why="no_gnss"),
    ]
    rows_, attributes = told(Gaps(v=1, seq=1, gaps=gaps))
    assert (rows_["fix_source"] == FixSource.NONE).all()
    assert rows_["time_us"][0] == NOW_MS * 1_000
    assert attributes == [
        {"gap": "app_killed", "gap_s": 90.5},
        {"gap": "phone_off", "gap_s": 600},
        {"gap": "no_gnss", "gap_s": 0},
    ]


@pytest.mark.parametrize("fix", [None, Fix(t=NOW_MS), Fix(t=NOW_MS, lon=121.4, lat=-31.2)])
def test_a_photo_is_an_upload(fix: Fix | None) -> None:
    photo = Photo(v=1, seq=9, photo_id=3, data=b"\xff\xd8\xff...", fix=fix, text="占道经营")
    handset = session("H1")
    (upload,) = handset.receive_data(encode(photo), 0)
    assert isinstance(upload, Upload)
    assert (upload.data, upload.media_id, upload.note) == (b"\xff\xd8\xff...", 3, "占道经营")
    assert upload.time_us == (NOW_MS * 1_000 if fix else None)
    placed = fix is not None and fix.lon is not None
    assert (upload.longitude_e6, upload.latitude_e6) == (
        (121_400_000, -31_200_000) if placed else (None, None)
    )
    assert json.loads(handset.acknowledge(upload, None)) == {"seq": 9, "ok": True}


_PLACED = st.tuples(st.integers(-180_000_000, 180_000_000), st.integers(-90_000_000, 90_000_000))


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1_600_000_000, 2_000_000_000),
            st.none() | _PLACED,
            st.none() | st.integers(0, 900),
            st.none() | st.integers(0, 2_000).map(lambda tenths: tenths / 10),
            st.none() | st.integers(0, 359),
            st.sampled_from(["gnss", "lbs", "wifi"]),
            st.none() | st.booleans(),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_the_compact_form_says_the_same(drawn: list[tuple[Any, ...]]) -> None:
    fixes = [
        Fix(
            t=seconds * 1_000,
            lon=place[0] / 1e6 if place else None,
            lat=place[1] / 1e6 if place else None,
            acc=accuracy,
            spd=speed,
            crs=course,
            src=source if place else "none",
            mock=mock,
        )
        for seconds, place, accuracy, speed, course, source, mock in drawn
    ]
    state: dict[str, Any] = {"gnss": "ok", "bat": 70, "net": "4g", "shift": "on"}
    both = decode_reports([encode_fixes(1, fixes, **state), encode_track(1, fixes, **state)])
    assert not both.bad
    full, compact = both.batch.rows[: len(fixes)], both.batch.rows[len(fixes) :]
    placed = full["fix_source"] != FixSource.NONE
    for name in full.dtype.names or ():
        mask = placed if name.endswith("_e6") else slice(None)
        assert full[name][mask].tolist() == compact[name][mask].tolist(), name
    assert len(set(both.batch.attributes)) == 1


@pytest.mark.parametrize(
    ("payload", "reason", "answered"),
    [
        (b"{", "invalid_json", False),
        (b"\xff\xfe", "invalid_json", False),
        (b"[" * 200_000, "invalid_message", False),
        (b'{"v":1,"seq":9,"type":"fixes","fixes":[{"t":1,"lon":"x"}]}', "invalid_message", True),
        (b'{"v":1,"seq":9,"type":"fixes","fixes":[]}', "invalid_message", True),
        (b'{"v":2,"seq":9,"type":"hello"}', "invalid_message", True),
        (b'{"v":1,"seq":9,"type":"party"}', "invalid_message", True),
        (b'{"v":1,"seq":"9","type":"hello"}', "invalid_message", False),
        (b'{"pad":"' + b"x" * MAX_PAYLOAD_BYTES + b'"}', "too_large", False),
        (encode_fixes(9, [Fix(t=1)] * (MAX_FIXES + 1)), "invalid_message", True),
    ],
    ids=lambda value: value[:30].decode(errors="replace") if isinstance(value, bytes) else None,
)
def test_bad_payload_is_quarantined(payload: bytes, reason: str, answered: bool) -> None:
    bad, *answers = session("H1").receive_data(payload, 0)
    assert isinstance(bad, Bad)
    assert (bad.reason, bad.identity) == (reason, "H1")
    assert len(bad.frame) <= MAX_QUARANTINED_BYTES
    acks = [json.loads(event.data) for event in answers if isinstance(event, Send)]
    assert acks == [{"seq": 9, "ok": False, "error": reason}] * answered
    assert decode_reports([payload]).bad[0].reason == reason


def test_reports_and_bad_ones_are_told_apart() -> None:
    two = encode_fixes(1, [Fix(t=NOW_MS, lon=1.0, lat=2.0)] * 2)
    decoded = decode_reports([two, b"{", encode(Hello(v=1, seq=1)), ONE])
    assert decoded.report.tolist() == [0, 0, 3]
    reasons = {index: error.reason for index, error in decoded.bad.items()}
    assert reasons == {1: "invalid_json", 2: "not_a_report"}
    assert len(decode_reports([]).batch) == 0


@given(st.binary(max_size=200))
def test_any_payload(payload: bytes) -> None:
    events = session("H1").receive_data(payload, 0)
    assert events
    decode_reports([payload])


@given(
    st.integers(1, 2**45),
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.floats(0, 300),
)
def test_round_trip(time_ms: int, longitude: float, latitude: float, speed_kmh: float) -> None:
    row = rows(encode_fixes(1, [Fix(t=time_ms, lon=longitude, lat=latitude, spd=speed_kmh)]))[0]
    assert int(row["time_us"]) == time_ms * 1000
    assert abs(int(row["longitude_e6"]) / 1e6 - longitude) <= 5.1e-7
    assert abs(int(row["latitude_e6"]) / 1e6 - latitude) <= 5.1e-7
    assert abs(int(row["speed_kmh_e1"]) / 10 - speed_kmh) <= 0.051


def test_commands() -> None:
    handset = session("H1")
    text = json.loads(handset.command("H1", 5, "text", {"text": "回岗"}))
    assert text == {"type": "text", "id": 5, "text": "回岗", "flags": []}
    for kind, body, reason in (
        ("photo", {}, "unsupported_command"),
        ("text", {"text": "x" * 1025}, "too_long"),
    ):
        with pytest.raises(ProtocolError) as raised:
            handset.command("H1", 5, kind, body)
        assert raised.value.reason == reason


@pytest.mark.parametrize(("head", "ours"), [(b"{", True), (b"", None), (b"\x7e", False)])
def test_recognises(head: bytes, ours: bool | None) -> None:
    assert HANDSET.recognises(head) is ours


def test_a_task_goes_down_and_is_answered_step_by_step() -> None:
    handset = session("H1")
    body = {
        "text": "清理",
        "kind": "task",
        "place": [121.5, 31.2],
        "deadline_ms": 1_790_000_000_000,
    }
    sent = json.loads(handset.command("H1", 43, "task", body))
    assert sent == {
        "type": "task", "id": 43, "want": "done", "text": "清理", "lon": 121.5, "lat": 31.2,
        "until": 1_790_000_000_000,
    }  # fmt: skip
    message = json.loads(handset.command("H1", 44, "task", {"text": "开会", "kind": "message"}))
    assert message == {"type": "task", "id": 44, "want": "read", "text": "开会"}
    for result in ("received", "read", "done"):
        events = handset.receive_data(encode(Answer(v=1, seq=1, id=43, result=result)), 0)
        assert [e.result for e in events if isinstance(e, Answered)] == [result]
