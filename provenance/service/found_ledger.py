"""Found a ledger, in the order that leaves nothing unproved.

    (1) root key            made offline, encrypted
    (2) checkpoint, beacon and sending keys
    (3) contract and registration of the log on the chain
    (4) genesis and first beacon, one batch: first checkpoint at tree size 2
    (5) trust policy, then settings: a folder with settings is a founded ledger

A crash anywhere leaves a folder without settings; founding again takes up what is there.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from provenance.chain.patience import USUAL_PATIENCE, Patience
from provenance.errors import AlreadyExistsError
from provenance.files.atomic import make_folder, write_bytes
from provenance.files.lock import FolderLock
from provenance.files.signer_memory import FileSignerMemory
from provenance.ledger.configure_chains import chain_claim
from provenance.ledger.issue_beacon import issue_beacon
from provenance.ledger.start_log import start_log
from provenance.note import NoteSigner
from provenance.policy import CheckpointKey, Policy, render_policy
from provenance.record import issue_record
from provenance.service.choose_chain import policy_chain
from provenance.service.operator_keys import OperatorKeys
from provenance.service.prepare_chain import prepare_chain
from provenance.service.settings import Settings
from provenance.store.key_store import open_key_store
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from provenance.keys import PrivateKey
    from provenance.ledger.chain_port import ChainPin
    from provenance.service.choose_chain import ChosenChain
    from provenance.service.settings import Databases, LedgerFolder

__all__ = ["found_ledger"]


def found_ledger(  # noqa: PLR0913 -- what a ledger is founded with
    folder: LedgerFolder,
    chosen: ChosenChain,
    *,
    origin: str,
    passphrase: str,
    now_unix: int,
    database: Databases | None = None,
    patience: Patience = USUAL_PATIENCE,
) -> Policy:
    """Make a ledger in ``folder`` and return its trust policy.

    Args:
        chosen: the first chain, whose blocks the log's beacons name; others may join later.
        origin: the log's name line, a schema-less URL of the operator's.
        passphrase: of the root key.
        database: None keeps the log in the folder.
        patience: with the chain, and whom to tell what is waited for.

    Raises:
        AlreadyExistsError: the folder holds a founded ledger.
        ChainStalledError: the chain makes no blocks, or calls none final.
        UnavailableError: the node is away, or the sending key has no coins.
    """
    make_folder(folder.root)
    with FolderLock(folder.writer_lock, purpose="found or write this ledger"):
        if folder.settings.exists():
            raise AlreadyExistsError(f"{folder.root} holds a ledger already")
        keys = OperatorKeys(folder.keys)
        root = keys.root(passphrase)  # (1)
        signer = NoteSigner(origin, keys.checkpoint(make=True))  # (2)
        prepared = prepare_chain(folder, chosen, keys, origin, patience=patience)  # (3)
        pin = prepared.pin
        genesis = _genesis(pin, root, signer, keys.beacon(make=True), origin, now_unix)
        beacon = issue_beacon(pin.chain_id, prepared.block, keys.beacon(), origin, now_unix)
        settings = Settings((prepared.chosen.settings,), database=database)
        open_key_store(folder.key_database(settings)).close()
        with closing(open_log_store(folder.log_database(settings))) as store:
            start_log(  # (4)
                store=store,
                memory=FileSignerMemory(folder.signer_memory, origin=origin),
                signer=signer,
                origin=origin,
                genesis=genesis,
                beacon=beacon,
            )
        policy = render_policy(
            origin=origin,
            root_key=root.public,
            checkpoint_keys=[CheckpointKey(signer.verifier, 1, None)],
            chains=[policy_chain(prepared.chosen, pin)],
        )
        write_bytes(folder.policy, policy)  # (5)
        folder.write_settings(settings)
    return Policy.parse(policy)


def _genesis(  # noqa: PLR0913, PLR0917 -- private, and each is named in the record
    pin: ChainPin,
    root: PrivateKey,
    signer: NoteSigner,
    beacon: PrivateKey,
    origin: str,
    now_unix: int,
) -> bytes:
    claims = {
        "root_key": root.public.jwk(),
        "checkpoint_keys": [signer.verifier.to_vkey()],
        "beacon_key": beacon.public.jwk(),
        "chains": [chain_claim(pin)],
    }
    record = issue_record(
        "genesis", claims, private_key=root, aud=origin, iat=now_unix, salts=iter(())
    )
    return record.compact
