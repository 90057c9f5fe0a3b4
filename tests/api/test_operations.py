"""Policy, health, readiness and metrics; and what happens when a part is away."""

from __future__ import annotations

import hashlib
import shutil
import socket
import time
from collections import namedtuple
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families
from running_service import Service, running, serving_ledger, the_problem
from running_signer import serving_signer
from small_ledger import ORIGIN, deposit, key_record
from waiting import wait_until

from provenance.errors import AuditError, FatalError, UnavailableError
from provenance.service.backup import DISCLOSURE_KEYS, make_backup, restore_backup
from provenance.service.ledger import Ledger
from provenance.service.settings import LedgerFolder
from provenance.service.standing import clear_damage, read_standing, set_read_only
from provenance.service.worker import LoopStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_Usage = namedtuple("_Usage", "total used free")  # noqa: PYI024 -- as shutil's own


def test_the_policys_exact_bytes_are_served(service: Service) -> None:
    answer = service.client.get("/v1/policy")

    assert answer.content == service.ledger.folder.policy.read_bytes()
    assert hashlib.sha256(answer.content).digest() == service.ledger.trust.digest
    assert answer.headers["content-type"] == "application/json"


def test_a_living_service_says_who_it_is(service: Service) -> None:
    assert service.client.get("/v1/health").json() == {
        "status": "alive",
        "origin": ORIGIN,
        "version": version("provenance-ledger"),
    }


def test_all_parts_are_ready(service: Service) -> None:
    answer = service.client.get("/v1/ready")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["ready"] is True
    assert {"writer", "records", "database", "disk", "scrub", "chain"} == set(body["parts"])
    assert all(part["ready"] and part["detail"] for part in body["parts"].values())


