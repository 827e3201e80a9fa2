"""The plugin against the real server: what its README promises, and the README's example itself."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from xunji_testkit import ApiError, ServerError, XunjiServer
from xunji_testkit.server import running_server

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"```python\n(def test_\w+\(xunji_server\):\n(?:    .+\n)+)```")


@pytest.mark.parametrize("page", ["README.md", "testkit/README.md"])
def test_the_example_of_the_readme_passes(page: str, xunji_server: XunjiServer) -> None:
    [example] = EXAMPLE.findall((ROOT / page).read_text(encoding="utf-8"))
    assert len(example.splitlines()) == 6
    names: dict[str, object] = {}
    exec(compile(example, page, "exec"), names)
    [test] = [value for name, value in names.items() if name.startswith("test_")]
    assert callable(test)
    test(xunji_server)


def test_a_covered_truck_and_one_whose_cover_nobody_knows_are_innocent(
    xunji_server: XunjiServer,
) -> None:
    xunji_server.add_rule("uncovered_load")
    covered, silent = xunji_server.terminal(), xunji_server.terminal()
    covered.drive(minutes=5, speed_kmh=40, loaded="full", cover_closed="yes")
    silent.drive(minutes=5, speed_kmh=40, loaded="full")
    assert not xunji_server.violations(covered)
    assert not xunji_server.violations(silent)
    devices = {d["id"]: d for d in xunji_server.api.call("GET", "/devices")}
    assert devices[silent.device_id]["cannot_judge"]
    assert not devices[covered.device_id]["cannot_judge"]


def test_time_moves_only_when_told(xunji_server: XunjiServer) -> None:
    before = xunji_server.now()
    assert xunji_server.now() == before
    xunji_server.advance(minutes=3)
    assert xunji_server.now() - before == timedelta(minutes=3)
    with pytest.raises(ApiError) as refused:
        xunji_server.advance(before)
    assert refused.value.status in (400, 409, 422)


def test_the_driver_reads_what_the_dispatcher_writes(xunji_server: XunjiServer) -> None:
    truck = xunji_server.terminal()
    truck.drive(minutes=1)
    body = {"kind": "text", "text": "请减速"}
    command = xunji_server.api.call("POST", f"/devices/{truck.device_id}/commands", body)
    for _ in range(200):
        truck.heartbeat()
        answer = xunji_server.api.call("GET", f"/commands/{command['id']}")
        if answer["state"] == "answered":
            break
    assert truck.texts == ["请减速"]
    assert answer["result"] == "done"


def test_a_track_is_replayed(xunji_server: XunjiServer, tmp_path: Path) -> None:
    track = tmp_path / "track.csv"
    rows = [f"2026-01-02T03:04:{s:02d}Z,{32.05 + s * 1e-4:.6f},118.8" for s in range(0, 60, 5)]
    track.write_text("\n".join(["time,latitude,longitude", *rows]))
    device = xunji_server.add_device("13999999999", "muck_truck")
    xunji_server.replay(track, "13999999999")
    now = xunji_server.now()
    day = {"from": (now - timedelta(days=1)).isoformat(), "to": now.isoformat()}
    found = xunji_server.api.call("GET", f"/devices/{device['id']}/track", **day)
    latitudes = [latitude for _, latitude in found["geometry"]["coordinates"]]
    assert latitudes == pytest.approx([32.05 + s * 1e-4 for s in range(0, 60, 5)], abs=1e-6)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    with (
        pytest.raises(ServerError, match="XUNJI_DATABASE__URL"),
        running_server(tmp_path, {"XUNJI_DATABASE__URL": url}),
    ):
        pass
