"""A small town in the database: two companies, a district, officers, trucks, an inspector.

Everything goes in the way the server itself writes it: positions and frames through the Writer,
violations through the rules' own storage functions.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import msgspec
import numpy as np

from api.app import create_app
from api.services import Services
from api.state import AppState
from model.fences import Assignment, Fence, Shift
from model.frames import Quarantined, RawFrame
from model.position import PositionBatch, empty_rows
from model.rulebook import FAR_FUTURE_US, Device, Finding, Rule
from model.signals import NO, YES, pack
from model.uploads import TerminalFile
from model.violations import Change
from pipeline.live import LiveHub
from pipeline.outcomes import OutcomeLimits, Outcomes
from protocols.jt808.fix import Fix, encode_fix
from protocols.jt808.protocol import encode_frames
from rules.registry import kinds_by_name
from simulators.terminal.camera import photo
from storage.database import Database
from storage.media import MediaStore
from storage.rulebook import (
    load_rulebook,
    register_device,
    save_assignment,
    save_fence,
    save_organisation,
    save_rule,
    save_shift,
)
from storage.terminal_media import TerminalMedia
from storage.users import create_user, hash_password
from storage.writer import Writer
from xunji.clock import SimulatedClock
from xunji.settings import Settings

NOON_US = 1_790_078_400_000_000  # 2026-09-22T12:00:00Z
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
NOW_US = NOON_US + 20 * MINUTE_US
STARTED_US, ENDED_US = NOON_US + 5 * MINUTE_US, NOON_US + 12 * MINUTE_US
PASSWORD = "correct horse battery"
SECRET = "a secret of at least thirty-two bytes for HS256"


@cache
def password_hash() -> str:
    """Argon2 is slow on purpose: once is enough."""
    return hash_password(PASSWORD)


@dataclass
class Town:
    """Ids by name, and the services that an application over it needs."""

    database: Database
    services: Services
    clock: SimulatedClock
    organisations: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    fences: dict[str, Fence] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    violations: dict[str, int] = field(default_factory=dict)


USERS = {
    "chief": ("chief", "bureau"),
    "dispatcher": ("dispatcher", "bureau"),
    "officer_wang": ("officer", "district"),
    "officer_li": ("officer", "district"),
    "company_a": ("company", "a"),
    "company_b": ("company", "b"),
}


def services_of(database: Database, clock: SimulatedClock, **changes: Any) -> Services:
    """Services of a test server in simulated time."""
    settings = Settings(clock="simulated", production=False)
    given = {
        "database": database,
        "clock": clock,
        "live": LiveHub(),
        "settings": settings,
        "secret": SECRET,
        "test_clock": clock,
    }
    return Services(**{**given, **changes})


async def build_town(database: Database) -> Town:
    """The whole town."""
    clock = SimulatedClock(NOW_US)
    town = Town(database, services_of(database, clock), clock)
    await _people(town)
    await _rulebook(town)
    await _tracks(town)
    await _violations(town)
    return town


async def _people(town: Town) -> None:
    async with town.database.pool.connection() as conn:
        bureau = await save_organisation(conn, "市城管局", "City bureau")
        named = {"a": "甲渣土公司", "b": "乙渣土公司", "district": "东区执法队"}
        town.organisations["bureau"] = bureau
        for key, name in named.items():
            town.organisations[key] = await save_organisation(conn, name, key, bureau)
        for username, (role, organisation) in USERS.items():
            town.users[username] = await create_user(
                conn,
                organisation_id=town.organisations[organisation],
                username=username,
                display_name=f"{username} 的姓名",
                role=role,
                password="replaced below",
            )
        await conn.execute("UPDATE users SET password_hash = %s", (password_hash(),))
        for key, kind, owner in (
            ("truck_a", "muck_truck", "a"),
            ("truck_b", "muck_truck", "b"),
            ("inspector", "inspector", "district"),
        ):
            device = Device(
                id=0,
                organisation_id=town.organisations[owner],
                identity=f"1380000{len(town.devices):04d}",
                protocol="handset" if kind == "inspector" else "jt808",
                kind=kind,
                name=f"{key} 号",
                plate=None if kind == "inspector" else f"苏A{len(town.devices):05d}",
            )
            town.devices[key] = await register_device(conn, device)


def square(longitude: float, latitude: float, half: float) -> dict[str, Any]:
    """A GeoJSON square, half its side in degrees."""
    west, east = longitude - half, longitude + half
    south, north = latitude - half, latitude + half
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


async def _rulebook(town: Town) -> None:
    organisations = town.organisations
    async with town.database.pool.connection() as conn:
        for name, owner, tags, at in (
            ("site", "bureau", ("site",), (118.80, 32.05)),
            ("cell", "district", ("grid",), (118.81, 32.05)),
            ("yard_b", "b", ("parking",), (118.90, 32.10)),
        ):
            fence = Fence(
                id=0,
                version=1,
                organisation_id=organisations[owner],
                responsible_organisation_id=organisations["district" if name == "site" else owner],
                name=f"{name} 围栏",
                shape="polygon",
                geometry=square(*at, 0.005),
                tags=tags,
                valid_from_us=0,
                valid_to_us=FAR_FUTURE_US,
            )
            town.fences[name] = await save_fence(conn, fence)
        for key, owner in (("uncovered", "bureau"), ("uncovered_b", "b")):
            rule = Rule(
                id=0,
                version=1,
                organisation_id=organisations[owner],
                kind="uncovered_load",
                name_zh=f"未密闭运输 {key}",
                name_en=f"Uncovered load {key}",
                parameters={"min_duration_s": 90},
                valid_from_us=0,
            )
            town.rules[key] = await save_rule(conn, rule)
        inspector = town.devices["inspector"].id
        assignment = Assignment(
            device_id=inspector,
            fence_id=town.fences["cell"].id,
            purpose="grid",
            valid_from_us=0,
            valid_to_us=FAR_FUTURE_US,
        )
        await save_assignment(conn, assignment)
        shift = Shift(
            device_id=inspector, starts_us=NOON_US - 60 * MINUTE_US, ends_us=NOW_US + 60 * MINUTE_US
        )
        await save_shift(conn, shift)


def truck_rows(device: Device, count: int = 120) -> PositionBatch:
    """Twenty minutes at 10 s, eastwards at 36 km/h; loaded and uncovered from minute 5 to 12."""
    rows = empty_rows(count)
    rows["device_id"], rows["organisation_id"] = device.id, device.organisation_id
    rows["fix_source"], rows["satellites"] = 1, 12
    for index in range(count):
        time_us = NOON_US + index * 10 * SECOND_US
        uncovered = STARTED_US <= time_us <= ENDED_US
        rows["time_us"][index] = time_us
        rows["longitude_e6"][index] = 118_800_000 + index * 1_060
        rows["latitude_e6"][index] = 32_050_000
        rows["speed_kmh_e1"][index] = 360 + (index % 7)
        rows["course_deg"][index] = 90
        rows["delay_ms"][index] = 800
        cover = NO if uncovered else YES
        rows["signals"][index] = pack(ignition=YES, loaded=YES, cover_closed=cover)
    return PositionBatch(rows)


def frame_of(device: Device, row: Any) -> RawFrame:
    """The frame that carried a row, as the gateway keeps it: unescaped, without delimiters."""
    fix = Fix(
        time_us=int(row["time_us"]),
        longitude_e6=int(row["longitude_e6"]),
        latitude_e6=int(row["latitude_e6"]),
        speed_kmh_e1=int(row["speed_kmh_e1"]),
        course_deg=90,
        satellites=12,
        signals=int(row["signals"]),
    )
    wire = encode_frames(0x0200, encode_fix(fix), device.identity, 1)
    frame = wire[1:-1].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    return RawFrame(
        device_id=device.id,
        time_us=fix.time_us,
        until_us=fix.time_us,
        received_us=fix.time_us + 800_000,
        protocol="jt808",
        frame=frame,
    )


def inspector_rows(device: Device, longitude_e6: int = 118_810_000) -> PositionBatch:
    """Ten minutes at 30 s inside the cell, the last fix a minute ago."""
    rows = empty_rows(20)
    rows["device_id"], rows["organisation_id"] = device.id, device.organisation_id
    rows["time_us"] = NOW_US - MINUTE_US - 30 * SECOND_US * (19 - np.arange(20))
    rows["longitude_e6"], rows["latitude_e6"] = longitude_e6, 32_050_000
    rows["fix_source"], rows["accuracy_m"] = 1, 8
    state = msgspec.json.encode({"battery_pct": 71, "network": "4g", "gnss_state": "ok"}).decode()
    return PositionBatch(rows, [state] * 20)


async def _tracks(town: Town) -> None:
    trucks = [town.devices["truck_a"], town.devices["truck_b"]]
    batches = [truck_rows(truck) for truck in trucks]
    frames = [
        frame_of(truck, row)
        for truck, batch in zip(trucks, batches, strict=True)
        for row in batch.rows
    ]
    refused = [
        Quarantined(
            NOW_US, "jt808", "10.0.0.9:1", None, device_id, "checksum", "wrong", b"\x01\x02"
        )
        for device_id in (town.devices["truck_a"].id, town.devices["truck_b"].id, None)
    ]
    batch = PositionBatch.join([*batches, inspector_rows(town.devices["inspector"])])
    await write(town.database, batch, frames, refused)


async def write(
    database: Database,
    batch: PositionBatch,
    frames: list[RawFrame] | None = None,
    refused: list[Quarantined] | None = None,
    journal_id: int = 1,
) -> None:
    """Store a batch as the ingest loop does."""
    writer = Writer(database)
    try:
        await writer.write(batch, frames or [], refused or [], NOW_US, journal_id)
    finally:
        await writer.close()


async def raise_violation(town: Town, device: str, rule: str = "uncovered", **changes: Any) -> int:
    """A violation as the engine raises it, with its log line and its outbox row."""
    unit, chosen = town.devices[device], town.rules[rule]
    finding = Finding(
        device_id=unit.id,
        organisation_id=unit.organisation_id,
        rule_id=chosen.id,
        rule_version=chosen.version,
        kind=chosen.kind,
        severity="serious",
        started_us=STARTED_US,
        ended_us=ENDED_US,
        last_us=ENDED_US,
        longitude_e6=118_831_800,
        latitude_e6=32_050_000,
        measures={
            "max_speed_kmh": 36.6,
            "duration_s": 420.0,
            "fixes": 43,
            "unknown_s": 0.0,
            "peak_us": STARTED_US + 60 * SECOND_US,
        },
    )
    finding = msgspec.structs.replace(finding, **changes)
    async with town.database.pool.connection() as conn:
        change = Change(action="raise", violation=None, finding=finding)
        outcomes = Outcomes(await load_rulebook(conn), kinds_by_name(), OutcomeLimits())
        await outcomes.carry_out(conn, [change], NOW_US)
        row = await (await conn.execute("SELECT max(id) FROM violations")).fetchone()
    assert row is not None
    found: int = row[0]
    return found


async def _violations(town: Town) -> None:
    site = town.fences["site"]
    town.violations["a"] = await raise_violation(
        town,
        "truck_a",
        fence_id=site.id,
        fence_version=site.version,
        responsible_organisation_id=town.organisations["district"],
    )
    town.violations["b"] = await raise_violation(town, "truck_b", "uncovered_b")


class Browser:
    """The application as a client sees it, with a token for each user that has logged in."""

    def __init__(self, town: Town, client: httpx.AsyncClient) -> None:
        self.town = town
        self.client = client
        self._tokens: dict[str, str] = {}

    @property
    def state(self) -> AppState:
        """Of the application, where it is in this process."""
        state: AppState = self.client._transport.app.state.xunji  # type: ignore[attr-defined]
        return state

    async def token(self, username: str) -> str:
        """Log in once a user."""
        if username not in self._tokens:
            answer = await self.client.post(
                "/api/v1/login", json={"username": username, "password": PASSWORD}
            )
            assert answer.status_code == 200, answer.text
            self._tokens[username] = answer.json()["token"]
        return self._tokens[username]

    async def send(self, username: str, method: str, path: str, **given: Any) -> httpx.Response:
        """A request of a user."""
        headers = {"Authorization": f"Bearer {await self.token(username)}"}
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **given)

    async def get(self, username: str, path: str, **params: Any) -> Any:
        """The JSON of a GET that must succeed."""
        answer = await self.send(username, "GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, username: str, path: str, body: Any = None) -> Any:
        """The JSON of a POST that must succeed."""
        answer = await self.send(username, "POST", path, json={} if body is None else body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    async def finished(self, username: str, path: str, job_id: int) -> dict[str, Any]:
        """A job below a path, when it waits and runs no more."""
        for _ in range(600):
            found: dict[str, Any] = await self.get(username, f"{path}/{job_id}")
            if found["state"] not in ("waiting", "running"):
                return found
            await asyncio.sleep(0.05)
        raise AssertionError("not done in half a minute")


def browser_of(town: Town, services: Services | None = None) -> Browser:
    """A browser over a new application; close its client."""
    transport = httpx.ASGITransport(app=create_app(services or town.services))
    return Browser(town, httpx.AsyncClient(transport=transport, base_url="http://xunji.test"))


async def photo_of(town: Town, name: str, number: int = 7) -> int:
    """A photo that a truck has uploaded, 10 minutes ago; its id."""
    file = TerminalFile(
        device_id=town.devices[name].id,
        media_number=number,
        event="command",
        channel=1,
        data=photo(1, random.Random(number)),
        received_us=NOW_US,
        taken_us=NOW_US - 10 * MINUTE_US,
        longitude_e6=118_800_000,
        latitude_e6=32_050_000,
    )
    store = MediaStore(town.services.settings.data_dir / "media")
    return await TerminalMedia(town.database, store).keep(file)
