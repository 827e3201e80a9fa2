"""The load tool on one core, against a sender that does nothing but write and read sockets.

Both send the same frames, one a packet, to the same bare sink, which acknowledges each; the tool
also makes every frame, tells every answer's terminal and latency. CPU time of the sender counts,
so the sink, in a process of its own, does not.
"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import numpy as np

from simulators.load.frames import compose, phones_of
from simulators.load.order import LoadOrder
from simulators.load.parent import run_load, running_sink

CONNECTIONS = 200
_READ_BYTES = 65_536


def run(quick: bool) -> list[dict[str, Any]]:
    """Frames a second of CPU, the tool and the bare sender, 1 and 20 frames a packet."""
    return asyncio.run(_measure(1.0 if quick else 5.0))


async def _measure(seconds: float) -> list[dict[str, Any]]:
    async with running_sink() as port:
        bare = await asyncio.to_thread(_bare_sender, port, seconds)
        ones = await _tool(port, seconds, 1)
        twenties = await _tool(port, seconds, 20)
    return [
        {
            "name": "load_tool_against_bare_sender",
            "value": ones / bare,
            "unit": "x",
            "target": "",
            "baseline": f"bare sockets: {bare:,.0f} frames/s of CPU, the tool {ones:,.0f}",
        },
        {
            "name": "load_tool_20_frames_a_packet",
            "value": twenties,
            "unit": "frames/s",
            "target": "",
            "baseline": "one core, composed, sent, every answer told",
        },
    ]


async def _tool(port: int, seconds: float, frames: int) -> float:
    order = LoadOrder(
        host="127.0.0.1",
        port=port,
        connections=CONNECTIONS,
        seconds=seconds,
        frames_per_packet=frames,
    )
    tally = await run_load(order, 1, asyncio.Event())
    assert tally.passed, tally.faults or tally.error
    return tally.frames / tally.cpu_s


def _bare_sender(port: int, seconds: float) -> float:
    """One frame to each socket, then one read of each: frames a second of CPU."""
    none = np.zeros(CONNECTIONS, np.int64)
    frames = compose(phones_of(0, CONNECTIONS), none, none + int(time.time()), none)
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in frames]
    pairs = list(zip(sockets, frames, strict=True))
    began_s, cpu_s, sent = time.monotonic(), time.thread_time(), 0
    while time.monotonic() - began_s < seconds:
        for one, frame in pairs:
            one.sendall(frame)
        for one, _ in pairs:
            one.recv(_READ_BYTES)
        sent += len(pairs)
    spent_s = time.thread_time() - cpu_s
    for one in sockets:
        one.close()
    return sent / spent_s
