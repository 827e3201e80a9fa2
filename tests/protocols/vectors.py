"""Vectors of text protocols: a payload, and what is expected of its only position."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from protocols.contract import TerminalProtocol

VECTORS = Path(__file__).parents[1] / "vectors"


def vectors(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return found


def check(protocol: TerminalProtocol, vector: dict[str, Any]) -> None:
    shown = protocol.describe(vector["payload"])
    assert shown.error is None
    (position,) = shown.positions
    assert {name: position[name] for name in vector["expected"]} == vector["expected"]
    assert protocol.describe(vector["payload"].encode().hex()).positions == shown.positions
