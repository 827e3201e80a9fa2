"""A recorded fix, and what is wrong with a file that has none."""

from __future__ import annotations

from dataclasses import dataclass

MAX_POINTS = 1_000_000


class TrackProblem(Exception):
    """A file that is no track; the text says what is wrong with it and where."""


@dataclass(slots=True)
class TrackPoint:
    """A recorded fix; None: the file does not say."""

    longitude: float
    latitude: float
    time_s: float | None = None
    altitude_m: float | None = None
    speed_kmh: float | None = None
    course_deg: float | None = None
