"""The apps' side: OsmAnd's parameters and Traccar Client's JSON, for the simulators and for round
trips."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from protocols.osmand.messages import Battery, Coordinates, Location, write_pairs


def location(
    time_s: int,
    longitude: float,
    latitude: float,
    *,
    accuracy_m: float | None = None,
    altitude_m: float | None = None,
    speed_ms: float | None = None,
    course_deg: float | None = None,
    battery_share: float | None = None,
    mocked: bool | None = None,
) -> Location:
    """One fix; degrees WGS-84, `battery_share` 0 to 1. None: not said."""
    coords = Coordinates(
        latitude=latitude,
        longitude=longitude,
        accuracy=accuracy_m,
        speed=speed_ms,
        heading=course_deg,
        altitude=altitude_m,
    )
    moment = datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    battery = None if battery_share is None else Battery(level=battery_share, is_charging=False)
    return Location(timestamp=moment, coords=coords, battery=battery, mock=mocked)


def encode_json(identity: str, locations: Sequence[Location]) -> bytes:
    """The body of a POST of Traccar Client."""
    told = [_known(msgspec.to_builtins(one)) for one in locations]
    body = {"location": told[0] if len(told) == 1 else told, "device_id": identity}
    return msgspec.json.encode(body)


def encode_query(identity: str, one: Location) -> bytes:
    """The query of a GET of OsmAnd."""
    coords = one.coords
    pairs = [
        ("id", identity),
        ("timestamp", str(one.timestamp)),
        ("speed", coords.speed),
        ("speed_unit", "ms"),
        ("bearing", coords.heading),
        ("altitude", coords.altitude),
        ("accuracy", coords.accuracy),
        ("mock", None if one.mock is None else str(one.mock).lower()),
        ("lat", coords.latitude),
        ("lon", coords.longitude),
    ]
    return write_pairs([(name, str(value)) for name, value in pairs if value is not None])


def _known(values: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in values.items() if value is not None}
    return {name: _known(v) if isinstance(v, dict) else v for name, v in kept.items()}
