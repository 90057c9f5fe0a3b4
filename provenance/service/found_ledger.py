"""Found a ledger, in the order that leaves nothing unproved (design: start order).

    (1) root key            made offline, encrypted
    (2) checkpoint, beacon and sending keys
    (3) contract and registration of the log on the chain
    (4) genesis and first beacon, one batch: first checkpoint at tree size 2
    (5) trust policy, then settings: a folder with settings is a founded ledger

A crash anywhere leaves a folder without settings; founding again takes up what is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.chain.deploy import deploy
from provenance.digests import to_evm_hex
from provenance.errors import AlreadyExistsError, UnavailableError
from provenance.files.atomic import make_folder, write_bytes
from provenance.files.lock import FolderLock
from provenance.files.signer_memory import FileSignerMemory
from provenance.ledger.issue_beacon import issue_beacon
from provenance.ledger.start_log import start_log
from provenance.note import NoteSigner
from provenance.policy import Chain, CheckpointKey, Policy, render_policy
from provenance.record import issue_record
from provenance.service.chain_node import ChainNode
from provenance.service.operator_keys import OperatorKeys
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from provenance.chain.node import Node
    from provenance.chain.sender import KeySender
    from provenance.keys import PrivateKey
    from provenance.ledger.chain_port import ChainPin
    from provenance.service.settings import LedgerFolder, Settings

__all__ = ["found_ledger"]


def found_ledger(  # noqa: PLR0913 -- what a ledger is founded with
    folder: LedgerFolder,
    settings: Settings,
    *,
    origin: str,
    passphrase: str,
    chain_name: str,
    confirmations: int | None,
    independent: bool,
    now_unix: int,
) -> Policy:
    """Make a ledger in ``folder`` and return its trust policy.

    Args:
        origin: the log's name line, a schema-less URL of the operator's.
        passphrase: of the root key.
        confirmations: depth that counts as final on a chain without the tag; None = the tag.
        independent: whether others than the operator run the chain.

    Raises:
        AlreadyExistsError: the folder holds a founded ledger.
        UnavailableError: the node is away, or the sending key has no coins.
    """
    make_folder(folder.root)
    with FolderLock(folder.writer_lock, purpose="found or write this ledger"):
        if folder.settings.exists():
            raise AlreadyExistsError(f"{folder.root} holds a ledger already")
        keys = OperatorKeys(folder.keys)
        root = keys.root(passphrase)  # (1)
        signer = NoteSigner(origin, keys.checkpoint(make=True))  # (2)
        sender = keys.sender(make=True)
        chain_node = ChainNode(folder, settings, sender.address)
        chain_node.start()
        try:
            node = chain_node.node()
            pin = _register(chain_node, node, sender, origin)  # (3)
            genesis = _genesis(pin, root, signer, keys.beacon(make=True), origin, now_unix)
            block = node.finalized()
            beacon = issue_beacon(pin.chain_id, block, keys.beacon(), origin, now_unix)
        finally:
            chain_node.stop()
        store = open_log_store(folder.database)
        try:
            start_log(  # (4)
                store=store,
                memory=FileSignerMemory(folder.signer_memory, origin=origin),
                signer=signer,
                origin=origin,
                genesis=genesis,
                beacon=beacon,
            )
        finally:
            store.close()
        chain = _policy_chain(pin, chain_name, confirmations, independent=independent)
        policy = render_policy(
            origin=origin,
            root_key=root.public,
            checkpoint_keys=[CheckpointKey(signer.verifier, 1, None)],
            chains=[chain],
        )
        write_bytes(folder.policy, policy)  # (5)
        folder.write_settings(settings)
    return Policy.parse(policy)


def _register(chain_node: ChainNode, node: Node, sender: KeySender, origin: str) -> ChainPin:
    """Deploy and register, and wait until nobody can take it back."""
    if node.balance(sender.address) == 0:
        raise UnavailableError(
            f"the sending key {to_evm_hex(sender.address)} has no coins: send it some, then again"
        )
    deployed = deploy(node, sender, origin, wait=chain_node.wait_for_block)
    chain_node.wait_until_final(node, deployed.block_number)
    return deployed.pin


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
        "chains": [
            {
                "chain_id": pin.chain_id,
                "genesis_hash": to_evm_hex(pin.genesis_hash),
                "contract": to_evm_hex(pin.contract),
                "log_id": to_evm_hex(pin.log_id),
                "code_hash": to_evm_hex(pin.code_hash),
                "roots_slot": pin.roots_slot,
            }
        ],
    }
    record = issue_record(
        "genesis", claims, private_key=root, aud=origin, iat=now_unix, salts=iter(())
    )
    return record.compact


def _policy_chain(
    pin: ChainPin, name: str, confirmations: int | None, *, independent: bool
) -> Chain:
    return Chain(
        name=name,
        chain_id=pin.chain_id,
        genesis_hash=pin.genesis_hash,
        contract=pin.contract,
        log_id=pin.log_id,
        code_hash=pin.code_hash,
        roots_slot=pin.roots_slot,
        depth=confirmations,
        claims_independence=independent,
    )
