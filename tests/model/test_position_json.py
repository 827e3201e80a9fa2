from __future__ import annotations

from model.position import UNKNOWN, empty_rows
from model.position_json import position_json, positions_json
from model.signals import NO, YES, pack


def test_many_positions_read_as_each_alone() -> None:
    rows = empty_rows(3)
    rows["device_id"], rows["time_us"] = [1, 2, 3], 1_800_000_000_123_456
    rows["longitude_e6"], rows["latitude_e6"], rows["delay_ms"] = 121_500_001, -5, [0, -1, 86_400]
    rows["speed_kmh_e1"], rows["alarm_bits"] = [UNKNOWN, 0, 415], [0, 0b101, 0]
    rows["signals"] = [0, pack(loaded=YES, cover_closed=NO), pack(loaded=YES, cover_closed=NO)]
    texts = [None, '{"note": "x"}', None]
    found = positions_json(rows, texts)
    assert found == [position_json(row, text) for row, text in zip(rows, texts, strict=True)]
    assert found[0]["time"] == "2027-01-15T08:00:00.123Z"
    assert found[2]["received_at"] == "2027-01-15T08:01:26.523Z"
    assert [position["speed_kmh"] for position in found] == [None, 0.0, 41.5]
    assert (found[1]["longitude"], found[1]["latitude"]) == (121.500001, -0.000005)
    assert (found[1]["alarms"], found[1]["attributes"]) == ([0, 2], {"note": "x"})
    assert found[1]["signals"] == {"loaded": "full", "cover_closed": "no"}
    assert found[1]["signals"] is not found[2]["signals"]
