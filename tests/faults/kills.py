"""The kill campaigns of ``campaign`` under their names: the service, its node, or either."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faults.campaign import Plan
from faults.campaign import run as run_plan
from faults.log_codes import count_codes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults.campaign import Target

__all__ = ["run_both", "run_node", "run_server"]

_SECONDS = 4 * 3600.0
"""A campaign is bounded by its kills; this only ends one that hangs."""


def run_server(
    folder: Path, seed: int, count: int, say: Callable[[str], None]
) -> dict[str, object]:
    """Kill the service."""
    return _run("server", folder, seed, count, say)


def run_node(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Kill the node below it."""
    return _run("node", folder, seed, count, say)


def run_both(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Kill either."""
    return _run("both", folder, seed, count, say)


def _run(
    target: Target, folder: Path, seed: int, count: int, say: Callable[[str], None]
) -> dict[str, object]:
    report = run_plan(folder, Plan(target, count, seed, _SECONDS), say)
    return {
        "campaign": f"kills-{target}",
        "seed": seed,
        "counts": report.figures(),
        "codes": count_codes(folder / "serve.log"),
    }
