"""``configure``: change the log's own keys or chains, with the root key, while it is stopped."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.commands.chain_options import (
    AnchorInterval,
    ChainId,
    ChainName,
    Confirmations,
    DryRun,
    GenesisHash,
    Independent,
    Quorum,
    Rpc,
    SenderKey,
    genesis_hash,
    print_plan,
    sender_choice,
    tell_waiting,
    warn_of_few_nodes,
)
from provenance.cli.commands.options import AsJson, Folder, Passphrase, read_passphrase
from provenance.cli.commands.policies import grouped
from provenance.cli.language import _
from provenance.cli.output import print_fields, print_json, say
from provenance.digests import to_evm_hex
from provenance.errors import MalformedError
from provenance.note import NoteVerifier
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.cli.application import Application
    from provenance.keys import PrivateKey
    from provenance.service.choose_chain import ChosenChain
    from provenance.service.configure import ChangedKey
    from provenance.service.configure_chains import ChangedChains
    from provenance.service.operator_keys import OperatorKeys

__all__ = ["register"]


def register(app: Application) -> None:
    """Add the command of this file."""
    words = _("Change a key or a chain of the log; its service must be stopped.")
    app.add("configure", configure, help=words)


def configure(
    folder: Folder,
    *,
    new_checkpoint_key: Annotated[
        bool,
        typer.Option(
            "--new-checkpoint-key", help=_("Make a new key for checkpoints; the policy changes.")
        ),
    ] = False,
    new_beacon_key: Annotated[
        bool,
        typer.Option("--new-beacon-key", help=_("Make a new key for beacons; the policy stays.")),
    ] = False,
    add_chain: Annotated[
        str | None,
        typer.Option(
            "--add-chain",
            metavar="PROFILE",
            help=_("Anchor on this chain too; the policy changes. custom: say all of it yourself."),
        ),
    ] = None,
    retire_chain: Annotated[
        int | None,
        typer.Option(
            "--retire-chain",
            metavar="ID",
            help=_("Anchor on this chain no more; the policy stays."),
        ),
    ] = None,
    rpc: Rpc = None,
    quorum: Quorum = None,
    chain_id: ChainId = None,
    first_block: GenesisHash = None,
    chain_name: ChainName = None,
    confirmations: Confirmations = None,
    anchor_interval: AnchorInterval = None,
    sender: SenderKey = None,
    root_key: Annotated[
        Path | None,
        typer.Option(
            "--root-key",
            metavar="FILE",
            help=_("The root key's file; default: keys/root.jwe in the folder."),
        ),
    ] = None,
    passphrase: Passphrase = None,
    independent: Independent = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make one change, signed by the root key, or finish one that was cut short."""
    asked = (new_checkpoint_key, new_beacon_key, add_chain is not None, retire_chain is not None)
    if sum(asked) != 1:
        raise MalformedError(
            "expected one of --new-checkpoint-key, --new-beacon-key, --add-chain, --retire-chain",
            field="configure",
        )
    if dry_run and add_chain is None:
        raise MalformedError("only --add-chain sends anything", field="--dry-run")

    def unlock_root(keys: OperatorKeys) -> PrivateKey:
        return keys.open_root(read_passphrase(passphrase), root_key)

    place = LedgerFolder(folder.absolute())
    if retire_chain is not None:
        _retire(place, retire_chain, unlock_root, as_json=as_json)
    elif add_chain is None:
        _change_key(place, unlock_root, of_checkpoints=new_checkpoint_key, as_json=as_json)
    else:
        # imported here: it loads the chain's libraries, which most commands do not need
        from provenance.service.choose_chain import Wish, choose_chain  # noqa: PLC0415

        chosen = choose_chain(
            Wish(
                profile=add_chain,
                nodes=tuple(rpc or ()),
                quorum=quorum,
                chain_id=chain_id,
                genesis_hash=genesis_hash(first_block),
                name=chain_name,
                confirmations=confirmations,
                independent=independent,
                interval=anchor_interval,
                sender=sender_choice(sender),
            )
        )
        warn_of_few_nodes(chosen)
        if dry_run:
            _plan(place, chosen, as_json=as_json)
        else:
            _add(place, chosen, unlock_root, as_json=as_json)


# --- chains -----------------------------------------------------------------------------------


