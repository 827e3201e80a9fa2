"""What a batch leaves in its devices' states."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model.position import FixSource, rows_at
from rules.absence import works_of
from rules.batch import Batch
from rules.state import Believed

_PLACE = ("time_us", "longitude_e6", "latitude_e6", "accuracy_m", "fix_source")


def remember(batch: Batch, believed: Mapping[int, Believed]) -> None:
    """What the newest rows say, in columns: most devices have nothing else to keep."""
    rows, ends = batch.view.rows, batch.bounds[1:] - 1
    located = np.where(rows["fix_source"] != FixSource.NONE, np.arange(len(rows)), -1)
    seen = np.maximum.accumulate(located)[ends]
    # Written out: a step a name would cost as much as a rule.
    for state, time_us, (ignition, speed_kmh_e1) in zip(
        batch.states, batch.last_us.tolist(), works_of(rows_at(rows, ends)), strict=True
    ):
        state.last_us, state.ignition, state.speed_kmh_e1 = time_us, ignition, speed_kmh_e1
    with_place = np.flatnonzero(seen >= batch.bounds[:-1])
    places = [rows[name][seen[with_place]].tolist() for name in _PLACE]
    for number, located_us, longitude_e6, latitude_e6, accuracy_m, fix_source in zip(
        with_place.tolist(), *places, strict=True
    ):
        state = batch.states[number]
        state.located_us, state.believed = located_us, believed.get(batch.ids[number])
        state.longitude_e6, state.latitude_e6 = longitude_e6, latitude_e6
        state.accuracy_m, state.fix_source = accuracy_m, fix_source
