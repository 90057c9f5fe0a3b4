"""A disk that fills up under a running service, to the byte, and gets its room back.

The ledger lies on a small tmpfs; a ballast file leaves just so much free. Half of the offsets are
below the high-water mark, where nothing may be promised any more; for the other half the mark is
switched off, so that the disk really ends in the middle of a batch. Reads go on, nothing that was
acknowledged is lost, and when the room is back records are taken again, with nobody's help.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections import Counter
from contextlib import closing, contextmanager
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from faults.auditor import Auditor
from faults.http import Connection, GoneError, get
from faults.journal import Journal
from faults.load import Load
from faults.log_codes import count_codes
from faults.power_loss_node import check_node, read_blocks
from faults.processes import ORIGIN, Server
from faults.storage_audit import audit_folder
from faults.storage_forks import founded_in
from faults.wire import Person, Violation, demand, record_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Offset", "offsets", "run", "why_not"]

DISK_BYTES = 96 << 20
MARK_BYTES = 32 << 20
PAGE = 4096

HOLD_SECONDS = 0.4
"""How long the disk stays full, with clients that go on asking."""

BUSY_SECONDS = 0.5
"""How long, at most, the disk has room between two times: it fills in the middle of the work."""

BACK_SECONDS = 30.0
"""I9: from the room's return to the next acknowledgement, on a busy machine."""

_LIFE = 25
"""Offsets of one life of the service at most; at its end everything is audited."""


class Offset(NamedTuple):
    """So much room is left, with this high-water mark."""

    free: int
    mark: int


