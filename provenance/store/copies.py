"""Copy a whole database into a file, while others write to it, and a file back into a database.

SQLite has its online backup, PostgreSQL its programs ``pg_dump`` and ``pg_restore``, of a version
not older than the server's. Either takes one moment of the database, and holds up no writer.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING, Final

from provenance.errors import (
    AlreadyExistsError,
    DriverMissingError,
    FileAccessError,
    UnavailableError,
)
from provenance.store.engine import open_reader, open_writer, storage_errors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provenance.store.engine import Database

__all__ = ["check_empty", "copy_into", "copy_out"]

_PAGES: Final = -1
"""Of one step of SQLite's backup: all of them. Steps would begin anew with every commit."""


def copy_out(database: Database, target: Path) -> None:
    """Copy a database into the new file ``target``; durable on return.

    Raises:
        UnavailableError: the server is away or refuses, or a program is missing.
        FatalError: the database cannot be read.
    """
    if isinstance(database, str):
        # "custom" is compressed, and pg_restore reads it in one transaction
        arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"]
        _run("pg_dump", database, arguments)
    else:
        _copy_file(database, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _copy_file(source: Path, target: Path) -> None:
    if not source.exists():
        raise FileAccessError(f"{source} is missing")
    with (
        storage_errors(),
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new, pages=_PAGES)


def check_empty(database: Database) -> None:
    """Check that nothing would be overwritten.

    Raises:
        AlreadyExistsError: the file is there, or the PostgreSQL database has tables.
    """
    if not isinstance(database, str):
        if database.exists():
            raise AlreadyExistsError(f"{database} exists and is kept as it is")
        return
    reader = open_reader(database, readers=1)
    try:
        with storage_errors(), reader.connect() as connection:
            question = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
            found = connection.exec_driver_sql(question).scalar_one()
    finally:
        reader.dispose()
    if found:
        raise AlreadyExistsError(f"the PostgreSQL database has {found} tables and is kept as it is")


def copy_into(source: Path, database: Database) -> None:
    """Fill an empty database from a file that ``copy_out`` made of one of its kind.

    Raises:
        AlreadyExistsError: the database is not empty.
        UnavailableError: the server is away or refuses, or a program is missing.
    """
    check_empty(database)
    if isinstance(database, str):
        # one transaction: a crash leaves the database as empty as it was
        arguments = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        _run("pg_restore", database, arguments, source)
        return
    shutil.copyfile(source, database)
    # also takes the file to the settings of this release (a write-ahead log)
    open_writer(database).dispose()
    with database.open("rb") as file:
        os.fsync(file.fileno())


def _run(program: str, address: str, arguments: Sequence[str], source: Path | None = None) -> None:
    """Run one of PostgreSQL's programs on a database."""
    path = shutil.which(program)
    if path is None:
        raise DriverMissingError(f"{program} is not installed: it comes with PostgreSQL's clients")
    target, environment = _without_password(address)
    command = [path, *arguments, "--no-password", f"--dbname={target}"]
    if source is not None:
        command.append(str(source))
    done = subprocess.run(  # noqa: S603 -- no shell, and every argument is one of ours
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise UnavailableError(f"{program} gave up with code {done.returncode}: {said}")


def _without_password(address: str) -> tuple[str, dict[str, str]]:
    """Return address and environment: everybody on the machine can read a program's arguments."""
    try:
        from psycopg import conninfo  # noqa: PLC0415 -- an extra of the package
    except ImportError as error:
        raise DriverMissingError(
            "PostgreSQL needs the package psycopg: pip install 'psycopg[binary]>=3.3', or "
            "pip install '.[postgresql]' in a clone of this project"
        ) from error
    parts = conninfo.conninfo_to_dict(address)
    password = parts.pop("password", None)
    environment = {} if password is None else {"PGPASSWORD": str(password)}
    return conninfo.make_conninfo("", **parts), environment
