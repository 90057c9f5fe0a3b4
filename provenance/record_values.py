"""The claims of each record type as typed values: bytes where the wire has hex, names not paths.

A record's payload has passed ``record_types.TYPES`` when it gets here, so these readers check
nothing again; what was withheld or erased is None, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provenance.assurance import Assurance, read_assurance
from provenance.digests import from_evm_hex
from provenance.fingerprint import Summary
from provenance.key_binder import Binder, parse_binder
from provenance.keys import PublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AdditionalDigest",
    "Beacon",
    "Block",
    "Chain",
    "Change",
    "Configuration",
    "Contributor",
    "DeclaredDigest",
    "Deposit",
    "Fixity",
    "Genesis",
    "Identifier",
    "KeyBinding",
    "Relation",
    "read_beacon",
    "read_configuration",
    "read_contributor",
    "read_deposit",
    "read_fixity",
    "read_genesis",
    "read_key_binding",
    "read_relation",
]

# What JSON gives after it was checked; the readers below take it apart into typed values.
_Checked = Any


@dataclass(frozen=True, slots=True)
class Contributor:
    """One person or group who contributed to a dataset, as the depositor claims."""

    name: str
    orcid: str | None
    ror: tuple[str, ...]
    roles: tuple[str, ...]
    """Slugs of CRediT roles; empty means not stated."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A persistent identifier of a dataset."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation to another dataset, in a word of PROV-O."""

    relation: str
    record: bytes | None
    """Record id, 32 bytes; None where ``identifier`` says what it is."""
    identifier: str | None


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a chain; inside a signed record it proves "signed not before"."""

    chain_id: int
    number: int
    block_hash: bytes


