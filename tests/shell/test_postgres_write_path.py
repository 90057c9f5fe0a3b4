"""The write path on PostgreSQL: the tests that are written for the small ledger, run once more.

What they import is the same; only the fixture ``ledger`` differs. Left out is what damages rows or
copies files in SQLite's own words.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest
import test_issue_receipt
import test_start_log
import test_writer
from databases import fresh_place
from small_ledger import SmallLedger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from databases import PostgresServer

IN_SQLITES_WORDS = {
    "test_a_database_from_an_old_backup_is_refused",
    "test_a_tile_changed_behind_the_signer_is_never_signed",
    "test_entries_changed_behind_the_signer_are_never_signed",
    "test_no_receipt_of_anything_damaged_leaves_the_house",
}


@pytest.fixture
def ledger(tmp_path: Path, postgresql: PostgresServer) -> Iterator[SmallLedger]:
    """A ledger of two entries, signed, with nobody writing to it."""
    place = fresh_place(postgresql)
    ledger = SmallLedger(tmp_path, place=place)
    ledger.begin()
    yield ledger
    ledger.close()
    postgresql.drop(place)


_FIXTURE = type(ledger)


def parts_of(module: ModuleType) -> dict[str, object]:
    """Return the tests of a module that ask for a ledger, and the fixtures they ask for."""
    fixtures = {name: one for name, one in vars(module).items() if isinstance(one, _FIXTURE)}
    tests = {
        name: one
        for name, one in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("test_")
        and name not in IN_SQLITES_WORDS
        and {"ledger", *fixtures} & inspect.signature(one).parameters.keys()
        and "either" not in inspect.signature(one).parameters  # runs on both as it is
    }
    return {**fixtures, **tests}


for _module in (test_writer, test_issue_receipt, test_start_log):
    _parts = parts_of(_module)
    assert len(_parts) > 5, "a module's tests were not found"
    assert not _parts.keys() & globals().keys(), "two modules have a name in common"
    globals().update(_parts)
