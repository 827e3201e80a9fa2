"""What units have covered of a fence's lines in a period, by the rule's own code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geofence.index import FenceIndex
from model.fences import Fence
from model.position import Rows
from model.rulebook import Rulebook
from rules.build_view import build_view, sort_rows
from rules.coverage import (
    COVERAGE_DEFAULTS,
    COVERAGE_PARAMETERS,
    fold_coverage,
    look_at_coverage,
)
from rules.owed import Duty, Watched
from rules.pieces import Pieces, driven, pieces_of
from rules.progress import follow_one
from rules.roster import Roster

MAX_DAYS = 3  # the times of passes fit into 16 bits so long


@dataclass(frozen=True, slots=True)
class UnitCoverage:
    """A unit's share; `known_share`: of the period, by its fixes."""

    device_id: int
    covered_pct: float
    known_share: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of all units together; `passes[n]`: km with n passes, the last with so many or more;
    `missed`: GeoJSON MultiLineString; `known_share`: that of the unit least heard of."""

    length_km: float
    covered_pct: float
    known_share: float
    passes_km: tuple[float, ...]
    missed: dict[str, Any]
    units: tuple[UnitCoverage, ...]


def coverage(
    fence: Fence,
    tracks: Sequence[tuple[int, str, Rows]],
    period_us: tuple[int, int],
    parameters: dict[str, float] | None = None,
) -> Coverage:
    """`tracks`: device, its kind, its positions in the period, in any order.

    `parameters` as of `coverage_short`, its defaults where not given.
    """
    values = {p.name: p.default for p in COVERAGE_PARAMETERS} | COVERAGE_DEFAULTS
    values |= parameters or {}
    book = Rulebook(revision=0, fences=(fence,))
    index, roster = FenceIndex(book.fences), Roster.of(book)
    pieces = pieces_of(roster, book.fences, 0)
    total, units = np.zeros(len(pieces), np.int64), []
    for device_id, kind, rows in tracks:
        duty = Duty(device_id, "report", *period_us, fence=0)
        view = build_view(sort_rows(rows), book, {device_id: kind}, roster, index)
        every_row = np.arange(len(rows))
        watched = Watched(every_row, np.zeros(len(rows), np.intp), [duty])
        progress, known_share = follow_one(
            duty, view, look_at_coverage(view, watched, values),
            lambda progress, steps: fold_coverage(pieces, progress, steps, values),
            values["max_gap_s"],
        )  # fmt: skip
        passes = np.frombuffer(progress.get("passes") or bytes(len(pieces)), np.uint8)
        total += passes
        share = pieces.share(driven(pieces, progress, values["passes"]))
        units.append(UnitCoverage(device_id, round(100 * share, 1), round(known_share, 3)))
    return _together(pieces, total, int(values["passes"]), units)


def _together(
    pieces: Pieces,
    total: np.ndarray[Any, np.dtype[np.int64]],
    wanted: int,
    units: list[UnitCoverage],
) -> Coverage:
    done = total >= wanted
    by_passes = [pieces.sizes_m[total == n].sum() for n in range(wanted)]
    by_passes.append(pieces.sizes_m[done].sum())
    return Coverage(
        length_km=round(float(pieces.lengths_m.sum()) / 1000, 3),
        covered_pct=round(100 * pieces.share(done), 1),
        known_share=min((unit.known_share for unit in units), default=0.0),
        passes_km=tuple(round(float(metres) / 1000, 3) for metres in by_passes),
        missed=pieces.stretches(~done),
        units=tuple(units),
    )
