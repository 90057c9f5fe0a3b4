"""Runs the real command line in a process of its own, as a person or a script would."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provenance.cli.main import main
from provenance.files import key_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSPHRASE = "correct horse"
ORIGIN = "cli.example/ledger"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    def json(self) -> dict[str, object]:
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


@dataclass(frozen=True)
class CommandLine:
    """One person's: a home, a folder to stand in, and perhaps a ledger."""

    folder: Path
    home: Path
    ledger: str | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def environ(self, **more: str) -> dict[str, str]:
        kept = {
            name: os.environ[name]
            for name in ("PATH", "PROVENANCE_CACHE", "TMPDIR")
            if name in os.environ
        }
        said = {
            "HOME": str(self.home),
            "PROVENANCE_HOME": str(self.home),
            "PROVENANCE_PASSPHRASE": PASSPHRASE,
            "LANG": "C.UTF-8",
        }
        said |= {} if self.ledger is None else {"PROVENANCE_LEDGER": self.ledger}
        return kept | said | self.environment | more

    def run(self, *words: object, **environment: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "provenance.cli.main", *map(str, words)],
            cwd=self.folder,
            env=self.environ(**environment),
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # without the terminal that the tests may run on
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def here(self, *words: object, **environment: str) -> Ran:
        """The same in this process, which saves half a second of processor time each.

        ``cli/test_own_process.py`` runs each command as a person does; whatever serves, or is
        about the help texts' language, takes ``run`` as well.
        """
        before, read = dict(os.environ), sys.stdin
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        try:
            os.environ.clear()
            os.environ.update(self.environ(**environment))
            sys.stdin = io.StringIO()
            with chdir(self.folder), redirect_stdout(out), redirect_stderr(err):
                code = main([str(word) for word in words])
        finally:
            sys.stdin = read
            os.environ.clear()
            os.environ.update(before)
        return Ran(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))

    def succeed(self, *words: object, **environment: str) -> Ran:
        done = self.here(*words, **environment)
        assert done.code == 0, done
        return done


@contextmanager
def served(folder: Path, line: CommandLine, *flags: str) -> Iterator[str]:
    """Serve a ledger on a free port; gives its address."""
    command = [sys.executable, "-m", "provenance.cli.main", "serve", str(folder), "--port", "0"]
    command += flags
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, env=line.environ(), stdout=log, stderr=log)
    address = folder / "address"
    try:
        for _ in range(600):
            if address.exists():
                break
            assert process.poll() is None, (folder / "serve.log").read_text()
            time.sleep(0.05)
        yield address.read_text().strip()
    finally:
        process.terminate()
        assert process.wait(60) == 0
    assert not address.exists()


def open_quickly(home: Path) -> None:
    """Seal a person's keys with fewer rounds: they hold nothing, and are opened at each deposit."""
    for path in (home / "keys").glob("*.jwe"):
        key = key_file.decrypt(path.read_bytes(), PASSPHRASE)
        path.write_bytes(key_file.encrypt(key, PASSPHRASE, rounds=key_file.MIN_ROUNDS))


def tree(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, to see that nothing changed."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
