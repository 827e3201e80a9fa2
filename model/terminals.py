"""What terminals say of themselves, those that are not in the register yet as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A unit to be registered automatically under an id taken from the table's sequence."""

    device_id: int
    organisation_id: int
    protocol: str
    identity: str


@dataclass(frozen=True, slots=True)
class Stranger:
    """An unregistered terminal's attempts since the last write; UTC microseconds."""

    protocol: str
    identity: str
    peer: str
    attempts: int
    details: dict[str, Any]
    first_us: int
    last_us: int


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a registered terminal says of itself at a log-in: maker, model, plate, IMEI, ..."""

    device_id: int
    details: dict[str, Any]
    at_us: int
