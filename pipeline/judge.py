"""The rules' memory: device states, what was told by ticks, and one step of judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from psycopg import AsyncConnection

from model.position import Rows, received_us, rows_at
from model.rulebook import Finding
from model.trips import Trip, TripChanges
from model.violations import Change, Window
from pipeline.replay import NO_SNAPSHOT_LOOKBACK_US, replay
from rules.duties import UNHEARD_US
from rules.engine import Engine
from rules.reconcile import Name, name_of, reconcile
from rules.state import DeviceState, decode, encode
from rules.trip_changes import trip_changes
from storage import judgement
from storage.tracks import positions_of
from storage.trips import stored_trips

Connection = AsyncConnection[Any]
TELL_TICKS_EVERY_US = 60_000_000  # a silence that goes on is told anew this often
END_OF_TIME_US = 4_102_444_800_000_000
# What was told so long ago stands: reports so late are no longer accepted, rosters not kept.
REFUTABLE_US = 30 * 86_400_000_000


@dataclass(slots=True)
class Outcome:
    """What a step found; written by the evaluator in one transaction."""

    findings: list[Finding] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    unfounded: list[Name] = field(default_factory=list)
    snapshots: list[tuple[int, int, bytes]] = field(default_factory=list)
    unjudged: dict[int, dict[int, tuple[int, str]]] = field(default_factory=dict)

    @property
    def quiet(self) -> bool:
        """Nothing to write but snapshots."""
        return not (self.findings or self.trips or self.windows or self.unfounded or self.unjudged)

    async def changes(
        self, conn: Connection, failing: frozenset[tuple[int, int]] = frozenset()
    ) -> list[Change]:
        """Compared with what is stored, inside the step's transaction; `failing`: as reconcile."""
        devices = {f.device_id for f in self.findings} | {w.device_id for w in self.windows}
        devices |= {name[0] for name in self.unfounded}
        if not devices:
            return []
        starts = [f.started_us for f in self.findings]
        starts += [w.after_us for w in self.windows] + [name[2] for name in self.unfounded]
        stored = await judgement.stored_violations(conn, sorted(devices), min(starts))
        return reconcile(stored, self.findings, self.windows, self.unfounded, failing)

    async def trip_changes(self, conn: Connection) -> TripChanges:
        """As `changes`, for the trips."""
        devices = {trip.device_id for trip in self.trips} | {w.device_id for w in self.windows}
        if not devices:
            return TripChanges()
        since = [t.loaded_us for t in self.trips] + [w.after_us for w in self.windows]
        stored = await stored_trips(conn, sorted(devices), min(since))
        return trip_changes(stored, self.trips, self.windows)


