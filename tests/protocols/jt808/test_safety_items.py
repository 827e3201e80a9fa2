"""Item 0x70, harsh driving: each byte at the offset where two open servers read it."""

from __future__ import annotations

import pytest

from protocols.jt808.alarm_ident import IDENTS
from protocols.jt808.fields import write_fields
from protocols.jt808.items import decode_item
from protocols.jt808.safety import IDENT_AT

HEAD = "0000000701020003002d00003c001001eaa2e00714c520261122081530"
IDENT = {"terminal_id": "T7", "time": "2026-11-22 08:15:30", "seq": 1, "attachment_count": 2,
         "reserved": "00"}  # fmt: skip


@pytest.mark.parametrize("size", sorted(IDENTS))
def test_harsh_driving(size: int) -> None:
    reserved = {"reserved": ""} if size == 38 else {}
    ident = write_fields(IDENTS[size], IDENT | reserved, "2013")
    item = bytes.fromhex(HEAD + "0405") + ident
    assert len(item) == IDENT_AT[0x70] + size
    told = decode_item(0x70, item, "2013")["harsh_driving"]
    assert {name: told[name] for name in told if name != "alarm_ident"} == {
        "alarm_id": 7, "flag": 1, "type": 2, "time_threshold_s": 3, "threshold_1": 45,
        "threshold_2": 0, "speed_kmh": 60, "altitude_m": 16, "lat_raw": 32_154_336,
        "lon_raw": 118_801_696, "time": "2026-11-22 08:15:30", "vehicle_state": 0x0405,
    }  # fmt: skip
    assert told["alarm_ident"]["length"] == size
    assert (told["alarm_ident"]["seq"], told["alarm_ident"]["attachment_count"]) == (1, 2)
