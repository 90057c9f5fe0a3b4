"""The managed node keeps its promises: durable finality, blocks on demand, no orphaned process."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from node import AnchoredLedger, close, make_anchored_ledger, need_anvil

from provenance.chain import anvil
from provenance.chain.anvil import AnvilChain, ManagedAnvil
from provenance.chain.deploy import deploy
from provenance.chain.find_node import find_anvil
from provenance.chain.node import Node
from provenance.chain.sender import create_key_file
from provenance.errors import LockedError, NodeMissingError, UnavailableError, WrongChainError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANY_BLOCKS = int(os.environ.get("PROVENANCE_ANVIL_BLOCKS", "600"))
"""20,000 in the long profile; what it measured is in docs/operating.md."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[AnchoredLedger]:
    made = make_anchored_ledger(tmp_path)
    yield made
    close(made)


def status(process_id: int) -> dict[str, str]:
    """Read /proc/PID/status; empty when there is no such process."""
    try:
        text = Path(f"/proc/{process_id}/status").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {
        name: value.strip() for name, value in (line.split(":", 1) for line in text.splitlines())
    }


def wait_for(node: ManagedAnvil, starts: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            if node.starts >= starts and node.head_number() >= 0:
                return
        except UnavailableError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_kill_takes_back_nothing_that_was_final(ledger: AnchoredLedger) -> None:
    genesis = ledger.chain.genesis_hash()
    for round_ in range(5):
        for _ in range(4):
            ledger.node.mine()
        if round_ % 2:
            ledger.node.dump()
        ledger.node.mine()
        final = ledger.chain.finalized()
        os.kill(ledger.node.process_id or 0, signal.SIGKILL)
        wait_for(ledger.node, round_ + 2)

        assert ledger.chain.canonical_hash(final.number) == final.block_hash
        assert ledger.chain.genesis_hash() == genesis
        ledger.chain.check_pin()


def test_somebody_elses_node_is_never_asked(
    ledger: AnchoredLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two lives of ours another program may take the port that was free."""
    with ManagedAnvil(tmp_path / "another") as another:
        for _ in range(50):
            another.mine()
        free_port = anvil._free_port  # noqa: SLF001 -- the operating system's choice, made here
        ports = iter([int(another.url.rsplit(":", 1)[1])])
        monkeypatch.setattr(anvil, "_free_port", lambda: next(ports, None) or free_port())
        os.kill(ledger.node.process_id or 0, signal.SIGKILL)
        seen: set[int] = set()
        while ledger.node.starts < 3 or not seen:
            with contextlib.suppress(UnavailableError):
                seen.add(ledger.node.head_number())

    assert seen == {ledger.deployed.block_number + 2}


def test_finalized_waits_for_the_dump(ledger: AnchoredLedger) -> None:
    for _ in range(5):
        ledger.node.mine()
    before = ledger.chain.finalized().number

    ledger.node.dump()

    assert before == ledger.deployed.block_number + 2  # what setting up made durable
    assert ledger.chain.finalized().number == ledger.node.head_number() - 2


def test_blocks_are_made_only_while_somebody_waits(ledger: AnchoredLedger) -> None:
    chain = AnvilChain(ledger.node, ledger.deployed.pin, block_seconds=3600)
    head = ledger.node.head_number()

    for _ in range(10):
        chain.advance(None, inclusion=False)
    idle = ledger.node.head_number()
    for _ in range(10):
        chain.advance(None, inclusion=True)
    at_once = ledger.node.head_number()
    chain = AnvilChain(ledger.node, ledger.deployed.pin, block_seconds=0)
    chain.ask_for_block()
    for _ in range(8):
        chain.advance(None, inclusion=False)

    assert idle == head
    assert at_once == head + 1  # one in an hour, however often it is asked
    assert ledger.node.head_number() == at_once + 3  # the one asked for, and two to finalize it
    assert chain.finalized().number == at_once + 1


def test_time_in_the_chain_is_this_machines_also_after_a_restart(ledger: AnchoredLedger) -> None:
    times = []
    for starts in (1, 2, 3):
        wait_for(ledger.node, starts)
        ledger.node.mine()
        times.append(ledger.chain.head().timestamp)
        ledger.node.dump()
        os.kill(ledger.node.process_id or 0, signal.SIGKILL)

    assert times == sorted(times)
    assert abs(times[-1] - time.time()) < 5


def test_stop_and_start_continue_the_same_chain(tmp_path: Path) -> None:
    need_anvil()
    with ManagedAnvil(tmp_path / "a") as node:
        node.mine()
        head = Node(node.rpc).head()

    with ManagedAnvil(tmp_path / "a") as node:
        assert Node(node.rpc).head() == head
        assert node.dumped == head.number


def test_half_written_dump_is_swept(tmp_path: Path) -> None:
    need_anvil()
    folder = tmp_path / "a"
    with ManagedAnvil(folder) as node:
        node.mine()
    (folder / ".writing-x.tmp").write_bytes(b"{")

    with ManagedAnvil(folder) as node:
        assert node.head_number() == 1

    assert not list(folder.glob("*.tmp"))


def test_folder_belongs_to_one_process(tmp_path: Path) -> None:
    need_anvil()
    with ManagedAnvil(tmp_path / "a"), pytest.raises(LockedError):
        ManagedAnvil(tmp_path / "a").start()


def test_state_that_does_not_load_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_anvil()
    monkeypatch.setattr("provenance.chain.anvil.START_SECONDS", 1.0)
    folder = tmp_path / "a"
    with ManagedAnvil(folder) as node:
        node.mine()
    (folder / "state.json").write_text(json.dumps({"no": "state"}))

    with pytest.raises(NodeMissingError, match="did not come up"):
        ManagedAnvil(folder).start()


def test_node_dies_with_its_parent(tmp_path: Path) -> None:
    need_anvil()
    program = (
        "import sys, time; from pathlib import Path; "
        "from provenance.chain.anvil import ManagedAnvil; "
        "node = ManagedAnvil(Path(sys.argv[1])); node.start(); "
        "print(node.process_id, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "a")], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert status(child)["Name"] == "anvil"
        parent.kill()
        parent.wait()

    deadline = time.monotonic() + 5
    while status(child).get("State", "Z")[0] != "Z":  # a zombie is dead, and not ours to reap
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_missing_program_is_an_error_that_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.chain.find_node._node_modules", lambda: iter(()))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NodeMissingError, match="npm install @foundry-rs/anvil"):
        find_anvil()


def test_a_program_on_the_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = tmp_path / "anvil"
    on_path.write_bytes(b"\x7fELF")  # npm puts a script on PATH, which is passed over
    on_path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_anvil() == on_path


def test_deploying_again_finds_what_is_there(ledger: AnchoredLedger) -> None:
    node, count = Node(ledger.node.rpc), ledger.chain.nonce(ledger.sender.address)

    again = deploy(node, ledger.sender, "ledger.example/log", wait=ledger.node.mine)
    other = deploy(node, ledger.sender, "ledger.example/other", wait=ledger.node.mine)

    assert again.pin == ledger.deployed.pin
    assert other.pin.contract == again.pin.contract
    assert other.pin.log_id != again.pin.log_id
    assert ledger.chain.nonce(ledger.sender.address) == count + 1


def test_deploying_to_a_foreign_contract_is_refused(ledger: AnchoredLedger, tmp_path: Path) -> None:
    sender = create_key_file(tmp_path / "k")

    with pytest.raises(WrongChainError):
        deploy(Node(ledger.node.rpc), sender, "x", wait=ledger.node.mine, contract=sender.address)


def test_many_blocks_stay_small(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    need_anvil()
    folder = tmp_path / "a"
    with ManagedAnvil(folder) as node:
        for _ in range(MANY_BLOCKS):
            node.mine()
        started = time.monotonic()
        node.dump()
        seconds = time.monotonic() - started
        memory = int(status(node.process_id or 0)["VmRSS"].split()[0]) * 1024
    disk = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    started = time.monotonic()
    with ManagedAnvil(folder) as node:
        restart = time.monotonic() - started
        assert node.head_number() == MANY_BLOCKS

    for name, value in (("disk", disk), ("memory", memory), ("dump", seconds), ("up", restart)):
        record_property(name, value)
    assert disk < 200_000 + 2_500 * MANY_BLOCKS
    assert memory < 120 * 2**20 + 15_000 * MANY_BLOCKS
    assert seconds < 0.5 + MANY_BLOCKS / 5_000
