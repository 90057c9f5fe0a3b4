"""The log as C2SP tlog-tiles serves it, and proofs between any two sizes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from oracles import naive_merkle
from running_service import Service, the_problem
from small_ledger import ORIGIN, deposit

from provenance import merkle, tlog
from provenance.checkpoint import open_checkpoint
from provenance.digests import RootHash, from_b64
from provenance.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

IMMUTABLE = "public, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def grown(service: Service) -> tuple[Service, list[bytes]]:
    """The service with more than one tile of entries, and its entries as read from outside."""
    service.post_batch(*[deposit(service.alice, f"grown {number}") for number in range(270)])
    size = service.size()
    assert size > 272
    entries: list[bytes] = []
    for index in range(-(-size // 256)):
        path = tlog.tile_at(tlog.ENTRIES, index, size).path()
        entries += tlog.parse_bundle(service.client.get(f"/{path}").content)
    assert len(entries) == size
    return service, entries


def _roots(entries: Sequence[bytes]) -> dict[int, RootHash]:
    accumulator, roots = merkle.RootAccumulator(), {}
    for size, entry in enumerate(entries, start=1):
        accumulator.add(merkle.leaf_hash(entry))
        roots[size] = RootHash(accumulator.root())
    return roots


def test_the_checkpoint_signs_the_root_of_all_entries(grown: tuple[Service, list[bytes]]) -> None:
    service, entries = grown

    answer = service.client.get("/checkpoint")

    policy = Policy.parse(service.client.get("/v1/policy").content)
    verifiers = [one.verifier for one in policy.checkpoint_keys]
    checkpoint = open_checkpoint(answer.text, ORIGIN, verifiers)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=2"
    assert checkpoint.tree_size == len(entries)
    assert checkpoint.root_hash == naive_merkle.root(entries)


def test_every_partial_tile_up_to_the_signed_size_is_served(
    grown: tuple[Service, list[bytes]],
) -> None:
    service, entries = grown
    leaves = b"".join(merkle.leaf_hash(entry) for entry in entries)

    for width in range(1, 256):
        answer = service.client.get(f"/tile/0/000.p/{width}")
        assert answer.status_code == 200
        assert answer.content == leaves[: 32 * width]
        bundle = service.client.get(f"/tile/entries/000.p/{width}").content
        assert tlog.parse_bundle(bundle) == entries[:width]


def test_whole_tiles_have_the_headers_of_what_never_changes(
    grown: tuple[Service, list[bytes]],
) -> None:
    service, entries = grown

    hashes = service.client.get("/tile/0/000")
    bundle = service.client.get("/tile/entries/000")
    above = service.client.get("/tile/1/000.p/1")

    for answer in (hashes, bundle, above):
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == IMMUTABLE
        assert answer.headers["access-control-allow-origin"] == "*"
    assert len(hashes.content) == 8192
    assert above.content == naive_merkle.root(entries[:256])
    assert tlog.parse_bundle(bundle.content) == entries[:256]


def test_nothing_is_served_beyond_the_signed_size(grown: tuple[Service, list[bytes]]) -> None:
    service, entries = grown
    rest = len(entries) - 256

    assert service.client.get(f"/tile/0/001.p/{rest}").status_code == 200
    for path in (
        f"tile/0/001.p/{rest + 1}",
        f"tile/entries/001.p/{rest + 1}",
        "tile/0/001",
        "tile/0/002.p/1",
        "tile/1/000",
        "tile/1/000.p/2",
        "tile/2/000.p/1",
        "tile/63/000.p/1",
        "tile/63/x999/x999/x999/x999/x999/x999/999",
    ):
        the_problem(service.client.get(f"/{path}"), 404, "not-found")


@pytest.mark.parametrize(
    "path",
    [
        "0/0",
        "0/00",
        "0/0000",
        "0/x000/000",
        "0/000.p/0",
        "0/000.p/01",
        "0/000.p/256",
        "0/000.p/-1",
        "0/000.p/",
        "0/000/",
        "0/000.p/1/",
        "00/000.p/1",
        "64/000.p/1",
        "-1/000.p/1",
        "0/٠٠٠.p/1",
        "Entries/000.p/1",
        "data/000.p/1",
        "0//000.p/1",
        "0/x001/x000.p/1",
        "0/000.p/1%0a",
        "0/%2e%2e/000.p/1",
        "",
    ],
)
def test_a_tile_has_only_one_spelling(service: Service, path: str) -> None:
    the_problem(service.client.get(f"/tile/{path}"), 404, "not-found")


def test_inclusion_is_proved_in_trees_of_any_size(grown: tuple[Service, list[bytes]]) -> None:
    service, entries = grown
    roots, random_ = _roots(entries), random.Random(1)
    cases = [(0, 1), (255, 256), (255, 257), (256, 257), (0, len(entries))]
    cases += [
        (random_.randrange(size), size)
        for size in random_.choices(range(1, len(entries) + 1), k=100)
    ]

    for index, size in cases:
        answer = service.client.get("/v1/log/inclusion", params={"index": index, "size": size})
        body = answer.json()
        assert (body["leaf_index"], body["tree_size"]) == (index, size)
        path = [from_b64(node) for node in body["path"]]
        leaf = merkle.leaf_hash(entries[index])
        merkle.verify_inclusion(leaf, index, size, path, roots[size])


def test_consistency_is_proved_between_any_sizes(grown: tuple[Service, list[bytes]]) -> None:
    service, entries = grown
    roots, random_ = _roots(entries), random.Random(2)
    sizes = range(1, len(entries) + 1)
    cases = [(1, 1), (256, 257), (1, len(entries)), (len(entries), len(entries))]
    cases += [tuple(sorted(random_.choices(sizes, k=2))) for _ in range(100)]  # type: ignore[misc]

    for old, new in cases:
        answer = service.client.get("/v1/log/consistency", params={"from": old, "to": new})
        body = answer.json()
        assert (body["from_tree_size"], body["to_tree_size"]) == (old, new)
        path = [from_b64(node) for node in body["path"]]
        merkle.verify_consistency(old, new, path, roots[old], roots[new])


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("inclusion?index=0&size=0", 422, "proof-shape"),
        ("inclusion?index=2&size=2", 422, "proof-shape"),
        ("inclusion?index=0&size=9999999", 404, "not-found"),
        ("inclusion?index=-1&size=2", 400, "malformed"),
        ("inclusion?index=0", 400, "malformed"),
        ("inclusion?index=a&size=2", 400, "malformed"),
        ("inclusion?index=0&size=9007199254740993", 400, "malformed"),
        ("inclusion?index=0&size=1e1", 400, "malformed"),
        ("consistency?from=0&to=2", 422, "proof-shape"),
        ("consistency?from=2&to=1", 422, "proof-shape"),
        ("consistency?from=1&to=9999999", 404, "not-found"),
        ("consistency?from=1", 400, "malformed"),
    ],
)
def test_a_proof_that_cannot_be_is_a_problem(
    service: Service, query: str, status: int, code: str
) -> None:
    problem = the_problem(service.client.get(f"/v1/log/{query}"), status, code)

    if status == 400:
        assert problem["field"] in {"size", "to", "index"}
