"""Handset JSON: payloads to rows, column by column."""

from __future__ import annotations

import json

from model.position import UNKNOWN, UNKNOWN_ALTITUDE_M, FixSource
from model.signals import unpack
from protocols.handset import (
    Fix,
    encode_fixes,
)
from protocols.handset.rows import decode_reports
from tests.protocols.handset.phone import NOW_MS, rows


def test_columns() -> None:
    fix = Fix(
        t="2026-11-22T08:00:00+08:00",
        lon=121.4325304,
        lat=-31.2349256,
        alt=-3.4,
        spd=5.25,
        crs=359.7,
        acc=4.1,
        src="wifi",
        sat=7,
        mock=True,
    )
    payload = encode_fixes(1, [fix], gnss="poor", bat=55, net="4g", shift="off")
    decoded = decode_reports([payload])
    row = decoded.batch.rows[0]
    expected = {
        "time_us": 1_795_305_600_000_000,
        "longitude_e6": 121_432_530,
        "latitude_e6": -31_234_926,
        "altitude_m": -3,
        "speed_kmh_e1": 52,
        "course_deg": 0,
        "accuracy_m": 5,
        "fix_source": FixSource.WIFI,
        "satellites": 7,
        "odometer_m": UNKNOWN,
    }
    assert {name: int(row[name]) for name in expected} == expected
    assert unpack(int(row["signals"])) == {"on_duty": "no", "mocked": "yes"}
    state = {"battery_pct": 55, "network": "4g", "gnss_state": "poor"}
    assert json.loads(decoded.batch.attributes[0] or "") == state


def test_unknown_is_never_zero() -> None:
    row = rows(encode_fixes(1, [Fix(t=NOW_MS, lon=1.0, lat=2.0, spd=-1.0, acc=-1.0, sat=-1)]))[0]
    for name in ("speed_kmh_e1", "course_deg", "accuracy_m", "satellites", "odometer_m"):
        assert int(row[name]) == UNKNOWN
    assert int(row["altitude_m"]) == UNKNOWN_ALTITUDE_M
    assert int(row["signals"]) == 0


def test_a_fix_without_a_place_has_no_source() -> None:
    found = rows(encode_fixes(1, [Fix(t=NOW_MS), Fix(t=NOW_MS, lon=1.0, lat=2.0, src="none")]))
    assert [int(row["fix_source"]) for row in found] == [FixSource.NONE, FixSource.NONE]


def test_one_odd_fix_costs_no_sibling() -> None:
    odd = [
        Fix(t=10**18, lon=1.0, lat=1.0),
        Fix(t="yesterday", lon=1.0, lat=1.0),
        Fix(t="2026-11-22T08:00:00", lon=1.0, lat=1.0),
        Fix(t=NOW_MS, lon=1e300, lat=-1e300, alt=1e9, spd=1e9, crs=400.0, acc=1e9),
    ]
    found = rows(encode_fixes(1, [Fix(t=NOW_MS, lon=121.4, lat=31.2), *odd]))
    assert [int(row["time_us"]) for row in found[:4]] == [NOW_MS * 1000, 0, 0, 0]
    assert int(found[4]["longitude_e6"]) > 180_000_000
    assert int(found[4]["altitude_m"]) == 2**15 - 1
