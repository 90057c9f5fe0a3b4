r"""One record's evidence bundle: parse and serialise it, check nothing (``docs/formats.md``).

    {"format":"provenance-receipt","v":1,
     "record":{"sd_jwt":"eyJ...~WyJ...~","leaf_index":7},
     "keys":[{"sd_jwt":"eyJ...~","leaf_index":2}],
     "beacon":{"sd_jwt":"eyJ...~","leaf_index":5,"header":"0xf90264..."},
     "first":{"checkpoint":"ledger.example\n8\n...",
       "record":["47DE..."],"keys":[[...]],"beacon":[...]},
     "anchored":[{"checkpoint":"...","record":[...],"keys":[[...]],"beacon":[...],
       "anchors":[{"chain_id":1,"contract":"0x...","log_id":"0x...",
         "evidence":{"kind":"storage","header":"0x...","account_proof":["0x..."],...},
         "history":{"account_proof":["0x..."],"storage_proof":["0x..."]}}]}]}

A receipt of a record whose key, or a key that has bound it, was revoked has one member more at
its end, with proofs of its own, since a revocation may be younger than every other checkpoint:

     ...,"revocations":{"checkpoint":"...",
       "keys":[{"sd_jwt":"eyJ...~","leaf_index":9,"path":["47DE..."]}],
       "records":[{"sd_jwt":"eyJ...~","leaf_index":12,"path":["47DE..."]}]}}

``anchored`` has one set of proofs for each checkpoint that was anchored, smallest first: chains
are anchored at their own pace, and a log may write to several.

A receipt is compact JSON in exactly this member order with one newline at its end. There is one
text for one receipt: whatever differs from its own re-serialisation is refused, so no byte of a
receipt is free. It has no status member: what it proves is for ``provenance.verify`` to say.
"""

from __future__ import annotations

from binascii import b2a_base64
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from provenance import strict_json
from provenance.anchor_evidence import Evidence, HistoryProof, parse_evidence
from provenance.digests import from_b64, from_evm_hex, to_b64, to_evm_hex
from provenance.errors import MalformedError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.anchor_evidence import Level

__all__ = [
    "FORMAT",
    "MAX_ANCHORS",
    "MAX_KEYS",
    "MAX_RECEIPT_BYTES",
    "VERSION",
    "Anchored",
    "LoggedBeacon",
    "LoggedRecord",
    "ProofSet",
    "Proven",
    "Receipt",
    "ReceiptAnchor",
    "Revocations",
    "to_tlog_proof",
]

FORMAT = "provenance-receipt"
VERSION = 1

MAX_RECEIPT_BYTES = 4 * 1024 * 1024
"""A record of 256 KiB, its keys, and 16 anchors of trie proofs fit many times over."""

MAX_REVOCATIONS = 32
"""Of the signing key and of those that have bound it; of each revoker the first and the last."""

MAX_KEYS = 16
"""From the signing key up to an institution's: two today, and room for a chain of departments."""

MAX_ANCHORS = 16
"""One for each chain and contract, in all sets together; more than a handful has no use."""

MAX_PATH = 63
"""A tree of 2^63 entries has inclusion paths of 63 hashes."""

_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class LoggedRecord:
    """A record as its holder may show it, and where it lies in the log."""

    sd_jwt: str
    """Compact SD-JWT, ``<JWS>~<disclosure>~...~`` (RFC 9901)."""
    leaf_index: int


@dataclass(frozen=True, slots=True)
class LoggedBeacon:
    """The newest beacon below the record, with the RLP header of the block it names."""

    sd_jwt: str
    leaf_index: int
    header: bytes | None
    """None where the header was not to be had: the lower end then needs it from the reader."""


@dataclass(frozen=True, slots=True)
class ProofSet:
    """Inclusion paths of everything the receipt carries, under one checkpoint."""

    checkpoint: str
    """The signed note, verbatim, with every signature line."""
    record: tuple[bytes, ...]
    """Sibling hashes of 32 bytes, lowest level first."""
    keys: tuple[tuple[bytes, ...], ...]
    """One path per key record, in the receipt's order."""
    beacon: tuple[bytes, ...] | None


@dataclass(frozen=True, slots=True)
class ReceiptAnchor:
    """One place on one chain where the anchored checkpoint's root can be proved to lie."""

    chain_id: int
    contract: bytes
    """Address, 20 bytes."""
    log_id: bytes
    """32 bytes."""
    evidence: Evidence
    history: HistoryProof | None
    """EIP-2935 proof of the beacon's block, from the evidence block's state root."""

    @property
    def level(self) -> Level:
        """What stands behind it: a proof, or somebody's word."""
        return self.evidence.level


