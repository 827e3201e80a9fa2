"""A terminal without a socket against our own session, in simulated seconds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise

import pytest

from protocols.contract import Answered, Bad, Event, Report, Send, Upload
from protocols.jt808 import Fix, Jt808Session, decode_body, encode_fix, unwrap
from protocols.jt808.columns import decode_reports
from protocols.jt808.framing import Framer
from protocols.jt808.header import Header, parse_header
from simulators.terminal.camera import BLOCKS, photo
from simulators.terminal.logic import TerminalLogic
from tests.protocols.directory import Register

PHONE = "13800138000"
START_S = 1_700_000_000.0


def measure(now_s: float) -> bytes:
    return encode_fix(Fix(int(now_s) * 1_000_000, 121_000_000, 31_000_000))


def messages(data: bytes) -> Iterator[tuple[Header, bytes]]:
    for piece, _ in Framer().feed(data):
        frame = unwrap(piece)
        header = parse_header(frame)
        yield header, frame[header.body_at : -1]


class Line:
    """A terminal and our session, joined without a socket; `deaf`: reports get no answer."""

    def __init__(self, version: int = 2013) -> None:
        self.terminal = TerminalLogic(
            PHONE, version=version, plate="苏A12345", measure=measure, answer_delay_s=(1, 2)
        )
        self.now_s = START_S
        self.up = True
        self.deaf = False
        self.events: list[Event] = []
        self.sent: list[bytes] = []
        self.session = Jt808Session(Register(PHONE))
        self._to_server(self.terminal.connected(self.now_s))

    def _to_server(self, pieces: list[bytes]) -> None:
        self.sent += pieces
        while pieces and self.up:
            events = self.session.receive_data(b"".join(pieces), int(self.now_s * 1e6))
            self.events += events
            replies = [self._reply(event) for event in events]
            pieces = self.terminal.receive(b"".join(replies), self.now_s)
            self.sent += pieces

    def _reply(self, event: Event) -> bytes:
        if isinstance(event, Send):
            return event.data
        if isinstance(event, Upload) or (isinstance(event, Report) and not self.deaf):
            return self.session.acknowledge(event, None)
        return b""

    def run(self, seconds: float) -> None:
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += 0.5
            pieces = self.terminal.tick(self.now_s)
            if self.up:
                self._to_server(pieces)

    def cut(self) -> None:
        self.up = False
        self.terminal.disconnected()

    def mend(self) -> None:
        self.up, self.session = True, Jt808Session(Register(PHONE))
        self._to_server(self.terminal.connected(self.now_s))

    def tell(self, kind: str, body: dict[str, object]) -> None:
        data = self.session.command(PHONE, 5, kind, body)
        self._to_server(self.terminal.receive(data, self.now_s))

    def send(self, message_id: int, values: dict[str, object]) -> None:
        terminal = self.session.with_identity(PHONE)
        assert terminal is not None
        self._to_server(self.terminal.receive(terminal.send(message_id, values), self.now_s))

    def times(self) -> list[int]:
        reports = [event.frame for event in self.events if isinstance(event, Report)]
        return [int(t) // 1_000_000 for t in decode_reports(reports).batch.rows["time_us"]]

    def heard(self, message_id: int) -> list[dict[str, object]]:
        return [
            decode_body(message_id, body, header.version)
            for header, body in messages(b"".join(self.sent))
            if header.message_id == message_id
        ]


every = pytest.mark.parametrize("version", [2011, 2013, 2019])


@every
def test_it_registers_logs_in_reports_and_beats(version: int) -> None:
    line = Line(version)
    line.run(200)
    assert not [event for event in line.events if isinstance(event, Bad)]
    assert line.terminal.acknowledged == line.terminal.sent == len(line.times()) == 7
    assert not line.heard(0x0002)
    line.send(0x8103, {"params": {"0x0029": 600, "0x0001": 10}})
    line.run(100)
    assert len(line.heard(0x0002)) >= 8


@every
def test_what_is_measured_without_a_connection_is_uploaded_in_order(version: int) -> None:
    line = Line(version)
    line.run(65)
    line.cut()
    line.run(600)
    line.mend()
    line.run(65)
    times = line.times()
    assert len(times) >= 24
    assert {after - before for before, after in pairwise(times)} == {30}
    assert line.terminal.drained
    blind = line.heard(0x0704)
    assert [batch["type"] for batch in blind] == ([] if version == 2011 else [1, 1])


def test_an_unanswered_report_is_sent_again_byte_for_byte_and_at_last_given_up() -> None:
    line = Line()
    line.run(1)
    line.send(0x8103, {"params": {"0x0029": 10_000, "0x0002": 4, "0x0003": 2}})
    line.deaf = True
    before = len(line.sent)
    line.terminal.parameters[0x0001] = 10_000
    line._to_server(line.terminal.report([measure(line.now_s)]))
    line.run(11)
    assert not line.terminal.lost
    line.run(26)
    frames = line.sent[before:]
    assert len(frames) == 3
    assert len(set(frames)) == 1
    assert line.terminal.lost


def test_it_answers_what_it_is_asked() -> None:
    line = Line(2019)
    line.run(35)
    line.send(0x8104, {})
    line.send(0x8106, {"ids": [0x0029, 0x7777]})
    line.send(0x8201, {})
    line.send(0x8107, {})
    line.send(0x8204, {})
    line.send(0x8400, {"flag": 0, "number": "1"})
    line.send(0x9003, {})
    everything, some = line.heard(0x0104)
    assert everything["count"] == len(line.terminal.parameters)
    assert some["params"] == {"0x0029": 30}
    [where] = line.heard(0x0201)
    assert where["location"]["lon"] == 121.0  # type: ignore[index]
    assert line.heard(0x0107)
    results = {answer["ack_id"]: answer["result"] for answer in line.heard(0x0001)}
    assert (results["0x8204"], results["0x8400"], results["0x9003"]) == (0, 0, 3)
    line.tell("text", {"text": "请减速啊" * 128})
    line.run(3)
    [answered] = [event for event in line.events if isinstance(event, Answered)]
    assert answered.result == "done"
    assert line.terminal.texts == ["请减速啊" * 128]


@every
def test_it_takes_a_photo_when_told_and_sends_lost_packages_again(version: int) -> None:
    line = Line(version)
    line.run(35)
    line.tell("photo", {"channel": 2, "resolution": 2})
    [upload] = [event for event in line.events if isinstance(event, Upload)]
    assert (upload.kind, upload.format, upload.channel) == ("image", "jpeg", 2)
    assert upload.data.startswith(b"\xff\xd8\xff")
    assert upload.data.endswith(b"\xff\xd9")
    assert len(upload.data) > 4_000
    assert not line.terminal.albums
    line.up = False
    line.terminal.receive(line.session.command(PHONE, 6, "photo", {}), line.now_s)
    [(number, album)] = line.terminal.albums.items()
    server = line.session.with_identity(PHONE)
    assert server is not None
    [again] = line.terminal.receive(
        server.send(0x8800, {"media_id": number, "retransmit": [2]}), line.now_s
    )
    assert again == album.frames[1]


@pytest.mark.parametrize("resolution", sorted(BLOCKS))
def test_a_photo_has_its_size_in_its_head(resolution: int) -> None:
    picture = photo(resolution, random.Random(1))
    at = picture.index(b"\xff\xc0") + 5
    height, width = (int.from_bytes(picture[at + n : at + n + 2], "big") for n in (0, 2))
    assert (width, height) == tuple(8 * blocks for blocks in BLOCKS[resolution])
    assert picture != photo(resolution, random.Random(2))
