"""Ask the forking server (``storage_child``) for jobs, and make the ledger folders they work on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Self

from faults.journal import Journal
from faults.processes import ORIGIN
from faults.wire import JSON, Person, demand, record_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Base", "Forks", "Outcome", "copy_ledger", "make_base", "scratch"]

_TESTS = Path(__file__).parents[1]

_FOLDER = ("ledger.json", "policy.json", "keys", "signer.memory")
_DATABASES = ("ledger.sqlite", "ledger.sqlite-wal", "keys.sqlite", "keys.sqlite-wal")


@dataclass(frozen=True)
class Outcome:
    """How a job ended, and what it said until then."""

    code: int
    """Exit code; below 0 the signal that killed it."""
    said: Sequence[JSON]

    @property
    def error(self) -> str | None:
        return next(
            (f"{line['error']}: {line['words']}" for line in self.said if "error" in line), None
        )

    def all(self, name: str) -> list[JSON]:
        return [line for line in self.said if name in line]


class Forks:
    """One forking server; use it as a context."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, (str(_TESTS), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            # as a module: this folder itself must not be searched, it has an ``http``
            [sys.executable, "-m", "faults.storage_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        with self._process:  # closes its pipes, and so ends it
            self._process.stdin.close()

    def do(
        self,
        job: str,
        folder: Path,
        *,
        traced: Callable[[int], None] | None = None,
        close: bool = True,
        here: bool = False,
        **asked: object,
    ) -> Outcome:
        """Run one job to its end.

        Args:
            traced: told the process id before the job begins.
            close: end in order, with the stores closed.
            here: in the server itself, to warm it up.
        """
        line: JSON = {"job": job, "folder": str(folder), "close": close, "here": here, **asked}
        self._tell(json.dumps({**line, "hold": traced is not None}))
        if traced is not None:
            traced(self._hear()["pid"])
            self._tell("")
        answer = self._hear()
        return Outcome(answer["code"], answer["said"])

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def _hear(self) -> JSON:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        demand(line, "I9", f"the forking server ended: {self._process.poll()}")
        heard: JSON = json.loads(line)
        return heard


# --- ledger folders -------------------------------------------------------------------------


def scratch() -> tempfile.TemporaryDirectory[str]:
    """Return a folder in memory where there is one: thousands of copies are made in it."""
    memory = Path("/dev/shm")
    is_usable = memory.is_dir() and os.access(memory, os.W_OK)
    return tempfile.TemporaryDirectory(prefix="provenance-", dir=memory if is_usable else None)


def copy_ledger(source: Path, target: Path) -> None:
    """Copy a ledger folder without its node, in the place of what is at ``target``."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in (*_FOLDER, *_DATABASES):
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name)
        elif (source / name).exists():
            shutil.copyfile(source / name, target / name)


@dataclass
class Base:
    """A ledger with some records, at rest: every fault begins with a copy of it."""

    folder: Path
    person: Person
    iat: int
    compacts: list[bytes] = field(default_factory=list)
    acks: list[JSON] = field(default_factory=list)
    publication: JSON = field(default_factory=dict)
    """A deposit's manifest, and two orders to publish it."""

    def journal(self) -> Journal:
        """Return a fresh memory of what was acknowledged so far."""
        journal = Journal(Path(":memory:"))
        note_acks(journal, self.acks, self.compacts)
        return journal

    def records(self, rng: Random, count: int) -> list[bytes]:
        return [self.person.deposit(rng, self.iat) for _ in range(count)]


def note_acks(journal: Journal, said: Sequence[JSON], compacts: Sequence[bytes]) -> int:
    """Note what was acknowledged of some records, found by their ids; return how many."""
    known = {record_id(compact).hex(): compact for compact in compacts}
    count = 0
    for line in said:
        if "ack" in line:
            count += 1
            journal.ack(
                known[line["id"]],
                line["ack"],
                line["receipt"].encode(),
                is_new=line["new"],
                retried=False,
                at=0.0,
            )
    return count


def make_base(forks: Forks, founded: Path, folder: Path, *, seed: int, records: int = 6) -> Base:
    """Write some records into a copy of a founded ledger; this also warms the server up."""
    copy_ledger(founded, folder)
    forks.do("quicken", folder)
    base = Base(folder, Person(b"storage %d" % seed, ORIGIN), 1_760_000_000)
    rng = Random(seed)
    base.compacts = [base.person.key_record(rng, base.iat), *base.records(rng, records)]
    done = forks.do("prepare", folder, seed=f"publisher {seed}", now=base.iat)
    demand(done.code == 0, "I9", f"{done.error}")
    prepared = done.said[0]
    base.compacts += [one.encode() for one in prepared.pop("records")]
    base.publication = prepared
    batches = [[one.decode()] for one in base.compacts]
    show = [record_id(one).hex() for one in base.compacts]
    done = forks.do("examine", folder, here=True, batches=batches, show=show)
    base.acks = done.all("ack")
    demand(len(base.acks) == len(base.compacts), "I1", f"{done}")
    return base


def founded_in(folder: Path) -> Path:
    """Return a founded ledger in ``folder``; it is founded once."""
    from faults.processes import found_ledger  # noqa: PLC0415 -- needs the node, a base does not

    founded = folder / "founded"
    if not (founded / "ledger.json").exists():
        found_ledger(founded)
    return founded
