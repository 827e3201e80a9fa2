"""Violations as they stand, seen together: what incidents and repeat counts are computed from."""

from __future__ import annotations

import msgspec


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A violation that counts: standing, of a live rule, inhibited by no storm. Event time."""

    id: int
    device_id: int
    rule_id: int
    started_us: int
    until_us: int
