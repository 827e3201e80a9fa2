"""Blocks of the driving recorder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.contract import ProtocolError
from protocols.jt808.commands import message_of
from protocols.jt808.recorder import ASKS, SAYS, pack_block, recorded, unpack_block


@given(st.integers(0, 255), st.binary(max_size=300))
def test_round_trip(command: int, data: bytes) -> None:
    assert unpack_block(pack_block(SAYS, command, data)) == (command, data)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_none(block: bytes) -> None:
    assert recorded(block) is None or block[:2] in (ASKS, SAYS)


def test_a_query_is_the_block_of_the_standard() -> None:
    assert message_of("query_recorder", {"what": "clock"}, "2013") == (
        0x8700,
        {"command": 2, "data": "aa75020000" + "00" + "dd"},
    )
    period = {"what": "speeds", "from": "2026-11-22T00:00:00Z", "to": "2026-11-22T01:00:00Z"}
    _, values = message_of("query_recorder", {**period, "blocks": 5}, "2013")
    command, data = unpack_block(bytes.fromhex(values["data"])) or (0, b"")
    assert (command, data.hex()) == (8, "261122080000" + "261122090000" + "0005")
    with pytest.raises(ProtocolError, match="period"):
        message_of("query_recorder", {"what": "speeds"}, "2013")
    with pytest.raises(ProtocolError, match="what"):
        message_of("query_recorder", {"what": "weather"}, "2013")


@pytest.mark.parametrize(
    ("command", "data", "told"),
    [
        (0x00, "1202", {"what": "version", "standard_year": "2012", "amendment": 2}),
        (0x02, "261122081530", {"what": "clock", "time": "2026-11-22 08:15:30"}),
        (0x03, "261122081530" "200101000000" "00001000" "01234567",
         {"what": "mileage", "time": "2026-11-22 08:15:30", "installed": "2020-01-01 00:00:00",
          "first_km": 100.0, "total_km": 123456.7}),
        (0x04, "261122081530" "0e10",
         {"what": "pulses", "time": "2026-11-22 08:15:30", "pulses_per_km": 3600}),
        (0x08, "00", {"what": "speeds"}),
        (0xC2, "", {"what": "0xC2"}),
    ],
)  # fmt: skip
def test_what_it_says_by_field(command: int, data: str, told: dict[str, object]) -> None:
    assert recorded(pack_block(SAYS, command, bytes.fromhex(data))) == told
