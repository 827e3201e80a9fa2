"""Which sites have a wash bay: by nearness, for the register does not say which bay is whose."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from model.fences import Fence
from model.position import FixSource, empty_rows
from rules.nearby import boxes
from rules.view import View

_METRES_A_DEGREE = 111_000.0


@dataclass(frozen=True, slots=True)
class WashBays:
    """`of_site`: places in `fences` of the bays within reach of the site at a place; `sites`: which
    fences are those."""

    fences: tuple[Fence, ...]
    within_m: float
    of_site: dict[int, list[int]]
    sites: NDArray[np.bool_]

    def has_one(self, site: int, time_us: int) -> bool:
        """Whether a bay of the site is in force at a time."""
        return any(
            self.fences[bay].valid_from_us <= time_us < self.fences[bay].valid_to_us
            for bay in self.of_site.get(site, ())
        )


def wash_bays(view: View, within_m: float) -> WashBays:
    """The table of a rulebook, made once."""
    key = f"wash_bays:{within_m:g}"
    kept = view.roster.tables.get(key)
    if not isinstance(kept, WashBays) or kept.fences is not view.fences:
        kept = view.roster.tables[key] = _make(view, within_m)
    return kept


def _make(view: View, within_m: float) -> WashBays:
    of_site: dict[int, list[int]] = {}
    sites = np.flatnonzero(view.index.marked(tags=("site",)))
    bounds = boxes(view)[sites]
    for bay in np.flatnonzero(view.index.marked(tags=("wash_bay",))).tolist():
        point = _middle(view.fences[bay])
        if point is None:
            continue
        reach = 2 * within_m / _METRES_A_DEGREE / np.cos(np.radians(min(abs(point.y), 85)))
        west, south, east, north = bounds.T
        near = (point.x >= west - reach) & (point.x <= east + reach)
        near &= (point.y >= south - reach) & (point.y <= north + reach)
        chosen = sites[near]
        row = empty_rows(1)
        row["longitude_e6"], row["latitude_e6"] = round(point.x * 1e6), round(point.y * 1e6)
        row["fix_source"] = FixSource.GNSS
        found_m = view.index.distances_m(chosen, np.repeat(row, len(chosen)))
        for site in chosen[found_m <= within_m].tolist():
            of_site.setdefault(site, []).append(bay)
    marked = np.zeros(len(view.fences), np.bool_)
    marked[list(of_site)] = True
    return WashBays(view.fences, within_m, of_site, marked)


def _middle(fence: Fence) -> shapely.Point | None:
    """A point of the bay; None where its geometry cannot be used."""
    text = msgspec.json.encode(fence.geometry).decode()
    shape = shapely.from_geojson(text, on_invalid="ignore")
    if shape is None or shape.is_empty:
        return None
    return shape.representative_point()
