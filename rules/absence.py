"""Rules over silence: judged from gaps between reports and from ticks, never from a clock.

Who owes reports is the kind's `duty`: `shifts`, whoever is on duty by the roster; `working`,
whoever was at work when last heard, from then on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from model import signals
from model.fences import Shift
from model.position import UNKNOWN, FixSource, Rows
from model.rulebook import FAR_FUTURE_US, Finding, Rulebook
from rules import silence
from rules.contract import AbsenceKind
from rules.findings import FindingMaker
from rules.heard import Heard
from rules.plan import Plan, Version
from rules.roster import Roster
from rules.state import DeviceState

_MINUTE_US = 60_000_000
Work = tuple[int, int]  # ignition (a signal's field), speed (0.1 km/h, -1 unknown)


class _Last(NamedTuple):
    """What was last heard of a device before a silence; `heard_us` 0: nothing ever."""

    device_id: int
    heard_us: int
    ignition: int
    speed_kmh_e1: int


class Absences:
    """All rules whose kind is `absence`."""

    def __init__(
        self, plans: Sequence[Plan], rulebook: Rulebook, roster: Roster, findings: FindingMaker
    ) -> None:
        self._plans = plans
        # Asked once: a protocol's isinstance costs more than the silence of a device.
        self._by_shifts = {
            plan.rule_id
            for plan in plans
            if not isinstance(plan.kind, AbsenceKind) or plan.kind.duty == "shifts"
        }
        self._outages = rulebook.outages
        self._roster = roster
        self._findings = findings
        self._devices = [
            {id(version): frozenset(version.device_ids.tolist()) for version in plan.versions}
            for plan in plans
        ]

    def ended_by(self, device_id: int, state: DeviceState, rows: Rows) -> Iterator[Finding]:
        """Silences that these newer fixes of a device (sorted by time) have ended."""
        heard = np.append(state.last_us, rows["time_us"])
        gaps = np.flatnonzero(np.diff(heard) >= _MINUTE_US)
        works = [
            work_of(rows[gap - 1]) if gap else (state.ignition, state.speed_kmh_e1)
            for gap in gaps.tolist()
        ]
        for plan, devices in zip(self._plans, self._devices, strict=True):
            for gap, work in zip(gaps.tolist(), works, strict=True):
                version = plan.version_at(int(heard[gap + 1]))
                if version is None or device_id not in devices[id(version)]:
                    continue
                where = _place_before(state, rows, gap)
                last = _Last(device_id, int(heard[gap]), *work)
                for found in self._between(plan, version, last, int(heard[gap + 1])):
                    over = silence.Silence(found.started_us, found.ended_us, ongoing=False)
                    yield self._findings.of_silence(plan, version, device_id, where, over)

    def at_tick(
        self, states: Mapping[int, DeviceState], tick_us: int, heard: Heard
    ) -> Iterator[Finding]:
        """Silences as they stand at a tick."""
        for plan in self._plans:
            version = plan.version_at(tick_us)
            if version is None:
                continue
            silent_us = tick_us - heard.last_of(version.device_ids)
            for device_id in version.device_ids[silent_us >= _threshold_us(version)].tolist():
                state = states.get(device_id) or DeviceState()
                where = (state.longitude_e6, state.latitude_e6)
                last = _Last(device_id, state.last_us, state.ignition, state.speed_kmh_e1)
                for found in self._between(plan, version, last, tick_us):
                    yield self._findings.of_silence(plan, version, device_id, where, found)

    def _between(
        self, plan: Plan, version: Version, last: _Last, until_us: int
    ) -> Iterator[silence.Silence]:
        threshold_us = _threshold_us(version)
        if until_us - last.heard_us < threshold_us:
            return
        yield from silence.silences(
            max(last.heard_us, plan.in_force_since(version, last.device_id)),
            min(until_us, version.rule.valid_to_us),
            self._owed(plan, version, last),
            self._outages,
            threshold_us,
        )

    def _owed(self, plan: Plan, version: Version, last: _Last) -> Sequence[Shift]:
        """When the device owes reports, as far as the silence after its last one is concerned."""
        if plan.rule_id in self._by_shifts:
            return self._roster.shifts.get(last.device_id, ())
        moving = last.speed_kmh_e1 >= 10 * version.parameters["moving_kmh"]
        if not last.heard_us or not (moving or last.ignition >= signals.YES):
            return ()
        return (Shift(device_id=last.device_id, starts_us=last.heard_us, ends_us=FAR_FUTURE_US),)


def _threshold_us(version: Version) -> int:
    return int(version.parameters["silent_minutes"] * _MINUTE_US)


def works_of(rows: Rows) -> list[Work]:
    """`work_of` of many rows."""
    ignition = signals.field(rows["signals"], "ignition")
    positioned = rows["fix_source"] != FixSource.NONE
    speed_kmh_e1 = np.where(positioned, rows["speed_kmh_e1"], UNKNOWN)
    return list(zip(ignition.tolist(), speed_kmh_e1.tolist(), strict=True))


def work_of(row: np.void) -> Work:
    """What a fix says of being at work; without a position its speed is an old one: unknown."""
    ignition = (int(row["signals"]) >> signals.SIGNALS["ignition"].shift) & 3
    positioned = row["fix_source"] != FixSource.NONE
    return ignition, int(row["speed_kmh_e1"]) if positioned else UNKNOWN


def _place_before(state: DeviceState, rows: Rows, gap: int) -> tuple[int, int]:
    """Where the device was last seen before the gap."""
    for row in rows[:gap][::-1]:
        if row["fix_source"]:
            return int(row["longitude_e6"]), int(row["latitude_e6"])
    return state.longitude_e6, state.latitude_e6
