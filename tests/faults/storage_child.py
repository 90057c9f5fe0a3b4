"""The code under test, light enough to be started thousands of times: a server that forks.

It imports store, signer and receipts once. For each job that a campaign asks for
(``storage_forks``) it forks a child, which may first wait to be traced, and passes on what the
child reports. A job does what the service does in its writer's thread: the same calls in the same
order, and the same answer to each kind of error.
"""

from __future__ import annotations

import gc
import io
import itertools
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erasing import erase_stored

from faults import bit_rot_jobs, storage_anchor_jobs
from provenance.digests import sha256
from provenance.errors import ProvenanceError, UnavailableError
from provenance.files import key_file
from provenance.files.signer_memory import FileSignerMemory
from provenance.fingerprint import FileEntry, summarize, write_manifest
from provenance.holder_statement import PUBLICATION, issue_statement
from provenance.keys import PrivateKey
from provenance.ledger.accept_records import check_records
from provenance.ledger.check_policy import check_policy
from provenance.ledger.integrate_entries import Integrated, integrate_entries
from provenance.ledger.issue_receipt import ReceiptIssuer
from provenance.ledger.known_keys import KnownKeys
from provenance.ledger.load_record import load_record
from provenance.ledger.local_signer import LocalSigner
from provenance.ledger.read_log import SignedLog
from provenance.ledger.recover_log import recover_log
from provenance.ledger.serve_holder import publish_manifest
from provenance.ledger.sign_checkpoint import sign_newest_head
from provenance.ledger.signing_keys import SigningKeys
from provenance.ledger.tile_cache import TileCache
from provenance.policy import Policy
from provenance.record import issue_record
from provenance.service.configure import change_key, check_settled
from provenance.service.operator_keys import OperatorKeys
from provenance.service.settings import LedgerFolder
from provenance.store.key_store import open_key_store
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.ledger.ports import SignedHead
    from provenance.receipt import Receipt

JSON = dict[str, Any]

ENDED = 70
"""Exit code of a child after an error that ends the service."""

BROKEN = 71
"""Exit code of a child after an error that is none of ours: it ends the service, too."""

PASSPHRASE = "not a secret"


class OpenLedger:
    """A ledger folder's stores and keys, without a chain."""

    def __init__(self, folder: Path) -> None:
        place = LedgerFolder(folder)
        policy = Policy.parse(place.policy.read_bytes())
        self.policy = policy
        self.origin = policy.origin
        self.store = open_log_store(place.database)
        check_settled(place, self.store)
        check_policy(policy, self.store)
        self.key_store = open_key_store(place.disclosure_keys)
        at_hand = [OperatorKeys(place.keys).checkpoint()]
        self.signer = LocalSigner(
            FileSignerMemory(place.signer_memory, origin=policy.origin),
            SigningKeys(policy.origin, policy.checkpoint_keys, at_hand),
            policy.origin,
        )
        self.known_keys = KnownKeys(self.store)
        self.tiles = TileCache(self.store.read_tile)
        self.log = SignedLog(self.store, self.tiles)
        self.receipts = ReceiptIssuer(
            log=self.store,
            key_store=self.key_store,
            known_keys=self.known_keys,
            tiles=self.tiles,
            policy=policy,
        )
        self._signed: SignedHead | None = None

    def recover(self) -> None:
        self._signed = recover_log(
            store=self.store,
            key_store=self.key_store,
            signer=self.signer,
            origin=self.origin,
        )

    def write(self, compacts: Sequence[bytes]) -> list[JSON]:
        """Integrate one batch, sign it, and make its receipts, as the service's writer does."""
        items = check_records(
            compacts,
            origin=self.origin,
            find_keys=lambda kids: {k: v.key for k, v in self.known_keys.find(kids).items()},
        )
        done = integrate_entries(
            [items],
            store=self.store,
            key_store=self.key_store,
            beacons=None,
            now_unix=int(time.time()),
        )
        self.tiles.offer(done.tiles)
        if done.head is not None or self._signed is None:
            self._signed = None
            self._signed = sign_newest_head(
                store=self.store, signer=self.signer, origin=self.origin
            )
        answers = []
        for outcome in done.outcomes[0]:
            if not isinstance(outcome, Integrated):
                raise outcome
            receipt = (
                self.receipts.acknowledge(outcome.record, outcome.leaf_index, self._signed)
                if outcome.is_new
                else self.receipts.issue(outcome.leaf_index)
            )
            answers.append(_answer(outcome, receipt))
        return answers

    def show(self, index: int) -> str:
        """Return a record with its public disclosures that are not erased."""
        return load_record(index, log=self.store, key_store=self.key_store).compact.decode()

    def close(self) -> None:
        self.store.close()
        self.key_store.close()


