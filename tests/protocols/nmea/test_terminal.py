"""The accuracy that the encoder writes as GST the decoder reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from protocols.nmea import encode_fix
from protocols.nmea.rows import decode_reports


@given(st.integers(1, 3_000))
def test_the_stated_accuracy_is_read_again(accuracy_m: int) -> None:
    fix = encode_fix(1_790_000_000_000_000, 118.8, 32.05, accuracy_m=accuracy_m)
    decoded = decode_reports([fix.strip()])
    assert not decoded.bad
    assert decoded.batch.rows["accuracy_m"][0] - accuracy_m in (0, 1)
