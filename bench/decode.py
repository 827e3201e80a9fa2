"""JT/T 808 0x0200 to columns: the columnar decoder against the plain one, one core.

Frames differ as those of a moving fleet do (place, time, speed, recorder speed, analog input,
odometer, RSSI, satellites, work signals), and no frame is decoded twice.
"""

from __future__ import annotations

import random
from time import perf_counter
from typing import Any

from protocols.jt808.columns import decode_reports
from protocols.jt808.fix import Fix, encode_fix
from protocols.jt808.framing import checksum
from protocols.jt808.header import pack_header, pack_phone
from protocols.jt808.row import decode_row

BATCH = 1_000
_START_US = 1_790_000_000_000_000
_HEADER_BYTES = 12


def _fix(rng: random.Random, number: int) -> Fix:
    """Basic part, 01, 31, 03, 25, 2A, 2B, 30 and our E5."""
    speed = rng.randrange(600)
    recorder = max(0, speed + rng.randrange(-5, 6))
    analog = rng.randrange(3_200, 3_264)
    return Fix(
        _START_US + number * 1_000_000,
        121_470_000 + rng.randrange(400_000),
        31_230_000 + rng.randrange(400_000),
        altitude_m=rng.randrange(40),
        speed_kmh_e1=speed,
        course_deg=rng.randrange(360),
        satellites=rng.randrange(6, 24),
        odometer_m=100 * rng.randrange(1_000_000),
        signals=rng.randrange(1 << 18) << 2 | 2,
        status_bits=3 << 18,
        items=[
            (0x03, recorder.to_bytes(2, "big")),
            (0x25, bytes(4)),
            (0x2A, bytes(2)),
            (0x2B, analog.to_bytes(4, "big")),
            (0x30, bytes((rng.randrange(10, 32),))),
        ],
    )


def frames(count: int, seed: int = 1) -> list[bytes]:
    """Unescaped frames of a fleet."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        body = encode_fix(_fix(rng, number))
        phone = pack_phone(f"1380000{number % 1_350:04d}", "2013")
        head = pack_header(0x0200, len(body), phone, number)
        made.append(head + body + bytes((checksum(head + body),)))
    return made


def _columnar_us(made: list[bytes]) -> float:
    """Microseconds a frame: the median batch."""
    spent = []
    for start in range(0, len(made), BATCH):
        batch = made[start : start + BATCH]
        started = perf_counter()
        decoded = decode_reports(batch)
        spent.append(perf_counter() - started)
        assert len(decoded.batch) == len(batch)
    return sorted(spent)[len(spent) // 2] / BATCH * 1e6


def _plain_us(made: list[bytes]) -> float:
    spent = []
    for start in range(0, len(made), BATCH):
        started = perf_counter()
        for frame in made[start : start + BATCH]:
            decode_row(frame[_HEADER_BYTES:-1])
        spent.append(perf_counter() - started)
    return sorted(spent)[len(spent) // 2] / BATCH * 1e6


def run(quick: bool) -> list[dict[str, Any]]:
    """Figures of this module."""
    made = frames(15_000 if quick else 120_000)
    warm_up = 10 * BATCH
    _columnar_us(made[:warm_up])
    _plain_us(made[: warm_up // 5])
    columnar_us = _columnar_us(made[warm_up:])
    plain_us = _plain_us(made[warm_up : warm_up + (2 if quick else 10) * BATCH])
    return [
        {
            "name": "decode.columnar_ratio",
            "value": plain_us / columnar_us,
            "unit": "times",
            "target": ">= 3",
            "baseline": f"plain decoder, {plain_us:.1f} us a frame",
        },
        {
            "name": "decode.columnar_us_a_frame",
            "value": columnar_us,
            "unit": "us",
            "target": "<= 1.5",
            "baseline": "one core, batches of 1,000",
        },
    ]
