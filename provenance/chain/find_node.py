"""Find the anvil program of the managed development chain."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.errors import NodeMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ANVIL_VERSION", "find_anvil"]

ANVIL_VERSION = "1.7.1"
"""The version everything here was tried with."""


def find_anvil() -> Path:
    """Return the anvil program: on PATH, or from npm's node_modules.

    npm's package holds the program itself in a package for each platform; it is looked for in
    ``node_modules`` at and above the current folder and the one this package lies in.

    Raises:
        NodeMissingError: it is nowhere; the message says how to get it.
    """
    on_path = shutil.which("anvil")
    for place in (*([Path(on_path)] if on_path else []), *_node_modules()):
        if os.access(place, os.X_OK) and not _is_script(place):
            return place
    raise NodeMissingError(
        "no program called anvil was found on PATH or in node_modules; "
        f"`npm install @foundry-rs/anvil@{ANVIL_VERSION}` in the current folder gets it, "
        "or name another node's address with `provenance init --rpc URL`"
    )


def _is_script(program: Path) -> bool:
    """Tell npm's launcher from the program: killing the one would leave the other running."""
    with program.open("rb") as file:
        return file.read(2) == b"#!"


def _node_modules() -> Iterator[Path]:
    machine = "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "amd64"
    name = f"anvil-{sys.platform}-{machine}"
    starts = [Path.cwd(), Path(__file__).resolve().parent]
    for start in starts:
        for folder in (start, *start.parents):
            yield folder / "node_modules" / "@foundry-rs" / name / "bin" / "anvil"
