"""The page, its headers, the reference, metrics, the clock, webhooks, and docs/api.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from api.app import PREFIX, create_app
from api.headers import content_security_policy
from tests.api.browser import Browser, browser_of
from tests.api.town import Town, services_of
from tests.api.traffic import MINUTE_US, NOW_US

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def built(tmp_path: Path, town: Town) -> Browser:
    """A browser over a server with a built page."""
    (tmp_path / "page" / "assets").mkdir(parents=True)
    (tmp_path / "page" / "index.html").write_text("<title>page</title>")
    (tmp_path / "page" / "assets" / "index-abc123.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("secret")
    tiles = tmp_path / "map.pmtiles"
    tiles.write_bytes(bytes(range(256)))
    services = services_of(town.database, town.clock, page_dir=tmp_path / "page")
    services.settings.http.pmtiles_path = tiles
    services.basemap = {"type": "FeatureCollection", "features": [], "name": "town"}
    return browser_of(town, services)


async def test_page_and_its_caching(built: Browser) -> None:
    async with built.client as client:
        for path in ("/", "/violations/17", "/index.html"):
            answer = await client.get(path)
            assert (answer.status_code, answer.text) == (200, "<title>page</title>")
            assert answer.headers["cache-control"] == "no-cache"
        asset = await client.get("/assets/index-abc123.js")
        assert asset.headers["content-type"].startswith("text/javascript")
        assert "immutable" in asset.headers["cache-control"]
        assert (await client.get("/assets/index-old.js")).status_code == 404
        for path in ("/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt", "/%00", "//etc/passwd"):
            assert "secret" not in (await client.get(path)).text
            assert "root:" not in (await client.get(path)).text
        api = await client.get("/api/v1/nothing")
        assert (api.status_code, api.json()["error"]["code"]) == (404, "no_such_path")
        wrong = await client.delete("/api/v1/devices")
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")


async def test_security_headers(built: Browser) -> None:
    async with built.client as client:
        for path in ("/", "/api/v1/me", "/api/v1/docs"):
            headers = (await client.get(path)).headers
            policy = headers["content-security-policy"]
            assert "worker-src 'self' blob:" in policy
            assert "script-src 'self';" in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["x-content-type-options"] == "nosniff"
        assert (await client.get("/api/v1/me")).headers["cache-control"] == "no-store"


def test_an_outside_style_widens_the_policy() -> None:
    assert "https:" not in content_security_policy(None)
    wide = content_security_policy("https://tiles.example.org/style.json")
    assert "connect-src 'self' ws: wss: blob: data: https: https://tiles.example.org" in wide
    assert "script-src 'self';" in wide


async def test_tiles_come_in_ranges_and_the_basemap_as_given(built: Browser) -> None:
    async with built.client as client:
        part = await client.get("/basemap.pmtiles", headers={"Range": "bytes=16-31"})
        assert (part.status_code, part.content) == (206, bytes(range(16, 32)))
        assert (await built.get("company_a", "/basemap"))["name"] == "town"
        assert (await built.get("chief", "/me"))["map"]["pmtiles_url"] == "/basemap.pmtiles"


async def test_without_a_page_it_says_what_to_do(town: Town, tmp_path: Path) -> None:
    browser = browser_of(town, services_of(town.database, town.clock, page_dir=tmp_path / "none"))
    async with browser.client as client:
        answer = await client.get("/")
        assert answer.status_code == 503
        assert "make web" in answer.text
        assert (await client.get("/basemap.pmtiles")).status_code == 404
        assert (await browser.get("chief", "/basemap"))["features"] == []


async def test_reference_lists_every_path(town: Town, browser: Browser) -> None:
    text = (await browser.client.get(f"{PREFIX}/docs")).text
    for path in create_app(town.services).openapi()["paths"]:
        assert path in text
    assert "http://" not in text
    assert "https://" not in text


def _documented() -> set[tuple[str, str]]:
    """(method, path) of docs/api.md's table, parameter names taken away."""
    found = set()
    for line in (REPOSITORY / "docs" / "api.md").read_text().splitlines():
        if line.startswith("|"):
            for method, path in re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^?`\s]*)", line):
                found.add((method, re.sub(r"\{\w+\}", "{}", path)))
    return found


def test_the_documentation_names_every_path_and_no_other(town: Town) -> None:
    description = create_app(town.services).openapi()
    served = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path.removeprefix(PREFIX)))
        for path, methods in description["paths"].items()
        for method in methods
    }
    assert served == _documented()


async def test_metrics(town: Town, browser: Browser) -> None:
    def status() -> dict[str, Any]:
        return {"counters": {"closed.idle": 3}, "connections": 7, "online": 5}

    def spool() -> dict[str, Any]:
        since_us = 1_790_078_400_000_000
        return {"state": "full", "batches": 2, "positions": 9, "bytes": 70, "since_us": since_us}

    services = services_of(town.database, town.clock, gateway_status=status, spool_status=spool)
    local = browser_of(town, services)
    async with local.client as client:
        text = (await client.get("/metrics")).text
    assert 'xunji_gateway_events_total{name="closed.idle"} 3.0' in text
    assert "xunji_gateway_connections 7.0" in text
    for line in ("spool_positions 9.0", "spool_full 1.0", "database_up 1.0"):
        assert f"xunji_{line}" in text
    assert 'xunji_violations{status="open"} 2.0' in text
    assert "xunji_outbox_waiting 0.0" in text  # nobody has run the ladders yet
    assert "xunji_ladder_waiting 6.0" in text
    services.settings.http.metrics_token = "scrape me"
    guarded = browser_of(town, services)
    async with guarded.client as client:
        assert (await client.get("/metrics")).status_code == 401
        headers = {"Authorization": "Bearer scrape me"}
        assert (await client.get("/metrics", headers=headers)).status_code == 200


async def test_the_clock_moves_forward_only(town: Town, browser: Browser) -> None:
    ticks = []

    async def tick() -> None:
        ticks.append(town.clock.now_us())

    town.services.force_tick = tick
    later = await browser.post("chief", "/test/clock", {"now": "2026-09-22T12:21:00Z"})
    assert later == {"now": "2026-09-22T12:21:00Z"} == await browser.get("chief", "/test/clock")
    assert ticks == [NOW_US + MINUTE_US]
    earlier = await browser.send(
        "chief", "POST", "/test/clock", json={"now": "2026-09-22T12:20:59Z"}
    )
    assert (earlier.status_code, earlier.json()["error"]["code"]) == (409, "clock_backwards")
    assert ticks == [NOW_US + MINUTE_US]


async def test_production_has_no_test_clock(town: Town, browser: Browser) -> None:
    town.services.settings.production = True
    answer = await browser.send(
        "chief", "POST", "/test/clock", json={"now": "2027-01-01T00:00:00Z"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_such_path")


async def test_webhooks_of_a_chief(town: Town, browser: Browser) -> None:
    refused = await browser.send("chief", "POST", "/webhooks", json={"url": "http://127.0.0.1:1/"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (
        422,
        "webhook_address_refused",
    )
    town.services.settings.http.webhook_allow_private = True
    made = await browser.post("chief", "/webhooks", {"url": "http://127.0.0.1:1/"})
    assert len(made["secret"]) >= 32
    (shown,) = await browser.get("chief", "/webhooks")
    assert shown == {**made, "secret": None}
    gone = await browser.send("chief", "DELETE", f"/webhooks/{made['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert await browser.get("chief", "/webhooks") == []
    for _ in range(20):
        await browser.post("chief", "/webhooks", {"url": "http://127.0.0.1:1/"})
    full = await browser.send("chief", "POST", "/webhooks", json={"url": "http://127.0.0.1:1/"})
    assert full.json()["error"]["code"] == "too_many_webhooks"


async def test_an_unexpected_error_has_the_same_shape(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx

    def broken() -> dict[str, Any]:
        raise RuntimeError("something that nobody thought of")

    app = create_app(services_of(town.database, town.clock, demo_grade=broken))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    browser = Browser(town, httpx.AsyncClient(transport=transport, base_url="http://xunji.test"))
    async with browser.client:
        answer = await browser.send("chief", "GET", "/status")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert "nobody thought" not in answer.text


async def test_a_request_takes_one_connection(town: Town, browser: Browser) -> None:
    """With two a request, as many requests as the pool has connections wait for each other."""
    await browser.token("chief")
    await town.database.pool.resize(1, 1)
    town.database.pool.timeout = 5
    violation = town.violations["a"]
    for path in ("/devices", "/status", "/patrol/rollcall", f"/violations/{violation}", "/rules"):
        await browser.get("chief", path)
    await browser.post("chief", f"/violations/{violation}/take")
    assert (await browser.client.get("/metrics")).status_code == 200


async def test_a_database_that_is_away_is_said_so(town: Town, browser: Browser) -> None:
    await browser.token("chief")
    town.database.pool.timeout = 0.2
    async with contextlib_all_connections(town):
        answer = await browser.send("chief", "GET", "/devices")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_away")
    assert answer.headers["retry-after"] == "2"


def contextlib_all_connections(town: Town) -> Any:
    """Hold every connection of the pool."""
    from contextlib import AsyncExitStack, asynccontextmanager

    @asynccontextmanager
    async def held() -> Any:
        async with AsyncExitStack() as stack:
            for _ in range(town.database.pool.max_size):
                await stack.enter_async_context(town.database.pool.connection(timeout=10))
            yield

    return held()
