"""Recorded tracks through the whole server: what is stored equals what was recorded."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulators.replay import Played, Replay, replay
from simulators.terminal import Refused
from simulators.tracks import TrackPoint, read_track
from tests.servers import DatabaseServer
from xunji.command_line import build_app
from xunji.demo import free_port
from xunji.server import Server
from xunji.settings import (
    DatabaseSettings,
    GatewaySettings,
    HttpSettings,
    MqttSettings,
    Settings,
)

TRACKS = (
    "sample_trace_1.csv",
    "andorra_drive.gpx",
    "around-visnjan-with-car.gpx",
    "cerknicko-jezero.gpx",
    "korita-zbevnica.gpx",
)


def settings(url: str, folder: Path, *, auto_register: bool = True) -> Settings:
    return Settings(
        data_dir=folder,
        secret="s" * 32,
        database=DatabaseSettings(url=url),
        gateway=GatewaySettings(
            host="127.0.0.1", port=free_port(0), jt808_port=None, auto_register=auto_register
        ),
        mqtt=MqttSettings(embedded_port=free_port(0)),
        http=HttpSettings(port=free_port(0)),
    )


@pytest.fixture
async def running(server: DatabaseServer, tmp_path: Path) -> AsyncIterator[Server]:
    """A whole server on a fresh database of each kind of PostgreSQL, open to new terminals."""
    url = server.create()
    try:
        async with Server(settings(url, tmp_path)) as started:
            yield started
    finally:
        server.drop(url)


async def play(running: Server, points: Sequence[TrackPoint], orders: Replay) -> Played:
    doors = running.settings
    return await replay(
        points,
        orders,
        ("127.0.0.1", doors.gateway.port),
        ("127.0.0.1", doors.mqtt.embedded_port),
    )


async def stored(running: Server, identity: str) -> list[tuple[int, int, int]]:
    async with running.database.pool.connection() as conn:
        cursor = await conn.execute(
            "SELECT extract(epoch FROM time)::bigint, longitude_e6, latitude_e6 FROM positions p"
            " JOIN devices d ON d.id = p.device_id WHERE identity = %s ORDER BY time, variant",
            (identity,),
        )
        return [(int(t), lon, lat) for t, lon, lat in await cursor.fetchall()]


@pytest.mark.parametrize("protocol", ["jt808", "handset"])
@pytest.mark.parametrize("name", TRACKS)
async def test_real_tracks_are_stored_fix_by_fix(
    running: Server, shared: Path, name: str, protocol: str
) -> None:
    points = read_track(shared / "data" / name)
    identity = "13912345678" if protocol == "jt808" else "CG12345"
    orders = Replay(identity, protocol, speed=0)  # type: ignore[arg-type]
    before_s = int(time.time())
    played = await play(running, points, orders)
    assert (played.fixes, played.refused) == (len(points), 0)
    assert played.acknowledged == played.sent
    rows = await stored(running, identity)
    shift_s = rows[-1][0] - int(max(point.time_s or 0 for point in points))
    wanted = Counter(
        (int(p.time_s or 0) + shift_s, round(p.longitude * 1e6), round(p.latitude * 1e6))
        for p in points
    )
    # The same place twice in one second is one report sent twice, and is stored once.
    assert Counter(rows) == Counter(set(wanted))
    assert abs(rows[-1][0] - before_s) < 30


async def test_sent_twice_is_stored_once(running: Server, tmp_path: Path) -> None:
    points = [TrackPoint(118.8 + n / 1e4, 32.05, time_s=time.time() - 60 + n) for n in range(50)]
    orders = Replay("13900000009", version=2013, speed=0, shift=False)
    for _ in range(2):
        played = await play(running, points, orders)
        assert played.acknowledged == played.sent == 50
    assert len(await stored(running, "13900000009")) == 50


async def test_faster_than_recorded_ends_now(running: Server) -> None:
    points = [TrackPoint(118.8 + n / 1e4, 32.05, time_s=1_000.0 + n) for n in range(30)]
    began = time.monotonic()
    await play(running, points, Replay("13900000010", speed=10))
    lasted_s = time.monotonic() - began
    assert 2.5 < lasted_s < 20
    rows = await stored(running, "13900000010")
    assert len(rows) == 30
    assert rows[-1][0] <= time.time()
    assert rows[-1][0] - rows[0][0] == 29


async def test_an_unregistered_terminal_is_refused_with_words(
    plain_server: DatabaseServer, tmp_path: Path
) -> None:
    url = plain_server.create()
    closed = settings(url, tmp_path, auto_register=False)
    points = [TrackPoint(118.8, 32.05, time_s=time.time())]
    async with Server(closed) as running:
        with pytest.raises(Refused, match="13900000011"):
            await play(running, points, Replay("13900000011", speed=0))
        track = tmp_path / "one.csv"
        await asyncio.to_thread(track.write_text, "lat,lon\n32.05,118.8\n")
        gateway = f"127.0.0.1:{closed.gateway.port}"
        result = await asyncio.to_thread(
            CliRunner().invoke, build_app(), ["replay", str(track), "--gateway", gateway]
        )
    assert result.exit_code == 1
    assert "AUTO_REGISTER" in result.output
    plain_server.drop(url)


def test_replay_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    result = CliRunner().invoke(build_app(), ["replay", str(tmp_path / "none.gpx")])
    assert result.exit_code == 1
    assert "No such file" in result.output
