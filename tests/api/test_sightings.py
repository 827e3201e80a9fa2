"""Sightings by HTTP: cameras and people report, photos are kept, plates become units."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO
from typing import Any

import httpx
import pytest

from storage import sightings as stored
from tests.api.browser import Browser
from tests.api.town import Town

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SEEN = {"plate": "苏B·９９９９９", "seen_at": "2026-09-22T12:03:00Z"}
PLACE = {"longitude": 118.805, "latitude": 32.051}


class Camera:
    """A camera at a gate, as it speaks."""

    def __init__(self, browser: Browser, token: str) -> None:
        self.client, self.token = browser.client, token

    async def send(self, path: str = "/sightings", **given: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self.client.post(f"/api/v1{path}", headers=headers, **given)


@pytest.fixture
async def camera(browser: Browser) -> Camera:
    made = await browser.post("dispatcher", "/cameras", {"name": "南门", "place": PLACE})
    return Camera(browser, made["token"])


def wrong_field(answer: httpx.Response) -> str:
    assert answer.status_code == 422, answer.text
    return str(answer.json()["error"]["detail"]["fields"][0]["field"])


async def test_a_plate_of_no_register_becomes_a_unit(
    town: Town, browser: Browser, camera: Camera
) -> None:
    first = await camera.send(json={**SEEN, "photo": base64.b64encode(PNG).decode()})
    assert first.status_code == 201, first.text
    again = await camera.send(json={**SEEN, "plate": "苏b 99999"})
    assert again.json() == {**first.json(), "duplicate": True}
    later = {**SEEN, "seen_at": "2026-09-22T12:04:00Z"}
    second = (await camera.send(json=later)).json()
    assert second["device_id"] == first.json()["device_id"]
    assert (second["registered"], second["duplicate"]) == (False, False)
    (unit,) = [d for d in await browser.get("chief", "/devices") if d["protocol"] == "plate"]
    assert (unit["id"], unit["plate"], unit["kind"]) == (
        second["device_id"],
        "苏B99999",
        "muck_truck",
    )
    assert unit["auto_registered"]
    listed = await browser.get("dispatcher", "/sightings", plate="苏b.99999")
    assert [s["seen_at"] for s in listed] == [later["seen_at"], SEEN["seen_at"]]
    assert listed[1]["camera"]["name"] == "南门"
    assert (listed[1]["longitude"], listed[1]["latitude"]) == (118.805, 32.051)
    assert listed[1]["photo"]["sha256"] == hashlib.sha256(PNG).hexdigest()
    shown = await browser.send("chief", "GET", listed[1]["photo"]["url"])
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
    assert listed[0]["photo"] is None
    missing = await browser.send("chief", "GET", f"/sightings/{listed[0]['id']}/photo")
    assert missing.status_code == 404


async def test_a_registered_truck_is_known_by_its_plate(
    town: Town, browser: Browser, camera: Camera
) -> None:
    truck = town.devices["truck_a"]
    assert truck.plate is not None
    spelled = f"{truck.plate[0]} {truck.plate[1].lower()}·{truck.plate[2:]}"
    seen = (await camera.send(json={**SEEN, "plate": spelled})).json()
    assert (seen["device_id"], seen["registered"]) == (truck.id, True)
    own = await browser.get("company_a", "/sightings")
    assert [s["device"]["id"] for s in own] == [truck.id], "its owner sees it"
    assert await browser.get("company_b", "/sightings") == []


@pytest.mark.parametrize("way", ["register", "change"])
async def test_what_was_known_of_a_plate_goes_to_the_truck_when_it_is_registered(
    town: Town, browser: Browser, camera: Camera, way: str
) -> None:
    unknown = (await camera.send(json=SEEN)).json()
    async with town.database.pool.connection() as conn:
        await conn.execute(
            "UPDATE violations SET device_id = %s WHERE id = %s",
            (unknown["device_id"], town.violations["a"]),
        )
    if way == "register":
        body = {
            "identity": "13900009999",
            "protocol": "jt808",
            "kind": "muck_truck",
            "name": "新车",
        }
        unit = await browser.post("chief", "/devices", {**body, "plate": "苏B 99999"})
        device_id = unit["id"]
    else:
        device_id = town.devices["truck_b"].id
        change = await browser.send(
            "chief", "PATCH", f"/devices/{device_id}", json={"plate": "苏b99999"}
        )
        assert change.json()["plate"] == "苏B99999"
    card = await browser.get("chief", f"/violations/{town.violations['a']}")
    assert card["device"]["id"] == device_id
    (before,) = await browser.get("chief", "/sightings", device_id=device_id)
    assert not before["registered"], "when it was seen it was in no register"
    assert all(d["protocol"] != "plate" for d in await browser.get("chief", "/devices"))
    late = (await camera.send(json={**SEEN, "seen_at": "2026-09-22T12:02:00Z"})).json()
    assert (late["device_id"], late["registered"]) == (device_id, False)
    now = (await camera.send(json={**SEEN, "seen_at": "2026-09-22T12:21:00Z"})).json()
    assert now["registered"]


async def test_a_form_with_a_file(browser: Browser, camera: Camera) -> None:
    form = {**SEEN, "id": "cam-1-000017", "confidence": "0.93", "note": "夜间"}
    sent = await camera.send(data=form, files={"photo": ("x.png", BytesIO(PNG), "image/png")})
    assert sent.status_code == 201, sent.text
    shown = await browser.get("chief", f"/sightings/{sent.json()['id']}")
    assert (shown["confidence"], shown["note"]) == (pytest.approx(0.93), "夜间")
    assert shown["photo"]["bytes"] == len(PNG)
    renamed = {**form, "plate": "苏B11111"}  # the source's own id says that it is the same
    again = await camera.send(data=renamed, files={"photo": ("y.png", BytesIO(PNG))})
    assert again.json()["duplicate"]


async def test_an_officer_reports_with_a_place(town: Town, browser: Browser) -> None:
    nowhere = await browser.send("officer_wang", "POST", "/sightings", json=SEEN)
    assert wrong_field(nowhere) == "longitude"
    seen = await browser.post("officer_wang", "/sightings", {**SEEN, **PLACE})
    shown = await browser.get("officer_li", f"/sightings/{seen['id']}")
    assert shown["reported_by"]["id"] == town.users["officer_wang"]
    assert shown["camera"] is None
    refused = await browser.send("company_a", "POST", "/sightings", json={**SEEN, **PLACE})
    assert refused.status_code == 403


async def test_a_batch_is_stored_whole_or_not_at_all(browser: Browser, camera: Camera) -> None:
    good = [{**SEEN, "plate": f"苏C0000{n}"} for n in range(3)]
    bad = await camera.send("/sightings/batch", json={"sightings": [*good, {"plate": "苏C00009"}]})
    assert wrong_field(bad) == "sightings.3.seen_at"
    old = {**SEEN, "seen_at": "2020-01-01T00:00:00Z"}
    assert wrong_field(await camera.send("/sightings/batch", json={"sightings": [*good, old]})) == (
        "seen_at"
    )
    assert await browser.get("chief", "/sightings") == []
    done = await camera.send("/sightings/batch", json={"sightings": good})
    assert [s["duplicate"] for s in done.json()["sightings"]] == [False] * 3
    assert len(await browser.get("chief", "/sightings", registered=False)) == 3
    assert await browser.get("chief", "/sightings", registered=True) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"plate": " .·"}, "plate"),
        ({"plate": "x" * 41}, "plate"),
        ({"seen_at": "yesterday"}, "seen_at"),
        ({"seen_at": "2026-09-22T12:03:00"}, "seen_at"),
        ({"seen_at": "2026-09-22T12:40:00Z"}, "seen_at"),
        ({"latitude": 91}, "latitude"),
        ({"photo": "!"}, "photo"),
        ({"photo": base64.b64encode(b"GIF89a").decode()}, "photo"),
        ({"photo": "A" * (6 << 20)}, "photo"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_bad_report_names_its_field(
    browser: Browser, camera: Camera, change: dict[str, Any], field: str
) -> None:
    assert wrong_field(await camera.send(json={**SEEN, **change})) == field
    assert await browser.get("chief", "/sightings") == []


async def test_a_body_without_end_is_refused(camera: Camera) -> None:
    assert wrong_field(await camera.send(content=b" " * (17 << 20))) == "body"
    form = b"--x\r\n" + b"a" * (5 << 20)
    headers = {
        "Authorization": f"Bearer {camera.token}",
        "Content-Type": "multipart/form-data; boundary=x",
    }
    long = await camera.client.post("/api/v1/sightings", content=form, headers=headers)
    assert wrong_field(long) == "body"


async def test_tokens(browser: Browser, camera: Camera) -> None:
    (shown,) = await browser.get("chief", "/cameras")
    assert shown["token"] is None
    path = f"/cameras/{shown['id']}"
    fresh = (await browser.send("chief", "PATCH", path, json={"new_token": True})).json()["token"]
    assert (await camera.send(json=SEEN)).status_code == 401
    camera.token = fresh
    assert (await camera.send(json=SEEN)).status_code == 201
    await browser.send("chief", "PATCH", path, json={"enabled": False})
    assert (await camera.send(json={**SEEN, "id": "2"})).status_code == 401
    reading = await browser.client.get(
        "/api/v1/sightings", headers={"Authorization": f"Bearer {fresh}"}
    )
    assert reading.status_code == 401, "a camera reads nothing"
    placeless = await browser.send("chief", "POST", "/cameras", json={"name": "北门"})
    assert wrong_field(placeless) == "place"


async def test_unknown_plates_have_a_cap(
    browser: Browser, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MAX_PLATE_UNITS", 1)
    assert (await camera.send(json=SEEN)).status_code == 201
    full = await camera.send(json={**SEEN, "plate": "苏C00001"})
    assert (full.status_code, full.json()["error"]["code"]) == (409, "too_many_plates")
    assert (await camera.send(json={**SEEN, "id": "b"})).status_code == 201
