"""What the encoders write the decoder reads: parameters and JSON say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.signals import NO, YES, field
from protocols.osmand import OSMAND, encode_json, encode_query, location
from protocols.osmand.rows import decode_reports
from protocols.transports import Request

fixes = st.builds(
    location,
    st.integers(1_000_000_000, 4_000_000_000),
    st.integers(-180_000_000, 180_000_000).map(lambda e6: e6 / 1e6),
    st.integers(-90_000_000, 90_000_000).map(lambda e6: e6 / 1e6),
    accuracy_m=st.integers(1, 3_000),
    altitude_m=st.integers(-400, 8_000),
    speed_ms=st.integers(0, 600).map(lambda e1: e1 / 10),
    course_deg=st.integers(0, 359),
    mocked=st.booleans(),
)


@given(st.lists(fixes, min_size=1, max_size=5))
def test_both_forms_say_the_same(told: list[object]) -> None:
    as_json = decode_reports([encode_json("A 7", told)])  # type: ignore[arg-type]
    as_query = decode_reports([encode_query("A 7", one) for one in told])  # type: ignore[arg-type]
    assert not as_json.bad
    assert not as_query.bad
    assert as_json.batch.rows.tolist() == as_query.batch.rows.tolist()
    assert set(as_json.report.tolist()) == {0}


@pytest.mark.parametrize("mocked", [True, False])
def test_the_server_reads_who_and_where(mocked: bool) -> None:
    one = location(1_790_000_000, 118.8, 32.05, speed_ms=2.5, mocked=mocked)
    body = encode_json("A/7", [one])
    query = encode_query("A/7", one).decode()
    posted = OSMAND.address(Request("POST", "/osmand", "token=abc", {}, body))
    asked = OSMAND.address(Request("GET", "/osmand", f"token=abc&{query}", {}, b""))
    for addressed in (posted, asked):
        assert (addressed.identity, addressed.secret) == ("A/7", "abc")
        row = decode_reports([addressed.payload]).batch.rows[0]
        assert (row["longitude_e6"], row["latitude_e6"]) == (118_800_000, 32_050_000)
        assert row["speed_kmh_e1"] == 90
        assert field(row["signals"], "mocked") == (YES if mocked else NO)
