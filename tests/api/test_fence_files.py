"""Fences from and to files through the API: all or none, versions by code, only what one sees."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api import fence_files
from geofence.formats import FORMATS
from tests.api.browser import Browser
from tests.api.town import Town, square
from tests.api.traffic import MINUTE_US, NOW_US


def body(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def feature(code: str, west: float = 118.7, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": square(west, 32.0, 0.01),
        "properties": {"name": f"单元{code}", "code": code, "shape": "grid_cell", **properties},
    }


async def send(browser: Browser, content: bytes, who: str = "dispatcher", **query: Any) -> Any:
    return await browser.send(who, "POST", "/fences/import", content=content, params=query)


async def test_a_file_is_stored_and_comes_again_as_the_next_version(
    town: Town, browser: Browser
) -> None:
    first = await send(browser, body(feature("A"), feature("B", 118.8)))
    assert first.status_code == 200, first.text
    ids = first.json()["ids"]
    assert len(set(ids)) == 2
    town.clock.advance_to(NOW_US + MINUTE_US)
    again = await send(browser, body(feature("B", 118.9), feature("C")))
    assert again.json()["ids"][0] == ids[1]
    shown = {f["id"]: f for f in (await browser.get("dispatcher", "/fences"))["features"]}
    assert shown[ids[1]]["properties"]["version"] == 2
    assert shown[ids[1]]["geometry"] == square(118.9, 32.0, 0.01)
    assert shown[ids[0]]["properties"]["tags"] == ["grid"]


async def test_a_code_that_occurs_twice_names_neither(browser: Browser) -> None:
    first = (await send(browser, body(feature("A")))).json()["ids"]
    twice = (await send(browser, body(feature("A"), feature("A", 118.8)))).json()["ids"]
    assert len({*first, *twice}) == 3


async def test_all_or_none_and_a_dry_run_stores_nothing(browser: Browser) -> None:
    before = len((await browser.get("dispatcher", "/fences"))["features"])
    bad = feature("B")
    bad["geometry"]["coordinates"][0][-1] = [118.71, 32.005]
    refused = await send(browser, body(feature("A"), bad))
    assert refused.status_code == 422
    (field,) = refused.json()["error"]["detail"]["fields"]
    assert field["field"] == "features[1].geometry"
    dry = (await send(browser, body(feature("A"), bad), dry_run=True)).json()
    assert (dry["fences"], dry["ids"], dry["problem_count"]) == (1, [], 1)
    mended = (await send(browser, body(feature("A"), bad), repair=True, dry_run=True)).json()
    assert (mended["fences"], len(mended["repaired"])) == (2, 1)
    assert len((await browser.get("dispatcher", "/fences"))["features"]) == before


@pytest.mark.parametrize("name", list(FORMATS))
async def test_what_is_exported_can_be_imported(browser: Browser, name: str) -> None:
    got = await browser.send("chief", "GET", "/fences/export", params={"format": name})
    assert got.status_code == 200
    assert got.headers["content-type"] == FORMATS[name].media_type
    shown = (await browser.get("chief", "/fences"))["features"]
    back = await send(browser, got.content, "chief", format=name, dry_run=True)
    assert back.json()["problem_count"] == 0
    assert back.json()["fences"] == len(shown) - int(got.headers["x-left-out"])


async def test_who_answers_must_be_in_sight_and_the_role_must_allow_it(
    town: Town, browser: Browser
) -> None:
    stranger = body(feature("A", responsible_organisation_id=10_000))
    assert "do not see" in (await send(browser, stranger)).text
    known = body(feature("A", responsible_organisation_id=town.organisations["district"]))
    assert (await send(browser, known)).status_code == 200
    assert (await send(browser, known, "officer_wang")).status_code == 403


@pytest.mark.parametrize(
    ("query", "content"),
    [
        ({"format": "dwg"}, b""),
        ({"datum": "xian80"}, b""),
        ({"half_width_m": 0}, b""),
        ({}, b"no json"),
        ({"format": "shapefile"}, b"no zip"),
    ],
)
async def test_nonsense_is_explained(
    browser: Browser, query: dict[str, Any], content: bytes
) -> None:
    answer = await send(browser, content, **query)
    assert answer.status_code == 422
    assert answer.json()["error"]["detail"]["fields"]


async def test_a_file_has_a_greatest_length(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fence_files, "MAX_BYTES", 100)
    answer = await send(browser, body(feature("A")))
    assert answer.status_code == 422
    assert "over 100 bytes" in answer.text
