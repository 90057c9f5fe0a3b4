"""Prove every final anchor again from what is stored of it, as part of a scrub's round.

Nobody asks for most of them for years, and a receipt that is complete today must be complete then.
What is not final yet still changes, and is proved by the worker in each of its turns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from provenance.anchor import AnchorState
from provenance.ledger.audit_log import at_place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.ledger.anchor_port import Anchor
    from provenance.ledger.show_anchors import AnchorChecker

__all__ = ["AnchorPages", "AnchorScrubber"]

_PAGE: Final = 100

_AS_ENTRIES: Final = 4
"""Entries that take as long to read again as a proof in pure Python."""


class AnchorPages(Protocol):
    """Every anchor of a ledger, in the order they were bound."""

    def page(self, *, after_id: int = 0, limit: int = 100) -> Sequence[Anchor]:
        """Return anchors with a higher id than ``after_id``, lowest first."""


class AnchorScrubber:
    """Reads anchors again; belongs to one thread."""

    def __init__(self, anchors: AnchorPages, checker: AnchorChecker) -> None:
        """Read from ``anchors``; ``checker`` proves none twice whose every bit is the same."""
        self._anchors = anchors
        self._checker = checker

    def run(self, rest: Callable[[int], object]) -> bool:
        """Check all that are final; False if ``rest`` ended it before.

        Args:
            rest: called with a number of entries after each anchor, to keep the scrub's rate; it
                answers True when the process stops.

        Raises:
            AuditError: something stored of one has changed.
            UnavailableError: the database is away.
        """
        after = 0
        while True:
            with at_place("anchors"):
                page = self._anchors.page(after_id=after, limit=_PAGE)
            if not page:
                return True
            for anchor in page:
                if anchor.state is AnchorState.FINAL:
                    place = f"anchor of tree size {anchor.tree_size} on chain {anchor.chain_id}"
                    with at_place(place):
                        self._checker.check(anchor)
                    if rest(_AS_ENTRIES) is True:
                        return False
            after = page[-1].anchor_id
