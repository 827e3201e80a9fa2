"""Security headers on every answer (plain ASGI: nothing is buffered)."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def content_security_policy(map_style_url: str | None) -> str:
    """What the page may load: itself; MapLibre's workers are blobs; tiles of a style, if set."""
    outside = f" https: {_origin(map_style_url)}" if map_style_url else ""
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "worker-src 'self' blob:",
            "child-src 'self' blob:",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob:{outside}",
            f"font-src 'self' data:{outside}",
            f"connect-src 'self' ws: wss: blob: data:{outside}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class SecurityHeaders:
    """ASGI middleware that adds the headers which the application has not set itself."""

    def __init__(self, app: ASGIApp, map_style_url: str | None) -> None:
        self._app = app
        self._headers = {
            b"content-security-policy": content_security_policy(map_style_url).encode(),
            b"x-content-type-options": b"nosniff",
            b"referrer-policy": b"no-referrer",
            b"x-frame-options": b"DENY",
            b"cross-origin-opener-policy": b"same-origin",
            b"permissions-policy": b"geolocation=(), camera=(), microphone=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in self._headers.items() if pair[0] not in given),
                ]
                if scope["path"].startswith("/api/") and b"cache-control" not in given:
                    message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        await self._app(scope, receive, send_with_headers)
