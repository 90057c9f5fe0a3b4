"""The control: `provenance` as it is, on databases that do not wait for the disk.

Whatever asks SQLite for ``synchronous=FULL`` gets ``NORMAL``, which the rig must be able to tell.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Self


def _normal(sql: str) -> str:
    return sql.replace("synchronous=FULL", "synchronous=NORMAL")


class _Cursor(sqlite3.Cursor):
    def execute(self, sql: str, *parameters: Any) -> Self:  # noqa: ANN401 -- passed on
        return super().execute(_normal(sql), *parameters)


class _Connection(sqlite3.Connection):
    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:  # noqa: ANN401 -- passed on
        return super().execute(_normal(sql), *parameters)

    def cursor(self, factory: Any = _Cursor) -> Any:  # noqa: ANN401 -- passed on
        return super().cursor(factory)


def main() -> None:
    connect = sqlite3.connect

    def connect_normal(*words: Any, **named: Any) -> Any:  # noqa: ANN401 -- passed on
        return connect(*words, **{"factory": _Connection, **named})

    sqlite3.connect = sqlite3.dbapi2.connect = connect_normal
    from provenance.cli.main import run  # noqa: PLC0415 -- after the change

    run()


if __name__ == "__main__":
    main()
