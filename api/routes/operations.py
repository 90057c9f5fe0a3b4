"""Policy, health, readiness and metrics."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, Response

from ..deps import LedgerDep
from ..metrics import Metrics
from ..schemas import Health, LedgerSummary, Part, Readiness

__all__ = ["router"]

router = APIRouter(tags=["operation"])

_MAY_BE_AWAY = frozenset({"chain", "witnesses", "scrub", "disclosures"})
"""Parts without which records are taken all the same: what they do is made up for later.

Damage that the scrub finds stops the ledger by another part, which says whether records are taken.
"""


@router.get(
    "/v1/policy",
    response_class=Response,
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}},
)
def read_policy(ledger: LedgerDep) -> Response:
    """Return the trust policy's exact bytes. Compare its digest by another channel."""
    return Response(
        ledger.policy, headers={"cache-control": "no-cache"}, media_type="application/json"
    )


@router.get("/v1/health")
def health(ledger: LedgerDep) -> Health:
    """Say that the process is alive."""
    return Health(status="alive", origin=ledger.origin, version=version("provenance-ledger"))


@router.get("/v1/ledger")
def read_ledger(ledger: LedgerDep, response: Response) -> LedgerSummary:
    """Return the ledger in numbers: size, rate, last anchors and what they cost, health."""
    response.headers["cache-control"] = "public, max-age=2"  # shields the service from pollers
    return LedgerSummary.model_validate(ledger.summary())


@router.get("/v1/ready", responses={503: {"model": Readiness}}, response_model=Readiness)
def ready(ledger: LedgerDep) -> Response:
    """Say whether records are taken now, and which part is away if not."""
    parts = {
        name: Part(ready=fine, detail=detail) for name, (fine, detail) in ledger.readiness().items()
    }
    is_ready = all(part.ready for name, part in parts.items() if name not in _MAY_BE_AWAY)
    body = Readiness(ready=is_ready, parts=parts).model_dump()
    headers = {"cache-control": "no-store"}
    if is_ready:
        return JSONResponse(body, headers=headers)
    return JSONResponse(body, 503, {**headers, "retry-after": "5"})


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def read_metrics(request: Request, ledger: LedgerDep) -> Response:
    """Return the metrics in Prometheus' text format."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.show(ledger.measures()), media_type=CONTENT_TYPE_LATEST)
