"""Commands on their way to terminals: delivered once, to whoever is connected, answers noted.

A terminal that is away gets its commands within a poll of its next log-in, unless they expired; one
that comes by HTTP, with the answer to its next request (`collect`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any
from typing import Protocol as Interface

import structlog

from gateway.counters import Counters
from gateway.desk import Answer
from gateway.online import OnlineTable
from pipeline.contract import Clock, LiveHub
from protocols.contract import ProtocolError

_log = structlog.get_logger(__name__)

MAX_ANSWERS = 10_000  # waiting for the database; above it the oldest is dropped and counted
NOT_NOW = ("offline", "not_connected")  # the command waits for the next log-in
POLL_S = 0.5
EXPIRE_EVERY_POLLS = 10
AWAY_PAUSE_S = 2.0


FileOf = Callable[[str], bytes]  # raises FileNotFoundError


def _no_file(sha256: str) -> bytes:
    """Of a gateway that keeps no files."""
    raise FileNotFoundError(sha256)


class Queued(Interface):
    """A command as the queue hands it out (`storage.command_queue.QueuedCommand`)."""

    @property
    def id(self) -> int: ...
    @property
    def device_id(self) -> int: ...
    @property
    def organisation_id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def body(self) -> dict[str, Any]: ...


class Changed(Interface):
    """A command whose state has changed."""

    @property
    def id(self) -> int: ...
    @property
    def organisation_id(self) -> int: ...


class CommandSource(Interface):
    """What delivery needs of `storage.command_queue.CommandQueue`."""

    async def waiting(self, now_us: int) -> set[int]: ...
    async def take(self, device_ids: Sequence[int], now_us: int) -> Sequence[Queued]: ...
    async def give_back(self, command_id: int) -> Sequence[Changed]: ...
    async def answer(
        self,
        command_id: int,
        device_id: int,
        result: str,
        now_us: int,
        details: dict[str, Any] | None = None,
        *,
        kind: str = "",
    ) -> Sequence[Changed]: ...
    async def expire(self, now_us: int) -> Sequence[Changed]: ...


class CommandDelivery:
    """Run `run()` as a task. `wake()`: a command was queued just now, do not wait for the poll.

    Every change of state is published to the live hub as kind "command" with {"id": command id}.
    `file_of`: the bytes of the file that a command names by its `sha256`.
    """

    def __init__(
        self,
        source: CommandSource,
        online: OnlineTable,
        clock: Clock,
        counters: Counters,
        live: LiveHub | None = None,
        *,
        file_of: FileOf | None = None,
    ) -> None:
        self._file_of = file_of or _no_file
        self._source = source
        self._online = online
        self._clock = clock
        self._counters = counters
        self._live = live
        self._answers: deque[Answer] = deque()
        self._waiting: set[int] = set()
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """Look at the queue now."""
        self._awake.set()

    def answered(self, answer: Answer) -> None:
        """A terminal has answered; written with the next turn of the loop."""
        self._answers.append(answer)
        if len(self._answers) > MAX_ANSWERS:
            self._answers.popleft()
            self._counters.add("answers_dropped")
        self.wake()

    def waits(self, device_id: int) -> bool:
        """Whether the device has queued commands, by the last look."""
        return device_id in self._waiting

    async def collect(
        self, device_id: int, encode: Callable[[int, str, dict[str, Any]], bytes]
    ) -> list[bytes]:
        """As `gateway.desk.Letters`."""
        self._waiting.discard(device_id)
        made: list[bytes] = []
        try:
            for command in await self._source.take([device_id], self._clock.now_us()):
                try:
                    made.append(encode(command.id, command.kind, command.body))
                except ProtocolError as error:
                    await self._impossible(command, error)
                    continue
                self._counters.add("commands_sent")
                self._publish((command,))
        except Exception as error:  # the database is away; commands wait
            self._counters.add("command_turns_failed")
            _log.warning("commands_wait", error=repr(error))
        return made

    async def run(self) -> None:
        """Deliver until cancelled."""
        turn = 0
        while True:
            try:
                await self.write_answers()
                await self._deliver()
                if turn % EXPIRE_EVERY_POLLS == 0:
                    self._publish(await self._source.expire(self._clock.now_us()))
                turn += 1
            except Exception as error:  # the database is away; commands and answers wait
                self._counters.add("command_turns_failed")
                _log.warning("commands_wait", error=repr(error))
                await asyncio.sleep(AWAY_PAUSE_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._awake.wait()
            self._awake.clear()

    async def write_answers(self) -> None:
        """Note the answers received so far."""
        while self._answers:
            answer = self._answers[0]
            self._publish(
                await self._source.answer(
                    answer.command_id,
                    answer.device_id,
                    answer.result,
                    answer.at_us,
                    answer.details,
                    kind=answer.kind,
                )
            )
            self._counters.add("commands_answered")
            if self._answers and self._answers[0] is answer:
                self._answers.popleft()

    async def _deliver(self) -> None:
        now_us = self._clock.now_us()
        self._waiting = await self._source.waiting(now_us)
        reachable = [id_ for id_ in self._waiting if self._online.of_device(id_) is not None]
        if not reachable:
            return
        for command in await self._source.take(reachable, now_us):
            await self._send(command)

    async def _send(self, command: Queued) -> None:
        terminal = self._online.of_device(command.device_id)
        try:
            if terminal is None:
                raise ProtocolError("offline")
            body = await self._with_file(command.body)
            terminal.link.send_command(terminal.identity, command.id, command.kind, body)
        except ProtocolError as error:
            if error.reason in NOT_NOW:
                await self._source.give_back(command.id)
                return
            await self._impossible(command, error)
            return
        self._counters.add("commands_sent")
        self._publish((command,))

    async def _impossible(self, command: Queued, error: ProtocolError) -> None:
        """The terminal cannot take it: that is its answer."""
        self._counters.add("commands_impossible")
        now_us, why = self._clock.now_us(), {"detail": error.detail}
        self._publish(
            await self._source.answer(command.id, command.device_id, error.reason, now_us, why)
        )

    async def _with_file(self, body: dict[str, Any]) -> dict[str, Any]:
        if "sha256" not in body:
            return body
        try:
            return {**body, "file": await asyncio.to_thread(self._file_of, body["sha256"])}
        except FileNotFoundError as error:
            why = "the file is no longer kept: give the command again"
            raise ProtocolError("file_gone", why) from error

    def _publish(self, changes: Iterable[Changed]) -> None:
        if self._live is not None:
            for change in changes:
                self._live.publish(change.organisation_id, "command", {"id": change.id})
