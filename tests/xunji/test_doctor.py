"""`xunji doctor` against real servers: what is well, what is broken, and what to do about it."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from storage.evidence import freeze_evidence
from tests.brokers import free_port
from tests.servers import DatabaseServer, address
from tests.xunji.checks import by_name
from xunji.command_line import build_app
from xunji.doctor import Check, examine
from xunji.doctor.database import check_database
from xunji.doctor.machine import check_clock, check_disk, check_ports
from xunji.settings import DatabaseSettings, GatewaySettings, HttpSettings, MqttSettings, Settings

pytestmark = pytest.mark.usefixtures("nothing_inherited")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="xunji-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def free_ports() -> dict[str, Any]:
    return {
        "gateway": GatewaySettings(host="127.0.0.1", port=free_port(), jt808_port=free_port()),
        "http": HttpSettings(port=free_port()),
        "mqtt": MqttSettings(embedded_port=free_port()),
    }


async def test_all_is_well(server: DatabaseServer, data_dir: Path) -> None:
    url = server.create()
    settings = Settings(data_dir=data_dir, database=DatabaseSettings(url=url), **free_ports())
    try:
        found = by_name(await examine(settings))
    finally:
        server.drop(url)
    # The test servers run with fsync off: the doctor must see it.
    assert found.pop("durability").state == "broken"
    assert {name for name, check in found.items() if check.state == "broken"} == set()
    assert {"database", "timescaledb", "schema", "mqtt", "port_http", "disk", "zone"} <= set(found)
    assert found["schema"].state == "ok"
    assert found["clock_database"].state == "ok"
    assert ("edition" in found["timescaledb"].en) is (server.mode == "timescale")


async def test_a_new_installation_is_left_as_it_is(data_dir: Path) -> None:
    found = by_name(await examine(Settings(data_dir=data_dir / "new", **free_ports())))
    assert found["database"].state == "ok"
    assert list(data_dir.iterdir()) == []


async def test_the_embedded_server_is_joined_and_left(data_dir: Path) -> None:
    runner = CliRunner()
    environment = {"XUNJI_DATA_DIR": str(data_dir), "LANG": "C"}
    first = await _in_thread(runner, ["migrate"], environment)
    assert first.exit_code == 0, first.output
    checks, skew_s = await check_database(Settings(data_dir=data_dir))
    found = by_name(checks)
    assert {check.state for check in found.values()} <= {"ok", "note"}
    assert "embedded" in found["database"].en
    assert skew_s is not None
    assert abs(skew_s) < 1
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


async def _in_thread(runner: CliRunner, arguments: list[str], environment: dict[str, str]) -> Any:
    """The commands run a loop of their own."""
    return await asyncio.to_thread(runner.invoke, build_app(), arguments, env=environment)


async def _database(url: str) -> dict[str, Check]:
    checks, _ = await check_database(Settings(database=DatabaseSettings(url=url)))
    return by_name(checks)


async def test_a_database_out_of_reach(plain_server: DatabaseServer) -> None:
    for url in ("postgresql://127.0.0.1:1/x", address(plain_server.url, "none"), "postgresql://["):
        found = await _database(url)
        assert found["database"].state == "broken"
        assert "XUNJI_DATABASE__URL" in found["database"].mend_en or "postgresql://" in (
            found["database"].mend_en
        )


async def test_a_database_that_loses(plain_server: DatabaseServer) -> None:
    url = plain_server.create()
    name = sql.Identifier(str(psycopg.conninfo.conninfo_to_dict(url)["dbname"]))
    plain_server.run(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
    try:
        found = await _database(url)
    finally:
        plain_server.drop(url)
    assert found["database"].state == "broken"
    assert "ALTER DATABASE" in found["database"].mend_zh


async def test_what_is_not_migrated(plain_server: DatabaseServer) -> None:
    url = plain_server.create("template0")
    try:
        found = await _database(url)
    finally:
        plain_server.drop(url)
    assert found["schema"].state == "note"
    assert "xunji migrate" in found["schema"].mend_en


async def test_a_calendar_that_has_ended(plain_server: DatabaseServer) -> None:
    url = plain_server.create()
    year = datetime.now(UTC).year
    try:
        assert (await _database(url))["calendar"].state == "note"
        async with await psycopg.AsyncConnection.connect(url) as conn:
            await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'city')")
            await conn.execute(
                "INSERT INTO rules (organisation_id, kind, name_zh, name_en, schedule, valid_from)"
                " VALUES (1, 'speeding', 'r', 'r', %s, now())",
                (
                    '{"zone": "Asia/Shanghai", "windows": [{"weekdays": [1], "start_min": 0,'
                    ' "end_min": 60, "days": "workdays"}]}',
                ),
            )
        found = (await _database(url))["calendar"]
        assert found.state == "warning"
        assert "xunji calendar seed" in found.mend_en
        async with await psycopg.AsyncConnection.connect(url) as conn:
            await conn.execute(
                "INSERT INTO calendar_days (date, kind) VALUES (%s, 'holiday')", (f"{year}-10-01",)
            )
        assert (await _database(url))["calendar"].state == "ok"
    finally:
        plain_server.drop(url)


async def test_evidence_that_was_changed(plain_server: DatabaseServer) -> None:
    url = plain_server.create()
    try:
        whole = (await _database(url))["evidence"]
        assert (whole.state, whole.en[:7]) == ("ok", "0 packs")
        async with await psycopg.AsyncConnection.connect(url) as conn:
            await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'city')")
            await conn.execute(
                "INSERT INTO devices (id, organisation_id, identity, protocol, kind, name)"
                " VALUES (1, 1, '7', 'jt808', 'muck_truck', '7')"
            )
            await conn.execute(
                "INSERT INTO violations (id, organisation_id, device_id, rule_id, rule_version,"
                " kind, severity, found_severity, told_severity, started_at, last_at,"
                " longitude_e6, latitude_e6, raised_at, status) VALUES (5, 1, 1, 1, 1, 'x',"
                " 'info', 'info', 'info', now(), now(), 0, 0, now(), 'closed')"
            )
            await freeze_evidence(conn, 5, {"measures": {}, "photos": []}, [], 1)
        assert (await _database(url))["evidence"].en[:7] == "1 packs"
        async with await psycopg.AsyncConnection.connect(url) as conn:
            await conn.execute("UPDATE evidence_packs SET content = content || ' '::bytea")
        broken = (await _database(url))["evidence"]
        assert (broken.state, "violation 5" in broken.en) == ("broken", True)
    finally:
        plain_server.drop(url)


def test_a_port_of_somebody_else() -> None:
    script = "import socket, sys; s = socket.create_server(('127.0.0.1', 0));"
    script += "print(s.getsockname()[1], flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        settings = Settings(**{**free_ports(), "http": HttpSettings(port=port)})
        check = by_name(check_ports(settings))["port_http"]
        other.communicate("")
    assert check.state == "broken"
    assert str(other.pid) in check.zh
    assert "XUNJI_HTTP__PORT" in check.mend_en
    assert by_name(check_ports(settings))["port_http"].state == "ok"


def test_a_port_of_our_own_server(tmp_path: Path) -> None:
    program = tmp_path / "xunji"
    program.write_text(
        "import socket, sys; s = socket.create_server(('127.0.0.1', 0))\n"
        "print(s.getsockname()[1], flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, str(program), "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as ours:
        assert ours.stdout is not None
        settings = Settings(
            **{**free_ports(), "http": HttpSettings(port=int(ours.stdout.readline()))}
        )
        check = by_name(check_ports(settings))["port_http"]
        ours.communicate("")
    assert check.state == "ok"
    assert str(ours.pid) in check.en


def test_an_address_that_is_not_ours() -> None:
    settings = Settings(**{**free_ports(), "http": HttpSettings(host="192.0.2.1", port=8080)})
    assert by_name(check_ports(settings))["port_http"].state == "broken"


def test_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data_dir=tmp_path / "deep" / "er")
    states = []
    for free_gib in (0, 5, 50):
        usage = shutil.disk_usage(tmp_path)._replace(free=free_gib << 30)
        monkeypatch.setattr(shutil, "disk_usage", lambda _, usage=usage: usage)
        states.append(by_name([check_disk(settings)])["disk"].state)
    assert states == ["broken", "warning", "ok"]
    (tmp_path / "file").write_text("")
    blocked = Settings(data_dir=tmp_path / "file" / "under")
    assert check_disk(blocked).state == "broken"


def test_clock() -> None:
    settings = Settings()
    states = [by_name(check_clock(settings, s))["clock_database"].state for s in (-0.5, 9, -90)]
    assert states == ["ok", "warning", "broken"]
    assert "clock_database" not in by_name(check_clock(settings, None))
    settings.rules.zone = "Asia/Nowhere"
    assert by_name(check_clock(settings, 0))["zone"].state == "broken"


def test_the_command_answers_in_both_languages(data_dir: Path) -> None:
    environment = {
        "XUNJI_DATA_DIR": str(data_dir),
        "XUNJI_DATABASE__URL": "postgresql://127.0.0.1:1/x",
    }
    texts = {}
    for language in ("zh", "en"):
        arguments = ["doctor", "--language", language]
        result = CliRunner().invoke(build_app(), arguments, env=environment)
        assert result.exit_code == 1, result.output
        texts[language] = result.output
    assert "连不上数据库" in texts["zh"]
    assert "cannot connect to the database" in texts["en"]
    assert "->" in texts["en"]


def test_the_command_answers_programs(data_dir: Path) -> None:
    ports = free_ports()
    environment = {
        "XUNJI_DATA_DIR": str(data_dir),
        "XUNJI_GATEWAY__PORT": str(ports["gateway"].port),
        "XUNJI_GATEWAY__JT808_PORT": str(ports["gateway"].jt808_port),
        "XUNJI_HTTP__PORT": str(ports["http"].port),
        "XUNJI_MQTT__EMBEDDED_PORT": str(ports["mqtt"].embedded_port),
    }
    result = CliRunner().invoke(build_app(), ["doctor", "--json"], env=environment)
    answer = json.loads(result.output)
    assert (result.exit_code, answer["ok"]) == (0, True), result.output
    assert {"name", "state", "zh", "en"} <= set(answer["checks"][0])


def test_a_wrong_setting_is_named() -> None:
    environment = {"XUNJI_GATEWAY__PORT": "many"}
    result = CliRunner().invoke(build_app(), ["doctor", "--language", "en"], env=environment)
    assert result.exit_code == 1
    assert "XUNJI_GATEWAY__PORT" in result.output