@dataclass(frozen=True, slots=True)
class Anchored:
    """The same proofs under a checkpoint that was written to at least one chain."""

    proofs: ProofSet
    anchors: tuple[ReceiptAnchor, ...]


@dataclass(frozen=True, slots=True)
class Proven:
    """A record with its inclusion path under the checkpoint that stands beside it."""

    record: LoggedRecord
    path: tuple[bytes, ...]
    """Sibling hashes of 32 bytes, lowest level first."""


@dataclass(frozen=True, slots=True)
class Revocations:
    """What the log says against the signing key, or against a key that has bound it."""

    checkpoint: str
    """The signed note that covers all of it, verbatim; perhaps younger than the others."""
    keys: tuple[Proven, ...]
    """``key`` records that tell who may revoke, and that are not in ``Receipt.keys``."""
    records: tuple[Proven, ...]
    """``revocation`` records, at least one; both in the order of the log."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one file says; see the module's first lines for its bytes."""

    record: LoggedRecord
    keys: tuple[LoggedRecord, ...]
    """``key`` records, the signing key's first, then its binder's, and so on up."""
    beacon: LoggedBeacon | None
    first: ProofSet
    anchored: tuple[Anchored, ...]
    """Empty before the first anchor is final; else by tree size, the smallest first."""
    revocations: Revocations | None = None

    @classmethod
    def parse(cls, octets: bytes) -> Receipt:
        """Read the one canonical form.

        Raises:
            UnsupportedVersionError: another format or version.
            TooLargeError: more bytes, keys, anchors or hashes than any real receipt.
            MalformedError: anything else that this module would not have written.
        """
        members = strict_json.Members(
            strict_json.parse(octets, max_bytes=MAX_RECEIPT_BYTES, max_depth=_MAX_DEPTH)
        )
        members.check_version(FORMAT, VERSION)
        beacon = members.nullable("beacon", members.object)
        receipt = cls(
            record=_parse_record(members.object("record")),
            keys=tuple(map(_parse_record, members.objects("keys", max_items=MAX_KEYS))),
            beacon=None if beacon is None else _parse_beacon(beacon),
            first=_parse_first(members.object("first")),
            anchored=tuple(
                map(_parse_anchored, members.objects("anchored", max_items=MAX_ANCHORS))
            ),
            revocations=_parse_revocations(members.object("revocations"))
            if "revocations" in members
            else None,
        )
        members.done()
        _check_shape(receipt)
        if receipt.to_bytes() != octets:
            raise MalformedError("expected the canonical form: compact JSON in the fixed order")
        return receipt

    def to_bytes(self) -> bytes:
        """Return the file: compact JSON and one newline."""
        # written member by member: what all receipts of a batch share is encoded only once
        return b'{"format":"%s","v":%d,"record":%s,"keys":[%s],"beacon":%s,"first":{%s},%s%s}\n' % (
            FORMAT.encode(),
            VERSION,
            _record_octets(self.record),
            b",".join(map(_shared_record_octets, self.keys)),
            b"null" if self.beacon is None else _shared_beacon_octets(self.beacon),
            _proofs_octets(self.first),
            b'"anchored":[%s]' % b",".join(map(_anchored_octets, self.anchored)),
            b"" if self.revocations is None else _revocations_octets(self.revocations),
        )

    def proof_sets(self) -> Iterator[tuple[str, ProofSet]]:
        """Yield every set of proofs with its name in the receipt, ``first`` before the others."""
        yield "first", self.first
        for i, anchored in enumerate(self.anchored):
            yield f"anchored[{i}]", anchored.proofs


def to_tlog_proof(receipt: Receipt) -> str:
    """Return the record's inclusion as a C2SP tlog-proof (c2sp.org/tlog-proof@v1).

    Under an anchored checkpoint where there is one, the smallest whose anchor is a proof if any
    is; the ``extra`` line then is the base64 of
    ``{"format":"provenance-anchors","v":1,"anchors":[...]}``, that checkpoint's anchors as the
    receipt has them. The proven entry is the record's JWS, without disclosures.
    """
    proved = (one for one in receipt.anchored if any(a.level == "proof" for a in one.anchors))
    anchored = next(proved, receipt.anchored[0] if receipt.anchored else None)
    proofs = receipt.first if anchored is None else anchored.proofs
    lines = ["c2sp.org/tlog-proof@v1"]
    if anchored is not None:
        anchors = [_anchor_json(anchor) for anchor in anchored.anchors]
        extra = strict_json.dump({"format": "provenance-anchors", "v": 1, "anchors": anchors})
        lines.append(f"extra {to_b64(extra)}")
    lines.append(f"index {receipt.record.leaf_index}")
    lines.extend(map(to_b64, proofs.record))
    return "\n".join(lines) + "\n\n" + proofs.checkpoint


