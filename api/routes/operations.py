"""Policy, health, readiness and metrics."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from ..deps import LedgerDep
from ..schemas import Health, Part, Readiness

__all__ = ["router"]

router = APIRouter(tags=["operation"])


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


@router.get("/v1/ready", responses={503: {"model": Readiness}}, response_model=Readiness)
def ready(ledger: LedgerDep) -> Response:
    """Say whether records are taken now, and which part is away if not."""
    parts = {
        name: Part(ready=fine, detail=detail) for name, (fine, detail) in ledger.readiness().items()
    }
    # the chain may be away for hours: records go on being taken, and are anchored later
    is_ready = all(part.ready for name, part in parts.items() if name != "chain")
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
def metrics(request: Request, ledger: LedgerDep) -> Response:
    """Return the metrics in Prometheus' text format."""
    registry = request.app.state.metrics
    for name, (value, documentation) in ledger.measures().items():
        registry.set(name, value, documentation)
    return Response(generate_latest(registry.registry), media_type=CONTENT_TYPE_LATEST)
