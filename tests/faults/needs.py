"""What a machine lacks for a campaign: a reason to leave it out, never to call it passed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

__all__ = ["POSTGRESQL", "MissingError", "need_postgresql", "need_root"]

POSTGRESQL = Path("/usr/lib/postgresql/15/bin")
"""Debian's, which has ``pg_basebackup`` and streaming replication."""


class MissingError(Exception):
    """A campaign cannot run here; the message says why."""


def need_postgresql() -> None:
    """Check that a cluster of PostgreSQL servers can be started."""
    if not (POSTGRESQL / "pg_basebackup").exists():
        raise MissingError(f"no PostgreSQL 15 in {POSTGRESQL}")
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        raise MissingError("root may not run PostgreSQL, and there is no setpriv")


def need_root() -> None:
    """Check that network namespaces can be made."""
    if os.geteuid() != 0:
        raise MissingError("network namespaces need root")
    if shutil.which("ip") is None:
        raise MissingError("no `ip` program (iproute2)")
