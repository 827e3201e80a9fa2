"""`xunji user add` makes accounts that can log in, and says what is wrong with its input."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from typer.testing import CliRunner

from storage.users import User, find_user, password_is_right
from tests.servers import DatabaseServer
from xunji.command_line import build_app


@pytest.fixture
def url(plain_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> str:
    made = plain_server.create()
    monkeypatch.setenv("XUNJI_DATABASE__URL", made)
    return made


def run(*arguments: str, password: str = "correct horse") -> tuple[int, str]:
    result = CliRunner().invoke(
        build_app(), ["user", "add", *arguments, "--password-stdin"], input=f"{password}\n"
    )
    return result.exit_code, result.output


def stored(url: str, username: str) -> User | None:
    async def read() -> User | None:
        async with await psycopg.AsyncConnection.connect(url) as conn:
            return await find_user(conn, username)

    return asyncio.run(read())


def test_the_first_account_stands_above_everything(url: str) -> None:
    assert run("boss")[0] == 0
    boss = stored(url, "boss")
    assert boss is not None
    assert (boss.role, boss.is_root) == ("chief", True)
    assert password_is_right("correct horse", boss)


def test_a_company_stands_below_and_a_second_run_changes_the_password(url: str) -> None:
    arguments = (
        "hauler",
        "--role",
        "company",
        "--organisation",
        "甲公司",
        "--parent",
        "城市管理局",
    )
    assert run("boss")[0] == 0
    assert run(*arguments)[0] == 0
    assert run(*arguments, password="battery staple")[0] == 0
    hauler = stored(url, "hauler")
    assert hauler is not None
    assert (hauler.organisation_name, hauler.is_root) == ("甲公司", False)
    assert password_is_right("battery staple", hauler)


@pytest.mark.parametrize(
    ("arguments", "password", "message"),
    [
        (("a", "--role", "king"), "long enough", "a role is one of"),
        (("a",), "short", "at least 8 characters"),
        (("a", "--parent", "nobody", "--organisation", "b"), "long enough", "no organisation"),
    ],
)
def test_wrong_input_is_explained(
    url: str, arguments: tuple[str, ...], password: str, message: str
) -> None:
    status, output = run(*arguments, password=password)
    assert status != 0
    assert message in " ".join(output.replace("│", " ").split())
    assert stored(url, "a") is None


def test_an_unreachable_database_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUNJI_DATABASE__URL", "postgresql://nobody@127.0.0.1:1/none")
    status, output = run("a")
    assert status == 1
    assert "XUNJI_DATABASE__URL" in output
