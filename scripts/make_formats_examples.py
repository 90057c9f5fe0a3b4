"""Make the worked examples of ``docs/formats.md`` and the example files they are cut from.

    .venv/bin/python scripts/make_formats_examples.py [--check] [--document FILE]

Every example stands between ``<!-- example: NAME -->`` and ``<!-- end -->``; whole files go to
``tests/vectors/formats``, with their ``SHA256SUMS``. Keys, salts and clock are fixed, so each run
writes the same bytes; ``--check`` writes nothing and exits 1 where something would differ. The
one thing that is made once and then kept is ``key.jwe``, whose salt has to be random.

What the examples are cut from is made in ``tests/example_ledger.py``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

REPO = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPO), str(REPO / "tests")]  # run as a file, it sees only its own folder

# ruff: noqa: E402 -- the lines above have to come first
from example_ledger import (
    ALICE,
    DATA,
    ORIGIN,
    REGISTRAR,
    ROOTS_SLOT,
    SIGNER,
    T0,
    World,
    key_of,
    make_world,
)
from example_sealed import make_erasure, make_sealed
from provenance_api.problems import problem_body

from provenance import anchor, fingerprint, merkle, text, tlog
from provenance.anchor_statement import AnchorStatement, sign_statement
from provenance.attribution_values import named_people
from provenance.chunks import ChunkedFile, chunk_hash, write_chunks
from provenance.digests import RootHash, from_b64url, sha256, to_b64url, to_evm_hex
from provenance.errors import CheckDigitError, ProvenanceError
from provenance.file_proof import file_proof
from provenance.files import key_file
from provenance.files.keystore import KeyStore, Profile
from provenance.fingerprint import DeclaredEntry, FileEntry
from provenance.fixity_report import FixityReport
from provenance.given import GivenBlock
from provenance.holder_statement import DISCLOSURE, PUBLICATION, issue_statement
from provenance.keccak import keccak256
from provenance.policy import Policy
from provenance.receipt import to_tlog_proof
from provenance.record import Record, issue_record
from provenance.service import backup
from provenance.service.settings import Settings, WritePolicy
from provenance.verdict import NUMBERS, TITLES
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["examples", "files", "main"]

DOCUMENT = REPO / "docs" / "formats.md"
FOLDER = REPO / "tests" / "vectors" / "formats"
FIRST_RELEASE = REPO / "tests" / "vectors" / "database" / "v0001"
PASSPHRASE = "correct horse battery staple"  # noqa: S105 -- printed in the document
WIDTH = 96
MARKED = re.compile(r"(<!-- example: ([a-z0-9-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


# --- whole files --------------------------------------------------------------------------


def files(world: World) -> dict[str, bytes]:
    """Return every example file but ``key.jwe``, by name."""
    declared = [
        DeclaredEntry(path, "md5", hashlib.md5(octets, usedforsecurity=False).digest(), len(octets))
        for path, octets in DATA.items()
    ]
    receipt = world.receipts["anchored"]
    verdict = verify_receipt(
        receipt.to_bytes(),
        world.policy,
        now_unix=T0 + 3_600,
        blocks=[GivenBlock(world.evidence.hash)],
    )
    settings = Settings.local(1, WritePolicy(frozenset([ALICE.public.thumbprint]), 60, 10_000))
    orcid = CheckDigitError(
        "expected check digit 7, got 0000-0002-1825-0098", field="contributors[0].orcid"
    )
    refused = {
        "since": text.REFUSED_SINCE,
        "up_to": text.REFUSED_UP_TO,
        "ranges": [[f"{first:04X}", f"{last:04X}"] for first, last in text.REFUSED],
    }
    found = {
        "manifest.jsonl": fingerprint.write_manifest(world.entries),
        "declared-manifest.jsonl": fingerprint.write_manifest(declared),
        "imported-manifest.jsonl": fingerprint.write_manifest(_imported(world.entries)),
        "chunks.jsonl": write_chunks(
            ChunkedFile(path, len(octets), (chunk_hash(octets),) if octets else ())
            for path, octets in DATA.items()
        ),
        "fixity.sd-jwt": _fixity(world).compact,
        "response.sd-jwt": _response(world).compact,
        "erasure.sd-jwt": make_erasure(world.records[3]).compact,
        "fixity-report.json": _report(world).to_bytes(),
        "file-proof.json": file_proof(world.entries, "a.csv").to_bytes(),
        "manifest.sha256sum": b"".join(fingerprint.to_sha256sum(world.entries)),
        "refused-code-points.json": json.dumps(refused).encode() + b"\n",
        "checkpoint-2.txt": world.notes[2].encode(),
        "checkpoint-4.txt": world.notes[4].encode(),
        "tile-0-000.p-4": tlog.tile_hashes(world.tile, 4),
        "tile-entries-000.p-4": tlog.encode_bundle([one.entry for one in world.records]),
        "policy.json": world.policy.octets,
        "anchor-statement.txt": _anchor_statement(world).encode(),
        "receipt-unanchored.json": world.receipts["unanchored"].to_bytes(),
        "receipt.json": receipt.to_bytes(),
        "receipt.tlog-proof": to_tlog_proof(receipt).encode(),
        "verdict.json": json.dumps(verdict.to_json(), indent=2).encode() + b"\n",
        "submission.records": b"".join(one.compact + b"\n" for one in world.records[2:]),
        "ledger.json": settings.to_bytes(),
        "backup.json": _backup(FIRST_RELEASE).to_bytes(),
        "problem.json": json.dumps(problem_body(orcid, "en")).encode() + b"\n",
    }
    found |= {f"{one.type}.sd-jwt": one.compact for one in world.records}
    sealed = make_sealed(world.entries)
    found |= {
        "sealed-deposit.sd-jwt": sealed.deposit.compact,
        "sealed.json": sealed.secret.to_bytes(),
        "opening.sd-jwt": sealed.opening.compact,
        "file-opening.json": sealed.file_opening,
    }
    for typ in (DISCLOSURE, PUBLICATION):
        found[typ.removesuffix("+jwt") + ".jwt"] = _statement(world, typ).encode()
    return found


def _imported(entries: Sequence[FileEntry]) -> list[FileEntry]:
    """Return the entries as if the first digest had been taken from a source."""
    return [entries[0]._replace(imported=True), *entries[1:]]


def _report(world: World) -> FixityReport:
    """Return what reading both files of the deposit again has shown."""
    deposit, data = world.records[3], fingerprint.summarize(world.entries)
    return FixityReport(
        record=deposit.id,
        dataset_digest=data.digest,
        files=data.files,
        asked="all",
        seed=None,
        checked=data.files,
        failed=0,
        missing=0,
        length=data.length or 0,
        checked_digest=data.digest,
        bad=(),
        started_unix=T0 + 3_000,
        ended_unix=T0 + 3_001,
        tool="provenance-ledger 0.1.0",
    )


def _fixity(world: World) -> Record:
    """Return what another key says of the deposit's files after reading both of them."""
    claims = _report(world).claims()
    key, salts = key_of("carol"), iter(tuple[bytes, ...]())  # nothing of it stands behind a digest
    return issue_record("fixity", claims, private_key=key, aud=ORIGIN, iat=T0 + 3_060, salts=salts)


