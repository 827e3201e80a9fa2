"""A whole message being handled, and what acknowledges a report later."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.jt808.header import Header
from protocols.jt808.terminal import Terminal


@dataclass(slots=True)
class Token:
    """What acknowledges a report: its terminal, message id, and one serial a package."""

    terminal: Terminal
    message_id: int
    serials: tuple[int, ...]


@dataclass(slots=True)
class Exchange:
    """One whole message being handled."""

    terminal: Terminal
    header: Header
    frame: bytes
    body: bytes
    serials: tuple[int, ...]
    now_us: int
