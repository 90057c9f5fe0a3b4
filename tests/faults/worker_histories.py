"""The simulated lives of ``worker_history``, as a campaign: every core, the seeds told."""

from __future__ import annotations

import logging
import os
import traceback
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from faults.wire import Violation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["run"]

_CHUNK = 5
_SAY_EVERY = 500


def run(
    folder: Path,  # noqa: ARG001 -- nothing is written: a history is its seed
    seed: int,
    count: int,
    say: Callable[[str], None],
) -> dict[str, object]:
    """Live ``count`` lives, from history ``seed * 1,000,000`` on."""
    first = seed * 1_000_000
    counts = {"histories": 0, "steps": 0, "crashes": 0, "final anchors": 0}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        lives = pool.map(_live, range(first, first + count), chunksize=_CHUNK)
        for number, found in enumerate(lives, first):
            if isinstance(found, str):
                pool.shutdown(cancel_futures=True)
                again = f"scripts/simulate_worker --histories 1 --seed {number}"
                raise Violation("W", f"history {number} ({again}): {found}")
            for name, value in zip(counts, (1, *found), strict=True):
                counts[name] += value
            if counts["histories"] % _SAY_EVERY == 0:
                say(f"{counts['histories']} histories, {counts['crashes']} crashes")
    return {"campaign": "histories", "seed": seed, "counts": counts}


def _live(number: int) -> tuple[int, int, int] | str:
    """Return steps, crashes and finals of one life, or how it broke."""
    # imported in the child: the campaign's own process needs no worker
    from worker_history import WorkerHistory  # noqa: PLC0415

    logging.disable(logging.CRITICAL)
    history = WorkerHistory(number)
    try:
        history.run()
    except Exception:  # noqa: BLE001 -- whatever it is, the seed must be told
        return traceback.format_exc()
    return history.steps, history.crashes, len(history.finals)
