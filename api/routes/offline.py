"""What makes the page work without this service: its service worker, and the verifier to keep.

A service worker only answers for addresses below its own, so it is served at the root. The saved
copy is a file to keep: it brings its own Content-Security-Policy, and is not shown from here.
"""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ..pages import Asked, Asset, Site
from ..saved_verifier import FILE_NAME, saved_verifier

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/service_worker.js", response_class=Response)
async def read_service_worker(request: Request) -> Response:
    """Return the script that shows the page where there is no network."""
    site: Site = request.app.state.site
    return site.asset("service_worker.js").answer(Asked.of(request.headers))


@router.get(f"/web/{FILE_NAME}", response_class=Response)
async def read_saved_verifier(request: Request) -> Response:
    """Return the verifier as one file, to be saved and opened without any server."""
    asset = await run_in_threadpool(_saved_copy)
    answer = asset.answer(Asked.of(request.headers))
    answer.headers["content-disposition"] = f'attachment; filename="{FILE_NAME}"'
    return answer


@cache
def _saved_copy() -> Asset:
    return Asset("text/html; charset=utf-8", saved_verifier())
