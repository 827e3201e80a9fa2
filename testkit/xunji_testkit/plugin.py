"""The pytest plugin: fixture `xunji_server`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from xunji_testkit.server import XunjiServer, running_server


@pytest.fixture(scope="session")
def xunji_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XunjiServer]:
    """A server for the whole run: embedded database, simulated time, free ports.

    Terminals of different tests are different units, and time goes on from test to test; a test
    that wants a server of its own uses `xunji_testkit.server.running_server`.
    """
    with running_server(tmp_path_factory.mktemp("xunji")) as server:
        yield server
