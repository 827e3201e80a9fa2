"""Latest positions, filtered: which units a caller wants to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query

from api.rule_check import invalid
from api.times import microseconds
from model.signals import SIGNALS
from model.vehicles import UnitKind

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LatestQuery:
    """None: all; `signals`: name -> word."""

    kinds: list[UnitKind] | None
    organisation_id: int | None
    tag: str | None
    online: bool | None
    max_age_s: float | None
    box: tuple[float, ...] | None
    signals: dict[str, str]

    def wants(self, device: Row, position: Row, now_us: int) -> bool:
        """Whether a unit at its position passes."""
        checks = (
            self.kinds is None or device["kind"] in self.kinds,
            self.organisation_id in (None, device["organisation_id"]),
            self.tag is None or self.tag in device["tags"],
            self.online in (None, position["online"]),
            self.max_age_s is None or age_s(position, now_us) <= self.max_age_s,
            self.box is None or _inside(self.box, position),
            all(position["signals"].get(n, "unknown") == word for n, word in self.signals.items()),
        )
        return all(checks)


def latest_query(
    *,
    kind: Annotated[list[UnitKind] | None, Query()] = None,
    organisation_id: int | None = None,
    tag: str | None = None,
    online: bool | None = None,
    max_age_s: Annotated[float | None, Query(gt=0)] = None,
    bbox: Annotated[str | None, Query(description="west,south,east,north")] = None,
    signal: Annotated[list[str] | None, Query(description="loaded:full")] = None,
) -> LatestQuery:
    """A dependency."""
    box = None if bbox is None else _box(bbox)
    wanted = signals_of(signal)
    return LatestQuery(kind, organisation_id, tag, online, max_age_s, box, wanted)


def signals_of(given: list[str] | None) -> dict[str, str]:
    """`["loaded:full"]` as `{"loaded": "full"}`. Raises ApiProblem("invalid_request")."""
    wanted = {}
    for text in given or []:
        name, _, word = text.partition(":")
        if name not in SIGNALS:
            raise invalid("signal", f"no such signal: {name}; one of {', '.join(SIGNALS)}")
        words = SIGNALS[name].states
        if word not in words:
            raise invalid("signal", f"{name} is one of {', '.join(dict.fromkeys(words))}")
        wanted[name] = word
    return wanted


def age_s(position: Row, now_us: int) -> float:
    """Seconds since the fix."""
    from_us = microseconds(datetime.fromisoformat(position["time"]))
    return (now_us - from_us) / 1e6


def _inside(box: tuple[float, ...], position: Row) -> bool:
    west, south, east, north = box
    return bool(west <= position["longitude"] <= east and south <= position["latitude"] <= north)


def _box(text: str) -> tuple[float, ...]:
    try:
        west, south, east, north = map(float, text.split(","))
    except ValueError as error:
        raise invalid("bbox", "is west,south,east,north in degrees") from error
    return west, south, east, north
