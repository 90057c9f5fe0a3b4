"""``configure``: change the log's own keys, with the root key, while the service is stopped."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.commands.options import AsJson, Folder, Passphrase, read_passphrase
from provenance.cli.commands.policies import grouped
from provenance.cli.language import _
from provenance.cli.output import print_fields, print_json, say
from provenance.errors import MalformedError
from provenance.note import NoteVerifier
from provenance.service.configure import ChangedKey, KeyKind, change_key
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from provenance.cli.application import Application
    from provenance.keys import PrivateKey
    from provenance.service.operator_keys import OperatorKeys

__all__ = ["register"]


def register(app: Application) -> None:
    """Add the command of this file."""
    app.add("configure", configure, help=_("Change a key of the log; its service must be stopped."))


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
    root_key: Annotated[
        Path | None,
        typer.Option(
            "--root-key",
            metavar="FILE",
            help=_("The root key's file; default: keys/root.jwe in the folder."),
        ),
    ] = None,
    passphrase: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Put a new key in the place of one of the log's own, or finish a change that was cut short."""
    if new_checkpoint_key is new_beacon_key:
        raise MalformedError(
            "expected either --new-checkpoint-key or --new-beacon-key", field="configure"
        )

    def unlock_root(keys: OperatorKeys) -> PrivateKey:
        return keys.open_root(read_passphrase(passphrase), root_key)

    place = LedgerFolder(folder.absolute())
    done = change_key(
        place,
        KeyKind.CHECKPOINT if new_checkpoint_key else KeyKind.BEACON,
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
    if done.change.kind is KeyKind.BEACON:
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
