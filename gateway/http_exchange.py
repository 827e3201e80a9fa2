"""One request on its way to the commit and back: the answer leaves when all of it is settled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import structlog

from gateway.desk import Desk
from pipeline.contract import Pending
from protocols.contract import (
    Answered,
    Bad,
    Event,
    ProtocolError,
    Report,
    Send,
    Session,
    TerminalProtocol,
    Unregistered,
    Upload,
)
from protocols.transports import Addressed, OverHttp

_log = structlog.get_logger(__name__)
AWAY = "away"  # of an upload that could not be taken now
RETRY_AWAY_S = 10
TOO_FAST = 429


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that stores nothing; `retry_s`: when to come again."""

    status: int
    reason: str
    retry_s: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told."""

    status: int
    content_type: str
    body: bytes
    retry_s: int | None = None


class Exchange:
    """`done` is called once with the answer, unless the commit never comes."""

    def __init__(self, desk: Desk, peer: str, done: Callable[[Answer], None]) -> None:
        self.peer = peer
        self._desk = desk
        self._done = done
        self._open = 1  # the handling itself
        self._refused: Refusal | None = None
        self._replies: list[bytes] = []
        self._protocol: OverHttp | None = None
        self._session: Session | None = None
        self._identity = ""
        self._collecting: asyncio.Task[None] | None = None

    def begin(self, protocol: OverHttp, session: Session, who: Addressed, now_us: int) -> None:
        """Hand the payload's events on."""
        self._protocol, self._session, self._identity = protocol, session, who.identity
        payload = who.payload
        name = cast(TerminalProtocol, protocol).name
        try:
            events = session.receive_data(payload, now_us)
        except Exception as error:  # a decoder's own fault must not take the server with it
            _log.exception("session_failed", peer=self.peer, payload=payload[:255].hex())
            events = [Bad(payload, "session_failed", repr(error)[:500])]
        for event in events:
            self._take(event, name, now_us)
        self._settle()

    def _take(self, event: Event, name: str, now_us: int) -> None:
        match event:
            case Send(data=data):
                self._replies.append(data)
            case Report():
                self._report(event, now_us)
            case Upload():
                self._open += 1
                self._desk.keep(event, now_us, self._settled)
            case Bad():
                self._open += 1
                self._refused = Refusal(self._of_protocol().refused_status, event.reason)
                self._desk.refuse(event, name, self.peer, now_us, self._settle)
            case Unregistered():
                self._refused = Refusal(403, "unregistered")
                self._desk.stranger(event, name, self.peer, now_us)
            case Answered():
                self._desk.answer(event, name, now_us)
            case _:
                pass  # who is online is told by fixes: a request is no connection of a terminal

    def _report(self, event: Report, now_us: int) -> None:
        now_s = asyncio.get_running_loop().time()
        early_s = self._desk.rate.refuse(event.device.device_id, now_s)
        if early_s:
            self._desk.counters.add("too_fast.http_refused")
            self._refused = Refusal(TOO_FAST, "too_many_reports", int(early_s) + 1)
            return
        self._open += 1
        protocol = cast(TerminalProtocol, self._protocol)
        self._desk.ingest.submit(Pending(protocol, event, now_us, self.peer, self._settled))

    def _of_protocol(self) -> OverHttp:
        assert self._protocol is not None
        return self._protocol

    def _settled(self, report: Report | Upload, error: ProtocolError | None) -> None:
        if error is not None and error.reason == AWAY:
            self._refused = Refusal(503, AWAY, RETRY_AWAY_S)
        elif self._session is not None:
            self._replies.append(self._session.acknowledge(report, error))
        self._settle()

    def _settle(self, *_: Any) -> None:
        self._open -= 1
        if self._open:
            return
        refused = self._refused
        # A session that answers for itself has said more than a status can; who was too fast
        # comes again with all of it.
        last_word = refused is not None and (refused.status == TOO_FAST or not self._replies)
        if refused is not None and refused.status != 200 and last_word:
            self._done(refusal_answer(refused))
            return
        device_id = self._awaited()
        if device_id is None:
            self._answer(())
        else:
            self._collecting = asyncio.create_task(self._answer_with_commands(device_id))

    def _awaited(self) -> int | None:
        """The terminal, if commands wait for it that the answer can carry."""
        letters, protocol = self._desk.letters, self._of_protocol()
        if letters is None or not protocol.carries_commands or not self._replies:
            return None
        name = cast(TerminalProtocol, protocol).name
        device = self._desk.directory.known(name, self._identity)
        waits = device is not None and letters.waits(device.device_id)
        return device.device_id if device is not None and waits else None

    async def _answer_with_commands(self, device_id: int) -> None:
        session, letters = self._session, self._desk.letters
        assert session is not None
        assert letters is not None
        self._answer(await letters.collect(device_id, partial(session.command, self._identity)))

    def _answer(self, commands: Sequence[bytes]) -> None:
        self._done(Answer(200, *self._of_protocol().answer(self._replies, commands)))


def refusal_answer(refusal: Refusal) -> Answer:
    """A refusal as JSON."""
    body = b'{"error":"%s"}' % refusal.reason.encode()
    return Answer(refusal.status, "application/json", body, refusal.retry_s)
