"""Sign a record about another record, save it, send it, keep its receipt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.commands.options import home_of, key_store
from provenance.cli.language import _
from provenance.cli.output import print_fields, print_json, say, when
from provenance.cli.sending import Sending
from provenance.cli.signer import find_signer, origin_of, sign_record
from provenance.errors import FileAccessError, MalformedError
from provenance.files.outbox import Outbox
from provenance.text import nfc

if TYPE_CHECKING:
    from provenance.cli.sending import Answer
    from provenance.files.keystore import Profile

__all__ = [
    "OwnPolicy",
    "Prose",
    "ReceiptFile",
    "Wish",
    "own_profile",
    "prose_of",
    "sign_about",
    "submit_about",
]

OwnPolicy = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help=_("Your trust policy: whom you believe.")),
]

ReceiptFile = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help=_("Where the receipt goes; default: TYPE-ID.receipt.json here."),
    ),
]

Prose = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", help=_("Why, in your words; @FILE reads a file.")),
]


@dataclass(frozen=True, slots=True)
class Wish:
    """Who signs, where it goes, and how to answer."""

    ledger: str
    policy: Path | None
    key: str | None
    passphrase: Path | None
    home: Path | None
    output: Path | None
    as_json: bool


def sign_about(record_type: str, claims: dict[str, object], wish: Wish) -> Answer:
    """Sign and send one record; say what became of it.

    Raises:
        RefusedByServiceError: the ledger does not take it; nothing was changed.
    """
    answer = submit_about(record_type, claims, wish)
    _tell(answer, wish)
    return answer


def submit_about(record_type: str, claims: dict[str, object], wish: Wish) -> Answer:
    """Sign and send one record, and keep its receipt; as ``sign_about``, and says nothing."""
    signer = find_signer(wish.key, wish.passphrase, wish.home)
    origin = origin_of(wish.ledger, wish.policy)
    given = {name: value for name, value in claims.items() if value not in (None, [], "")}
    compacts = sign_record(record_type, given, signer=signer, origin=origin)
    submission = Outbox(home_of(wish.home)).save(compacts)
    target = wish.output or Path(f"{record_type}-{submission.id[:16]}.receipt.json")
    sending = Sending(wish.ledger, wish.policy, target.parent, wish.home, target.name)
    return sending.send(submission)


def _tell(answer: Answer, wish: Wish) -> None:
    record = answer.submission.records[-1]
    if wish.as_json:
        print_json(
            {
                "id": record.id_hex,
                "type": record.type,
                "leaf_index": answer.leaf_index,
                "status": "integrated" if answer.is_new else "repeat",
                "receipt": str(answer.receipt),
            }
        )
        return
    if not answer.is_new:
        say(_("This very record was in the log already."))
    print_fields(
        (
            (_("type"), record.type),
            (_("record id"), record.id_hex),
            (_("entry"), answer.leaf_index),
            (_("claimed time"), when(record.iat)),
            (_("receipt"), answer.receipt),
        )
    )


def own_profile(key: str | None, home: Path | None) -> Profile:
    """Return what the user's key says of its holder, without unlocking it.

    Raises:
        NotFoundError: no such key, or several and none was named.
    """
    store = key_store(home)
    keys = store.keys()
    return keys[0].profile if key is None and len(keys) == 1 else store.find(key).profile


def prose_of(text: str | None, option: str) -> str | None:
    """Return a text that was given, or what is in the file that ``@FILE`` names.

    Raises:
        FileAccessError: the file cannot be read.
        MalformedError: it is no UTF-8.
    """
    if text is None or not text.startswith("@"):
        return None if text is None else nfc(text.strip())
    path = Path(text[1:])
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error
    try:
        decoded = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(f"{path}: expected UTF-8", field=option) from error
    return nfc(decoded.replace("\r\n", "\n").strip(), field=option)