def _response(world: World) -> Record:
    """Return the answer of the person whom the deposit names and keeps from view."""
    deposit = world.records[3]
    claims = {
        "record": deposit.id_hex,
        "contributor": named_people(deposit)[0].digest,
        "answer": "amend",
        "roles": ["software", "validation"],
        "reason": "I wrote the reader.\n数据不是我采集的。",
    }
    return issue_record(
        "response",
        claims,
        private_key=ALICE,
        aud=ORIGIN,
        iat=T0 + 3_120,
        salts=(sha256(b"response %d" % count)[:16] for count in range(9)),
    )


def _backup(folder: Path) -> backup.Backup:
    """Return the contents of an archive of a stored ledger, whose database is copied as it is."""
    settings = Settings.parse((folder / "ledger.json").read_bytes())
    policy = (folder / "policy.json").read_bytes()
    sources: dict[str, bytes | Path] = {
        "policy.json": policy,
        "ledger.json": settings.to_bytes(),
        "database": folder / "ledger.sqlite",
    }
    return backup.Backup(
        of=backup.LEDGER,
        origin=Policy.parse(policy).origin,
        tree_size=17,
        database="sqlite",
        files=tuple(backup.describe(name, source) for name, source in sources.items()),
    )


def _profile(octets: bytes) -> bytes:
    """Return what a key store writes beside the key file."""
    with tempfile.TemporaryDirectory() as folder:
        profile = Profile("Alice Example", "0000-0002-1825-0097", ("05gq02987",))
        KeyStore(Path(folder)).add(octets, PASSPHRASE, label="work", profile=profile)
        return (Path(folder) / "keys" / f"{ALICE.public.thumbprint}.json").read_bytes()


