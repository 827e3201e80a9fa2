"""The whole server, by its settings."""

from __future__ import annotations

from pathlib import Path

from tests.servers import DatabaseServer
from tests.xunji.test_replay import settings
from xunji.server import Server


async def test_plain_partitions_where_they_are_asked_for(
    timescale_server: DatabaseServer, tmp_path: Path
) -> None:
    url = timescale_server.create("template0")
    chosen = settings(url, tmp_path)
    chosen.database.timescale = False
    try:
        async with Server(chosen) as started:
            assert started.database.mode == "plain"
    finally:
        timescale_server.drop(url)
