"""The log as C2SP tlog-tiles serves it, and proofs between any two signed sizes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from provenance.digests import to_b64
from provenance.errors import MalformedError, NotFoundError
from provenance.tlog import parse_tile_path

from ..deps import LedgerDep
from ..schemas import ConsistencyProof, InclusionProof

__all__ = ["proofs", "tiles"]

_IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable"}
# the newest checkpoint may be seconds old, so that a CDN shields the service from pollers
_FRESH = {"cache-control": "public, max-age=2"}

tiles = APIRouter(tags=["log (C2SP tlog-tiles)"])
proofs = APIRouter(prefix="/v1/log", tags=["log"])

TreeSize = Annotated[int, Query(ge=0, lt=1 << 53)]


@tiles.get(
    "/checkpoint",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def read_checkpoint(ledger: LedgerDep) -> Response:
    """Return the newest signed checkpoint (c2sp.org/tlog-checkpoint)."""
    return Response(ledger.checkpoint(), headers=_FRESH, media_type="text/plain; charset=utf-8")


@tiles.get(
    "/tile/{path:path}",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            }
        }
    },
)
def read_tile(path: str, request: Request, ledger: LedgerDep) -> Response:
    """Return a tile of hashes or an entry bundle, whole or partial (c2sp.org/tlog-tiles)."""
    if request.scope["path"].endswith("\n"):  # Starlette's pattern overlooks it
        raise NotFoundError("expected the path of a tile, got a line end behind it")
    try:
        tile = parse_tile_path(f"tile/{path}")
    except MalformedError as error:
        raise NotFoundError(str(error)) from error
    return Response(ledger.tile(tile), headers=_IMMUTABLE, media_type="application/octet-stream")


@proofs.get("/inclusion")
def read_inclusion(index: TreeSize, size: TreeSize, ledger: LedgerDep) -> InclusionProof:
    """Prove that entry `index` is in the tree of `size` entries (RFC 9162 §2.1.3)."""
    path = ledger.inclusion_proof(index, size)
    return InclusionProof(leaf_index=index, tree_size=size, path=[to_b64(node) for node in path])


@proofs.get("/consistency")
def read_consistency(
    older: Annotated[int, Query(alias="from", ge=0, lt=1 << 53)],
    newer: Annotated[int, Query(alias="to", ge=0, lt=1 << 53)],
    ledger: LedgerDep,
) -> ConsistencyProof:
    """Prove that the tree of `to` entries extends the one of `from` entries (RFC 9162 §2.1.4)."""
    path = ledger.consistency_proof(older, newer)
    return ConsistencyProof(
        from_tree_size=older, to_tree_size=newer, path=[to_b64(node) for node in path]
    )
