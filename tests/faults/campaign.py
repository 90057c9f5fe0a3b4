"""Kill at random moments, restart at once, go on; glance before half of the kills.

The full audit comes after every hundredth kill, while the clients wait, and at the end.

A campaign is a folder and a seed. Kill number *n* has its target and its moment from
``Random(f"{seed}/{n}")``, so an interrupted campaign goes on with the schedule it began with.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Literal

from faults.auditor import Audited, Auditor
from faults.http import GoneError
from faults.journal import Journal
from faults.load import Load
from faults.processes import ORIGIN, Server, found_ledger
from faults.whole_audit import audit_whole, await_final, count_audited
from faults.wire import Violation
from faults.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Campaign", "Plan", "Report", "Target", "run"]

Target = Literal["server", "node", "both"]

SETTLE_SECONDS = 300.0
"""After the last fault all must be answered, anchored and final by itself within this time."""

_GLANCE_SHARE = 0.5
_PAIR_SHARE = 0.2
_FEW_KILLS = 5
"""Up to so many every start is a new interpreter's; above, it is forked from one that waits."""

_AUDIT_EVERY = 100
"""Kills between two full audits."""
_SAY_EVERY = 10
_AT_RISK = 20
"""Of the records acknowledged last before a kill, how many are read back whole."""


@dataclass(frozen=True)
class Plan:
    """What to do; the seed decides the rest."""

    target: Target
    kills: int
    seed: int
    seconds: float
    clients: int = 4
    pause: float = 0.02


@dataclass(frozen=True)
class Kill:
    """One kill: whom, and when."""

    target: Literal["server", "node"]
    moment: Literal["starting", "busy", "anchoring", "dumping"]
    delay: float
    """Seconds; for a starting server the share of the time that its last start took."""
    glances: bool
    """The auditor looks before it."""
    is_pair: bool
    """The next one does not wait until the node is back."""


@dataclass(frozen=True)
class Report:
    """What a campaign found; there was no violation, or there would be no report."""

    kills: int
    acknowledged: int
    counts: dict[str, int]
    audited: Audited
    times: dict[str, tuple[float, float, int]]
    """Name -> median, maximum, how many."""

    def figures(self) -> dict[str, int | float]:
        """Return what a line of the results tells; all add up but what is called worst."""
        found: dict[str, int | float] = {
            "kills": self.kills,
            "acknowledgements": self.counts.get("acknowledgements", 0),
            "records": self.acknowledged,
            "records lost": 0,
            "answers lost": self.counts.get("answers lost", 0),
            "glances": self.counts.get("glances", 0),
            "full audits": self.counts.get("full audits", 0),
            **count_audited(self.audited),
        }
        for name, (_, worst, _) in self.times.items():
            found[f"worst seconds: {name}"] = round(worst, 2)
        return found


def plan_kill(plan: Plan, number: int) -> Kill:
    """Return kill ``number`` of a plan; always the same one."""
    rng = Random(f"{plan.seed}/{number}")
    either: list[Literal["server", "node"]] = ["server", "node"]
    target = rng.choice(either) if plan.target == "both" else plan.target
    moment, (low, high) = rng.choices(list(_MOMENTS.items()), _WEIGHTS)[0]
    if target == "node" and moment == "starting":
        low, high = 0.0, 0.2
    return Kill(
        target,
        moment,
        rng.uniform(low, high),
        glances=rng.random() < _GLANCE_SHARE,
        is_pair=rng.random() < _PAIR_SHARE,
    )


_MOMENTS: dict[Literal["starting", "busy", "anchoring", "dumping"], tuple[float, float]] = {
    "starting": (0.3, 1.1),  # during recovery from the kill before
    "busy": (0.0, 1.5),
    "anchoring": (1.5, 8.0),
    "dumping": (0.0, 0.02),  # once the node's state is being written
}
_WEIGHTS = [20, 50, 20, 10]