def _answer(outcome: Integrated, receipt: Receipt) -> JSON:
    return {
        "ack": outcome.leaf_index,
        "id": outcome.record.id_hex,
        "new": outcome.is_new,
        "receipt": receipt.to_bytes().decode(),
    }


# --- jobs -----------------------------------------------------------------------------------


def write(ledger: OpenLedger, asked: JSON, say: Callable[[JSON], None]) -> None:
    """Batches, one after the other; what the service would survive, this survives."""
    for batch in asked["batches"]:
        try:
            for answer in ledger.write([one.encode() for one in batch]):
                say(answer)
        except UnavailableError as error:
            ledger._signed = None  # noqa: SLF001 -- as the writer: sign again with the next batch
            say({"refused": error.code})


def erase(ledger: OpenLedger, asked: JSON, say: Callable[[JSON], None]) -> None:
    for found in asked["ids"]:
        erase_stored(
            bytes.fromhex(found), log=ledger.log, store=ledger.store, key_store=ledger.key_store
        )
        say({"erased": found})


def publish(ledger: OpenLedger, asked: JSON, say: Callable[[JSON], None]) -> None:
    for statement in asked["statements"]:
        publish_manifest(
            bytes.fromhex(asked["id"]),
            io.BytesIO(asked["manifest"].encode()),
            statement.encode(),
            log=ledger.log,
            store=ledger.store,
            origin=ledger.origin,
            now_unix=asked["now"],
        )
        say({"published": asked["id"]})


def examine(ledger: OpenLedger, asked: JSON, say: Callable[[JSON], None]) -> None:
    """Send everything again that was ever sent, and show all of it."""
    write(ledger, asked, say)
    look(ledger, asked, say)


def look(ledger: OpenLedger, asked: JSON, say: Callable[[JSON], None]) -> None:
    """Show records, and the manifests that are published of them."""
    for found in asked["show"]:
        (index,) = ledger.store.record_indexes([bytes.fromhex(found)]).values()
        say({"shown": found, "as": ledger.show(index)})
        manifest = ledger.store.manifest(index)
        if manifest is not None:
            say({"manifest": found, "as": manifest.decode()})


def change(folder: Path, kind: str, say: Callable[[JSON], None]) -> None:
    """Put a new key in the place of the one in use, as ``provenance configure`` does."""
    from provenance.ledger.configure_log import KeyKind  # noqa: PLC0415 -- one job's

    changed = change_key(
        LedgerFolder(folder),
        KeyKind(kind),
        unlock_root=lambda keys: keys.open_root(PASSPHRASE),
        now_unix=int(time.time()),
    )
    say({"changed": changed.change.leaf_index})


def answer(ledger: OpenLedger, asked: JSON, say: Callable[[JSON], None]) -> None:
    """Answer everything, and then take a record."""
    bit_rot_jobs.answers(ledger, asked, say)
    write(ledger, asked, say)


_JOBS = {
    "write": write,
    "bind": storage_anchor_jobs.bind,
    "follow": storage_anchor_jobs.follow,
    "erase": erase,
    "publish": publish,
    "examine": examine,
    "look": look,
    "answer": answer,
}


def prepare(folder: Path, asked: JSON, say: Callable[[JSON], None]) -> None:
    """Sign a deposit of known files, and two orders to publish its manifest."""
    files = [FileEntry(f"{at:03d}.csv", sha256(b"%d" % at), at) for at in range(1, 200)]
    summary, manifest = summarize(files), write_manifest(files)
    origin = Policy.parse(LedgerFolder(folder).policy.read_bytes()).origin
    key = PrivateKey.from_seed("Ed25519", sha256(asked["seed"].encode()))
    salts = (sha256(b"%d" % count)[:16] for count in itertools.count())
    common = {"private_key": key, "aud": origin, "iat": asked["now"]}
    claims = {
        "dataset_digest": summary.digest.hex(),
        "files": summary.files,
        "bytes": summary.length,
        "title": "Known files",
    }
    deposit = issue_record("deposit", claims, salts=salts, **common)
    say(
        {
            "records": [
                issue_record("key", {}, salts=salts, **common).compact.decode(),
                deposit.compact.decode(),
            ],
            "id": deposit.id_hex,
            "manifest": manifest.decode(),
            "statements": [
                issue_statement(PUBLICATION, record_id=deposit.id_hex, jti=jti * 16, **common)
                for jti in "ab"
            ],
            "now": asked["now"],
        }
    )


