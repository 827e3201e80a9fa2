"""What comes wrong from outside, through a real door into a real database: kept as it was said, or
quarantined with its frame under a reason that says what is wrong, and counted. A flood has a file
of its own, tests/gateway/test_report_rate.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from model.position import FixSource
from pipeline.acceptance import GPS_WEEK_ROLLOVER_US, MAX_ATTRIBUTES_CHARACTERS
from protocols.contract import Decoded
from storage.database import Database
from tests.gateway import test_http
from tests.gateway.rig import position, running_rig
from tests.gateway.tiny import TinyProtocol

DAY_S = 86_400
KNOT_KMH = 1.852
YEAR_2000_S = 946_684_800


async def _sent(
    database: Database, query: dict[str, Any]
) -> tuple[list[Any], list[Any], dict[str, int]]:
    """An OsmAnd request of now at a place of the city, with changes; what is stored, what is
    quarantined, what is counted. `timestamp` is seconds from now below a day's worth, else since
    1970."""
    async with test_http.street(database) as town:
        token = await town.enrol("860001", "osmand")
        now_s = town.rig.clock.now_us() / 1e6
        given = {"timestamp": 0, "lat": 31.2, "lon": 121.4, **query}
        if given["timestamp"] < YEAR_2000_S:
            given["timestamp"] = now_s + given["timestamp"]
        params = {"id": "860001", "token": token, **given}
        assert (await town.client.get("/osmand", params=params)).status_code == 200
        stored = await town.rig.rows(
            "SELECT longitude_e6, latitude_e6, speed_kmh_e1, fix_source FROM positions"
        )
        refused = await town.rig.refused()
        counted = {
            name.removeprefix("refused."): number
            for name, number in town.rig.counters.as_dict().items()
            if name.startswith("refused.")
        }
        return stored, refused, counted


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        pytest.param({"timestamp": 30 * DAY_S}, "time_out_of_range", id="far future"),
        pytest.param(
            {"timestamp": -GPS_WEEK_ROLLOVER_US / 1e6}, "week_rollover", id="GPS week rollover"
        ),
        pytest.param({"timestamp": YEAR_2000_S + 60}, "clock_not_set", id="2000-01-01"),
        pytest.param({"lat": 121.4, "lon": 31.2}, "coordinates_swapped", id="swapped"),
        pytest.param({"lat": "nan"}, "invalid_message", id="NaN"),
        pytest.param({"lat": "nan", "lon": "nan"}, "invalid_message", id="NaN twice"),
        pytest.param({"lat": "inf"}, "invalid_message", id="infinite"),
    ],
)
async def test_it_is_quarantined(
    plain_database: Database, query: dict[str, Any], reason: str
) -> None:
    stored, refused, counted = await _sent(plain_database, query)
    assert stored == []
    ((found, frame, identity),) = refused
    assert (found, identity) == (reason, "860001")
    assert b"lat=" in frame
    assert counted == {reason: 1}


@pytest.mark.parametrize(
    ("query", "row"),
    [
        pytest.param({"lat": 0, "lon": 0}, (0, 0, -1, FixSource.NONE), id="null island"),
        pytest.param(
            {"speed": 2_000 / KNOT_KMH}, (121_400_000, 31_200_000, 20_000, FixSource.GNSS),
            id="2,000 km/h",
        ),
    ],
)  # fmt: skip
async def test_it_is_kept_as_it_was_said(
    plain_database: Database, query: dict[str, Any], row: tuple[int, ...]
) -> None:
    assert await _sent(plain_database, query) == ([row], [], {})


class _Talkative(TinyProtocol):
    """The serial of a report says how long its attributes are."""

    def decode_reports(self, frames: Sequence[bytes]) -> Decoded:
        found = super().decode_reports(frames)
        lengths = np.array([int(frame.rpartition(b" ")[2]) for frame in frames])
        found.batch.attributes[:] = [
            '{"a":"%s"}' % ("x" * (length - 8)) for length in lengths[found.report].tolist()
        ]
        return found


async def test_a_megabyte_of_attributes_is_quarantined_and_its_neighbours_are_not(
    plain_database: Database,
) -> None:
    async with running_rig(plain_database, protocols=[_Talkative()]) as rig:
        await rig.register("1")
        client = await rig.login("1")
        now_us = rig.clock.now_us()
        lengths = (20, 1 << 20, MAX_ATTRIBUTES_CHARACTERS)
        client.send(*(position("1", now_us + n, length) for n, length in enumerate(lengths)))
        assert await client.lines(3) == [
            "ACK 1 20 ok",
            "ACK 1 1048576 attributes_too_large",
            "ACK 1 65536 ok",
        ]
        stored = await rig.rows("SELECT length(attributes->>'a') FROM positions ORDER BY time")
        assert stored == [(12,), (MAX_ATTRIBUTES_CHARACTERS - 8,)]
        assert [reason for reason, *_ in await rig.refused()] == ["attributes_too_large"]
        assert rig.counters["refused.attributes_too_large"] == 1
