"""What commands print: words for people on standard output, JSON for scripts, errors on stderr."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from provenance import errors
from provenance.cli.language import _
from provenance.verdict import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from provenance.errors import ProvenanceError

__all__ = [
    "EXIT_FALSE",
    "EXIT_NOT_YET",
    "EXIT_TRUE",
    "EXIT_UNAVAILABLE",
    "EXIT_UNUSABLE",
    "exit_code_of",
    "print_error",
    "print_fields",
    "print_json",
    "print_table",
    "say",
    "warn",
    "when",
    "zone_of",
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

# Between two pictures a joiner makes one of them; anywhere else it is nothing that can be seen.
_EMOJI_JOINERS = re.compile(
    "(?<=[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])"
)

_WITH_PROBLEMS = (errors.UnusableDatasetError, errors.SourceMismatchError)


def say(text: str) -> None:
    """Print one line for people."""
    _write(sys.stdout, text)


def warn(text: str) -> None:
    """Print one line for people beside the answer, on standard error."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    """Write a line that no name, title or server can turn into a command to the terminal."""
    if not text.isprintable():
        joiners = {match.start() for match in _EMOJI_JOINERS.finditer(text)}
        text = "".join(one if at in joiners else _visible(one) for at, one in enumerate(text))
    encoding = stream.encoding or "utf-8"
    # a terminal without Chinese or a check mark still gets the line, with escapes in their place
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _visible(character: str) -> str:
    is_plain = character.isprintable() or character == "\n"
    return character if is_plain else ascii(character)[1:-1]


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
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (
            cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)
        )
        say("  ".join(padded).rstrip())


def _width(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes: Chinese characters take two."""
    return len(text) + sum(unicodedata.east_asian_width(one) in {"W", "F"} for one in text)


def print_error(error: ProvenanceError, *, as_json: bool) -> None:
    """Say what went wrong: title in the reader's language, then the facts."""
    problems = error.problems if isinstance(error, _WITH_PROBLEMS) else ()
    if as_json:
        body: dict[str, object] = {
            "error": error.code,
            "detail": str(error),
            "field": error.field,
        }
        if problems:
            members = ("path", "what", "detail")
            body["problems"] = [dict(zip(members, one, strict=True)) for one in problems]
        print_json(body)
    elif problems:
        warn(_(error.title))
        for path, what, detail in problems:
            warn(f"  {path}: {_(what)}" + (f" ({detail})" if detail else ""))
    else:
        warn(_("{title}: {text}").format(title=_(error.title), text=error))


def exit_code_of(error: ProvenanceError) -> int:
    """Return the exit code of the family that ``error`` belongs to."""
    return next(code for family, code in _EXITS if isinstance(error, family))


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        MalformedError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (LookupError, OSError, ValueError) as error:  # as zoneinfo refuses odd names
        raise errors.MalformedError(
            f"expected a time zone as Asia/Shanghai, got {name!a:.100}", field="--zone"
        ) from error


def when(posix_seconds: int, zone: str = "UTC") -> str:
    """Write a time in UTC, and in ``zone`` (IANA name) beside it unless that is UTC."""
    text = utc_text(posix_seconds)
    if zone == "UTC":
        return text
    try:
        local = datetime.fromtimestamp(posix_seconds, UTC).astimezone(zone_of(zone))
    except (OverflowError, OSError, ValueError):
        return text  # beyond the year 9999
    return text + local.strftime(" (%Y-%m-%d %H:%M:%S %z ") + zone + ")"
