"""A rule's versions made ready: whom each judges and with which parameters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule, Rulebook
from rules.contract import RuleKind
from rules.episodes import EPISODE_PARAMETERS
from rules.outcome import OUTCOME_PARAMETERS
from rules.scope import judges


def effective_parameters(rule: Rule, kind: RuleKind) -> dict[str, float]:
    """All parameters by name: the machine's, the kind's, the rule's own, the later the stronger."""
    common = (*EPISODE_PARAMETERS, *OUTCOME_PARAMETERS)
    values = {parameter.name: parameter.default for parameter in common}
    values.update(kind.episode_defaults)
    values.update({parameter.name: parameter.default for parameter in kind.parameters})
    values.update(rule.parameters)
    return values


@dataclass(slots=True, eq=False)
class Version:
    """One version of a rule."""

    rule: Rule
    parameters: dict[str, float]
    device_ids: NDArray[np.int32]  # sorted
    judges: NDArray[np.bool_]  # by place among the rulebook's devices, sorted by id


@dataclass(slots=True)
class Plan:
    """All versions of one rule, oldest first."""

    rule_id: int
    kind: RuleKind
    versions: list[Version]

    @property
    def newest(self) -> tuple[int, int]:
        """(rule, version) of the newest version."""
        return self.rule_id, self.versions[-1].rule.version

    def version_or_newest(self, version: int) -> Version:
        """A version by its number; the newest, if that one is gone."""
        for candidate in self.versions:
            if candidate.rule.version == version:
                return candidate
        return self.versions[-1]

    def version_at(self, time_us: int) -> Version | None:
        """The version in force at a time."""
        for version in self.versions:
            if version.rule.valid_from_us <= time_us < version.rule.valid_to_us:
                return version
        return None

    def in_force_since(self, version: Version, device_id: int) -> int:
        """When this rule began to judge the device without a break and in the same mode."""
        since_us = version.rule.valid_from_us
        for earlier in reversed(self.versions[: self.versions.index(version)]):
            rule = earlier.rule
            if rule.valid_from_us == rule.valid_to_us:
                continue  # was never in force
            if rule.valid_to_us != since_us or rule.mode != version.rule.mode:
                break
            if device_id not in earlier.device_ids:
                break
            since_us = rule.valid_from_us
        return since_us


def share_device_sets(plans: list[Plan]) -> list[Plan]:
    """Make versions about the same devices hold the same arrays: batches know them by identity."""
    known: dict[bytes, Version] = {}
    for plan in plans:
        for version in plan.versions:
            same = known.setdefault(version.device_ids.tobytes(), version)
            version.device_ids, version.judges = same.device_ids, same.judges
    return plans


def make_plans(rulebook: Rulebook, kinds: Mapping[str, RuleKind]) -> list[Plan]:
    """Plans of every rule whose kind is known, by rule id."""
    versions: dict[int, list[Rule]] = defaultdict(list)
    for rule in sorted(rulebook.rules, key=lambda r: (r.id, r.version)):
        if rule.kind in kinds:
            versions[rule.id].append(rule)
    plans = []
    for rule_id, rules in versions.items():
        kind = kinds[rules[-1].kind]
        plans.append(Plan(rule_id, kind, [_version(rule, kind, rulebook) for rule in rules]))
    return plans


def _version(rule: Rule, kind: RuleKind, rulebook: Rulebook) -> Version:
    """A rule that is switched off judges nobody."""
    devices = sorted(rulebook.devices, key=lambda device: device.id)
    on = rule.mode != "off"
    its = np.array([on and judges(rule, kind, device, rulebook) for device in devices], np.bool_)
    ids = np.array([device.id for device in devices], np.int32)
    return Version(rule, effective_parameters(rule, kind), ids[its], its)
