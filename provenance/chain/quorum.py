"""Several nodes of one chain behind the port ``Chain``: what cannot be proved is put to the vote.

    block by hash, proof, receipts   checked here against the block's hash: any node's will do
    finalized, head                  the newest block that a quorum has come to, all with the
                                     same block at that height (W10)
    fees, gas                        the upper median of what a quorum or more say
    everything else                  what a quorum says alike
    broadcast                        handed to all

Nodes are asked in parallel. A vote ends with the answer that makes the quorum, so a node that is
slow or away costs next to nothing while enough others are there, and one that lies is outvoted.
Without enough that agree there is no answer but UnavailableError: the caller asks again later.
On a chain that proves nothing, blocks are put to the vote like everything else.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Final

from provenance import rlp, trie
from provenance.chain.client import ChainClient
from provenance.chain.endpoint import Endpoint
from provenance.chain.votes import MANY_EXCHANGES, Votes
from provenance.errors import (
    AnchorRefusedError,
    MalformedError,
    UnavailableError,
    VerificationError,
)
from provenance.header import BlockHeader
from provenance.keccak import keccak256
from provenance.ledger.chain_port import Broadcast, Fees
from provenance.net.address import normal_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.anchor_evidence import Level
    from provenance.chain.endpoint import EndpointStatus
    from provenance.ledger.chain_port import AnchorCall, Block, ChainPin, Proof, TransactionReceipt

__all__ = ["QuorumChain", "connect_chain"]

_KEPT_BLOCKS: Final = 64

_MEANING_ORDER = (
    Broadcast.ACCEPTED,
    Broadcast.KNOWN,
    Broadcast.NONCE_TOO_LOW,
    Broadcast.UNDERPRICED,
    Broadcast.NO_FUNDS,
)


def connect_chain(  # noqa: PLR0913 -- addresses, the pin, and the rules of the chain
    urls: Sequence[str],
    pin: ChainPin,
    *,
    quorum: int = 1,
    confirmations: int | None = None,
    level: Level = "proof",
    legacy_fees: bool | None = False,
    timeout: float = 10.0,
) -> QuorumChain:
    """Return the pinned contract and log as the JSON-RPC endpoints at ``urls`` show it.

    Args:
        quorum: how many of them have to agree.
        confirmations: the chain's declared depth, None where the ``finalized`` tag decides.
        level: ``proof`` or ``trusted-rpc``, of the chain's profile.
        legacy_fees: whether the chain takes one gas price only; None: its blocks say.
        timeout: seconds for one exchange.

    Raises:
        MalformedError: no such quorum, or an address twice.
        UnavailableError: not an http or https address.
    """
    if len({normal_url(url) for url in urls}) != len(urls):
        raise MalformedError("expected each address once", field="nodes")
    clients = [
        ChainClient.connect(
            url,
            pin,
            confirmations=confirmations,
            level=level,
            legacy_fees=legacy_fees,
            timeout=timeout,
        )
        for url in urls
    ]
    return QuorumChain(clients, quorum=quorum, timeout=timeout)


class QuorumChain:
    """The port ``Chain`` over several clients of one chain; any thread may use it."""

    def __init__(
        self, clients: Sequence[ChainClient], *, quorum: int, timeout: float = 10.0
    ) -> None:
        """Ask ``clients``, all of one pin and one chain's rules; nothing is sent yet.

        Raises:
            MalformedError: ``quorum`` is not from 1 to the number of clients.
        """
        self._endpoints = [Endpoint(client) for client in clients]
        self._votes = Votes(self._endpoints, quorum=quorum, timeout=timeout)
        self._one = clients[0]  # for what needs no network
        self._finalized_number: int | None = None
        self._blocks: dict[bytes, Block] = {}  # the last ones read, each checked against its hash
        self._blocks_lock = threading.Lock()

    @property
    def pin(self) -> ChainPin:
        """What this transport is pinned to."""
        return self._one.pin

    @property
    def evidence_level(self) -> Level:
        """Whether this chain's state can be proved (``proof``) or is believed."""
        return self._one.evidence_level

    def endpoints(self) -> Sequence[EndpointStatus]:
        """Return how each endpoint does, in the order given; asks nobody."""
        return [endpoint.status(self._finalized_number) for endpoint in self._endpoints]

    def check_pin(self) -> None:
        """Compare chain id, genesis hash and code hash of every node with the pin (W2).

        A node of another chain is not asked any more.

        Raises:
            WrongChainError: without those of another chain there is no quorum.
            UnavailableError: fewer than a quorum answered.
        """
        for endpoint in self._endpoints:
            endpoint.pin_again()
        self._votes.answers(lambda _: True, "the chain")

    # --- put to the vote -------------------------------------------------------------------

    def anchorer(self) -> bytes:
        """Return the account that may anchor our log, at head."""
        return self._votes.agreed(lambda client: client.anchorer(), "the anchorer")

    def anchored_head(self) -> tuple[int, bytes]:
        """Return (tree size, root hash) of our log on chain at head; size 0 when none."""
        return self._votes.agreed(lambda client: client.anchored_head(), "the anchored head")

    def anchored_root(self, tree_size: int) -> bytes | None:
        """Return the root (32 bytes) of our log on chain at ``tree_size``, at head; None = none."""
        return self._votes.agreed(
            lambda client: client.anchored_root(tree_size), "an anchored root"
        )

    def nonce(self, sender: bytes) -> int:
        """Return the count of transactions mined from ``sender``, at head."""
        return self._votes.agreed(lambda client: client.nonce(sender), "the nonce")

    def balance(self, account: bytes) -> int:
        """Return an account's wei at head."""
        return self._votes.agreed(lambda client: client.balance(account), "the balance")

    def transaction_receipt(self, tx_hash: bytes) -> TransactionReceipt | None:
        """Return what became of a transaction, None while it is in no block."""
        return self._votes.agreed(
            lambda client: client.transaction_receipt(tx_hash), "a transaction's receipt"
        )

    def canonical_hash(self, number: int) -> bytes | None:
        """Return the hash of the canonical block at ``number``, None above the head."""
        return self._votes.agreed(lambda client: client.canonical_hash(number), f"block {number}")

    def head(self) -> Block:
        """Return the newest block that a quorum has."""
        return self._votes.newest(lambda client: client.head(), "the head")

    def finalized(self) -> Block:
        """Return the newest block that a quorum calls final by the chain's rule."""

        def ask(client: ChainClient) -> Block:
            block = client.finalized()
            by_client[client].finalized_number = block.number
            return block

        by_client = {endpoint.client: endpoint for endpoint in self._endpoints}
        block = self._votes.newest(ask, "the finalized block")
        self._finalized_number = block.number
        return block

    def fees(self) -> Fees:
        """Return what the chain asks at head: of several answers the upper median."""
        said = self._votes.answers(lambda client: client.fees(), "the fees")
        legacy = sum(fees.legacy for fees in said) >= self._votes.quorum
        said = [fees for fees in said if fees.legacy == legacy]
        if len(said) < self._votes.quorum:
            raise UnavailableError("the nodes do not agree on which kind of fees the chain has")
        return Fees(
            base_fee_wei=_upper_median([fees.base_fee_wei for fees in said]),
            priority_fee_wei=_upper_median([fees.priority_fee_wei for fees in said]),
            legacy=legacy,
        )

    def call_data(self, call: AnchorCall) -> bytes:
        """Encode the contract call; no network."""
        return self._one.call_data(call)

    def dry_run(self, sender: bytes, data: bytes) -> int:
        """Execute the call at head without sending it and return the gas it needs (W13).

        Raises:
            AnchorRefusedError: it would revert.
        """

        def attempt(client: ChainClient) -> int | AnchorRefusedError:
            try:
                return client.dry_run(sender, data)
            except AnchorRefusedError as error:
                return error

        said = self._votes.answers(attempt, "the gas")
        gas = [answer for answer in said if isinstance(answer, int)]
        refusals = [answer for answer in said if isinstance(answer, AnchorRefusedError)]
        if len(gas) >= self._votes.quorum:
            return _upper_median(gas)
        if len(refusals) >= self._votes.quorum:
            raise refusals[0]
        raise UnavailableError("the nodes do not agree on whether the anchor would be taken")

    def broadcast(self, raw: bytes) -> Broadcast:
        """Hand signed bytes to all nodes; what most of those say that know, they mean."""
        meanings = Counter(self._votes.heard(lambda client: client.broadcast(raw)))
        del meanings[Broadcast.UNKNOWN]
        return max(_MEANING_ORDER, key=lambda m: meanings[m]) if meanings else Broadcast.UNKNOWN

    # --- checked here ----------------------------------------------------------------------

    def block_by_hash(self, block_hash: bytes) -> Block | None:
        """Return the block with this hash, canonical or not; None when unknown."""
        if self.evidence_level != "proof":
            return self._votes.agreed(lambda client: client.block_by_hash(block_hash), "a block")
        with self._blocks_lock:
            block = self._blocks.get(block_hash)
        if block is None:
            block = self._votes.first(lambda client: client.block_by_hash(block_hash), "a block")
        if block is not None:
            with self._blocks_lock:
                self._blocks[block_hash] = block
                if len(self._blocks) > _KEPT_BLOCKS:
                    del self._blocks[next(iter(self._blocks))]
        return block

    def proof(self, account: bytes, slots: Sequence[int], block_hash: bytes) -> Proof | None:
        """Fetch proofs by block hash from any node whose proofs hold together.

        None when a quorum no longer has that state.
        """
        block = self._provable_block(block_hash)
        if block is None:
            return None
        state_root = BlockHeader.parse(block.header).state_root
        return self._votes.first(
            lambda client: client.proof(account, slots, block_hash),
            "a proof",
            is_good=lambda proof: _leads(proof, state_root, account, slots),
        )

    def block_receipts(self, block_hash: bytes) -> tuple[bytes, ...] | None:
        """Fetch a block's transaction receipts from any node that has the true ones.

        None when a quorum no longer has them.
        """
        block = self._provable_block(block_hash)
        if block is None:
            return None
        receipts_root = BlockHeader.parse(block.header).receipts_root
        return self._votes.first(
            lambda client: client.block_receipts(block_hash),
            "a block's receipts",
            is_good=lambda receipts: _receipts_root(receipts) == receipts_root,
            exchanges=MANY_EXCHANGES,
        )

    def _provable_block(self, block_hash: bytes) -> Block | None:
        return self.block_by_hash(block_hash) if self.evidence_level == "proof" else None

    # --- a public chain makes its blocks unasked -------------------------------------------

    def ask_for_block(self) -> None:
        """Do nothing: a public chain makes its blocks unasked."""

    def advance(self, target: int | None, *, inclusion: bool) -> None:
        """Do nothing: a public chain makes its blocks unasked."""


def _upper_median(numbers: Sequence[int]) -> int:
    """Return the middle one, the larger of two: too little delays, or burns gas in vain."""
    return sorted(numbers)[len(numbers) // 2]


def _receipts_root(receipts: Sequence[bytes]) -> bytes:
    return trie.prove_at(receipts, 0)[0] if receipts else trie.EMPTY_TRIE_ROOT


def _leads(proof: Proof, state_root: bytes, account: bytes, slots: Sequence[int]) -> bool:
    """Tell whether a proof leads from the state root to answers, whatever they are."""
    try:
        value = trie.get(state_root, keccak256(account), proof.account_proof)
        if value is None:
            return True  # a proved absence
        storage_root = rlp.decode_list(value)[2]
        if isinstance(storage_root, list):
            return False
        for slot, nodes in zip(slots, proof.storage_proofs, strict=True):
            trie.get(storage_root, keccak256(slot.to_bytes(32, "big")), nodes)
    except (VerificationError, MalformedError, IndexError):
        return False
    return True
