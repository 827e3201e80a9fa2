"""Fences in layers: a base that is never changed, and a small overlay of what came after it.

A fence is found again by id, version and the same ground; its place among the fences may move.
When one fence changes, only the overlay is made anew; the base follows when the overlay has grown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence.geodesy import Floats
from geofence.grid import Grid
from geofence.metric import Geometries, MetricShapes
from geofence.raster import Raster
from model.fences import Fence

Places = NDArray[np.intp]
LEAST_OVERLAY = 256  # rebuilding so many takes milliseconds
OVERLAY_SHARE = 16  # of the base: one sixteenth


class Layer:
    """Fences in one STRtree, in slots that never change."""

    def __init__(self, fences: Sequence[Fence]) -> None:
        self.fences = tuple(fences)
        self.shapes = MetricShapes(self.fences)
        self.areas = self.shapes.areas()
        shapely.prepare(self.areas)
        self.tree = shapely.STRtree(self.areas)
        self.grid = Grid(shapely.bounds(self.areas).reshape(-1, 4))
        self.raster = Raster(self.areas)
        self.slot_of = {(fence.id, fence.version): i for i, fence in enumerate(self.fences)}

    def slot_for(self, fence: Fence) -> int:
        """The slot of the same fence version on the same ground, or -1."""
        slot = self.slot_of.get((fence.id, fence.version), -1)
        return slot if slot >= 0 and _same_ground(self.fences[slot], fence) else -1

    def contains(self, slot: Places, longitude: Floats, latitude: Floats) -> NDArray[np.bool_]:
        """Whether point i lies in fence slot[i], its edge included."""
        return self.raster.contains(slot, longitude, latitude)

    def distance_m(self, slot: Places, longitude: Floats, latitude: Floats) -> Floats:
        """Metres from point i to fence slot[i]: 0 inside, NaN where it is broken."""
        return self.shapes.distance_m(slot, longitude, latitude)


@dataclass(slots=True)
class Layers:
    """Which fence (by place) lies in which slot; slots of the overlay follow those of the base."""

    base: Layer
    overlay: Layer | None
    slot: Places  # by place
    place: Places  # by slot; -1: a fence that is gone
    areas: Geometries  # by place

    @staticmethod
    def of(fences: Sequence[Fence]) -> Layers:
        """Everything in the base."""
        base, all_places = Layer(fences), np.arange(len(fences))
        return Layers(base, None, all_places, all_places, base.areas)

    def replaced(self, fences: Sequence[Fence]) -> Layers:
        """Layers over other fences that share the base as far as it has not changed."""
        slot = np.array([self.base.slot_for(fence) for fence in fences], np.intp)
        new = np.flatnonzero(slot < 0)
        _, first = np.unique(slot, return_index=True)
        repeated = len(first) - (len(new) > 0) < len(fences) - len(new)
        size = len(self.base.fences)
        if repeated or max(len(new), size - len(first)) > max(LEAST_OVERLAY, size // OVERLAY_SHARE):
            return Layers.of(fences)
        overlay = Layer([fences[i] for i in new.tolist()]) if len(new) else None
        slot[new] = size + np.arange(len(new))
        place = np.full(size + len(new), -1, np.intp)
        place[slot] = np.arange(len(fences))
        areas = self.base.areas
        if overlay is not None:
            areas = np.concatenate([areas, overlay.areas])
        return Layers(self.base, overlay, slot, place, areas[slot])

    def broken(self) -> dict[int, str]:
        """Why a fence cannot be used, by place."""
        size = len(self.base.fences)
        found = dict(self.base.shapes.broken)
        if self.overlay is not None:
            found |= {size + slot: why for slot, why in self.overlay.shapes.broken.items()}
        return {int(self.place[s]): why for s, why in found.items() if self.place[s] >= 0}

    def candidates(self, geometries: Geometries) -> tuple[Places, Places]:
        """Pairs (geometry, place) whose boxes meet."""
        return self._of_both(lambda layer: layer.tree.query(geometries))

    def holding(self, longitude: Floats, latitude: Floats) -> tuple[Places, Places]:
        """Pairs (point, place): the box of the fence holds the point."""
        return self._of_both(lambda layer: layer.grid.holding(longitude, latitude))

    def _of_both(self, ask: Callable[[Layer], tuple[Places, Places]]) -> tuple[Places, Places]:
        """Pairs of both layers, as pairs (which, place)."""
        which, slot = ask(self.base)
        if self.overlay is not None:
            more, of = ask(self.overlay)
            which = np.concatenate([which, more])
            slot = np.concatenate([slot, of + len(self.base.fences)])
        place = self.place[slot]
        if len(self.place) == len(self.slot):
            return which, place
        return which[place >= 0], place[place >= 0]

    def shapes_of(self, place: int) -> tuple[MetricShapes, int]:
        """The metric shapes that hold a fence, and its number there."""
        slot, size = int(self.slot[place]), len(self.base.fences)
        if slot < size:
            return self.base.shapes, slot
        assert self.overlay is not None
        return self.overlay.shapes, slot - size

    def contains(self, place: Places, longitude: Floats, latitude: Floats) -> NDArray[np.bool_]:
        """Whether point i lies in fence place[i], its edge included."""
        return self._asked(Layer.contains, place, longitude, latitude)

    def distance_m(self, place: Places, longitude: Floats, latitude: Floats) -> Floats:
        """Metres from point i to fence place[i]: 0 inside, NaN where it is broken."""
        return self._asked(Layer.distance_m, place, longitude, latitude)

    def _asked(
        self,
        ask: Callable[[Layer, Places, Floats, Floats], NDArray[Any]],
        place: Places,
        longitude: Floats,
        latitude: Floats,
    ) -> NDArray[Any]:
        """The layers' answers, each about its own fences."""
        slot, size = self.slot[place], len(self.base.fences)
        if self.overlay is None:
            return ask(self.base, slot, longitude, latitude)
        old = slot < size
        first = ask(self.base, slot[old], longitude[old], latitude[old])
        answer = np.empty(len(slot), first.dtype)
        answer[old] = first
        answer[~old] = ask(self.overlay, slot[~old] - size, longitude[~old], latitude[~old])
        return answer


def _same_ground(one: Fence, other: Fence) -> bool:
    return one is other or (
        one.shape == other.shape
        and one.radius_m == other.radius_m
        and one.half_width_m == other.half_width_m
        and one.geometry == other.geometry
    )
