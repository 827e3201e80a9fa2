"""The load tool's frames are frames: our decoder reads what was meant."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.jt808.columns import decode_reports
from protocols.jt808.framing import unwrap
from protocols.jt808.header import parse_header
from simulators.load.frames import compose, phones_of
from simulators.load.order import phone, source_address

serials = st.integers(0, 0xFFFF)
seconds = st.integers(1_262_304_000, 2_500_000_000)


@settings(max_examples=40)
@given(
    st.integers(0, 200_000),
    st.lists(st.tuples(serials, seconds, st.integers(0, 1_000_000)), min_size=1, max_size=30),
)
def test_every_frame_decodes_to_what_it_was_made_of(
    first: int, rows: list[tuple[int, int, int]]
) -> None:
    wanted, times, steps = (np.array(column) for column in zip(*rows, strict=True))
    found = compose(phones_of(first, len(rows)), wanted, times, steps)
    frames = [unwrap(frame[1:-1]) for frame in found]
    headers = [parse_header(frame) for frame in frames]
    assert [header.serial for header in headers] == wanted.tolist()
    assert [header.identity for header in headers] == [phone(first + n) for n in range(len(rows))]
    assert all(header.length_holds for header in headers)
    decoded = decode_reports(frames)
    assert not decoded.bad
    assert (decoded.batch.rows["time_us"] // 1_000_000).tolist() == times.tolist()
    assert decoded.batch.rows["latitude_e6"].tolist() == (31_200_000 + steps % 50_000).tolist()
    assert set(decoded.batch.rows["satellites"].tolist()) == {12}


def test_source_addresses_are_loopback_and_many() -> None:
    addresses = {source_address(number) for number in range(0, 200_000, 250)}
    assert len(addresses) == 800
    assert all(address.startswith("127.") for address in addresses)
    parts = [int(part) for address in addresses for part in address.split(".")]
    assert max(parts) <= 254
