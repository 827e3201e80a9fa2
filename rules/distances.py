"""Distances from fixes to fences, each measured once a batch, however many rules ask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geofence.index import FenceIndex
from model.position import Rows


class Distances:
    """What has been measured in one batch: metres by row number in it and fence."""

    def __init__(self) -> None:
        self._key = np.empty(0, np.int64)  # sorted
        self._metres = np.empty(0, np.float64)

    def of(
        self, index: FenceIndex, place: NDArray[np.intp], fence: NDArray[np.int32], rows: Rows
    ) -> NDArray[np.float64]:
        """Metres from rows[i], the batch's row place[i], to fences[fence[i]]."""
        key = place.astype(np.int64) * max(len(index), 1) + fence
        missing = ~self._has(key)
        if missing.any():
            self._learn(key[missing], index.distances_m(fence[missing], rows[missing]))
        return self._metres[np.searchsorted(self._key, key)]

    def _has(self, key: NDArray[np.int64]) -> NDArray[np.bool_]:
        if not len(self._key):
            return np.zeros(len(key), np.bool_)
        near = np.minimum(np.searchsorted(self._key, key), len(self._key) - 1)
        return np.asarray(self._key[near] == key, np.bool_)

    def _learn(self, key: NDArray[np.int64], metres: NDArray[np.float64]) -> None:
        keys = np.concatenate([self._key, key])
        self._key, first = np.unique(keys, return_index=True)
        self._metres = np.concatenate([self._metres, metres])[first]
