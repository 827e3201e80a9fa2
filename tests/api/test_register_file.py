"""The register by a CSV file: all or none, in words, with tokens that are shown once."""

from __future__ import annotations

from typing import Any

from model.tokens import check_token
from tests.api.browser import Browser
from tests.api.town import Town

GOOD = """标识,协议,类别,名称,单位,标签,令牌
H100,handset,巡查员,张三,东区执法队,夜班；东区,新
zhang/phone,owntracks,inspector,李四,,,new
13900000001,jt808,渣土车,甲渣土公司 9 号,,,
"""


async def _import(browser: Browser, text: str, user: str = "chief", **query: Any) -> Any:
    answer = await browser.send(
        user, "POST", "/devices/import", content=text.encode(), params=query
    )
    return answer.status_code, answer.json()


async def _stored(town: Town) -> dict[str, tuple[Any, ...]]:
    async with town.database.pool.connection() as conn:
        cursor = await conn.execute(
            "SELECT identity, protocol, kind, organisation_id, tags, token_hash FROM devices"
        )
        return {row[0]: row[1:] for row in await cursor.fetchall()}


async def test_units_and_tokens(town: Town, browser: Browser) -> None:
    status, found = await _import(browser, GOOD)
    assert (status, found["count"], len(found["ids"])) == (200, 3, 3)
    stored, district = await _stored(town), town.organisations["district"]
    assert stored["H100"][:4] == ("handset", "inspector", district, ["夜班", "东区"])
    assert stored["zhang/phone"][2] == town.organisations["bureau"]
    assert stored["13900000001"][4] is None
    tokens = {one["identity"]: one for one in found["tokens"]}
    assert set(tokens) == {"H100", "zhang/phone"}
    assert check_token(tokens["H100"]["token"], stored["H100"][4])
    assert tokens["zhang/phone"]["encryption_key"]
    again = await _import(browser, GOOD)
    assert again[0] == 422
    assert again[1]["error"]["detail"]["problem_count"] == 3
    assert "已登记" in again[1]["error"]["detail"]["fields"][0]["message_zh"]


async def test_a_dry_run_and_problems_store_nothing(town: Town, browser: Browser) -> None:
    before = set(await _stored(town))
    assert (await _import(browser, GOOD, dry_run=True))[1]["tokens"] == []
    bad = """identity,protocol,kind,name,organisation,token
,handset,inspector,nobody,,
H1,morse,inspector,a,,
H2,handset,rocket,b,,
H3,handset,inspector,c,无此单位,
H4,handset,inspector,d,,geheim
H5,handset,inspector,e,,
H5,handset,inspector,f,,
"""
    status, found = await _import(browser, bad, dry_run=True)
    assert status == 200
    assert [(p["line"], p["field"]) for p in found["problems"]] == [
        (2, "identity"), (3, "protocol"), (4, "kind"), (5, "organisation"), (6, "token"),
        (7, "identity"), (8, "identity"),
    ]  # fmt: skip
    assert (await _import(browser, bad))[0] == 422
    assert set(await _stored(town)) == before


async def test_only_into_what_one_sees(town: Town, browser: Browser) -> None:
    foreign = "identity,protocol,kind,name,organisation\nH1,handset,inspector,x,乙渣土公司\n"
    assert (await _import(browser, foreign))[0] == 200
    assert (await _import(browser, GOOD, user="company_a"))[0] == 403
