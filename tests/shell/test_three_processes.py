"""Three ``provenance serve`` processes on one PostgreSQL log: any one may be killed at any time."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest
from databases import fresh_place
from leases import end_leases
from mining_anvil import mining_anvil
from running_service import SD_JWT
from small_ledger import ORIGIN, deposit, key_of, key_record

from provenance.policy import Policy
from provenance.receipt import Receipt
from provenance.service.anchor_orders import anchoring_status
from provenance.service.audit import audit_folder
from provenance.service.choose_chain import Wish, choose_chain
from provenance.service.found_ledger import found_ledger
from provenance.service.operator_keys import OperatorKeys
from provenance.service.settings import Databases, LedgerFolder
from provenance.verdict import not_in_log
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from databases import PostgresServer

    from provenance.record import Record

CHAIN = 31_339
ALICE = key_of("alice")


@pytest.fixture
def folder(tmp_path: Path, postgresql: PostgresServer) -> Iterator[LedgerFolder]:
    """A ledger in two PostgreSQL databases, on a chain that somebody else runs."""
    place, ledger = fresh_place(postgresql), LedgerFolder(tmp_path / "ledger")
    with mining_anvil(tmp_path / "node", chain_id=CHAIN) as node:
        node.fund(OperatorKeys(ledger.keys).sender(make=True).address)
        found_ledger(
            ledger,
            choose_chain(Wish(profile="local", nodes=(node.url,), interval=1)),
            origin=ORIGIN,
            passphrase="passphrase",
            now_unix=int(time.time()),
            database=Databases(str(place.ledger), str(place.keys)),
        )
        yield ledger


class Process:
    """One ``provenance serve``, started anew after every end."""

    def __init__(self, folder: LedgerFolder, number: int, stack: ExitStack) -> None:
        self._command = [sys.executable, "-m", "provenance.cli.main", "serve", str(folder.root)]
        self._command += ["--port", "0"]
        self._log = folder.root.with_name(f"serve{number}.log").open("ab")
        stack.callback(self._log.close)
        stack.callback(self.kill)
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        self.url = ""

    def await_url(self) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert " is served at " in line, (line, self._log.name)
        self.url = line.split()[-1]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)


@dataclass
class Load:
    """Depositors who go to another process when theirs does not answer."""

    processes: list[Process]
    acknowledged: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Leaf index and receipt by record id."""
    wrong: list[str] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._threads = [threading.Thread(target=self._deposit, args=(n,)) for n in range(4)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def await_more(self, count: int) -> None:
        """Wait until so many more records were acknowledged."""
        target, deadline = len(self.acknowledged) + count, time.monotonic() + 30
        while len(self.acknowledged) < target:
            assert time.monotonic() < deadline, self.wrong
            time.sleep(0.01)

    def _deposit(self, turn: int) -> None:
        with httpx.Client(timeout=15) as client:
            while not self._stopping.is_set():
                record = deposit(ALICE, f"load {next(self._numbers)}", contributors=1)
                for place in itertools.count(turn):
                    if self._stopping.is_set() or self._post(client, record, place):
                        break
                turn += 1

    def _post(self, client: httpx.Client, record: Record, place: int) -> bool:
        """Send a record once; False when it has to be sent again, the very same bytes."""
        url = self.processes[place % len(self.processes)].url
        try:
            answer = client.post(f"{url}/v1/records", content=record.compact, headers=SD_JWT)
        except (httpx.HTTPError, httpx.InvalidURL):
            time.sleep(0.01)
            return False
        if answer.status_code in {503, 507}:
            time.sleep(0.05)
            return False
        if answer.status_code not in {200, 201}:
            self.wrong.append(answer.text)
            return True
        receipt = Receipt.parse(answer.content)
        self.acknowledged[record.id_hex] = (receipt.record.leaf_index, answer.content)
        return True


def test_any_of_three_processes_may_be_killed(folder: LedgerFolder) -> None:
    with ExitStack() as stack:
        processes = [Process(folder, number, stack) for number in range(3)]
        for process in processes:
            process.await_url()
        first = httpx.post(
            f"{processes[0].url}/v1/records", content=key_record(ALICE).compact, headers=SD_JWT
        )
        assert first.status_code == 201, first.text
        load = Load(processes)
        stack.callback(load.stop)
        for victim in processes:
            load.await_more(40)
            victim.kill()
            load.await_more(20)  # the other two go on at once
            victim.start()
            victim.await_url()
        load.await_more(20)
        load.stop()
        assert not load.wrong
        _check_every_acknowledgement(folder, load)
        end_leases(folder)  # that of a killed one among them
        final = _await_anchor(folder, max(index for index, _ in load.acknowledged.values()))
        assert [process.stop() for process in processes] == [0, 0, 0]

    report, findings = audit_folder(folder)
    assert report.by_type["deposit"] >= len(load.acknowledged) >= 200
    assert report.tree_size >= final
    assert [one.is_of_log for one in findings] == [True]


def _check_every_acknowledgement(folder: LedgerFolder, load: Load) -> None:
    """Ask another process for each: the same place, by a receipt that verifies."""
    trust = Policy.parse(folder.policy.read_bytes())
    indexes = [index for index, _ in load.acknowledged.values()]
    assert len(set(indexes)) == len(indexes), "two records at one place"
    for index, octets in load.acknowledged.values():
        verdict = verify_receipt(octets, trust, now_unix=int(time.time()))
        assert not_in_log(verdict.checks) is None
        assert json.loads(octets)["record"]["leaf_index"] == index


def _await_anchor(folder: LedgerFolder, leaf_index: int) -> int:
    """Wait until one of the processes has anchored all of it."""
    deadline = time.monotonic() + 25
    while True:
        (status,) = anchoring_status(folder).chains
        final = 0 if status.newest_final is None else status.newest_final.tree_size
        if final > leaf_index:
            return final
        assert time.monotonic() < deadline, status
        time.sleep(0.1)
