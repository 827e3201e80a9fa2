"""The path of a shift: the raw track, and beside it what it most likely was and why it has gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from api.times import iso_us
from api.track_view import track_feature
from model.position import FixSource, Rows
from rules.foot_path import fuse, length_m, stays
from rules.path_gaps import late_stretches, statement_of, typed_gaps
from storage.patrol import Told
from storage.tracks import track_of

MAX_POINTS = 20_000
Row = dict[str, Any]


def path_feature(
    device_id: int,
    rows: Rows,
    told: Sequence[Told],
    storms: Sequence[tuple[int, int, int]],
    period_us: tuple[int, int],
) -> Row:
    """`rows`: all of the period. `told`: what the handset said of it, and of the day before.
    `storms`: (id, from, to) of those that the handset was part of. See docs/api.md."""
    found = track_of(rows, MAX_POINTS)
    feature = track_feature(device_id, found)
    line = rows[rows["fix_source"] != FixSource.NONE]
    shown_us = found.rows["time_us"]
    statements = [s for t in told if (s := statement_of(t.time_us, t.attributes)) is not None]
    gaps = [
        {
            **_period(gap.from_us, gap.to_us),
            **_places(shown_us, gap.from_us, gap.to_us),
            "kind": gap.kind,
            "told_by": gap.told_by,
            "storm_id": _storm(storms, gap.from_us, gap.to_us),
        }
        for gap in typed_gaps(rows, statements, *period_us)
    ]
    feature["properties"] |= {
        **_period(*period_us),
        **_likely(line, shown_us),
        "gaps": gaps,
        "late": [
            {**_period(late.from_us, late.to_us), "received_at": iso_us(late.received_us)}
            for late in late_stretches(rows)
        ],
        "events": [
            _event(t) for t in told if "event" in t.attributes and t.time_us >= period_us[0]
        ],
    }
    return feature


def _likely(line: Rows, shown_us: Any) -> Row:
    fused = fuse(line)
    found = stays(line, fused)
    shown = np.searchsorted(line["time_us"], shown_us)
    places = np.column_stack((fused.longitude, fused.latitude))[shown]
    return {
        "length_m": round(length_m(fused, found)),
        "fused": np.round(places, 6).tolist(),
        "fused_accuracy_m": [round(value, 1) for value in fused.accuracy_m[shown].tolist()],
        "stays": [
            {
                **_period(stay.from_us, stay.to_us),
                **_places(shown_us, stay.from_us, stay.to_us),
                "longitude": round(stay.longitude, 6),
                "latitude": round(stay.latitude, 6),
            }
            for stay in found
        ],
    }


def _period(from_us: int, to_us: int) -> Row:
    return {"from": iso_us(from_us), "to": iso_us(to_us)}


def _places(shown_us: Any, from_us: int, to_us: int) -> Row:
    """The coordinates that lie about a period; at the line's ends both are the same."""
    last = max(len(shown_us) - 1, 0)
    before = int(np.searchsorted(shown_us, from_us, "right")) - 1
    after = int(np.searchsorted(shown_us, to_us))
    return {"from_index": max(before, 0), "to_index": min(after, last)}


def _storm(storms: Sequence[tuple[int, int, int]], from_us: int, to_us: int) -> int | None:
    return next((id_ for id_, start, end in storms if start < to_us and end > from_us), None)


def _event(told: Told) -> Row:
    place = told.longitude_e6, told.latitude_e6
    longitude, latitude = (None, None) if not told.placed else (value / 1e6 for value in place)
    names = ("event", "point", "text", "region")
    said = {name: told.attributes.get(name) for name in names}
    return {"at": iso_us(told.time_us), **said, "longitude": longitude, "latitude": latitude}
