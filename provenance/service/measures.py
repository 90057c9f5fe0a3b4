"""What a running ledger measures of itself, for the metrics page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Measure"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One gauge's value; gauges of one name have the same labels, with other values."""

    name: str
    """Without the prefix ``provenance_``."""
    value: float
    documentation: str
    labels: Mapping[str, str] = field(default_factory=dict)
