"""`xunji permits`: files go in whole, or say line by line what is wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from model.fences import Fence
from model.rulebook import FAR_FUTURE_US, Device
from storage.rulebook import load_rulebook, register_device, save_fence
from tests.servers import DatabaseServer
from xunji.command_line import build_app

PERMITS = "准运证号,车辆,工地,消纳场,生效时间,失效时间\nP1,苏A1,S1,D1;D2,2026-01-01,2027-01-01\n"
WAYBILLS = "number,unit,site,dump,issued_at,valid_until\nW1,苏A1,S1,D2,2026-09-22,2026-09-23\n"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build_app("permits"), ["permits", *arguments])
    return result.exit_code, result.output


@pytest.fixture
def url(plain_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> str:
    made = plain_server.create()
    monkeypatch.setenv("XUNJI_DATABASE__URL", made)
    account = ["user", "add", "boss", "--password-stdin"]
    assert CliRunner().invoke(build_app(), account, input="correct horse\n").exit_code == 0
    asyncio.run(fill(made))
    return made


async def fill(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url) as conn:
        truck = Device(
            id=0, organisation_id=1, identity="1", protocol="jt808", kind="muck_truck",
            name="t", plate="苏A1",
        )  # fmt: skip
        await register_device(conn, truck)
        for code in ("S1", "D1", "D2"):
            fence = Fence(
                id=0, version=1, organisation_id=1, responsible_organisation_id=1, name=code,
                code=code, shape="circle", geometry={"type": "Point", "coordinates": [118, 32]},
                radius_m=50, valid_from_us=0, valid_to_us=FAR_FUTURE_US,
            )  # fmt: skip
            await save_fence(conn, fence)


def counts(url: str) -> tuple[int, int]:
    async def read() -> tuple[int, int]:
        async with await psycopg.AsyncConnection.connect(url) as conn:
            book = await load_rulebook(conn, 1_790_078_400_000_000)
            return len(book.permits), len(book.waybills)

    return asyncio.run(read())


def test_files(url: str, tmp_path: Path) -> None:
    permits, waybills = tmp_path / "permits.csv", tmp_path / "waybills.csv"
    permits.write_text(PERMITS)
    waybills.write_text(WAYBILLS)
    assert run("import", str(permits), "--dry-run") == (0, "1 would be stored\n")
    assert counts(url) == (0, 0)
    assert run("import", str(permits)) == (0, "1 stored\n")
    assert run("import-waybills", str(waybills)) == (0, "1 stored\n")
    assert counts(url) == (1, 1)
    permits.write_text(PERMITS.replace("D2", "D9"))
    status, output = run("import", str(permits))
    assert status == 1
    assert "line 2, dumps: no fence has the code or name 'D9'" in output
