"""Power loss: every state that the disk may be in after it, opened by the real recovery.

A real service is recorded under load (``power_loss_trace``); for a place in what it did and a fate
of what was not fsynced there (``power_loss_disk``) the ledger's folder is made as the disk may
have it, opened, and audited against everything that had left the service until then. The control
is the same service on databases that do not wait for the disk: it must be found out.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections import Counter, deque
from contextlib import closing
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from faults.journal import Journal
from faults.power_loss_disk import VARIANTS, Disk, Event, events_of
from faults.power_loss_node import check_node, read_blocks
from faults.power_loss_trace import Said, read_calls, read_said, record
from faults.storage_audit import audit_folder
from faults.storage_forks import Forks, copy_ledger, founded_in, scratch
from faults.wire import Violation, demand, record_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faults.wire import JSON

__all__ = ["States", "run", "run_control"]

STATES_A_SECOND = 40
"""Seconds of load that are recorded for a number of states: enough that they differ."""

_SAVE_EVERY = 100
_RECEIPTS_EVERY = 25

_SHOWN = 4
"""Records acknowledged last: their disclosures have to be there as well."""


def run(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Rebuild ``count`` crash states and recover each; the same folder and seed go on.

    Raises:
        Violation: something that had left is not there; the message names the state.
    """
    return States(folder, seed, count, say, is_normal=False).run()


def run_control(
    folder: Path, seed: int, count: int, say: Callable[[str], None]
) -> dict[str, object]:
    """Do the same to databases with ``synchronous=NORMAL``, and count the states that lose."""
    return States(folder, seed, count, say, is_normal=True).run()


class Place(NamedTuple):
    """One crash: after so many events, with this fate of what was not durable."""

    after: int
    variant: str
    number: int


class States:
    """One recording, and the crash states made of it."""

    def __init__(
        self, folder: Path, seed: int, count: int, say: Callable[[str], None], *, is_normal: bool
    ) -> None:
        self._name = "power_loss_normal" if is_normal else "power_loss"
        self._place = folder / f"{self._name}-{seed}-{count}"
        self._folder, self._seed, self._count = folder, seed, count
        self._say, self._is_normal = say, is_normal
        self._progress = self._place / "progress.json"
        self.counts: Counter[str] = Counter()

    # --- recording ---------------------------------------------------------------------------

    def _record(self) -> None:
        """Record once; what was recorded stays as it is, and so do the states made of it."""
        trace = self._place / "trace.txt"
        if trace.exists():
            return
        shutil.rmtree(self._place, ignore_errors=True)
        before = self._place / "before"
        shutil.copytree(founded_in(self._folder), before)
        ledger = self._place / "ledger"
        shutil.copytree(before, ledger)
        seconds = min(20.0, max(1.0, self._count / STATES_A_SECOND))
        writing = trace.with_suffix(".writing")
        record(ledger, writing, seed=self._seed, seconds=seconds, is_normal=self._is_normal)
        writing.rename(trace)
        self._say(f"{self._name}: recorded {seconds:.0f} s of load")

    def _plan(self, events: list[Event]) -> list[Place]:
        """Choose crashes at random, and put them in the order of the recording."""
        rng = Random(self._seed)
        chosen = [
            Place(rng.randint(1, len(events)), VARIANTS[number % len(VARIANTS)], number)
            for number in range(self._count)
        ]
        return sorted(chosen)

    # --- crashing ----------------------------------------------------------------------------

    def run(self) -> dict[str, object]:
        self._record()
        if self._progress.exists():
            self.counts.update(json.loads(self._progress.read_text("utf-8")))
        calls = list(read_calls(self._place / "trace.txt"))
        root = str(self._place / "ledger")
        events = events_of(calls, root)
        said = read_said(calls)
        del calls
        self._say(f"{self._name}: {len(events)} events on the disk, {len(said)} answers")
        with Forks() as forks, scratch() as space, closing(Journal(Path(":memory:"))) as journal:
            copy_ledger(self._place / "before", Path(space) / "warm")
            forks.do("look", Path(space) / "warm", here=True, show=[])
            crashed = Crashed(forks, Path(space) / "ledger")
            self._crash_all(events, said, Heard(journal), crashed)
        return {
            "campaign": self._name,
            "seed": self._seed,
            "counts": dict(sorted(self.counts.items())),
            "violations": self.counts["states that lose"] if self._is_normal else 0,
        }

    def _crash_all(
        self, events: list[Event], said: list[Said], heard: Heard, crashed: Crashed
    ) -> None:
        disk = Disk(str(self._place / "ledger"), _read_files(self._place / "before"))
        done, left, waiting = self.counts["states"], 0, iter(events)
        for number, place in enumerate(self._plan(events)):
            for event in waiting_until(waiting, place.after - left):
                disk.take(event)
            left = place.after
            now = events[place.after - 1].place
            while said and said[0].place <= now:
                heard.hear(said.pop(0))
            if number < done:
                continue
            self._crash(disk, place, heard, crashed)
            if self.counts["states"] % _SAVE_EVERY == 0 or number + 1 == self._count:
                self._progress.write_text(json.dumps(self.counts), "utf-8")
                self._say(f"{self._name}: {self.counts['states']} of {self._count}")

    def _crash(self, disk: Disk, place: Place, heard: Heard, crashed: Crashed) -> None:
        files = disk.crash(place.variant, Random(f"{self._seed}/{place.number}"))
        try:
            took = crashed.check(
                files, heard, receipts=self.counts["states"] % _RECEIPTS_EVERY == 0
            )
        except Violation as violation:
            if not self._is_normal:
                text = f"{violation} [seed {self._seed}, count {self._count}, {place}]"
                raise Violation(violation.invariant, text) from violation
            self.counts["states that lose"] += 1
        else:
            self.counts["longest recovery in ms"] = max(
                self.counts["longest recovery in ms"], round(took * 1000)
            )
        self.counts["states"] += 1
        self.counts[f"states {place.variant}"] += 1
        if disk.pending():
            self.counts["states with something to lose"] += 1


