"""Erasure: nobody reads it again with all that the operator still holds, and every proof stays."""

from __future__ import annotations

import base64
import json
import logging
import sqlite3
import tarfile
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from databases import fresh_place
from running_service import Service, copy, running, serving_ledger
from small_ledger import ORIGIN, ROOT, SmallLedger, deposit, key_of, key_record, salts

from provenance.digests import from_b64url, sha256
from provenance.errors import MalformedError, NotFoundError, VerificationError, WrongPassphraseError
from provenance.fingerprint import FileEntry, summarize, write_manifest
from provenance.holder_statement import PUBLICATION, issue_statement
from provenance.ledger.erase_disclosures import (
    apply_erasures,
    erased_of,
    find_person,
    integrate_erasure,
    issue_erasure,
)
from provenance.ledger.load_record import load_record
from provenance.ledger.rebuild_lookups import rebuild_lookups
from provenance.receipt import Receipt
from provenance.record import Record, deposit_of, issue_record, parse_record
from provenance.service.audit import audit_folder
from provenance.service.backup import DISCLOSURE_KEYS, make_backup, restore_backup
from provenance.service.erase import Done, Wish, erase
from provenance.service.operator_keys import OperatorKeys
from provenance.service.rotate_keys import rotate_keys
from provenance.service.settings import LedgerFolder
from provenance.store.disclosure_cipher import NONCE_LENGTH, key_for
from provenance.store.key_store import open_key_store
from provenance.store.log_store import open_log_store
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from pathlib import Path

    from databases import Place, PostgresServer

    from provenance.keys import PrivateKey

GONE, GONE_ORCID = "Henriette Ausgelöscht", "0000-0002-1825-0097"
STAYS, STAYS_ORCID = "王小明", "0000-0001-5109-3700"
DAY = 86_400


def shared_deposit(key: PrivateKey, name: str = "shared", hold: tuple[str, ...] = ()) -> Record:
    """A deposit that two people are named in."""
    claims = {
        "dataset_digest": sha256(name.encode()).hex(),
        "files": 1,
        "title": f"Measurements {name}",
        "contributors": [
            {"name": GONE, "orcid": GONE_ORCID, "roles": ["investigation"]},
            {"name": STAYS, "orcid": STAYS_ORCID, "roles": ["software"]},
        ],
    }
    return issue_record(
        "deposit",
        claims,
        private_key=key,
        aud=ORIGIN,
        iat=int(time.time()),
        salts=salts(key.seed + name.encode()),
        hold=hold,
    )


def erase_now(folder: LedgerFolder, wish: Wish, passphrase: str = "passphrase") -> Done:
    def unlock(keys: OperatorKeys) -> PrivateKey:
        return keys.open_root(passphrase)

    return erase(folder, wish, unlock_root=unlock, now_unix=int(time.time()))


def names_of(record: Record) -> list[str | None]:
    return [one.name if one else None for one in deposit_of(record).contributors]


def shown(service: Service, record: Record) -> Record:
    """The record as the service shows it to everybody now."""
    octets = service.client.get(f"/v1/records/{record.id_hex}/receipt").content
    return parse_record(Receipt.parse(octets).record.sd_jwt.encode(), complete=False)


# --- what nobody can read any more --------------------------------------------------------------


def spellings(*words: str) -> list[bytes]:
    """How a word may lie in a file: as text, escaped, and within base64 at each of three places."""
    found: list[bytes] = []
    for word in words:
        octets = word.encode()
        found += [octets, json.dumps(word).strip('"').encode(), octets.hex().encode()]
        for shift in range(3):
            coded = base64.urlsafe_b64encode(b"x" * shift + octets)
            # the first and last characters hold bits of what stands beside it
            found.append(coded[4 if shift else 0 : -4])
    return found


