"""Photos of terminals."""

from __future__ import annotations

from pydantic import BaseModel


class TerminalPhoto(BaseModel):
    """A photo; `media_number` is the terminal's own, `url` below the API's prefix."""

    id: int
    organisation_id: int
    device_id: int
    media_number: int
    event: str
    note: str
    channel: int
    taken_at: str | None
    received_at: str
    longitude: float | None
    latitude: float | None
    sha256: str
    content_type: str
    bytes: int
    url: str
