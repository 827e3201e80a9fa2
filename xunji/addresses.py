"""Addresses as people type them."""

from __future__ import annotations

import typer


def host_port(text: str) -> tuple[str, int]:
    """`host:port`, the host 127.0.0.1 when left out. Raises typer.BadParameter."""
    host, _, port = text.rpartition(":")
    if not port.isdigit() or not 0 < int(port) < 65_536:
        raise typer.BadParameter(f"{text!r} is not host:port")
    return host.strip("[]") or "127.0.0.1", int(port)
