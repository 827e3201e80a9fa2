"""Sightings on their way in, by HTTP and MQTT alike: read, checked, photo kept, stored once.

A report is acknowledged after its commit. Reporting it again changes nothing: the source's `id`, or
plate and time, say that it is the same.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from model.plates import is_plate, normal_plate
from pipeline.contract import Clock
from storage.cameras import Source, source_of_token
from storage.database import Connection, Database
from storage.instants import DAY_US, from_datetime
from storage.media import MAX_PHOTO_BYTES, Media, MediaProblem, MediaStore, describe, record_media
from storage.problems import AWAY, StorageAway
from storage.sightings import NewSighting, Stored, TooManyPlatesError, save_sighting

MAX_REPORTS = 100  # of one batch
MAX_AHEAD_US = 600_000_000  # a camera's clock may be so far ahead
DEFAULT_ACCURACY_M = 20  # of a place that says nothing of its own
MAX_PHOTO_CHARACTERS = (MAX_PHOTO_BYTES + 2) // 3 * 4


def _plate(text: str) -> str:
    plate = normal_plate(text)
    if not is_plate(plate):
        raise ValueError("a plate has 3 to 16 letters and digits")
    return plate


class SightingReport(BaseModel):
    """What a source says. `id`: its own name of this sighting; place: a camera's is known."""

    model_config = ConfigDict(extra="forbid")

    plate: Annotated[str, Field(max_length=40), AfterValidator(_plate)]
    seen_at: AwareDatetime
    id: str | None = Field(None, min_length=1, max_length=100)
    longitude: float | None = Field(None, ge=-180, le=180)
    latitude: float | None = Field(None, ge=-90, le=90)
    accuracy_m: float = Field(DEFAULT_ACCURACY_M, ge=0, le=10_000)
    confidence: float | None = Field(None, ge=0, le=1)
    note: str = Field("", max_length=500)
    photo: str | None = Field(None, max_length=MAX_PHOTO_CHARACTERS, description="base64")


class CameraMessage(SightingReport):
    """A report by MQTT, where the broker does not say who speaks."""

    token: str = Field(max_length=200)


class SightingProblem(Exception):
    """A report that is refused: a short stable `code` and the field at fault."""

    def __init__(self, code: str, field: str, text: str) -> None:
        super().__init__(text)
        self.code, self.field = code, field


@dataclass(frozen=True, slots=True)
class _Checked:
    new: NewSighting
    media: Media | None
    photo: bytes | None


@dataclass(frozen=True, slots=True)
class SightingIntake:
    """Stores what sources report; `retention_us`: what was seen earlier is refused."""

    database: Database
    media: MediaStore
    clock: Clock
    retention_us: int = 90 * DAY_US

    async def take(
        self, conn: Connection, source: Source, reports: Sequence[SightingReport]
    ) -> list[Stored]:
        """All or none, in the caller's transaction. Raises SightingProblem."""
        now_us = self.clock.now_us()
        checked = [self._check(source, report, now_us) for report in reports]
        stored = []
        for report in checked:
            if report.media is not None and report.photo is not None:
                # In this order: the row's lock keeps the housekeeping from the file.
                await record_media(conn, report.media, now_us)
                await asyncio.to_thread(self.media.put, report.photo)
            try:
                stored.append(await save_sighting(conn, source, report.new, now_us))
            except TooManyPlatesError as error:
                text = "too many plates of no register are known: register or remove some"
                raise SightingProblem("too_many_plates", "plate", text) from error
        return stored

    async def take_message(self, payload: bytes) -> dict[str, Any]:
        """One MQTT message, committed: the fields of `Stored`.

        Raises SightingProblem, and StorageAway to try again.
        """
        try:
            message = CameraMessage.model_validate_json(payload)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            raise SightingProblem("invalid", field, first["msg"]) from error
        try:
            async with self.database.pool.connection() as conn:
                source = await source_of_token(conn, message.token)
                if source is None:
                    raise SightingProblem("unknown_token", "token", "no camera has this token")
                stored = await self.take(conn, source, [message])
            return msgspec.structs.asdict(stored[0])
        except AWAY as error:
            raise StorageAway(str(error)) from error

    def _check(self, source: Source, report: SightingReport, now_us: int) -> _Checked:
        seen_us = from_datetime(report.seen_at)
        if not now_us - self.retention_us <= seen_us <= now_us + MAX_AHEAD_US:
            text = "older than the retention, or more than 10 minutes ahead"
            raise SightingProblem("time", "seen_at", text)
        longitude_e6, latitude_e6 = _place(source, report)
        photo = None if report.photo is None else _photo(report.photo)
        media = None
        if photo is not None:
            try:
                media = describe(photo)
            except MediaProblem as problem:
                raise SightingProblem(problem.code, "photo", str(problem)) from problem
        time = report.seen_at.astimezone(UTC)
        new = NewSighting(
            key=f"id {report.id}" if report.id else _key(report.plate, time),
            plate=report.plate,
            seen_us=seen_us,
            longitude_e6=longitude_e6,
            latitude_e6=latitude_e6,
            accuracy_m=round(report.accuracy_m),
            confidence=report.confidence,
            note=report.note,
            photo=None if media is None else media.sha256,
        )
        return _Checked(new, media, photo)


def _key(plate: str, time: datetime) -> str:
    return f"{plate} {time.isoformat(timespec='milliseconds')}"


def _place(source: Source, report: SightingReport) -> tuple[int, int]:
    if report.longitude is not None and report.latitude is not None:
        return round(report.longitude * 1e6), round(report.latitude * 1e6)
    if source.longitude_e6 is None or source.latitude_e6 is None:
        text = "give longitude and latitude: this source has no place of its own"
        raise SightingProblem("no_place", "longitude", text)
    return source.longitude_e6, source.latitude_e6


def _photo(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise SightingProblem("photo_base64", "photo", "the photo is not base64") from error
