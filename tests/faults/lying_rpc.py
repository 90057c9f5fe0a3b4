"""Anchor through nodes that lie, each checkpoint another way, and see that it is anchored once.

Anchor number *n* of a seed always meets the same modes with the same chances. They last for some
steps of the worker; then the node is honest, and everything has to become final by itself.
"""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from faults.anvil_process import Anvil
from faults.rpc_proxy import Pool, Proxy
from faults.rpc_proxy_modes import modes_for
from faults.wire import Violation, demand
from faults.worker_rig import WorkerRig
from provenance.errors import FatalError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from faults.rpc_proxy import Mode

__all__ = ["World", "run"]

WORLD = 50
"""Anchors on one chain; then the next one begins, so that memory and audits stay small."""

_SETTINGS = ((1, 1, 1), (1, 3, 2), (2, 3, 2))
"""How many endpoints lie, of how many, and how many have to agree."""

_MOST_STEPS = 60
"""After the last lie everything is final within so many steps of the worker."""
_REST_SECONDS = 0.1
"""After a step that failed, as the service rests: what still hangs has to time out meanwhile."""
_SAY_EVERY = 50
_LEAP_SECONDS = 65.0
"""Longer than the worker's patience before it sends again or pays more."""


def run(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Anchor ``count`` checkpoints through lies."""
    place = folder / "progress.json"
    done, totals, codes, modes = 0, Counter[str](), Counter[str](), Counter[str]()
    if place.exists():
        kept = json.loads(place.read_text())
        done = kept["done"]
        totals, codes, modes = (Counter(kept[name]) for name in ("totals", "codes", "modes"))
    while done < count:
        world = World(folder / "world", seed, done)
        try:
            for number in range(done, min(count, done + WORLD)):
                world.anchor(number)
            world.finish()
        finally:
            world.close()
        totals += world.totals
        codes += world.rig.codes
        modes += world.spoiled()
        done = number + 1
        kept = {"done": done, "totals": totals, "codes": codes, "modes": modes}
        place.write_text(json.dumps(kept))
        shutil.rmtree(folder / "world")
        say(f"{done} anchors, {sum(modes.values())} lies of {len(modes)} modes")
    counts = {
        "anchors": done,
        "most ways in one slice": len(modes),
        "lies": sum(modes.values()),
        **totals,
    }
    counts |= {"replacements, each dearer": totals["replacements, each dearer"]}
    counts |= {"reverted": 0, "doubled": 0, "forged accepted": 0}
    return {"campaign": "lying-rpc", "seed": seed, "counts": counts, "codes": dict(codes)} | {
        "modes": dict(modes)
    }


class World:
    """One chain, what stands before it, and the worker."""

    def __init__(self, folder: Path, seed: int, first: int) -> None:
        if folder.exists():
            shutil.rmtree(folder)
        self._seed = seed
        self.totals: Counter[str] = Counter()
        self.rig = WorkerRig(folder, f"{seed}/{first}", node=Anvil(folder / "anvil"))
        self.pool = Pool()
        # a single node; three of which one lies; three of which two lie, each another lie
        self._liars, endpoints, quorum = _SETTINGS[first // WORLD % len(_SETTINGS)]
        self.proxies = [
            Proxy(self.rig.node.port, f"{seed}/{first}/{place}", self.pool)
            for place in range(endpoints)
        ]
        for proxy in self.proxies:
            proxy.start()
        self.rig.look_through([proxy.url for proxy in self.proxies], quorum=quorum)

    def anchor(self, number: int, chosen: Sequence[Mode] | None = None) -> None:
        """Have one more checkpoint anchored, lied to at first: as the seed says, or as told."""
        rng = Random(f"{self._seed}/{number}")
        self.rig.log.grow(rng.randint(1, 9))
        if chosen is None:
            chosen = self._choose(number, rng)
        try:
            self._lie(chosen, rng)
            self.settle(chosen, is_restart=rng.random() < 0.5)
        except FatalError as error:
            names = [mode.name for mode in chosen]
            raise Violation("I9", f"anchor {number}: stopped by {names}: {error!r}") from error
        except Violation as violation:
            names = [mode.name for mode in chosen]
            text = f"anchor {number}, {names}: {violation}"
            raise Violation(violation.invariant, text) from violation

    def _choose(self, number: int, rng: Random) -> list[Mode]:
        """Each mode has its turn; half of the time a second one joins it."""
        others = modes_for(quorum=False)
        modes = modes_for(quorum=True) if len(self.proxies) > 1 else others
        chosen = [modes[number % len(modes)]]
        if self._liars > 1 or rng.random() < 0.5:
            chosen.append(rng.choice(others))
        return chosen

    def _lie(self, chosen: Sequence[Mode], rng: Random) -> None:
        is_slow = any(mode.is_slow for mode in chosen)
        # seldom always: each time-out is waited for
        slowly = [0.05, 0.05, 0.05, 0.15, 0.15, 0.15, 1.0]
        chance = rng.choice(slowly if is_slow else [0.1, 0.4, 1.0])
        liars = rng.sample(self.proxies, self._liars)
        if self._liars > 1 and chosen:
            for proxy, mode in zip(liars, chosen, strict=True):
                proxy.spoil([mode], chance)
        else:
            liars[0].spoil(chosen, chance)
        for _ in range(rng.randint(4, 10)):
            self.rig.step()
            self.totals["steps"] += 1
            turn = rng.random()
            if turn < 0.6:
                self.rig.mine()
            elif turn < 0.75:
                self.rig.clock.ahead += _LEAP_SECONDS
            elif turn < 0.85:
                self.rig.restart()
                self.totals["restarts"] += 1

    def settle(self, chosen: Sequence[Mode], *, is_restart: bool) -> None:
        """Tell the truth again, to a new worker or to the one that was lied to."""
        for proxy in self.proxies:
            proxy.calm()
        if is_restart:
            self.rig.restart()
        else:
            self.totals["settled without a restart"] += 1
        for _ in range(_MOST_STEPS):
            is_done = self.rig.step()
            self.totals["steps"] += 1
            if not self.rig.is_busy():
                return
            if not is_done:
                time.sleep(_REST_SECONDS)
            self.rig.clock.ahead += _LEAP_SECONDS / 2
            self.rig.mine()
        names = [mode.name for mode in chosen]
        demand(truth=False, invariant="I9", text=f"not final {_MOST_STEPS} steps after {names}")

    def spoiled(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for proxy in self.proxies:
            found += proxy.spoiled
        return found

    def finish(self) -> None:
        """Audit the whole chain; geth would have taken every replacement."""
        self.rig.finish()
        self.totals["replacements, each dearer"] += self.rig.replacements
        self.totals["bumps refused by geth's rule"] += self.pool.refused

    def close(self) -> None:
        for proxy in self.proxies:
            proxy.stop()
        self.rig.close()