def _check_shape(receipt: Receipt) -> None:
    """Check that each set of proofs has one path for each thing the receipt carries."""
    for name, proofs in receipt.proof_sets():
        if len(proofs.keys) != len(receipt.keys):
            message = f"expected {len(receipt.keys)} paths, got {len(proofs.keys)}"
            raise MalformedError(message, field=f"{name}.keys")
        if (proofs.beacon is None) != (receipt.beacon is None):
            raise MalformedError("expected a path if there is a beacon", field=f"{name}.beacon")
    places: set[tuple[int, bytes, bytes]] = set()
    for i, anchored in enumerate(receipt.anchored):
        if not anchored.anchors:
            raise MalformedError("expected at least one anchor", field=f"anchored[{i}].anchors")
        for j, anchor in enumerate(anchored.anchors):
            _check_place(anchor, places, f"anchored[{i}].anchors[{j}]")


def _check_place(anchor: ReceiptAnchor, places: set[tuple[int, bytes, bytes]], field: str) -> None:
    place = (anchor.chain_id, anchor.contract, anchor.log_id)
    if place in places:
        raise MalformedError("expected one anchor for each chain and contract", field=field)
    places.add(place)
    if len(places) > MAX_ANCHORS:
        raise TooLargeError(limit=MAX_ANCHORS, length=len(places), unit="anchors", field=field)


def _parse_record(members: strict_json.Members) -> LoggedRecord:
    record = LoggedRecord(
        sd_jwt=members.text("sd_jwt", max_length=MAX_RECEIPT_BYTES),
        leaf_index=members.integer("leaf_index"),
    )
    members.done()
    return record


def _parse_beacon(members: strict_json.Members) -> LoggedBeacon:
    beacon = LoggedBeacon(
        sd_jwt=members.text("sd_jwt", max_length=MAX_RECEIPT_BYTES),
        leaf_index=members.integer("leaf_index"),
        header=members.nullable("header", partial(_read_evm_hex, members)),
    )
    members.done()
    return beacon


def _parse_first(members: strict_json.Members) -> ProofSet:
    proofs = _parse_proofs(members)
    members.done()
    return proofs


def _parse_anchored(members: strict_json.Members) -> Anchored:
    anchored = Anchored(
        proofs=_parse_proofs(members),
        anchors=tuple(map(_parse_anchor, members.objects("anchors", max_items=MAX_ANCHORS))),
    )
    members.done()
    return anchored


def _parse_revocations(members: strict_json.Members) -> Revocations:
    revocations = Revocations(
        checkpoint=members.text("checkpoint", max_length=MAX_RECEIPT_BYTES),
        keys=tuple(map(_parse_proven, members.objects("keys", max_items=MAX_KEYS))),
        records=tuple(map(_parse_proven, members.objects("records", max_items=MAX_REVOCATIONS))),
    )
    members.done()
    if not revocations.records:
        raise MalformedError("expected a record, or no such member", field=members.path("records"))
    for name, proven in (("keys", revocations.keys), ("records", revocations.records)):
        indexes = [one.record.leaf_index for one in proven]
        if indexes != sorted(set(indexes)):
            raise MalformedError("expected the order of the log", field=members.path(name))
    return revocations


def _parse_proven(members: strict_json.Members) -> Proven:
    proven = Proven(
        LoggedRecord(
            sd_jwt=members.text("sd_jwt", max_length=MAX_RECEIPT_BYTES),
            leaf_index=members.integer("leaf_index"),
        ),
        _read_path(members, "path"),
    )
    members.done()
    return proven


def _parse_proofs(members: strict_json.Members) -> ProofSet:
    paths = members.array("keys", max_items=MAX_KEYS)
    return ProofSet(
        checkpoint=members.text("checkpoint", max_length=MAX_RECEIPT_BYTES),
        record=_read_path(members, "record"),
        keys=tuple(_to_path(path, f"{members.path('keys')}[{i}]") for i, path in enumerate(paths)),
        beacon=members.nullable("beacon", partial(_read_path, members)),
    )