def _plan(place: LedgerFolder, chosen: ChosenChain, *, as_json: bool) -> None:
    from provenance.policy import Policy  # noqa: PLC0415 -- as in configure
    from provenance.service.operator_keys import OperatorKeys  # noqa: PLC0415 -- as in configure
    from provenance.service.prepare_chain import plan_chain  # noqa: PLC0415 -- as in configure

    place.read_settings()
    origin = Policy.parse(place.policy.read_bytes()).origin
    print_plan(plan_chain(place, chosen, OperatorKeys(place.keys), origin), as_json=as_json)


def _add(
    place: LedgerFolder,
    chosen: ChosenChain,
    unlock_root: Callable[[OperatorKeys], PrivateKey],
    *,
    as_json: bool,
) -> None:
    from provenance.service.configure_chains import add_chain  # noqa: PLC0415 -- as in configure
    from provenance.service.prepare_chain import Patience  # noqa: PLC0415 -- as in configure

    done = add_chain(
        place,
        chosen,
        unlock_root=unlock_root,
        now_unix=int(time.time()),
        patience=Patience(tell=tell_waiting),
    )
    _print_chains(done, place, as_json=as_json)


def _retire(
    place: LedgerFolder,
    chain_id: int,
    unlock_root: Callable[[OperatorKeys], PrivateKey],
    *,
    as_json: bool,
) -> None:
    from provenance.service.configure_chains import retire_chain  # noqa: PLC0415 -- as in configure

    done = retire_chain(place, chain_id, unlock_root=unlock_root, now_unix=int(time.time()))
    _print_chains(done, place, as_json=as_json)


def _print_chains(done: ChangedChains, place: LedgerFolder, *, as_json: bool) -> None:
    change = done.change
    if as_json:
        print_json(
            {
                "added" if change.adds else "retired": change.chain_id,
                "contract": to_evm_hex(change.contract),
                "leaf_index": change.leaf_index,
                "from_tree_size": change.from_tree_size,
                "policy_changed": change.adds,
                "policy_digest": done.policy.digest.hex(),
            }
        )
        return
    print_fields(
        (
            (_("log"), done.policy.origin),
            (_("added chain") if change.adds else _("retired chain"), change.chain_id),
            (_("contract"), to_evm_hex(change.contract)),
            (_("entry"), change.leaf_index),
            (_("from tree size"), change.from_tree_size),
            (_("policy"), place.policy),
            (_("digest"), grouped(done.policy.digest)),
        )
    )
    if change.adds:
        say(_("The policy has changed, and with it its digest: publish the new digest."))
        say(_("The old policy goes on verifying every receipt by the chains that it knows."))
    else:
        say(_("The policy has not changed: what was anchored there goes on being proved by it."))


# --- keys -------------------------------------------------------------------------------------


def _change_key(
    place: LedgerFolder,
    unlock_root: Callable[[OperatorKeys], PrivateKey],
    *,
    of_checkpoints: bool,
    as_json: bool,
) -> None:
    from provenance.service.configure import KeyKind, change_key  # noqa: PLC0415 -- as in configure

    done = change_key(
        place,
        KeyKind.CHECKPOINT if of_checkpoints else KeyKind.BEACON,
        unlock_root=unlock_root,
        now_unix=int(time.time()),
    )
    if as_json:
        print_json(_as_json(done))
    else:
        _print(done, place)


def _names(done: ChangedKey) -> tuple[str, str]:
    """Return the old and the new key as the log names them."""
    keys = (done.change.old, done.change.new)
    if done.change.kind.value == "beacon":
        return keys[0].thumbprint, keys[1].thumbprint
    old, new = (NoteVerifier(done.policy.origin, key).to_vkey() for key in keys)
    return old, new


def _as_json(done: ChangedKey) -> dict[str, object]:
    old, new = _names(done)
    return {
        "key": done.change.kind.value,
        "old": old,
        "new": new,
        "leaf_index": done.change.leaf_index,
        "from_tree_size": done.change.from_tree_size,
        "policy_changed": done.policy_changed,
        "policy_digest": done.policy.digest.hex(),
    }


def _print(done: ChangedKey, place: LedgerFolder) -> None:
    old, new = _names(done)
    print_fields(
        (
            (_("log"), done.policy.origin),
            (_("old key"), old),
            (_("new key"), new),
            (_("entry"), done.change.leaf_index),
            (_("from tree size"), done.change.from_tree_size),
            (_("policy"), place.policy),
            (_("digest"), grouped(done.policy.digest)),
        )
    )
    if done.policy_changed:
        say(_("The policy has changed, and with it its digest: publish the new digest."))
        say(_("The old policy goes on verifying older receipts, and refuses newer ones."))
    else:
        say(_("The policy has not changed."))
    say(_("The old key lies in keys/ as retired: destroy it once an audit has passed."))
