"""The testkit's small encoder of its own and the server's decoder agree."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xunji_testkit import frames
from xunji_testkit.frames import Fix

from model.signals import SIGNALS
from protocols.registry import protocols_by_name

PHONE = "13900000001"
FIX = Fix(
    datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
    longitude=-118.800001,
    latitude=32.050002,
    speed_kmh=40.5,
    course_deg=359,
    signals={"loaded": "full", "cover_closed": "no", "drum": "reverse"},
)


def decoded(fix: Fix) -> dict[str, object]:
    hex_frame = frames.frame(frames.LOCATION, PHONE, 7, frames.location(fix)).hex()
    description = protocols_by_name()["jt808"].describe(hex_frame)
    assert description.error is None
    [position] = description.positions
    return position


def test_a_fix_arrives_as_it_was_meant() -> None:
    position = decoded(FIX)
    assert datetime.fromisoformat(str(position["time"])) == FIX.time
    assert (position["longitude"], position["latitude"]) == (FIX.longitude, FIX.latitude)
    assert (position["speed_kmh"], position["course_deg"]) == (40.5, 359)
    assert position["satellites"] == 12
    signals = position["signals"]
    assert isinstance(signals, dict)
    assert {name: signals[name] for name in FIX.signals} == FIX.signals
    assert not {"body_raised", "spraying", "brush_down", "suction", "locked"} & set(signals)


@pytest.mark.parametrize("name", frames.WORK_SIGNALS)
def test_every_word_means_the_same_on_both_sides(name: str) -> None:
    for word in SIGNALS[name].states[1:]:
        fix = Fix(FIX.time, 118.8, 32.0, 0, 0, {name: word})
        signals = decoded(fix)["signals"]
        assert isinstance(signals, dict)
        assert signals[name] == word


def test_an_unknown_signal_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="signals are loaded, cover_closed"):
        frames.location(Fix(FIX.time, 0, 0, 0, 0, {"sprayer": "on"}))


@given(st.lists(st.binary(max_size=60), max_size=5), st.integers(1, 40))
def test_messages_come_out_of_any_cut_of_the_stream(bodies: list[bytes], cut: int) -> None:
    stream = b"".join(
        frames.frame(frames.TEXT, PHONE, serial, body) for serial, body in enumerate(bodies)
    )
    buffer, found = bytearray(), []
    for start in range(0, len(stream), cut):
        buffer += stream[start : start + cut]
        found += list(frames.messages(buffer))
    assert found == [(frames.TEXT, serial, body) for serial, body in enumerate(bodies)]
    assert not buffer
