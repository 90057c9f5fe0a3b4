r"""The trust policy: whom a reader believes about one log, as one strict JSON file.

    {"format": "provenance-policy", "v": 1,
     "origin": "ledger.example/log",
     "root_key": {"kty": "OKP", "crv": "Ed25519", "x": "..."},
     "checkpoint_keys": [{"vkey": "ledger.example/log+0123abcd+AT...", "from": 0, "to": null}],
     "chains": [{"name": "Ethereum", "chain_id": 1, "genesis_hash": "0x...", "contract": "0x...",
                 "log_id": "0x...", "code_hash": "0x...", "roots_slot": 2,
                 "finality": "finalized", "evidence": "proof", "block_time": "consensus",
                 "independent": true}],
     "institution_keys": [{"name": "...", "ror": "05dxps055", "key": {...},
                           "certificate": "-----BEGIN CERTIFICATE-----\n..."}],
     "witnesses": ["witness.example+89abcdef+BA..."], "quorum": 0}

Members may stand in any order and with any white space: its digest is that of the file's exact
bytes, to be compared through another channel, and nothing ever writes it anew. The first chain
is the one whose blocks the log's beacons name. ``certificate`` may be left out. A chain without
``evidence`` or ``block_time``, as in the first policies, is one of ``"proof"`` and ``"consensus"``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar

from provenance import strict_json
from provenance.digests import from_evm_hex, sha256, to_evm_hex
from provenance.errors import MalformedError
from provenance.identifiers import check_ror
from provenance.identity import Institution
from provenance.keys import PublicKey
from provenance.note import COSIGNATURE_V1, ED25519, NoteVerifier
from provenance.text import check_line

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from provenance.anchor_evidence import Level

__all__ = [
    "BLOCK_TIMES",
    "DEV_CHAIN_IDS",
    "FINALIZED",
    "FORMAT",
    "LEVELS",
    "MAX_POLICY_BYTES",
    "VERSION",
    "BlockTime",
    "Chain",
    "CheckpointKey",
    "InstitutionKey",
    "Policy",
    "read_finality",
    "render_policy",
]

FORMAT = "provenance-policy"
VERSION = 1

MAX_POLICY_BYTES = 1024 * 1024
"""Some thousand institution keys; a policy is made by hand or by one operator."""

MAX_ITEMS = 4_096
"""Keys, chains or witnesses of one policy."""

DEV_CHAIN_IDS: Final = frozenset({1337, 31337})
"""Ids that development nodes use: anyone can make such a chain say anything."""

FINALIZED: Final = "finalized"
"""The chain's own finality tag decides; the other rule is a depth in blocks."""

BlockTime: TypeAlias = Literal["consensus", "sequencer", "validators"]
"""``consensus``: the rules of an open chain bound it; ``sequencer``: whoever orders the chain's
transactions sets it; ``validators``: so do the chain's known validators, within their rules."""

BLOCK_TIMES: Final[tuple[BlockTime, ...]] = ("consensus", "sequencer", "validators")
LEVELS: Final[tuple[Level, ...]] = ("proof", "trusted-rpc")

_Choice = TypeVar("_Choice", bound=str)

_MAX_DEPTH = 6
_MAX_PEM = 65_536


