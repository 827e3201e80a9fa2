"""What the encoder writes the decoder reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model.position import FixSource
from protocols.owntracks import encode_location
from protocols.owntracks.rows import decode_reports


@given(
    st.integers(1_000_000_000, 4_000_000_000),
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.integers(0, 30_000),
    st.integers(0, 200),
    st.integers(0, 359),
    st.sampled_from(["gps", "network", None]),
)
def test_a_location_there_and_back(
    time_s: int,
    longitude: float,
    latitude: float,
    accuracy_m: int,
    speed_kmh: int,
    course_deg: int,
    source: str | None,
) -> None:
    payload = encode_location(
        time_s,
        longitude,
        latitude,
        accuracy_m=accuracy_m,
        speed_kmh=speed_kmh,
        course_deg=course_deg,
        source=source,
    )
    decoded = decode_reports([payload])
    assert not decoded.bad
    row = decoded.batch.rows[0]
    assert row["time_us"] == time_s * 1_000_000
    assert (row["longitude_e6"], row["latitude_e6"]) == (
        round(longitude * 1e6),
        round(latitude * 1e6),
    )
    assert (row["accuracy_m"], row["speed_kmh_e1"]) == (accuracy_m, speed_kmh * 10)
    assert row["course_deg"] == course_deg
    assert row["fix_source"] == (FixSource.LBS if source == "network" else FixSource.GNSS)


def test_what_is_not_known_is_left_out() -> None:
    payload = encode_location(1_790_000_000, 118.8, 32.05)
    assert b"null" not in payload
    assert b"acc" not in payload
    assert decode_reports([payload]).batch.rows[0]["accuracy_m"] == -1