def _read_path(members: strict_json.Members, name: str) -> tuple[bytes, ...]:
    return _to_path(members.value(name), members.path(name))


def _to_path(value: object, field: str) -> tuple[bytes, ...]:
    if not isinstance(value, list):
        raise MalformedError("expected an array of hashes", field=field)
    if len(value) > MAX_PATH:
        raise TooLargeError(limit=MAX_PATH, length=len(value), unit="hashes", field=field)
    return tuple(_to_hash(item, field) for item in value)


def _to_hash(value: object, field: str) -> bytes:
    if not isinstance(value, str):
        raise MalformedError("expected a hash in base64", field=field)
    return from_b64(value, length=32, field=field)


def _read_evm_hex(members: strict_json.Members, name: str, length: int | None = None) -> bytes:
    text = members.text(name, max_length=MAX_RECEIPT_BYTES)
    return from_evm_hex(text, length=length, field=members.path(name))


def _parse_anchor(members: strict_json.Members) -> ReceiptAnchor:
    history = members.nullable("history", members.object)
    anchor = ReceiptAnchor(
        chain_id=members.integer("chain_id", low=1),
        contract=_read_evm_hex(members, "contract", 20),
        log_id=_read_evm_hex(members, "log_id", 32),
        evidence=parse_evidence(members.object("evidence")),
        history=None if history is None else HistoryProof.from_json(history),
    )
    members.done()
    return anchor


def _record_octets(record: LoggedRecord) -> bytes:
    return b'{"sd_jwt":%s,"leaf_index":%d}' % (strict_json.dump(record.sd_jwt), record.leaf_index)


def _beacon_octets(beacon: LoggedBeacon) -> bytes:
    header = None if beacon.header is None else to_evm_hex(beacon.header)
    return strict_json.dump(
        {"sd_jwt": beacon.sd_jwt, "leaf_index": beacon.leaf_index, "header": header}
    )


def _path_octets(path: tuple[bytes, ...]) -> bytes:
    # base64 has nothing that JSON would escape
    siblings = b'","'.join([b2a_base64(sibling, newline=False) for sibling in path])
    return b'["%s"]' % siblings if path else b"[]"


# keys, beacon, their paths and the checkpoint are the same in every receipt of a batch
_shared_record_octets = lru_cache(maxsize=256)(_record_octets)
_shared_beacon_octets = lru_cache(maxsize=64)(_beacon_octets)
_shared_path_octets = lru_cache(maxsize=1_024)(_path_octets)
_shared_text_octets = lru_cache(maxsize=64)(strict_json.dump)


def _proofs_octets(proofs: ProofSet) -> bytes:
    """Write the members of a set of proofs, without braces around them."""
    return b'"checkpoint":%s,"record":%s,"keys":[%s],"beacon":%s' % (
        _shared_text_octets(proofs.checkpoint),
        _path_octets(proofs.record),
        b",".join(map(_shared_path_octets, proofs.keys)),
        b"null" if proofs.beacon is None else _shared_path_octets(proofs.beacon),
    )


def _anchored_octets(anchored: Anchored) -> bytes:
    anchors = [_anchor_json(anchor) for anchor in anchored.anchors]
    return b'{%s,"anchors":%s}' % (_proofs_octets(anchored.proofs), strict_json.dump(anchors))


def _revocations_octets(revocations: Revocations) -> bytes:
    """Write the last member of a receipt, with the comma before it."""
    return b',"revocations":{"checkpoint":%s,"keys":[%s],"records":[%s]}' % (
        _shared_text_octets(revocations.checkpoint),
        b",".join(map(_proven_octets, revocations.keys)),
        b",".join(map(_proven_octets, revocations.records)),
    )


def _proven_octets(proven: Proven) -> bytes:
    record = proven.record
    return b'{"sd_jwt":%s,"leaf_index":%d,"path":%s}' % (
        strict_json.dump(record.sd_jwt),
        record.leaf_index,
        _path_octets(proven.path),
    )


def _anchor_json(anchor: ReceiptAnchor) -> dict[str, object]:
    return {
        "chain_id": anchor.chain_id,
        "contract": to_evm_hex(anchor.contract),
        "log_id": to_evm_hex(anchor.log_id),
        "evidence": anchor.evidence.to_json(),
        "history": None if anchor.history is None else anchor.history.to_json(),
    }
