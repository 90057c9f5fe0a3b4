"""A ledger founded once for all fault tests; each works on a copy."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from node import need_anvil

from faults.storage_forks import founded_in

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def founded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_anvil()
    return founded_in(tmp_path_factory.mktemp("faults"))


@pytest.fixture
def campaign_folder(founded_once: Path, tmp_path: Path) -> Path:
    """A campaign's folder, in which a ledger is founded already."""
    shutil.copytree(founded_once, tmp_path / "founded")
    return tmp_path
