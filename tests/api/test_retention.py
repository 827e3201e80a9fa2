"""How long whose positions and frames are kept."""

from __future__ import annotations

from tests.api.browser import Browser
from tests.api.town import Town


async def test_an_organisation_keeps_less(town: Town, browser: Browser) -> None:
    own = town.organisations["a"]
    path = f"/retention/{own}"
    settings = {"positions": 90, "raw_frames": 7}
    assert await browser.get("company_a", "/retention") == {"settings": settings, "rules": []}
    body = {"data": "positions", "kind": "inspector", "days": 30}
    answer = await browser.send("chief", "PUT", path, json=body)
    rule = {"organisation_id": own, **body}
    assert answer.json() == {"settings": settings, "rules": [rule]}
    body = {"data": "positions", "days": 60}
    await browser.send("chief", "PUT", path, json=body)
    rules = (await browser.get("company_a", "/retention"))["rules"]
    assert [(r["kind"], r["days"]) for r in rules] == [(None, 60), ("inspector", 30)]
    assert (await browser.get("company_b", "/retention"))["rules"] == []
    gone = {"data": "positions", "kind": "inspector", "days": None}
    assert len((await browser.send("chief", "PUT", path, json=gone)).json()["rules"]) == 1
    for body in ({"data": "positions", "days": 0}, {"data": "violations", "days": 5}):
        assert (await browser.send("chief", "PUT", path, json=body)).status_code == 422
    body = {"data": "positions", "days": 5}
    assert (await browser.send("dispatcher", "PUT", path, json=body)).status_code == 403
