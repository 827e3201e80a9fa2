"""A rule may ask the unit's terminal for a photo when it raises a violation."""

from __future__ import annotations

import msgspec

LONGEST_WAIT_S = 120  # what is seen later is something else: the order expires


class PhotoOrder(msgspec.Struct, frozen=True, kw_only=True):
    """JT/T 808 0x8801: camera `channel`, `shots` photos, `resolution` 1 (320x240) to 4 (1024x768);
    `per_hour`: so many orders of rules an hour a terminal gets at most."""

    channel: int = 1
    shots: int = 1
    resolution: int = 2
    per_hour: int = 6
