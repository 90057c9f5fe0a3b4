"""What the service writes into its log: codes and routes, and never what somebody sent."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import TYPE_CHECKING

import httpx
from running_service import SD_JWT
from server_process import serving
from small_ledger import ORIGIN, START, deposit, key_of, key_record, salts

from provenance.record import issue_record

if TYPE_CHECKING:
    from provenance.service.settings import LedgerFolder

SECRETS = ("Carberry", "psychoceramics", "0000-0002-1825-0097")


def test_the_log_holds_no_personal_data(folder: LedgerFolder) -> None:
    key = key_of("a person")
    claims = {
        "dataset_digest": "ab" * 32,
        "files": 1,
        "title": "On psychoceramics",
        "contributors": [{"name": "Josiah Carberry", "orcid": "0000-0002-1825-0097"}],
    }
    record = issue_record(
        "deposit", claims, private_key=key, aud=ORIGIN, iat=START, salts=salts(b"person")
    )
    binding = key_record(key, name="Josiah Carberry", orcid="0000-0002-1825-0097")

    with serving(folder) as served, httpx.Client(base_url=served.url, timeout=10) as client:
        batch = [binding.compact.decode(), record.compact.decode(), "Josiah Carberry~"]
        results = client.post("/v1/records/batch", json=batch).json()["results"]
        assert [one["status"] for one in results] == ["integrated", "integrated", "refused"]
        for body in (b"Carberry", record.compact[:-40], record.compact + b"Carberry~"):
            assert client.post("/v1/records", content=body, headers=SD_JWT).status_code >= 400
        client.get("/v1/lookup?digest=Carberry")
        client.get("/psychoceramics/Carberry")
        client.request("CARBERRY", "/v1/policy", headers={"authorization": "Carberry"})
        client.put(
            f"/v1/records/{record.id_hex}/manifest",
            content=b"Carberry",
            headers={"content-type": "application/jsonl", "authorization": "JWS Carberry"},
        )
        assert client.get(f"/v1/records/{record.id_hex}").status_code == 200
        _damage_and_read(folder, client)
        log = served.log

    text = log.read_text()
    for line in text.splitlines():
        assert {"time", "level", "logger", "message"} <= set(json.loads(line))
    assert '"code": "damaged-disclosure"' in text  # the log is not silent about what went wrong
    assert not [secret for secret in SECRETS if secret.lower() in text.lower()]


def _damage_and_read(folder: LedgerFolder, client: httpx.Client) -> None:
    """Change what is stored of a person: an error of ours, which is logged."""
    newest = deposit(key_of("a person"), "Carberry's second")
    assert client.post("/v1/records", content=newest.compact, headers=SD_JWT).status_code == 201
    with contextlib.closing(sqlite3.connect(folder.database)) as database, database:
        database.execute("UPDATE disclosures SET ciphertext = zeroblob(length(ciphertext))")
    answer = client.get(f"/v1/records/{newest.id_hex}")
    assert (answer.status_code, answer.json()["code"]) == (500, "damaged-disclosure")
