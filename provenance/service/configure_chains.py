"""Add a chain to a ledger that does not run, or retire one, so that a crash leaves it usable.

    (0) contract, registration   on the chain, by its sending key; the service may run meanwhile
    (1) intent                   change.json: record, policy and settings as they will be
    (2) entry                    the record is in the log, its head unsigned
    (3) memory, signature        the checkpoint key signs that head
    (4) policy                   policy.json with the chain; as it was, when one is retired
    (5) settings                 ledger.json with the chain, or without it
    (6) end                      change.json is removed

A crash before (2) leaves a ledger that goes on as it was; the change is begun anew, and finds the
contract again. A crash after (2) leaves one that does not start until the change was run again,
for which neither root key nor node is needed.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provenance.chain.patience import USUAL_PATIENCE
from provenance.errors import ConflictError, NotFoundError, VerificationError
from provenance.files.atomic import write_bytes
from provenance.files.lock import FolderLock
from provenance.ledger.configure_chains import (
    ChainChange,
    check_chain_change,
    issue_chain_configuration,
    policy_with_chain,
    read_chain_configuration,
)
from provenance.ledger.configure_log import configure_log
from provenance.ledger.sign_checkpoint import sign_newest_head
from provenance.policy import Policy
from provenance.service.chain_settings import match_chains
from provenance.service.change_intent import (
    Intent,
    find_begun,
    forget_intent,
    read_intent,
    write_intent,
)
from provenance.service.choose_chain import policy_chain
from provenance.service.operator_keys import OperatorKeys
from provenance.service.prepare_chain import prepare_chain
from provenance.service.signer_process import open_signer
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.chain.patience import Patience
    from provenance.keys import PrivateKey
    from provenance.ledger.ports import LogStore, Signer
    from provenance.policy import Chain
    from provenance.record import Record
    from provenance.service.chain_settings import ChainSettings
    from provenance.service.choose_chain import ChosenChain
    from provenance.service.settings import LedgerFolder

__all__ = ["ChainsChange", "ChangedChains", "add_chain", "retire_chain"]


@dataclass(frozen=True, slots=True)
class ChangedChains:
    """What was done."""

    change: ChainChange
    policy: Policy
    """As it is served from now on."""


def add_chain(
    folder: LedgerFolder,
    chosen: ChosenChain,
    *,
    unlock_root: Callable[[OperatorKeys], PrivateKey],
    now_unix: int,
    patience: Patience = USUAL_PATIENCE,
) -> ChangedChains:
    """Anchor on one more chain from now on, or finish a change that was cut short.

    Args:
        unlock_root: returns the root key; not called to finish what the log has already.
        patience: with the chain, and whom to tell what is waited for.

    Raises:
        LockedError: the service runs; what is on the chain by now is found again.
        ConflictError: the ledger anchors there already, or another change comes first.
        UnavailableError: a node is away, or the sending key has no coins.
        FatalError: the log may not be continued.
    """
    finished = _finish_begun(folder)
    if finished is not None:
        return finished
    policy, keys = folder.read_policy(), OperatorKeys(folder.keys)
    there = match_chains(folder.read_settings().chains, policy)
    if chosen.settings.is_managed:
        raise ConflictError("a managed chain proves nothing beside another one")
    root = unlock_root(keys)  # asked before anything is paid for
    prepared = prepare_chain(folder, chosen, keys, policy.origin, patience=patience)  # (0)
    if prepared.pin.chain_id in {chain.chain_id for _, chain in there}:
        raise ConflictError(f"the ledger anchors on chain {prepared.pin.chain_id} already")
    with _stopped(folder) as steps:
        chain = policy_chain(prepared.chosen, prepared.pin)
        return steps.run(chain, prepared.chosen.settings, root, now_unix)


def retire_chain(
    folder: LedgerFolder,
    chain_id: int,
    *,
    unlock_root: Callable[[OperatorKeys], PrivateKey],
    now_unix: int,
) -> ChangedChains:
    """Anchor on a chain no more, or finish a change that was cut short.

    Raises:
        NotFoundError: the ledger does not anchor there.
        ConflictError: of the chain that the log's beacons name.
        LockedError, FatalError: as ``add_chain``.
    """
    finished = _finish_begun(folder)
    if finished is not None:
        return finished
    policy = folder.read_policy()
    for _, chain in match_chains(folder.read_settings().chains, policy):
        if chain.chain_id == chain_id:
            root = unlock_root(OperatorKeys(folder.keys))
            with _stopped(folder) as steps:
                return steps.run(chain, None, root, now_unix)
    raise NotFoundError(f"the ledger does not anchor on chain {chain_id}", field="--retire-chain")


def _finish_begun(folder: LedgerFolder) -> ChangedChains | None:
    """Finish what the log has already; None when it has nothing of the kind."""
    if read_intent(folder) is None:
        return None
    with _stopped(folder) as steps:
        begun = steps.begun()
        return None if begun is None else steps.finish(*begun)


@contextmanager
def _stopped(folder: LedgerFolder) -> Iterator[ChainsChange]:
    """Open a ledger that does not run, and keep it from starting."""
    with FolderLock(folder.writer_lock, purpose="write this ledger or change its chains"):
        policy, settings = folder.read_policy(), folder.read_settings()
        with (
            closing(open_log_store(folder.founded_log(settings))) as store,
            closing(open_signer(folder, policy, settings.signer)) as signer,
        ):
            yield ChainsChange(folder, policy, store, signer)


class ChainsChange:
    """The steps of one change; each method that touches the world does one of them."""

    def __init__(
        self, folder: LedgerFolder, policy: Policy, store: LogStore, signer: Signer
    ) -> None:
        """Work on a folder whose writer's lock is held."""
        self._folder = folder
        self._policy = policy
        self._store = store
        self._signer = signer

    def begun(self) -> tuple[Intent, Record] | None:
        """Return the change that the log has and the folder not yet; one it never got is void."""
        found = find_begun(self._folder, self._policy, self._store)
        if found is not None and found[0].policy is None:
            raise ConflictError("the change of a key comes first")
        return found

    def run(
        self, chain: Chain, settings: ChainSettings | None, root: PrivateKey, now_unix: int
    ) -> ChangedChains:
        """Begin a change and finish it.

        Args:
            settings: of the chain that joins; None for one that is retired.
        """
        adds = settings is not None
        if root.public != self._policy.root_key:
            raise VerificationError("this is another root key than the policy names")
        check_chain_change(self._policy, chain, adds=adds)
        # what a crash of the service left unsigned comes first
        origin = self._policy.origin
        signed = sign_newest_head(store=self._store, signer=self._signer, origin=origin)
        record = issue_chain_configuration(
            chain,
            adds=adds,
            root=root,
            origin=origin,
            tree_size=signed.tree_size,
            now_unix=now_unix,
        )
        octets = policy_with_chain(self._policy, chain) if adds else self._policy.octets
        intent = Intent(record.compact, octets, settings)
        self.write_intent(intent)  # (1)
        return self.finish(intent, record)

    def finish(self, intent: Intent, record: Record) -> ChangedChains:
        """Take steps (2) to (6), those that were taken already once more to no effect."""
        found = read_chain_configuration(intent.compact, self._policy)
        if found is None or intent.policy is None:
            raise ConflictError("the change of a key comes first")
        change = found[1]
        self.integrate_and_sign(record, change)  # (2), (3)
        policy = Policy.parse(intent.policy)
        self.write_policy(intent.policy)  # (4)
        self.write_settings(change, intent.chain)  # (5)
        self.forget_intent()  # (6)
        return ChangedChains(change, policy)

    # --- steps -----------------------------------------------------------------------------

    def write_intent(self, intent: Intent) -> None:
        """Write down what is about to be integrated, in the place of an intent that is void."""
        write_intent(self._folder, intent)

    def integrate_and_sign(self, record: Record, change: ChainChange) -> None:
        """Make the record an entry, and sign its head."""
        configure_log(
            record,
            change,
            store=self._store,
            signer=self._signer,
            origin=self._policy.origin,
        )

    def write_policy(self, octets: bytes) -> None:
        """Serve the changed policy from the next start on."""
        if octets != self._policy.octets:
            write_bytes(self._folder.policy, octets)

    def write_settings(self, change: ChainChange, joining: ChainSettings | None) -> None:
        """Anchor there, or no more, from the next start on."""
        settings = self._folder.read_settings()
        stay = [
            replace(one, chain_id=chain.chain_id)
            for one, chain in match_chains(settings.chains, self._policy)
            if chain.chain_id != change.chain_id
        ]
        chains = (*stay, joining) if joining is not None else tuple(stay)
        self._folder.write_settings(replace(settings, chains=chains))

    def forget_intent(self) -> None:
        """End the change."""
        forget_intent(self._folder)