def _statement(world: World, typ: str) -> str:
    return issue_statement(
        typ,
        record_id=world.records[3].id_hex,
        private_key=ALICE,
        aud=ORIGIN,
        iat=T0 + 120,
        jti=to_b64url(sha256(typ.encode())[:16]),
    )


def sums(found: Mapping[str, bytes]) -> bytes:
    """Return what ``sha256sum`` would print of the files."""
    return "".join(f"{sha256(found[name]).hex()}  {name}\n" for name in sorted(found)).encode()


# --- examples -----------------------------------------------------------------------------


def _wrapped(value: str) -> str:
    """Return a long line, or a file of one, cut so that the document can be read."""
    line = value.rstrip("\n")
    return "\n".join(line[at : at + WIDTH] for at in range(0, len(line), WIDTH))


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def _segments(jws: str) -> tuple[str, str]:
    """Return header and payload of a compact JWS as the text that was signed."""
    head, body, _ = jws.split(".")
    return _text_of(head), _text_of(body)


def _text_of(segment: str) -> str:
    return from_b64url(segment).decode()


def _abridged(value: object) -> object:
    """Cut long strings, so that the shape can be seen."""
    if isinstance(value, str) and len(value) > 60:
        return f"{value[:40]}… ({len(value):,} characters)"
    if isinstance(value, list):
        return [_abridged(one) for one in value]
    if isinstance(value, dict):
        return {name: _abridged(member) for name, member in value.items()}
    return value


def _shape(octets: bytes) -> str:
    return json.dumps(_abridged(json.loads(octets)), indent=1, ensure_ascii=False)


def _fingerprint_rows(world: World) -> str:
    first, second = map(fingerprint.entry_bytes, world.entries)
    leaves = [merkle.leaf_hash(first), merkle.leaf_hash(second)]
    return _rows(
        [
            ("entry 0", first.hex()),
            ("entry 1", second.hex()),
            ("leaf 0 = SHA-256(00 ‖ entry 0)", leaves[0].hex()),
            ("leaf 1 = SHA-256(00 ‖ entry 1)", leaves[1].hex()),
            ("digest = SHA-256(01 ‖ leaf 0 ‖ leaf 1)", merkle.root_of(leaves).hex()),
        ]
    )


def _record_rows(record: Record) -> str:
    head, body = _segments(record.entry.decode())
    shown = [
        f"disclosure   {part.text}\n             {_text_of(part.text)}" for part in record.parts
    ]
    digests = [f"digest       {part.digest}" for part in record.parts]
    pairs = [line for pair in zip(shown, digests, strict=True) for line in pair]
    return "\n".join(
        [
            f"header       {head}",
            f"payload      {body}",
            f"signature    {record.entry.decode().rsplit('.', 1)[1]}",
            *pairs,
            f"record id    {record.id_hex}",
            f"leaf hash    {merkle.leaf_hash(record.entry).hex()}",
        ]
    )


