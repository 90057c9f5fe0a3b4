"""What a dossier says of itself for programs: ``dossier.json``, written and read.

    {"format":"provenance-dossier","v":1,"language":"both",
     "tool":{"name":"provenance-ledger","version":"0.1.0","verifier":"<sha256 of verify.py>"},
     "subjects":["<record id>"],
     "log":{"origin":"ledger.example/log","tree_size":12,"root":"<hex>"},
     "policy":"<sha256 of policy.json>",
     "records":[{"id":"<hex>","type":"deposit","leaf_index":7,"key":"<thumbprint>",
       "level":"self-asserted","not_before":1790000000,"not_after":1790000600,
       "receipt":"records/000007-deposit-0123456789abcdef.receipt.json","manifest":null}],
     "blocks":[{"chain_id":1,"number":99,"hash":"<hex>","header":"headers/<hex>.rlp"}],
     "overlap":[{"first":"<record id>","second":"<record id>","files":[
       {"first_proof":"overlap/01/00001-first.json","second_proof":"overlap/01/00001-second.json"}
     ]}],
     "consistency":[{"from":8,"to":12,"path":["<hex>"]}]}

Times are POSIX seconds of blocks, null where nothing is proved. ``consistency`` goes through the
tree sizes that receipts show, one proof (RFC 9162 §2.1.4) from each to the next. Everything that
is stated here follows from the other files of the dossier, and ``dossier_check`` derives it again.
"""

from __future__ import annotations

from dataclasses import dataclass

from provenance import strict_json
from provenance.digests import from_hex
from provenance.errors import MalformedError

__all__ = [
    "INDEX_NAME",
    "DossierIndex",
    "ListedBlock",
    "ListedConsistency",
    "ListedOverlap",
    "ListedRecord",
]

FORMAT = "provenance-dossier"
VERSION = 1
INDEX_NAME = "dossier.json"
_MAX_BYTES = 64 * 1024 * 1024
_MAX_ITEMS = 1_000_000
_MAX_PATH = 512
_MAX_HASHES = 64
"""Of one consistency proof: a step for each bit of a tree size."""


@dataclass(frozen=True, slots=True)
class ListedRecord:
    """One record of the dossier and what its receipt shows."""

    id: bytes
    type: str
    leaf_index: int
    key: str
    level: str
    not_before: int | None
    not_after: int | None
    receipt: str
    """Where its receipt lies in the dossier."""
    manifest: str | None

    def to_json(self) -> dict[str, object]:
        """Return the members in their order."""
        return {
            "id": self.id.hex(),
            "type": self.type,
            "leaf_index": self.leaf_index,
            "key": self.key,
            "level": self.level,
            "not_before": self.not_before,
            "not_after": self.not_after,
            "receipt": self.receipt,
            "manifest": self.manifest,
        }


@dataclass(frozen=True, slots=True)
class ListedBlock:
    """One block on which a time in the dossier rests; its hash is what a reader looks up."""

    chain_id: int
    number: int
    block_hash: bytes
    header: str
    """Where its header lies in the dossier, as RLP."""

    def to_json(self) -> dict[str, object]:
        """Return the members in their order."""
        return {
            "chain_id": self.chain_id,
            "number": self.number,
            "hash": self.block_hash.hex(),
            "header": self.header,
        }


@dataclass(frozen=True, slots=True)
class ListedOverlap:
    """The files that two deposits share, as pairs of proofs that lie in the dossier."""

    first: bytes
    second: bytes
    proofs: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, object]:
        """Return the members in their order."""
        files = [{"first_proof": first, "second_proof": second} for first, second in self.proofs]
        return {"first": self.first.hex(), "second": self.second.hex(), "files": files}


@dataclass(frozen=True, slots=True)
class ListedConsistency:
    """Proof that the log at one tree size begins with all that it was at a smaller one."""

    older: int
    newer: int
    path: tuple[bytes, ...]
    """Hashes of 32 bytes each (RFC 9162 §2.1.4.1)."""

    def to_json(self) -> dict[str, object]:
        """Return the members in their order."""
        return {"from": self.older, "to": self.newer, "path": [one.hex() for one in self.path]}