def all_bytes(*folders: Path) -> dict[str, bytes]:
    """Every file that the operator has, and every member of every archive among them."""
    found: dict[str, bytes] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if not path.is_file():
                continue
            found[str(path)] = path.read_bytes()
            if tarfile.is_tarfile(path):
                with tarfile.open(path) as archive:
                    for member in archive:
                        file = archive.extractfile(member)
                        found[f"{path}/{member.name}"] = file.read() if file else b""
    return found


def ciphertexts(octets: bytes, digests: set[bytes]) -> list[tuple[bytes, bytes]]:
    """The stored ciphertexts of some disclosures, out of a database's bytes."""
    connection = sqlite3.connect(":memory:")
    connection.deserialize(octets[:18] + b"\x01\x01" + octets[20:])  # not in WAL mode: no files
    with closing(connection):
        rows = connection.execute("SELECT digest, ciphertext FROM disclosures").fetchall()
    return [(digest, octets) for digest, octets in rows if digest in digests]


def decrypts(candidates: set[bytes], record_id: bytes, sealed: list[tuple[bytes, bytes]]) -> bool:
    """Try every 32 bytes as the record's key, as a subkey, and as the key of the first scheme."""
    for digest, octets in sealed:
        nonce, rest = octets[:NONCE_LENGTH], octets[NONCE_LENGTH:]
        for candidate in candidates:
            for key in (candidate, key_for((candidate, 1), digest)):
                try:
                    AESGCM(key).decrypt(nonce, rest, record_id + digest)
                except InvalidTag:
                    continue
                return True
    return False


def windows(files: dict[str, bytes]) -> set[bytes]:
    """Every run of 32 bytes in the files that keys lie in."""
    return {
        octets[at : at + 32]
        for name, octets in files.items()
        if "keys.sqlite" in name or name.endswith(("/database", ".memory"))
        for at in range(len(octets) - 31)
        if any(octets[at : at + 32])
    }