def _samples(service: Service) -> dict[str, float]:
    answer = service.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        sample.name + "".join(f" {value}" for value in sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_metrics_are_prometheus_text_and_count_what_happens(service: Service) -> None:
    before = _samples(service)
    record = deposit(service.alice, "counted")
    service.post(record)
    service.post(record)
    service.post_batch("garbage", deposit(service.alice, "counted too"))

    after = _samples(service)

    def rise(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert rise("provenance_records_total integrated") == 2
    assert rise("provenance_records_total repeat") == 1
    assert rise("provenance_records_total refused") == 1
    assert rise("provenance_http_requests_total /v1/records 201 POST") == 1
    assert rise("provenance_http_requests_total /v1/records 200 POST") == 1
    assert rise("provenance_http_seconds_count /v1/records/batch") == 1
    assert after["provenance_tree_size"] == service.size()
    assert after["provenance_records_waiting"] == 0
    assert after["provenance_disk_free_bytes"] > 0


# --- parts that are away ----------------------------------------------------------------------


def test_without_a_chain_records_are_taken_all_the_same(folder: LedgerFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        nowhere = f"http://127.0.0.1:{server.getsockname()[1]}"
    settings = folder.read_settings()
    chain = replace(settings.chains[0], nodes=(nowhere,))
    folder.write_settings(replace(settings, chains=(chain,)))

    with running(folder) as service:
        service.deposited("while the chain is away")
        deadline = time.monotonic() + 10
        while service.client.get("/v1/ready").json()["parts"]["chain"]["ready"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        answer = service.client.get("/v1/ready")
        failing = _samples(service)["provenance_anchoring_failing"]

    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert answer.json()["parts"]["chain"] == {"ready": False, "detail": "unavailable"}
    assert failing == 1


def test_a_full_disk_takes_no_promises_and_goes_on_reading(
    folder: LedgerFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(folder) as service:
        record = service.deposited("while there is room")
        held = service.size()
        # a disk is outside: what it says of itself is all that the service knows
        monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(1 << 40, 1 << 40, 1 << 20))
        refused = service.post(deposit(service.alice, "without room"))
        unpublished = service.client.put(
            f"/v1/records/{record.id_hex}/manifest",
            content=b"",
            headers={"content-type": "application/jsonl", "authorization": "JWS x"},
        )
        ready = service.client.get("/v1/ready")
        read = service.client.get(f"/v1/records/{record.id_hex}/receipt")
        size = service.size()
        monkeypatch.undo()
        taken = service.post(deposit(service.alice, "without room"))

    the_problem(refused, 507, "storage-full")
    the_problem(unpublished, 507, "storage-full")
    assert int(refused.headers["retry-after"]) > 0
    assert (ready.status_code, ready.headers["retry-after"]) == (503, "5")
    assert ready.json()["parts"]["disk"] == {"ready": False, "detail": "full"}
    assert ready.json()["parts"]["records"] == {"ready": False, "detail": "storage-full"}
    assert read.status_code == 200
    assert (taken.status_code, size) == (201, held)


def test_a_writer_that_had_to_stop_answers_nobody_any_more(folder: LedgerFolder) -> None:
    with running(folder) as service:
        record = service.deposited("before the end")
        held = service.size()
        # the signer remembers another root than the database: going on would fork the log
        memory = folder.signer_memory.read_bytes()
        folder.signer_memory.write_bytes(memory[: len(memory) // 2])
        first = service.post(deposit(service.alice, "damaged memory"))
        second = service.post(deposit(service.alice, "after the end"))
        repeat = service.post(key_record(service.alice))
        ready = service.client.get("/v1/ready")
        read = service.client.get(f"/v1/records/{record.id_hex}")
        size = service.size()

    for answer in (first, second, repeat):
        the_problem(answer, 500, "fatal")
    assert ready.status_code == 503
    assert ready.json()["parts"]["writer"] == {"ready": False, "detail": "fatal"}
    assert (read.status_code, size) == (200, held)


def test_read_only_is_a_clear_problem_and_reading_goes_on(folder: LedgerFolder) -> None:
    with running(folder) as service:
        record = service.deposited("before")
        held = service.size()
        set_read_only(folder, "moving house", 1_780_000_000)
        refused = service.post(deposit(service.alice, "meanwhile"))
        batch = service.client.post("/v1/records/batch", json=["garbage"])
        ready = service.client.get("/v1/ready")
        read = service.client.get(f"/v1/records/{record.id_hex}/receipt")
        samples, size = _samples(service), service.size()
        set_read_only(folder, None, 1_780_000_060)
        until_ready(service)
        taken = service.post(deposit(service.alice, "meanwhile"))

    problem = the_problem(refused, 503, "read-only")
    the_problem(batch, 503, "read-only")
    assert "moving house" in problem["detail"]
    assert int(refused.headers["retry-after"]) > 0
    assert (ready.status_code, ready.headers["retry-after"]) == (503, "5")
    assert ready.json()["parts"]["records"] == {"ready": False, "detail": "read-only"}
    assert (samples["provenance_records_taken"], read.status_code) == (0, 200)
    assert samples["provenance_records_refused read-only"] == 1
    assert samples["provenance_part_ready records"] == 0
    assert samples["provenance_part_ready database"] == 1
    assert (taken.status_code, size) == (201, held)


def test_damage_stops_signing_over_restarts_and_what_can_be_proved_is_read(
    folder: LedgerFolder,
) -> None:
    with running(folder) as service:
        record = service.deposited("sound")
        other = service.deposited("this one rots")
        index = service.client.get(f"/v1/records/{other.id_hex}").json()["leaf_index"]
        with service.ledger.parts.store.writer.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE entries SET entry = CAST(substr(entry, 1, 99) || 'x' ||"
                " substr(entry, 101) AS BLOB) WHERE leaf_index = ?",
                (index,),
            )
        service.ledger.parts.scrub._round_from = 1.0  # noqa: SLF001 -- the next round begins now
        deadline = time.monotonic() + 30
        while service.client.get("/v1/ready").status_code == 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    with serving_ledger(folder) as service:
        refused = service.post(deposit(service.alice, "refused"))
        ready = service.client.get("/v1/ready").json()
        proved = service.client.get(f"/v1/records/{record.id_hex}/receipt")
        rotten = service.client.get(f"/v1/records/{other.id_hex}/receipt")
        shown = service.client.get(f"/v1/records/{other.id_hex}")
        samples = _samples(service)

    problem = the_problem(refused, 503, "log-damaged")
    place = f"entry {index} does not hash to what the tile says"
    assert place in problem["detail"]
    assert place in ready["parts"]["scrub"]["detail"]
    assert ready["parts"]["records"] == {"ready": False, "detail": "log-damaged"}
    assert proved.status_code == 200
    the_problem(rotten, 500, "damaged-receipt")
    the_problem(shown, 500, "damaged-receipt")
    assert samples["provenance_scrub_damaged"] == 1
    assert place in (read_standing(folder).mode.damage or "")
    with pytest.raises(AuditError, match=place):
        clear_damage(folder)  # it was not mended
    assert place in (read_standing(folder).mode.damage or "")


def test_with_the_signer_in_another_process_and_away_for_a_while(folder: LedgerFolder) -> None:
    with serving_signer(folder) as signer:
        folder.write_settings(replace(folder.read_settings(), signer=signer.url))
    port = int(signer.url.rpartition(":")[2])
    with ExitStack() as there, running_with(there, folder, port) as service:
        record = service.deposited("signed elsewhere")
        there.close()
        refused = service.post(deposit(service.alice, "while it is away"))
        ready = service.client.get("/v1/ready")
        samples = _samples(service)
        read = service.client.get(f"/v1/records/{record.id_hex}/receipt")
        there.enter_context(serving_signer(folder, port))
        until_ready(service)
        taken = service.post(deposit(service.alice, "while it is away"))

    problem = the_problem(refused, 503, "signer-away")
    assert "the signer process is away" in problem["detail"]
    assert str(port) not in problem["detail"]
    assert int(refused.headers["retry-after"]) > 0
    assert ready.status_code == 503
    assert ready.json()["parts"]["writer"] == {"ready": False, "detail": "signer-away"}
    assert ready.json()["parts"]["records"] == {"ready": False, "detail": "signer-away"}
    assert (samples["provenance_signing_away"], read.status_code) == (1, 200)
    assert samples["provenance_records_taken"] == 0
    assert samples["provenance_records_refused signer-away"] == 1
    assert taken.status_code == 200  # it was integrated, and signed for when the signer was back


@contextmanager
def running_with(there: ExitStack, folder: LedgerFolder, port: int) -> Iterator[Service]:
    there.enter_context(serving_signer(folder, port))
    with running(folder) as service:
        yield service


def until_ready(service: Service) -> None:
    wait_until(lambda: service.client.get("/v1/ready").status_code == 200)


def test_a_signer_that_goes_away_is_said_before_anybody_deposits(folder: LedgerFolder) -> None:
    with serving_signer(folder) as signer:
        folder.write_settings(replace(folder.read_settings(), signer=signer.url))
    port = int(signer.url.rpartition(":")[2])
    with ExitStack() as there, running_with(there, folder, port) as service:
        until_ready(service)
        there.close()
        wait_until(lambda: service.client.get("/v1/ready").status_code == 503)
        parts, samples = service.client.get("/v1/ready").json()["parts"], _samples(service)
        there.enter_context(serving_signer(folder, port))
        until_ready(service)

    assert parts["writer"]["ready"], "nothing was to be signed"
    assert parts["signer"] == parts["records"] == {"ready": False, "detail": "signer-away"}
    assert samples["provenance_records_taken"] == 0
    assert samples["provenance_part_ready signer"] == 0


def test_a_wrong_token_is_a_signer_that_refuses(folder: LedgerFolder) -> None:
    with serving_signer(folder) as signer:
        folder.write_settings(replace(folder.read_settings(), signer=signer.url))
    port = int(signer.url.rpartition(":")[2])
    token = folder.root / "signer.token"
    with serving_signer(folder, port):
        token.write_text("A" * 43 + "\n")
        with serving_ledger(folder) as service:
            refused = service.post(key_record(service.alice))
            wait_until(lambda: "signer-refused" in service.client.get("/v1/ready").text)
            ready = service.client.get("/v1/ready")

    problem = the_problem(refused, 503, "signer-refused")
    assert "the token is not that of the signer's file" in problem["detail"]
    assert ready.status_code == 503
    assert ready.json()["parts"]["records"] == {"ready": False, "detail": "signer-refused"}


def test_a_start_with_older_keys_than_the_log_says_so(
    folder: LedgerFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(folder) as service:
        service.deposited("with a key that the copy has")
        make_backup(folder, tmp_path / "keys.archive", of=DISCLOSURE_KEYS)
    older = (folder.root / "keys.sqlite").read_bytes()
    with running(folder) as service:
        assert "disclosures" not in service.ledger.readiness()
        service.deposited("one that it has not")
        service.deposited("nor of this one")
    (folder.root / "keys.sqlite").write_bytes(older)

    with serving_ledger(folder) as service:
        ready = service.client.get("/v1/ready")

    said = "keys.sqlite is older than the log: disclosures of 2 records have no key"
    assert ready.json()["parts"]["disclosures"] == {"ready": False, "detail": said}
    assert sum(said in one.getMessage() for one in caplog.records) == 1


def test_a_beacons_node_that_is_away_is_seen_while_nothing_is_anchored(
    folder: LedgerFolder,
) -> None:
    with serving_ledger(folder) as service:
        parts = service.ledger.parts
        wait_until(lambda: service.ledger.readiness()["chain"] == (True, "following"))
        parts.beacons.stop()
        parts.beacons.status = LoopStatus(running=True, error=UnavailableError("away"))
        ready = service.client.get("/v1/ready")

    assert ready.status_code == 200, "records are taken all the same"
    assert ready.json()["parts"]["chain"] == {"ready": False, "detail": "unavailable"}


def test_a_start_without_the_disclosures_keys_says_so(
    folder: LedgerFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(folder) as service:
        service.deposited("sealed")
        make_backup(folder, tmp_path / "keys.archive", of=DISCLOSURE_KEYS)
        sealed = set(service.ledger.parts.store.disclosures_between(0, 100))
        assert "disclosures" not in service.ledger.readiness()
    for file in folder.root.glob("keys.sqlite*"):
        file.unlink()

    said = (
        "keys.sqlite was not there, or is not this log's: "
        f"disclosures of {len(sealed)} records have no key"
    )
    for _ in range(2):  # the file is there at the second start, and as empty
        caplog.clear()
        with serving_ledger(folder) as service:
            ready = service.client.get("/v1/ready")
            samples = _samples(service)
        assert ready.status_code == 200
        assert ready.json()["parts"]["disclosures"] == {"ready": False, "detail": said}
        assert samples["provenance_part_ready disclosures"] == 0
        assert any(said in one.getMessage() for one in caplog.records)

    # as docs/operating.md says to put the archive back
    make_backup(folder, tmp_path / "log.archive")
    new = LedgerFolder(tmp_path / "new")
    restore_backup(tmp_path / "log.archive", new, keys=tmp_path / "keys.archive")
    for file in folder.root.glob("keys.sqlite*"):
        file.unlink()
    shutil.copy(new.root / "keys.sqlite", folder.root / "keys.sqlite")
    with serving_ledger(folder) as service:
        assert "disclosures" not in service.ledger.readiness()


def test_an_unreadable_key_store_is_named(folder: LedgerFolder) -> None:
    for file in folder.root.glob("keys.sqlite?*"):
        file.unlink()
    (folder.root / "keys.sqlite").write_bytes(b"this is no database " * 500)

    with pytest.raises(FatalError, match=r"^keys\.sqlite: .*SQLITE_NOTADB"):
        Ledger(folder).start()


def test_the_log_says_how_full_the_service_is(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    record = deposit(service.alice, "one too many")
    writer = service.ledger.parts.writer
    monkeypatch.setattr(writer, "_waiting", 20_000)
    refused = service.post(record)
    monkeypatch.setattr(writer, "_waiting", 0)

    the_problem(refused, 503, "overloaded")
    numbers = "20000 records wait, 1 more came, limit 20000"
    assert f"request failed: {numbers}" in [one.getMessage() for one in caplog.records]
