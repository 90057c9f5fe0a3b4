"""Ten times the rate that the service sustains, from clients that do not wait for it.

What it cannot take it must refuse at once, with 429 or 503 and before promising anything; what it
accepts it answers within a second, and keeps; and its memory stays what it was.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Self

from faults.auditor import Auditor
from faults.http import Connection, get
from faults.journal import Journal
from faults.load import receipts_in
from faults.log_codes import count_codes
from faults.processes import ORIGIN, Server
from faults.storage_forks import founded_in
from faults.whole_audit import audit_whole, await_final, count_audited
from faults.wire import Person, demand, record_id, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.wire import JSON

__all__ = ["TIMES", "run"]

TIMES = 10
"""How many times the sustained rate is offered."""

BATCH = 20
"""Records of one request."""

WAITING_SECONDS = 0.3
"""The ledger's high-water mark, as an operator sets it: what it integrates in so many seconds."""

MEASURE_SECONDS = 2.0
SETTLE_SECONDS = 180.0
"""After the load all must be final by itself within this time."""

P99_SECONDS = 1.0
"""What 99 % of the accepted requests are answered within, on a quiet machine."""

QUIET_SHARE = 0.15
"""A machine is quiet when others have at most this share of its processors meanwhile."""

WORST_SECONDS = 10.0
"""More than this no machine is busy enough for; the target is a second, and is reported."""

GROWTH = 1.5
"""The service's memory under overload, over what it is when as many records come in calmly.

A service that has just started holds less: its database's page cache (128 MiB at most, ``engine``)
fills with whatever it writes, calm or not.
"""

_TESTS = Path(__file__).parents[1]
_SHED = {429, 503}


