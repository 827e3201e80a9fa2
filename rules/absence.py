"""Rules over silence: judged from gaps between reports and from ticks, never from a clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from model.position import Rows
from model.rulebook import Finding, Rulebook
from rules import silence
from rules.findings import FindingMaker
from rules.plan import Plan, Version
from rules.roster import Roster
from rules.state import DeviceState

_MINUTE_US = 60_000_000


class Absences:
    """All rules whose kind is `absence`."""

    def __init__(
        self, plans: Sequence[Plan], rulebook: Rulebook, roster: Roster, findings: FindingMaker
    ) -> None:
        self._plans = plans
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
        for plan, devices in zip(self._plans, self._devices, strict=True):
            for gap in gaps.tolist():
                version = plan.version_at(int(heard[gap + 1]))
                if version is None or device_id not in devices[id(version)]:
                    continue
                where = _place_before(state, rows, gap)
                for found in self._between(
                    version, device_id, int(heard[gap]), int(heard[gap + 1])
                ):
                    over = silence.Silence(found.started_us, found.ended_us, ongoing=False)
                    yield self._findings.of_silence(plan, version, device_id, where, over)

    def at_tick(self, states: Mapping[int, DeviceState], tick_us: int) -> Iterator[Finding]:
        """Silences as they stand at a tick."""
        for plan in self._plans:
            version = plan.version_at(tick_us)
            if version is None:
                continue
            for device_id in version.device_ids.tolist():
                state = states.get(device_id) or DeviceState()
                where = (state.longitude_e6, state.latitude_e6)
                for found in self._between(version, device_id, state.last_us, tick_us):
                    yield self._findings.of_silence(plan, version, device_id, where, found)

    def _between(
        self, version: Version, device_id: int, heard_us: int, until_us: int
    ) -> Iterator[silence.Silence]:
        threshold_us = int(version.parameters["silent_minutes"] * _MINUTE_US)
        if until_us - heard_us < threshold_us:
            return
        yield from silence.silences(
            max(heard_us, version.rule.valid_from_us),
            min(until_us, version.rule.valid_to_us),
            self._roster.shifts.get(device_id, ()),
            self._outages,
            threshold_us,
        )


def _place_before(state: DeviceState, rows: Rows, gap: int) -> tuple[int, int]:
    """Where the device was last seen before the gap."""
    for row in rows[:gap][::-1]:
        if row["fix_source"]:
            return int(row["longitude_e6"]), int(row["latitude_e6"])
    return state.longitude_e6, state.latitude_e6
