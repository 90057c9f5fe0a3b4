"""Makes the application around a ledger. No module state: two apps may live in one process."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from . import problems
from .metrics import Metrics, RequestMetrics
from .openapi import PROBLEMS, DocumentedAPI
from .pages import load_site
from .refusals import Refusals
from .routes import log, lookups, offline, operations, pages, records
from .security import BODY_SECONDS, Edge, Gate
from .shortcut import Shortcut

if TYPE_CHECKING:
    from fastapi import FastAPI

    from provenance.service.ledger import Ledger

__all__ = ["create_app"]

MANIFEST_MEMORY = 512 << 20
"""Bytes of manifests in memory at once; one on its way in counts twice."""

DOCUMENTS_AT_ONCE = 2
"""Certificates being typeset; a third asks again in some seconds."""

_DESCRIPTION = """\
Deposit signed records in an append-only log, read receipts that prove when they entered it, and
look up who deposited what, first. Verifying a receipt needs none of this: `provenance verify`
works offline, against a trust policy and one block hash.
"""


def create_app(ledger: Ledger, *, body_seconds: float = BODY_SECONDS) -> FastAPI:
    """Return the ASGI application that serves ``ledger``.

    Args:
        body_seconds: how long a request's body may take to arrive.
    """
    app = DocumentedAPI(
        title="Provenance ledger",
        version=version("provenance-ledger"),
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,  # the pages of Swagger and ReDoc load scripts from elsewhere
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        responses=PROBLEMS,
        generate_unique_id_function=lambda route: route.name,
    )
    _fill_state(app, ledger, body_seconds)
    for router in (
        records.router,
        lookups.router,
        log.proofs,
        log.tiles,
        operations.router,
        offline.router,  # before the page's other files, among which it has two addresses
        pages.router,  # last: no route of the API waits behind the page's
    ):
        app.include_router(router)
    problems.install(app)
    app.add_middleware(
        Shortcut,
        method="POST",
        path=records.router.prefix,
        endpoint=lambda request: records.post_record(request, ledger),
    )
    app.add_middleware(RequestMetrics, metrics=app.state.metrics)
    app.add_middleware(Edge)
    return app


def _fill_state(app: FastAPI, ledger: Ledger, body_seconds: float) -> None:
    """Make what requests share, apart from every other application's."""
    app.state.ledger = ledger
    app.state.site = load_site()
    app.state.metrics = Metrics()
    app.state.refusals = Refusals()
    app.state.body_seconds = body_seconds
    app.state.manifest_gate = Gate(
        MANIFEST_MEMORY, "large bodies are under way that fill the memory for them"
    )
    app.state.document_gate = Gate(DOCUMENTS_AT_ONCE, "as many documents as fit are being made")