class Campaign:
    """One campaign in its folder."""

    def __init__(self, folder: Path, plan: Plan, say: Callable[[str], None]) -> None:
        """Take up the campaign in ``folder``, or begin it."""
        self._folder = folder
        self._plan = plan
        self._say = say
        self._ledger = folder / "ledger"
        folder.mkdir(parents=True, exist_ok=True)
        self._check_same_plan()
        if not (self._ledger / "ledger.json").exists():
            found_ledger(self._ledger)
        self._journal = Journal(folder / "journal.sqlite")
        self._auditor = Auditor(self._ledger, self._journal)
        self._zygote = Zygote() if plan.kills > _FEW_KILLS else None
        self._server = Server(self._ledger, self._zygote)
        self._load = Load(
            self._journal,
            origin=ORIGIN,
            seed=plan.seed,
            clients=plan.clients,
            pause=plan.pause,
        )
        self._killed_at: float | None = None
        self._up_at = 0.0
        self._last_start = 2.0

    def _check_same_plan(self) -> None:
        place = self._folder / "plan.json"
        mine = {"seed": self._plan.seed, "target": self._plan.target}
        if not place.exists():
            place.write_text(json.dumps(mine))
        elif json.loads(place.read_text()) != mine:
            raise SystemExit(f"{self._folder} holds another campaign: {place.read_text()}")

    def run(self) -> Report:
        """Do what is left of the plan, then settle and audit.

        Raises:
            Violation: a promise was broken; the folder holds all that happened.
        """
        deadline = time.monotonic() + self._plan.seconds
        try:
            self._server.start()
            self._load.start()
            number = self._journal.kills()
            while number < self._plan.kills and time.monotonic() < deadline:
                self._do(plan_kill(self._plan, number))
                number = self._journal.kills()
                if number % _SAY_EVERY == 0:
                    self._say(f"{number} kills, {self._journal.acknowledged()} acknowledged")
                if number % _AUDIT_EVERY == 0 and number < self._plan.kills:
                    self._audit_midway()
            return self._settle()
        finally:
            self._load.abandon()
            self._server.end()
            if self._zygote is not None:
                self._zygote.stop()
            self._journal.close()

    # --- one kill --------------------------------------------------------------------------

    def _do(self, kill: Kill) -> None:
        if kill.moment != "starting":
            self._until_up()
            if kill.glances:
                with contextlib.suppress(GoneError):
                    self._auditor.glance(self._server.wait_ready())
                    self._journal.count("glances")
        self._wait_for_moment(kill)
        self._load.check()
        if kill.target == "server":
            self._kill_server()
        else:
            self._kill_node(kill)
        self._journal.killed(kill.target, kill.moment)

    def _until_up(self) -> None:
        """Wait for the server's address, and hand it to the clients when it is a new one."""
        url = self._server.wait_ready()
        if self._load.address.is_down():
            self._last_start = time.monotonic() - self._server.started_at
            self._journal.took("server, up again", self._last_start)
            self._up_at = time.monotonic()
            self._load.address.set(url)

    def _wait_for_moment(self, kill: Kill) -> None:
        """Sleep until the moment has come; notice the first acknowledgement meanwhile."""
        delay, began = kill.delay, time.monotonic()
        if kill.moment == "dumping":
            self._wait_for_dump(8.0)
            began = time.monotonic()
        elif kill.moment == "starting" and kill.target == "server":
            delay, began = delay * self._last_start, self._server.started_at
        while (left := began + delay - time.monotonic()) > 0:
            self._notice()
            time.sleep(min(0.01, left))
        self._notice()

    def _wait_for_dump(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if any((self._ledger / "anvil").glob(".writing-*")):
                return
            self._notice()
            time.sleep(0.001)

    def _notice(self) -> None:
        """See whether the server is up again, and whether anybody was answered since the kill."""
        if self._load.address.is_down() and self._server.is_up():
            self._until_up()
        # an answer that was under way when the server died is still read after its death
        answered_at = self._journal.last_ack_at
        if self._killed_at is not None and answered_at > self._up_at > self._killed_at:
            took = answered_at - self._killed_at
            self._journal.took("server, kill to next answer", took)
            self._killed_at = None

    def _kill_server(self) -> None:
        if self._killed_at is None:
            self._killed_at = time.monotonic()
        self._server.kill()
        self._load.address.set(None)
        self._journal.life += 1
        self._server.start()

    def _kill_node(self, kill: Kill) -> None:
        """Kill the node under a living server, which starts another one by itself."""
        node = self._server.kill_node()
        began = time.monotonic()
        if not kill.is_pair:
            self._server.wait_node(besides=node)
            self._journal.took("node, answers again", time.monotonic() - began)

    # --- the end ---------------------------------------------------------------------------

    def _settle(self) -> Report:
        """No more faults: all must come to rest by itself, and then be as promised."""
        began = time.monotonic()
        url = self._server.wait_ready()
        self._load.address.set(url)
        self._load.finish(SETTLE_SECONDS)
        self._await_final(url)
        settled = time.monotonic() - began
        self._say(f"all final {settled:.1f} s after the last fault; auditing")
        audited = self._audit(url)
        self._server.stop()
        self._auditor.check_integrity()
        return self._report(audited, settled)

    def _audit_midway(self) -> None:
        """The full audit while the clients wait; then they go on."""
        self._until_up()
        url = self._server.wait_ready()
        self._notice()
        self._load.address.rest(SETTLE_SECONDS)
        self._load.check()
        self._killed_at = None  # nobody asks while the audit lasts: not the server's delay
        self._await_final(url)
        audited = self._audit(url)
        self._say(f"full audit: {audited.entries} entries, {audited.receipts} receipts")
        self._load.address.set(url)

    def _await_final(self, url: str) -> None:
        def watch() -> str:
            self._server.check_alive()
            return self._server.words()

        await_final(url, self._auditor, self._journal, seconds=SETTLE_SECONDS, watch=watch)

    def _audit(self, url: str) -> Audited:
        self._server.wait_node()
        port = self._server.node_port()
        if port is None:
            raise Violation("I9", "the node is gone after the last fault")
        self._journal.count("full audits")
        return audit_whole(url, self._auditor, self._journal, node_port=port, at_risk=_AT_RISK)

    def _report(self, audited: Audited, settled: float) -> Report:
        self._journal.took("after the last kill, final", settled)
        times = {
            name: (statistics.median(found), found[-1], len(found))
            for name, found in self._journal.times().items()
        }
        return Report(
            kills=self._journal.kills(),
            acknowledged=self._journal.acknowledged(),
            counts=dict(self._journal.counts),
            audited=audited,
            times=times,
        )


def run(folder: Path, plan: Plan, say: Callable[[str], None]) -> Report:
    """Run or resume a campaign."""
    return Campaign(folder, plan, say).run()
