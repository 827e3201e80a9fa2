"""A load run over several processes: orders out, tallies in, one report."""

from __future__ import annotations

import asyncio
import ipaddress
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise

import msgspec

from simulators.api_client import ApiClient
from simulators.load.limits import listeners_for, processes_for, raise_limit
from simulators.load.order import LoadOrder, identity
from simulators.load.tally import Tally

STOP_S = 15.0
REGISTER_AT_ONCE = 8
LINE_BYTES = 1 << 20


class LoadProblem(Exception):
    """A load run that could not be begun, in words."""


def shares(order: LoadOrder, processes: int) -> list[LoadOrder]:
    """The order cut into one for each process."""
    many = max(1, min(processes, order.connections))
    cuts = [order.connections * n // many for n in range(many + 1)]
    return [
        msgspec.structs.replace(
            order,
            first=order.first + begin,
            connections=end - begin,
            rate=None if order.rate is None else order.rate * (end - begin) / order.connections,
        )
        for begin, end in pairwise(cuts)
    ]


def is_loopback(host: str) -> bool:
    """Whether source addresses may be spread over 127.0.0.0/8."""
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network("127.0.0.0/8")
    except ValueError:
        return host == "localhost"


async def register(api: ApiClient, order: LoadOrder) -> int:
    """Enter the run's terminals into the server's register; how many were new."""
    known = set((await api.identities()).values())
    wanted = [identity(order.protocol, order.first + n) for n in range(order.connections)]
    fresh = [name for name in wanted if name not in known]
    gate = asyncio.Semaphore(REGISTER_AT_ONCE)

    kind = "inspector" if order.protocol == "handset" else "muck_truck"

    async def enter(name: str) -> None:
        body = {"identity": name, "protocol": order.protocol, "kind": kind, "name": f"load {name}"}
        async with gate:
            await api.request("POST", "/devices", json=body)

    await asyncio.gather(*(enter(name) for name in fresh))
    return len(fresh)


async def run_load(order: LoadOrder, processes: int, stop: asyncio.Event) -> Tally:
    """Run all shares beside each other; `stop` ends them with what was seen.

    There are more processes than wanted where their connections would not fit into fewer. Raises
    LoadProblem, LimitProblem.
    """
    sockets = order.connections if order.protocol == "jt808" else 0
    many = processes_for(sockets, processes, raise_limit())
    tallies = await asyncio.gather(*(_child(share, stop) for share in shares(order, many)))
    total = tallies[0]
    for other in tallies[1:]:
        total.add(other)
    return total


async def _child(order: LoadOrder, stop: asyncio.Event) -> Tally:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", "simulators.load"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
    )
    assert child.stdin
    assert child.stdout
    assert child.stderr
    complaints = asyncio.create_task(child.stderr.read())
    child.stdin.write(msgspec.json.encode(order) + b"\n")
    answer = asyncio.create_task(child.stdout.readline())
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({answer, stopped}, return_when=asyncio.FIRST_COMPLETED)
        child.stdin.close()
        line = await asyncio.wait_for(answer, order.drain_s + STOP_S)
        if not line:
            raise LoadProblem((await complaints).decode(errors="replace").strip()[-2_000:])
        return msgspec.json.decode(line, type=Tally)
    except TimeoutError:
        raise LoadProblem("a process of the load run did not end in time") from None
    finally:
        stopped.cancel()
        if child.returncode is None and not answer.done():
            child.kill()
        await child.wait()
        complaints.cancel()
        await asyncio.gather(complaints, answer, return_exceptions=True)


@asynccontextmanager
async def running_sink(connections: int = 1) -> AsyncIterator[int]:
    """A bare server in processes of its own, enough for so many connections; its port.

    Raises LimitProblem.
    """
    many, port = listeners_for(connections, raise_limit()), 0
    async with AsyncExitStack() as sinks:
        for _ in range(many):
            port = await sinks.enter_async_context(_sink(port))
        yield port


@asynccontextmanager
async def _sink(port: int) -> AsyncIterator[int]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", "simulators.load.sink", str(port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdin
    assert child.stdout
    try:
        yield int(await child.stdout.readline())
    finally:
        child.stdin.close()
        await child.wait()
