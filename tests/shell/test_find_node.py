"""The anvil that is run must be the program itself, since it is ended by killing it."""

import os
import stat
from pathlib import Path

import pytest

from provenance.chain.find_node import find_anvil


def test_npms_launcher_on_the_path_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launcher = tmp_path / "anvil"
    launcher.write_text("#!/bin/sh\nexec sleep 60\n")
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    found = find_anvil()

    assert found.read_bytes()[:4] == b"\x7fELF"
    assert found != launcher
