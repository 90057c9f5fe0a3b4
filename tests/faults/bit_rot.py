"""One bit flips somewhere in what a ledger stores; nobody may be told anything wrong.

Each flip is made in a fresh copy of one anchored ledger, which then starts, answers every question
it can be asked, and takes one more record. Compared with the answers of the whole ledger, a flip
is harmless when all of them, the new head included, are byte for byte the same; else it has to be
found: at the start, in place of the answer, or by the audit and the scrub.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from faults.bit_rot_base import Rotting, deposit_and_finish, make_rotting
from faults.bit_rot_service import FILES, ServiceFlips
from faults.storage_forks import Forks, copy_ledger, founded_in, scratch
from faults.wire import Violation, demand, entry_of, open_note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from faults.storage_forks import Outcome
    from faults.wire import JSON

__all__ = ["Flip", "flips", "run"]

LANES = 2
WATCH_EVERY = 500
"""Flips of a campaign for each time that the real service is watched as it gets over one."""

_CHUNK = 50

SHARES = {
    "ledger.sqlite": 50,
    "keys.sqlite": 13,
    "ledger.sqlite-wal": 10,
    "keys.sqlite-wal": 3,
    "signer.memory": 6,
    "receipt": 15,
    "backup": 3,
    **dict.fromkeys(FILES, 0.5),
}
"""Weights by file. The write-ahead logs are those of a service that was killed."""


class Flip(NamedTuple):
    """One bit of one file."""

    file: str
    offset: int
    bit: int

    def of(self, octets: bytes) -> bytes:
        changed = bytearray(octets)
        changed[self.offset] ^= 1 << self.bit
        return bytes(changed)


def flips(files: dict[str, bytes], seed: int) -> Iterator[Flip]:
    """Yield flips for ever; half of them where the bytes are not zero."""
    rng = Random(seed)
    used = {
        name: [at for at, octet in enumerate(octets) if octet] for name, octets in files.items()
    }
    names = [name for name in SHARES if files.get(name)]
    weights = [SHARES[name] for name in names]
    while True:
        (name,) = rng.choices(names, weights)
        places = used[name] if rng.random() < 0.5 else range(len(files[name]))
        yield Flip(name, rng.choice(places), rng.randrange(8))


def run(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Flip ``count`` bits, one at a time; the same folder and seed go on where they were.

    Raises:
        Violation: something wrong was told, and nothing found it.
    """
    progress = folder / f"bit_rot-{seed}.json"
    counts: Counter[str] = Counter()
    if progress.exists():
        counts.update(json.loads(progress.read_text("utf-8")))
    with ExitStack() as opened:
        place = Path(opened.enter_context(scratch()))
        base = make_rotting(founded_in(folder), folder / f"bit_rot-base-{seed}", seed)
        lanes = [
            Lane(opened.enter_context(Forks()), base, place / str(number), count // WATCH_EVERY)
            for number in range(LANES if count > _CHUNK else 1)
        ]
        for lane in lanes:
            opened.callback(lane.close)
        wanted = islice(flips(base.files, seed), counts["flips"], count)
        pool = opened.enter_context(ThreadPoolExecutor(len(lanes)))
        while chunk := list(islice(wanted, _CHUNK)):
            shares = [chunk[number :: len(lanes)] for number in range(len(lanes))]
            for found in pool.map(Lane.flip_all, lanes, shares):
                counts.update(found)
            progress.write_text(json.dumps(counts), "utf-8")
            say(f"bit_rot: {counts['flips']} of {count}")
    return {
        "campaign": "bit_rot",
        "seed": seed,
        "counts": dict(sorted(counts.items())),
        "violations": 0,
    }


@dataclass
class Lane:
    """One forking server, in whose folder one flip after the other is made."""

    forks: Forks
    base: Rotting
    place: Path
    watches_left: int

    def __post_init__(self) -> None:
        self._target = self.place / "ledger"
        self._golden = {name: self._ask(name) for name in ("stopped", "killed")}
        self._restored = self._restore(self.base.files["backup"])
        self._told: dict[Flip, list[str]] = {}
        self._service = ServiceFlips(self.base, self.place / "service", self.forks)

    def close(self) -> None:
        self._service.close()

    def flip_all(self, share: Sequence[Flip]) -> Counter[str]:
        counts: Counter[str] = Counter()
        for flip in share:
            try:
                found = self._flip(flip)
            except Violation as violation:
                raise Violation(violation.invariant, f"{violation} [{flip}]") from violation
            counts["flips"] += 1
            counts[f"flips of {flip.file}"] += 1
            counts[found] += 1
            counts.update(self._told.pop(flip, ()))
        return counts

    def _flip(self, flip: Flip) -> str:
        """Flip one bit; return how it was found, or that it changes nothing."""
        octets = flip.of(self.base.files[flip.file])
        if flip.file == "receipt":
            return self._flip_receipt(octets)
        if flip.file == "backup":
            return self._flip_backup(octets)
        if flip.file in FILES:
            return self._service.judge(flip.file, octets)
        return self._flip_database(flip, octets)

    def _flip_database(self, flip: Flip, octets: bytes) -> str:
        kind = "killed" if flip.file.endswith("-wal") else "stopped"
        copy_ledger(self.base.folder(kind), self._target)
        (self._target / flip.file).write_bytes(octets)
        outcome = self._ask_here()
        heard = _answers(outcome)
        if not heard:
            demand(outcome.error, "I9", f"it ended without a word: {outcome}")
            return f"found: at the start ({_code(outcome)})"
        self._check_new_head(outcome)
        golden = _answers(self._golden[kind])
        wrong = {name for name, line in heard.items() if _digest(line) != _digest(golden[name])}
        changed = {name for name in wrong if "sha256" in heard[name]}
        if changed:
            return self._explain(flip, octets, kind, changed, heard)
        if wrong or outcome.code != 0:
            return "found: in place of the answer"
        return "harmless: every answer is the same"

    # --- asking --------------------------------------------------------------------------------

    def _ask(self, kind: str) -> Outcome:
        copy_ledger(self.base.folder(kind), self._target)
        outcome = self._ask_here()
        demand(outcome.code == 0, "I9", f"the whole ledger does not answer: {outcome.error}")
        self._check_new_head(outcome)
        return outcome

    def _ask_here(self) -> Outcome:
        return self.forks.do("answer", self._target, **self.base.questions)

    def _check_new_head(self, outcome: Outcome) -> None:
        """I4: what was signed after the flip is the one right tree."""
        for line in outcome.all("ack"):
            demand(line["ack"] == self.base.tree_size, "I2", f"the new index is {line['ack']}")
            note = open_note(json.loads(line["receipt"])["first"]["checkpoint"], self.base.vkeys)
            root = self.base.tree.root(note.tree_size)
            demand(note.root_hash == root, "I4", f"a wrong head of {note.tree_size} was signed")

    # --- when an answer is another -------------------------------------------------------------

    def _explain(
        self, flip: Flip, octets: bytes, kind: str, changed: set[str], heard: dict[str, JSON]
    ) -> str:
        """An answer is another one: it must be true, and audit or scrub must find the flip."""
        for name in changed:
            if name.startswith("receipt"):
                self.base.demand_true(heard[name]["as"].encode())
            demand(name != "checkpoint", "I4", "another checkpoint is served")
        found = []
        for judge in ("scrub", "audit"):
            copy_ledger(self.base.folder(kind), self._target)
            (self._target / flip.file).write_bytes(octets)
            if self.forks.do(judge, self._target).code != 0:
                found.append(judge)
        golden = _answers(self._golden[kind])
        wrong = {_kind(name) for name in changed if not _is_less(name, heard[name], golden[name])}
        if found and wrong:
            self._told[flip] = [f"of them wrong: {what}" for what in sorted(wrong)]
            return "wrong answer served, found later"
        if found:
            return f"found: by the {found[0]}, after less was answered"
        if all(_is_erased(name, heard[name], golden[name]) for name in changed):
            return "shown as erased: a lost key"
        if kind == "killed" and {_kind(name) for name in changed} <= _CUT:
            return self._watch(flip, octets)
        raise Violation("I1", f"silent: {sorted(changed)} are others, and nothing finds it")

    def _watch(self, flip: Flip, octets: bytes) -> str:
        """I6: SQLite drops the end of a damaged write-ahead log, and with it what the worker noted.

        All that is shown is true. The real service then finds its anchor on the chain again, or
        that the chain knows more than it does, and stops: seen to be so a few times.
        """
        if self.watches_left:
            self.watches_left -= 1
            folder = self.place / "watched"
            shutil.copytree(self.base.folder("ledger"), folder)
            (folder / flip.file).write_bytes(octets)
            deposit_and_finish(folder, [], may_halt=True)
            shutil.rmtree(folder)
        return "found: by the worker, who looks at the chain"

    # --- files that people keep ----------------------------------------------------------------

    def _flip_receipt(self, octets: bytes) -> str:
        demand(not self.base.is_true(octets), "I3", "a changed receipt is true all the same")
        return "found: by the verifier of receipts"

    def _flip_backup(self, octets: bytes) -> str:
        restored = self._restore(octets)
        if restored is None:
            return "found: by the restoring of a backup"
        demand(restored == self._restored, "I1", "another ledger was restored")
        return "harmless: the same files were restored"

    def _restore(self, octets: bytes) -> dict[str, str] | None:
        archive = self.place / "backup.tar"
        archive.parent.mkdir(exist_ok=True)
        archive.write_bytes(octets)
        shutil.rmtree(self._target, ignore_errors=True)
        outcome = self.forks.do("restore", self._target, of=str(archive))
        if outcome.code != 0:
            return None
        return {line["restored"]: line["sha256"] for line in outcome.said}


_NO_MANIFEST = hashlib.sha256(b"").hexdigest()

_CUT = {"anchors", "receipt", "proof"}
"""Answers that say less while an anchor is not final."""


def _answers(outcome: Outcome) -> dict[str, JSON]:
    return {line["answer"]: line for line in outcome.said if "answer" in line}


def _digest(line: JSON) -> str | None:
    """Return the digest of an answer; None where there is none, for whatever reason."""
    return line.get("sha256")


def _code(outcome: Outcome) -> str:
    return (outcome.error or "").partition(":")[0]


def _kind(name: str) -> str:
    """Return what a question is about: ``record``, ``entries``, ``anchors``."""
    return "entries" if name.startswith("tile/entries") else name.partition(" ")[0].split("/")[0]


def _is_less(name: str, line: JSON, golden: JSON) -> bool:
    """Tell whether an answer says nothing wrong; changed receipts were verified."""
    if _kind(name) in {"key", "digest"}:  # hits: some are missing, none is another
        before = json.loads(golden["as"])
        return all(hit in before for hit in json.loads(line["as"]))
    if _kind(name) == "manifest":
        return _digest(line) == _NO_MANIFEST
    if _kind(name) == "record":
        now, before = json.loads(line["as"]), json.loads(golden["as"])
        if {**now, "manifest": before["manifest"]} == before and not now["manifest"]:
            return True
    return _kind(name) in {"receipt", "proof"} or _is_erased(name, line, golden)


def _is_erased(name: str, line: JSON, golden: JSON) -> bool:
    """Tell whether a record, or a receipt of it, only lost its disclosures."""
    kind = name.partition(" ")[0]
    if kind == "proof":
        return True  # made of the receipt beside it
    if kind not in {"record", "receipt"}:
        return False
    now, before = json.loads(line["as"]), json.loads(golden["as"])
    if kind == "record":
        shown, whole = now["sd_jwt"].encode(), before["sd_jwt"].encode()
    else:
        pairs = zip([now["record"], *now["keys"]], [before["record"], *before["keys"]], strict=True)
        return all(
            entry_of(a["sd_jwt"].encode()) == entry_of(b["sd_jwt"].encode()) for a, b in pairs
        )
    return entry_of(shown) == entry_of(whole) and shown == entry_of(shown) + b"~"
