"""The app's side: one location, for the simulators and for round trips."""

from __future__ import annotations

import msgspec

from protocols.owntracks.messages import Location, Number

UNPLUGGED = 1


def encode_location(
    time_s: int,
    longitude: float,
    latitude: float,
    *,
    accuracy_m: Number | None = None,
    altitude_m: Number | None = None,
    speed_kmh: Number | None = None,
    course_deg: Number | None = None,
    battery_pct: Number | None = None,
    source: str | None = None,
) -> bytes:
    """`_type` location; degrees WGS-84. What is None is left out. `source`: Android's name."""
    location = Location(
        tst=time_s,
        lon=longitude,
        lat=latitude,
        acc=accuracy_m,
        alt=altitude_m,
        vel=speed_kmh,
        cog=course_deg,
        batt=battery_pct,
        bs=None if battery_pct is None else UNPLUGGED,
        conn="m",
        t="t",
        source=source,
    )
    told = msgspec.to_builtins(location)
    return msgspec.json.encode({name: value for name, value in told.items() if value is not None})
