"""Waybills in a terminal's own words: how a profile reads them, and what a profile may say."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.contract import ProtocolError
from protocols.jt808 import Jt808, encode_frames
from protocols.jt808.profiles import PROFILES, ProfileError, parse_profile
from protocols.jt808.waybill_text import FORMS, WaybillForm, WaybillText, form_of, read_waybill

BARS = PROFILES["waybill-fields"].waybill
TEXT = "联2026-7|苏A12345|河西工地|江北消纳场|12.5|2026-11-22 08:00:00|2026-11-22 20:00:00|有效"
# 2026-11-22 08:00 and 20:00 at GMT+8.
ISSUED_US, VALID_TO_US = 1_795_305_600_000_000, 1_795_348_800_000_000
EXPECTED = WaybillText("联2026-7", "河西工地", "江北消纳场", 12.5, ISSUED_US, VALID_TO_US, False)
PAIRS = WaybillForm(
    "pairs", {"number": "NO", "site": "FROM", "dump": "TO", "issued_at": "AT"}, ";", ":",
    time="%Y%m%d%H%M",
)  # fmt: skip
JSON = WaybillForm(
    "json", {"number": "bill.no", "site": "from", "dump": "to", "volume_m3": "m3"},
    encoding="utf-8",
)  # fmt: skip


def test_fields_between_bars() -> None:
    assert BARS is not None
    assert read_waybill(BARS, TEXT.encode("gbk")) == EXPECTED
    cancelled = read_waybill(BARS, TEXT.replace("有效", "作废").encode("gbk") + b"\0\0")
    assert cancelled.cancelled
    short = read_waybill(BARS, "7||S|D".encode("gbk"))
    assert short == WaybillText("7", "S", "D", None, None, None, False)


def test_pairs_and_json() -> None:
    told = read_waybill(PAIRS, "NO:7; FROM:河西;TO:江北;X;AT:202611220800".encode("gbk"))
    assert told == WaybillText("7", "河西", "江北", None, ISSUED_US, None, False)
    said = '{"bill": {"no": 7}, "from": "河西", "to": "江北", "m3": 8}'.encode()
    assert read_waybill(JSON, said) == WaybillText("7", "河西", "江北", 8.0, None, None, False)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "number"),
        ("7|x", "site"),
        (TEXT.replace("12.5", "many"), "volume"),
        (TEXT.replace("12.5", "-1"), "volume"),
        (TEXT.replace("2026-11-22 20", "22.11.2026 20"), "time like"),
    ],
)
def test_what_does_not_fit_is_told(text: str, why: str) -> None:
    assert BARS is not None
    with pytest.raises(ProtocolError, match=why):
        read_waybill(BARS, text.encode("gbk"))


@pytest.mark.parametrize("form", [BARS, PAIRS, JSON], ids=FORMS)
@given(data=st.binary(max_size=80) | st.text(max_size=60).map(lambda t: t.encode("utf-8")))
def test_any_bytes_are_read_or_refused(form: WaybillForm, data: bytes) -> None:
    with suppress(ProtocolError):
        assert read_waybill(form, data).number


GOOD: dict[str, Any] = {"form": "json", "fields": {"number": "n", "site": "s", "dump": "d"}}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"form": "xml"}, "form"),
        ({"colour": 1}, "takes"),
        ({"fields": {"number": "n"}}, "fields names"),
        ({"fields": {**GOOD["fields"], "weight": "w"}}, "fields names"),
        ({"form": "separated"}, "the piece's number"),
        ({"fields": {**GOOD["fields"], "site": 2}}, "name of its key"),
        ({"encoding": "latin-1"}, "encoding"),
        ({"separator": ""}, "texts"),
        ({"valid_h": 0}, "valid_h"),
    ],
)
def test_a_mistake_in_a_profile_is_told_with_its_place(change: dict[str, Any], why: str) -> None:
    assert form_of(GOOD).form == "json"
    with pytest.raises(ValueError, match=why):
        form_of({**GOOD, **change})


def test_a_profile_takes_over_the_form_of_the_one_it_extends() -> None:
    mine = parse_profile('name = "mine"\nextends = "waybill-fields"', "mine.toml", PROFILES)
    assert mine.waybill == BARS
    with pytest.raises(ProfileError, match=r"mine\.toml, waybill"):
        parse_profile('name = "mine"\n[waybill]\nform = 1', "mine.toml", PROFILES)


def test_it_is_shown_as_the_profile_reads_it_and_known_by_terminal() -> None:
    data = TEXT.encode("gbk")
    frame = encode_frames(0x0701, {"length": len(data), "data": data.hex()}, "123", 1)
    protocol = Jt808()
    assert "waybill" not in protocol.describe(frame.hex()).fields
    protocol.speak({"123": PROFILES["waybill-fields"], "12345678901234567": PROFILES["box"]})
    assert protocol.profile_of("123").waybill == BARS
    assert protocol.profile_of("12345678901234567").name == "box"
    assert protocol.profile_of("9").waybill is None
    protocol.profile = PROFILES["waybill-fields"]
    assert protocol.describe(frame.hex()).fields["waybill"]["number"] == "联2026-7"
