"""Change a key of a ledger that does not run, so that a crash at any step leaves it usable.

    (1) new key              keys/<name>.next.jwk
    (2) intent               change.json: the record, signed by the root key
    (3) entry                the record is in the log, its head unsigned
    (4) memory, signature    the old key signs that head
    (5) policy               policy.json with the new ranges (a checkpoint key only)
    (6) second name          keys/<name>.retired-<thumbprint>.jwk
    (7) key in use           keys/<name>.next.jwk becomes keys/<name>.jwk
    (8) end                  change.json is removed

A crash before (3) leaves a ledger that goes on under the old key; running the change again takes
up the new key and signs another record. A crash after (3) leaves one that does not start until
the change was run again, for which neither passphrase nor root key is needed: all is there.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import ConflictError, VerificationError
from provenance.files.atomic import write_bytes
from provenance.files.lock import FolderLock
from provenance.files.signer_memory import FileSignerMemory
from provenance.ledger.beacon_key import beacon_key_in_force
from provenance.ledger.configure_log import (
    KeyKind,
    Replacement,
    changed_policy,
    configure_log,
    issue_configuration,
    read_configuration,
)
from provenance.ledger.local_signer import LocalSigner
from provenance.ledger.sign_checkpoint import sign_newest_head
from provenance.ledger.signing_keys import SigningKeys
from provenance.policy import Policy
from provenance.service.change_intent import (
    Intent,
    check_settled,
    find_begun,
    forget_intent,
    write_intent,
)
from provenance.service.operator_keys import OperatorKeys
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.keys import PrivateKey, PublicKey
    from provenance.ledger.ports import LogStore, SignerMemory
    from provenance.record import Record
    from provenance.service.settings import LedgerFolder

__all__ = ["ChangedKey", "KeyChange", "KeyKind", "change_key", "check_all_stated", "check_settled"]


@dataclass(frozen=True, slots=True)
class ChangedKey:
    """What was done."""

    change: Replacement
    policy: Policy
    """As it is served from now on."""
    policy_changed: bool
    """False for a beacon key, which no policy names."""


def change_key(
    folder: LedgerFolder,
    kind: KeyKind,
    *,
    unlock_root: Callable[[OperatorKeys], PrivateKey],
    now_unix: int,
) -> ChangedKey:
    """Put a new key of ``kind`` in the place of the one in use, or finish a change begun before.

    Args:
        unlock_root: returns the root key; not called to finish what the log has already.

    Raises:
        LockedError: the service runs.
        ConflictError: a change of another kind of key has to be finished first, or an anchor is on
            its way that only the old checkpoint key can state.
        MalformedError: not a ledger folder, or no root key.
        WrongPassphraseError: of the root key; nothing was changed.
        FatalError: the log may not be continued.
    """
    database = folder.founded_log(folder.read_settings())
    with FolderLock(folder.writer_lock, purpose="write this ledger or change its keys"):
        policy = folder.read_policy()
        memory = FileSignerMemory(folder.signer_memory, origin=policy.origin)
        with closing(open_log_store(database)) as store:
            if kind is KeyKind.CHECKPOINT and find_begun(folder, policy, store) is None:
                check_all_stated(policy, SqlAnchorStore(store.writer, store.reader))
            steps = KeyChange(folder, policy, OperatorKeys(folder.keys), store, memory)
            return steps.run(kind, unlock_root=unlock_root, now_unix=now_unix)


def check_all_stated(policy: Policy, anchors: SqlAnchorStore) -> None:
    """Check that no anchor waits for a statement by the checkpoint key in use.

    On a chain without Ethereum proofs, an anchor's only evidence is a statement signed by the key
    of its tree size. Were that key gone, an anchor that is not included yet, or is displaced by a
    reorganisation, could never be included again, nor any after it.

    Raises:
        ConflictError: one does; the service has to run until it is final.
    """
    for chain in policy.chains:
        unfinished = anchors.unfinished(chain.chain_id) if chain.evidence == "trusted-rpc" else ()
        if unfinished:
            raise ConflictError(
                f"tree size {unfinished[0].tree_size} is on its way to {chain.name}, and only the "
                "old key can state it: let the service run until it is final"
            )


class KeyChange:
    """The steps of one change; each method that touches the world does one of them."""

    def __init__(
        self,
        folder: LedgerFolder,
        policy: Policy,
        keys: OperatorKeys,
        store: LogStore,
        memory: SignerMemory,
    ) -> None:
        """Work on a folder whose writer's lock is held."""
        self._folder = folder
        self._policy = policy
        self._keys = keys
        self._store = store
        self._memory = memory

    def run(
        self, kind: KeyKind, *, unlock_root: Callable[[OperatorKeys], PrivateKey], now_unix: int
    ) -> ChangedKey:
        """Finish the change that was begun, or else begin one and finish it."""
        begun = self._begun()
        if begun is None:
            begun = self._begin(kind, unlock_root(self._keys), now_unix)
        elif begun[1].kind is not kind:
            raise ConflictError(f"the change of the {begun[1].kind.value} key comes first")
        return self._finish(*begun)

    # --- beginning -------------------------------------------------------------------------

    def _begun(self) -> tuple[Record, Replacement] | None:
        """Return the change that the log has and the folder not yet; one it never got is void."""
        begun = find_begun(self._folder, self._policy, self._store)
        if begun is None:
            return None
        intent, _ = begun
        if intent.policy is not None:
            raise ConflictError("the change of chains comes first")
        return read_configuration(intent.compact, self._policy)

    def _begin(self, kind: KeyKind, root: PrivateKey, now_unix: int) -> tuple[Record, Replacement]:
        """Take steps (1) and (2); nothing of the log has changed after them."""
        if root.public != self._policy.root_key:
            raise VerificationError("this is another root key than the policy names")
        origin = self._policy.origin
        checkpoint_key = self._keys.current(KeyKind.CHECKPOINT.value)
        keys = SigningKeys(origin, self._policy.checkpoint_keys, [checkpoint_key])
        # what a crash of the service left unsigned comes first, under the key it was meant for
        signer = LocalSigner(self._memory, keys, origin)
        signed = sign_newest_head(store=self._store, signer=signer, origin=origin)
        keys.signer(signed.tree_size + 1)
        new = self.make_key(kind)  # (1)
        record = issue_configuration(
            kind,
            old=self._old_key(kind),
            new=new.public,
            root=root,
            origin=origin,
            tree_size=signed.tree_size,
            now_unix=now_unix,
        )
        begun = read_configuration(record.compact, self._policy)
        changed_policy(self._policy, begun[1])
        self.write_intent(record)  # (2)
        return begun

    def _old_key(self, kind: KeyKind) -> PublicKey:
        """Return the key in use; that of a beacon key whose file is gone stands in the log."""
        if kind is KeyKind.BEACON and not self._keys.has(kind.value):
            return beacon_key_in_force(self._policy, self._store)
        return self._keys.current(kind.value).public

    # --- finishing -------------------------------------------------------------------------

    def _finish(self, record: Record, change: Replacement) -> ChangedKey:
        """Take steps (3) to (8), those that were taken already once more to no effect."""
        octets = changed_policy(self._policy, change)
        policy = Policy.parse(octets)
        self._integrate_and_sign(record, change, policy)  # (3), (4)
        if octets != self._policy.octets:
            self.write_policy(octets)  # (5)
        self.keep_retired(change)  # (6)
        self.promote(change)  # (7)
        self.forget_intent()  # (8)
        # said of the change, which an earlier run may have written into the policy
        return ChangedKey(change, policy, change.kind is KeyKind.CHECKPOINT)

    def _integrate_and_sign(self, record: Record, change: Replacement, policy: Policy) -> None:
        name = KeyKind.CHECKPOINT.value
        at_hand = [self._keys.current(name)]
        if self._keys.has_next(name):
            at_hand.append(self._keys.next(name))
        keys = SigningKeys(policy.origin, policy.checkpoint_keys, at_hand)
        configure_log(
            record,
            change,
            store=self._store,
            signer=LocalSigner(self._memory, keys, policy.origin),
            origin=policy.origin,
        )

    # --- steps -----------------------------------------------------------------------------

    def make_key(self, kind: KeyKind) -> PrivateKey:
        """Make the new key, or take the one that an attempt before left: it has signed nothing."""
        return self._keys.next(kind.value, make=True)

    def write_intent(self, record: Record) -> None:
        """Write down what is about to be integrated, in the place of an intent that is void."""
        write_intent(self._folder, Intent(record.compact))

    def write_policy(self, octets: bytes) -> None:
        """Serve the changed policy from the next start on."""
        write_bytes(self._folder.policy, octets)

    def keep_retired(self, change: Replacement) -> None:
        """Keep the old key under another name; it is the operator's to destroy."""
        name = change.kind.value
        if self._keys.has(name) and self._keys.current(name).public == change.old:
            self._keys.keep_retired(name)

    def promote(self, change: Replacement) -> None:
        """Put the new key into use."""
        self._keys.promote(change.kind.value, change.new)

    def forget_intent(self) -> None:
        """End the change."""
        forget_intent(self._folder)
