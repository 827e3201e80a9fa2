"""The registries of rule kinds and protocols, read once: they cannot change while we run."""

from __future__ import annotations

from functools import cache

from protocols.contract import TerminalProtocol
from protocols.registry import protocols_by_name
from rules.contract import RuleKind
from rules.registry import kinds_by_name


@cache
def rule_kinds() -> dict[str, RuleKind]:
    """Every rule kind by name."""
    return kinds_by_name()


@cache
def terminal_protocols() -> dict[str, TerminalProtocol]:
    """Every protocol by name."""
    return protocols_by_name()
