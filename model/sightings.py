"""A plate seen at a place and time, by a camera or a team."""

from __future__ import annotations

import msgspec


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One sighting of a unit; `registered`: its plate was in the register when it was seen.

    `organisation_id` is the source's; `confidence`: of the plate reader, 0 to 1; `photo`: SHA-256
    of the picture, None without one.
    """

    id: int
    device_id: int
    organisation_id: int
    seen_us: int
    longitude_e6: int
    latitude_e6: int
    accuracy_m: int
    registered: bool
    confidence: float | None = None
    photo: str | None = None
