"""Late data: judge a device's event time anew, from the nearest earlier snapshot.

Stored positions go through the same engine until the state equals a stored snapshot again; what the
rules then say of that window replaces what they said before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from model.position import Rows
from model.rulebook import Finding
from model.trips import Trip
from model.violations import Window
from rules.engine import Engine
from rules.episodes import IDLE
from rules.state import DeviceState, encode

NO_SNAPSHOT_LOOKBACK_US = 24 * 3_600_000_000  # without a snapshot: start this long before


@dataclass(slots=True)
class Replayed:
    """`state` is the device's newest state."""

    window: Window
    findings: list[Finding]
    state: DeviceState
    snapshots: list[tuple[int, int, bytes]] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)


def replay(
    engine: Engine,
    device_id: int,
    after_us: int,
    state: DeviceState,
    rows: Rows,
    *,
    stored: Mapping[int, bytes],
    current: DeviceState,
    changed_until_us: int,
    step_us: int,
) -> Replayed:
    """Replay `rows` (all stored positions of the device after `after_us`, in any order).

    `state`: the device's at `after_us`; it is advanced in place. `stored`: the snapshots of the
    replayed time; new ones are made every `step_us` of event time. `current`: the state before the
    late rows came; it goes on from where a stored snapshot after `changed_until_us`, the last of
    them, is met again.
    """
    states = {device_id: state}
    findings: list[Finding] = []
    snapshots: list[tuple[int, int, bytes]] = []
    trips: list[Trip] = []
    rows = rows[np.argsort(rows["time_us"], kind="stable")]
    begin = 0
    for cut_us in _cuts(rows, stored, step_us):
        end = int(np.searchsorted(rows["time_us"], cut_us, side="right"))
        findings += engine.advance(states, rows[begin:end], trips)
        begin = end
        state = states[device_id]
        data = encode(state)
        if cut_us >= changed_until_us and stored.get(cut_us) == data:
            window = _window(device_id, after_us, cut_us, _going_on(engine, state))
            findings = _decided(findings, window.undecided)
            fresh = rows[rows["time_us"] > current.last_us]
            states[device_id] = current
            findings += engine.advance(states, fresh, trips)
            return Replayed(window, findings, current, snapshots, trips)
        snapshots.append((device_id, cut_us, data))
    findings += engine.advance(states, rows[begin:], trips)
    state = states[device_id]
    until_us = max(state.last_us, after_us)
    findings += engine.ongoing(device_id, state)
    undecided = frozenset(engine.duties.under_way(state))
    window = _window(device_id, after_us, until_us, undecided)
    return Replayed(window, findings, state, snapshots, trips)


def earliest(rows: Rows) -> dict[int, int]:
    """Each device's earliest fix: it is dirty from there on."""
    order = np.lexsort((rows["time_us"], rows["device_id"]))
    ids, first = np.unique(rows["device_id"][order], return_index=True)
    return dict(zip(ids.tolist(), rows["time_us"][order][first].tolist(), strict=True))


def _cuts(rows: Rows, stored: Mapping[int, bytes], step_us: int) -> list[int]:
    """Times at which a state is compared or kept: the stored snapshots, and one a step."""
    if not len(rows):
        return []
    times = rows["time_us"]
    last_of_step = np.flatnonzero(np.diff(times // step_us)).tolist()
    return sorted({int(times[place]) for place in last_of_step} | set(stored))


def _window(
    device_id: int, after_us: int, until_us: int, undecided: frozenset[tuple[int, int]]
) -> Window:
    return Window(device_id=device_id, after_us=after_us, until_us=until_us, undecided=undecided)


def _going_on(engine: Engine, rejoined: DeviceState) -> frozenset[tuple[int, int]]:
    """(rule id, start) of episodes and duties that go on past the window."""
    episodes = rejoined.episodes.items()
    return frozenset(
        [
            *((rule_id, e.started_us) for rule_id, e in episodes if e.phase != IDLE),
            *engine.duties.under_way(rejoined),
        ]
    )


def _decided(findings: list[Finding], undecided: frozenset[tuple[int, int]]) -> list[Finding]:
    """Without the episodes that go on past the window: their stored violations know more."""
    return [f for f in findings if (f.rule_id, f.started_us) not in undecided]
