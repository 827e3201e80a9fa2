"""Who is known, codes, strangers, and registration without a person."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from gateway.directory import MAX_STRANGERS, Directory
from model.rulebook import Device
from storage.database import Database
from tests.gateway.rig import position, running_rig


def device(number: int, identity: str, protocol: str = "jt808") -> Device:
    return Device(
        id=number, organisation_id=3, identity=identity, protocol=protocol, kind="mixer", name="x"
    )


def test_codes_are_keyed_digests_of_protocol_and_identity() -> None:
    directory = Directory(b"secret")
    jt808, handset = directory.of("jt808"), directory.of("handset")
    expected = hmac.new(b"secret", b"jt808\x0013800000001", hashlib.sha256).hexdigest()[:16]
    assert jt808.issue_code("13800000001") == expected
    assert jt808.check_code("13800000001", expected)
    assert not jt808.check_code("13800000002", expected)
    assert not jt808.check_code("13800000001", "")
    assert not jt808.check_code("13800000001", "码" * 16)
    assert not handset.check_code("13800000001", expected)
    assert not Directory(b"other").of("jt808").check_code("13800000001", expected)


def test_the_same_identity_in_two_protocols_is_two_units() -> None:
    directory = Directory(b"secret")
    directory.refresh([device(1, "5"), device(2, "5", "handset")])
    found = [directory.of(name).find("5") for name in ("jt808", "handset", "jt809")]
    assert [known and known.device_id for known in found] == [1, 2, None]
    directory.refresh([device(2, "5", "handset")])
    assert directory.of("jt808").find("5") is None


async def test_strangers_are_bounded_and_survive_a_database_that_is_away() -> None:
    written: list[object] = []
    away = True

    async def write(strangers: object) -> None:
        if away:
            raise OSError("away")
        written.extend(strangers)  # type: ignore[call-overload]

    directory = Directory(b"secret", write_strangers=write)
    for n in range(MAX_STRANGERS + 10):
        directory.remember_stranger("jt808", str(n), "peer", {}, n)
    for _ in range(2):
        directory.remember_stranger("jt808", "20", "peer2", {"plate": "A"}, 99_999)
    with pytest.raises(OSError, match="away"):
        await directory.write_strangers()
    directory.remember_stranger("jt808", "20", "peer3", {}, 100_000)
    away = False
    await directory.write_strangers()
    assert len(written) == MAX_STRANGERS
    twenty = next(s for s in written if s.identity == "20")  # type: ignore[attr-defined]
    assert (twenty.attempts, twenty.first_us, twenty.last_us) == (1, 100_000, 100_000) or (
        twenty.attempts,
        twenty.first_us,
    ) == (4, 20)
    await directory.write_strangers()
    assert len(written) == MAX_STRANGERS


async def test_an_unregistered_terminal_gets_no_reply_and_is_listed(database: Database) -> None:
    async with running_rig(database) as rig:
        client = await rig.connect()
        client.send(position("777", rig.clock.now_us(), 1), "$BEAT 777")
        assert await client.silent()
        await rig.directory.write_strangers()
        client.send("$BEAT 777")
        assert await client.silent(0.1)
        await rig.directory.write_strangers()
        rows = await rig.rows(
            "SELECT protocol, identity, attempts, last_seen >= first_seen FROM unregistered"
        )
        assert rows == [("tiny", "777", 3, True)]
        assert await rig.positions() == []
        await rig.register("777")
        client.send(client.login_line("777"), position("777", rig.clock.now_us(), 2))
        assert await client.lines(2) == ["IN 777", "ACK 777 2 ok"]
        rig.directory.remember_stranger("tiny", "778", "peer", {}, rig.clock.now_us())
        await rig.directory.write_strangers()
        assert await rig.rows("SELECT identity FROM unregistered") == [("778",)]


async def test_an_open_directory_registers_whoever_comes(database: Database) -> None:
    async with database.pool.connection() as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'City')")
    async with running_rig(database, open_to_all=True) as rig:
        client = await rig.connect()
        now_us = rig.clock.now_us()
        client.send(position("900", now_us, 1), position("901", now_us, 2))
        assert await client.lines(2) == ["ACK 900 1 ok", "ACK 901 2 ok"]
        rows = await rig.rows(
            "SELECT d.identity, d.auto_registered FROM positions p"
            " JOIN devices d ON d.id = p.device_id ORDER BY 1"
        )
        assert rows == [("900", True), ("901", True)]
        assert await rig.rows("SELECT revision > 1 FROM rulebook_revision") == [(True,)]


async def test_a_newcomer_that_a_person_registers_meanwhile(plain_database: Database) -> None:
    async with plain_database.pool.connection() as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'City')")
    async with running_rig(plain_database, open_to_all=True) as rig:
        async with plain_database.pool.connection() as conn:
            await conn.execute(
                "INSERT INTO devices (id, organisation_id, identity, protocol, kind, name)"
                " VALUES (5000, 1, '900', 'tiny', 'mixer', 'by hand')"
            )
        client = await rig.connect()
        client.send(position("900", rig.clock.now_us(), 1))
        assert await client.line() == "ACK 900 1 ok"
        assert [row[0] for row in await rig.positions()] == [5000]
        client.send(position("900", rig.clock.now_us(), 2))
        assert await client.line() == "ACK 900 2 ok"
        assert [row[0] for row in await rig.positions()] == [5000, 5000]
