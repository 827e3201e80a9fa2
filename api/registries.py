"""The registries of rule kinds and protocols, read once: they cannot change while we run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from protocols.contract import TerminalProtocol
from protocols.jt808.profiles import FOLDER, load_profiles
from protocols.jt808.signals import Profile
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


def terminal_profiles(folder: Path | None) -> dict[str, Profile]:
    """Profiles of JT/T 808 terminals by name: the package's, and those of the server's folder."""
    return load_profiles(FOLDER if folder is None else folder)
