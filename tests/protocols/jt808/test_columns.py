"""The columnar decoder says what the plain one says, whatever comes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.position import FixSource
from model.signals import YES, pack, unpack
from protocols.contract import Decoded, ProtocolError
from protocols.jt808 import Fix, Jt808, encode_fix, encode_frames, layouts, unwrap
from protocols.jt808.bodies import REPORT_IDS
from protocols.jt808.columns import decode_reports, times_us
from protocols.jt808.profiles import PROFILES
from protocols.jt808.row import Row, check_place, decode_row, time_us_of
from tests.protocols.jt808.locations import batch_of, bodies, frame_of, tails
from tests.protocols.jt808.test_shared_vectors import ALL

versions = st.sampled_from(["2013", "2019"])


def plain(body: bytes) -> tuple[Row, str | None]:
    """One row by the plain decoder. Raises ProtocolError as a single report would be refused."""
    row, attributes = decode_row(body)
    if not row["time_us"]:
        raise ProtocolError("time")
    check_place(row)
    return row, attributes


def rows_of(decoded: Decoded) -> list[tuple[int, Row, str | None]]:
    names = [n for n in decoded.batch.rows.dtype.names or () if n in decode_row(bytes(28))[0]]
    return [
        (int(report), {name: int(row[name]) for name in names}, attributes)
        for report, row, attributes in zip(
            decoded.report, decoded.batch.rows, decoded.batch.attributes, strict=True
        )
    ]


def assert_same(found: list[bytes], decoded: Decoded) -> None:
    expected, refused = [], {}
    for index, body in enumerate(found):
        try:
            expected.append((index, *plain(body)))
        except ProtocolError as error:
            refused[index] = error.reason
    assert rows_of(decoded) == expected
    assert {index: error.reason for index, error in decoded.bad.items()} == refused


@given(st.lists(bodies(), max_size=12), versions)
def test_any_locations(found: list[bytes], version: str) -> None:
    assert_same(found, decode_reports([frame_of(body, version=version) for body in found]))


@given(bodies(), st.lists(st.integers(0, 27), max_size=6), tails)
def test_rows_of_one_layout_and_a_stranger(body: bytes, places: list[int], tail: bytes) -> None:
    """Several rows share a layout, as the fast path wants; one does not."""
    found = [body]
    for place in places:
        changed = bytearray(found[-1])
        changed[place] ^= 1
        found.append(bytes(changed))
    found.append(body[:28] + tail)
    assert_same(found, decode_reports([frame_of(body) for body in found]))


def test_more_layouts_than_a_batch_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protocols.jt808.columns.MAX_LAYOUTS_A_BATCH", 2)
    base = encode_fix(Fix(1_700_000_000_000_000, 121_000_000, 31_000_000, odometer_m=5_000))
    found = [base + bytes((0xE1, size)) + bytes(size) for size in range(6) for _row in range(4)]
    assert_same(found, decode_reports([frame_of(body) for body in found]))


def test_caches_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "MAX_CACHED_TEXTS", 8)
    monkeypatch.setattr(layouts, "MAX_CACHED_LAYOUTS", 4)
    base = encode_fix(Fix(1_700_000_000_000_000, 121_000_000, 31_000_000))
    for kind in range(0xE6, 0xF0):
        found = [base + bytes((kind, 1, value)) for value in range(40)]
        assert_same(found, decode_reports([frame_of(body) for body in found]))
        assert len(layouts._layouts) <= 4
    assert all(len(part) <= 8 for known in layouts._layouts.values() for part in known._parts)


@given(st.lists(bodies(), min_size=1, max_size=5), st.lists(bodies(), max_size=3))
def test_batches_keep_every_row(batch: list[bytes], single: list[bytes]) -> None:
    """Rows of a 0x0704 stay with their raw values; order and reports are kept."""
    frames = [frame_of(batch_of(batch), 0x0704), *map(frame_of, single)]
    decoded = decode_reports(frames)
    first = [(0, *decode_row(body)) for body in batch]
    assert rows_of(decoded)[: len(batch)] == first
    assert 0 not in decoded.bad
    assert set(decoded.report[len(batch) :].tolist()) | set(decoded.bad) == set(
        range(1, len(frames))
    )


def test_wrong_count_of_a_batch_is_not_asked() -> None:
    body = encode_fix(Fix(1_700_000_000_000_000, 121_000_000, 31_000_000))
    raw = b"\0\x09" + batch_of([body, body])[2:]
    decoded = decode_reports([frame_of(raw, 0x0704)])
    assert len(decoded.batch) == 2
    assert not decoded.bad


def test_damaged_batch_keeps_what_is_whole_and_says_so() -> None:
    body = encode_fix(Fix(1_700_000_000_000_000, 121_000_000, 31_000_000))
    decoded = decode_reports([frame_of(batch_of([body, body])[:-5], 0x0704)])
    assert len(decoded.batch) == 1
    assert decoded.bad[0].reason == "items_damaged"


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "short"),
        (bytes(5), "short"),
        (frame_of(bytes(27)), "body_short"),
        (frame_of(bytes(28))[:-1] + b"\xff", "checksum"),
        (frame_of(bytes(28), 0x0100), "not_a_report"),
        (frame_of(bytes(28)), "time"),
        (frame_of(b"\0\0\0", 0x0704), "items_damaged"),
    ],
)
def test_bad_report_is_named_and_its_siblings_live(frame: bytes, reason: str) -> None:
    good = frame_of(encode_fix(Fix(1_700_000_000_000_000, 121_000_000, 31_000_000)))
    decoded = decode_reports([good, frame, good])
    assert decoded.report.tolist() == [0, 2]
    assert {index: error.reason for index, error in decoded.bad.items()} == {1: reason}


def test_no_frames() -> None:
    decoded = decode_reports([])
    assert (len(decoded.batch), len(decoded.report), decoded.bad) == (0, 0, {})


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_bytes_of_any_kind_never_raise(frames: list[bytes]) -> None:
    decoded = decode_reports(frames)
    assert len(decoded.report) == len(decoded.batch)


@given(st.binary(min_size=6, max_size=6))
def test_times(bcd: bytes) -> None:
    assert int(times_us(np.frombuffer(bcd, np.uint8)[None])[0]) == (time_us_of(bcd) or 0)


@pytest.mark.parametrize("vector", [v for v in ALL if v["msg_id"] in ("0x0200", "0x0704")],
                         ids=lambda vector: vector["id"])  # fmt: skip
def test_frames_from_the_wild(vector: dict[str, Any]) -> None:
    raw = bytes.fromhex(vector["hex"])
    frame = unwrap(raw[1:-1]) if vector["kind"] == "frame" else frame_of(raw)
    assert int(frame[:2].hex(), 16) in REPORT_IDS
    decoded = decode_reports([frame] * 3)  # enough rows for the columnar way
    expected = vector["expect"]["body"].get("items", [vector["expect"]["body"]])
    places = [(signed(body["lat"]), signed(body["lon"])) for body in expected]
    if vector["msg_id"] == "0x0200" and abs(places[0][0]) > 90_000_000:
        assert decoded.bad[0].reason == "coordinates"
        return
    assert not decoded.bad
    assert len(decoded.batch) == 3 * len(expected)
    for row, body, place in zip(decoded.batch.rows, expected, places, strict=False):
        assert (int(row["latitude_e6"]), int(row["longitude_e6"])) == place
        assert int(row["speed_kmh_e1"]) == round(body["speed_kmh"] * 10)
        assert int(row["alarm_bits"]) == body["alarm"]


def signed(degrees: float) -> int:
    """1e-6 degree; a few senders write two's complement, which the vectors show unsigned."""
    value = round(degrees * 1e6)
    if abs(value) < 2**31:
        return value
    return abs(value) - 2**32


