"""Sounds that a simulated terminal records: WAV, a tone of 440 Hz at 8 kHz in 8 bits."""

from __future__ import annotations

import math
import struct

RATE_HZ, TONE_HZ = 8_000, 440


def sound(seconds: int) -> bytes:
    """A RIFF file."""
    wave = bytes(
        128 + round(100 * math.sin(2 * math.pi * TONE_HZ * n / RATE_HZ))
        for n in range(RATE_HZ * seconds)
    )
    form = struct.pack("<HHIIHH", 1, 1, RATE_HZ, RATE_HZ, 1, 8)
    parts = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form
    parts += b"data" + struct.pack("<I", len(wave)) + wave
    return b"RIFF" + struct.pack("<I", len(parts)) + parts
