"""What units drove, as the API and its files say it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from api.times import iso_us

Row = dict[str, Any]


def day_json(day: np.void) -> Row:
    """A day of model.days.DAY_DTYPE."""
    return {
        "day": date.fromordinal(int(day["day"])).isoformat(),
        "distance_km": round(int(day["distance_mm"]) / 1e6, 2),
        "moving_s": round(int(day["moving_us"]) / 1e6, 1),
        "idle_s": round(int(day["idle_us"]) / 1e6, 1),
        "work_s": round(int(day["work_us"]) / 1e6, 1),
        "unknown_s": round(int(day["unknown_us"]) / 1e6, 1),
        "max_speed_kmh": _speed(int(day["max_speed_kmh_e1"])),
        "odometer_km": _odometer_km(day),
        "fixes": int(day["fixes"]),
        "first_at": iso_us(int(day["first_us"])),
        "last_at": iso_us(int(day["last_us"])),
    }


def sums_row(row: Mapping[str, Any]) -> Row:
    """A row of storage.mileage, in kilometres and hours."""
    names = ("id", "name", "plate", "kind", "organisation", "begins", "units", "days", "fixes")
    hours = ("moving", "idle", "work", "unknown")
    odometer_m = row["odometer_m"]
    return {
        **{name: row[name] for name in names},
        "distance_km": round(row["distance_mm"] / 1e6, 2),
        **{f"{name}_h": round(row[f"{name}_us"] / 3.6e9, 2) for name in hours},
        "max_speed_kmh": _speed(row["max_speed_kmh_e1"]),
        "odometer_km": None if odometer_m is None else round(odometer_m / 1e3, 2),
        "first_at": row["first_at"],
        "last_at": row["last_at"],
    }


def _speed(speed_kmh_e1: int) -> float | None:
    return None if speed_kmh_e1 < 0 else speed_kmh_e1 / 10


def _odometer_km(day: np.void) -> float | None:
    """None: it says too little, or was reset."""
    if day["odometer_readings"] < 2 or day["odometer_reset"]:
        return None
    return round((int(day["odometer_last_m"]) - int(day["odometer_first_m"])) / 1e3, 2)
