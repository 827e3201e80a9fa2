"""The HTTP door: 200 only after the commit, tokens, caps, floods; by a client that is not ours."""

from __future__ import annotations

import asyncio
import json

import pytest

from gateway.http import HttpLimits
from gateway.http_connection import speaks_http
from gateway.rate_limit import MAX_NAMES, RateLimit
from model.tokens import encryption_key
from protocols.contract import ProtocolError
from protocols.handset import Fix, Hello, Photo, encode, encode_fixes, encode_track
from protocols.owntracks import seal
from storage.database import Database
from tests.gateway.rig import until
from tests.gateway.street import fix, street

ZHANG = "zhang/phone"


async def test_200_leaves_after_the_commit(plain_database: Database) -> None:
    async with street(plain_database) as town:
        token = await town.enrol("H1", "handset")
        town.rig.writer.gate.clear()
        posted = asyncio.create_task(town.handset(fix(town.rig, 7), token))
        await until(lambda: town.rig.writer.tries > 0)
        await asyncio.sleep(0.2)
        assert not posted.done()
        town.rig.writer.gate.set()
        answer = await posted
        assert (answer.status_code, answer.json()) == (200, {"seq": 7, "ok": True})
        assert len(await town.rig.positions()) == 1
        again = await town.handset(fix(town.rig, 8, seconds_ago=5), token)
        assert again.json() == {"seq": 8, "ok": True}
        assert town.rig.counters["http_connections"] == 1  # kept alive


async def test_five_thousand_fixes_newest_first_and_twice(plain_database: Database) -> None:
    async with street(plain_database) as town:
        token = await town.enrol("H1", "handset")
        now_s = town.rig.clock.now_us() // 1_000_000
        fixes = [
            Fix(t=(now_s - n * 10) * 1_000, lon=121.4 + n / 1e5, lat=31.2) for n in range(5_000)
        ]
        for payload in (encode_track(1, fixes), encode_fixes(2, fixes)):
            answer = await town.handset(payload, token)
            assert answer.json()["ok"]
        assert len(await town.rig.positions()) == 5_000


async def test_messages_that_store_nothing_are_answered(plain_database: Database) -> None:
    async with street(plain_database) as town:
        token = await town.enrol("H1", "handset")
        hello = await town.handset(encode(Hello(v=1, seq=3)), token)
        assert hello.json() == {"seq": 3, "ok": True}
        refused = await town.handset(b'{"v":1,"seq":4,"type":"party"}', token)
        assert refused.json() == {"seq": 4, "ok": False, "error": "invalid_message"}
        broken = await town.handset(b"{", token)
        assert (broken.status_code, broken.json()) == (400, {"error": "invalid_json"})
        old = await town.handset(encode_fixes(5, [Fix(t=1_000)]), token)
        assert old.json()["ok"] is False
        reasons = [reason for reason, _, _ in await town.rig.refused()]
        assert reasons[:2] == ["invalid_message", "invalid_json"]
        assert len(reasons) == 3


async def test_photos(plain_database: Database) -> None:
    async with street(plain_database) as town:
        token = await town.enrol("H1", "handset")
        photo = encode(Photo(v=1, seq=9, photo_id=1, data=b"\xff\xd8\xff" * 500_000, text="x"))
        assert (await town.handset(photo, token)).json() == {"seq": 9, "ok": True}
        assert len(town.shelf.kept[0].data) == 1_500_000
        town.shelf.answer = ProtocolError("away")
        answer = await town.handset(photo, token)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0


async def test_who_is_not_known_is_told_so(plain_database: Database) -> None:
    async with street(plain_database) as town:
        token = await town.enrol("H1", "handset")
        await town.rig.register("H2", "handset")
        payload = fix(town.rig, 1)
        answers = {
            "stranger": await town.handset(payload, token, "H9"),
            "wrong": await town.handset(payload, "guess"),
            "none": await town.client.post("/handset/H1", content=payload),
            "another's": await town.handset(payload, token, "H2"),
            "nobody": await town.client.post("/handset/", content=payload),
            "no path": await town.client.get("/favicon.ico"),
        }
        assert {name: answer.status_code for name, answer in answers.items()} == {
            "stranger": 403,
            "wrong": 401,
            "none": 401,
            "another's": 401,
            "nobody": 400,
            "no path": 404,
        }
        assert answers["another's"].json() == {"error": "no_token_issued"}
        assert town.rig.counters["unregistered"] == 1
        assert await town.rig.positions() == []
        basic = await town.client.post("/handset/H1", content=payload, auth=("H1", token))
        assert basic.status_code == 200


async def test_without_required_tokens_only_holders_must_show_theirs(
    plain_database: Database,
) -> None:
    async with street(plain_database, HttpLimits(require_tokens=False)) as town:
        await town.enrol("H1", "handset")
        await town.rig.register("H2", "handset")
        assert (await town.handset(fix(town.rig, 1), "any", "H2")).status_code == 200
        assert (await town.handset(fix(town.rig, 1), "any", "H1")).status_code == 401


