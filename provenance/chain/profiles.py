"""What is known of each chain a ledger may anchor on, as data: ``profiles/<name>.json``.

    {"format": "provenance-chain-profile", "v": 1, "name": "Base", "chain_id": 8453,
     "genesis_hash": null, "verified": {"chain_id": "npm viem ...", "genesis_hash": null},
     "independent": true, "finality": "finalized", "finality_seconds": 1500,
     "block_seconds": 2, "fees": "eip-1559", "evidence": "proof", "header": "ethereum",
     "block_time": "sequencer", "note": "..."}

``verified`` says where a chain id or genesis hash was confirmed from. What nobody could confirm
is null in both places, and such a profile does not start until the operator has given it: a
pin that was guessed would pin nothing.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Final, Self, TypeVar

from provenance import strict_json
from provenance.digests import from_evm_hex
from provenance.errors import MalformedError, UnconfirmedChainError
from provenance.policy import BLOCK_TIMES, DEV_CHAIN_IDS, LEVELS, read_finality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.anchor_evidence import Level
    from provenance.policy import BlockTime

__all__ = [
    "EIP_1559",
    "LEGACY",
    "ChainProfile",
    "load_profile",
    "parse_profile",
    "profile_names",
]

FORMAT = "provenance-chain-profile"
VERSION = 1

EIP_1559: Final = "eip-1559"
LEGACY: Final = "legacy"
"""One gas price (``eth_gasPrice``) and EIP-155 transactions."""

_HEADERS = ("ethereum", "besu-qbft", "conflux", "aura")

_MAX_BYTES = 8_192
_MAX_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class ChainProfile:
    """One chain's rules; the pinned contract and the endpoints are the ledger's own."""

    key: str
    """The name an operator chooses it by, as ``arbitrum-one``."""
    name: str
    """For people and for the trust policy, as ``Arbitrum One``."""
    chain_id: int | None
    """EIP-155 id; None where it is not confirmed."""
    genesis_hash: bytes | None
    """Hash of block 0, 32 bytes; None where it is not confirmed."""
    chain_id_source: str | None
    """Where the id was confirmed from; None when it was not."""
    genesis_source: str | None
    independent: bool
    """Whether others than a ledger's operator run it."""
    depth: int | None
    """Confirmations that count as final; None where the ``finalized`` tag decides (W10)."""
    finality_seconds: int
    """What finality usually takes."""
    block_seconds: int
    """What a block usually takes, at least 1: how often to look."""
    fees: str
    """``eip-1559`` or ``legacy``."""
    evidence: Level
    """``proof`` where blocks' hashes are those of Ethereum headers, so that state and receipts can
    be proved; ``trusted-rpc`` where nobody but the chain's nodes can say what is on it."""
    header: str
    """What a block's hash is over."""
    block_time: BlockTime
    """Whose word a block's time is, one of ``policy.BLOCK_TIMES``."""
    note: str
    """What an operator should know, one or two sentences."""

    @property
    def is_legacy(self) -> bool:
        """Tell whether transactions name one gas price."""
        return self.fees == LEGACY

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """Return which of ``chain_id`` and ``genesis_hash`` the operator has to give.

        A development chain makes a first block of its own, so there is none to confirm.
        """
        missing = [] if self.chain_id is not None else ["chain_id"]
        if self.genesis_hash is None and self.chain_id not in DEV_CHAIN_IDS:
            missing.append("genesis_hash")
        return tuple(missing)

    def confirmed(self, *, chain_id: int | None = None, genesis_hash: bytes | None = None) -> Self:
        """Return this profile with what the operator gives, ready to start.

        Args:
            chain_id: the id, required where it is not confirmed.
            genesis_hash: hash of block 0, 32 bytes, likewise.

        Raises:
            UnconfirmedChainError: something is still not known; ``field`` names it.
            MalformedError: what was given contradicts what is confirmed.
        """
        filled = dataclasses.replace(
            self,
            chain_id=_given("chain_id", self.chain_id, chain_id),
            genesis_hash=_given("genesis_hash", self.genesis_hash, genesis_hash),
        )
        for name in filled.unconfirmed:
            raise UnconfirmedChainError(
                f"the profile {self.key} has none that could be confirmed: look it up and give it",
                field=name,
            )
        return filled


