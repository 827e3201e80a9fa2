"""The simulators' own encoding of reports against the server's decoder."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.signals import SIGNALS
from protocols.jt808.framing import unwrap
from protocols.jt808.header import pack_frames, pack_phone
from protocols.registry import protocols_by_name
from simulators.city import build_city
from simulators.fleet import FIX_DTYPE, Fixes, build_fleet
from simulators.terminal import batch_bodies, location_bodies
from simulators.terminal.reports import MAX_BATCH_ITEMS

ORIGIN_S = 1_790_000_000
CARRIED = sum(3 << s.shift for n, s in SIGNALS.items() if n == "ignition" or s.shift >= 2)
PHONE = pack_phone("13800000001", "2013")


def _decode(message_id: int, bodies: list[bytes]) -> np.ndarray:
    frames = [
        unwrap(pack_frames(message_id, body, PHONE, serial)[0][1:-1])
        for serial, body in enumerate(bodies)
    ]
    decoded = protocols_by_name()["jt808"].decode_reports(frames)
    assert decoded.bad == {}
    return decoded.batch.rows


def _check(fixes: Fixes, rows: np.ndarray) -> None:
    np.testing.assert_array_equal(rows["time_us"], (ORIGIN_S + fixes["time_s"]) * 1_000_000)
    for name in ("longitude_e6", "latitude_e6", "altitude_m", "speed_kmh_e1", "course_deg",
                 "satellites", "fix_source"):  # fmt: skip
        np.testing.assert_array_equal(rows[name], fixes[name], name)
    np.testing.assert_array_equal(rows["odometer_m"], fixes["odometer_m"] // 100 * 100)
    known = fixes["signals"] & CARRIED
    for name, signal in SIGNALS.items():
        said = (known >> signal.shift) & 3
        got = (rows["signals"] >> signal.shift) & 3
        # What a terminal leaves unknown may be filled by the standard's own status bits.
        np.testing.assert_array_equal(got[said > 0], said[said > 0], name)


def test_a_fleets_reports_decode_to_its_fixes() -> None:
    fleet = build_fleet(build_city(7), 7, ORIGIN_S * 1_000_000)
    for unit in fleet.units[:25:4]:
        fixes = unit.fixes(0, 3_600)
        _check(fixes, _decode(0x0200, location_bodies(fixes, ORIGIN_S)))


def test_batches_carry_all_in_order() -> None:
    fleet = build_fleet(build_city(7), 7, ORIGIN_S * 1_000_000)
    fixes = fleet.units[0].fixes(0, 3_600)
    bodies = batch_bodies(location_bodies(fixes, ORIGIN_S))
    assert all(len(body) <= 1_023 for body in bodies)
    assert len(bodies) == -(-len(fixes) // MAX_BATCH_ITEMS)
    _check(fixes, _decode(0x0704, bodies))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**8),
            st.integers(-180_000_000, 180_000_000),
            st.integers(-90_000_000, 90_000_000),
            st.integers(0, 6_000),
            st.integers(0, 2_000),
            st.integers(0, 359),
            st.sampled_from([0, 1]),
            st.integers(0, 60),
            st.integers(0, 2**31 - 100),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_any_fix_survives(values: list[tuple[int, ...]]) -> None:
    fixes = np.zeros(len(values), FIX_DTYPE)
    names = ("time_s", "longitude_e6", "latitude_e6", "altitude_m", "speed_kmh_e1", "course_deg",
             "fix_source", "satellites", "odometer_m")  # fmt: skip
    for place, name in enumerate(names):
        fixes[name] = [row[place] for row in values]
    _check(fixes, _decode(0x0200, location_bodies(fixes, ORIGIN_S)))
