"""Where a webhook may go: never, unless a setting allows it, into our own network (SSRF).

The name is resolved by us and the request goes to the very address that was checked, so that a
name that changes its mind between check and use (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass

import httpx

_PORTS = {"http": 80, "https": 443}
RESOLVE_LIMIT_S = 5.0


class RefusedAddress(Exception):
    """A URL that a webhook may not have; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL: connect to `address`, speak to `host`."""

    url: httpx.URL
    address: str
    host: str

    @property
    def pinned(self) -> httpx.URL:
        """The URL with the address in place of the name."""
        return self.url.copy_with(host=self.address)


async def check_url(text: str, allow_private: bool) -> Target:
    """The target of a webhook's URL. Raises RefusedAddress."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise RefusedAddress(f"not a URL: {error}") from error
    if url.scheme not in _PORTS or not url.host:
        raise RefusedAddress("use http://HOST/... or https://HOST/...")
    if url.userinfo:
        raise RefusedAddress("leave out user and password; the signature proves who we are")
    addresses = await _resolve(url.host, url.port or _PORTS[url.scheme])
    if not allow_private:
        for address in addresses:
            _refuse_private(url.host, address)
    netloc = url.netloc.decode("ascii")
    return Target(url, addresses[0], netloc)


async def check_host(host: str, port: int, allow_private: bool) -> None:
    """Of a server that is not spoken to by HTTP. Raises RefusedAddress."""
    addresses = await _resolve(host, port)
    if not allow_private:
        for address in addresses:
            _refuse_private(host, address)


async def _resolve(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_LIMIT_S):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError) as error:
        raise RefusedAddress(f"{host} cannot be resolved") from error
    return [str(entry[4][0]) for entry in found]


def _refuse_private(host: str, text: str) -> None:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    if not (mapped or address).is_global or address.is_multicast:
        raise RefusedAddress(
            f"{host} is {text}, an address of a private network; set http.webhook_allow_private"
            " if the receiver really is there"
        )
