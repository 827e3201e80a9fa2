"""A small city in metres about one point, for the case tables of the rule kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from geofence.geodesy import LocalFrames
from geofence.index import FenceIndex
from model import signals
from model.fences import Assignment, Fence, Shift, Window
from model.position import FixSource, Rows, empty_rows
from model.rulebook import FAR_FUTURE_US, Device, Rule, Rulebook, Schedule
from rules.build_view import build_view, sort_rows
from rules.contract import HOLD, NO, UNKNOWN, YES, Column
from rules.episodes import EPISODE_PARAMETERS
from rules.registry import kinds_by_name
from rules.roster import Roster
from rules.view import View

CENTRE = (121.47, 31.23)
SHANGHAI = ZoneInfo("Asia/Shanghai")
WORDS = {YES: "yes", NO: "no", UNKNOWN: "unknown", HOLD: "hold"}
_FRAME = LocalFrames.about(*CENTRE)
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
NIGHT = Window(EVERY_DAY, 20 * 60, 6 * 60)


def at(x_m: float, y_m: float) -> list[float]:
    """Longitude and latitude so many metres east and north of the centre."""
    longitude, latitude = _FRAME.unproject(
        np.zeros(1, np.intp), np.array([float(x_m)]), np.array([float(y_m)])
    )
    return [float(longitude[0]), float(latitude[0])]


def when(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    """Microseconds of a local time; 2026-03-02 is a Monday."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * 1_000_000


def fence(id_: int, shape: str, geometry: dict[str, Any], **more: Any) -> Fence:
    values: dict[str, Any] = {
        "version": 1, "organisation_id": 1, "responsible_organisation_id": 1, "name": f"F{id_}",
        "valid_from_us": 0, "valid_to_us": FAR_FUTURE_US,
    }  # fmt: skip
    return Fence(id=id_, shape=shape, geometry=geometry, **(values | more))


def corridor(id_: int, points: Sequence[tuple[float, float]], half_m: float, **more: Any) -> Fence:
    line = {"type": "LineString", "coordinates": [at(*point) for point in points]}
    return fence(id_, "corridor", line, half_width_m=half_m, **more)


def square(id_: int, x_m: float, y_m: float, half_m: float, **more: Any) -> Fence:
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    ring = [at(x_m + half_m * x, y_m + half_m * y) for x, y in corners]
    return fence(id_, "polygon", {"type": "Polygon", "coordinates": [ring]}, **more)


def assign(fence_id: int, purpose: str, device_id: int = 1, **more: Any) -> Assignment:
    values: dict[str, Any] = {"valid_from_us": 0, "valid_to_us": FAR_FUTURE_US}
    return Assignment(device_id=device_id, fence_id=fence_id, purpose=purpose, **(values | more))


@dataclass
class Fix:
    """One fix of a case table: place in metres, speed in km/h (None: unknown), signals by name."""

    x_m: float = 0
    y_m: float = 0
    speed: float | None = 30
    time: str = "2026-03-02T10:00"
    accuracy: int = -1
    source: FixSource = FixSource.GNSS
    device: int = 1
    course: int = -1
    signals: dict[str, int] = field(default_factory=dict)


def rows_of(fixes: Sequence[Fix]) -> Rows:
    rows = empty_rows(len(fixes))
    for row, fix in zip(rows, fixes, strict=True):
        longitude, latitude = at(fix.x_m, fix.y_m)
        row["device_id"], row["time_us"] = fix.device, when(fix.time)
        row["longitude_e6"], row["latitude_e6"] = round(longitude * 1e6), round(latitude * 1e6)
        row["speed_kmh_e1"] = -1 if fix.speed is None else round(fix.speed * 10)
        row["accuracy_m"], row["fix_source"] = fix.accuracy, fix.source
        row["course_deg"] = fix.course
        row["signals"] = signals.pack(**fix.signals)
    return rows


@dataclass
class City:
    """Fences, assignments and shifts under which a kind judges fixes."""

    fences: Sequence[Fence] = ()
    assignments: Sequence[Assignment] = ()
    shifts: Sequence[Shift] = ()
    vehicle: str = ""  # the kind of every device

    def view(self, rows: Rows) -> View:
        ids = sorted({int(id_) for id_ in rows["device_id"]})
        devices = tuple(
            Device(id=i, organisation_id=1, identity=str(i), protocol="test", kind="x", name="x")
            for i in ids
        )
        book = Rulebook(
            revision=1, devices=devices, fences=tuple(self.fences),
            assignments=tuple(self.assignments), shifts=tuple(self.shifts),
        )  # fmt: skip
        index = FenceIndex(book.fences)
        assert not index.broken
        return build_view(
            sort_rows(rows), book, dict.fromkeys(ids, self.vehicle), Roster.of(book), index
        )

    def judge(
        self,
        kind: str,
        fixes: Sequence[Fix],
        parameters: dict[str, float] | None = None,
        **rule: Any,
    ) -> Column:
        """The kind's condition at its defaults but for `parameters`; fixes must be in order."""
        found = kinds_by_name()[kind]
        given = Rule(
            id=1, version=1, organisation_id=1, kind=kind, name_zh="", name_en="",
            valid_from_us=0, **rule,
        )  # fmt: skip
        values = {p.name: p.default for p in (*EPISODE_PARAMETERS, *found.parameters)}
        values |= found.episode_defaults | (parameters or {})
        return found.condition(self.view(rows_of(fixes)), given, values)

    def verdict(self, kind: str, fix: Fix, **more: Any) -> str:
        """The word for one fix, followed by the reason when it is unknown."""
        column = self.judge(kind, [fix], **more)
        word = WORDS[int(column.value[0])]
        if word != "unknown":
            return word
        reason = column.reason if column.reasons is None else column.reasons[0]
        assert reason == column.reason
        return f"unknown: {reason}"


def daily(*windows: tuple[int, int], zone: str = "Asia/Shanghai") -> Schedule:
    """A schedule of windows in hours, every day."""
    return Schedule(zone=zone, windows=tuple(Window(EVERY_DAY, a * 60, b * 60) for a, b in windows))
