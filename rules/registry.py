"""Rule kinds by name. A module in `rules/kinds` registers itself when it is imported."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import rules.kinds
from rules.contract import RuleKind

_REGISTRY: dict[str, RuleKind] = {}


def register(kind: RuleKind) -> RuleKind:
    """Add a kind; its module calls this once."""
    _REGISTRY[kind.name] = kind
    return kind


def kinds_by_name() -> dict[str, RuleKind]:
    """Every kind in `rules/kinds`, imported on first use."""
    for module in iter_modules(rules.kinds.__path__):
        import_module(f"rules.kinds.{module.name}")
    return dict(_REGISTRY)
