"""How messages travel by MQTT, TCP and UDP where nobody says that they are stored."""

from __future__ import annotations

import asyncio

import aiomqtt

from protocols.nmea import login

RECONNECT_S = 1.0
TOPICS = {
    "handset": "xunji/handset/{}/up",
    "owntracks": "owntracks/{}",
    "nmea": "xunji/nmea/{}/up",
}


class MqttCarrier:
    """A phone's own connection to the broker; delivered is what the broker has (PUBACK)."""

    answers = False

    def __init__(self, broker: tuple[str, int], protocol: str, identity: str) -> None:
        self._broker, self._identity = broker, identity
        self._topic = TOPICS[protocol].format(identity)
        self._client: aiomqtt.Client | None = None

    async def deliver(self, payload: bytes) -> bytes:
        """Publish at QoS 1, until the broker has it."""
        while True:
            try:
                if self._client is None:
                    name = f"xunji-simulator-{self._identity}"
                    client = aiomqtt.Client(*self._broker, identifier=name)
                    self._client = await client.__aenter__()
                await self._client.publish(self._topic, payload, qos=1)
                return b""
            except (aiomqtt.MqttError, OSError):
                await self.close()
                await asyncio.sleep(RECONNECT_S)

    async def close(self) -> None:
        """Disconnect."""
        client, self._client = self._client, None
        if client is not None:
            await asyncio.gather(client.__aexit__(None, None, None), return_exceptions=True)


class StreamCarrier:
    """Sentences over TCP, after the line that names the receiver."""

    answers = False

    def __init__(self, address: tuple[str, int], identity: str) -> None:
        self._address, self._greeting = address, login(identity)
        self._writer: asyncio.StreamWriter | None = None

    async def deliver(self, payload: bytes) -> bytes:
        """Write; a line that was cut off is ended, so that it spoils no other."""
        while True:
            try:
                if self._writer is None:
                    _, self._writer = await asyncio.open_connection(*self._address)
                    self._writer.write(self._greeting)
                self._writer.write(ended(payload))
                await self._writer.drain()
                return b""
            except OSError:
                await self.close()
                await asyncio.sleep(RECONNECT_S)

    async def close(self) -> None:
        """Hang up."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)


class DatagramCarrier:
    """Sentences over UDP: the name stands at the head of every datagram."""

    answers = False

    def __init__(self, address: tuple[str, int], identity: str) -> None:
        self._address, self._greeting = address, login(identity)
        self._transport: asyncio.DatagramTransport | None = None

    async def deliver(self, payload: bytes) -> bytes:
        """Send it off."""
        if self._transport is None:
            loop = asyncio.get_running_loop()
            self._transport, _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, remote_addr=self._address
            )
        self._transport.sendto(self._greeting + ended(payload))
        await asyncio.sleep(0)
        return b""

    async def close(self) -> None:
        """Let go of the socket."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None


def ended(sentences: bytes) -> bytes:
    """With the end of their last line."""
    return sentences if sentences.endswith(b"\r\n") else sentences + b"\r\n"
