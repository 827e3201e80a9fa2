"""Every shape of a fence is stored and read back as it was."""

from __future__ import annotations

from typing import Any

import pytest

from model.fences import Fence, Waypoint
from model.rulebook import FAR_FUTURE_US
from storage.database import Database
from storage.migrate import migrate
from storage.rulebook import load_rulebook, save_fence, save_organisation

LINE = [[121.0, 31.0], [121.1, 31.0]]
SHAPES: list[dict[str, Any]] = [
    {
        "shape": "route",
        "geometry": {"type": "LineString", "coordinates": LINE},
        "half_width_m": 20.0,
        "waypoints": (Waypoint(name="gate", longitude=121.05, latitude=31.0, radius_m=30.0),),
    },
    {
        "shape": "road_set",
        "geometry": {"type": "MultiLineString", "coordinates": [LINE, LINE[::-1]]},
        "half_width_m": 12.5,
    },
    {
        "shape": "point_set",
        "geometry": {"type": "MultiPoint", "coordinates": LINE},
        "radius_m": 15.0,
    },
    {
        "shape": "grid_cell",
        "geometry": {"type": "Polygon", "coordinates": [[*LINE, [121.0, 31.1], LINE[0]]]},
        "code": "320102001",
        "tags": ("grid",),
    },
]


@pytest.mark.parametrize("given", SHAPES, ids=lambda given: given["shape"])
async def test_a_shape_is_kept(plain_database: Database, given: dict[str, Any]) -> None:
    await migrate(plain_database)
    async with plain_database.pool.connection() as conn:
        organisation = await save_organisation(conn, "City")
        saved = await save_fence(
            conn,
            Fence(
                id=0, version=1, organisation_id=organisation, name="x",
                responsible_organisation_id=organisation, valid_from_us=0,
                valid_to_us=FAR_FUTURE_US, **given,
            ),
        )  # fmt: skip
        assert (await load_rulebook(conn)).fences == (saved,)
