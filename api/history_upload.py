"""A large file that comes in as the body of a request: to the disk, piece after piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from fastapi import Request

from api.rule_check import invalid

PIECE_BYTES = 1 << 20
UPLOAD_LIMIT_S = 3_600.0


@asynccontextmanager
async def received(request: Request, folder: Path, most_bytes: int) -> AsyncIterator[Path]:
    """The body as a file, which is gone at the end unless it was moved elsewhere."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    path = folder / f"{uuid4().hex}.part"
    try:
        async with asyncio.timeout(UPLOAD_LIMIT_S):
            await _write(request, path, most_bytes)
        yield path
    except TimeoutError as error:
        raise invalid("body", f"did not come within {UPLOAD_LIMIT_S / 60:.0f} min") from error
    finally:
        path.unlink(missing_ok=True)


async def _write(request: Request, path: Path, most_bytes: int) -> None:
    size, waiting = 0, bytearray()
    with path.open("wb") as file:
        async for piece in request.stream():
            waiting += piece
            size += len(piece)
            if size > most_bytes:
                raise invalid("body", f"has over {most_bytes >> 20} MB (imports.max_megabytes)")
            if len(waiting) >= PIECE_BYTES:
                await asyncio.to_thread(file.write, waiting)
                waiting = bytearray()
        await asyncio.to_thread(file.write, waiting)
    if not size:
        raise invalid("body", "is empty: send the file as the request's body")
