"""Give a ledger whose signer's memory is lost another one, after everybody was asked.

The memory is what keeps a ledger from signing two continuations of one log, and the service never
makes a missing one. When the disk that held it is gone and the log is not, a person may: this asks
all who could know of a newer head than the database's, and believes whoever says that there is one.

    (1) nobody has a memory, and nothing runs in this folder
    (2) the whole log is proved anew from its storage
    (3) no chain of the settings holds a head that this copy never signed
    (4) no witness of the settings cosigned one
    (5) the person knows the newest tree size from somewhere else

What stays unknown: heads signed after the newest one here that no chain, no witness and not the
person has seen. A receipt given under such a head would be contradicted by what is signed next.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance import tlog
from provenance.chain.anvil import AnvilChain, ManagedAnvil
from provenance.checkpoint import Checkpoint
from provenance.client.witness import HttpWitness
from provenance.errors import (
    AlreadyExistsError,
    ConflictError,
    MalformedError,
    NotFoundError,
    UnavailableError,
    WitnessRefusedError,
)
from provenance.files.lock import FolderLock
from provenance.files.signer_memory import FileSignerMemory
from provenance.ledger.check_restored import check_newest, check_newest_by_witness
from provenance.ledger.read_log import SignedLog
from provenance.ledger.tile_cache import TileCache
from provenance.note import Note, NoteVerifier
from provenance.service.audit import audit_folder
from provenance.service.chain_node import ChainNode, pin_of
from provenance.service.chain_settings import match_chains
from provenance.service.change_intent import check_settled
from provenance.store.log_store import open_log_store
from provenance.witness import witness_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from provenance.ledger.chain_port import Chain
    from provenance.policy import Chain as PolicyChain
    from provenance.policy import Policy
    from provenance.service.chain_settings import ChainSettings
    from provenance.service.settings import LedgerFolder, Settings
    from provenance.store.log_store import SqlLogStore

__all__ = ["Renewed", "renew_memory"]


@dataclass(frozen=True, slots=True)
class Renewed:
    """What the new memory says, and who was asked before."""

    checkpoint: Checkpoint
    asked: tuple[str, ...]
    """Ids of chains and names of witnesses that know of nothing newer."""
    unasked: tuple[str, ...]
    """Those that are away, and that the operator named."""


def renew_memory(folder: LedgerFolder, *, tree_size: int, without: Collection[str] = ()) -> Renewed:
    """Make a new signer's memory of the newest signed head in the database.

    Args:
        tree_size: of that head, as the operator knows it from elsewhere.
        without: ids of chains and names of witnesses that may be away. One that answers is
            believed all the same.

    Raises:
        AlreadyExistsError: a memory is there.
        LockedError: the service runs.
        ConflictError: the newest head has another size.
        AuditError: the log is not whole.
        RestoredCopyError: somebody has seen what this copy never signed.
        UnavailableError: somebody who is to be asked is away.
        MalformedError: not a ledger folder, or ``without`` names nobody.
    """
    settings = folder.read_settings()
    policy = folder.read_policy()
    _check_names(without, settings, policy)
    with FolderLock(folder.writer_lock, purpose="write this ledger or change it"):
        _check_no_memory(folder, settings)  # (1)
        with closing(open_log_store(folder.founded_log(settings))) as store:
            check_settled(folder, store)
            audit_folder(folder, ask_chain=False, with_memory=False)  # (2)
            newest = _newest(store, tree_size)  # (5)
            asked, unasked = [], []
            for name, ask in _others(folder, settings, policy, store):  # (3) (4)
                try:
                    ask()
                except WitnessRefusedError:
                    raise  # it is there, and knows something that we do not
                except UnavailableError as error:
                    if name not in without:
                        raise UnavailableError(f"{name} has to be asked: {error}") from error
                    unasked.append(name)
                else:
                    asked.append(name)
            _newest(store, tree_size)  # a process on another host may have gone on meanwhile
            peaks = tlog.peaks(newest.tree_size, store.read_tile)
        memory = FileSignerMemory(folder.signer_memory, origin=policy.origin)
        memory.renew(newest.tree_size, newest.root_hash, peaks)
    return Renewed(newest, tuple(asked), tuple(unasked))


def _check_names(without: Collection[str], settings: Settings, policy: Policy) -> None:
    chains = {str(trust.chain_id) for _, trust in match_chains(settings.chains, policy)}
    witnesses = {NoteVerifier.from_vkey(one.vkey) for one in settings.witnesses}
    known = chains | {witness_name(key) for key in witnesses}
    for name in without:
        if name not in known:
            raise MalformedError(
                f"expected one of {', '.join(sorted(known))}, got {name!a}", field="--without"
            )


def _check_no_memory(folder: LedgerFolder, settings: Settings) -> None:
    if settings.signer is not None:
        raise AlreadyExistsError(
            f"the memory is that of the signer at {settings.signer}: if it is lost, put "
            '"signer":null into ledger.json first'
        )
    if folder.signer_memory.exists():
        raise AlreadyExistsError(
            f"{folder.signer_memory} is there, and knows better. If it is damaged, move it away "
            "first; never do so because the service refuses it as newer"
        )


def _newest(store: SqlLogStore, tree_size: int) -> Checkpoint:
    """Return the newest checkpoint; which size it has is not said to whoever does not know."""
    signed = store.newest_signed()
    if signed is None:
        raise NotFoundError("nothing is signed yet")
    if signed.tree_size != tree_size:
        raise ConflictError(
            "the newest checkpoint of this copy has another size: if what you expect is larger, "
            "this copy is older than it",
            field="--tree-size",
        )
    return Checkpoint.from_text(Note.parse(signed.note).text)


# --- who is asked -----------------------------------------------------------------------------


def _others(
    folder: LedgerFolder, settings: Settings, policy: Policy, store: SqlLogStore
) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield everybody who may have seen a newer head, with the question to ask."""
    log = SignedLog(store, TileCache(store.read_tile))
    for one, trust in match_chains(settings.chains, policy):

        def ask_chain(one: ChainSettings = one, trust: PolicyChain = trust) -> None:
            with ExitStack() as open_ones:
                check_newest(_open_chain(folder, one, trust, open_ones), log)

        yield str(trust.chain_id), ask_chain
    for each in settings.witnesses:
        key, url = NoteVerifier.from_vkey(each.vkey), each.url

        def ask_witness(key: NoteVerifier = key, url: str = url) -> int:
            with HttpWitness(url) as witness:
                return check_newest_by_witness(key, witness, store)

        yield witness_name(key), ask_witness


def _open_chain(
    folder: LedgerFolder, settings: ChainSettings, trust: PolicyChain, open_ones: ExitStack
) -> Chain:
    if not settings.is_managed:
        return ChainNode(folder, settings, b"").chain(trust)
    if not folder.node.exists():
        raise UnavailableError(f"{folder.node} is not there: a new chain would know nothing")
    return AnvilChain(open_ones.enter_context(ManagedAnvil(folder.node)), pin_of(trust))
