"""A service whose clock is wrong, by three days or a year, and jumps while it runs.

libfaketime lies to the service alone; the chain, and whoever deposits, have the right time. What
the chain proves may not depend on the service's clock: receipts stay as they were, byte for byte,
times in the log never decrease, nothing final is taken back, and a retry never fails on the clock.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Self

from faults.anvil_process import Anvil
from faults.auditor import Auditor, list_anchors
from faults.http import Connection, GoneError, get
from faults.journal import Journal
from faults.log_codes import count_codes
from faults.needs import MissingError
from faults.processes import ORIGIN, Server
from faults.whole_audit import audit_whole, await_final, count_audited
from faults.wire import Person, Violation, demand, header_of, payload_of, record_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.zygote import Forked

__all__ = ["JUMPS", "run", "why_not"]

DAY = 86_400
JUMPS = {"-3d": -3 * DAY, "-1h": -3600, "+0": 0, "+1h": 3600, "+1d": DAY, "+1y": 365 * DAY}
"""What the clock is made to say, by its name in libfaketime's file."""

AHEAD_SECONDS = 600
"""A new record may be so far ahead of the service's clock, and no further."""

FINAL_SECONDS = 60.0
"""I9: until an anchor is final again once the clock is right, on a busy machine."""

_LIBRARY = Path("faketime/libfaketime.so.1")
_PLACES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib")
_PROGRAM = Path(sys.executable).with_name("provenance")
_SENT = {"content-type": "application/sd-jwt"}


def find_library() -> Path | None:
    """Return libfaketime, None where it is not installed."""
    return next((found for place in _PLACES if (found := place / _LIBRARY).exists()), None)


def why_not() -> str | None:
    """Say why no clock can be faked here; None when one can."""
    return None if find_library() else "libfaketime is not installed (apt-get install faketime)"


def run(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Let the clock jump ``count`` times; a campaign that was finished is not done again.

    Raises:
        Violation: a promise was broken.
        MissingError: no clock can be faked here.
    """
    reason = why_not()
    if reason is not None:
        raise MissingError(reason)
    done = folder / f"clocks-{seed}-{count}.json"
    if not done.exists():
        with ClockRun(folder / f"clocks-{seed}", seed) as found:
            counts = found.run(count, say)
        codes = count_codes(folder / f"clocks-{seed}" / "serve.log")
        done.write_text(json.dumps({"counts": counts, "codes": codes}), "utf-8")
    return {"campaign": "clocks", "seed": seed, **json.loads(done.read_text("utf-8"))}


class FakedServer(Server):
    """`provenance serve` with a clock that a file sets."""

    def __init__(self, folder: Path, clock: Path) -> None:
        super().__init__(folder)
        self._clock = clock

    def _spawn(self, words: list[str]) -> subprocess.Popen[bytes] | Forked:
        faked = {
            "LD_PRELOAD": str(find_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(_PROGRAM), *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **faked},
            )


class Chain(threading.Thread):
    """A chain of its own, whose clock nobody touches; a block is final two blocks later.

    Its blocks are a second apart and come faster than that, so it lives in the last hour.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True, name="chain")
        self._time = int(time.time()) - 3600
        self.node = Anvil(folder, genesis_unix=self._time)
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(0.25):
            self._time += 1
            self.node.rpc.call("evm_mine", hex(self._time))

    def rest(self) -> None:
        """Make no more blocks."""
        self._stopping.set()
        if self.is_alive():
            self.join(10)

    def end(self) -> None:
        self.rest()
        self.node.stop()


