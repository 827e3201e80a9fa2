"""Times at the API's edge: ISO 8601 in UTC with Z; inside, microseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, PlainSerializer

from storage.instants import from_datetime, to_datetime


def iso(time: datetime | None) -> str | None:
    """A datetime of the database, in UTC with Z; milliseconds only where it has them."""
    if time is None:
        return None
    text = time.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00").removesuffix(".000") + "Z"


def iso_us(time_us: int) -> str:
    """As `iso`, from microseconds."""
    text = iso(to_datetime(time_us))
    assert text is not None
    return text


def _in_utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


# A time that a caller gives, with its offset or Z.
Time = Annotated[AwareDatetime, AfterValidator(_in_utc), PlainSerializer(iso, return_type=str)]


def microseconds(time: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    return from_datetime(time)
