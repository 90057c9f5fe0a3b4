"""Another try after a pause, a few times, where a connection went or a server is busy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from provenance.remote.location import DroppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["AT_FIRST", "PAUSES", "patiently"]

PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each further try."""

AT_FIRST = PAUSES[:2]
"""Of the first question: a host that never answered is more likely misspelled than busy."""

_T = TypeVar("_T")


def patiently(attempt: Callable[[], _T], pauses: Sequence[float] = PAUSES) -> _T:
    """Return what ``attempt`` returns, in the end.

    Raises:
        DroppedError: from the last try.
    """
    for pause in pauses:
        try:
            return attempt()
        except DroppedError:
            time.sleep(pause)
    return attempt()
