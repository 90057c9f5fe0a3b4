"""Makes the application around a ledger. No module state: two apps may live in one process."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI

from . import problems
from .metrics import Metrics, RequestMetrics
from .routes import log, lookups, operations, records
from .schemas import Problem
from .security import SecurityHeaders

if TYPE_CHECKING:
    from provenance.service.ledger import Ledger

__all__ = ["create_app"]

_DESCRIPTION = """\
Deposit signed records in an append-only log, read receipts that prove when they entered it, and
look up who deposited what, first. Verifying a receipt needs none of this: `provenance verify`
works offline, against a trust policy and one block hash.
"""


def create_app(ledger: Ledger) -> FastAPI:
    """Return the ASGI application that serves ``ledger``."""
    app = FastAPI(
        title="Provenance ledger",
        version=version("provenance-ledger"),
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,  # the pages of Swagger and ReDoc load scripts from elsewhere
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        responses={
            "4XX": {"model": Problem, "content": {problems.MEDIA_TYPE: {}}},
            "5XX": {"model": Problem, "content": {problems.MEDIA_TYPE: {}}},
        },
    )
    app.state.ledger = ledger
    app.state.metrics = Metrics()
    for router in (records.router, lookups.router, log.proofs, log.tiles, operations.router):
        app.include_router(router)
    problems.install(app)
    app.add_middleware(RequestMetrics, metrics=app.state.metrics)
    app.add_middleware(SecurityHeaders)
    return app
