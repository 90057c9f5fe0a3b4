"""What the chains hold of a log that was audited: their blocks, and their newest root.

They are asked once the log has been proved from what is stored: a node that is of another chain,
or a final block that was replaced, says nothing against the log and hides nothing that is wrong
with it.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance import tlog
from provenance.chain.anvil import ManagedAnvil
from provenance.chain.client import ChainClient
from provenance.chain.node import Node
from provenance.chain.rpc import CappedProvider, Rpc
from provenance.errors import (
    AnchorTroubleError,
    LockedError,
    MalformedError,
    UnavailableError,
    VerificationError,
)
from provenance.files.lock import FolderLock
from provenance.ledger.audit_anchors import confirm_anchors
from provenance.ledger.audit_log import at_place
from provenance.service.chain_node import ChainNode, pin_of
from provenance.service.chain_settings import match_chains

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from provenance.ledger.audit_log import AnchorClaim, AuditReport
    from provenance.ledger.chain_port import Chain
    from provenance.policy import Policy
    from provenance.service.settings import LedgerFolder, Settings
    from provenance.tlog import ReadTile

__all__ = ["ChainFinding", "ask_chains", "connect", "own_chains"]


@dataclass(frozen=True, slots=True)
class ChainFinding:
    """What a chain itself was found to hold of the log."""

    chain_id: int
    tree_size: int
    """Of the newest root in the contract; 0 when there is none."""
    is_of_log: bool
    """Whether that root is the one the entries make; False also when it is ahead of the audit."""


@contextmanager
def own_chains(folder: LedgerFolder, settings: Settings, policy: Policy) -> Iterator[list[Chain]]:
    """Open the ledger's chains at its own nodes; a managed one is started if need be."""
    with ExitStack() as open_ones:
        chains: list[Chain] = []
        for one, trust in match_chains(settings.chains, policy):
            if one.is_managed:
                chains.append(connect(open_ones.enter_context(_managed_node(folder)), policy))
            else:
                chains.append(ChainNode(folder, one, b"").chain(trust))
        yield chains


@contextmanager
def _managed_node(folder: LedgerFolder) -> Iterator[str]:
    """Give the address of the managed node: that of the running service, or one of our own."""
    with ExitStack() as open_ones:
        try:
            open_ones.enter_context(
                FolderLock(folder.writer_lock, purpose="write or audit this ledger")
            )
        except LockedError:
            # the service runs, and its node with it
            yield _address_of_node(folder)
            return
        yield open_ones.enter_context(ManagedAnvil(folder.node)).url


def _address_of_node(folder: LedgerFolder) -> str:
    try:
        return (folder.node / "address").read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError("the ledger's node is not up: try again in a moment") from error


def connect(address: str, policy: Policy) -> Chain:
    """Return the policy's chain of the id that this node names.

    Raises:
        MalformedError: the policy knows no chain of its id.
        UnavailableError: it does not answer.
    """
    rpc = Rpc(CappedProvider(address))
    chain_id = Node(rpc).chain_id()
    named = policy.chain_named(chain_id)
    if named is None:
        raise MalformedError(f"the node is of chain {chain_id}, which the policy does not know")
    return ChainClient(rpc, pin_of(named), confirmations=named.depth, level=named.evidence)


def ask_chains(
    chains: Sequence[Chain],
    report: AuditReport,
    claims: Sequence[AnchorClaim],
    final: Collection[bytes],
    read_tile: ReadTile,
) -> list[ChainFinding]:
    """Ask each chain for the blocks of final anchors, and compare its newest root with the log's.

    The root needs no word of the ledger's: an anchor that it left out is found here.

    Raises:
        AuditError: a chain holds a root of other entries.
        AnchorTroubleError: a node is of another chain, or has other blocks than the anchors'.
    """
    covered = [one for one in claims if one.tree_size <= report.tree_size]
    findings: list[ChainFinding] = []
    troubles: list[tuple[int, str]] = []
    for chain in chains:
        chain_id = chain.pin.chain_id
        try:
            chain.check_pin()
        except VerificationError as error:
            troubles.append((chain_id, f"{error.code}: {error}"))
            continue
        except UnavailableError as error:
            raise UnavailableError(
                f"what is stored holds together, but chain {chain_id} was not asked: {error}"
            ) from error
        confirmed, wrong = confirm_anchors(chain, covered, final)
        report.blocks_confirmed += confirmed
        troubles.extend((chain_id, said) for said in wrong)
        findings.append(_look_at_chain(chain, report.tree_size, read_tile))
    if troubles:
        place = f"anchors on chain {troubles[0][0]}"
        raise AnchorTroubleError("; ".join(said for _, said in troubles), place=place)
    return findings


def _look_at_chain(chain: Chain, tree_size: int, read_tile: ReadTile) -> ChainFinding:
    chain_id = chain.pin.chain_id
    anchored_size, anchored_root = chain.anchored_head()
    if not 0 < anchored_size <= tree_size:
        return ChainFinding(chain_id, anchored_size, is_of_log=False)
    with at_place(f"root of tree size {anchored_size} on chain {chain_id}"):
        root = tlog.root_hash(anchored_size, read_tile)
        if root != anchored_root:
            raise VerificationError(
                f"the entries make {root.hex()}, the contract holds {anchored_root.hex()}"
            )
    return ChainFinding(chain_id, anchored_size, is_of_log=True)