async def test_osmand_in_its_forms(plain_database: Database) -> None:
    async with street(plain_database) as town:
        token = await town.enrol("860001", "osmand")
        now_s = town.rig.clock.now_us() // 1_000_000
        place = {"id": "860001", "token": token, "lat": "31.2", "lon": "121.4"}
        body = {
            "location": {"timestamp": now_s - 3, "coords": {"latitude": 31.2, "longitude": 121.5}},
            "device_id": "860001",
        }
        stamped = {**place, "timestamp": str(now_s - 1)}
        answers = [
            await town.client.get("/", params=stamped),
            await town.client.post("/osmand", data={**place, "timestamp": str(now_s - 2)}),
            await town.client.post("/osmand", params={"token": token}, json=body),
            await town.client.get("/osmand", params=place),
            await town.client.get("/osmand", params=stamped),
            await town.client.get("/osmand", params={**place, "lat": "north"}),
        ]
        assert [answer.status_code for answer in answers] == [200] * 6
        assert len(await town.rig.positions()) == 4
        frames = await town.rig.rows("SELECT frame FROM raw_frames")
        assert frames
        assert not any(token.encode() in frame for (frame,) in frames)
        refused = await town.rig.refused()
        assert [reason for reason, _, _ in refused] == ["invalid_message"]
        assert token.encode() not in refused[0][1]
        assert (await town.client.get("/osmand", params={"lat": "1"})).status_code == 400


async def test_owntracks_plain_and_encrypted(plain_database: Database) -> None:
    async with street(plain_database) as town:
        token = await town.enrol(ZHANG, "owntracks")
        now_s = town.rig.clock.now_us() // 1_000_000
        key = encryption_key(b"a secret of the tests", "owntracks", ZHANG)
        place = {"_type": "location", "tst": now_s, "lat": 31.2, "lon": 121.4}
        sealed = seal(json.dumps({**place, "tst": now_s - 1}).encode(), key)
        card = b'{"_type":"card","name":"Zhang"}'
        for payload in (json.dumps(place).encode(), sealed, card, b"", b"{"):
            answer = await town.client.post(
                "/pub", params={"u": "zhang", "d": "phone"}, content=payload, auth=("zhang", token)
            )
            assert (answer.status_code, answer.json()) == (200, [])
        assert len(await town.rig.positions()) == 2
        wrong = await town.client.post(
            "/owntracks", content=sealed, auth=("zhang", token), headers={"X-Limit-D": "other"}
        )
        assert wrong.status_code == 403


async def test_floods_and_caps(plain_database: Database) -> None:
    limits = HttpLimits(per_minute_terminal=5, max_body_bytes=10_000)
    async with street(plain_database, limits) as town:
        token = await town.enrol("H1", "handset")
        statuses = [(await town.handset(fix(town.rig, n, n), token)).status_code for n in range(8)]
        assert statuses == [200] * 5 + [429] * 3
        large = await town.handset(b"x" * 10_001, token)
        assert large.status_code == 413
        assert large.headers["connection"] == "close"
        assert len(await town.rig.positions()) == 5


async def test_an_address_that_floods_is_turned_away(plain_database: Database) -> None:
    async with street(plain_database, HttpLimits(per_minute_address=3)) as town:
        answers = [await town.client.get("/nothing") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
        assert int(answers[3].headers["retry-after"]) >= 1


async def test_a_slow_request_and_a_slow_commit_end(plain_database: Database) -> None:
    limits = HttpLimits(request_timeout_s=0.5, answer_timeout_s=0.5, idle_timeout_s=0.5)
    async with street(plain_database, limits) as town:
        token = await town.enrol("H1", "handset")
        slow = await town.rig.connect()
        slow.send(b"POST /handset/H1 HTTP/1.1\r\nHost: x\r\n")
        assert (await slow.line()).startswith("HTTP/1.1 408")
        assert await slow.closed()
        idle = await town.rig.connect()
        idle.send(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await idle.line()).startswith("HTTP/1.1 404")
        assert await idle.closed()
        town.rig.writer.gate.clear()
        answer = await town.handset(fix(town.rig, 1), token)
        assert (answer.status_code, answer.json()) == (503, {"error": "not_stored_in_time"})
        town.rig.writer.gate.set()
        await until(lambda: town.rig.counters["acknowledgements_undeliverable"] == 1)


async def test_pieces_and_pipelines(plain_database: Database) -> None:
    async with street(plain_database) as town:
        token = await town.enrol("H1", "handset")

        def request(seq: int) -> bytes:
            body = fix(town.rig, seq, seq)
            head = f"POST /handset/H1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

        client = await town.rig.connect()
        for byte in request(1):
            client.send(bytes([byte]))
            await asyncio.sleep(0)
        client.send(request(2) + request(3))
        said = b""
        while said.count(b'"ok":true') < 3:
            said += await asyncio.wait_for(client.reader.read(4_096), 10)
        assert [said.index(b'"seq":%d' % n) for n in (1, 2, 3)] == sorted(
            said.index(b'"seq":%d' % n) for n in (1, 2, 3)
        )
        client.send(
            b"GET /nothing HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\nrubbish\r\n\r\n"
        )
        assert b"404" in await client.reader.read(4_096)
        assert await client.closed()


@pytest.mark.parametrize(
    ("head", "expected"),
    [(b"GET / HTTP", True), (b"POST /", True), (b"G", None), (b"PU", None), (b"", None),
     (b"$GPRMC", False), (b"~\x02", False), (b"get /", False), (b"GETTER", False)],
)  # fmt: skip
def test_http_is_known_by_its_first_bytes(head: bytes, expected: bool | None) -> None:
    assert speaks_http(head) is expected


def test_a_bucket_fills_again() -> None:
    limit = RateLimit(2)
    assert [limit.take("a", 0), limit.take("a", 0)] == [0, 0]
    assert limit.take("a", 0) == 30
    assert limit.take("b", 0) == 0
    assert limit.take("a", 31) == 0
    for n in range(MAX_NAMES):
        limit.take(str(n), 32)
    assert len(limit._buckets) == MAX_NAMES
