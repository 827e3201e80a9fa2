"""Protocols by name. A module registers itself with `register` when it is imported."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import protocols
from protocols.contract import TerminalProtocol

_REGISTRY: dict[str, TerminalProtocol] = {}
_NOT_PROTOCOLS = {"contract", "describing", "registry"}


def register(protocol: TerminalProtocol) -> TerminalProtocol:
    """Add a protocol; its module calls this once."""
    _REGISTRY[protocol.name] = protocol
    return protocol


def protocols_by_name() -> dict[str, TerminalProtocol]:
    """Every protocol in the package, imported on first use."""
    for module in iter_modules(protocols.__path__):
        if module.name not in _NOT_PROTOCOLS:
            import_module(f"protocols.{module.name}")
    return dict(_REGISTRY)
