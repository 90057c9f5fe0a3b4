"""Proofs from a real store of many entries, and the memory of a service that serves it."""

from __future__ import annotations

import http.client
import random
import time
from typing import TYPE_CHECKING

import bench_fill
import bench_service
from bench_figures import Figure, middle, repeat_us
from bench_load import request_of, run_load

from provenance import tlog
from provenance.ledger.tile_cache import TileCache
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from bench_service import Service

__all__ = ["measure_memory", "measure_store"]

_PICK = random.Random(20_261_122)  # noqa: S311 -- chooses which entry to prove
_POSTED = 3_000
_READ = 1_000


def measure_store(tree_size: int) -> list[Figure]:
    """Prove random entries of a filled SQLite store, without and with the service's cache."""
    with bench_service.founded_ledger() as folder:
        began = time.perf_counter()
        bench_fill.fill(folder, tree_size)
        filling = time.perf_counter() - began
        store = open_log_store(folder / "ledger.sqlite")
        cached = TileCache(store.read_tile).at(tree_size)
        try:
            uncached = repeat_us(lambda: _prove(tree_size, store.read_tile), 2_000)
            _warm(tree_size, cached)
            return [
                middle("inclusion proof, SQLite, uncached", uncached, "us", target="< 60"),
                middle(
                    "inclusion proof, the service's cache",
                    repeat_us(lambda: _prove(tree_size, cached), 2_000),
                    "us",
                ),
                middle(
                    "consistency proof, SQLite, uncached",
                    repeat_us(lambda: _prove_growth(tree_size, store.read_tile), 1_000),
                    "us",
                ),
                Figure("entries integrated, by 8,192, unsigned", tree_size / filling, "entries/s"),
            ]
        finally:
            store.close()


def measure_memory(tree_size: int) -> list[Figure]:
    """Serve a filled ledger, post records and read receipts, and ask the kernel for the peak."""
    with bench_service.founded_ledger() as folder:
        with bench_service.served(folder) as service:  # the keys must be real entries
            _post(service, [record.compact for record in bench_service.key_records()])
        bench_fill.fill(folder, tree_size)
        began = time.perf_counter()
        with bench_service.served(folder) as service:
            starting = time.perf_counter() - began
            started = service.peak_bytes()
            compacts = [record.compact for record in bench_service.deposits(_POSTED, tree_size)]
            _post(service, compacts)
            _read_proofs(service, tree_size)
            return [
                Figure(
                    "memory after the start", started / 2**20, "MiB", note=f"{tree_size:,} entries"
                ),
                Figure(
                    "peak memory of the service",
                    service.peak_bytes() / 2**20,
                    "MiB",
                    note=f"{_POSTED:,} posted by 64 connections, {_READ:,} proofs read",
                ),
                Figure("start, unsigned head recomputed", starting, "s"),
            ]


def _prove(tree_size: int, read_tile: tlog.ReadTile) -> object:
    return tlog.inclusion_proof(_PICK.randrange(tree_size), tree_size, read_tile)


def _prove_growth(tree_size: int, read_tile: tlog.ReadTile) -> object:
    return tlog.consistency_proof(_PICK.randrange(1, tree_size), tree_size, read_tile)


def _warm(tree_size: int, read_tile: tlog.ReadTile) -> None:
    for _ in range(4 * 4_096):
        _prove(tree_size, read_tile)


def _post(service: Service, compacts: list[bytes]) -> None:
    requests = [request_of("POST", "/v1/records", "application/sd-jwt", one) for one in compacts]
    load = run_load(service.address, requests, min(64, len(requests)))
    refused = [answer for answer in load.answers if answer[0] != 201]
    if refused:
        raise RuntimeError(f"{len(refused)} were not accepted, the first: {refused[0]}")


def _read_proofs(service: Service, tree_size: int) -> None:
    connection = http.client.HTTPConnection(*service.address)
    for _ in range(_READ):
        path = f"/v1/log/inclusion?index={_PICK.randrange(tree_size)}&size={tree_size}"
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered with {answer.status}")
    connection.close()
