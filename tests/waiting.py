"""Wait for what another thread or process does, and say how it stood when it did not come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Answer = TypeVar("_Answer")


def wait_until(
    ask: Callable[[], _Answer], *, seconds: float = 30.0, tell: Callable[[], object] = str
) -> _Answer:
    """Ask again and again; return the first answer that is true.

    Args:
        tell: what the failure shows when ``seconds`` are over.
    """
    deadline, pause = time.monotonic() + seconds, 0.01
    while not (answer := ask()):
        assert time.monotonic() < deadline, tell()
        time.sleep(pause)
        pause = min(2 * pause, 0.1)  # asking is work too, of which others wait for the end
    return answer
