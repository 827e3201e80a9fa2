"""The pytest plugin: fixtures `xunji_server` and, behind it, `xunji_process`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from xunji_testkit.server import XunjiServer, running_server


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
