"""Tokens of terminals: issued once, replaced, withdrawn."""

from __future__ import annotations

from model.tokens import check_token
from tests.api.browser import Browser
from tests.api.town import Town


async def _stored(town: Town, device_id: int) -> str | None:
    async with town.database.pool.connection() as conn:
        query = "SELECT token_hash FROM devices WHERE id = %s"
        row = await (await conn.execute(query, (device_id,))).fetchone()
    assert row is not None
    return row[0]


async def test_a_token_is_issued_replaced_and_withdrawn(town: Town, browser: Browser) -> None:
    device_id = town.devices["inspector"].id
    path = f"/devices/{device_id}/token"
    first = await browser.post("chief", path)
    assert first["identity"] == town.devices["inspector"].identity
    assert first["encryption_key"] is None
    second = await browser.post("chief", path)
    stored = await _stored(town, device_id)
    assert stored is not None
    assert check_token(second["token"], stored)
    assert not check_token(first["token"], stored)
    assert (await browser.send("officer_wang", "POST", path)).status_code == 403
    assert (await browser.send("chief", "DELETE", path)).status_code == 204
    assert await _stored(town, device_id) is None


async def test_an_owntracks_app_gets_its_key(town: Town, browser: Browser) -> None:
    new = {"identity": "zhang/phone", "protocol": "owntracks", "kind": "inspector", "name": "张"}
    device = await browser.post("chief", "/devices", new)
    issued = await browser.post("chief", f"/devices/{device['id']}/token")
    assert len(issued["encryption_key"]) == 32
