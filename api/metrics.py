"""Prometheus metrics of the API; all others are read from the ledger when somebody asks."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from .problems import route_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from provenance.service.measures import Measure

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
        self._gauges: dict[str, Gauge] = {}
        self._showing = threading.Lock()

    def show(self, measures: Iterable[Measure]) -> bytes:
        """Return the metrics in Prometheus' text format, the gauges being those of ``measures``.

        A gauge ``provenance_<name>`` is made when it is new. What is not measured any more is not
        shown any more: a node that was taken out of the settings, a witness that never answered.
        """
        with self._showing:  # of two readers at once neither may see the other's gauges half set
            for gauge in self._gauges.values():
                gauge.clear()
            for one in measures:
                labels = sorted(one.labels)
                gauge = self._gauges.get(one.name) or self._make(one, labels)
                shown = gauge.labels(*(one.labels[name] for name in labels)) if labels else gauge
                shown.set(one.value)
            return generate_latest(self.registry)

    def _make(self, measure: Measure, labels: list[str]) -> Gauge:
        name = f"provenance_{measure.name}"
        gauge = Gauge(name, measure.documentation, labels, registry=self.registry)
        self._gauges[measure.name] = gauge
        return gauge


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
