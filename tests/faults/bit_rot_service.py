"""One bit flips in what the service reads at its start: policy, settings, or a key.

Only the real service can tell what it makes of them, so it is started on a copy with the flip and
with its own chain. It may refuse to start, or take no records, or say in its log what is wrong; if
it goes on, all it says must be as before, and the new record must be anchored and final.
"""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING

from faults.http import Connection, GoneError, get
from faults.log_codes import count_codes
from faults.processes import Server
from faults.wire import Violation, demand, open_note
from faults.zygote import Zygote

if TYPE_CHECKING:
    from pathlib import Path

    from faults.bit_rot_base import Rotting
    from faults.storage_forks import Forks
    from faults.wire import JSON

__all__ = ["FILES", "ServiceFlips"]

FILES = (
    "policy.json",
    "ledger.json",
    "keys/checkpoint.jwk",
    "keys/beacon.jwk",
    "keys/sender.key",
    "keys/root.jwe",
)

_FINAL_SECONDS = 60.0
_SENT = {"content-type": "application/sd-jwt"}


class ServiceFlips:
    """Starts the service on flipped files, one after the other."""

    def __init__(self, base: Rotting, place: Path, forks: Forks) -> None:
        self._base, self._place, self._forks = base, place, forks
        self._folder = place / "ledger"
        self._zygote: Zygote | None = None

    def close(self) -> None:
        if self._zygote is not None:
            self._zygote.stop()

    def judge(self, name: str, octets: bytes) -> str:
        """Return how the flip was found, or that it changes nothing."""
        shutil.rmtree(self._place, ignore_errors=True)
        shutil.copytree(self._base.folder("ledger"), self._folder)
        (self._folder / name).write_bytes(octets)
        if name == "keys/root.jwe":
            return self._open_root()
        if self._zygote is None:
            self._zygote = Zygote()
        server = Server(self._folder, self._zygote)
        try:
            return self._serve(server, name)
        finally:
            server.end()

    def _open_root(self) -> str:
        """The service never reads it; whoever does is told, or gets the key that it was."""
        outcome = self._forks.do("root", self._folder)
        if outcome.code != 0:
            demand(outcome.code == _REFUSED, "I9", f"the root key: {outcome.error}")
            return "found: by who opens the root key"
        kid = outcome.said[0]["root"]
        demand(kid == self._base.root_kid, "I3", "another root key was opened")
        return "harmless: the same root key"

    def _serve(self, server: Server, name: str) -> str:
        server.start()
        try:
            url = server.wait_ready()
        except Violation:
            words = server.words()
            demand("Traceback" not in words, "I9", f"it ended without a word of ours: {words}")
            return f"found: at the start of the service ({name})"
        policy = get(url, "/v1/policy")[1]
        note = open_note(get(url, "/checkpoint")[1].decode(), self._base.vkeys)
        root = self._base.tree.root(note.tree_size)
        demand(note.root_hash == root, "I4", f"a wrong head of {note.tree_size} is served")
        found = self._deposit(server, url)
        if found is None and policy == self._base.files["policy.json"]:
            return "harmless: the service says what it said, and anchors"
        server.end()
        if policy == self._base.files["policy.json"]:
            return f"found: {found} ({name})"
        if found is None and self._forks.do("audit", self._folder).code == 0:
            same = _proves(policy) == _proves(self._base.files["policy.json"])
            demand(same, "I1", f"silent: another policy is served: {policy!r}")
            return "another policy served, found by nobody: a chain's label"
        return f"another policy served, found later: {found or 'by the audit'}"

    def _deposit(self, server: Server, url: str) -> str | None:
        """Deposit and wait until it is final; return what speaks of trouble instead."""
        connection = Connection()
        try:
            record = (self._base.place / "next").read_bytes()
            status, body = connection.ask(url, "POST", "/v1/records", record, _SENT)
        except GoneError:
            return "it ended at a record"
        finally:
            connection.close()
        if status not in {200, 201}:
            demand(b'"code"' in body, "I9", f"status {status}: {body[:200]!r}")
            return f"no records are taken, status {status}"
        receipt = json.loads(body)
        index = receipt["record"]["leaf_index"]
        demand(index >= self._base.tree_size, "I2", f"index {index} is given twice")
        open_note(receipt["first"]["checkpoint"], self._base.vkeys)
        return self._trouble(server, url)

    def _trouble(self, server: Server, url: str) -> str | None:
        deadline = time.monotonic() + _FINAL_SECONDS
        while True:
            try:
                server.check_alive()
                size = int(get(url, "/checkpoint")[1].split(b"\n")[1])
                anchors = json.loads(get(url, "/v1/anchors?limit=100")[1])["items"]
            except (Violation, GoneError):
                demand("Traceback" not in server.words(), "I9", server.words())
                return "it ended"
            if any(one["tree_size"] == size and one["state"] == "final" for one in anchors):
                return None
            codes = count_codes(self._place / "serve.log")
            if codes:
                return f"said in the log: {', '.join(sorted(codes))}"
            demand(time.monotonic() < deadline, "I9", f"not final, in silence: {server.words()}")
            time.sleep(0.2)


def _proves(policy: bytes) -> JSON:
    """Return the policy without what no verification reads: the names of its chains."""
    said: JSON = json.loads(policy)
    said["chains"] = [
        {name: value for name, value in chain.items() if name != "name"} for chain in said["chains"]
    ]
    return said


_REFUSED = 70