@given(
    st.integers(946_684_800, 4_102_444_799 - 9 * 3600),
    st.integers(-180_000_000, 180_000_000),
    st.integers(-90_000_000, 90_000_000),
    st.integers(0, 2**26 - 1),
    st.integers(0, 21_474_836),
)
def test_a_fix_comes_back(
    time_s: int, longitude_e6: int, latitude_e6: int, work: int, odometer: int
) -> None:
    fix = Fix(
        time_s * 1_000_000,
        longitude_e6,
        latitude_e6,
        altitude_m=-7,
        speed_kmh_e1=417,
        course_deg=359,
        satellites=9,
        odometer_m=odometer * 100,
        signals=work << 2 | 2,
    )
    decoded = decode_reports([frame_of(encode_fix(fix))] * 3)
    row = decoded.batch.rows[1]
    assert (int(row["time_us"]), int(row["odometer_m"])) == (fix.time_us, fix.odometer_m)
    assert (int(row["longitude_e6"]), int(row["latitude_e6"])) == (longitude_e6, latitude_e6)
    assert (int(row["altitude_m"]), int(row["satellites"])) == (-7, 9)
    assert int(row["fix_source"]) == FixSource.GNSS
    found, sent = unpack(int(row["signals"])), unpack(fix.signals)
    if work:
        always = {"antenna_ok": "yes", "main_power_ok": "yes"}
        assert found == always | sent
    else:
        assert found["loaded"] == "empty"


def test_profile_reads_vendor_bits() -> None:
    status = 1 << 28 | 1 << 29
    fix = Fix(1_700_000_000_000_000, 121_000_000, 31_000_000, status_bits=status)
    frame = unwrap(encode_frames(0x0200, encode_fix(fix), "1", 0)[1:-1])
    other = unwrap(encode_frames(0x0200, encode_fix(fix), "2", 0, "2019")[1:-1])
    decoder = Jt808()
    decoder.speak({"2": PROFILES["trwy"]})
    decoded = decoder.decode_reports([frame, other, b"\0", frame])
    assert decoded.report.tolist() == [0, 1, 3]
    assert decoded.bad[2].reason == "short"
    signals = decoded.batch.rows["signals"].tolist()
    assert signals[2] == signals[0]
    assert unpack(int(signals[0])).get("cover_closed") is None
    trwy = unpack(int(signals[1]))
    assert (trwy["loaded"], trwy["cover_closed"], trwy["body_raised"]) == ("full", "no", "no")


def test_attributes_are_json_of_everything_without_a_column() -> None:
    fix = Fix(
        1_700_000_000_000_000,
        121_000_000,
        31_000_000,
        satellites=5,
        signals=pack(spraying=YES),
        status_bits=1 << 12 | 1 << 30,
        items=[(0x02, b"\x01\x23"), (0xEB, b"\xaa\x25"), (0x2B, b"\0\1\0\2")],
    )
    text = decode_reports([frame_of(encode_fix(fix))] * 3).batch.attributes[2]
    assert json.loads(text or "") == {
        "status_bits": ["door_locked", "bit_30"],
        "fuel_l": 29.1,
        "0xEB": "aa25",
        "ad0": 2,
        "ad1": 1,
    }
