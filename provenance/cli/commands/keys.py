"""``key``: make, list, export and import the keys that sign your records.

What binds and revokes them is in ``key_bindings``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.key_bindings import add_commands
from provenance.cli.commands.options import AsJson, Home, Passphrase, key_store, read_passphrase
from provenance.cli.files import read_file, write_file
from provenance.cli.language import _
from provenance.cli.output import print_fields, print_json, print_table, say
from provenance.errors import MalformedError
from provenance.files.atomic import PRIVATE
from provenance.files.keystore import Profile, StoredKey
from provenance.identifiers import bare_orcid, bare_ror
from provenance.text import nfc

__all__ = ["register"]

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="KEY", help=_("Label or thumbprint; may be left out when you have one.")
    ),
]
Label = Annotated[str, typer.Option("--label", help=_("Your own name for the key."))]
PersonName = Annotated[str | None, typer.Option("--name", help=_("Your name, as you publish."))]
Orcid = Annotated[str | None, typer.Option("--orcid", help=_("Your ORCID iD."))]
Recovery = Annotated[
    str | None,
    typer.Option(
        "--recovery",
        metavar="KEY",
        help=_("Thumbprint of a key, kept elsewhere, that may revoke this one."),
    ),
]
Ror = Annotated[list[str] | None, typer.Option("--ror", help=_("Your institution's ROR id."))]


def register(app: Application) -> None:
    """Add the commands of this file."""
    group = Application(help=_("Make, list, export and import your keys."))
    group.add("new", new, help=_("Make a key that signs your records."))
    group.add("list", list_keys, help=_("List your keys."))
    group.add("export", export, help=_("Write a key file, encrypted, for another machine."))
    group.add("import", import_key, help=_("Take over a key file from another machine."))
    add_commands(group)
    app.add_typer(group, name="key")


def _profile(
    name: str | None, orcid: str | None, ror: list[str] | None, recovery: str | None = None
) -> Profile:
    return Profile(
        recovery=recovery,
        name=None if name is None else nfc(name.strip(), "--name"),
        orcid=None if orcid is None else bare_orcid(orcid),
        ror=tuple(bare_ror(one) for one in ror or ()),
    )


def new(
    label: Label = "default",
    name: PersonName = None,
    orcid: Orcid = None,
    ror: Ror = None,
    recovery: Recovery = None,
    alg: Annotated[str, typer.Option("--alg", help=_("Ed25519 or ES256."))] = "Ed25519",
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a key, encrypt it with a passphrase and store it."""
    if alg not in {"Ed25519", "ES256"}:
        raise MalformedError(f"expected Ed25519 or ES256, got {alg!r}", field="alg")
    profile = _profile(name, orcid, ror, recovery)
    secret = read_passphrase(passphrase, confirm=True)
    key = key_store(home).new(
        secret, label=label, alg="ES256" if alg == "ES256" else "Ed25519", profile=profile
    )
    if as_json:
        print_json(_to_json(key))
        return
    print_fields(((_("label"), key.label), (_("key"), key.thumbprint)))
    say(_("Lose the passphrase and the key is lost: nobody can restore it. Keep an export of it."))


def list_keys(home: Home = None, *, as_json: AsJson = False) -> None:
    """List the stored keys; no passphrase is needed."""
    keys = key_store(home).keys()
    if as_json:
        print_json([_to_json(key) for key in keys])
        return
    if not keys:
        say(_("No key yet: make one with provenance key new."))
        return
    heads = (_("label"), _("key"), _("algorithm"), _("name"), "ORCID", "ROR")
    rows = [
        (
            key.label,
            key.thumbprint,
            key.public.alg,
            key.profile.name or "",
            key.profile.orcid or "",
            " ".join(key.profile.ror),
        )
        for key in keys
    ]
    print_table(heads, rows)


def export(
    name: Name = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help=_("Where the key goes."))
    ] = None,
    home: Home = None,
) -> None:
    """Write a key file as it is stored: still encrypted under its passphrase."""
    store = key_store(home)
    octets = store.export(store.find(name))
    if output is None:
        sys.stdout.write(octets.decode("ascii") + "\n")
    else:
        write_file(output, octets, mode=PRIVATE, replace=False)


def import_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The key file."))],
    label: Label = "default",
    name: PersonName = None,
    orcid: Orcid = None,
    ror: Ror = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Store a key file that was made elsewhere, under its own passphrase."""
    key = key_store(home).add(
        read_file(file),
        read_passphrase(passphrase),
        label=label,
        profile=_profile(name, orcid, ror),
    )
    if as_json:
        print_json(_to_json(key))
    else:
        print_fields(((_("label"), key.label), (_("key"), key.thumbprint)))


def _to_json(key: StoredKey) -> dict[str, object]:
    profile = key.profile
    return {
        "label": key.label,
        "key": key.thumbprint,
        "alg": key.public.alg,
        "jwk": key.public.jwk(),
        "name": profile.name,
        "orcid": profile.orcid,
        "ror": list(profile.ror),
        "recovery": profile.recovery,
    }
