"""How much of its lines a vehicle has covered at work, and which pieces it has missed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.fences import Shape
from model.position import rows_at
from rules.contract import NO, UNKNOWN, YES, Memory, Parameter
from rules.owed import Seen, Verdict, Watched
from rules.pieces import Fact, Filling, Pieces, drive, driven, pieces_of
from rules.readings import speed_kmh, why_unknown
from rules.trilogic import Tri
from rules.view import View
from rules.working import WORK_PARAMETERS, precise, works

LINES: tuple[Shape, ...] = ("corridor", "route", "road_set")
FILL_M = 100.0
COVERAGE_PARAMETERS = (
    Parameter(
        "required_pct", "%", 90, 1, 100,
        "须覆盖的里程比例", "the share of the length that must be covered",
        "our default: the ends of lines and parked cars cost some metres",
    ),
    Parameter(
        "passes", "1", 1, 1, 20,
        "每段须作业的遍数", "how often each piece must be worked",
        "our default; districts ask for up to 5 sprinklings and 2 sweeps a day "
        "(https://www.jinshusy.com/news/show-10483.html)",
    ),
    Parameter(
        "pass_gap_min", "min", 10, 1, 1_440,
        "同一路段两遍之间至少间隔", "two passes of a piece are at least so far apart",
        "our default: shunting at a bin or a junction is one pass",
    ),
    Parameter(
        "reach_m", "m", 20, 5, 100,
        "距道路中心线此距离内视为在该路上", "so near to its line a vehicle is on the road",
        "our default: half a carriageway and a receiver's error",
    ),
    Parameter(
        "both_ways", "0/1", 1, 0, 1,
        "1：逆画线方向作业也计入；0：只计画线方向",
        "1: work against the drawn direction counts too; 0: along it only",
        "our default: roads drawn once serve both directions",
    ),
    *WORK_PARAMETERS,
)  # fmt: skip
COVERAGE_DEFAULTS = {"max_gap_s": 30.0}


def look_at_coverage(view: View, watched: Watched, parameters: dict[str, float]) -> Seen:
    """For each pair the place on the duty's lines where the vehicle works."""
    reach = np.full(len(view.rows), parameters["reach_m"])
    at_work = works(view, parameters)
    return look_at_lines(view, watched, at_work, reach, parameters)


def look_at_lines(
    view: View,
    watched: Watched,
    counts: Tri,
    reach_m: NDArray[np.float64],
    parameters: dict[str, float],
) -> Seen:
    """The same for rows that count; `reach_m`: how near each row must be."""
    _, usable = precise(view, parameters)
    row, fence = watched.row, watched.fence()
    facts: list[Fact] = [False if value == NO else None for value in counts[row].tolist()]
    wanted = usable[row] & (counts[row] == YES)
    for place in np.unique(fence[wanted]).tolist():
        own = np.flatnonzero((fence == place) & wanted)
        pieces = pieces_of(view.roster, view.fences, place)
        both_ways = bool(parameters["both_ways"])
        found = pieces.match(rows_at(view.rows, row[own]), reach_m[row[own]], both_ways)
        for pair, match in zip(own.tolist(), found, strict=True):
            facts[pair] = match
    known = (counts[row] == NO) | ((counts[row] != UNKNOWN) & usable[row])
    return Seen(known, facts, why_unknown(view, speed_kmh(view), usable)[row])


def fold_coverage(
    pieces: Pieces,
    progress: Memory,
    steps: Sequence[tuple[int, Fact]],
    parameters: dict[str, float],
) -> None:
    """Fill along the line between working fixes."""
    gap_us, pass_gap_us = parameters["max_gap_s"] * 1e6, parameters["pass_gap_min"] * 60e6
    drive(pieces, progress, steps, Filling(gap_us, FILL_M, pass_gap_us))


def verdict_on(
    pieces: Pieces, progress: Memory, known_share: float, required_pct: float, passes: float = 1
) -> Verdict:
    """Whether enough was covered; what was driven while nobody heard it might have been.

    Measures `covered_pct`, `length_km` and `missed`, a GeoJSON MultiLineString; the finding stands
    where the first missed stretch begins.
    """
    done = driven(pieces, progress, passes)
    covered_pct = 100 * pieces.share(done)
    missed = pieces.stretches(~done)
    measures: dict[str, Any] = {
        "covered_pct": round(covered_pct, 1),
        "length_km": round(float(pieces.lengths_m.sum()) / 1000, 3),
        "missed": missed,
    }
    if covered_pct + 100 * (1 - known_share) >= required_pct:
        return Verdict(NO, measures=measures)
    longitude, latitude = missed["coordinates"][0][0]
    return Verdict(YES, measures=measures, where=(longitude, latitude))
