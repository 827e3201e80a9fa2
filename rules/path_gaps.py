"""Why nothing is known of a time: what the handset says afterwards, else what its fixes show.

A gap is a time without a positioned fix, at the beginning and end of the period too. What arrived
much later than it was measured is no gap: nobody could see it then, and that is told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from model.position import FixSource, Rows
from model.signals import NO, field

# What a handset may state; `no_data`: nobody knows.
GapKind = Literal["no_gnss", "no_network", "phone_off", "app_killed", "off_shift", "no_data"]
STATED: tuple[GapKind, ...] = ("no_gnss", "no_network", "phone_off", "app_killed", "off_shift")
GAP_US = 300_000_000
LATE_US = 300_000_000


@dataclass(frozen=True, slots=True)
class Stated:
    """The handset's own words about [from, to)."""

    kind: GapKind
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class PathGap:
    """`told_by`: the handset (stated), its fixes (shown by them), or None: nobody.

    `before` and `after` are the positioned rows about it; None: there is none.
    """

    kind: GapKind
    told_by: Literal["handset", "fixes"] | None
    from_us: int
    to_us: int
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class LateStretch:
    """Fixes of [from, to] that came in long after; the last of them at `received_us`."""

    from_us: int
    to_us: int
    received_us: int


def statement_of(time_us: int, attributes: dict[str, Any]) -> Stated | None:
    """What a row of a handset states by `gap` and `gap_s`; None: nothing."""
    kind, seconds = attributes.get("gap"), attributes.get("gap_s")
    if kind not in STATED or not isinstance(seconds, int | float) or seconds <= 0:
        return None
    return Stated(kind, time_us, time_us + round(seconds * 1e6))


def typed_gaps(rows: Rows, statements: Sequence[Stated], from_us: int, to_us: int) -> list[PathGap]:
    """The gaps of [from, to] between all rows of one device in order of time."""
    positioned = rows["fix_source"] != FixSource.NONE
    line, silent_us = rows[positioned], rows["time_us"][~positioned]
    edges = np.concatenate(([from_us], line["time_us"], [max(to_us, from_us)]))
    off_duty = np.concatenate(([False], field(line["signals"], "on_duty") == NO, [False]))
    gaps: list[PathGap] = []
    for place in np.flatnonzero(np.diff(edges) > GAP_US).tolist():
        start_us, end_us = int(edges[place]), int(edges[place + 1])
        kind, told_by = _reason(start_us, end_us, statements, silent_us, bool(off_duty[place]))
        before = place - 1 if place else None
        after = place if place < len(line) else None
        gaps.append(PathGap(kind, told_by, start_us, end_us, before, after))
    return gaps


def _reason(
    start_us: int, end_us: int, statements: Iterable[Stated], silent_us: Any, off_duty: bool
) -> tuple[GapKind, Literal["handset", "fixes"] | None]:
    """What the handset stated of the largest part of it; else what lies in it."""
    shares: dict[GapKind, int] = {}
    for stated in statements:
        share_us = min(end_us, stated.to_us) - max(start_us, stated.from_us)
        if share_us > 0:
            shares[stated.kind] = shares.get(stated.kind, 0) + share_us
    if shares:
        return max(shares, key=lambda kind: shares[kind]), "handset"
    if off_duty:
        return "off_shift", "handset"
    spoke = np.searchsorted(silent_us, start_us) < np.searchsorted(silent_us, end_us)
    return ("no_gnss", "fixes") if spoke else ("no_data", None)


def late_stretches(rows: Rows) -> list[LateStretch]:
    """Runs of fixes that nobody could see when they were made."""
    late = rows["delay_ms"].astype(np.int64) * 1_000 > LATE_US
    edges = np.flatnonzero(np.diff(np.concatenate(([False], late, [False])).astype(np.int8)))
    found = []
    for first, end in edges.reshape(-1, 2).tolist():
        run = rows[first:end]
        received_us = int((run["time_us"] + run["delay_ms"].astype(np.int64) * 1_000).max())
        found.append(LateStretch(int(run["time_us"][0]), int(run["time_us"][-1]), received_us))
    return found
