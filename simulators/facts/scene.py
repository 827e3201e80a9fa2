"""A unit's plan at some moments, as the tests of the facts read it; distances in metres."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon

from model.signals import NO, YES
from model.signals import field as signal_field
from simulators.city import City, build_city
from simulators.city.frame import Point
from simulators.fleet.calendar import LOCAL_OFFSET_S, DayWindow
from simulators.fleet.habits import Span
from simulators.fleet.timeline import Moments
from simulators.fleet.unit import Unit

GRID_S = 5
WORK_PLACES = ("site", "dump", "plant")
RESTING_PLACES = (*WORK_PLACES, "parking", "wash_bay")
Mask = NDArray[np.bool_]
Metres = NDArray[np.float64]
Facts = tuple[Mask, Mask]  # for sure, maybe


def mask_of(spans: Iterable[Span], time_s: NDArray[np.int64]) -> Mask:
    """Which moments lie in any of the spans."""
    mask = np.zeros(len(time_s), np.bool_)
    for span in spans:
        mask |= (time_s >= span.from_s) & (time_s < span.to_s)
    return mask


@dataclass
class Scene:
    """`blind`: without a position; `elsewhere`: with a wrong one. `memory`: of this unit and kind,
    for tests that follow a unit from call to call."""

    city: City
    unit: Unit
    at: Moments
    blind: Mask
    elsewhere: Mask
    memory: dict[str, Any] = field(default_factory=dict)
    _measured: dict[int, tuple[Any, Metres]] = field(default_factory=dict)

    @cached_property
    def kmh(self) -> NDArray[np.float64]:
        """Speed."""
        return self.at.speed_ms * 3.6

    @cached_property
    def stays(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The moments at which the place changes, and for each moment which of them it is at: a
        unit stands most of the time, and what is measured there is measured once."""
        x_m, y_m = self.at.x_m, self.at.y_m
        moved = np.ones(len(x_m), np.bool_)
        moved[1:] = (x_m[1:] != x_m[:-1]) | (y_m[1:] != y_m[:-1])
        return np.flatnonzero(moved), np.cumsum(moved) - 1

    @cached_property
    def points(self) -> NDArray[np.object_]:
        """Where it is."""
        first, stay = self.stays
        points: NDArray[np.object_] = shapely.points(self.at.x_m[first], self.at.y_m[first])
        return points[stay]

    @cached_property
    def silent(self) -> Mask:
        """When the unit reports nothing, and never will."""
        return mask_of(self.unit.habits.silences, self.at.time_s)

    @cached_property
    def local_minute(self) -> NDArray[np.float64]:
        """Minute of the local day."""
        second = self.unit.origin_us / 1e6 + self.at.time_s + LOCAL_OFFSET_S
        return np.asarray(second % 86_400 / 60, np.float64)

    def none(self) -> Mask:
        """No moment."""
        return np.zeros(len(self.at.time_s), np.bool_)

    def says(self, signal: str) -> Mask:
        """Where a signal is yes, of either kind."""
        return np.asarray(signal_field(self.at.signals, signal) >= YES)

    def denies(self, signal: str) -> Mask:
        """Where a signal is no."""
        return np.asarray(signal_field(self.at.signals, signal) == NO)

    def within(self, windows: Iterable[DayWindow]) -> Mask:
        """Where the local time lies in one of the windows."""
        mask = self.none()
        for start, end in windows:
            mask |= (self.local_minute >= start) & (self.local_minute < end)
        return mask

    def depth_m(self, area: shapely.Geometry) -> Metres:
        """Metres inside an area, negative outside."""
        return self._once(area, _depth_m)

    def _once(self, shape: Any, measure: Callable[[Any, NDArray[np.object_]], Metres]) -> Metres:
        """Measured once a stay, however many ask. The shape is kept, so that its id is its own."""
        known = self._measured.get(id(shape))
        if known is None:
            first, stay = self.stays
            known = self._measured[id(shape)] = shape, measure(shape, self.points[first])[stay]
        return known[1]

    def away_m(self, tags: tuple[str, ...]) -> Metres:
        """Metres outside all places with these tags, negative inside one."""
        return -self.depth_m(places(self.city.seed, tags))

    def to_line_m(self, line: Sequence[Point]) -> Metres:
        """Metres to a line."""
        return self._once(line, _to_line_m)

    def fence_codes(self, purpose: str) -> list[str]:
        """Fences that the unit is assigned for a purpose."""
        return [duty.fence_code for duty in self.unit.duties if duty.purpose == purpose]


def _depth_m(area: shapely.Geometry, points: NDArray[np.object_]) -> Metres:
    shapely.prepare(area)
    to_border_m = shapely.distance(shapely.boundary(area), points)
    inside: Mask = shapely.contains(area, points)
    depth_m: Metres = np.where(inside, to_border_m, -to_border_m)
    return depth_m


def _to_line_m(line: Sequence[Point], points: NDArray[np.object_]) -> Metres:
    found: Metres = shapely.distance(LineString(line), points)
    return found


@lru_cache(maxsize=32)
def places(seed: int, tags: tuple[str, ...]) -> shapely.Geometry:
    """All places of a city with these tags, as one area."""
    city = build_city(seed)
    rings = [Polygon(place.ring) for place in city.places if place.tag in tags]
    if "wash_bay" in tags:
        rings += [Polygon(place.wash_ring) for place in city.places if place.wash_ring]
    return shapely.union_all(rings)


@lru_cache(maxsize=256)
def corridor_line(seed: int, code: str) -> list[Point]:
    """The centre line of a city's corridor."""
    return build_city(seed).corridor_line(*code.split("-"))