def _log_rows(world: World) -> str:
    leaves = world.leaves
    rows = [(f"leaf {index}", leaf.hex()) for index, leaf in enumerate(leaves)]
    rows += [(f"root at tree size {size}", root.hex()) for size, root in world.roots.items()]
    tiles = {(0, 0): world.tile}

    def read(level: int, index: int) -> bytes:
        return tiles[level, index]

    inclusion = tlog.inclusion_proof(3, 4, read)
    rows += [(f"inclusion of 3 at 4, hash {n}", one.hex()) for n, one in enumerate(inclusion)]
    consistency = tlog.consistency_proof(2, 4, read)
    rows += [(f"consistency 2 to 4, hash {n}", one.hex()) for n, one in enumerate(consistency)]
    bundle = tlog.encode_bundle([record.entry for record in world.records])
    rows.append(("bundle, first 12 bytes", bundle[:12].hex()))
    return _rows(rows)


def _anchor_statement(world: World) -> str:
    """Return what the operator would say had the example chain no proofs."""
    chain = world.policy.chains[0]
    statement = AnchorStatement(
        origin=ORIGIN,
        chain_id=chain.chain_id,
        contract=chain.contract,
        log_id=world.log_id,
        tree_size=4,
        root_hash=RootHash(world.roots[4]),
        block_number=world.evidence.number,
        block_hash=world.evidence.hash,
        timestamp=world.evidence.timestamp,
        tx_hash=keccak256(b"transaction of the example"),
    )
    return sign_statement(statement, SIGNER)


def _contract_rows(world: World) -> str:
    roots = keccak256(world.log_id + ROOTS_SLOT.to_bytes(32, "big"))
    slot = anchor.root_storage_slot(world.log_id, 4, ROOTS_SLOT)
    return _rows(
        [
            ("registrar", to_evm_hex(REGISTRAR)),
            ("keccak256(origin)", to_evm_hex(keccak256(ORIGIN.encode()))),
            ("logId", to_evm_hex(world.log_id)),
            ("keccak256(logId ‖ 0)", to_evm_hex(roots)),
            ("slot of roots[logId][4]", to_evm_hex(slot)),
            ("key in the storage trie", to_evm_hex(keccak256(slot))),
            ("value there", to_evm_hex(world.roots[4])),
            ("history slot of block 1000", to_evm_hex(anchor.history_storage_slot(1_000))),
        ]
    )


def _key_rows(octets: bytes) -> str:
    header, *_ = octets.decode().split(".")
    return "\n".join(
        [
            f"passphrase   {PASSPHRASE}",
            f"header       {_text_of(header)}",
            f"content      {json.dumps(ALICE.jwk(), separators=(',', ':'))}",
            f"thumbprint   {ALICE.public.thumbprint}",
        ]
    )


def _statement_rows(world: World, typ: str) -> str:
    head, body = _segments(_statement(world, typ))
    return f"header   {head}\npayload  {body}"


def _error_rows() -> str:
    def below(family: type[ProvenanceError]) -> Iterator[type[ProvenanceError]]:
        for leaf in family.__subclasses__():
            yield leaf
            yield from below(leaf)

    rows = ["| family | codes |", "| --- | --- |"]
    for family in ProvenanceError.__subclasses__():
        codes = sorted({leaf.code for leaf in below(family)})
        rows.append(f"| `{family.code}` | {', '.join(f'`{code}`' for code in codes)} |")
    return "\n".join(rows)


def _check_rows() -> str:
    rows = ["| number | name | what it says |", "| --- | --- | --- |"]
    rows += [f"| {number} | `{name}` | {TITLES[name]} |" for name, number in NUMBERS.items()]
    return "\n".join(rows)


