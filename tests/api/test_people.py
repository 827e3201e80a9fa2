"""Log-in: tokens, limits, one error shape."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from api.login_limit import LIMITS, MAX_KEYS, WINDOW_SECONDS, LoginLimit
from storage.users import User, hash_password, password_is_right
from tests.api.browser import Browser
from tests.api.town import PASSWORD, SECRET, Town, password_hash


async def _login(browser: Browser, username: str, password: str) -> Any:
    body = {"username": username, "password": password}
    return await browser.client.post("/api/v1/login", json=body)


async def test_log_in_says_who_one_is(town: Town, browser: Browser) -> None:
    answer = await _login(browser, "officer_wang", PASSWORD)
    user = answer.json()["user"]
    assert user["role"] == "officer"
    assert user["organisation"] == {
        "id": town.organisations["district"],
        "name": "东区执法队",
        "name_en": "district",
    }
    assert user["permissions"] == ["read", "self", "warn", "work_violations"]
    assert user["map"] == {"style_url": None, "pmtiles_url": None}
    assert await browser.get("officer_wang", "/me") == user


@pytest.mark.parametrize(
    ("username", "password"), [("officer_wang", "wrong"), ("nobody", PASSWORD), ("chief", " ")]
)
async def test_wrong_names_and_passwords_look_alike(
    browser: Browser, username: str, password: str
) -> None:
    answer = await _login(browser, username, password)
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert error == {
        "code": "wrong_password",
        "message_zh": "用户名或密码不正确。",
        "message_en": "The user name or the password is wrong.",
        "detail": {},
    }


async def test_a_disabled_user_is_out_at_once(town: Town, browser: Browser) -> None:
    await browser.get("officer_wang", "/me")
    async with town.database.pool.connection() as conn:
        await conn.execute("UPDATE users SET disabled = true WHERE username = 'officer_wang'")
    assert (await browser.send("officer_wang", "GET", "/me")).status_code == 401
    assert (await _login(browser, "officer_wang", PASSWORD)).status_code == 401


def _token(**claims: Any) -> str:
    soon = datetime.now(UTC) + timedelta(hours=1)
    return jwt.encode({"sub": "1", "aud": "xunji-api", "exp": soon, **claims}, SECRET, "HS256")


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "not_logged_in"),
        ("garbage", "not_logged_in"),
        (_token(exp=datetime.now(UTC) - timedelta(seconds=1)), "token_expired"),
        (_token(aud="another service"), "not_logged_in"),
        (_token(sub="one"), "not_logged_in"),
        (
            jwt.encode({"sub": "1", "aud": "xunji-api", "exp": 9e9}, "x" * 40, "HS256"),
            "not_logged_in",
        ),
        (jwt.encode({"sub": "1", "aud": "xunji-api", "exp": 9e9}, None, "none"), "not_logged_in"),
    ],
    ids=["empty", "garbage", "expired", "audience", "subject", "other_secret", "unsigned"],
)
async def test_tokens_that_do_not_count(browser: Browser, token: str, code: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = await browser.client.get("/api/v1/me", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)


async def test_a_burst_of_guesses_meets_the_limit(browser: Browser) -> None:
    guesses = LIMITS["name_and_address"] + 4
    answers = await asyncio.gather(
        *(_login(browser, "chief", f"guess {n}") for n in range(guesses))
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [401] * LIMITS["name_and_address"] + [429] * 4
    right = await _login(browser, "CHIEF", PASSWORD)
    assert right.status_code == 429
    assert 0 < int(right.headers["Retry-After"]) <= WINDOW_SECONDS + 1
    assert (await _login(browser, "dispatcher", PASSWORD)).status_code == 200


def test_limit_by_address_over_many_names() -> None:
    limit = LoginLimit(lambda: 0.0)
    waits = [limit.begin(f"name {n}", "10.0.0.1") for n in range(LIMITS["address"] + 1)]
    assert waits[:-1] == [None] * LIMITS["address"]
    assert waits[-1] == WINDOW_SECONDS


def test_limit_by_name_over_many_addresses() -> None:
    limit = LoginLimit(lambda: 0.0)
    waits = [limit.begin("chief", f"10.0.0.{n}") for n in range(LIMITS["name"] + 1)]
    assert waits[:-1] == [None] * LIMITS["name"]
    assert waits[-1] == WINDOW_SECONDS


def test_limit_is_over_after_its_window() -> None:
    now_s = 0.0
    limit = LoginLimit(lambda: now_s)
    while limit.begin("chief", "10.0.0.1") is None:
        continue
    now_s = WINDOW_SECONDS
    assert limit.begin("chief", "10.0.0.1") is None


def test_right_passwords_do_not_count() -> None:
    limit = LoginLimit(lambda: 0.0)
    for _ in range(10 * LIMITS["address"]):
        assert limit.begin("chief", "10.0.0.1") is None
        limit.succeeded("chief", "10.0.0.1")


def test_the_limit_itself_is_bounded() -> None:
    limit = LoginLimit(lambda: 0.0)
    for number in range(MAX_KEYS):
        limit.begin(f"name {number}", f"address {number}")
    assert len(limit) == MAX_KEYS


def _user(**changes: Any) -> User:
    given: dict[str, Any] = {
        "id": 1,
        "username": "u",
        "display_name": "U",
        "role": "chief",
        "locale": "zh",
        "organisation_id": 1,
        "organisation_name": "o",
        "organisation_name_en": "o",
        "is_root": True,
        "disabled": False,
        "password_hash": password_hash(),
    }
    return User(**{**given, **changes})


def test_passwords() -> None:
    stored = hash_password(PASSWORD)
    assert stored.startswith("$argon2id$")
    assert password_is_right(PASSWORD, _user(password_hash=stored))
    assert not password_is_right(PASSWORD + " ", _user(password_hash=stored))
    assert not password_is_right(PASSWORD, _user(password_hash=stored, disabled=True))
    assert not password_is_right("no user has this password", None)
