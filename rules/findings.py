"""Episodes and silences -> findings: with rule version, measures, place and who answers for it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from geofence.index import FenceIndex
from model.position import FixSource, empty_rows
from model.rulebook import Device, Finding, Rulebook
from rules.contract import RuleKind
from rules.episodes import Episode, Told
from rules.outcome import lasting, repeat_of
from rules.owed import Duty
from rules.plan import Plan, Version
from rules.silence import Silence

DISTRICTS_KEPT = 4_096


class FindingMaker:
    """Makes findings under one rulebook."""

    def __init__(self, rulebook: Rulebook, index: FenceIndex) -> None:
        self._devices: dict[int, Device] = {device.id: device for device in rulebook.devices}
        self._fences = rulebook.fences
        self._index = index
        self._responsible = {
            (fence.id, fence.version): fence.responsible_organisation_id for fence in self._fences
        }
        self._district = np.array(["district" in fence.tags for fence in self._fences], np.bool_)
        # An episode is told every minute, and its beginning stays where it was.
        self._of_district = lru_cache(DISTRICTS_KEPT)(self._find_district)

    def of_episode(self, plan: Plan, device_id: int, told: Told) -> Finding:
        """A finding from a violation's episode."""
        episode = told.episode
        version = plan.version_or_newest(episode.rule_version)
        rule, lasted_us = version.rule, episode.last_yes_us - episode.started_us
        where = (episode.longitude_e6, episode.latitude_e6)
        fence = (episode.fence_id, episode.fence_version) if episode.fence_id else None
        return Finding(
            device_id=device_id,
            organisation_id=self._devices[device_id].organisation_id,
            rule_id=plan.rule_id,
            rule_version=rule.version,
            kind=plan.kind.name,
            severity=lasting(rule.severity, lasted_us, version.parameters),
            repeat=repeat_of(version.parameters),
            started_us=episode.started_us,
            ended_us=episode.last_yes_us if told.ended else None,
            last_us=episode.last_yes_us,
            fence_id=fence[0] if fence else None,
            fence_version=fence[1] if fence else None,
            responsible_organisation_id=self._who_answers(fence, where, episode.started_us),
            longitude_e6=where[0],
            latitude_e6=where[1],
            measures=_measures(plan.kind, episode),
        )

    def of_silence(
        self, plan: Plan, version: Version, device_id: int, where: tuple[int, int], found: Silence
    ) -> Finding:
        """A finding from a silence in a shift."""
        duration_us = found.ended_us - found.started_us
        return Finding(
            device_id=device_id,
            organisation_id=self._devices[device_id].organisation_id,
            rule_id=plan.rule_id,
            rule_version=version.rule.version,
            kind=plan.kind.name,
            severity=lasting(version.rule.severity, duration_us, version.parameters),
            repeat=repeat_of(version.parameters),
            started_us=found.started_us,
            ended_us=None if found.ongoing else found.ended_us,
            last_us=found.ended_us,
            responsible_organisation_id=self._who_answers(None, where, found.started_us),
            longitude_e6=where[0],
            latitude_e6=where[1],
            measures={
                plan.kind.measure_name: round(duration_us / 60e6, 1),
                "duration_s": duration_us / 1e6,
                "fixes": 0,
                "unknown_s": 0.0,
            },
        )

    def of_duty(
        self,
        plan: Plan,
        version: Version,
        duty: Duty,
        measures: dict[str, Any],
        where: tuple[int, int],
    ) -> Finding:
        """A finding of what was not done by its due time: the moment that establishes it."""
        fence = self._fences[duty.fence] if duty.fence >= 0 else None
        named = (fence.id, fence.version) if fence else None
        window = {"window_from_us": duty.from_us, "window_to_us": duty.due_us}
        return Finding(
            device_id=duty.device_id,
            organisation_id=self._devices[duty.device_id].organisation_id,
            rule_id=plan.rule_id,
            rule_version=version.rule.version,
            kind=plan.kind.name,
            severity=version.rule.severity,
            repeat=repeat_of(version.parameters),
            started_us=duty.due_us,
            ended_us=duty.due_us,
            last_us=duty.due_us,
            fence_id=fence.id if fence else None,
            fence_version=fence.version if fence else None,
            responsible_organisation_id=self._who_answers(named, where, duty.due_us),
            longitude_e6=where[0],
            latitude_e6=where[1],
            measures={**measures, **window, "duty": duty.key},
        )

    def _who_answers(
        self, fence: tuple[int, int] | None, where: tuple[int, int], time_us: int
    ) -> int | None:
        """Who answers for the fence, or else for the district around the place."""
        if fence is not None:
            return self._responsible.get(fence)
        if not self._district.any() or where == (0, 0):
            return None
        return self._of_district(where, time_us)

    def _find_district(self, where: tuple[int, int], time_us: int) -> int | None:
        point = empty_rows(1)
        point["longitude_e6"], point["latitude_e6"] = where
        point["time_us"], point["fix_source"] = time_us, FixSource.GNSS
        for found in self._index.locate(point).fence:
            if self._district[found]:
                return self._fences[int(found)].responsible_organisation_id
        return None


def _measures(kind: RuleKind, episode: Episode) -> dict[str, Any]:
    measures: dict[str, Any] = {
        "duration_s": (episode.last_yes_us - episode.started_us) / 1e6,
        "fixes": episode.fixes,
        "unknown_s": episode.unknown_us / 1e6,
    }
    if episode.peak_us:
        measures[kind.measure_name] = round(episode.peak, 1)
        measures["peak_us"] = episode.peak_us
    return measures
