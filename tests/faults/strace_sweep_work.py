"""What is struck: each work is one job on a folder made ready for it, and what must hold after."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from faults.storage_forks import Forks
from faults.wire import record_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from faults.storage_forks import Base, Forks, Outcome
    from faults.wire import JSON

__all__ = ["NONCE", "Work", "make_works"]

NONCE = 7
"""Of the anchor that two of the works are about."""


@dataclass(frozen=True)
class Work:
    """One job, and the records it is about."""

    name: str
    job: str
    folder: Path
    """The ledger before the job; it is copied."""
    asked: JSON
    records: Sequence[bytes] = ()
    """What the job sends; it is sent again when all is over."""

    def do(self, forks: Forks, folder: Path, traced: Callable[[int], None] | None) -> Outcome:
        return forks.do(self.job, folder, traced=traced, **self.asked)


def make_works(base: Base, seed: int) -> list[Work]:
    """Return every work on ``base``."""
    rng = Random(f"works {seed}")
    one, two = base.records(rng, 2), base.records(rng, 1)
    batches = [[record.decode() for record in batch] for batch in (one, two)]
    deposit = Work("deposit", "write", base.folder, {"batches": batches}, [*one, *two])
    doomed = record_id(base.compacts[1]).hex()
    erase = Work("erase", "erase", base.folder, {"ids": [doomed]})
    change = Work("change", "change", base.folder, {"kind": "checkpoint"})
    publish = Work("publish", "publish", base.folder, base.publication)
    bind = Work("bind", "bind", base.folder, {"nonce": NONCE})
    follow = Work("follow", "follow", base.folder, {"nonce": NONCE})
    return [deposit, erase, publish, change, bind, follow]
