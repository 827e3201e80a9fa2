"""A rule raises, the terminal is asked for a photo, and the photo is evidence: all real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model.signals import NO, YES, pack
from protocols.jt808 import Fix, encode_fix
from simulators.api_client import ApiClient
from simulators.terminal import Jt808Terminal
from tests.servers import DatabaseServer
from tests.xunji.office import office, until
from xunji.server import Server

PHONE = "13900000071"
RULE = {
    "kind": "uncovered_load", "name_zh": "未密闭", "name_en": "uncovered",
    "photo": {"channel": 4, "resolution": 1},
}  # fmt: skip
STEP_US, COUNT = 10_000_000, 60


async def test_a_photo_that_a_rule_asked_for_is_evidence(
    plain_server: DatabaseServer, tmp_path: Path
) -> None:
    async with office(plain_server, tmp_path) as (server, api):
        terminal = Jt808Terminal(("127.0.0.1", server.settings.gateway.port), PHONE, version=2019)
        await terminal.start()
        await _raise(server, api, terminal)
        await _look(api)
        await terminal.stop()


async def _raise(server: Server, api: ApiClient, terminal: Jt808Terminal) -> None:
    async def unit() -> Any:
        await server.flush()
        return await api.request("GET", "/devices")

    (known,) = await until(unit)
    await api.request("PATCH", f"/devices/{known['id']}", json={"kind": "muck_truck"})
    rule = await api.request("POST", "/rules", json=RULE)
    assert rule["photo"] == {"channel": 4, "shots": 1, "resolution": 1, "per_hour": 6}
    async with server.database.pool.connection() as conn:
        await conn.execute("UPDATE rules SET valid_from = now() - interval '1 day'")
        await conn.execute("UPDATE rulebook_revision SET revision = revision + 1")
    now_us = server.clock.now_us() // 1_000_000 * 1_000_000
    open_load = pack(loaded=YES, cover_closed=NO)
    terminal.report(
        [
            encode_fix(
                Fix(
                    now_us - (COUNT - n) * STEP_US, 118_800_000 + 500 * n, 32_050_000,
                    speed_kmh_e1=300, signals=open_load,
                )
            )
            for n in range(COUNT)
        ]
    )  # fmt: skip
    await terminal.drained()
    await server.flush()


async def _look(api: ApiClient) -> None:
    async def card() -> Any:
        violations = await api.request("GET", "/violations")
        if not violations:
            return None
        shown = await api.request("GET", f"/violations/{violations[0]['id']}")
        return shown if shown["photos"] else None

    shown = await until(card)
    (photo,) = shown["photos"]
    assert (photo["source"], photo["content_type"]) == ("terminal", "image/jpeg")
    (command,) = [one for one in shown["commands"] if one["kind"] == "photo"]
    assert (command["result"], command["created_by"]) == ("done", None)
    (medium,) = await api.request("GET", "/media")
    assert medium["channel"] == 4
    assert medium["media_number"] in command["answer"]["media_ids"]
    assert "photo" in {entry["action"] for entry in shown["log"]}