def offsets(seed: int, count: int) -> list[Offset]:
    """Return offsets by lives: with the mark anything below it, without one the last pages."""
    rng = Random(seed)
    found = []
    for number in range(count):
        if number // _life(count) % 2:
            found.append(Offset(PAGE * rng.randrange(120), 0))
        else:
            found.append(Offset(PAGE * rng.randrange(MARK_BYTES // PAGE), MARK_BYTES))
    return found


def _life(count: int) -> int:
    """Return how many offsets one service lives through: both kinds come in a short campaign."""
    return min(_LIFE, -(-count // 2))


def why_not() -> str | None:
    """Say why there can be no small disk here; None when there can."""
    if os.geteuid() != 0:
        return "mounting a tmpfs needs root"
    if shutil.which("mount") is None:
        return "there is no mount program"
    return None


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """Mount a tmpfs at ``place``; its size is the disk's."""
    place.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs"]
    subprocess.run(["mount", *options, str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def run(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Fill the disk to ``count`` offsets; slices that were finished are not done again.

    Raises:
        Violation: a promise was broken.
        RuntimeError: no small disk can be made here.
    """
    reason = why_not()
    if reason is not None:
        raise RuntimeError(reason)
    progress = folder / f"disk_full-{seed}.json"
    counts, codes = Counter[str](), Counter[str]()
    if progress.exists():
        kept = json.loads(progress.read_text("utf-8"))
        counts, codes = Counter(kept["counts"]), Counter(kept["codes"])
    wanted = offsets(seed, count)
    while (done := counts["offsets"]) < count:
        part = wanted[done : (done // _life(count) + 1) * _life(count)]
        life = Life(founded_in(folder), folder / f"disk_full-{seed}", seed + done)
        counts["longest ms until records are taken again"] = max(
            counts["longest ms until records are taken again"], life.run(part, counts)
        )
        counts["offsets"] += len(part)
        codes.update(count_codes(folder / f"disk_full-{seed}" / "serve.log"))
        progress.write_text(json.dumps({"counts": counts, "codes": codes}), "utf-8")
        say(f"disk_full: {counts['offsets']} of {count}")
    return {
        "campaign": "disk_full",
        "seed": seed,
        "counts": dict(sorted(counts.items())),
        "codes": dict(codes),
    }


class Life:
    """One service on one small disk, filled again and again."""

    def __init__(self, founded: Path, place: Path, seed: int) -> None:
        shutil.rmtree(place, ignore_errors=True)
        self._founded = founded
        self._disk = self._ledger = place / "ledger"  # its log lies beside it, on another disk
        self._ballast = self._disk / "ballast"
        self._seed = seed
        self._rng = Random(f"disk full {seed}")
        self._connection = Connection()

    def run(self, wanted: list[Offset], counts: Counter[str]) -> int:
        """Fill to every offset; return the longest wait in milliseconds after the room's return."""
        with small_disk(self._disk):
            shutil.copytree(self._founded, self._ledger, dirs_exist_ok=True)
            self._set_mark(wanted[0].mark)
            with closing(Journal(self._disk.parent / "journal.sqlite")) as journal:
                return self._serve(wanted, journal, counts)

    def _set_mark(self, mark: int) -> None:
        settings = self._ledger / "ledger.json"
        said = json.loads(settings.read_text("utf-8"))
        said["high_water"]["disk_bytes"] = mark
        settings.write_text(json.dumps(said), "utf-8")

    def _serve(self, wanted: list[Offset], journal: Journal, counts: Counter[str]) -> int:
        server = Server(self._ledger)
        load = Load(journal, origin=ORIGIN, seed=self._seed, clients=2, pause=0.02)
        longest = 0.0
        try:
            server.start()
            url = server.wait_ready()
            load.address.set(url)
            load.start()
            self._begin(url, journal)
            auditor = Auditor(self._ledger, journal)
            for number, offset in enumerate(wanted):
                longest = max(longest, self._fill(url, offset, journal, counts))
                server.check_alive()
                load.check()
                time.sleep(self._rng.uniform(0, BUSY_SECONDS))
                if number % 5 == 0:
                    auditor.glance(url)
            load.finish(BACK_SECONDS)
            server.stop()
        except GoneError as error:
            server.check_alive()
            raise Violation("I9", f"no answer: {error}; {server.words()}") from error
        finally:
            load.abandon()
            server.end()
            self._connection.close()
        self._audit(journal)
        counts["records acknowledged"] += journal.acknowledged()
        return round(longest * 1000)

    # --- one offset --------------------------------------------------------------------------

    def _begin(self, url: str, journal: Journal) -> None:
        self._person = Person(b"full %d" % self._seed, ORIGIN)
        key = self._person.key_record(self._rng, int(time.time()))
        demand(self._post(url, key, journal) in {200, 201}, "I1", "the first record is refused")

    def _fill(self, url: str, offset: Offset, journal: Journal, counts: Counter[str]) -> float:
        """Fill the disk, look, and empty it; return how long it took to take records again."""
        record = self._person.deposit(self._rng, int(time.time()))
        self._leave(offset.free)
        try:
            deadline = time.monotonic() + HOLD_SECONDS
            while time.monotonic() < deadline:
                status = self._post(url, record, journal)
                counts[f"answers {status} on a full disk"] += 1
                demand(status in _WHEN_FULL, "I9", f"status {status} on a full disk")
                # a batch that is behind the check already may still find its room
                is_refused = offset.mark == 0 or status not in {200, 201}
                demand(is_refused, "I9", f"a record was taken with {offset.free} bytes free")
                time.sleep(0.02)
            self._read(url, journal)
        finally:
            self._ballast.unlink()
        return self._until_taken(url, record, journal)

    def _leave(self, free: int) -> None:
        """Leave so many bytes free; others take from them meanwhile."""
        with self._ballast.open("wb") as file:
            for _ in range(3):
                room = os.statvfs(self._disk)
                size = file.seek(0, os.SEEK_END) + room.f_bavail * room.f_frsize - free
                try:
                    os.posix_fallocate(file.fileno(), 0, max(size, PAGE))
                except OSError:
                    continue
                return

    def _read(self, url: str, journal: Journal) -> None:
        """What is in the log is served all the same."""
        status, note = get(url, "/checkpoint")
        demand(status == 200, "I9", f"status {status} for the checkpoint on a full disk")
        journal.saw_note(note.decode())
        for compact in journal.at_risk(2):
            path = f"/v1/records/{record_id(compact).hex()}/receipt"
            status, receipt = get(url, path)
            demand(status == 200, "I9", f"status {status} for a receipt on a full disk")
            journal.keep_receipt(receipt)

    def _until_taken(self, url: str, record: bytes, journal: Journal) -> float:
        began = time.monotonic()
        while (status := self._post(url, record, journal)) not in {200, 201}:
            waited = time.monotonic() - began
            demand(waited < BACK_SECONDS, "I9", f"status {status} {waited:.0f} s after the room")
            time.sleep(0.02)
        return time.monotonic() - began

    def _post(self, url: str, record: bytes, journal: Journal) -> int:
        headers = {"content-type": "application/sd-jwt"}
        try:
            status, body = self._connection.ask(url, "POST", "/v1/records", record, headers)
        except GoneError:  # perhaps a kept connection that was idle for too long
            status, body = self._connection.ask(url, "POST", "/v1/records", record, headers)
        if status in {200, 201}:
            index = json.loads(body)["record"]["leaf_index"]
            at = time.monotonic()
            is_new = status == 201
            journal.ack(record, index, body, is_new=is_new, retried=True, at=at)
        elif status == 507:
            demand(b"storage-full" in body, "I9", f"507 says {body!r}")
        return status

    # --- the end -------------------------------------------------------------------------------

    def _audit(self, journal: Journal) -> None:
        """I1 to I8, on the files."""
        blocks = read_blocks((self._ledger / "anvil" / "state.json").read_bytes())
        audit_folder(self._ledger, journal, blocks.values())
        check_node(blocks, self._ledger / "ledger.sqlite", {})
        finals = {json.loads(facts)["block_hash"] for facts in journal.finals().values()}
        lost = finals - set(blocks.values())
        demand(not lost, "I6", f"final blocks {lost} are gone")


_WHEN_FULL = {200, 201, 503, 507}
"""503: the batch in hand could not be finished, and nobody was promised anything."""