def waiting_until(events: Iterator[Event], count: int) -> Iterator[Event]:
    """Yield the next ``count`` events."""
    for _ in range(count):
        yield next(events)


def _read_files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# --- what was promised until then -----------------------------------------------------------


class Heard:
    """All that had left the service before the power went."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.tree_size = 0
        """The largest that a signature which left speaks of."""
        self.finals: dict[int, str] = {}
        """Block hashes by number, of anchors that were called final."""
        self.recent: deque[bytes] = deque(maxlen=_SHOWN)
        """Records acknowledged last."""

    def hear(self, said: Said) -> None:
        body = said.body
        if isinstance(body, str):
            self._note(body)
        elif "results" in body:
            for result in body["results"]:
                if "receipt" in result:
                    self._receipt(result["receipt"])
        elif "record" in body:
            self._receipt(body)
        elif "items" in body:
            for item in body["items"]:
                if item.get("state") == "final":
                    self.finals[item["block_number"]] = item["block_hash"]

    def _note(self, note: str) -> None:
        self.tree_size = max(self.tree_size, int(note.split("\n")[1]))
        self.journal.saw_note(note)

    def _receipt(self, receipt: JSON) -> None:
        octets = json.dumps(receipt).encode()
        compact, index = receipt["record"]["sd_jwt"].encode(), receipt["record"]["leaf_index"]
        self.journal.ack(compact, index, octets, is_new=False, retried=False, at=0.0)
        self._note(receipt["first"]["checkpoint"])
        self.recent.append(compact)


# --- one state ------------------------------------------------------------------------------


class Crashed:
    """Makes a folder of files, opens it by the real recovery, and audits it."""

    def __init__(self, forks: Forks, folder: Path) -> None:
        self._forks = forks
        self._folder = folder
        self._nodes: dict[bytes, dict[int, str]] = {}

    def check(self, files: dict[str, bytes], heard: Heard, *, receipts: bool) -> float:
        """Raise a Violation unless all that was heard is there; return the recovery's seconds.

        Args:
            receipts: verify every receipt that ever left, which takes its time.
        """
        memory = files.get("signer.memory", b"")
        demand(memory, "I4", "the signer's memory is gone")
        remembered = json.loads(memory.partition(b"\n")[0])["tree_size"]
        demand(
            remembered >= heard.tree_size,
            "I4",
            f"the signer remembers {remembered}, and a signature of {heard.tree_size} left",
        )
        self._write(files)
        took = self._recover(list(heard.recent))
        blocks = self._blocks(files["anvil/state.json"])
        audit_folder(self._folder, heard.journal, blocks.values() if receipts else None)
        check_node(blocks, self._folder / "ledger.sqlite", heard.finals)
        return took

    def _write(self, files: dict[str, bytes]) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        for name, octets in files.items():
            if not name.startswith("anvil/"):
                path = self._folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(octets)

    def _recover(self, recent: list[bytes]) -> float:
        began = time.monotonic()
        show = [record_id(one).hex() for one in recent]
        found = self._forks.do("look", self._folder, show=show)
        demand(found.code == 0, "I9", f"no recovery: {found.error}")
        for one, line in zip(recent, found.all("shown"), strict=True):
            text = f"{line['shown']} is shown as {line['as']}"
            demand(line["as"].encode() == one, "I1", text)
        return time.monotonic() - began

    def _blocks(self, state: bytes) -> dict[int, str]:
        """Read the node's state; the same one stands in many crash states."""
        digest = hashlib.sha256(state).digest()
        if digest not in self._nodes:
            self._nodes[digest] = read_blocks(state)
        return self._nodes[digest]