@dataclass(frozen=True, slots=True)
class CheckpointKey:
    """A key that signs the log's checkpoints, for a range of tree sizes."""

    verifier: NoteVerifier
    first: int
    """Smallest tree size it may sign."""
    last: int | None
    """Largest tree size it may sign, None while it is in use."""

    def covers(self, tree_size: int) -> bool:
        """Tell whether the key may sign a checkpoint of ``tree_size`` entries."""
        return self.first <= tree_size and (self.last is None or tree_size <= self.last)


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain and the contract on it that the log's roots are written to."""

    name: str
    chain_id: int
    genesis_hash: bytes
    """32 bytes: two development chains share an id, never a first block."""
    contract: bytes
    """Address, 20 bytes."""
    log_id: bytes
    """32 bytes, ``keccak256(abi.encode(registrar, keccak256(origin)))``."""
    code_hash: bytes
    """Keccak-256 of the contract's runtime code, 32 bytes."""
    roots_slot: int
    """Storage slot of the contract's mapping of roots."""
    depth: int | None
    """Confirmations that count as final; None where the chain's ``finalized`` tag decides."""
    claims_independence: bool
    """What the policy says of it; ``independent`` is what counts."""
    evidence: Level = "proof"
    """The most that an anchor there can show: ``trusted-rpc`` where headers do not hash."""
    block_time: BlockTime = "consensus"
    """Who sets the time that a block states."""

    @property
    def independent(self) -> bool:
        """Tell whether the chain is run by others than the log; ids of dev nodes never are."""
        return self.claims_independence and self.chain_id not in DEV_CHAIN_IDS


@dataclass(frozen=True, slots=True)
class InstitutionKey:
    """A key that speaks for an institution, believed because the reader's policy holds it."""

    name: str
    ror: str | None
    """Nine characters, as ``05dxps055``."""
    key: PublicKey
    certificate: str | None = None
    """An X.509 chain in PEM whose first certificate is of this key (``x509_chain``)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy with the exact bytes it was read from."""

    octets: bytes
    origin: str
    root_key: PublicKey
    checkpoint_keys: tuple[CheckpointKey, ...]
    chains: tuple[Chain, ...]
    """The first is the chain of the log's beacons."""
    institution_keys: tuple[InstitutionKey, ...]
    witnesses: tuple[NoteVerifier, ...]
    quorum: int
    """How many different witnesses must have cosigned."""
    digest: bytes
    """SHA-256 of ``octets``."""

    @classmethod
    def parse(cls, octets: bytes) -> Policy:
        """Read a policy file, strictly.

        Raises:
            UnsupportedVersionError: another format or version.
            MalformedError: anything else; ``field`` names the member.
        """
        value = strict_json.parse(octets, max_bytes=MAX_POLICY_BYTES, max_depth=_MAX_DEPTH)
        members = strict_json.Members(value)
        members.check_version(FORMAT, VERSION)
        policy = cls(
            octets=octets,
            origin=members.text("origin"),
            root_key=PublicKey.from_jwk(members.value("root_key"), "root_key"),
            checkpoint_keys=tuple(map(_checkpoint_key, _objects(members, "checkpoint_keys"))),
            chains=tuple(map(_chain, _objects(members, "chains"))),
            institution_keys=tuple(map(_institution_key, _objects(members, "institution_keys"))),
            witnesses=_witnesses(members),
            quorum=members.integer("quorum", high=MAX_ITEMS),
            digest=sha256(octets),
        )
        members.done()
        _check_whole(policy)
        return policy

    def keys_at(self, tree_size: int) -> list[NoteVerifier]:
        """Return the keys that may sign for the log at ``tree_size``."""
        return [key.verifier for key in self.checkpoint_keys if key.covers(tree_size)]

    def chain(self, chain_id: int, contract: bytes, log_id: bytes) -> Chain | None:
        """Return the chain with exactly this contract and log id, None when it is not here."""
        for chain in self.chains:
            if (chain.chain_id, chain.contract, chain.log_id) == (chain_id, contract, log_id):
                return chain
        return None

    @property
    def institutions(self) -> dict[str, Institution]:
        """Every institution key by its thumbprint."""
        return {one.key.thumbprint: Institution(one.name, one.key) for one in self.institution_keys}

    def chain_named(self, chain_id: int) -> Chain | None:
        """Return the first chain of that id, None when the policy does not know it."""
        return next((chain for chain in self.chains if chain.chain_id == chain_id), None)

    def with_institution(self, added: InstitutionKey) -> Policy:
        """Return a policy that believes an institution's key as well; what it said of it is gone.

        Raises:
            MalformedError: the parts make no policy.
        """
        others = [one for one in self.institution_keys if one.key != added.key]
        return self.revised(institution_keys=[*others, added])

    def revised(
        self,
        *,
        checkpoint_keys: Sequence[CheckpointKey] | None = None,
        chains: Sequence[Chain] | None = None,
        institution_keys: Sequence[InstitutionKey] | None = None,
        witnesses: Sequence[NoteVerifier] | None = None,
        quorum: int | None = None,
    ) -> Policy:
        """Return a policy of the same log, written anew with what is given in place of its own.

        Raises:
            MalformedError: the parts make no policy.
        """
        octets = render_policy(
            origin=self.origin,
            root_key=self.root_key,
            checkpoint_keys=self.checkpoint_keys if checkpoint_keys is None else checkpoint_keys,
            chains=self.chains if chains is None else chains,
            institution_keys=self.institution_keys
            if institution_keys is None
            else institution_keys,
            witnesses=self.witnesses if witnesses is None else witnesses,
            quorum=self.quorum if quorum is None else quorum,
        )
        return Policy.parse(octets)