def test_old_backups_cannot_be_read_with_all_that_the_operator_still_holds(
    founded: LedgerFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    folder = copy(founded, tmp_path / "ledger")
    held = tmp_path / "backups"
    held.mkdir()
    (held / "keys").mkdir()
    now = int(time.time())
    with running(folder) as service:
        record = shared_deposit(service.alice)
        mine = service.post(record).content
        rotate_keys(folder, held / "keys", now_unix=now)
        make_backup(folder, held / "log-before.tar")
    (digest,) = [
        from_b64url(part.digest)
        for part in record.parts
        if GONE in json.dumps(part.value, ensure_ascii=False)
    ]
    before = all_bytes(folder.root, held)
    (old,) = [octets for name, octets in before.items() if name.endswith("before.tar/database")]
    sealed = ciphertexts(old, {digest})
    assert decrypts(windows(before), record.id, sealed)  # the trial finds a key that is there

    done = erase_now(folder, Wish(person=GONE_ORCID))

    rotate_keys(folder, held / "keys", now_unix=now + 29 * DAY + 1)
    make_backup(folder, held / "log-after.tar")
    left = all_bytes(folder.root, held)
    assert [one.record for one in done.erased] == [record.id]
    assert len(list((held / "keys").iterdir())) == 1
    assert not decrypts(windows(left), record.id, sealed)
    words = spellings(GONE, GONE_ORCID)
    assert [name for name, octets in left.items() if any(word in octets for word in words)] == []
    assert GONE not in caplog.text
    assert GONE_ORCID not in caplog.text
    own = parse_record(Receipt.parse(mine).record.sd_jwt.encode(), complete=False)
    assert names_of(own) == [GONE, STAYS]


def test_proofs_hold_and_nothing_brings_a_name_back(founded: LedgerFolder, tmp_path: Path) -> None:
    folder = copy(founded, tmp_path / "ledger")
    with running(folder) as service:
        record = shared_deposit(service.alice)
        mine = service.post(record).content
        assert names_of(shown(service, record)) == [GONE, STAYS]
    policy = folder.read_policy()

    erase_now(folder, Wish(person=GONE_ORCID))

    with running(folder) as service:
        again = service.post(record)
        assert again.status_code == 200
        assert GONE not in again.text
        assert names_of(shown(service, record)) == [None, STAYS]
        service.client.post("/v1/records", content=record.compact)
        served = "".join(
            service.client.get(path).text
            for path in (
                f"/v1/records/{record.id_hex}",
                f"/v1/records/{record.id_hex}/receipt",
                f"/v1/lookup?digest={sha256(b'shared').hex()}",
                f"/v1/lookup?orcid={STAYS_ORCID}",
                f"/v1/lookup?orcid={GONE_ORCID}",
                "/checkpoint",
            )
        )
        tile = service.client.get(f"/tile/entries/000.p/{service.size()}").content
        assert not any(word in served.encode() + tile for word in spellings(GONE, GONE_ORCID))
        deadline = time.monotonic() + 60
        while True:
            receipt = service.client.get(f"/v1/records/{record.id_hex}/receipt").content
            verdict = verify_receipt(receipt, policy, now_unix=0, allow_dev_chain=True)
            if verdict.check("anchor").code == "root-on-dev-chain":
                break
            assert time.monotonic() < deadline
            time.sleep(0.2)
    codes = {check.name: check.outcome.value for check in verdict.checks}
    assert (codes["signature"], codes["inclusion"], codes["anchor"]) == ("proved",) * 3
    # what the holder has is his: it shows the name, and verifies as it did
    own = verify_receipt(mine, policy, now_unix=0)
    assert own.check("inclusion").outcome.value == "proved"
    assert names_of(parse_record(Receipt.parse(mine).record.sd_jwt.encode(), complete=False)) == [
        GONE,
        STAYS,
    ]
    report, _ = audit_folder(folder, ask_chain=False)
    assert report.by_type["erasure"] == 1
    assert len(report.erased) == 1
    assert report.lost_keys == []


def test_a_restored_copy_erases_again_before_it_is_served(
    founded: LedgerFolder, tmp_path: Path
) -> None:
    folder = copy(founded, tmp_path / "ledger")
    with running(folder) as service:
        record = shared_deposit(service.alice)
        service.post(record)
        make_backup(folder, tmp_path / "old-keys", of=DISCLOSURE_KEYS)
    erase_now(folder, Wish(person=GONE_ORCID))
    make_backup(folder, tmp_path / "log")
    restored = LedgerFolder(tmp_path / "restored")

    report = restore_backup(tmp_path / "log", restored, keys=tmp_path / "old-keys")

    assert len(report.erased) == 1
    files = all_bytes(restored.root)
    digests = {from_b64url(part.digest) for part in record.parts}
    sealed = {
        digest: [(digest, octets)]
        for digest, octets in ciphertexts(files[str(restored.database)], digests)
    }
    (gone,) = [from_b64url(part.digest) for part in record.parts if _names(part.value, GONE)]
    assert not decrypts(windows(files), record.id, sealed[gone])
    with closing(open_key_store(restored.disclosure_keys)) as keys:
        texts = keys.open(record.id, [one for (one,) in sealed.values()])
    assert texts is not None
    assert sum(text is None for text in texts) == 1


def _names(value: object, name: str) -> bool:
    return isinstance(value, dict) and value.get("name") == name


def test_what_a_crash_left_to_do_is_done_by_the_next_start(
    founded: LedgerFolder, tmp_path: Path
) -> None:
    folder = copy(founded, tmp_path / "ledger")
    with running(folder) as service:
        record = shared_deposit(service.alice)
        service.post(record)
    root = OperatorKeys(folder.keys).open_root("passphrase")
    with closing(open_log_store(folder.database)) as store:
        order = issue_erasure(
            [erased_of(record, GONE_ORCID)], root=root, origin=ORIGIN, now_unix=int(time.time())
        )
        integrate_erasure(order, store)  # and the process dies

    with serving_ledger(folder) as service:
        assert names_of(shown(service, record)) == [None, STAYS]
        assert service.client.get("/v1/lookup", params={"orcid": GONE_ORCID}).json()["items"] == []


def test_a_whole_record_is_erased_with_its_manifest_which_stays_away(
    founded: LedgerFolder, tmp_path: Path
) -> None:
    folder = copy(founded, tmp_path / "ledger")
    files = [FileEntry(f"{GONE}.csv", sha256(b"content"), 7)]
    summary = summarize(files)
    with running(folder) as service:
        claims = {"dataset_digest": summary.digest.hex(), "files": 1, "bytes": 7, "title": GONE}
        record = issue_record(
            "deposit",
            claims,
            private_key=service.alice,
            aud=ORIGIN,
            iat=int(time.time()),
            salts=salts(b"files"),
        )
        service.post(record)
        assert publish(service, record, files) == 204

    erase_now(folder, Wish(records=(record.id,)))

    assert not any(
        word in octets for octets in all_bytes(folder.root).values() for word in spellings(GONE)
    )
    with running(folder) as service:
        assert service.client.get(f"/v1/records/{record.id_hex}/manifest").status_code == 404
        assert publish(service, record, files) == 409
        shown_now = shown(service, record)
        assert deposit_of(shown_now).title is None
        assert (
            service.client.get("/v1/lookup", params={"digest": sha256(b"content").hex()}).json()[
                "items"
            ]
            == []
        )


def publish(service: Service, record: Record, files: list[FileEntry]) -> int:
    statement = issue_statement(
        PUBLICATION,
        record_id=record.id_hex,
        private_key=service.alice,
        aud=ORIGIN,
        iat=int(time.time()),
        jti=sha256(str(time.time_ns()).encode()).hex(),
    )
    answer = service.client.put(
        f"/v1/records/{record.id_hex}/manifest",
        content=write_manifest(files),
        headers={"content-type": "application/jsonl", "authorization": f"JWS {statement}"},
    )
    return int(answer.status_code)


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        (Wish(), MalformedError),
        (Wish(person="0000-0003-1415-9269"), NotFoundError),
        (Wish(records=(b"\x01" * 32,)), NotFoundError),
    ],
)
def test_an_order_for_nothing_changes_nothing(
    founded: LedgerFolder, tmp_path: Path, wish: Wish, error: type[Exception]
) -> None:
    folder = copy(founded, tmp_path / "ledger")

    with pytest.raises(error):
        erase_now(folder, wish)

    with closing(open_log_store(folder.database)) as store:
        assert store.head().tree_size == 2


