"""A rule as people write it, checked against the registry, with words that name the field."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.errors import ApiProblem
from api.evidence.rule_text import parameters_of
from api.registries import rule_kinds
from api.shapes.rulebook import RuleBody
from model.vehicles import UnitKind
from rules.contract import RuleKind


def check_rule(body: RuleBody) -> None:
    """Kind, parameters, scope and zone. Raises ApiProblem("invalid_request")."""
    kind = check_kind(body.kind)
    known = {parameter.name: parameter for parameter, _ in parameters_of(kind)}
    for name, value in body.parameters.items():
        field = f"parameters.{name}"
        if name not in known:
            raise invalid(field, f"no such parameter; one of {', '.join(known)}")
        low, high = known[name].minimum, known[name].maximum
        if not low <= value <= high:
            raise invalid(field, f"must lie in {low:g} to {high:g} {known[name].unit}")
    units = tuple(UnitKind)
    for name in body.scope.kinds:
        if name not in units:
            raise invalid("scope.kinds", f"no such kind of unit: {name}; one of {', '.join(units)}")
    if body.schedule is not None:
        try:
            ZoneInfo(body.schedule.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise invalid("schedule.zone", "no such IANA time zone") from error


def check_kind(name: str) -> RuleKind:
    """The kind of rule of this name. Raises ApiProblem("invalid_request")."""
    kind = rule_kinds().get(name)
    if kind is None:
        raise invalid("kind", f"no such kind; one of {', '.join(sorted(rule_kinds()))}")
    return kind


def invalid(field: str, message: str) -> ApiProblem:
    """The refusal of one field."""
    return ApiProblem("invalid_request", fields=[{"field": field, "message": message}])