_Given = TypeVar("_Given", int, bytes)
_Word = TypeVar("_Word", bound=str)


def _given(name: str, known: _Given | None, given: _Given | None) -> _Given | None:
    if known is not None and given is not None and known != given:
        raise MalformedError(f"expected {_shown(known)}, got {_shown(given)}", field=name)
    return known if given is None else given


def _shown(value: int | bytes) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles there are, in alphabetical order."""
    folder = resources.files("provenance.chain") / "profiles"
    names = (place.name for place in folder.iterdir())
    return tuple(sorted(n.removesuffix(".json") for n in names if n.endswith(".json")))


def load_profile(name: str) -> ChainProfile:
    """Read one of the profiles that come with this release.

    Raises:
        MalformedError: there is none of that name.
    """
    if name not in profile_names():
        raise MalformedError(
            f"expected one of {', '.join(profile_names())}, got {name[:40]!r}", field="profile"
        )
    place = resources.files("provenance.chain") / "profiles" / f"{name}.json"
    return parse_profile(name, place.read_bytes())


def parse_profile(key: str, octets: bytes) -> ChainProfile:
    """Read a profile, strictly.

    Raises:
        UnsupportedVersionError: another format or version.
        MalformedError: anything else; ``field`` names the member.
    """
    members = strict_json.Members(strict_json.parse(octets, max_bytes=_MAX_BYTES, max_depth=3))
    members.check_version(FORMAT, VERSION)
    verified = members.object("verified")
    profile = ChainProfile(
        key=key,
        name=members.text("name", max_length=100),
        chain_id=members.nullable("chain_id", lambda name: members.integer(name, low=1)),
        genesis_hash=members.nullable("genesis_hash", lambda name: _hash(members, name)),
        chain_id_source=verified.nullable("chain_id", verified.text),
        genesis_source=verified.nullable("genesis_hash", verified.text),
        independent=members.boolean("independent"),
        depth=read_finality(members),
        finality_seconds=members.integer("finality_seconds", low=1, high=_MAX_SECONDS),
        block_seconds=members.integer("block_seconds", low=1, high=_MAX_SECONDS),
        fees=_one_of(members, "fees", (EIP_1559, LEGACY)),
        evidence=_one_of(members, "evidence", LEVELS),
        header=_one_of(members, "header", _HEADERS),
        block_time=_one_of(members, "block_time", BLOCK_TIMES),
        note=members.text("note"),
    )
    verified.done()
    members.done()
    _check_whole(profile)
    return profile


def _check_whole(profile: ChainProfile) -> None:
    """Check what no single member shows: nothing unconfirmed is used, nothing is over-claimed."""
    for field, value, source in (
        ("chain_id", profile.chain_id, profile.chain_id_source),
        ("genesis_hash", profile.genesis_hash, profile.genesis_source),
    ):
        if (value is None) != (source is None):
            raise MalformedError("expected a value and where it is from, or neither", field=field)
    if (profile.evidence == "proof") != (profile.header == "ethereum"):
        raise MalformedError(f"blocks hashed as {profile.header} prove nothing", field="evidence")
    if profile.independent and profile.chain_id in DEV_CHAIN_IDS:
        raise MalformedError("a development chain is nobody's word", field="independent")


def _hash(members: strict_json.Members, name: str) -> bytes:
    return from_evm_hex(members.text(name), length=32, field=members.path(name))


def _one_of(members: strict_json.Members, name: str, words: Sequence[_Word]) -> _Word:
    word = members.text(name)
    for known in words:
        if word == known:
            return known
    raise MalformedError(f"expected one of {', '.join(words)}, got {word[:40]!r}", field=name)
