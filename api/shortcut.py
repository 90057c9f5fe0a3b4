"""The shortest way to the one route that has to be fast.

Routing, dependencies and exit stacks cost more than parsing a record and checking its signature
together. The route stays declared with the others, so it is documented with them; a request to
exactly its path and method is handed to its endpoint from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.routing import Route

from provenance.errors import ProvenanceError

from .problems import on_our_error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Shortcut"]


class Shortcut:
    """Hands one path and method to its endpoint, everything else on."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        method: str,
        path: str,
        endpoint: Callable[[Request], Awaitable[Response]],
    ) -> None:
        """Wrap ``app``; ``endpoint`` needs nothing but the request."""
        self._app = app
        self._method = method
        self._route = Route(path, lambda _: None, methods=[method])  # its name, for the metrics
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope.get("path") != self._route.path or scope.get("method") != self._method:
            await self._app(scope, receive, send)
            return
        scope["route"] = self._route
        request = Request(scope, receive, send)
        try:
            response = await self._endpoint(request)
        except ProvenanceError as error:
            response = await on_our_error(request, error)
        await response(scope, receive, send)