class Judge:
    """States of all devices in memory, and the engine in force."""

    def __init__(self, engine: Engine, step_us: int) -> None:
        self.engine = engine
        self.states: dict[int, DeviceState] = {}
        self._step_us = step_us
        self._snapshot_us: dict[int, int] = {}
        self._unjudged: dict[int, dict[int, tuple[int, str]]] = {}
        self._told: dict[Name, int] = {}  # by the last tick: until when
        self._beyond: dict[Name, int] = {}  # those that reach beyond their device's last fix

    async def restore(self, conn: Connection, dirty: dict[int, int]) -> None:
        """Load snapshots; every device becomes dirty from its newest one on, or from earlier."""
        for device_id, (time_us, data) in (await judgement.latest_snapshots(conn)).items():
            self.states[device_id] = decode(data)
            self._snapshot_us[device_id] = time_us
            dirty[device_id] = min(time_us + 1, dirty.get(device_id, time_us + 1))
        self._unjudged = await judgement.stored_unjudged(conn)
        kinds = sorted(self.engine.told_by_ticks)
        self._beyond = await judgement.told_beyond(conn, kinds)

    async def step(
        self, conn: Connection, rows: Rows, dirty: Mapping[int, int], tick_us: int
    ) -> Outcome:
        """Judge new rows, replay dirty devices (device -> from), then hear the silence."""
        outcome = Outcome()
        late = self._late(rows)
        for device_id, from_us in dirty.items():
            if device_id in self.engine.devices:
                late[device_id] = (min(from_us, late.get(device_id, (from_us,))[0]), END_OF_TIME_US)
        fresh = rows_at(rows, ~np.isin(rows["device_id"], list(late))) if late else rows
        outcome.findings += self.engine.advance(self.states, fresh, outcome.trips)
        touched = set(fresh["device_id"].tolist()) & self.engine.devices.keys()
        for device_id, period in late.items():
            own = rows_at(rows, rows["device_id"] == device_id)
            newest_us = int(own["time_us"].max()) if len(own) else END_OF_TIME_US
            known_us = max(tick_us, int(received_us(own).max(initial=tick_us)))
            await self._replay(
                conn, outcome, device_id, period, newest_us=newest_us, known_us=known_us
            )
        touched |= set(late)
        self._keep_snapshots(outcome, touched)
        self._note_unjudged(outcome, touched)
        self._hear_silence(outcome, tick_us)
        return outcome

    def _late(self, rows: Rows) -> dict[int, tuple[int, int]]:
        """Devices with rows not newer than what was judged: device -> first and last such time."""
        if not len(rows):
            return {}
        ids, inverse = np.unique(rows["device_id"], return_inverse=True)
        last = np.array([self._last_us(id_) for id_ in ids.tolist()], np.int64)[inverse]
        behind = rows_at(rows, np.flatnonzero(rows["time_us"] <= last))
        late: dict[int, tuple[int, int]] = {}
        for device_id, time_us in zip(
            behind["device_id"].tolist(), behind["time_us"].tolist(), strict=True
        ):
            if device_id in self.engine.devices:
                first_us, last_us = late.get(device_id, (time_us, time_us))
                late[device_id] = (min(time_us, first_us), max(time_us, last_us))
        return late

    def _last_us(self, device_id: int) -> int:
        state = self.states.get(device_id)
        return state.last_us if state else 0

    async def _replay(
        self,
        conn: Connection,
        outcome: Outcome,
        device_id: int,
        changed: tuple[int, int],
        *,
        newest_us: int,
        known_us: int,
    ) -> None:
        """From the nearest snapshot on, by what was received until `known_us`: more may be stored
        already, but is the next step's, or a finding would rest on more than its tick says."""
        from_us, until_us = changed
        start = await judgement.snapshot_before(conn, device_id, from_us)
        after_us = start[0] if start else from_us - NO_SNAPSHOT_LOOKBACK_US
        last_us = max(self._last_us(device_id), newest_us)
        rows = await positions_of(conn, device_id, after_us + 1, last_us + 1)
        rows = rows_at(rows, received_us(rows) <= known_us)
        stored = await judgement.snapshots_from(conn, device_id, after_us + 1)
        state = decode(start[1]) if start else DeviceState()
        replayed = replay(
            self.engine,
            device_id,
            after_us,
            state,
            rows,
            stored=stored,
            current=self.states.get(device_id) or DeviceState(),
            changed_until_us=until_us,
            step_us=self._step_us,
        )
        outcome.windows.append(replayed.window)
        outcome.findings += replayed.findings
        outcome.trips += replayed.trips
        outcome.snapshots += replayed.snapshots
        self.states[device_id] = replayed.state
        if replayed.snapshots:
            newest_us = replayed.snapshots[-1][1]
            self._snapshot_us[device_id] = max(newest_us, self._snapshot_us.get(device_id, 0))

    def _keep_snapshots(self, outcome: Outcome, touched: set[int]) -> None:
        for device_id in touched:
            state = self.states[device_id]
            if state.last_us - self._snapshot_us.get(device_id, 0) >= self._step_us:
                outcome.snapshots.append((device_id, state.last_us, encode(state)))
                self._snapshot_us[device_id] = state.last_us

    def _note_unjudged(self, outcome: Outcome, touched: set[int]) -> None:
        for device_id in touched:
            now = self.engine.unjudged(self.states.get(device_id) or DeviceState())
            if now != self._unjudged.get(device_id, {}):
                outcome.unjudged[device_id] = self._unjudged[device_id] = now

    def _hear_silence(self, outcome: Outcome, tick_us: int) -> None:
        """Add what the tick says; take back what it said and late reports have refuted."""
        told: dict[Name, int] = {}
        beyond: dict[Name, int] = {}
        anew = {window.device_id for window in outcome.windows}
        going_on = {name_of(f) for f in outcome.findings if f.ended_us is None}
        for finding in self.engine.at_tick(self.states, tick_us):
            name = name_of(finding)
            before_us = self._told.get(name, 0)
            lasted_us = finding.last_us - before_us if finding.ended_us is None else 0
            # What was judged anew is told again, or it would seem to be refuted.
            stale = not before_us or finding.device_id in anew or lasted_us >= TELL_TICKS_EVERY_US
            # Fixes that come long after they were made: silence ends anew what they prolong.
            prolonged = name in going_on or finding.last_us != before_us
            stale |= finding.ended_us is not None and prolonged
            told[name] = finding.last_us if stale else before_us
            if finding.last_us > self._last_us(finding.device_id):
                beyond[name] = finding.last_us
            if stale:
                outcome.findings.append(finding)
        outcome.unfounded += [
            name
            for name, last_us in self._beyond.items()
            if name not in told and self._refutable(name, last_us, tick_us)
        ]
        self._told, self._beyond = told, beyond

    def _refutable(self, name: Name, last_us: int, tick_us: int) -> bool:
        """Whether that a tick says it no longer means that it is not so."""
        device_id, rule_id, *_ = name
        failing = any(rule_id == failed for failed, _ in self.engine.failing)
        if failing or last_us < tick_us - REFUTABLE_US:
            return False
        unheard = rule_id in self.engine.duties.unheard and self._last_us(device_id) < last_us
        return not unheard or last_us > tick_us - UNHEARD_US
