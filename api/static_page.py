"""The built page: files of `page_dir`, and its index for every other path (it routes itself)."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

from api.errors import ApiProblem
from api.services import Services

# Vite puts a content hash into the names under assets/.
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK_AGAIN = {"Cache-Control": "no-cache"}
_NOT_BUILT = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>巡迹 Xunji</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em}</style>
<h1>巡迹 Xunji</h1>
<p>服务器已启动，但网页尚未构建。请在源码目录运行 <code>make web</code>，然后刷新本页。</p>
<p>The server runs, but its page has not been built. Run <code>make web</code> in the source
folder and reload.</p>
<p><a href="/api/v1/docs">API</a></p></html>"""


def page_router(services: Services) -> APIRouter:
    """Routes of the page; to be included last, for it takes every path."""
    router = APIRouter(include_in_schema=False)
    root = services.page_dir.resolve()

    @router.get("/basemap.pmtiles")
    def pmtiles() -> Response:
        """The base map's tiles, by ranges."""
        path = services.settings.http.pmtiles_path
        if path is None or not path.is_file():
            raise ApiProblem("no_such_path")
        return FileResponse(path, media_type="application/octet-stream", headers=_ASK_AGAIN)

    @router.get("/{path:path}")
    def page(path: str) -> Response:
        """A file of the page, or its index."""
        if path == "api" or path.startswith("api/"):
            raise ApiProblem("no_such_path")
        found = _file(root, path)
        if found is not None:
            headers = _FOR_EVER if path.startswith("assets/") else _ASK_AGAIN
            return FileResponse(found, headers=headers)
        if path.startswith("assets/"):
            raise ApiProblem("no_such_path")
        index = root / "index.html"
        if index.is_file():
            return FileResponse(index, headers=_ASK_AGAIN)
        return HTMLResponse(_NOT_BUILT, status_code=503, headers=_ASK_AGAIN)

    return router


def _file(root: Path, path: str) -> Path | None:
    """A file within the page's folder; nothing outside it, whatever the path says."""
    if not path or "\0" in path:
        return None
    found = (root / path).resolve()
    return found if found.is_file() and found.is_relative_to(root) else None
