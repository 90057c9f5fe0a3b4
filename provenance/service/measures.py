"""What a running ledger measures of itself, for the metrics page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provenance.errors import (
    DamagedLogError,
    FatalError,
    OverloadedError,
    ReadOnlyError,
    SignerAwayError,
    SignerRefusedError,
    StorageFullError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Measure", "taking_measures"]

_REASONS: Final = tuple(
    error.code
    for error in (
        DamagedLogError,
        ReadOnlyError,
        StorageFullError,
        SignerAwayError,
        SignerRefusedError,
        UnavailableError,
        OverloadedError,
        FatalError,
    )
)
"""Why no records are taken, each with a gauge from the start: an alarm can be set before it is 1.
"""


@dataclass(frozen=True, slots=True)
class Measure:
    """One gauge's value; gauges of one name have the same labels, with other values."""

    name: str
    """Without the prefix ``provenance_``."""
    value: float
    documentation: str
    labels: Mapping[str, str] = field(default_factory=dict)


def taking_measures(reason: str | None) -> Iterator[Measure]:
    """Return the gauges that say whether records are taken, and if not, for which ``reason``."""
    yield Measure("records_taken", float(reason is None), "1 while records are taken")
    others = () if reason is None or reason in _REASONS else (reason,)
    for code in (*_REASONS, *others):
        documentation = "1 for the reason why none are taken"
        yield Measure("records_refused", float(code == reason), documentation, {"reason": code})
