"""What the server and the process that judges say to each other: messages over a socket pair.

Each is MessagePack behind its length. The rows of a batch travel as the bytes of its columns.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import numpy as np

from model.position import POSITION_DTYPE
from pipeline.committed import Committed
from pipeline.evaluate import Pace

_LENGTH_BYTES = 4
MAX_MESSAGE_BYTES = 1 << 30  # a batch of MAX_WAITING_ROWS is a tenth of it


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is given. `told_time`: the clock is simulated, its time comes with the
    messages. `run_after`: as of Evaluator. `url` may hold a password and so is no argument."""

    url: str
    pace: Pace
    run_after: int
    told_time: bool
    log_level: str


class Batch(msgspec.Struct, frozen=True, tag=True):
    """A committed batch; `rows` None: read the touched devices from the database."""

    journal_id: int
    tick_us: int
    rows: bytes | None
    touched: dict[int, int]
    now_us: int

    @staticmethod
    def of(entry: Committed, now_us: int) -> Batch:
        """For the wire."""
        rows = None if entry.rows is None else entry.rows.tobytes()
        return Batch(entry.journal_id, entry.tick_us, rows, entry.touched, now_us)

    def entry(self) -> Committed:
        """As the evaluate stage takes it."""
        rows = None if self.rows is None else np.frombuffer(self.rows, POSITION_DTYPE)
        return Committed(self.journal_id, self.tick_us, rows, self.touched)


class LookAgain(msgspec.Struct, frozen=True, tag=True):
    """`Evaluator.look_again`."""

    now_us: int


class Settle(msgspec.Struct, frozen=True, tag=True):
    """Answer with the same number when all that was sent before it is judged."""

    number: int
    now_us: int


class Stop(msgspec.Struct, frozen=True, tag=True):
    """Judge what waits and end."""


class Judged(msgspec.Struct, frozen=True, tag=True):
    """All journal rows up to this one are."""

    journal_id: int


class Settled(msgspec.Struct, frozen=True, tag=True):
    """The answer to `Settle`."""

    number: int


class Changed(msgspec.Struct, frozen=True, tag=True):
    """A message for the live hub."""

    organisation_id: int
    kind: str
    payload: dict[str, int]


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The process ends and must not be started again; why."""

    error: str


Down = Batch | LookAgain | Settle | Stop
Up = Judged | Settled | Changed | Failed
down_decoder = msgspec.msgpack.Decoder(Down)
up_decoder = msgspec.msgpack.Decoder(Up)
_encode = msgspec.msgpack.encode


def send(writer: asyncio.StreamWriter, message: Order | Down | Up) -> None:
    """Queue a message; never blocks."""
    data = _encode(message)
    writer.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)


async def messages(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Until the other side is gone."""
    while True:
        try:
            length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
            if length > MAX_MESSAGE_BYTES:
                return
            yield await reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
