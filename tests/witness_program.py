"""A witness that nobody here wrote: aics-witness, in a Python of its own, as a process."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from loopback import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROGRAM = Path(__file__).parents[1] / ".tools/witness/bin/aics-witness"


def need_witness() -> None:
    """Skip where it is not installed: it asks for a newer Python than this machine may have."""
    if not PROGRAM.exists():
        pytest.skip("aics-witness needs Python 3.12 or later, which scripts/test did not find")


class WitnessProgram:
    """One witness with its key and memory in a folder; it may be stopped and started again."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._config = folder / "witness.json"
        self.log_file = folder / "witness.log"
        self._process: subprocess.Popen[bytes] | None = None
        said = self._run("init", "--name", name)
        self.vkey = next(word for word in said.split() if word.startswith(name + "+"))
        self.url = ""

    def trust(self, origin: str, vkey: str) -> None:
        self._run("add-log", "--origin", origin, "--vkey", vkey)

    def _run(self, *arguments: str) -> str:
        command: Sequence[str] = [str(PROGRAM), *arguments, "--config", str(self._config)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout

    def start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [str(PROGRAM), "serve", "--config", str(self._config)]
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--listen", f"127.0.0.1:{port}"], stdout=log, stderr=log
            )
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                if httpx.get(self.url + "/healthz", trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise AssertionError(self.log_file.read_text())

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


@contextmanager
def witness(folder: Path, name: str, *, origin: str, vkey: str) -> Iterator[WitnessProgram]:
    """Run a witness that trusts one log."""
    program = WitnessProgram(folder, name)
    program.trust(origin, vkey)
    program.start()
    try:
        yield program
    finally:
        program.stop()
