"""Cameras and what they have seen."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.shapes.people import Person
from api.shapes.units import Name

CameraKind = Literal["camera", "team"]


class Place(BaseModel):
    """Degrees, WGS-84."""

    longitude: float = Field(ge=-180, le=180)
    latitude: float = Field(ge=-90, le=90)


class NewCamera(BaseModel):
    """A camera with its place, or a team that tells its place with each sighting."""

    name: Name
    kind: CameraKind = "camera"
    place: Place | None = None
    organisation_id: int | None = None


class CameraChange(BaseModel):
    """What to change; `new_token`: the old one counts no more."""

    name: Name | None = None
    place: Place | None = None
    enabled: bool | None = None
    new_token: bool = False


class Camera(BaseModel):
    """A registered source; `token` is shown once, when it is made."""

    id: int
    organisation_id: int
    kind: CameraKind
    name: str
    place: Place | None
    enabled: bool
    created_at: str
    token: str | None = None


class StoredSighting(BaseModel):
    """Where a report went; `registered`: the plate was in the register when it was seen."""

    id: int
    device_id: int
    registered: bool
    duplicate: bool


class StoredSightings(BaseModel):
    """Of a batch, in its order."""

    sightings: list[StoredSighting]


class CameraOfSighting(BaseModel):
    """Which camera or team it was."""

    id: int
    kind: CameraKind
    name: str


class DeviceOfSighting(BaseModel):
    """The unit that the plate belongs to."""

    id: int
    name: str
    kind: str


class Photo(BaseModel):
    """A picture; `url` below the API's prefix, for the caller's token."""

    sha256: str
    content_type: str
    bytes: int
    url: str


class Sighting(BaseModel):
    """A plate seen at a place and time."""

    id: int
    organisation_id: int
    organisation: str
    camera: CameraOfSighting | None
    reported_by: Person | None
    plate: str
    device: DeviceOfSighting
    registered: bool
    seen_at: str
    received_at: str
    longitude: float
    latitude: float
    accuracy_m: int
    confidence: float | None
    note: str
    photo: Photo | None
