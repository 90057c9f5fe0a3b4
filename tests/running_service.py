"""A founded ledger that runs, behind its API; and another one whenever a test wants to break it."""

from __future__ import annotations

import shutil
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from node import need_anvil
from provenance_api.app import create_app
from small_ledger import ORIGIN, deposit, key_of, key_record

from provenance.note import Note
from provenance.service.choose_chain import Wish, choose_chain
from provenance.service.found_ledger import found_ledger
from provenance.service.ledger import Ledger
from provenance.service.settings import LedgerFolder

with warnings.catch_warnings():
    # Starlette's client prefers a package that nothing else here needs; httpx does as well
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from provenance.keys import PrivateKey
    from provenance.record import Record

__all__ = [
    "PROBLEM",
    "SD_JWT",
    "Service",
    "copy",
    "found",
    "running",
    "serving_ledger",
    "the_problem",
]

SD_JWT = {"content-type": "application/sd-jwt"}
PROBLEM = "application/problem+json"


def found(folder: Path) -> LedgerFolder:
    """Found a ledger on a managed anvil of its own."""
    need_anvil()
    place = LedgerFolder(folder)
    found_ledger(
        place,
        choose_chain(Wish()),
        origin=ORIGIN,
        passphrase="passphrase",
        now_unix=int(time.time()),
    )
    return place


@dataclass
class Service:
    """A running ledger and a client of its API."""

    ledger: Ledger
    client: TestClient
    alice: PrivateKey = field(default_factory=lambda: key_of("alice"))

    def size(self) -> int:
        """Return the newest signed tree size, as the checkpoint says it."""
        note = Note.parse(self.client.get("/checkpoint").text)
        return int(note.text.splitlines()[1])

    def post(self, record: Record | bytes) -> httpx.Response:
        octets = record if isinstance(record, bytes) else record.compact
        answer: httpx.Response = self.client.post("/v1/records", content=octets, headers=SD_JWT)
        return answer

    def post_batch(self, *records: Record | str) -> list[dict[str, Any]]:
        compacts = [one if isinstance(one, str) else one.compact.decode() for one in records]
        answer = self.client.post("/v1/records/batch", json=compacts)
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def know(self, key: PrivateKey) -> PrivateKey:
        """Bind a key, and return it."""
        assert self.post(key_record(key)).status_code in {200, 201}
        return key

    def deposited(self, name: str, **others: Any) -> Record:  # noqa: ANN401 -- those of deposit()
        """Deposit something by Alice, and return the record."""
        record = deposit(self.alice, name, **others)
        answer = self.post(record)
        assert answer.status_code == 201, answer.text
        return record


@contextmanager
def serving_ledger(folder: LedgerFolder, **others: float) -> Iterator[Service]:
    """Run a ledger folder; ``others`` go to ``create_app``."""
    ledger = Ledger(folder)
    ledger.start()
    try:
        with TestClient(create_app(ledger, **others)) as client:
            yield Service(ledger, client)
    finally:
        ledger.stop()


@contextmanager
def running(folder: LedgerFolder, **others: float) -> Iterator[Service]:
    """Run a ledger folder, and make Alice's key known."""
    with serving_ledger(folder, **others) as service:
        service.know(service.alice)
        yield service


def copy(founded: LedgerFolder, target: Path) -> LedgerFolder:
    """Copy a founded ledger that does not run."""
    shutil.copytree(founded.root, target)
    return LedgerFolder(target)


def the_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a whole RFC 9457 problem, and return it."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"]) == (status, code), body
    assert body["type"] == f"urn:provenance:problem:{code}"
    assert body["title"]
    assert body["detail"]
    assert set(body) <= {"type", "title", "status", "detail", "code", "field"}
    return body