def render_policy(  # noqa: PLR0913 -- one argument for each member of the file
    *,
    origin: str,
    root_key: PublicKey,
    checkpoint_keys: Sequence[CheckpointKey],
    chains: Sequence[Chain],
    institution_keys: Sequence[InstitutionKey] = (),
    witnesses: Sequence[NoteVerifier] = (),
    quorum: int = 0,
) -> bytes:
    """Write a policy file for people to read and compare; ``Policy.parse`` takes it back.

    Raises:
        MalformedError: the parts make no policy that ``Policy.parse`` accepts.
    """
    members = {
        "format": FORMAT,
        "v": VERSION,
        "origin": origin,
        "root_key": root_key.jwk(),
        "checkpoint_keys": [
            {"vkey": key.verifier.to_vkey(), "from": key.first, "to": key.last}
            for key in checkpoint_keys
        ],
        "chains": [_chain_json(chain) for chain in chains],
        "institution_keys": [_institution_json(key) for key in institution_keys],
        "witnesses": [witness.to_vkey() for witness in witnesses],
        "quorum": quorum,
    }
    octets = json.dumps(members, ensure_ascii=False, indent=2).encode() + b"\n"
    Policy.parse(octets)
    return octets


def _objects(members: strict_json.Members, name: str) -> list[strict_json.Members]:
    return members.objects(name, max_items=MAX_ITEMS)


def _checkpoint_key(members: strict_json.Members) -> CheckpointKey:
    first = members.integer("from")
    key = CheckpointKey(
        verifier=_verifier(members.text("vkey"), ED25519, members.path("vkey")),
        first=first,
        last=members.nullable("to", lambda name: members.integer(name, low=first)),
    )
    members.done()
    return key


def _chain(members: strict_json.Members) -> Chain:
    chain = Chain(
        name=members.text("name", max_length=100),
        chain_id=members.integer("chain_id", low=1),
        genesis_hash=_evm_hex(members, "genesis_hash", 32),
        contract=_evm_hex(members, "contract", 20),
        log_id=_evm_hex(members, "log_id", 32),
        code_hash=_evm_hex(members, "code_hash", 32),
        roots_slot=members.integer("roots_slot"),
        depth=read_finality(members),
        claims_independence=members.boolean("independent"),
        # the first policies knew no other chains, and are read for ever
        evidence=_choice(members, "evidence", LEVELS) or "proof",
        block_time=_choice(members, "block_time", BLOCK_TIMES) or "consensus",
    )
    members.done()
    return chain


def _choice(
    members: strict_json.Members, name: str, choices: tuple[_Choice, ...]
) -> _Choice | None:
    found = members.optional_text(name, max_length=64)
    if found is None:
        return None
    for choice in choices:
        if found == choice:
            return choice
    expected = ", ".join(choices)
    raise MalformedError(f"expected one of {expected}, got {found}", field=members.path(name))


def read_finality(members: strict_json.Members) -> int | None:
    """Return the ``depth`` of the member ``finality``, in blocks; None for the chain's own tag."""
    if members.value("finality") == FINALIZED:
        return None
    rule = members.object("finality")
    depth = rule.integer("depth", low=1)
    rule.done()
    return depth


