"""The demo for real: embedded database and broker, every door, graded by the plan's truth."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from xunji.demo import Demo, demo_settings, free_port, new_state
from xunji.demo_seed import ACCOUNTS, accounts
from xunji.demo_state import load_state

HISTORY_S = 2 * 3600
SEED = 7
PASSWORD = "demo password"


@asynccontextmanager
async def _log_in(url: str, username: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=60) as client:
        answer = await client.post("/login", json={"username": username, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        yield client


async def test_a_short_demo_is_graded_without_fault_and_goes_on_after_a_restart(
    tmp_path: Path,
) -> None:
    state = new_state(SEED, 40, PASSWORD, history_s=HISTORY_S, live=False)
    lines: list[dict[str, Any]] = []
    async with Demo(demo_settings(tmp_path, free_port(0), None), state) as demo:
        await demo.play(lines.append)
        last = lines[-1]
        assert last["stage"] == "done"
        assert last["counts"]["acknowledged"] == last["counts"]["sent"] > 10_000
        assert last["counts"]["refused"] == 0
        assert last["false"] == []
        assert last["missed"] == []
        assert last["grade"]["raised"] >= 5
        assert demo.grade == last["grade"]
        async with _log_in(demo.server.url, "chief") as chief:
            status = (await chief.get("/status")).json()
            devices = (await chief.get("/devices")).json()
            assert status["demo"] == demo.grade
            assert status["open_violations"] == last["grade"]["raised"]  # nothing goes ungraded
            assert status["quarantined"] == status["unregistered"] == 0
            assert (await chief.get("/basemap")).json()["features"]
        assert len(devices) == status["units"] == 40
        assert {device["kind"] for device in devices} == {
            "muck_truck", "sweeper", "water_truck", "mixer", "garbage_truck", "inspector",
        }  # fmt: skip
        async with _log_in(demo.server.url, "inspector") as inspector:
            assert (await inspector.get("/me/duty")).json()["duty"][
                "organisation"
            ] == "城南执法中队"
        async with _log_in(demo.server.url, "company") as company:
            own = (await company.get("/devices")).json()
        assert 0 < len(own) < 10
        raised = last["grade"]["raised"]

    again = load_state(tmp_path)
    assert again is not None
    assert again.sent_until_s > 0
    async with (
        Demo(demo_settings(tmp_path, free_port(0), None), again) as demo,
        _log_in(demo.server.url, "chief") as chief,
    ):
        assert len((await chief.get("/devices")).json()) == 40
        assert len((await chief.get("/violations?limit=500")).json()) >= raised


def test_accounts_are_printed_with_their_passwords() -> None:
    state = new_state(1, 40, None)
    told = {account.username: account.password for account in accounts(state.passwords)}
    assert told == state.passwords
    assert set(told) == set(ACCOUNTS)
    assert len(set(told.values())) == len(told)


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port
