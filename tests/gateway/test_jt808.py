"""Real JT/T 808 bytes through real sockets into a real database."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from model.position import FixSource
from protocols.jt808.fix import Fix, encode_fix
from protocols.jt808.framing import unwrap
from protocols.jt808.header import parse_header
from protocols.jt808.messages import decode_body
from protocols.jt808.protocol import JT808, encode_frames
from protocols.registry import protocols_by_name
from storage.database import Database
from tests.gateway.rig import Client, Rig, running_rig, until

PHONE = "13800138000"
SECOND_US = 1_000_000
HUNDRED_YEARS_US = 100 * 366 * 86_400 * SECOND_US


def location(time_us: int, serial: int, phone: str = PHONE, version: str = "2013") -> bytes:
    fix = Fix(time_us, 118_800_000 + serial, 32_050_000, speed_kmh_e1=415, course_deg=90)
    return encode_frames(0x0200, encode_fix(fix), phone, serial, version)


def streams() -> list[Any]:
    return [p for p in protocols_by_name().values() if p.default_port is not None]


async def reply(client: Client) -> tuple[int, dict[str, Any]]:
    """The next frame from the server: message id and fields of its body."""
    start = await client.reader.readexactly(1)
    assert start == b"\x7e"
    piece = (await client.reader.readuntil(b"\x7e"))[:-1]
    frame = unwrap(piece)
    header = parse_header(frame)
    body = frame[header.body_at : -1]
    return header.message_id, decode_body(header.message_id, body, header.version)


async def login(rig: Rig, phone: str = PHONE, version: str = "2013") -> Client:
    client = await rig.connect()
    code = rig.directory.of("jt808").issue_code(phone)
    values: dict[str, Any] = {"token": code}
    if version == "2019":
        values |= {"imei": "860000000000001", "software_version": "1"}
    client.send(encode_frames(0x0102, values, phone, 0, version))
    message_id, fields = await reply(client)
    assert (message_id, fields["ack_id"], fields["result"]) == (0x8001, "0x0102", 0)
    return client


@pytest.mark.parametrize("version", ["2013", "2019"])
async def test_log_in_report_and_reply(database: Database, version: str) -> None:
    async with running_rig(database, protocols=streams()) as rig:
        device = await rig.register(PHONE, "jt808")
        client = await login(rig, PHONE, version)
        rig.writer.gate.clear()
        time_us = rig.clock.now_us() // SECOND_US * SECOND_US
        client.send(location(time_us, 7, PHONE, version))
        assert await client.silent()
        rig.writer.gate.set()
        message_id, fields = await reply(client)
        assert (message_id, fields) == (
            0x8001,
            {"ack_serial": 7, "ack_id": "0x0200", "result": 0},
        )
        assert await rig.positions() == [
            (device, time_us, 118_800_007, 32_050_000, 0, int(FixSource.GNSS))
        ]
        frames = await rig.rows("SELECT protocol, frame FROM raw_frames")
        assert frames == [("jt808", unwrap(location(time_us, 7, PHONE, version)[1:-1]))]


async def test_good_frames_among_damaged_ones(plain_database: Database) -> None:
    async with running_rig(plain_database, protocols=streams()) as rig:
        await rig.register(PHONE, "jt808")
        client = await login(rig)
        now_us = rig.clock.now_us() // SECOND_US * SECOND_US
        damaged = bytearray(location(now_us, 99))
        damaged[20] ^= 0x01
        body = encode_fix(Fix(0, 118_800_000, 32_050_000))
        stream = [
            location(now_us - 5 * SECOND_US, 1),
            b"garbage between the frames",
            location(now_us - 4 * SECOND_US, 2),
            bytes(damaged),
            b"\x7e" + b"\x00" * 9_000 + b"\x7e",  # an over-long length
            location(now_us - 3 * SECOND_US, 3)[:-9],  # cut, the next one follows at once
            location(now_us - 2 * SECOND_US, 4),
            encode_frames(0x0200, body, PHONE, 5),  # 1970 cannot be said, 2000-01-01 can
            location(now_us + 86_400 * SECOND_US, 6),  # tomorrow
            location(now_us - 1 * SECOND_US, 7),
        ]
        client.send(*stream)
        results: dict[int, int] = {}
        while 7 not in results:
            _, fields = await reply(client)
            results[fields["ack_serial"]] = fields["result"]
        assert {serial: results[serial] for serial in (1, 2, 4, 7)} == dict.fromkeys(
            (1, 2, 4, 7), 0
        )
        assert results[6] == 2
        assert results.get(99) is None
        assert [row[2] - 118_800_000 for row in await rig.positions()] == [1, 2, 4, 7]
        await rig.ingest.tick()
        reasons = Counter(reason for reason, _, _ in await rig.refused())
        assert reasons["time_out_of_range"] >= 1
        assert sum(reasons.values()) >= 5
        assert all(frame for _, frame, _ in await rig.refused())


async def test_a_terminal_that_is_not_logged_in_gets_no_reply(plain_database: Database) -> None:
    async with running_rig(plain_database, protocols=streams()) as rig:
        await rig.register(PHONE, "jt808")
        client = await rig.connect()
        client.send(location(rig.clock.now_us(), 1))
        assert await client.silent()
        client.send(encode_frames(0x0102, {"token": "wrong"}, PHONE, 2))
        _, fields = await reply(client)
        assert fields["result"] == 1
        client.send(encode_frames(0x0102, {"token": "x"}, "999", 3))
        _, fields = await reply(client)
        assert fields["result"] == 1
        await rig.directory.write_strangers()
        assert ("jt808", "999") in await rig.rows("SELECT protocol, identity FROM unregistered")
        assert await rig.positions() == []


async def test_a_text_and_its_answer(plain_database: Database) -> None:
    async with running_rig(plain_database, protocols=streams()) as rig:
        device = await rig.register(PHONE, "jt808")
        client = await login(rig)
        await until(lambda: rig.online.of_device(device) is not None)
        terminal = rig.online.of_device(device)
        assert terminal is not None
        terminal.link.send_command(PHONE, 55, "text", {"text": "请盖好篷布"})
        message_id, fields = await reply(client)
        assert message_id == 0x8300
        assert fields["text"] == "请盖好篷布"


def vectors(shared: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((shared / "vectors" / name).read_text())
    return found


async def test_frames_from_the_wild_are_stored_as_expected(
    plain_database: Database, shared: Path
) -> None:
    """Every location frame of ../shared/vectors/jt808.json on one connection, nobody registered."""
    wild = [
        vector
        for vector in vectors(shared, "jt808.json")
        if vector["kind"] == "frame" and vector["msg_id"] in ("0x0200", "0x0704")
    ]
    assert len(wild) > 50
    async with plain_database.pool.connection() as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'City')")
    async with running_rig(
        plain_database, protocols=streams(), open_to_all=True, retention_us=HUNDRED_YEARS_US
    ) as rig:
        client = await rig.connect()
        expected: set[tuple[str, int, int, int]] = set()
        refused = 0
        for vector in wild:
            client.send(bytes.fromhex(vector["hex"]))
            identity = vector["expect"]["header"]["phone_bcd"].lstrip("0")
            for body in vector["expect"]["body"].get("items", [vector["expect"]["body"]]):
                if abs(body["lat"]) > 90 or abs(body["lon"]) > 180:
                    refused += 1
                    continue
                speed = round(body["speed_kmh"] * 10)
                place = (round(body["lat"] * 1e6), round(body["lon"] * 1e6))
                expected.add((identity, *place, speed))
        for _ in wild:
            message_id, fields = await reply(client)
            assert message_id == 0x8001
            assert fields["result"] in (0, 2)
        rows = await rig.rows(
            "SELECT d.identity, p.latitude_e6, p.longitude_e6, p.speed_kmh_e1 FROM positions p"
            " JOIN devices d ON d.id = p.device_id"
        )
        assert set(rows) == expected
        assert refused > 0
        await rig.ingest.tick()
        assert {reason for reason, *_ in await rig.refused()} <= {
            "coordinates",
            "coordinates_out_of_range",
            "coordinates_swapped",
            "time",
            "time_out_of_range",
        }


@pytest.mark.parametrize("name", ["jt808_bad.json", "jt808_quirks.json"])
async def test_odd_frames_from_the_wild_crash_nothing(
    plain_database: Database, shared: Path, name: str
) -> None:
    async with plain_database.pool.connection() as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'City')")
    async with running_rig(
        plain_database, protocols=[JT808], open_to_all=True, retention_us=HUNDRED_YEARS_US
    ) as rig:
        client = await rig.connect()
        odd = vectors(shared, name)
        for vector in odd:
            client.send(bytes.fromhex(vector["hex"]))
        time_us = rig.clock.now_us() // SECOND_US * SECOND_US
        client.send(location(time_us, 4_321, "77777"))
        serial = None
        while serial != 4_321:
            _, fields = await reply(client)
            serial = fields.get("ack_serial")
        rows = await rig.rows(
            "SELECT count(*) FROM positions JOIN devices ON id = device_id WHERE identity = '77777'"
        )
        assert rows == [(1,)]
        await rig.ingest.tick()
        if name == "jt808_bad.json":
            assert len(await rig.refused()) >= len(odd)
            assert await rig.rows("SELECT count(*) FROM positions") == [(1,)]
        assert rig.counters["closed.session_failed"] == 0
