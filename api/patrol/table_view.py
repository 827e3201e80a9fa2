"""Rows of attendance and coverage as the API shows them."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def in_hours(row: Row) -> Row:
    """A row of attendance with hours and km instead of seconds and metres."""
    seconds = ("present_s", "away_s", "unknown_s")
    hours = {f"{name[:-2]}_h": round(row[name] / 3600, 1) for name in seconds}
    return with_share(row) | hours | {"walked_km": round(row["walked_m"] / 1000, 1)}


def with_share(row: Row) -> Row:
    """With the share of cells that were visited; null: there are none."""
    share = round(100 * row["cells_visited"] / row["cells"], 1) if row["cells"] else None
    return row | {"cells_pct": share}