def examples(world: World, found: Mapping[str, bytes]) -> dict[str, str]:
    """Return every example of the document, by name, as the lines between its markers."""
    key, deposit = world.records[2], world.records[3]
    sealed = make_sealed(world.entries)
    verdict = json.loads(found["verdict.json"])
    verdict["checks"] = [one for one in verdict["checks"] if one["number"] in {7, 11}]
    blocks = {
        "dataset": found["manifest.sha256sum"].decode(),
        "fingerprint": _fingerprint_rows(world),
        "manifest": found["manifest.jsonl"].decode(),
        "imported-manifest": found["imported-manifest.jsonl"].decode(),
        "chunks": found["chunks.jsonl"].decode(),
        "fixity-record": _record_rows(_fixity(world)),
        "response-record": _record_rows(_response(world)),
        "sealed-record": _record_rows(sealed.deposit),
        "opening-record": _record_rows(sealed.opening),
        "erasure-record": _record_rows(make_erasure(deposit)),
        "file-opening": _wrapped(found["file-opening.json"].decode()),
        "sealed-secret": _wrapped(found["sealed.json"].decode()),
        "fixity-report": found["fixity-report.json"].decode(),
        "declared-manifest": found["declared-manifest.jsonl"].decode(),
        "file-proof": _wrapped(found["file-proof.json"].decode()),
        "public-key": json.dumps(ALICE.public.jwk(), separators=(",", ":"))
        + f"\n{ALICE.public.thumbprint}",
        "key-record": _record_rows(key),
        "deposit-record": _record_rows(deposit),
        "public-view": _wrapped(deposit.public().decode()),
        "log": _log_rows(world),
        "vkey": SIGNER.verifier.to_vkey(),
        "checkpoint": world.notes[4],
        "contract": _contract_rows(world),
        "anchor-statement": found["anchor-statement.txt"].decode(),
        "receipt": _shape(found["receipt.json"]),
        "tlog-proof": to_tlog_proof(world.receipts["unanchored"]),
        "policy": found["policy.json"].decode() + f"\npolicy digest {world.policy.digest.hex()}\n",
        "verdict": json.dumps(verdict, indent=1),
        "key-file": _key_rows(found["key.jwe"]),
        "key-profile": found["key-profile.json"].decode(),
        "settings": found["ledger.json"].decode(),
        "backup": found["backup.json"].decode(),
        "problem": _wrapped(found["problem.json"].decode()),
        "disclosure-request": _statement_rows(world, DISCLOSURE),
        "manifest-publication": _statement_rows(world, PUBLICATION),
    }
    fenced = {name: f"```text\n{block.rstrip(chr(10))}\n```\n" for name, block in blocks.items()}
    return fenced | {"errors": _error_rows() + "\n", "checks": _check_rows() + "\n"}


def render(document: str, made: Mapping[str, str]) -> str:
    """Return the document with every example made anew; each must be there exactly once."""
    names = [match[2] for match in MARKED.finditer(document)]
    if sorted(names) != sorted(made):
        odd = set(names) ^ set(made) or {name for name in names if names.count(name) > 1}
        raise SystemExit(f"examples without a place, or places without one: {sorted(odd)}")
    return MARKED.sub(lambda match: f"{match[1]}{made[match[2]]}{match[3]}", document)


# --- writing ------------------------------------------------------------------------------


def _differences(wanted: Mapping[Path, bytes], document: str, made: Mapping[str, str]) -> list[str]:
    """Name what is not as it would be written."""
    found = [
        path.name
        for path, octets in wanted.items()
        if not path.exists() or path.read_bytes() != octets
    ]
    return found + [
        f"example {match[2]}"
        for match in MARKED.finditer(document)
        if match[0] != f"{match[1]}{made.get(match[2])}{match[3]}"
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write everything, or say what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it differs")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="another formats.md")
    options = parser.parse_args(arguments)
    world = make_world()
    found = files(world)
    kept = FOLDER / "key.jwe"
    found["key.jwe"] = kept.read_bytes() if kept.exists() else key_file.encrypt(ALICE, PASSPHRASE)
    found["key-profile.json"] = _profile(found["key.jwe"])
    document = options.document.read_text(encoding="utf-8")
    made = examples(world, found)
    wanted = {FOLDER / name: octets for name, octets in found.items()}
    wanted[FOLDER / "SHA256SUMS"] = sums(found)
    rendered = render(document, made)
    if options.check:
        differences = _differences(wanted, document, made)
        print(*(f"differs: {one}" for one in differences), sep="\n")
        return 1 if differences else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, octets in wanted.items():
        path.write_bytes(octets)
    options.document.write_text(rendered, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
