"""Profiles: what their files may say, and the columns as the plain decoder reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.signals import unpack
from protocols.jt808 import Fix, Jt808, encode_fix, encode_frames, unwrap
from protocols.jt808.columns import decode_reports
from protocols.jt808.profiles import PROFILES, ProfileError, load_profiles, parse_profile
from protocols.jt808.row import decode_row
from tests.protocols.jt808.locations import bodies

TIME_US = 1_700_000_000_000_000


def frame_of(body: bytes, phone: str = "1") -> bytes:
    return unwrap(encode_frames(0x0200, body, phone, 0)[1:-1])


@pytest.mark.parametrize("name", sorted(PROFILES))
@settings(max_examples=10)
@given(st.lists(bodies(), min_size=1, max_size=6), st.binary(min_size=8, max_size=8))
def test_columns_agree_with_the_plain_decoder(name: str, found: list[bytes], raw: bytes) -> None:
    profile = PROFILES[name]
    items = b"".join(
        bytes((item, size)) + raw[:size] for item, size in ((0x52, 1), (0x2A, 2), (0x55, 8))
    )
    every = [body + items for body in found] * 3
    rows = decode_reports([frame_of(body) for body in every], profile).batch.rows
    expected = [
        row["signals"] for row in (decode_row(body, profile)[0] for body in every) if row["time_us"]
    ]
    assert rows["signals"].tolist() == expected or len(rows) != len(expected)


@pytest.mark.parametrize(
    ("name", "items", "signals"),
    [
        ("gps51", [(0x52, b"\1")], {"drum": "forward"}),
        ("gps51", [(0x52, b"\2"), (0x55, b"\0\0\x20\0\0\0\0\0")],
         {"drum": "reverse", "loaded": "full"}),
        ("gps51", [(0x52, b"\1\1")], {}),  # another length is another vendor's item
        ("gps51", [(0x52, b"\x09")], {}),
        ("adc-load", [(0x2B, b"\0\0\x0c\xe4")], {"loaded": "empty"}),
        ("adc-load", [(0x2B, b"\x0c\xe4\x08\x00")], {"loaded": "full"}),
        ("adc-load", [(0x2B, b"\0\0\0\1")], {}),
        ("sanitation-inputs", [(0x2A, b"\0\x0c")],
         {"spraying": "yes", "brush_down": "yes", "suction": "no"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rows", [1, 5])
def test_items_tell_signals(
    name: str, items: list[tuple[int, bytes]], signals: dict[str, str], rows: int
) -> None:
    body = encode_fix(Fix(TIME_US, 121_000_000, 31_000_000, items=items))
    decoded = decode_reports([frame_of(body)] * rows, PROFILES[name])
    for found in decoded.batch.rows["signals"].tolist():
        said = unpack(found)
        assert {key: said[key] for key in signals} == signals
        if not signals:
            assert "drum" not in said
            assert name != "adc-load" or "loaded" not in said


def test_each_terminal_has_its_own_profile_in_one_batch() -> None:
    body = encode_fix(Fix(TIME_US, 121_000_000, 31_000_000, items=[(0x52, b"\3")]))
    decoder = Jt808()
    decoder.speak({"2": PROFILES["gps51"], "13800138000": PROFILES["trwy"]})
    frames = [frame_of(body, phone) for phone in ("1", "2", "13800138000", "2")]
    decoded = decoder.decode_reports(frames)
    drums = [unpack(found).get("drum") for found in decoded.batch.rows["signals"].tolist()]
    assert drums == [None, "stopped", None, "stopped"]
    assert np.array_equal(decoded.report, [0, 1, 2, 3])
    covers = [unpack(found).get("cover_closed") for found in decoded.batch.rows["signals"].tolist()]
    assert covers == [None, None, "yes", None]


GOOD = 'name = "x"\n[[signals]]\nsignal = "cover_closed"\nbit = 29\nstates = {0 = "yes"}\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name =", "bad.toml: "),
        ('zh = "x"', "needs a name"),
        ('name = "x"\nextends = "y"', "which is not known"),
        ('name = "x"\ncolour = 1', "'colour' is not one of"),
        (GOOD.replace("cover_closed", "cover"), "signal 1: 'cover' is not one of"),
        (GOOD.replace('"yes"', '"open"'), "cover_closed is never 'open'"),
        (GOOD.replace("0 =", "2 ="), "'2' is no value of 1 bits"),
        (GOOD.replace("29", "32"), "bit = 32 is not from 0 to 31"),
        (GOOD.replace("states", "state"), "'state' is not one of"),
        (GOOD.replace('{0 = "yes"}', "{}"), "states is no table"),
        (GOOD.replace("bit = 29", 'from = "item"'), "is not status, alarm or 0x"),
        (GOOD.replace("bit = 29", 'from = "0x52"'), "length = 0 is not from 1"),
        (GOOD.replace("bit = 29", 'from = "0x52"\nlength = 1\nbyte = 1'), "byte = 1 is not from"),
        (GOOD.replace("bit = 29", 'from = "0x52"\nlength = 2\nbyte = 1\nsize = 2'), "bytes 1 to 2"),
        (GOOD + GOOD.partition("\n")[2], "is read twice"),
    ],
)
def test_a_mistake_is_told_by_its_place(text: str, complaint: str) -> None:
    with pytest.raises(ProfileError) as raised:
        parse_profile(text, "bad.toml", PROFILES)
    assert "bad.toml" in str(raised.value)
    assert complaint in str(raised.value)


def test_a_folder_adds_to_the_profiles_of_the_package(tmp_path: Path) -> None:
    match = 'match = [{maker = "70111", model = "MT"}]\n'
    (tmp_path / "mine.toml").write_text(GOOD.replace("[[", match + "[[", 1), encoding="utf-8")
    found = load_profiles(tmp_path)
    assert set(found) == {*PROFILES, "x"}
    assert {rule.signal for rule in found["x"].words} >= {"cover_closed", "ignition", "loaded"}
    assert found["x"].fits("70111", "MT-808")
    assert not found["x"].fits("70111", "AB")
    assert not found["trwy"].fits("70111", "MT-808")