@dataclass(frozen=True, slots=True)
class DeclaredDigest:
    """Root over digests that a source declared, with another algorithm: never an identity."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class AdditionalDigest:
    """Root over the digests of another algorithm, beside the dataset digest: never an identity."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Deposit:
    """What a ``deposit`` record claims."""

    dataset_digest: bytes | None
    """Fingerprint v1, 32 bytes; None where it is sealed, or only a declared digest exists."""
    declared_digest: DeclaredDigest | None
    sealed: Mapping[str, str]
    """Base64url digests of what is sealed, by claim name; empty when nothing is."""
    files: int
    """0 where the count is sealed."""
    length: int | None
    """Bytes of all files together (``bytes`` on the wire); None when not stated."""
    title: str | None
    version: str | None
    """Which version of the dataset it is, in the depositor's own numbering, as ``1.10``."""
    contributors: tuple[Contributor | None, ...]
    """In the signed order; None stands for one who was withheld or erased."""
    identifiers: tuple[Identifier, ...]
    license: str | None
    access: str | None
    relations: tuple[Relation, ...]
    block: Block | None
    assurance: Assurance | None
    """How the digests came about, by the depositor's own word; None when not stated."""
    additional_digests: tuple[AdditionalDigest, ...]

    @property
    def summary(self) -> Summary | None:
        """What is signed of the dataset in the clear; None where no dataset digest is."""
        if self.dataset_digest is None:
            return None
        imported = 0 if self.assurance is None else self.assurance.imported
        return Summary(self.dataset_digest, self.files, self.length, imported)

    @property
    def assurance_level(self) -> str | None:
        """How the digests came about, of ``assurance.DEPOSIT_LEVELS``; None when not stated."""
        if self.declared_digest is not None:
            return "declared"
        return None if self.assurance is None else self.assurance.level

    def additional_digest(self, algorithm: str) -> bytes | None:
        """Return the root over the digests of ``algorithm``, 32 bytes; None when not signed."""
        found = (one.digest for one in self.additional_digests if one.algorithm == algorithm)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Fixity:
    """What a ``fixity`` record claims: somebody read the files of a deposit again."""

    record: bytes
    """Record id of the deposit, 32 bytes."""
    dataset_digest: bytes
    """Of the manifest that the files were compared with, 32 bytes."""
    files: int
    """Files of the dataset."""
    checked: int
    """Files that were looked for, at most ``files``."""
    failed: int
    """Files, of those checked, with other content, or that could not be read."""
    missing: int
    """Files, of those checked, that were not there."""
    started_unix: int
    """By the signer's clock; never evidence."""
    ended_unix: int
    sample_seed: bytes | None
    """32 bytes that say which files were drawn; None when every file was checked."""
    report_digest: bytes
    """SHA-256 of the report file, 32 bytes."""

    @property
    def is_sound(self) -> bool:
        """Tell whether every file that was looked for was there, with the content signed."""
        return self.failed == self.missing == 0


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """What a ``key`` record says of the key it carries."""

    key: PublicKey
    name: str | None
    orcid: str | None
    ror: tuple[str, ...]
    recovery: str | None
    """Thumbprint of the key that may revoke this one."""
    binder: Binder | None = None
    """An institution's word for it, its signature not checked yet."""
    previous: str | None = None
    """Thumbprint of the key that this one says to succeed."""

    @property
    def claims_identity(self) -> bool:
        """Tell whether anything is said about who holds the key."""
        return self.name is not None or self.orcid is not None or bool(self.ror)


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain, and the contract on it, where a log anchors its checkpoints."""

    chain_id: int
    genesis_hash: bytes
    contract: bytes
    """Address, 20 bytes."""
    log_id: bytes
    code_hash: bytes
    roots_slot: int


@dataclass(frozen=True, slots=True)
class Genesis:
    """What entry 0 of a log says: who may sign what, and where it is anchored."""

    root_key: PublicKey
    checkpoint_keys: tuple[str, ...]
    """Verifier keys as text (C2SP signed-note)."""
    beacon_key: PublicKey
    chains: tuple[Chain, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Keys and chains that a ``configuration`` record adds or retires."""

    checkpoint_keys: tuple[str, ...] = ()
    chains: tuple[Chain, ...] = ()
    beacon_keys: tuple[PublicKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a ``configuration`` record changes, and from which tree size on."""

    from_tree_size: int
    add: Change
    retire: Change


@dataclass(frozen=True, slots=True)
class Beacon:
    """A finalized block that existed before every later entry of the log."""

    block: Block
    timestamp: int
    """The block's own time, POSIX seconds."""


# --- readers ------------------------------------------------------------------------------


def read_deposit(claims: Mapping[str, _Checked], shown: Mapping[str, _Checked]) -> Deposit:
    """Read a deposit from its signed claims and the disclosed values.

    Args:
        shown: disclosed values, by claim name (title, version ...) or by digest (contributors).
    """
    digest, declared = claims.get("dataset_digest"), claims.get("declared_digest")
    return Deposit(
        dataset_digest=None if digest is None else bytes.fromhex(digest),
        declared_digest=None
        if declared is None
        else DeclaredDigest(declared["algorithm"], bytes.fromhex(declared["digest"])),
        sealed=claims.get("sealed", {}),
        files=claims.get("files", 0),
        length=claims.get("bytes"),
        title=shown.get("title"),
        version=shown.get("version"),
        contributors=tuple(
            _contributor(shown.get(place["..."])) for place in claims.get("contributors", ())
        ),
        identifiers=tuple(Identifier(**one) for one in shown.get("identifiers", ())),
        license=claims.get("license"),
        access=claims.get("access"),
        relations=tuple(read_relation(one) for one in claims.get("relations", ())),
        block=_block(claims["block"]) if "block" in claims else None,
        assurance=read_assurance(claims["assurance"]) if "assurance" in claims else None,
        additional_digests=tuple(
            AdditionalDigest(one["algorithm"], bytes.fromhex(one["digest"]))
            for one in claims.get("additional_digests", ())
        ),
    )


def read_fixity(claims: Mapping[str, _Checked]) -> Fixity:
    """Read what a ``fixity`` record says of a deposit."""
    seed = claims.get("sample_seed")
    return Fixity(
        record=bytes.fromhex(claims["record"]),
        dataset_digest=bytes.fromhex(claims["dataset_digest"]),
        files=claims["files"],
        checked=claims["checked"],
        failed=claims["failed"],
        missing=claims["missing"],
        started_unix=claims["started"],
        ended_unix=claims["ended"],
        sample_seed=None if seed is None else bytes.fromhex(seed),
        report_digest=bytes.fromhex(claims["report_digest"]),
    )


def _contributor(value: _Checked) -> Contributor | None:
    return None if value is None else read_contributor(value)


def read_contributor(value: _Checked) -> Contributor:
    """Read one contributor, as a deposit or a contribution discloses him."""
    return Contributor(
        name=value["name"],
        orcid=value.get("orcid"),
        ror=tuple(value.get("ror", ())),
        roles=tuple(value.get("roles", ())),
    )


def read_relation(value: _Checked) -> Relation:
    """Read one relation to another dataset."""
    record = value.get("record")
    return Relation(
        value["relation"],
        None if record is None else bytes.fromhex(record),
        value.get("identifier"),
    )


def _block(value: _Checked) -> Block:
    return Block(value["chain_id"], value["number"], from_evm_hex(value["block_hash"]))


def read_key_binding(payload: Mapping[str, _Checked], key: PublicKey) -> KeyBinding:
    """Read what a ``key`` record discloses about ``key``."""
    return KeyBinding(
        key=key,
        name=payload.get("name"),
        orcid=payload.get("orcid"),
        ror=tuple(payload.get("ror", ())),
        recovery=payload.get("recovery"),
        binder=parse_binder(payload["binder"]) if "binder" in payload else None,
        previous=payload.get("previous"),
    )


def read_genesis(claims: Mapping[str, _Checked]) -> Genesis:
    """Read a log's entry 0."""
    return Genesis(
        root_key=PublicKey.from_jwk(claims["root_key"]),
        checkpoint_keys=tuple(claims["checkpoint_keys"]),
        beacon_key=PublicKey.from_jwk(claims["beacon_key"]),
        chains=tuple(map(_chain, claims["chains"])),
    )


def _chain(value: _Checked) -> Chain:
    return Chain(
        chain_id=value["chain_id"],
        genesis_hash=from_evm_hex(value["genesis_hash"]),
        contract=from_evm_hex(value["contract"]),
        log_id=from_evm_hex(value["log_id"]),
        code_hash=from_evm_hex(value["code_hash"]),
        roots_slot=value["roots_slot"],
    )


def read_configuration(claims: Mapping[str, _Checked]) -> Configuration:
    """Read a change of keys or chains."""
    return Configuration(
        from_tree_size=claims["from_tree_size"],
        add=_change(claims.get("add", {})),
        retire=_change(claims.get("retire", {})),
    )


def _change(value: _Checked) -> Change:
    return Change(
        checkpoint_keys=tuple(value.get("checkpoint_keys", ())),
        chains=tuple(map(_chain, value.get("chains", ()))),
        beacon_keys=tuple(map(PublicKey.from_jwk, value.get("beacon_keys", ()))),
    )


def read_beacon(claims: Mapping[str, _Checked]) -> Beacon:
    """Read a block that the log's operator saw finalized."""
    return Beacon(block=_block(claims), timestamp=claims["timestamp"])
