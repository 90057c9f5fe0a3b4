"""A real anvil for the tests, the contract on it, and everything that anchors through it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

import pytest
from anchored_log import AnchoredLog

from provenance.chain.anvil import AnvilChain, ManagedAnvil
from provenance.chain.deploy import Deployed, deploy
from provenance.chain.find_node import find_anvil
from provenance.chain.node import Node
from provenance.chain.sender import KeySender, create_key_file
from provenance.errors import NodeMissingError, UnavailableError
from provenance.ledger.anchor_checkpoint import AnchorRules, AnchorWorker
from provenance.service.worker import SystemClock
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.engine import open_writer
from provenance.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

ORIGIN = "ledger.example/log"

DEV_RULES = AnchorRules(interval=0, anchor_ceiling_wei=None, day_ceiling_wei=None)

QUICK = 0.01
"""Seconds between two blocks in tests; the service takes 1."""


def need_anvil() -> None:
    """Skip, saying how to get it, where no anvil is installed."""
    try:
        find_anvil()
    except NodeMissingError as error:
        pytest.skip(str(error))


class HeldChain(AnvilChain):
    """A managed chain whose blocks can be held back, to look at what is in between."""

    is_held = False

    def advance(self, target: int | None, *, inclusion: bool) -> None:
        if not self.is_held:
            super().advance(target, inclusion=inclusion)


@dataclass
class AnchoredLedger:
    """A node with a registered log, a database and a worker; ``restart_worker`` is a crash."""

    folder: Path
    node: ManagedAnvil
    sender: KeySender
    deployed: Deployed
    engine: Engine
    log: AnchoredLog
    store: SqlAnchorStore
    rules: AnchorRules = DEV_RULES
    chain: HeldChain = field(init=False)
    worker: AnchorWorker = field(init=False)

    def __post_init__(self) -> None:
        self.chain = HeldChain(self.node, self.deployed.pin, block_seconds=QUICK)
        self.restart_worker()

    def restart_worker(self) -> None:
        self.worker = self.another_worker("the only worker")

    def another_worker(self, holder: str) -> AnchorWorker:
        return AnchorWorker(
            chain=self.chain,
            sender=self.sender,
            store=self.store,
            log=self.log,
            clock=SystemClock(),
            rules=self.rules,
            holder=holder,
        )

    def step_until(self, is_done: Callable[[], bool], *, seconds: float = 20) -> int:
        """Step as the loop does, through outages; return the number of steps."""
        deadline = time.monotonic() + seconds
        steps = 0
        while not is_done():
            assert time.monotonic() < deadline, f"not done after {steps} steps"
            steps += 1
            try:
                self.worker.step()
            except UnavailableError:
                time.sleep(QUICK)
            time.sleep(QUICK)
        return steps

    def take_steps(self, count: int) -> None:
        """Step a few times, whatever the node does."""
        left = iter(range(count))
        self.step_until(lambda: next(left, None) is None)

    def anchor_to_the_end(self) -> int:
        return self.step_until(lambda: not self.is_busy())

    def is_busy(self) -> bool:
        chain_id = self.chain.pin.chain_id
        return bool(self.store.unfinished(chain_id)) or self.store.wanted(chain_id) is not None


def make_anchored_ledger(folder: Path) -> AnchoredLedger:
    need_anvil()
    sender = create_key_file(folder / "sender.key")
    node = ManagedAnvil(folder / "anvil", funded=[sender.address])
    node.start()
    deployed = deploy(Node(node.rpc), sender, ORIGIN, wait=node.mine)
    node.settle(deployed.block_number)
    return AnchoredLedger(folder, node, sender, deployed, **open_database(folder))


class Database(TypedDict):
    """The parts of a ledger that live in one SQLite file."""

    engine: Engine
    log: AnchoredLog
    store: SqlAnchorStore


def open_database(folder: Path) -> Database:
    """Make an empty database."""
    engine = open_writer(folder / "ledger.sqlite")
    migrate(engine)
    return {"engine": engine, "log": AnchoredLog(engine), "store": SqlAnchorStore(engine)}


def close(ledger: AnchoredLedger) -> None:
    ledger.node.stop()
    ledger.engine.dispose()
