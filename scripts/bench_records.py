"""Records per second: sent to a real service over HTTP, acknowledged with a verified receipt."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import bench_service
from bench_figures import Figure, Others, middle, percentile
from bench_load import request_of, run_load

from provenance.policy import Policy
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from bench_load import Load
    from bench_service import Service

__all__ = ["measure_batches", "measure_records"]

CONNECTIONS = 64
BATCH = 1_000
BATCH_CONNECTIONS = 4
SAMPLES = 50
"""Receipts that are verified by the verifier after each round."""

_INDEX = re.compile(rb'"sd_jwt":"[^"]+","leaf_index":(\d+)\}')


def measure_records(rounds: int, count: int) -> list[Figure]:
    """Post records one by one from 64 connections."""
    with bench_service.founded_ledger() as folder, bench_service.served(folder) as service:
        _post(service, [record.compact for record in bench_service.key_records()], 1)
        sent = 0
        results = []
        for number in range(rounds + 1):
            records = [r.compact for r in bench_service.deposits(count, sent)]
            sent += count
            others = Others(service.pid)
            used = service.cpu_seconds()
            load = _post(service, records, CONNECTIONS)
            used = service.cpu_seconds() - used
            _check(service, [body for _, body in load.answers], count)
            if number:  # the first round warms up
                results.append((load, used, others.share()))
        return [
            middle(
                "one by one, 64 connections",
                [count / load.seconds for load, _, _ in results],
                "records/s",
                target=">= 1,500",
            ),
            *_latencies([load for load, _, _ in results], "< 60"),
            *_costs(results, count, service),
        ]


def measure_batches(rounds: int, batches: int) -> list[Figure]:
    """Post batches of 1,000 records over a few connections."""
    count = batches * BATCH
    with bench_service.founded_ledger() as folder, bench_service.served(folder) as service:
        _post(service, [record.compact for record in bench_service.key_records()], 1)
        sent = 0
        results = []
        for number in range(rounds + 1):
            records = [r.compact.decode() for r in bench_service.deposits(count, sent)]
            sent += count
            requests = [
                request_of(
                    "POST",
                    "/v1/records/batch",
                    "application/json",
                    json.dumps(records[start : start + BATCH]).encode(),
                )
                for start in range(0, count, BATCH)
            ]
            others = Others(service.pid)
            used = service.cpu_seconds()
            load = run_load(service.address, requests, BATCH_CONNECTIONS)
            used = service.cpu_seconds() - used
            _check(service, _receipts_of(load), count)
            if number:
                results.append((load, used, others.share()))
        return [
            middle(
                "batches of 1,000",
                [count / load.seconds for load, _, _ in results],
                "records/s",
                target=">= 5,000",
            ),
            *_latencies([load for load, _, _ in results], ""),
            *_costs(results, count, service),
        ]


def _post(service: Service, compacts: list[bytes], connections: int) -> Load:
    requests = [request_of("POST", "/v1/records", "application/sd-jwt", one) for one in compacts]
    load = run_load(service.address, requests, connections)
    refused = [answer for answer in load.answers if answer[0] != 201]
    if refused:
        raise RuntimeError(f"{len(refused)} were not accepted, the first: {refused[0]}")
    return load


def _receipts_of(load: Load) -> list[bytes]:
    receipts = []
    for status, body in load.answers:
        if status != 200:
            raise RuntimeError(f"a batch was answered with {status}: {body[:500]!r}")
        for one in json.loads(body)["results"]:
            if one["status"] != "integrated":
                raise RuntimeError(f"not integrated: {one}")
            text = json.dumps(one["receipt"], separators=(",", ":"), ensure_ascii=False)
            receipts.append(f"{text}\n".encode())
    return receipts


def _check(service: Service, receipts: list[bytes], count: int) -> None:
    """Check that every record has an index of its own, and verify some of the receipts."""
    found = {int(match[1]) for body in receipts if (match := _INDEX.search(body))}
    if len(found) != count:
        raise RuntimeError(f"expected {count} leaf indexes, got {len(found)}")
    policy = Policy.parse((service.folder / "policy.json").read_bytes())
    for body in receipts[:: max(1, count // SAMPLES)]:
        verdict = verify_receipt(body, policy, now_unix=int(time.time()))
        proved = {check.name for check in verdict.checks if check.outcome.value == "proved"}
        missing = {"signature", "checkpoint", "inclusion"} - proved
        if missing:
            raise RuntimeError(f"a receipt does not prove {sorted(missing)}")


def _latencies(loads: list[Load], target: str) -> list[Figure]:
    def of(share: float) -> list[float]:
        return [1e3 * percentile(load.latencies, share) for load in loads]

    return [
        middle("  to acknowledgement, p50", of(0.5), "ms"),
        middle("  to acknowledgement, p99", of(0.99), "ms", target=target),
    ]


def _costs(results: list[tuple[Load, float, float]], count: int, service: Service) -> list[Figure]:
    return [
        middle("  CPU of the service", [1e6 * used / count for _, used, _ in results], "us/record"),
        middle(
            "  CPU of the generator",
            [1e6 * load.cpu_seconds / count for load, _, _ in results],
            "us/record",
        ),
        middle("  cores used by others meanwhile", [share for _, _, share in results], "cores"),
        Figure("  peak memory of the service", service.peak_bytes() / 2**20, "MiB"),
    ]