def run(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Offer ``count`` requests; a campaign that was finished is not done again.

    Raises:
        Violation: something was lost, or refused otherwise than it should.
    """
    done = folder / f"overload-{seed}-{count}.json"
    if not done.exists():
        counts = Overload(founded_in(folder), folder / f"overload-{seed}", seed).run(count, say)
        codes = count_codes(folder / f"overload-{seed}" / "serve.log")
        done.write_text(json.dumps({"counts": counts, "codes": codes}), "utf-8")
    return {"campaign": "overload", "seed": seed, **json.loads(done.read_text("utf-8"))}


class Overload:
    """One service, its sustained rate, and then ten times as much."""

    def __init__(self, founded: Path, place: Path, seed: int) -> None:
        shutil.rmtree(place, ignore_errors=True)
        self._place, self._ledger = place, place / "ledger"
        shutil.copytree(founded, self._ledger)
        self._rng = Random(seed)
        self._person = Person(b"overload %d" % seed, ORIGIN)
        self._server = Server(self._ledger)
        self._known: dict[str, bytes] = {}

    def run(self, count: int, say: Callable[[str], None]) -> dict[str, float]:
        try:
            with closing(Journal(self._place / "journal.sqlite")) as journal:
                return self._run(count, journal, say)
        finally:
            self._server.end()

    def _run(self, count: int, journal: Journal, say: Callable[[str], None]) -> dict[str, float]:
        self._server.start()
        url = self._server.wait_ready()
        self._post_key(url, journal)
        sustained = self._measure(url, journal, min(count, 400))
        self._server.stop()
        self._set_mark(max(2 * BATCH, round(sustained * WAITING_SECONDS)))
        self._server.start()
        url = self._server.wait_ready()
        rate = TIMES * sustained / BATCH
        say(f"overload: {sustained:.0f} records a second sustained; {rate:.0f} requests offered")
        # what can be accepted meanwhile, and as much again: the rest is refused and comes back
        batches = self._batches(math.ceil(2 * count / TIMES) + 30)
        with Memory(self._server.process_id) as watched, Processors() as processors:
            answers = self._offer(url, batches, rate, count)
        found = self._judge(answers, journal, processors)
        found |= self._settle(url, journal)
        memory = self._deposit_calmly(found["requests accepted"], journal)
        demand(watched.most < GROWTH * memory, "I9", f"memory grew from {memory} to {watched.most}")
        return found | {
            "most records a second sustained": round(sustained),
            "most MB of memory, as many records calmly": round(memory / 1e6),
            "most MB of memory, overload": round(watched.most / 1e6),
        }

    def _set_mark(self, waiting_records: int) -> None:
        settings = self._ledger / "ledger.json"
        said = json.loads(settings.read_text("utf-8"))
        said["high_water"]["waiting_records"] = waiting_records
        settings.write_text(json.dumps(said), "utf-8")

    # --- records -------------------------------------------------------------------------------

    def _batches(self, count: int) -> list[bytes]:
        found = []
        for _ in range(count):
            records = [self._person.deposit(self._rng, int(time.time())) for _ in range(BATCH)]
            self._known |= {record_id(record).hex(): record for record in records}
            found.append(to_json([record.decode() for record in records]))
        return found

    def _post_key(self, url: str, journal: Journal) -> None:
        key = self._person.key_record(self._rng, int(time.time()))
        self._known[record_id(key).hex()] = key
        answer = self._post(url, to_json([key.decode()]))
        self._note(answer, journal)

    def _post(self, url: str, batch: bytes) -> bytes:
        with closing(Connection()) as connection:
            sent = {"content-type": "application/json"}
            status, body = connection.ask(url, "POST", "/v1/records/batch", batch, sent)
        demand(status == 200, "I1", f"status {status} for a good batch: {body[:200]!r}")
        return body

    def _note(self, body: bytes, journal: Journal) -> None:
        for result, octets in zip(
            json.loads(body)["results"], receipts_in(body.decode()), strict=True
        ):
            record, index = self._known[result["id"]], result["leaf_index"]
            is_new = result["status"] == "integrated"
            journal.ack(record, index, octets, is_new=is_new, retried=True, at=time.monotonic())

    # --- load ----------------------------------------------------------------------------------

    def _measure(self, url: str, journal: Journal, most: int) -> float:
        """Return records a second that two clients get in who wait for each answer."""
        began = time.monotonic()
        done = self._deposit(url, self._batches(most), journal, until=began + MEASURE_SECONDS)
        return done * BATCH / (time.monotonic() - began)

    def _deposit_calmly(self, requests: float, journal: Journal) -> int:
        """Return the memory of a new process that takes in so many requests, two at a time."""
        self._server.start()
        url = self._server.wait_ready()
        with Memory(self._server.process_id) as watched:
            self._deposit(url, self._batches(int(requests)), journal, until=math.inf)
        self._server.stop()
        return watched.most

    def _deposit(self, url: str, batches: list[bytes], journal: Journal, *, until: float) -> int:
        """Post batches by two clients who wait for each answer; return how many were taken."""
        answers: list[bytes] = []

        def deposit() -> None:
            while batches and time.monotonic() < until:
                with suppress(IndexError):  # the other client took the last one
                    answers.append(self._post(url, batches.pop()))

        clients = [threading.Thread(target=deposit) for _ in range(2)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        for answer in answers:
            self._note(answer, journal)
        return len(answers)

    def _offer(self, url: str, batches: list[bytes], rate: float, count: int) -> list[JSON]:
        records, answers = self._place / "records", self._place / "answers"
        records.write_bytes(b"\n".join(batches))
        words = [url, str(records), str(rate), str(count), str(answers)]
        path = os.pathsep.join(filter(None, (str(_TESTS), os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-m", "faults.overload_clients", *words]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": path})
        return [json.loads(line) for line in answers.read_text("utf-8").splitlines()]

    # --- judging -------------------------------------------------------------------------------

    def _judge(
        self, answers: list[JSON], journal: Journal, processors: Processors
    ) -> dict[str, float]:
        statuses = Counter(answer["status"] for answer in answers)
        demand(statuses.keys() <= {200, *_SHED}, "I9", f"statuses under overload: {statuses}")
        times: dict[bool, list[float]] = {True: [], False: []}
        for answer in answers:
            times[answer["status"] == 200].append(answer["seconds"])
            if answer["status"] == 200:
                self._note(answer["body"].encode(), journal)
        accepted, shed = sorted(times[True]), sorted(times[False])
        demand(accepted, "I9", "nothing was accepted under overload")
        p99 = _percentile(accepted, 0.99)
        is_quiet = processors.others <= QUIET_SHARE
        limit = P99_SECONDS if is_quiet else WORST_SECONDS
        demand(p99 < limit, "I9", f"p99 of what was accepted is {p99:.1f} s, quiet: {is_quiet}")
        return {
            "requests": len(answers),
            "runs on a quiet machine, p99 < 1 s demanded": int(is_quiet),
            "most % of the processors that others had": round(100 * processors.others),
            "requests accepted": len(accepted),
            "requests shed": len(shed),
            **{f"answers {status}": number for status, number in sorted(statuses.items())},
            "worst p99 of accepted in ms": round(1000 * p99),
            "worst median of accepted in ms": round(1000 * _percentile(accepted, 0.5)),
            "worst p99 of shed in ms": round(1000 * _percentile(shed, 0.99)) if shed else 0,
        }

    def _settle(self, url: str, journal: Journal) -> dict[str, float]:
        """After the load: taken again at once, all becomes final, and the full audit."""
        began = time.monotonic()
        (batch,) = self._batches(1)
        self._note(self._post(url, batch), journal)
        taken = time.monotonic() - began
        status, _ = get(url, "/v1/ready")
        demand(status == 200, "I9", f"not ready after the load: {status}")
        auditor = Auditor(self._ledger, journal)
        await_final(url, auditor, journal, seconds=SETTLE_SECONDS, watch=self._watch)
        final = time.monotonic() - began
        self._server.wait_node()
        port = self._server.node_port()
        demand(port, "I9", "there is no node after the load")
        audited = audit_whole(url, auditor, journal, node_port=port or 0)
        self._server.stop()
        auditor.check_integrity()
        return {
            **count_audited(audited),
            "worst seconds: after the load, taken again": round(taken, 2),
            "worst seconds: after the load, final": round(final, 2),
        }

    def _watch(self) -> str:
        self._server.check_alive()
        return self._server.words()


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Memory(threading.Thread):
    """Watches how much memory a process holds."""

    def __init__(self, process_id: int) -> None:
        super().__init__(daemon=True)
        self._status = Path(f"/proc/{process_id}/status")
        self._stopping = threading.Event()
        self.most = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self.join()

    def run(self) -> None:
        while True:
            for line in self._status.read_text("ascii").splitlines():
                if line.startswith("VmRSS:"):
                    self.most = max(self.most, 1024 * int(line.split()[1]))
            if self._stopping.wait(0.1):
                return


class Processors:
    """Measures what share of this machine's processors others than we and our children had."""

    def __init__(self) -> None:
        self.others = 0.0

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._busy, self._own = busy_seconds(), own_seconds()
        return self

    def __exit__(self, *_: object) -> None:
        took = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        others = (busy_seconds() - self._busy) - (own_seconds() - self._own)
        self.others = max(0.0, others / took)


def busy_seconds() -> float:
    """Return what all processors worked since the start, or were kept from us by a hypervisor."""
    line = Path("/proc/stat").read_text("ascii").splitlines()[0].split()
    user, nice, system, _idle, _wait, irq, softirq, steal = map(int, line[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICKS


def own_seconds() -> float:
    """Return what this process, its children and theirs worked, those that have ended included."""
    parents: dict[int, list[int]] = {}
    ticks: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text("ascii", "replace").rpartition(")")[2].split()
            process_id = int(path.parent.name)
            parents.setdefault(int(fields[1]), []).append(process_id)
            ticks[process_id] = sum(map(int, fields[11:15]))
    ours, left = 0, [os.getpid()]
    while left:
        one = left.pop()
        ours += ticks.get(one, 0)
        left += parents.get(one, [])
    return ours / _TICKS


_TICKS = os.sysconf("SC_CLK_TCK")
