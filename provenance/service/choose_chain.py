"""A chain as its operator chooses it: by a profile, by bare addresses, or the managed one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from provenance.chain.profiles import load_profile
from provenance.digests import to_evm_hex
from provenance.errors import MalformedError, WrongChainError
from provenance.policy import DEV_CHAIN_IDS, Chain
from provenance.service.chain_settings import (
    KEY_FILE,
    LOCAL,
    MANAGED,
    PUBLIC_KEY_FILE,
    Ceilings,
    ChainSettings,
    KeyFile,
    SenderChoice,
    check_each_once,
    check_url,
)

if TYPE_CHECKING:
    from provenance.anchor_evidence import Level
    from provenance.chain.node import Node
    from provenance.chain.profiles import ChainProfile
    from provenance.ledger.chain_port import ChainPin
    from provenance.policy import BlockTime

__all__ = ["CUSTOM", "ChosenChain", "Wish", "choose_chain", "policy_chain"]

CUSTOM: Final = "custom"
"""Chosen instead of a profile: an Ethereum-like chain of which the operator says all."""

_LOCAL_INTERVAL: Final = 1
_PUBLIC_INTERVAL: Final = 600


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator says of a chain; None leaves it to the profile."""

    profile: str | None = None
    nodes: tuple[str, ...] = ()
    quorum: int | None = None
    chain_id: int | None = None
    genesis_hash: bytes | None = None
    name: str | None = None
    confirmations: int | None = None
    independent: bool = False
    interval: int | None = None
    sender: SenderChoice | None = None
    """None takes the key's file: encrypted for a chain that others run, else plain."""
    ceilings: Ceilings | None = None


@dataclass(frozen=True, slots=True)
class ChosenChain:
    """A chain that may be anchored on, as soon as the contract is there."""

    settings: ChainSettings
    name: str
    """What verdicts call it."""
    genesis_hash: bytes | None
    """What block 0 has to hash to; None takes what the nodes say."""
    depth: int | None
    """Confirmations that count as final; None where the ``finalized`` tag decides."""
    independent: bool
    evidence: Level
    """The most that an anchor there can show."""
    block_time: BlockTime
    """Whose word a block's time is."""

    @property
    def is_public(self) -> bool:
        """Tell whether others run it, as far as is known before a node was asked."""
        return self.independent and self.settings.chain_id not in DEV_CHAIN_IDS

    def on(self, node: Node) -> ChosenChain:
        """Return the choice with the chain's own id, compared with a node of it.

        Raises:
            WrongChainError: the node is of another chain.
        """
        found = node.chain_id()
        if self.settings.chain_id not in {None, found}:
            raise WrongChainError(f"expected chain id {self.settings.chain_id}, got {found}")
        genesis = node.genesis_hash()
        if self.genesis_hash not in {None, genesis}:
            expected = to_evm_hex(self.genesis_hash or b"")
            raise WrongChainError(f"expected genesis block {expected}, got {to_evm_hex(genesis)}")
        settings = replace(self.settings, chain_id=found)
        return replace(self, settings=settings, genesis_hash=genesis)


def choose_chain(wish: Wish) -> ChosenChain:
    """Join a wish with its profile.

    Raises:
        MalformedError: the parts contradict each other, or one is missing.
        UnconfirmedChainError: the profile does not know which chain it is.
    """
    _check(wish)
    if wish.profile == CUSTOM or (wish.profile is None and wish.nodes):
        return _custom(wish)
    profile = load_profile(wish.profile or LOCAL)
    if profile.key == LOCAL and wish.nodes:
        # a development chain of the operator's: whichever id and first block it has
        profile = replace(profile, chain_id=wish.chain_id, chain_id_source=None)
        return _of_profile(wish, profile)
    return _of_profile(
        wish, profile.confirmed(chain_id=wish.chain_id, genesis_hash=wish.genesis_hash)
    )


def _check(wish: Wish) -> None:
    is_managed = wish.profile in {None, LOCAL} and not wish.nodes
    if not is_managed and not wish.nodes:
        raise MalformedError("which nodes of the chain are to be asked?", field="--rpc")
    for url in wish.nodes:
        check_url(url, field="--rpc")
    check_each_once(wish.nodes, field="--rpc")
    if wish.quorum is not None and not 1 <= wish.quorum <= max(1, len(wish.nodes)):
        raise MalformedError(f"expected 1 to {max(1, len(wish.nodes))}", field="--quorum")
    if is_managed and not isinstance(wish.sender, KeyFile | None):
        raise MalformedError("the managed chain pays with a key of its own", field="--sender")


def _custom(wish: Wish) -> ChosenChain:
    return ChosenChain(
        settings=_settings(wish, None, wish.chain_id, independent=wish.independent),
        name=wish.name or LOCAL,
        genesis_hash=wish.genesis_hash,
        depth=wish.confirmations,
        independent=wish.independent,
        evidence="proof",
        block_time="consensus",
    )


def _of_profile(wish: Wish, profile: ChainProfile) -> ChosenChain:
    independent = wish.independent or profile.independent
    return ChosenChain(
        settings=_settings(wish, profile.key, profile.chain_id, independent=independent),
        name=wish.name or (LOCAL if profile.key == LOCAL else profile.name),
        genesis_hash=wish.genesis_hash or profile.genesis_hash,
        depth=wish.confirmations or profile.depth,
        independent=independent,
        evidence=profile.evidence,
        block_time=profile.block_time,
    )


def _settings(
    wish: Wish, profile: str | None, chain_id: int | None, *, independent: bool
) -> ChainSettings:
    nodes = wish.nodes or (MANAGED,)
    usual = _PUBLIC_INTERVAL if wish.nodes else _LOCAL_INTERVAL
    return ChainSettings(
        profile=profile,
        chain_id=chain_id,
        nodes=nodes,
        # half of them and one more: a liar, or one that is away, decides nothing
        quorum=wish.quorum or len(nodes) // 2 + 1,
        interval=wish.interval or usual,
        sender=_sender(wish.sender, is_public=independent and chain_id not in DEV_CHAIN_IDS),
        ceilings=wish.ceilings,
    )


def _sender(wished: SenderChoice | None, *, is_public: bool) -> SenderChoice:
    """Return the paying key; one in plain hex is only for a chain of the operator's own."""
    if wished is None:
        return PUBLIC_KEY_FILE if is_public else KEY_FILE
    if is_public and isinstance(wished, KeyFile) and wished.is_plain:
        raise MalformedError(
            "a key in plain hex may not pay on a chain that others run: whoever reads the file "
            "has its coins. Choose passphrase-file, passphrase-environment, environment or signer",
            field="--sender",
        )
    return wished


def policy_chain(chosen: ChosenChain, pin: ChainPin) -> Chain:
    """Return what the trust policy says of the chain."""
    return Chain(
        name=chosen.name,
        chain_id=pin.chain_id,
        genesis_hash=pin.genesis_hash,
        contract=pin.contract,
        log_id=pin.log_id,
        code_hash=pin.code_hash,
        roots_slot=pin.roots_slot,
        depth=chosen.depth,
        claims_independence=chosen.independent,
        evidence=chosen.evidence,
        block_time=chosen.block_time,
    )
