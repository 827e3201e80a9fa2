"""Which bits and items move in a terminal's frames."""

from __future__ import annotations

from protocols.jt808 import Fix, encode_fix, encode_frames, unwrap
from protocols.jt808.movement import Movement

SECOND_US = 1_000_000
START_US = 1_700_000_000 * SECOND_US


def frame(second: int, status: int, item: bytes) -> tuple[int, bytes]:
    time_us = START_US + second * SECOND_US
    fix = Fix(time_us, 121_000_000, 31_000_000, status_bits=status, items=[(0xEB, item)])
    return time_us, unwrap(encode_frames(0x0200, encode_fix(fix), "1", second)[1:-1])


def test_the_bit_that_an_engineer_moved_comes_first() -> None:
    moving = Movement()
    frames = [frame(second, (second // 10 % 2) << 29, b"\0\7") for second in range(60)]
    moving.see(frames)
    moving.see([(0, b"\0\2" + bytes(11)), (0, b"\2\0")])  # a heartbeat, a scrap
    shown = moving.shown()
    assert shown["frames"] == 60
    cover, positioned = shown["bits"]
    assert (cover["word"], cover["bit"], cover["name"], cover["set"]) == ("status", 29, None, 30)
    assert (cover["changes"], cover["now"]) == (5, True)
    assert cover["changed_us"] == [START_US + s * SECOND_US for s in (10, 20, 30, 40, 50)]
    assert (positioned["name"], positioned["changes"]) == ("positioned", 0)
    (item,) = shown["items"]
    assert (item["item"], item["length"], item["named"], item["count"]) == ("0xEB", 2, False, 60)
    assert (item["different"], item["last"], item["bits"]) == (1, "0007", [])


def test_bits_and_values_of_an_item() -> None:
    moving = Movement()
    moving.see([frame(second, 0, bytes((second % 2, 1))) for second in range(4)])
    (item,) = moving.shown()["items"]
    assert item["values"] == [{"hex": "0001", "count": 2}, {"hex": "0101", "count": 2}]
    (bit,) = item["bits"]
    assert (bit["bit"], bit["changes"], bit["set"]) == (8, 3, 2)