@dataclass(frozen=True, slots=True)
class DossierIndex:
    """Everything a dossier states, with the files that show it."""

    language: str
    version: str
    """Of the tool that wrote it."""
    verifier: bytes
    """SHA-256 of ``verify.py``."""
    subjects: tuple[bytes, ...]
    origin: str
    tree_size: int
    root: bytes
    policy: bytes
    """SHA-256 of ``policy.json``."""
    records: tuple[ListedRecord, ...]
    blocks: tuple[ListedBlock, ...]
    overlap: tuple[ListedOverlap, ...]
    consistency: tuple[ListedConsistency, ...]

    def to_bytes(self) -> bytes:
        """Return the file: compact JSON and one newline."""
        tool = {"name": "provenance-ledger", "version": self.version}
        log = {"origin": self.origin, "tree_size": self.tree_size, "root": self.root.hex()}
        members: dict[str, object] = {
            "format": FORMAT,
            "v": VERSION,
            "language": self.language,
            "tool": {**tool, "verifier": self.verifier.hex()},
            "subjects": [one.hex() for one in self.subjects],
            "log": log,
            "policy": self.policy.hex(),
            "records": [one.to_json() for one in self.records],
            "blocks": [one.to_json() for one in self.blocks],
            "overlap": [one.to_json() for one in self.overlap],
            "consistency": [one.to_json() for one in self.consistency],
        }
        return strict_json.dump(members) + b"\n"

    @classmethod
    def parse(cls, octets: bytes) -> DossierIndex:
        """Read the file.

        Raises:
            UnsupportedVersionError: another format or version.
            MalformedError: not exactly these members.
        """
        value = strict_json.parse(octets, max_bytes=_MAX_BYTES, max_depth=6)
        members = strict_json.Members(value)
        members.check_version(FORMAT, VERSION)
        tool, log = members.object("tool"), members.object("log")
        tool.literal("name", "provenance-ledger")
        index = cls(
            language=members.text("language"),
            version=tool.text("version"),
            verifier=tool.hex32("verifier"),
            subjects=_ids(members, "subjects"),
            origin=log.text("origin", max_length=_MAX_PATH),
            tree_size=log.integer("tree_size"),
            root=log.hex32("root"),
            policy=members.hex32("policy"),
            records=tuple(map(_record, members.objects("records", max_items=_MAX_ITEMS))),
            blocks=tuple(map(_block, members.objects("blocks", max_items=_MAX_ITEMS))),
            overlap=tuple(map(_overlap, members.objects("overlap", max_items=_MAX_ITEMS))),
            consistency=tuple(
                map(_consistency, members.objects("consistency", max_items=_MAX_ITEMS))
            ),
        )
        for one in (tool, log, members):
            one.done()
        return index


def _ids(members: strict_json.Members, name: str) -> tuple[bytes, ...]:
    texts = members.texts(name, max_length=64, max_items=_MAX_ITEMS)
    return tuple(from_hex(text, field=members.path(name)) for text in texts)


def _path(members: strict_json.Members, name: str) -> str:
    path = members.text(name, max_length=_MAX_PATH)
    if path.startswith("/") or "\\" in path or {"", ".", ".."} & set(path.split("/")):
        raise MalformedError("expected a path inside the dossier", field=members.path(name))
    return path


def _record(members: strict_json.Members) -> ListedRecord:
    has_manifest = members.value("manifest") is not None
    record = ListedRecord(
        id=members.hex32("id"),
        type=members.text("type"),
        leaf_index=members.integer("leaf_index"),
        key=members.text("key"),
        level=members.text("level"),
        not_before=members.nullable("not_before", members.integer),
        not_after=members.nullable("not_after", members.integer),
        receipt=_path(members, "receipt"),
        manifest=_path(members, "manifest") if has_manifest else None,
    )
    members.done()
    return record


def _block(members: strict_json.Members) -> ListedBlock:
    block = ListedBlock(
        chain_id=members.integer("chain_id"),
        number=members.integer("number"),
        block_hash=members.hex32("hash"),
        header=_path(members, "header"),
    )
    members.done()
    return block


def _overlap(members: strict_json.Members) -> ListedOverlap:
    first, second = members.hex32("first"), members.hex32("second")
    pairs = []
    for one in members.objects("files", max_items=_MAX_ITEMS):
        pairs.append((_path(one, "first_proof"), _path(one, "second_proof")))
        one.done()
    members.done()
    return ListedOverlap(first, second, tuple(pairs))


def _consistency(members: strict_json.Members) -> ListedConsistency:
    name = "path"
    texts = members.texts(name, max_length=64, max_items=_MAX_HASHES)
    proof = ListedConsistency(
        older=members.integer("from"),
        newer=members.integer("to"),
        path=tuple(from_hex(text, field=members.path(name)) for text in texts),
    )
    members.done()
    return proof
