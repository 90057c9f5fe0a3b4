"""What commands print: words for people on standard output, JSON for scripts, errors on stderr."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console

from provenance import errors
from provenance.cli.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.errors import ProvenanceError

__all__ = [
    "EXIT_FALSE",
    "EXIT_NOT_YET",
    "EXIT_TRUE",
    "EXIT_UNAVAILABLE",
    "EXIT_UNUSABLE",
    "console",
    "exit_code_of",
    "print_error",
    "print_fields",
    "print_json",
    "print_table",
    "say",
    "short",
    "when",
]

EXIT_TRUE = 0
EXIT_FALSE = 1
EXIT_UNUSABLE = 2
EXIT_NOT_YET = 3
EXIT_UNAVAILABLE = 4

_EXITS: tuple[tuple[type[ProvenanceError], int], ...] = (
    (errors.VerificationError, EXIT_FALSE),
    (errors.FatalError, EXIT_FALSE),
    (errors.NotYetError, EXIT_NOT_YET),
    (errors.UnavailableError, EXIT_UNAVAILABLE),
    (errors.ProvenanceError, EXIT_UNUSABLE),
)


def console(*, stderr: bool = False) -> Console:
    """Return a console that never breaks a digest over two lines or guesses markup in names."""
    return Console(stderr=stderr, soft_wrap=True, markup=False, highlight=False, emoji=False)


def say(text: str) -> None:
    """Print one line for people."""
    console().print(text)


def print_json(value: object) -> None:
    """Print one JSON document for scripts; never translated."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def print_fields(rows: Iterable[tuple[str, object]]) -> None:
    """Print labelled values, the labels in one column."""
    print_table((), [(label, value) for label, value in rows])


def print_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print columns side by side; a long value is never folded, so it can be copied."""
    lines = [tuple(heads)] if heads else []
    lines += [tuple(str(cell) for cell in row) for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (
            cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)
        )
        say("  ".join(padded).rstrip())


def print_error(error: ProvenanceError, *, as_json: bool) -> None:
    """Say what went wrong: title in the reader's language, then the facts."""
    if as_json:
        body = {"error": error.code, "detail": str(error), "field": error.field}
        print_json(body)
    else:
        console(stderr=True).print(f"{_(error.title)}: {error}")


def exit_code_of(error: ProvenanceError) -> int:
    """Return the exit code of the family that ``error`` belongs to."""
    return next(code for family, code in _EXITS if isinstance(error, family))


def short(digest: str) -> str:
    """Shorten a digest so that two different ones can still be told apart at a glance."""
    return f"{digest[:12]}…{digest[-6:]}"


def when(posix_seconds: int, zone: str) -> str:
    """Write a time in UTC, and in ``zone`` (IANA name) beside it unless that is UTC."""
    utc = datetime.fromtimestamp(posix_seconds, ZoneInfo("UTC"))
    text = utc.strftime("%Y-%m-%d %H:%M:%S UTC")
    if zone != "UTC":
        local = utc.astimezone(ZoneInfo(zone))
        text += local.strftime(" (%Y-%m-%d %H:%M:%S %z ") + zone + ")"
    return text