class ClockRun:
    """One ledger on that chain, and what its clock is made to say."""

    def __init__(self, place: Path, seed: int) -> None:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        self._ledger, self._clock = place / "ledger", place / "clock"
        self._rng = Random(f"clocks {seed}")
        self._person = Person(b"clocks %d" % seed, ORIGIN)
        self._offset = 0
        self._chain = Chain(place / "chain")
        self._chain.start()
        self._journal = Journal(place / "journal.sqlite")
        self._server = FakedServer(self._ledger, self._clock)
        self._connection = Connection()
        self._kept: dict[bytes, bytes] = {}
        """Anchored receipts by record: what they prove may never change."""
        self.counts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._server.end()
        self._chain.end()
        self._journal.close()

    def run(self, count: int, say: Callable[[str], None]) -> dict[str, float]:
        self._set("+0")
        found_on(self._ledger, self._chain.node)
        self._start()
        demand(self._post(self._person.key_record(self._rng, int(time.time()))), "I1", "no key")
        self._await_final()
        auditor = Auditor(self._ledger, self._journal)
        for number in range(count):
            name = self._next(number)
            self._jump(name, is_restart=number % 4 == 3)
            auditor.glance(self._url)
            self.counts["jumps"] += 1
            say(f"clocks: {number + 1} of {count}, the service's clock says {name}")
        self._set("+0")
        took = await_final(
            self._url, auditor, self._journal, seconds=FINAL_SECONDS, watch=self._watch
        )
        self._keep_receipts()
        self._chain.rest()  # it is read block by block
        audited = audit_whole(self._url, auditor, self._journal, node_port=self._chain.node.port)
        self._check_anchors()
        self._server.stop()
        auditor.check_integrity()
        self._check_beacons(auditor)
        worst: dict[str, float] = {"worst seconds: the clock right again, final": round(took, 2)}
        return {**self.counts, **count_audited(audited), **worst}

    def _watch(self) -> str:
        self._server.check_alive()
        return self._server.words()

    def _next(self, number: int) -> str:
        """Begin with the two that matter most, whatever the seed."""
        first = ("-3d", "+1y")
        return first[number] if number < 2 else self._rng.choice(sorted(JUMPS))

    def _start(self) -> None:
        self._server.start()
        self._url = self._server.wait_ready()

    def _set(self, name: str) -> None:
        """Set the service's clock; it looks at the file each time it asks for the time."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(f"{name}\n", "ascii")
        fresh.replace(self._clock)
        self._offset = JUMPS[name]

    # --- one jump ----------------------------------------------------------------------------

    def _jump(self, name: str, *, is_restart: bool) -> None:
        known = list(self._journal.at_risk(5))
        if is_restart:
            self._server.stop()
        self._set(name)
        if is_restart:
            self._start()
            self.counts["jumps over a restart"] += 1
        self._deposit()
        for record in known:
            demand(self._post(record), "I7", "a retry failed on the clock")
            self.counts["retries"] += 1
        self._keep_receipts()
        if self._offset >= 0 and self._rng.random() < 0.3:
            self._await_final()  # a clock that is ahead keeps nothing from being anchored
        time.sleep(self._rng.uniform(0.2, 1.0))

    def _deposit(self) -> None:
        """New records are judged by the service's clock, and only against the future."""
        says = int(time.time()) + self._offset
        for ahead in (-DAY, 0, AHEAD_SECONDS - 60):
            record = self._person.deposit(self._rng, says + ahead)
            demand(self._post(record), "I1", f"refused: {ahead} s ahead of the service's clock")
            self.counts["records taken"] += 1
        refused = self._person.deposit(self._rng, says + AHEAD_SECONDS + 60)
        size = self._size()
        demand(not self._post(refused), "I1", "taken, though it is of the future")
        demand(self._size() == size, "I2", "a refused record changed the log")
        self.counts["records of the future refused"] += 1

    def _post(self, record: bytes) -> bool:
        try:
            status, body = self._connection.ask(self._url, "POST", "/v1/records", record, _SENT)
        except GoneError:  # an idle connection is closed in an hour, by a clock that jumped too
            status, body = self._connection.ask(self._url, "POST", "/v1/records", record, _SENT)
        if status in {200, 201}:
            index, at = json.loads(body)["record"]["leaf_index"], time.monotonic()
            self._journal.ack(record, index, body, is_new=status == 201, retried=True, at=at)
            return True
        is_refused = 400 <= status < 500 and b"clock-ahead" in body
        demand(is_refused, "I1", f"status {status}: {body[:300]!r}")
        return False

    def _size(self) -> int:
        return int(get(self._url, "/checkpoint")[1].split(b"\n")[1])

    def _keep_receipts(self) -> None:
        """I3, and proved times: an anchored receipt is the same whatever the clock says."""
        records = [*self._kept, *self._journal.at_risk(3)]
        for record in records:
            status, octets = get(self._url, f"/v1/records/{record_id(record).hex()}/receipt")
            demand(status == 200, "I3", f"status {status} for a receipt")
            self._journal.keep_receipt(octets)
            if json.loads(octets)["anchored"]:
                before = self._kept.setdefault(record, octets)
                demand(octets == before, "I3", "an anchored receipt has become another one")
                self.counts["anchored receipts compared"] += 1

    def _await_final(self) -> None:
        """I9: all that is in the log becomes final."""
        deadline, size = time.monotonic() + FINAL_SECONDS, self._size()
        while time.monotonic() < deadline:
            anchors = json.loads(get(self._url, "/v1/anchors?limit=100")[1])["items"]
            if any(one["state"] == "final" and one["tree_size"] >= size for one in anchors):
                self.counts["times that all became final"] += 1
                return
            self._server.check_alive()
            time.sleep(0.3)
        raise Violation("I9", f"head {size} is not final: {self._server.words()}")

    # --- the end -----------------------------------------------------------------------------

    def _check_anchors(self) -> None:
        """W14: the times that anchors prove never decrease; the audit compared them with blocks."""
        anchors = sorted(list_anchors(self._url), key=lambda anchor: anchor["tree_size"])
        demand(all(anchor["state"] == "final" for anchor in anchors), "I9", "not all is final")
        times = [anchor["block_time"] for anchor in anchors]
        demand(times == sorted(times), "I6", f"times of anchors decrease: {times}")
        demand(all(at <= time.time() for at in times), "I6", "an anchor is of the future")

    def _check_beacons(self, auditor: Auditor) -> None:
        """W14: block times and numbers that the log names never decrease."""
        (rows,) = auditor.tables.look("SELECT entry FROM entries ORDER BY leaf_index")
        entries = [row[0] for row in rows]
        beacons = [
            payload_of(entry) for entry in entries if header_of(entry)["typ"] == "beacon+sd-jwt"
        ]
        times = [beacon["timestamp"] for beacon in beacons]
        numbers = [beacon["number"] for beacon in beacons]
        demand(times == sorted(times), "I6", f"times of beacons decrease: {times}")
        demand(numbers == sorted(numbers), "I6", f"numbers of beacons decrease: {numbers}")
        demand(all(at <= time.time() for at in times), "I6", "a beacon is of the future")
        self.counts["beacons"] = len(beacons)


def found_on(folder: Path, node: Anvil) -> None:
    """Found a ledger as an operator does: the first try names the key that needs coins."""
    words = [str(_PROGRAM), "init", str(folder), "--origin", ORIGIN, "--rpc", node.url]
    words += ["--chain", "local", "--anchor-interval", "1"]
    env = {**os.environ, "PROVENANCE_PASSPHRASE": "not a secret"}
    done = _init(words, env)
    named = re.search("key (0x[0-9a-fA-F]{40}) has no coins", done.stderr)
    if named is not None:
        node.fund(bytes.fromhex(named[1][2:]))
        done = _init(words, env)
    demand(done.returncode == 0, "I9", f"init: {done.stdout[-300:]} {done.stderr[-600:]}")


def _init(words: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, capture_output=True, text=True, check=False, env=env, stdin=subprocess.DEVNULL
    )
