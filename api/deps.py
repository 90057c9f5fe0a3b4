"""What routes are handed: the ledger that the application was made with."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request

from provenance.service.ledger import Ledger

from .security import Gate

__all__ = ["Cursor", "DocumentGate", "LedgerDep", "Limit", "ManifestGate", "RecordId"]


# async, or FastAPI asks a thread for them each time


async def _ledger(request: Request) -> Ledger:
    ledger: Ledger = request.app.state.ledger
    return ledger


async def _manifest_gate(request: Request) -> Gate:
    gate: Gate = request.app.state.manifest_gate
    return gate


async def _document_gate(request: Request) -> Gate:
    gate: Gate = request.app.state.document_gate
    return gate


DocumentGate = Annotated[Gate, Depends(_document_gate)]
"""Typesetting takes a processor for a second: few at once, so that records go on being taken."""

ManifestGate = Annotated[Gate, Depends(_manifest_gate)]
"""Manifests are up to 256 MiB each: they share a budget of memory."""

LedgerDep = Annotated[Ledger, Depends(_ledger)]

RecordId = str
"""64 characters of lower-case hex: SHA-256 of the record's JWS signing input."""

Cursor = Annotated[
    str | None,
    Query(description="`next` of the page before; absent for the first page", max_length=200),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="items on a page")]
