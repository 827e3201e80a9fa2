"""Who dirtied this road: units that passed it, those with most against them first.

Loaded and uncovered is what the work signals said during the pass. The site is where the unit last
stood before it; unwashed, what the rule `unwashed_exit` raised since then. Unknown is not innocent:
it weighs, but less than yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from api.times import iso_us, microseconds
from geofence.index import FenceIndex
from geofence.stops import stops
from geofence.visits import Visit
from model.fences import Fence
from model.position import UNKNOWN, Rows
from model.signals import NO, YES
from model.signals import field as signal_field

Tri = Literal["yes", "no", "unknown"]
Row = dict[str, Any]
LOOK_BACK_US = 3 * 3600 * 1_000_000  # a site left earlier has been driven off the wheels
SITE_TAGS = ("site", "plant")
WASH_TAGS = ("wash_bay",)
LOOKED_AT = {*SITE_TAGS, *WASH_TAGS}
SITE_STOP_S, WASH_STOP_S = 60.0, 45.0  # the second as `wash_s` of unwashed_exit
AFTER_US = 30 * 60 * 1_000_000  # what is raised so soon after the pass belongs to it
MAX_SHOWN_PASSES = 20
# What weighs how much, by yes and by unknown.
WEIGHTS = {"uncovered": (4, 1), "unwashed": (4, 1), "loaded": (2, 1)}
FROM_SITE_WEIGHT = 1
_ORDER: dict[Tri, int] = {"yes": 2, "unknown": 1, "no": 0}


@dataclass(frozen=True, slots=True)
class Left:
    """The site last left, and whether a stop in a wash bay followed."""

    fence: Fence
    left_us: int
    washed: bool


def passes_of(found: Sequence[Visit], rows: Rows) -> dict[int, list[Row]]:
    """Passes by device, in order of time."""
    passes: dict[int, list[Row]] = {}
    for visit in found:
        piece = rows[visit.first : visit.last + 1]
        loaded = _heard(piece, "loaded", yes_is_yes=True)
        uncovered = _heard(piece, "cover_closed", yes_is_yes=False)
        speeds = piece["speed_kmh_e1"][piece["speed_kmh_e1"] != UNKNOWN]
        passes.setdefault(visit.device_id, []).append(
            {
                "from_us": visit.from_us,
                "to_us": visit.to_us,
                "max_speed_kmh": float(speeds.max()) / 10 if len(speeds) else None,
                "loaded": loaded,
                # An empty truck loses nothing, however open it is.
                "uncovered": "no" if loaded == "no" else uncovered,
            }
        )
    return passes


def _heard(piece: Rows, signal: str, *, yes_is_yes: bool) -> Tri:
    """What the signal says against the unit, said once in the pass is said."""
    states = signal_field(piece["signals"], signal)
    against, innocent = (states >= YES, states == NO) if yes_is_yes else (states == NO, states >= 2)
    if against.any():
        return "yes"
    return "no" if innocent.any() else "unknown"


def sites_left(rows: Rows, index: FenceIndex, before_us: Mapping[int, int]) -> dict[int, Left]:
    """`site_left` of each device in `rows`, before its own time."""
    found = {}
    for device_id in np.unique(rows["device_id"]).tolist():
        own = rows[rows["device_id"] == device_id]
        left = site_left(own, index, before_us[device_id])
        if left is not None:
            found[device_id] = left
    return found


def site_left(rows: Rows, index: FenceIndex, before_us: int) -> Left | None:
    """The last site where a unit stood before a time; `rows` are its own, by time."""
    earlier = rows[rows["time_us"] < before_us]
    member = index.locate(earlier)
    count = len(earlier)
    sites = member.first_inside(index.marked(tags=SITE_TAGS), count)
    bays = member.rows_inside(index.marked(tags=WASH_TAGS), count)
    stood = stops(earlier, min(SITE_STOP_S, WASH_STOP_S))
    at_site = [
        stop for stop in stood
        if stop.to_us - stop.from_us >= SITE_STOP_S * 1e6
        and (sites[stop.first : stop.last + 1] >= 0).any()
    ]  # fmt: skip
    if not at_site:
        return None
    last = at_site[-1]
    place = int(sites[last.first : last.last + 1].max())
    inside = np.flatnonzero(sites == place)
    washed = any(
        stop.from_us >= last.from_us and bays[stop.first : stop.last + 1].any() for stop in stood
    )
    return Left(index.fences[place], int(earlier["time_us"][inside[-1]]), washed)


def passer(device: Row, passes: list[Row], left: Left | None, violations: Iterable[Row]) -> Row:
    """One line of the answer."""
    first_us, last_us = passes[0]["from_us"], passes[-1]["to_us"]
    since_us = first_us - LOOK_BACK_US
    against = [
        v for v in violations
        if microseconds(v["until"]) >= since_us
        and microseconds(v["started_at"]) <= last_us + AFTER_US
    ]  # fmt: skip
    facts: dict[str, Tri] = {
        "loaded": _worst(p["loaded"] for p in passes),
        "uncovered": _worst(p["uncovered"] for p in passes),
        "unwashed": _unwashed(left, against),
    }
    return {
        "device": device,
        **facts,
        "passes": len(passes),
        "first_at": iso_us(first_us),
        "last_at": iso_us(last_us),
        "site": left and {"id": left.fence.id, "name": left.fence.name,
                          "left_at": iso_us(left.left_us)},
        "violations": [{"id": v["id"], "kind": v["kind"]} for v in against],
        "score": _score(facts, left),
        "details": [_shown(p) for p in passes[:MAX_SHOWN_PASSES]],
    }  # fmt: skip


def worst_pass(passes: list[Row]) -> Row:
    """The pass that says most against a unit; of equal ones the last."""
    return max(passes, key=lambda p: (_ORDER[p["uncovered"]], _ORDER[p["loaded"]], p["from_us"]))


def weight_of(passes: list[Row]) -> int:
    """What the signals of its passes alone say against a unit."""
    return _score({name: _worst(p[name] for p in passes) for name in ("loaded", "uncovered")}, None)


def _worst(values: Iterable[Tri]) -> Tri:
    return max(values, key=lambda value: _ORDER[value])


def _unwashed(left: Left | None, against: list[Row]) -> Tri:
    if any(v["kind"] == "unwashed_exit" for v in against):
        return "yes"
    return "no" if left is not None and left.washed else "unknown"


def _score(facts: dict[str, Tri], left: Left | None) -> int:
    weighed = (
        WEIGHTS[name][0 if value == "yes" else 1] for name, value in facts.items() if value != "no"
    )
    return sum(weighed) + (FROM_SITE_WEIGHT if left else 0)


def _shown(one: Row) -> Row:
    times = {"from": iso_us(one["from_us"]), "to": iso_us(one["to_us"])}
    return times | {name: one[name] for name in ("max_speed_kmh", "loaded", "uncovered")}
