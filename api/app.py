"""The FastAPI application: routers, errors, headers, metrics, the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.errors import install_error_handlers
from api.headers import SecurityHeaders
from api.metrics import metrics_router
from api.reference import reference_router
from api.routes import ROUTERS
from api.services import Services
from api.state import AppState
from api.static_page import page_router
from api.status import server_version

PREFIX = "/api/v1"


def create_app(services: Services) -> FastAPI:
    """The application over what it is given. Its lifespan runs the live relay."""
    state = AppState.of(services)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await state.exports.recover()
        await state.imports.recover()
        state.relay.start()
        try:
            yield
        finally:
            await state.back_tests.stop()
            await state.exports.stop()
            await state.imports.stop()
            await state.relay.stop()

    app = FastAPI(
        title="Xunji 巡迹",
        summary="Vehicle telematics and GPS tracking for city management",
        version=server_version(),
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.xunji = state
    install_error_handlers(app)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.include_router(reference_router(PREFIX))
    app.include_router(metrics_router(state))
    app.include_router(page_router(services))
    app.add_middleware(SecurityHeaders, map_style_url=services.settings.http.map_style_url)
    return app
