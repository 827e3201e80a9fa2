"""The UDP door: NMEA and JT/T 808 in datagrams, sources that are named, caps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway.udp import UdpDoor, UdpLimits
from protocols.contract import TerminalProtocol
from protocols.jt808.framing import unwrap
from protocols.jt808.header import parse_header
from protocols.jt808.messages import decode_body
from protocols.jt808.protocol import JT808, encode_frames
from protocols.nmea import NMEA, encode_fix, login
from storage.database import Database
from tests.gateway.rig import Rig, position, running_rig, until
from tests.gateway.test_jt808 import PHONE, location
from tests.gateway.tiny import TinyProtocol

SECOND_US = 1_000_000


class _Tiny(TinyProtocol):
    """Beside NMEA 0183, whose sentences begin with $, too."""

    def recognises(self, head: bytes) -> bool | None:
        return head.startswith((b"$LOGIN", b"$POS"))


@dataclass
class Sender(asyncio.DatagramProtocol):
    """One address that speaks to the door."""

    heard: list[bytes] = field(default_factory=list)
    transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.heard.append(data)

    def say(self, *datagrams: bytes) -> None:
        for datagram in datagrams:
            self.transport.sendto(datagram)

    @property
    def address(self) -> str:
        host, port = self.transport.get_extra_info("sockname")[:2]
        return f"{host}:{port}"


@dataclass
class Street:
    rig: Rig
    door: UdpDoor
    port: int
    senders: list[Sender] = field(default_factory=list)

    async def sender(self) -> Sender:
        loop = asyncio.get_running_loop()
        _, sender = await loop.create_datagram_endpoint(
            Sender, remote_addr=("127.0.0.1", self.port)
        )
        self.senders.append(sender)
        return sender


@asynccontextmanager
async def street(
    database: Database,
    limits: UdpLimits | None = None,
    named: dict[str, str] | None = None,
    protocols: Sequence[TerminalProtocol] = (_Tiny(), NMEA),
    **given: Any,
) -> AsyncIterator[Street]:
    async with running_rig(database, **given) as rig:
        door = UdpDoor(rig.door.desk, protocols, limits, named)
        port = await door.start("127.0.0.1", 0)
        town = Street(rig, door, port)
        try:
            yield town
        finally:
            await door.stop()
            for sender in town.senders:
                sender.transport.close()
            await asyncio.sleep(0)


async def test_acknowledged_to_where_it_came_from_after_the_commit(
    plain_database: Database,
) -> None:
    async with street(plain_database) as town:
        rig = town.rig
        device = await rig.register("7")
        one, other = await town.sender(), await town.sender()
        one.say(f"$LOGIN 7 {rig.directory.code('tiny', '7')}\n".encode())
        await until(lambda: one.heard == [b"IN 7\n"])
        terminal = rig.online.of_device(device)
        assert terminal is not None
        assert terminal.link.peer == one.address
        rig.writer.gate.clear()
        now_us = rig.clock.now_us()
        one.say(f"{position('7', now_us, 1)}\n".encode())
        await until(lambda: rig.writer.tries > 0)
        await asyncio.sleep(0.1)
        assert one.heard == [b"IN 7\n"]
        rig.writer.gate.set()
        await until(lambda: one.heard[-1] == b"ACK 7 1 ok\n")
        terminal.link.send_command("7", 42, "text", {"text": "hello"})
        await until(lambda: one.heard[-1] == b"TEXT 7 42 hello\n")
        other.say(f"{position('7', now_us + 1, 2)}\n".encode())  # who has not logged in
        await until(lambda: rig.counters["unregistered"] == 1)
        assert other.heard == []
        assert len(await rig.positions()) == 1


async def test_nmea_is_stored_soon_after_the_last_datagram(plain_database: Database) -> None:
    async with street(plain_database) as town:
        device = await town.rig.register("BOAT-1", "nmea")
        now_us = town.rig.clock.now_us() // SECOND_US * SECOND_US
        boat = await town.sender()
        first = encode_fix(now_us - 2 * SECOND_US, 121.5, 31.2)
        second = encode_fix(now_us - SECOND_US, 121.5, 31.201)
        boat.say(login("BOAT-1") + first, *(line for line in second.split(b"\r\n") if line))
        await until(lambda: sum(len(batch) for _, batch, _ in town.rig.committed) == 2, 15)
        assert [row[0] for row in await town.rig.positions()] == [device, device]


async def test_a_named_source_needs_no_log_in(plain_database: Database) -> None:
    async with street(plain_database, named={"127.0.0.1": "BOAT-1"}) as town:
        device = await town.rig.register("BOAT-1", "nmea")
        boat = await town.sender()
        boat.say(encode_fix(town.rig.clock.now_us(), 121.5, 31.2))
        await until(lambda: sum(len(batch) for _, batch, _ in town.rig.committed) == 1, 15)
        assert [row[0] for row in await town.rig.positions()] == [device]


async def test_bad_datagrams_and_floods_are_counted(plain_database: Database) -> None:
    async with street(plain_database, UdpLimits(per_minute_address=4)) as town:
        sender = await town.sender()
        sender.say(b"\xff\xfe", b"$GPRMC,no,log,in*00\r\n", b"%", b"$rubbish", b"$more", b"$more")
        counters = town.rig.counters
        await until(lambda: counters["udp_datagrams"] == 6)
        assert counters["udp_dropped.rate"] == 2
        await town.rig.ingest.tick()
        reasons = {reason for reason, _, _ in await town.rig.refused()}
        assert "unrecognised" in reasons


async def test_the_silent_are_forgotten(plain_database: Database) -> None:
    async with street(plain_database, UdpLimits(idle_timeout_s=0.5)) as town:
        device = await town.rig.register("7")
        sender = await town.sender()
        sender.say(f"$LOGIN 7 {town.rig.directory.code('tiny', '7')}\n".encode())
        await until(lambda: town.rig.online.of_device(device) is not None)
        await until(lambda: town.rig.online.of_device(device) is None)
        assert town.rig.counters["udp_closed.idle"] == 1


def _told(datagram: bytes) -> tuple[int, dict[str, Any]]:
    """Message id and fields of one frame."""
    frame = unwrap(datagram[1:-1])
    header = parse_header(frame)
    body = frame[header.body_at : -1]
    return header.message_id, decode_body(header.message_id, body, header.version)


async def test_jt808_in_datagrams(plain_database: Database) -> None:
    """Log-in, a report acknowledged after the commit, one whose acknowledgement was lost and that
    comes again, two frames a datagram, and a frame that is cut: it ends with its datagram."""
    async with street(plain_database, protocols=(JT808, NMEA)) as town:
        rig = town.rig
        device = await rig.register(PHONE, "jt808")
        terminal, stranger = await town.sender(), await town.sender()
        now_us = rig.clock.now_us() // SECOND_US * SECOND_US
        terminal.say(location(now_us, 1))  # not logged in: nothing is stored of it
        code = rig.directory.of("jt808").issue_code(PHONE)
        terminal.say(encode_frames(0x0102, {"token": code}, PHONE, 2))
        await until(lambda: (0x8001, 2, 0) in _acks(terminal))
        rig.writer.gate.clear()
        terminal.say(location(now_us, 3))
        await until(lambda: rig.writer.tries > 0)
        await asyncio.sleep(0.1)
        assert (0x8001, 3, 0) not in _acks(terminal)
        rig.writer.gate.set()
        await until(lambda: (0x8001, 3, 0) in _acks(terminal))
        terminal.say(location(now_us, 3))
        await until(lambda: _acks(terminal).count((0x8001, 3, 0)) == 2)
        both = location(now_us - SECOND_US, 4) + location(now_us - 2 * SECOND_US, 5)
        terminal.say(location(now_us, 6)[:-5], both)
        await until(lambda: (0x8001, 5, 0) in _acks(terminal))
        stranger.say(location(now_us - 3 * SECOND_US, 7))
        await asyncio.sleep(0.2)
        assert stranger.heard == []
        times = [row[1] for row in await rig.positions() if row[0] == device]
        assert times == [now_us - n * SECOND_US for n in (2, 1, 0)]
        held = rig.online.of_device(device)
        assert held is not None
        held.link.send_command(PHONE, 9, "text", {"text": "hello", "flags": []})
        await until(lambda: _told(terminal.heard[-1])[0] == 0x8300)


def _acks(sender: Sender) -> list[tuple[int, int, int]]:
    """(0x8001, serial, result) of what was heard."""
    told = [_told(datagram) for datagram in sender.heard]
    return [(id_, f["ack_serial"], f["result"]) for id_, f in told if id_ == 0x8001]
