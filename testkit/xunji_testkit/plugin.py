"""The pytest plugin: a server, terminals, scenarios and acceptance as fixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from xunji_testkit.judging import Report, examine_terminal, run_scenario
from xunji_testkit.server import XunjiServer, running_server
from xunji_testkit.terminal import Terminal


@pytest.fixture(scope="session")
def xunji_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XunjiServer]:
    """A server for the whole run: embedded database, simulated time, free ports."""
    with running_server(tmp_path_factory.mktemp("xunji")) as server:
        yield server


@pytest.fixture
def xunji_server(xunji_process: XunjiServer) -> Iterator[XunjiServer]:
    """The run's server; the rules that a test adds are retired when it ends.

    Terminals of different tests are different units, and time goes on from test to test. A test
    that wants a server of its own uses `xunji_testkit.server.running_server`.
    """
    yield xunji_process
    xunji_process.retire_rules()


@pytest.fixture
def terminal(xunji_server: XunjiServer) -> Terminal:
    """A registered muck truck on the run's server, logged in."""
    return xunji_server.terminal()


@pytest.fixture
def fleet(xunji_server: XunjiServer) -> Callable[..., list[Terminal]]:
    """`fleet(muck_truck=3, sweeper=1)`: so many units, logged in, a kilometre apart."""

    def make(**counts: int) -> list[Terminal]:
        places = count()
        return [
            xunji_server.terminal(kind, position=(118.80 + 0.01 * next(places), 32.05))
            for kind, many in counts.items()
            for _ in range(many)
        ]

    return make


@pytest.fixture
def scenario(tmp_path: Path) -> Callable[..., Report]:
    """`scenario("uncovered-breaking")`, `scenario(path)`, `scenario(name, platform=(host, port))`.

    Without a platform it runs against a server of its own.
    """
    return partial(run_scenario, folder=tmp_path)


@pytest.fixture
def acceptance(tmp_path: Path) -> Callable[..., Report]:
    """`acceptance(start, options=[...])`: `start(address)` lets your terminal connect there."""
    return partial(examine_terminal, folder=tmp_path)
