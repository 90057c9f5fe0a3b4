"""``fixity``: read the files of a deposit again, one deposit or all that are due."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.options import AnyLedger, AnyPolicy, AsJson, Home, Key, Passphrase
from provenance.cli.fixity_round import Round
from provenance.cli.fixity_text import as_members, exit_code, tell
from provenance.cli.language import _
from provenance.cli.output import print_json
from provenance.cli.places import Url, place_of
from provenance.cli.rechecking import Reading, Wish, deposited_at, sent
from provenance.cli.signer import find_signer
from provenance.digests import from_hex
from provenance.errors import AlreadyExistsError, MalformedError
from provenance.files.fixity_state import FixityState, Names

__all__ = ["register"]

_MOST_DIGITS = 12


def register(app: Application) -> None:
    """Add the command of this file."""
    does = _("Read the files of a deposit again, and sign what came out.")
    how = _(
        "Every byte is read from the disk anew; nothing is remembered from earlier. Files that are "
        "not part of the deposit are not looked at."
    )
    app.add("fixity", fixity, help=f"{does}\n\n{how}")


def fixity(
    receipt: Annotated[
        Path | None, typer.Argument(metavar="RECEIPT", help=_("The deposit's receipt."))
    ] = None,
    data: Annotated[
        str | None,
        typer.Argument(metavar="DATA|URL", help=_("Where the dataset lies; may be a URL.")),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            "--manifest",
            metavar="FILE",
            help=_("The dataset's manifest; default: manifest.jsonl beside the receipt."),
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", metavar="K", min=1, help=_("Read K files, drawn at random.")),
    ] = None,
    share: Annotated[
        str | None,
        typer.Option(
            "--share",
            metavar="PERCENT",
            help=_(
                "Read as many as show, in 95 of 100 cases, that so many are bad; as 0.1 for 0.1 %."
            ),
        ),
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option("--seed", metavar="HEX", help=_("Draw by this seed: 32 bytes.")),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="FILE", help=_("Where the report goes; default: by the receipt.")
        ),
    ] = None,
    due: Annotated[
        Path | None,
        typer.Option(
            "--due",
            metavar="FOLDER",
            help=_("Instead of RECEIPT: all deposits below that were not read for long."),
        ),
    ] = None,
    every: Annotated[
        int, typer.Option("--every", metavar="DAYS", min=0, help=_("With --due: how long that is."))
    ] = 30,
    ledger: AnyLedger = None,
    key: Key = None,
    policy: AnyPolicy = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    deposit: Annotated[
        bool, typer.Option("--deposit", help=_("Send the signed record to the ledger."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Exit with 0 when all is sound, with 1 when files are bad or missing."""
    wish = _wish(sample, share, seed)
    if deposit and ledger is None:
        raise MalformedError("is needed here", field="--ledger")
    to = ledger if deposit else None
    if due is not None:
        given = {"RECEIPT": receipt, "DATA": data, "--manifest": manifest, "--report": report}
        for name, value in given.items():
            if value is not None:
                raise MalformedError("says nothing beside --due", field=name)
        reading = Reading(wish, find_signer(key, passphrase, home), policy, to, home)
        raise typer.Exit(Round(reading, every, as_json=as_json).make(due))
    if receipt is None or data is None:
        missing = "RECEIPT" if receipt is None else "DATA"
        raise MalformedError("is needed here, or --due", field=missing)
    place = place_of(data)
    _check_target(report or receipt, place)
    if report is not None and not Names(report).is_free:
        raise AlreadyExistsError(f"{report}: name another file", field="--report")
    deposited = deposited_at(receipt, place, manifest, policy)
    reading = Reading(wish, find_signer(key, passphrase, home), policy, to, home)
    state = FixityState((report or receipt).parent, deposited.record)
    with state.lock():
        outcome = reading.read(deposited, state, report)
    outcome = sent(reading, outcome)
    if as_json:
        print_json(as_members(outcome, wish))
    else:
        tell(outcome, wish)
    raise typer.Exit(exit_code(outcome))


# --- what is asked ------------------------------------------------------------------------


def _wish(sample: int | None, share: str | None, seed: str | None) -> Wish:
    if sample is not None and share is not None:
        raise MalformedError("says nothing beside --sample", field="--share")
    if seed is not None and sample is None and share is None:
        raise MalformedError("says nothing without --sample or --share", field="--seed")
    return Wish(
        sample,
        None if share is None else _share(share),
        None if seed is None else from_hex(seed.removeprefix("0x"), field="--seed"),
    )


def _share(text: str) -> Fraction:
    """Read a share in percent; the sign may stand behind it."""
    number = text.removesuffix("%").strip()
    whole, _dot, rest = number.partition(".")
    digits = whole + rest
    if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS:
        share = Fraction(number if whole else f"0{number}") / 100
        if 0 < share <= 1:
            return share
    raise MalformedError(
        f"expected a share in percent, above 0, as 0.1; got {text!a:.40}", field="--share"
    )


def _check_target(target: Path, data: Path | Url) -> None:
    """Refuse to write into the dataset: it would have another digest from then on."""
    if isinstance(data, Path) and data.is_dir() and target.resolve().is_relative_to(data.resolve()):
        raise MalformedError(
            f"{target.parent} lies inside the dataset {data}: name a place outside it",
            field="--report",
        )
