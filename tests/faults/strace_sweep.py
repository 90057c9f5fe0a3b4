"""KILL, EIO and ENOSPC at every file system call of what writes, singly and in pairs.

The method is Tessera's. A dry run under strace numbers the system calls that touch the ledger's
folder; then each is repeated with strace putting a fault in the place of exactly that one. In a
pair a second fault meets the recovery from the first. Afterwards the folder is opened without any
fault, all that was ever sent is sent again, and everything is audited.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from faults.storage_audit import audit_folder, check_recovered
from faults.storage_forks import Forks, Outcome, copy_ledger, founded_in, make_base, scratch
from faults.strace_sweep_work import Work, make_works
from faults.wire import Violation, demand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from faults.storage_forks import Base

__all__ = ["Point", "points_of", "run"]

# fmt: off
CHANGES = {
    "write", "pwrite64", "pwritev", "writev", "fsync", "fdatasync", "openat", "mkdir", "rename",
    "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat", "ftruncate", "fallocate",
    "fchmod", "fchown",
}
"""System calls before which a death leaves something else than before the one before it."""

FAILS = CHANGES | {"read", "pread64", "close", "mmap", "fcntl", "newfstatat", "lseek"}
"""System calls that a disk can refuse."""

FILLS = {
    "write", "pwrite64", "fsync", "fdatasync", "rename", "ftruncate", "fallocate", "link", "openat",
}
"""System calls that a full disk can refuse."""
# fmt: on

LANES = 2
"""Of a long campaign, whose points mostly wait for processes to begin and end."""

_CHUNK = 50

_LINE = re.compile(r"(?P<name>\w+)\((?P<rest>.*)")


class Point(NamedTuple):
    """One fault: the ``ordinal``-th call of a name since the job began."""

    name: str
    ordinal: int
    fault: str
    """``KILL``, ``EIO`` or ``ENOSPC``."""

    @property
    def injection(self) -> str:
        what = "signal=KILL" if self.fault == "KILL" else f"error={self.fault}"
        return f"inject={self.name}:{what}:when={self.ordinal}"


def points_of(trace: str, folder: Path) -> list[Point]:
    """Number the calls of a dry run, and list the faults of those that touch the folder."""
    counts: Counter[str] = Counter()
    found = []
    for line in trace.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        name, rest = match["name"], match["rest"]
        counts[name] += 1
        if str(folder) not in rest:
            continue
        at = (name, counts[name])
        if name in CHANGES:
            found.append(Point(*at, "KILL"))
        if name in FAILS:
            found.append(Point(*at, "EIO"))
        if name in FILLS:
            found.append(Point(*at, "ENOSPC"))
    return found


class Tracer:
    """strace on one child."""

    def __init__(self, log: Path, *options: str) -> None:
        self._log = log
        self._options = options
        self._strace: subprocess.Popen[bytes] | None = None

    def __call__(self, process_id: int) -> None:
        """Attach; the process runs on when this returns."""
        self._log.unlink(missing_ok=True)
        command = ["strace", "-o", str(self._log), *self._options, "-p", str(process_id)]
        self._strace = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert self._strace.stderr is not None
        attached = self._strace.stderr.readline()
        # nobody reads what else it says, and there is little
        if b"attached" not in attached:
            raise RuntimeError(f"strace cannot attach: {attached!r}")

    def read(self) -> str:
        """Return the trace once the child has ended."""
        assert self._strace is not None
        with self._strace:
            self._strace.wait(60)
        return self._log.read_text("utf-8", "replace")


@dataclass
class Counts:
    """What a campaign did, kept in its folder so that it can go on."""

    done: int = 0
    """Places in the plan that were taken."""
    landed: Counter[str] = field(default_factory=Counter)
    """Faults that struck, by kind."""
    pairs: int = 0
    missed: int = 0
    """Faults whose call did not come: the run was shorter than the dry one."""
    ended: Counter[str] = field(default_factory=Counter)
    """How the struck jobs ended."""
    acks: int = 0
    slowest: float = 0.0
    """Seconds until a struck folder was open and had answered for every record again."""
    seconds: float = 0.0

    def add(self, other: Counts) -> None:
        self.done += other.done
        self.landed += other.landed
        self.pairs += other.pairs
        self.missed += other.missed
        self.ended += other.ended
        self.acks += other.acks
        self.slowest = max(self.slowest, other.slowest)

    def result(self, seed: int) -> dict[str, object]:
        points = sum(self.landed.values())
        return {
            "campaign": "strace_sweep",
            "seed": seed,
            "counts": {
                "points": points,
                **{f"points {fault}": count for fault, count in sorted(self.landed.items())},
                "pairs": self.pairs,
                "calls that did not come": self.missed,
                "acknowledgements": self.acks,
                "worst seconds: opened and asked again": round(self.slowest, 2),
                "jobs killed": self.ended["killed"],
                "jobs that went on": self.ended["went on"] + self.ended["refused, went on"],
                "jobs that ended by themselves": sum(
                    count for how, count in self.ended.items() if how.startswith("ended")
                ),
            },
            "endings": dict(sorted(self.ended.items())),
            "points a minute": round(60 * points / max(self.seconds, 0.001)),
            "violations": 0,
        }


class Lane:
    """One forking server and one folder, in which points are struck one after the other."""

    def __init__(self, forks: Forks, place: Path) -> None:
        self.forks = forks
        self._target = place / "ledger"
        self._log = place / "strace.txt"

    def dry_run(self, work: Work) -> list[Point]:
        copy_ledger(work.folder, self._target)
        tracer = Tracer(self._log, "-y", "-s", "0")
        outcome = work.do(self.forks, self._target, tracer)
        demand(outcome.code == 0, "I9", f"{work.name} fails without a fault: {outcome.error}")
        return points_of(tracer.read(), self._target)

    def dry_recovery(self, work: Work, points: list[Point]) -> list[Point]:
        """List the points of a recovery that has something to do: a head without a signature."""
        copy_ledger(work.folder, self._target)
        first = next(point for point in points if point.name == "rename")
        self._struck(lambda tracer: work.do(self.forks, self._target, tracer), first, Counts())
        tracer = Tracer(self._log, "-y", "-s", "0")
        outcome = self.forks.do("recover", self._target, traced=tracer)
        demand(outcome.code == 0, "I9", f"recovery: {outcome.error}")
        return points_of(tracer.read(), self._target)

    def strike(self, base: Base, work: Work, faults: Sequence[Point]) -> Counts:
        """Strike one job, perhaps its recovery too; then everything must be as promised."""
        counts = Counts(done=1, pairs=len(faults) - 1)
        copy_ledger(work.folder, self._target)
        first, *others = faults
        struck = self._struck(
            lambda tracer: work.do(self.forks, self._target, tracer), first, counts
        )
        for second in others:
            self._struck(
                lambda tracer: self.forks.do("recover", self._target, traced=tracer), second, counts
            )
        with closing(base.journal()) as journal:
            began = time.monotonic()
            counts.acks += check_recovered(self.forks, base, work, self._target, struck, journal)
            counts.slowest = time.monotonic() - began
            audit_folder(self._target, journal)
        return counts

    def _struck(self, do: Callable[[Tracer], Outcome], point: Point, counts: Counts) -> Outcome:
        tracer = Tracer(self._log, "-e", f"trace={point.name}", "-e", point.injection)
        outcome = do(tracer)
        trace = tracer.read()
        if "INJECTED" in trace or "killed by SIGKILL" in trace:
            counts.landed[point.fault] += 1
        else:
            counts.missed += 1
        counts.ended[_ending(outcome)] += 1
        return outcome


def _ending(outcome: Outcome) -> str:
    if outcome.code < 0:
        return "killed"
    if any("error" in line for line in outcome.said):
        line = next(line for line in outcome.said if "error" in line)
        if line["error"] == "untranslated":
            return f"ended: {line['words'].splitlines()[-1].partition(':')[0]}"
        return f"ended: {line['error']}"
    refused = any("refused" in line for line in outcome.said)
    return "refused, went on" if refused else "went on"


def plan(
    works: Sequence[Work], points: Mapping[str, list[Point]], recovery: list[Point], seed: int
) -> Iterator[tuple[Work, list[Point]]]:
    """All single points in a random order, again and again; every fourth fault is a pair."""
    rng = Random(seed)
    singles = [(work, [point]) for work in works for point in points[work.name]]
    while True:
        rng.shuffle(singles)
        for number, (work, single) in enumerate(singles, 1):
            yield work, single
            if number % 3 == 0:
                yield work, [rng.choice(points[work.name]), rng.choice(recovery)]


def run(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Strike ``count`` times; the same folder and seed go on where they were.

    Raises:
        Violation: a promise was broken; the message names the point.
    """
    progress = folder / f"strace_sweep-{seed}.json"
    counts = _read(progress)
    if counts.done >= count:
        return counts.result(seed)
    with ExitStack() as opened:
        place = Path(opened.enter_context(scratch()))
        lanes = [Lane(opened.enter_context(Forks()), place / str(n)) for n in range(_lanes(count))]
        base = make_base(lanes[0].forks, founded_in(folder), place / "base", seed=seed)
        for lane in lanes[1:]:
            make_base(lane.forks, folder / "founded", place / "warm", seed=seed)
        works = make_works(base, seed)
        points = {work.name: lanes[0].dry_run(work) for work in works}
        recovery = lanes[0].dry_recovery(works[0], points[works[0].name])
        total = sum(map(len, points.values()))
        say(f"strace_sweep: {total} single points in {len(works)} works, seed {seed}")
        steps = islice(plan(works, points, recovery, seed), counts.done, count)
        pool = opened.enter_context(ThreadPoolExecutor(len(lanes)))
        while chunk := list(islice(steps, _CHUNK)):
            began = time.monotonic()
            shares = [chunk[n :: len(lanes)] for n in range(len(lanes))]
            for done in pool.map(lambda lane, share: _strike_all(lane, base, share), lanes, shares):
                counts.add(done)
            counts.seconds += time.monotonic() - began
            progress.write_text(json.dumps(counts.__dict__), "utf-8")
            say(f"strace_sweep: {counts.done} of {count}")
    return counts.result(seed)


def _lanes(count: int) -> int:
    return LANES if count > _CHUNK else 1


def _strike_all(lane: Lane, base: Base, share: Sequence[tuple[Work, list[Point]]]) -> Counts:
    counts = Counts()
    for work, faults in share:
        try:
            counts.add(lane.strike(base, work, faults))
        except Violation as violation:
            where = f"{work.name}: {faults}"
            raise Violation(violation.invariant, f"{violation} [{where}]") from violation
    return counts


def _read(progress: Path) -> Counts:
    counts = Counts()
    if progress.exists():
        for name, value in json.loads(progress.read_text("utf-8")).items():
            setattr(counts, name, Counter(value) if isinstance(value, dict) else value)
    return counts
