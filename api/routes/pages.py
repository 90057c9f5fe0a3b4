"""The page: one shell at every address of it, and its files under ``/web/``.

Not part of the API: the page asks the same public API as everybody else, under ``/v1``.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..pages import Asked, Site

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_ADDRESSES = (
    "/",
    "/about",
    "/anchors/{number}",
    "/checkpoints/{size}",
    "/deposit",
    "/disputes/{record_id}",
    "/find",
    "/keys/{kid}",
    "/ledger",
    "/people/{orcid}",
    "/records/{record_id}",
    "/respond",
    "/verify",
)


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


async def _shell(request: Request) -> Response:
    return _site(request).shell.asset.answer(Asked.of(request.headers))


for _address in _ADDRESSES:
    router.add_api_route(_address, _shell, response_class=Response, name="page")


@router.get("/web/{path:path}", response_class=Response)
async def read_asset(path: str, request: Request) -> Response:
    """Return a file of the page."""
    return _site(request).asset(path).answer(Asked.of(request.headers))
