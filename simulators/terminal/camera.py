"""Photos that a simulated camera takes: real JPEG pictures, a test card that differs each time.

Baseline, grey, one flat 8x8 block at a time: of each block only the mean is coded. ITU-T T.81.
"""

from __future__ import annotations

import random

# Resolution codes of 0x8801 (standard 8.54): width and height in blocks of 8 pixels.
BLOCKS = {1: (40, 30), 2: (80, 60), 3: (100, 75), 4: (128, 96)}
DEFAULT_RESOLUTION = 1
_CATEGORIES = 12
_STEP = 16  # quantisation of the mean: 8 times the grey level, in these steps


def photo(resolution: int, chance: random.Random) -> bytes:
    """A picture: eight grey bars, and noise over them."""
    columns, rows = BLOCKS.get(resolution, BLOCKS[DEFAULT_RESOLUTION])
    grey = [
        min(255, max(0, 32 * (8 * column // columns) + chance.randrange(-12, 44)))
        for _ in range(rows)
        for column in range(columns)
    ]
    return _head(8 * columns, 8 * rows) + _scan(grey) + b"\xff\xd9"


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def _head(width: int, height: int) -> bytes:
    frame = b"\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + b"\x01\x01\x11\x00"
    # Means: twelve codes of four bits. Details: one code of one bit, "no more".
    means = b"\x00" + bytes((0, 0, 0, _CATEGORIES)) + bytes(12) + bytes(range(_CATEGORIES))
    details = b"\x10" + b"\x01" + bytes(15) + b"\x00"
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
            _segment(0xDB, b"\x00" + bytes((_STEP,)) * 64),
            _segment(0xC0, frame),
            _segment(0xC4, means),
            _segment(0xC4, details),
            _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
        )
    )


def _scan(grey: list[int]) -> bytes:
    """Each block: the category of the difference to the block before, its bits, "no more"."""
    bits: list[str] = []
    before = 0
    for level in grey:
        mean = 8 * (level - 128) // _STEP
        difference, before = mean - before, mean
        size = abs(difference).bit_length()
        value = difference if difference >= 0 else difference + (1 << size) - 1
        bits.append(f"{size:04b}" + (f"{value:0{size}b}" if size else "") + "0")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, "big")
    return data.replace(b"\xff", b"\xff\x00")
