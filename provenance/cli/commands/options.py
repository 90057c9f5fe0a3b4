"""Options that several commands share, with one wording each."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.language import _
from provenance.errors import FileAccessError, MalformedError

if TYPE_CHECKING:
    from provenance.files.keystore import KeyStore
    from provenance.service.settings import Databases

__all__ = [
    "AnyLedger",
    "AnyPolicy",
    "AsJson",
    "Folder",
    "Home",
    "Key",
    "KeysDatabase",
    "LedgerURL",
    "Output",
    "Passphrase",
    "Policy",
    "Zone",
    "databases_of",
    "home_of",
    "key_store",
    "read_passphrase",
]

AsJson = Annotated[bool, typer.Option("--json", help=_("Print JSON for scripts."))]

Folder = Annotated[Path, typer.Argument(help=_("The ledger folder."), metavar="FOLDER")]

LedgerURL = Annotated[
    str,
    typer.Option(
        "--ledger",
        envvar="PROVENANCE_LEDGER",
        metavar="URL",
        help=_("The ledger's address, as http://127.0.0.1:8000."),
    ),
]

AnyLedger = Annotated[
    str | None,
    typer.Option("--ledger", envvar="PROVENANCE_LEDGER", metavar="URL", help=_("The ledger.")),
]

Key = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help=_("Which key signs: label or thumbprint.")),
]

AnyPolicy = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help=_("Check the receipt against this policy.")),
]

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="PROVENANCE_HOME",
        metavar="FOLDER",
        help=_("Where your keys and unsent records are kept; default ~/.config/provenance."),
    ),
]

Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help=_("Where the answer goes."))
]

Policy = Annotated[
    Path,
    typer.Option("--policy", metavar="FILE", help=_("Your trust policy: whom you believe.")),
]

KeysDatabase = Annotated[
    str | None,
    typer.Option(
        "--keys-database", metavar="DSN", help=_("Another one, of the disclosures' keys.")
    ),
]

Passphrase = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help=_("Read the passphrase from a file; else PROVENANCE_PASSPHRASE, else you are asked."),
    ),
]

Zone = Annotated[
    str,
    typer.Option(
        "--zone", metavar="ZONE", help=_("Also show times in this zone, as Asia/Shanghai.")
    ),
]


def home_of(home: Path | None) -> Path:
    """Return the folder of the user's own files."""
    # imported here: what unlocks keys is not needed by whoever only reads
    from provenance.files.keystore import home_folder  # noqa: PLC0415

    return home if home is not None else home_folder(os.environ)


def key_store(home: Path | None) -> KeyStore:
    """Return the store of the user's own keys."""
    from provenance.files.keystore import KeyStore  # noqa: PLC0415 -- as in home_of

    return KeyStore(home_of(home))


def databases_of(database: str | None, keys_database: str | None) -> Databases | None:
    """Return the two PostgreSQL databases that were named, None when none was.

    Raises:
        MalformedError: one without the other.
    """
    # imported here: the commands of depositors do not need it
    from provenance.service.settings import Databases  # noqa: PLC0415

    if database is None and keys_database is None:
        return None
    if database is None or keys_database is None:
        raise MalformedError("expected both databases or neither", field="--keys-database")
    return Databases(database, keys_database)


def read_passphrase(file: Path | None, *, confirm: bool = False) -> str:
    """Return the passphrase: from a file, the environment, or the terminal without echo.

    Raises:
        FileAccessError: the file cannot be read.
        MalformedError: none is given, and there is no terminal to ask at.
    """
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise FileAccessError(f"{file}: {error}") from error
    given = os.environ.get("PROVENANCE_PASSPHRASE")
    if given is not None:
        return given
    if not _has_terminal():
        raise MalformedError(
            "no passphrase and no terminal to ask for it: give --passphrase-file or set "
            "PROVENANCE_PASSPHRASE",
            field="--passphrase-file",
        )
    asked: str = typer.prompt(
        _("Passphrase"), hide_input=True, confirmation_prompt=confirm, err=True
    )
    return asked


def _has_terminal() -> bool:
    """Tell whether getpass can ask without echo: at the process's terminal, or on its input."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return sys.stdin is not None and sys.stdin.isatty()
    return True
