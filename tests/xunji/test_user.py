"""`xunji user add` makes accounts that can log in, and says what is wrong with its input."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from model.tokens import check_token
from storage.users import User, find_user, password_is_right
from tests.servers import DatabaseServer
from tests.xunji.terminals import register
from xunji.command_line import build_app


@pytest.fixture
def url(plain_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    made = plain_server.create()
    monkeypatch.setenv("XUNJI_DATA_DIR", str(tmp_path))
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


def test_an_inspectors_account_belongs_to_a_terminal_of_any_protocol(
    url: str, tmp_path: Path
) -> None:
    asyncio.run(register(url, tmp_path))
    whose = ("--role", "inspector", "--organisation", "市局", "--handset")
    assert run("zhang", *whose, "1") == (0, "zhang (inspector, 市局)\n")
    status, output = run("li", *whose, "li/phone", "--protocol", "owntracks", "--token")
    assert status == 0
    said, token, key = output.splitlines()
    assert said == "li (inspector, 市局)"
    with psycopg.connect(url) as conn:
        held = conn.execute("SELECT id, identity, token_hash FROM devices ORDER BY id").fetchall()
    accounts = [user.device_id for name in ("zhang", "li") if (user := stored(url, name))]
    assert accounts == [row[0] for row in held if row[1] in ("1", "li/phone")]
    [hashed] = [row[2] for row in held if row[2] is not None]
    assert check_token(token.removeprefix("token  "), hashed)
    assert key.startswith("encryption-key  ")
    for arguments, message in (
        (("1", "--protocol", "osmand"), "no osmand terminal"),
        (("li/phone",), "--protocol owntracks has one"),
        (("13800000001", "--protocol", "jt808"), "is no inspector's"),
    ):
        status, output = run("wang", *whose, *arguments)
        assert status != 0
        assert message in " ".join(output.replace("│", " ").split())
    assert stored(url, "wang") is None


@pytest.mark.parametrize(
    ("arguments", "password", "message"),
    [
        (("a", "--role", "king"), "long enough", "a role is one of"),
        (("a",), "short", "at least 8 characters"),
        (("a", "--parent", "nobody", "--organisation", "b"), "long enough", "no organisation"),
        (("a", "--token"), "long enough", "that --handset names"),
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
