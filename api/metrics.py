"""Prometheus metrics of the API; the writer's and the worker's are read from the ledger."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from .problems import route_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Metrics", "RequestMetrics"]

_METHODS = frozenset({"GET", "POST", "PUT"})  # a client may make up any other
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The metrics of one application, in a registry of their own."""

    def __init__(self) -> None:
        """Register every metric, so that each has a value before it first happens."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "provenance_http_requests",
            "Requests answered",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "provenance_http_seconds",
            "Time from a request's head to the end of its answer",
            ["route"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.records = Counter(
            "provenance_records",
            "Records received, by what became of them",
            ["outcome"],
            registry=self.registry,
        )
        # found once: a look-up by label costs more than counting
        self.integrated = self.records.labels("integrated")
        self.repeated = self.records.labels("repeat")
        self.refused = self.records.labels("refused")
        self.gauges: dict[str, Gauge] = {}

    def set(self, name: str, value: float, documentation: str) -> None:
        """Set the gauge ``provenance_<name>``, making it when it is new."""
        if name not in self.gauges:
            self.gauges[name] = Gauge(f"provenance_{name}", documentation, registry=self.registry)
        self.gauges[name].set(value)


class RequestMetrics:
    """Counts and times requests under their route's template: no ids in labels."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wrap ``app``."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            route = route_of(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(route, method, str(status)).inc()
            self._metrics.seconds.labels(route).observe(time.perf_counter() - began)
