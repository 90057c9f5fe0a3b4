"""What reading a deposit's files again has shown, in words or for a script."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from provenance.assurance import percent_text
from provenance.cli.language import N_, _
from provenance.cli.output import (
    EXIT_FALSE,
    EXIT_TRUE,
    exit_code_of,
    print_error,
    print_fields,
    say,
    warn,
    when,
)
from provenance.cli.rechecking import chance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.cli.rechecking import Outcome, Wish

__all__ = ["as_members", "exit_code", "tell"]

_BAD_SHARES = (Fraction(1, 100), Fraction(1, 1_000))
"""Of which a sample's chance to miss all is told in any case."""
_MOST_SHOWN = 20
_OUTCOMES = {
    "changed": N_("the content has another digest"),
    "unreadable": N_("it cannot be read"),
    "missing": N_("the file is missing"),
}


def exit_code(outcome: Outcome) -> int:
    """Bad files are the answer, whether or not it could be sent."""
    if not outcome.report.is_sound:
        return EXIT_FALSE
    return EXIT_TRUE if outcome.problem is None else exit_code_of(outcome.problem)


def tell(outcome: Outcome, wish: Wish) -> None:
    """Print what was bad, how much was read, and what became of the report."""
    report = outcome.report
    if outcome.went_on:
        warn(_("Went on with what was begun at {time}.").format(time=when(report.started_unix)))
    for one in report.bad[:_MOST_SHOWN]:
        what = _(_OUTCOMES[one.outcome])
        say(f"  {one.path}: {what}" + (f" ({one.reason})" if one.reason else ""))
    wrong = report.failed + report.missing
    if wrong > _MOST_SHOWN:
        say(_("  and {count} more").format(count=wrong - _MOST_SHOWN))
    rows: list[tuple[str, object]] = [
        (_("files read again"), _("{k} of {n} files").format(k=report.checked, n=report.files)),
        (_("bad"), report.failed),
        (_("missing"), report.missing),
    ]
    if report.seed is not None:
        rows.append((_("seed of the sample"), report.seed.hex()))
        for share, text in _chances(outcome, wish):
            rows.append((_("chance to miss {share} bad files").format(share=share), text))
    rows.append((_("report"), outcome.names.report))
    if outcome.answer is None:
        rows.append((_("signed and saved"), outcome.names.records))
    else:
        rows.append((_("record id"), outcome.answer.submission.id))
        rows.append((_("entry"), outcome.answer.leaf_index))
        rows.append((_("receipt"), outcome.answer.receipt))
    print_fields(rows)
    if outcome.problem is not None:
        print_error(outcome.problem, as_json=False)
    elif outcome.answer is None:
        later = _("Send it with: provenance deposit --resume {path} --ledger URL")
        say(later.format(path=outcome.names.records))


def _chances(outcome: Outcome, wish: Wish) -> Iterator[tuple[str, str]]:
    """Yield shares of bad files, and the chance that this sample has met none of them."""
    for share in sorted({*_BAD_SHARES, *([wish.share] if wish.share else [])}, reverse=True):
        yield percent_text(share), percent_text(chance(outcome.report, share))


def as_members(outcome: Outcome, wish: Wish) -> dict[str, object]:
    """Return the same for a script."""
    report = outcome.report
    members: dict[str, object] = {
        "record": report.record.hex(),
        "sound": report.is_sound,
        "files": report.files,
        "checked": report.checked,
        "failed": report.failed,
        "missing": report.missing,
        "bad": [one.to_json() for one in report.bad],
        "report": str(outcome.names.report),
        "saved": str(outcome.names.records),
    }
    if report.seed is not None:
        members["seed"] = report.seed.hex()
        members["chance_of_missing"] = dict(_chances(outcome, wish))
    if outcome.answer is not None:
        members["id"] = outcome.answer.submission.id
        members["leaf_index"] = outcome.answer.leaf_index
        members["receipt"] = str(outcome.answer.receipt)
    if outcome.problem is not None:
        members["error"] = outcome.problem.code
        members["detail"] = str(outcome.problem)
    return members