def _institution_json(key: InstitutionKey) -> dict[str, object]:
    members: dict[str, object] = {"name": key.name, "ror": key.ror, "key": key.key.jwk()}
    return members if key.certificate is None else {**members, "certificate": key.certificate}


def _chain_json(chain: Chain) -> dict[str, object]:
    return {
        "name": chain.name,
        "chain_id": chain.chain_id,
        "genesis_hash": to_evm_hex(chain.genesis_hash),
        "contract": to_evm_hex(chain.contract),
        "log_id": to_evm_hex(chain.log_id),
        "code_hash": to_evm_hex(chain.code_hash),
        "roots_slot": chain.roots_slot,
        "finality": FINALIZED if chain.depth is None else {"depth": chain.depth},
        "evidence": chain.evidence,
        "block_time": chain.block_time,
        "independent": chain.claims_independence,
    }


def _evm_hex(members: strict_json.Members, name: str, length: int) -> bytes:
    return from_evm_hex(members.text(name), length=length, field=members.path(name))


def _institution_key(members: strict_json.Members) -> InstitutionKey:
    ror = members.nullable("ror", members.text)
    if ror is not None:
        check_ror(ror, field=members.path("ror"))
    key = InstitutionKey(
        name=members.text("name", max_length=500),
        ror=ror,
        key=PublicKey.from_jwk(members.value("key"), members.path("key")),
        certificate=members.optional_text("certificate", max_length=_MAX_PEM),
    )
    members.done()
    if key.certificate is not None:
        from provenance.x509_chain import read_chain  # noqa: PLC0415 -- only such policies need it

        read_chain(key.certificate, key.key, members.path("certificate"))
    return key


def _witnesses(members: strict_json.Members) -> tuple[NoteVerifier, ...]:
    vkeys = members.texts("witnesses", max_items=MAX_ITEMS)
    return tuple(_verifier(vkey, COSIGNATURE_V1, f"witnesses[{i}]") for i, vkey in enumerate(vkeys))


def _verifier(vkey: str, kind: int, field: str) -> NoteVerifier:
    try:
        verifier = NoteVerifier.from_vkey(vkey)
    except MalformedError as error:
        raise MalformedError(str(error), field=field) from error
    if verifier.type != kind:
        raise MalformedError(f"expected type {kind}, got {verifier.type}", field=field)
    return verifier


def _check_whole(policy: Policy) -> None:
    """Check what no single member shows: doubles, and numbers that contradict each other."""
    check_line(policy.origin, "origin")
    if not policy.checkpoint_keys:
        raise MalformedError("expected at least one key", field="checkpoint_keys")
    if not policy.chains:
        raise MalformedError("expected at least one chain", field="chains")
    _check_distinct([(c.chain_id, c.contract, c.log_id) for c in policy.chains], "chains")
    _check_distinct([key.key.thumbprint for key in policy.institution_keys], "institution_keys")
    # One witness under two names would be counted twice (C2SP tlog-policy forbids it likewise).
    _check_distinct([witness.key for witness in policy.witnesses], "witnesses")
    first_blocks = {chain.chain_id: chain.genesis_hash for chain in reversed(policy.chains)}
    for index, chain in enumerate(policy.chains):
        if first_blocks[chain.chain_id] != chain.genesis_hash:
            field = f"chains[{index}].genesis_hash"
            raise MalformedError("expected one genesis hash for one chain id", field=field)
    if policy.quorum > len(policy.witnesses):
        message = f"expected at most {len(policy.witnesses)}, got {policy.quorum}"
        raise MalformedError(message, field="quorum")


def _check_distinct(values: Sequence[Hashable], field: str) -> None:
    seen: set[Hashable] = set()
    for index, value in enumerate(values):
        if value in seen:
            raise MalformedError("expected each one once", field=f"{field}[{index}]")
        seen.add(value)