def test_only_the_root_key_orders(founded: LedgerFolder, tmp_path: Path) -> None:
    folder = copy(founded, tmp_path / "ledger")
    with running(folder) as service:
        record = shared_deposit(service.alice)
        service.post(record)
        size = service.size()
        order = issue_erasure(
            [erased_of(record, GONE_ORCID)], root=service.alice, origin=ORIGIN, now_unix=1
        )
        assert service.post(order).status_code in {400, 403, 422}

    with pytest.raises(WrongPassphraseError):
        erase_now(folder, Wish(person=GONE_ORCID), passphrase="wrong")
    with pytest.raises(VerificationError, match="another root key"):
        erase(folder, Wish(person=GONE_ORCID), unlock_root=lambda _: key_of("mallory"), now_unix=1)

    with closing(open_log_store(folder.database)) as store:
        assert store.head().tree_size == size


# --- looking people up --------------------------------------------------------------------------


def people(service: Service, **query: str | int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        answer = service.client.get("/v1/lookup", params={**query, **more})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            return found


def test_people_are_found_by_orcid_and_name_with_who_says_so(service: Service) -> None:
    name, orcid = "Ada von der Suche", "0000-0003-1613-5981"
    herself, other = key_of("ada herself"), key_of("somebody about ada")
    service.post(key_record(herself, name=name, orcid=orcid))
    service.know(other)
    claims = {
        "dataset_digest": sha256(b"ada").hex(),
        "files": 1,
        "contributors": [{"name": name, "orcid": orcid}, {"name": "Ada Heimlich"}],
    }
    about = issue_record(
        "deposit",
        claims,
        private_key=other,
        aud=ORIGIN,
        iat=int(time.time()),
        salts=salts(b"ada"),
        hold=["contributors[1]"],
    )
    service.post(about)

    by_orcid = people(service, orcid=orcid, limit=1)
    by_name = people(service, name="ADA  von der suche")

    assert [(hit["type"], hit["identity"]) for hit in by_orcid] == [
        ("key", "self-asserted"),
        ("deposit", "unbound"),
    ]
    assert [hit["id"] for hit in by_name] == [hit["id"] for hit in by_orcid]
    assert people(service, name="Ada Heimlich") == []
    assert people(service, name="Ada von der") == []
    wrong = service.client.get("/v1/lookup", params={"orcid": "0000-0003-1613-5982"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "check-digit")


def test_the_index_of_people_names_nobody_without_its_key(
    founded: LedgerFolder, tmp_path: Path
) -> None:
    folder = copy(founded, tmp_path / "ledger")
    with running(folder) as service:
        service.post(deposit(service.alice, "for the index", contributors=1))

    with closing(sqlite3.connect(folder.database)) as connection:
        tags = [bytes(tag) for (tag,) in connection.execute("SELECT tag FROM person_index")]
    assert len(tags) == 2
    assert all(len(tag) == 16 for tag in tags)
    with closing(open_key_store(folder.disclosure_keys)) as keys:
        assert keys.tag("orcid:0000-0002-1825-0097") in tags
    other = open_key_store(tmp_path / "other.sqlite")
    assert other.tag("orcid:0000-0002-1825-0097") not in tags
    other.close()


# --- on both databases --------------------------------------------------------------------------


def test_an_order_is_carried_out_on_either_database(place: Place, tmp_path: Path) -> None:
    ledger = SmallLedger(tmp_path, place=place)
    ledger.begin()
    alice = key_of("alice")
    record = shared_deposit(alice)
    ledger.now = int(time.time())
    ledger.integrate(key_record(alice), record)
    index = ledger.store.record_indexes([record.id])[record.id]
    gone, stays = (ledger.key_store.tag(f"orcid:{orcid}") for orcid in (GONE_ORCID, STAYS_ORCID))
    assert ledger.store.records_of_person(gone, -1, 10) == [index]
    found = find_person(GONE_ORCID, store=ledger.store, key_store=ledger.key_store)
    assert found == [erased_of(record, GONE_ORCID)]
    integrate_erasure(
        issue_erasure(found, root=ROOT, origin=ORIGIN, now_unix=ledger.now), ledger.store
    )

    assert apply_erasures(ledger.store, ledger.key_store) == 1

    shown_now = load_record(index, log=ledger.store, key_store=ledger.key_store)
    assert names_of(shown_now) == [None, STAYS]
    assert ledger.store.records_of_person(gone, -1, 10) == []
    assert ledger.store.records_of_person(stays, -1, 10) == [index]
    assert apply_erasures(ledger.store, ledger.key_store) == 0
    assert apply_erasures(ledger.store, ledger.key_store, again=True) == 1
    assert names_of(load_record(index, log=ledger.store, key_store=ledger.key_store)) == [
        None,
        STAYS,
    ]
    rebuild_lookups(ledger.store, ledger.key_store)
    assert ledger.store.erasures(0) == [ledger.store.head().tree_size - 1]
    assert ledger.store.records_of_person(gone, -1, 10) == []
    assert ledger.store.records_of_person(stays, -1, 10) == [index]
    ledger.close()


def test_old_ciphertexts_cannot_be_read_with_what_postgresql_still_holds(
    postgresql: PostgresServer, tmp_path: Path
) -> None:
    place = fresh_place(postgresql)
    ledger = SmallLedger(tmp_path, place=place)
    ledger.begin()
    alice = key_of("alice")
    record = shared_deposit(alice)
    ledger.now = int(time.time())
    ledger.integrate(key_record(alice), record)
    index = ledger.store.record_indexes([record.id])[record.id]
    digests = erased_of(record, GONE_ORCID).digests
    assert digests is not None
    (gone,) = digests
    sealed = [
        (part.digest, part.ciphertext)
        for part in ledger.store.disclosures(index)
        if part.digest == gone
    ]

    def relations() -> dict[str, bytes]:
        """The files of the keys' database as they lie on the disk now."""
        postgresql.execute("CHECKPOINT")
        name = "test_" + str(place.keys).rpartition("/test_")[2].partition("?")[0]
        asked = (
            "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 'i', 't') AND "
            "relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace) AND oid > 16383"
        )
        rows = postgresql.execute(asked, database=name)
        paths = [postgresql.folder / path for (path,) in rows if path]
        return {f"{path}/database": path.read_bytes() for path in paths if path.is_file()}

    before = relations()
    assert decrypts(windows(before), record.id, sealed)  # the trial finds a key that is there
    found = find_person(GONE_ORCID, store=ledger.store, key_store=ledger.key_store)
    order = issue_erasure(found, root=ROOT, origin=ORIGIN, now_unix=ledger.now)
    integrate_erasure(order, ledger.store)

    assert apply_erasures(ledger.store, ledger.key_store) == 1

    assert not decrypts(windows(relations()), record.id, sealed)
    words = spellings(GONE, GONE_ORCID)
    files = [file for file in (postgresql.folder / "base").glob("*/*") if file.is_file()]
    assert [file for file in files if any(word in file.read_bytes() for word in words)] == []
    ledger.close()
    postgresql.drop(place)


def test_what_a_holder_keeps_from_view_is_erased_with_the_rest(tmp_path: Path) -> None:
    ledger = SmallLedger(tmp_path)
    ledger.begin()
    alice = key_of("alice")
    person = {"name": GONE, "orcid": GONE_ORCID}
    claims = {
        "dataset_digest": sha256(b"both").hex(),
        "files": 1,
        "contributors": [{**person, "roles": ["software"]}, {**person, "roles": ["supervision"]}],
    }
    record = issue_record(
        "deposit",
        claims,
        private_key=alice,
        aud=ORIGIN,
        iat=1,
        salts=salts(b"both"),
        hold=["contributors[1]"],
    )
    hidden = shared_deposit(alice, "hidden", hold=("contributors",))
    ledger.now = int(time.time())
    ledger.integrate(key_record(alice), record, hidden)

    found = find_person(GONE_ORCID, store=ledger.store, key_store=ledger.key_store)

    assert [one.record for one in found] == [record.id]
    assert found[0].digests == frozenset(from_b64url(part.digest) for part in record.parts)
    assert len(erased_of(hidden, GONE_ORCID).digests or ()) == 1
    ledger.close()


def test_archives_of_keys_are_kept_for_a_month(founded: LedgerFolder, tmp_path: Path) -> None:
    folder = copy(founded, tmp_path / "ledger")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "disclosure-keys-notes.tar").write_text("mine")
    start = 1_790_000_000

    for day in range(0, 62, 2):
        made, _ = rotate_keys(folder, tmp_path / "keys", now_unix=start + day * DAY)
        assert made.exists()

    left = sorted(path.name for path in (tmp_path / "keys").iterdir())
    assert len(left) == 16
    assert "disclosure-keys-notes.tar" in left


def test_a_lost_key_is_told_apart_from_an_erased_one(founded: LedgerFolder, tmp_path: Path) -> None:
    folder = copy(founded, tmp_path / "ledger")
    with running(folder) as service:
        first = shared_deposit(service.alice)
        service.post(first)
    erase_now(folder, Wish(records=(first.id,)))

    with running(folder) as service:
        assert service.ledger.readiness().get("disclosures", (True, ""))[0]
    folder.disclosure_keys.unlink()
    with running(folder) as service:
        # the log orders it erased: a store that was made anew knows so again
        assert service.ledger.parts.key_store.was_erased(first.id)
