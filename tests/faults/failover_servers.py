"""Two PostgreSQL servers: a primary, and a standby that every commit waits for.

Each server ends with us. Killing one kills all its processes at once, as a machine dies; freezing
one stops them all, as a machine that is cut off and comes back.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg

from faults.needs import POSTGRESQL, need_postgresql
from faults.wire import demand

__all__ = ["DATABASES", "PgServer", "make_pair", "seed_databases"]

DATABASES = ("ledger", "keys")
_SECONDS = 30.0
_ROOM = 2 << 30
"""Bytes; two servers with small databases take a tenth of it."""
_SETTINGS = """
unix_socket_directories = ''
listen_addresses = '127.0.0.1'
wal_level = replica
max_wal_senders = 8
max_connections = 80
shared_buffers = 32MB
fsync = on
dynamic_shared_memory_type = mmap
synchronous_commit = on
wal_sender_timeout = 3s
wal_receiver_timeout = 3s
wal_retrieve_retry_interval = 500ms
log_min_messages = warning
"""


class PgServer:
    """One server, on a port and a folder of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        """Name them; nothing is there yet."""
        self.port = port
        self._folder = folder
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement by itself."""
        with psycopg.connect(self.address(database), autocommit=True, connect_timeout=3) as db:
            cursor = db.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    # --- life ------------------------------------------------------------------------------

    def create(self) -> None:
        """Make an empty server and start it."""
        self._make_folder()
        self._run(
            "initdb",
            "-D",
            self._data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "--data-checksums",
            "--no-sync",
        )
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(_SETTINGS)
        self.start()

    def follow(self, primary: PgServer) -> None:
        """Become a copy of ``primary`` that streams from it; wait until every commit does too."""
        self._make_folder()
        source = f"host=127.0.0.1 port={primary.port} user=postgres application_name=standby"
        self._run(
            "pg_basebackup", "-D", self._data, "-d", source, "-R", "-X", "stream", "-c", "fast"
        )
        self.start()
        self.set_synchronous("")
        primary.set_synchronous("*")
        deadline = time.monotonic() + _SECONDS
        question = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"
        while primary.execute(question) != [("sync",)]:
            demand(time.monotonic() < deadline, "I9", "the standby does not follow")
            time.sleep(0.02)

    def set_synchronous(self, names: str) -> None:
        """Say which standbys a commit waits for."""
        self.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + _SECONDS
        while self.execute("SHOW synchronous_standby_names") != [(names,)]:
            demand(time.monotonic() < deadline, "I9", "the server does not reload")
            time.sleep(0.01)

    def start(self, *, port: int | None = None) -> None:
        """Start on the data as they are, on another port if given; wait until it answers."""
        self.port = port or self.port
        program = [str(POSTGRESQL / "postgres"), "-D", str(self._data), "-c", f"port={self.port}"]
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_as_postgres(), *program], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _SECONDS
        while True:
            demand(self._process.poll() is None, "I9", f"a server does not start: {self.words()}")
            demand(time.monotonic() < deadline, "I9", f"a server is not up: {self.words()}")
            with contextlib.suppress(psycopg.OperationalError):
                self.execute("SELECT 1")
                return
            time.sleep(0.02)

    def promote(self) -> None:
        """Make a standby the primary."""
        (done,) = self.execute("SELECT pg_promote(true, 20)")
        demand(done[0], "I9", "the standby was not promoted")

    def kill(self) -> None:
        """kill -9 of all its processes at once."""
        self._signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """Make sure that it runs no more; safe at any time."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def words(self) -> str:
        """The end of what it printed."""
        return (self._folder / "server.log").read_text("utf-8", "replace")[-600:]

    def _signal(self, number: int) -> None:
        assert self._process is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            leader = psutil.Process(self._process.pid)
            for process in [leader, *leader.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(number)

    def _make_folder(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")

    def _run(self, name: str, *words: str | Path) -> None:
        command = [*_as_postgres(), str(POSTGRESQL / name), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        demand(done.returncode == 0, "I9", f"{name}: {done.stderr[-600:]}")


def _as_postgres() -> list[str]:
    """Return how a server is started as a user that it accepts, and ends with us."""
    user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return ["setpriv", *(user if os.geteuid() == 0 else []), "--pdeathsig", "KILL"]


def make_pair(ports: tuple[int, int]) -> tuple[Path, PgServer, PgServer]:
    """Start a primary and its synchronous standby, with the two databases of a ledger.

    Their folder is one of their own, which the user ``postgres`` can reach.
    """
    need_postgresql()
    # in memory where there is room: these machines die, but never lose their power
    memory = Path("/dev/shm")
    is_roomy = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM
    where = str(memory) if is_roomy else None
    folder = Path(tempfile.mkdtemp(prefix="provenance-postgresql-", dir=where))
    folder.chmod(0o755)
    primary, standby = (PgServer(folder / f"server-{port}", port) for port in ports)
    primary.create()
    seed_databases(primary)
    standby.follow(primary)
    return folder, primary, standby


def seed_databases(server: PgServer) -> None:
    """Make the empty databases of a ledger."""
    for name in DATABASES:
        server.execute(f"CREATE DATABASE {name}")
