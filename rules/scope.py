"""Whom a rule judges: by organisation, kind, tag and device."""

from __future__ import annotations

from model.rulebook import Device, Rule, Rulebook
from rules.contract import RuleKind


def belongs_to(
    organisation_id: int | None, ancestor_id: int, parents: dict[int, int | None]
) -> bool:
    """Whether an organisation is `ancestor_id` or lies below it."""
    seen: set[int] = set()
    while organisation_id is not None and organisation_id not in seen:
        if organisation_id == ancestor_id:
            return True
        seen.add(organisation_id)
        organisation_id = parents.get(organisation_id)
    return False


def judges(rule: Rule, kind: RuleKind, device: Device, rulebook: Rulebook) -> bool:
    """Whether the rule is about this device (its validity in time is another matter)."""
    scope, parents = rule.scope, rulebook.organisation_parents
    kinds = scope.kinds or kind.vehicle_kinds
    if device.kind not in kinds or device.kind not in kind.vehicle_kinds:
        return False
    if scope.device_ids and device.id not in scope.device_ids:
        return False
    if scope.tags and not set(scope.tags) & set(device.tags):
        return False
    if not belongs_to(device.organisation_id, rule.organisation_id, parents):
        return False
    return not scope.organisation_ids or any(
        belongs_to(device.organisation_id, id_, parents) for id_ in scope.organisation_ids
    )
