"""What a batch leaves in its devices' states."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model.position import FixSource, rows_at
from rules.absence import works_of
from rules.batch import Batch
from rules.state import Believed

# Columns of rows, and what states call them.
_PLACE = ("time_us", "longitude_e6", "latitude_e6", "accuracy_m", "fix_source")
_KEPT = ("located_us", *_PLACE[1:], "believed")


def remember(batch: Batch, believed: Mapping[int, Believed]) -> None:
    """What the newest rows say, in columns: most devices have nothing else to keep."""
    rows, ends = batch.view.rows, batch.bounds[1:] - 1
    located = np.where(rows["fix_source"] != FixSource.NONE, np.arange(len(rows)), -1)
    seen = np.maximum.accumulate(located)[ends]
    places = [rows[name][seen].tolist() for name in _PLACE]
    places.append([believed.get(id_) for id_ in batch.ids])
    for number in np.flatnonzero(seen < batch.bounds[:-1]).tolist():  # without a place in these
        state = batch.states[number]
        for column, name in zip(places, _KEPT, strict=True):
            column[number] = getattr(state, name)
    last_us, works = rows["time_us"][ends].tolist(), works_of(rows_at(rows, ends))
    for state, time_us, work, *place in zip(batch.states, last_us, works, *places, strict=True):
        state.last_us = time_us
        state.ignition, state.speed_kmh_e1 = work
        state.located_us, state.longitude_e6, state.latitude_e6 = place[:3]
        state.accuracy_m, state.fix_source, state.believed = place[3:]
