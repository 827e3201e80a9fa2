"""Tasks, who is near, hand-over notes, and who looked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from api.times import Time

MAX_UNITS = 1_000
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
TaskState = Literal["queued", "sent", "delivered", "read", "done", "failed", "expired", "cancelled"]


class Place(BaseModel):
    """Degrees, WGS-84."""

    longitude: Annotated[float, Field(ge=-180, le=180)]
    latitude: Annotated[float, Field(ge=-90, le=90)]


class TaskBody(BaseModel):
    """To each of these inspectors; a message wants to be read, a task to be done."""

    device_ids: list[int] = Field(min_length=1, max_length=MAX_UNITS)
    kind: Literal["message", "task"] = "task"
    text: Text
    place: Place | None = None
    deadline: Time | None = None


class TaskShape(BaseModel):
    """A task and what became of it; `failed`: the handset could not show it."""

    id: int
    organisation_id: int
    organisation: str
    device_id: int
    device_name: str
    kind: Literal["message", "task"]
    text: str
    place: Place | None
    deadline: str | None
    overdue: bool
    state: TaskState
    created_by: str | None
    created_at: str
    delivered_at: str | None
    read_at: str | None
    done_at: str | None
    cancelled_at: str | None
    command_id: int | None


class NearInspector(BaseModel):
    """An inspector on duty by the last place, which is `age_s` old."""

    device_id: int
    name: str
    organisation: str
    distance_m: int
    accuracy_m: int | None
    age_s: int
    fresh: bool
    longitude: float
    latitude: float
    state: str


class NoteBody(BaseModel):
    """A hand-over note; `organisation_id` null: the caller's."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000)]
    organisation_id: int | None = None
    since: Time | None = None


class NoteShape(BaseModel):
    """A note with the numbers of its moment, and who has taken over."""

    id: int
    organisation_id: int
    organisation: str
    text: str
    summary: dict[str, Any]
    created_by: str | None
    created_at: str
    taken_by: str | None
    taken_at: str | None


class PathView(BaseModel):
    """Who looked at whose path, at which part of it, and when."""

    id: int
    device_id: int
    device_name: str
    user_id: int
    user_name: str
    role: str
    user_organisation: str
    at: str
    from_time: str
    to_time: str
    source: Literal["path", "track"]
