"""A short run through lying nodes, and the lies that once did harm, each by itself."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from node import need_anvil

from faults import lying_rpc
from faults.rpc_proxy import Pool, Raw
from faults.rpc_proxy_modes import MODES, modes_for
from faults.wire import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faults.anvil_process import Anvil
    from faults.worker_rig import WorkerRig


def test_there_are_more_than_fifty_ways_to_lie() -> None:
    assert len(MODES) > 50
    assert {mode.name for mode in modes_for(quorum=False)} < set(MODES)


@pytest.mark.timeout(200)
def test_short_run_anchors_each_checkpoint_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_anvil()
    monkeypatch.setattr(lying_rpc, "WORLD", 3)  # one world of each kind

    found = lying_rpc.run(tmp_path, 416, 9, print)

    counts = found["counts"]
    assert isinstance(counts, dict)
    assert counts["anchors"] == 9
    assert counts["lies"] > 9


def raw(tip: int, cap: int) -> Raw:
    return Raw(b"", f"0x{tip}{cap}", 7, tip, cap, 90_000, "0x", b"")


@pytest.mark.parametrize(
    ("tip", "cap", "refused"),
    [(110, 1100, False), (109, 2000, True), (200, 1099, True), (100, 1000, False)],
)
def test_pool_holds_to_geths_rule(tip: int, cap: int, refused: bool) -> None:  # noqa: FBT001
    pool = Pool(held={7: raw(100, 1000)})

    assert pool.refuses(raw(tip, cap)) is refused


# --- single lies ------------------------------------------------------------------------------


def anchor_through(world: lying_rpc.World, name: str, count: int) -> None:
    for number in range(count):
        world.anchor(number, [MODES[name]])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[lying_rpc.World]:
    need_anvil()
    made = lying_rpc.World(tmp_path / "world", 416, 0)
    yield made
    made.close()


@pytest.mark.parametrize(
    "name", ["gas estimate too low", "gas estimate absurdly high", "fees absurdly high"]
)
def test_lie_about_prices_neither_reverts_nor_passes_the_ceiling(
    world: lying_rpc.World, name: str
) -> None:
    anchor_through(world, name, 6)

    world.finish()


@pytest.mark.parametrize("part", ["body", "headers"])
def test_worker_gets_over_a_node_that_dripped_without_a_restart(
    world: lying_rpc.World, part: str
) -> None:
    """Each byte came in time, the whole did not: its threads were once stuck for minutes."""
    dripping = MODES[f"drip just within the time-out, {part}"]
    world.rig.log.grow(3)
    world.proxies[0].spoil([dripping], 1.0)
    for _ in range(8):
        world.rig.step()

    world.settle([dripping], is_restart=False)

    world.finish()


# --- the control --------------------------------------------------------------------------------


@pytest.fixture
def rig(world: lying_rpc.World) -> WorkerRig[Anvil]:
    world.anchor(0, [])
    return world.rig


@pytest.mark.parametrize(
    ("statement", "invariant"),
    [
        ("UPDATE anchors SET state = 'sent' WHERE state = 'final'", "I6"),
        ("UPDATE anchors SET nonce = nonce + 1", "I5"),
        ("UPDATE anchors SET root_hash = randomblob(32), block_hash = randomblob(32)", "I3"),
        ("UPDATE anchor_attempts SET max_fee_wei = 1000000000000000", "I5"),
    ],
)
def test_what_a_worker_may_not_store_is_found(
    rig: WorkerRig[Anvil], statement: str, invariant: str
) -> None:
    with rig.engine.begin() as connection:
        connection.exec_driver_sql(statement)

    with pytest.raises(Violation) as raised:
        rig.audit()
    assert raised.value.invariant == invariant


def test_anchor_called_final_too_early_is_found(world: lying_rpc.World) -> None:
    world.anchor(0, [])
    rng = Random(1)
    world.rig.log.grow(rng.randint(1, 9))
    world.rig.step()
    world.rig.mine()
    world.rig.step()
    with world.rig.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE anchors SET state = 'final'")

    with pytest.raises(Violation, match="I6"):
        world.rig.audit()


def test_world_of_its_own_fools_who_asks_one_node_only(world: lying_rpc.World) -> None:
    with pytest.raises(Violation, match="was never a block"):
        anchor_through(world, "a world of its own", 20)


def test_world_of_its_own_fools_no_quorum(tmp_path: Path) -> None:
    need_anvil()
    world = lying_rpc.World(tmp_path / "world", 416, lying_rpc.WORLD)
    try:
        anchor_through(world, "a world of its own", 8)
        world.finish()
    finally:
        world.close()

    assert world.spoiled()["a world of its own"] > 6
