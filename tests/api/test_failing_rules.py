"""`xunji doctor` names rules that have stopped themselves."""

from __future__ import annotations

import msgspec

from storage.failing import save_failing
from storage.rulebook import save_rule
from tests.api.browser import Browser
from tests.api.town import Town
from xunji.doctor.rules import check_rules


async def test_a_failing_rule_is_named_until_it_is_saved_anew(town: Town, browser: Browser) -> None:
    rule = town.rules["uncovered"]
    async with town.database.pool.connection() as conn:
        assert [check.state for check in await check_rules(conn, town.clock.now_us())] == ["ok"]
        error = {(rule.id, rule.version): "ZeroDivisionError: division by zero"}
        await save_failing(conn, error, town.clock.now_us())
        (check,) = await check_rules(conn, town.clock.now_us())
        assert (check.state, "ZeroDivisionError" in check.en) == ("broken", True)
        assert check.mend_zh
    shown = {r["id"]: r["failing"] for r in await browser.get("chief", "/rules")}
    assert shown[rule.id]["error"].startswith("ZeroDivisionError")
    assert (await browser.get("chief", "/status"))["failing_rules"] == 1
    unit = {"device_id": town.devices["truck_b"].id, "rule_id": rule.id}
    assert (await browser.get("chief", "/why-not", **unit))["code"] == "rule_failing"
    async with town.database.pool.connection() as conn:
        later = msgspec.structs.replace(rule, valid_from_us=town.clock.now_us())
        await save_rule(conn, later)
    assert {r["id"]: r["failing"] for r in await browser.get("chief", "/rules")}[rule.id] is None