def quicken(folder: Path) -> None:
    """Seal the root key anew with fewer rounds: each change of a key opens it."""
    path = folder / "keys" / "root.jwe"
    key = key_file.decrypt(path.read_bytes(), PASSPHRASE)
    path.write_bytes(key_file.encrypt(key, PASSPHRASE, rounds=key_file.MIN_ROUNDS))


def open_root(folder: Path, say: Callable[[JSON], None]) -> None:
    """Open the root key as an operator does, and say which it is."""
    key = OperatorKeys(LedgerFolder(folder).keys).open_root(PASSPHRASE)
    say({"root": key.public.thumbprint})


_ON_FOLDERS: dict[str, Callable[[Path, JSON, Callable[[JSON], None]], None]] = {
    "change": lambda folder, asked, say: change(folder, asked["kind"], say),
    "prepare": prepare,
    "quicken": lambda folder, _, __: quicken(folder),
    "root": lambda folder, _, say: open_root(folder, say),
    "audit": lambda folder, _, say: bit_rot_jobs.audit(folder, say),
    "scrub": lambda folder, _, say: bit_rot_jobs.scrub(folder, say),
    "restore": lambda folder, asked, say: bit_rot_jobs.restore(Path(asked["of"]), folder, say),
}


def run_job(asked: JSON, say: Callable[[JSON], None]) -> None:
    folder = Path(asked["folder"])
    if asked["job"] in _ON_FOLDERS:
        _ON_FOLDERS[asked["job"]](folder, asked, say)
        return
    ledger = OpenLedger(folder)
    ledger.recover()
    say({"recovered": True})
    if asked["job"] != "recover":
        _JOBS[asked["job"]](ledger, asked, say)
    if asked["close"]:
        ledger.close()
    say({"done": True})


# --- the server -----------------------------------------------------------------------------


def _child(asked: JSON, go: int, report: int) -> None:
    """Run one job in a forked child, which never returns."""
    code = BROKEN

    def say(line: JSON) -> None:
        os.write(report, json.dumps(line).encode() + b"\n")

    try:
        os.read(go, 1)
        run_job(asked, say)
        code = 0
    except ProvenanceError as error:
        say({"error": error.code, "words": str(error)})
        code = ENDED
    except Exception:  # noqa: BLE001 -- the campaign is told, whatever it is
        say({"error": "untranslated", "words": traceback.format_exc()})
    finally:
        # not an orderly exit: a service that has to end closes nothing either
        os._exit(code)


def _fork(asked: JSON, tell: Callable[[JSON], None]) -> None:
    go_read, go_write = os.pipe()
    report_read, report_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go_write)
        os.close(report_read)
        _child(asked, go_read, report_write)
    os.close(go_read)
    os.close(report_write)
    if asked["hold"]:
        tell({"pid": child})
        sys.stdin.readline()
    os.write(go_write, b"g")
    with os.fdopen(report_read, "rb") as report:
        said = report.read()
    os.close(go_write)
    _, status = os.waitpid(child, 0)
    # a killed child may have been cut short within a line: nobody heard that one
    lines = said.decode("utf-8", "replace").splitlines(keepends=True)
    heard = [json.loads(line) for line in lines if line.endswith("\n")]
    tell({"code": os.waitstatus_to_exitcode(status), "said": heard})


def main() -> None:
    def tell(line: JSON) -> None:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    for line in sys.stdin:
        asked = json.loads(line)
        if asked.pop("here", False):
            # in this very process, so that every later child has it imported and compiled
            said: list[JSON] = []
            run_job(asked, said.append)
            gc.collect()
            gc.freeze()
            tell({"code": 0, "said": said})
        else:
            _fork(asked, tell)


if __name__ == "__main__":
    main()
