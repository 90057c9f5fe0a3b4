"""Rows that say which digests stand in which entries: look-ups by a range, and manifests' files.

Dataset digests come from the entries, file digests from published manifests. A range of digests is
what a prefix names, so whoever asks by a prefix need not show the digest itself.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from sqlalchemy import literal, select, tuple_

from provenance.errors import FatalError, MalformedError
from provenance.fingerprint import parse_manifest
from provenance.ledger.ports import FoundDigest
from provenance.store import tables
from provenance.store.insert_rows import insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from provenance.digests import SortedDigests

__all__ = [
    "as_lines",
    "find_digests",
    "find_stray_manifest",
    "insert_file_digests",
    "manifest_digests",
]

_ROWS_AT_ONCE: Final = 8_192


def find_digests(
    connection: Connection,
    low: bytes,
    high: bytes,
    *,
    after: tuple[bytes, int] | None = None,
    limit: int,
) -> list[FoundDigest]:
    """Return digests from ``low`` to ``high``, both included, by digest and then leaf index.

    Args:
        after: digest and leaf index of the last one that is known already.
        limit: rows at most.
    """
    found: dict[tuple[bytes, int], FoundDigest] = {}
    low = low if after is None else max(low, after[0])
    # statements that each walk an index: joined they would sort the whole range
    for table in (tables.opened_digests, tables.file_digests, tables.dataset_digests):
        key = tuple_(table.c.digest, table.c.leaf_index)
        statement = select(table.c.digest, table.c.leaf_index).where(
            table.c.digest >= low, table.c.digest <= high
        )
        if after is not None:
            statement = statement.where(key > tuple_(literal(after[0]), literal(after[1])))
        statement = statement.order_by(table.c.digest, table.c.leaf_index).limit(limit)
        for digest, leaf_index in connection.execute(statement):
            found[digest, leaf_index] = FoundDigest(
                digest,
                leaf_index,
                is_dataset=table is tables.dataset_digests,
                is_opened=table is tables.opened_digests,
            )
    return [found[place] for place in islice(sorted(found), limit)]


def insert_file_digests(
    connection: Connection, leaf_index: int, file_digests: SortedDigests
) -> None:
    """Insert the digests of a manifest, some thousands at a time."""
    digests = iter(file_digests)
    while rows := [(digest, leaf_index) for digest in islice(digests, _ROWS_AT_ONCE)]:
        insert_rows(connection, tables.file_digests, rows)


def manifest_digests(lines: Iterable[bytes], leaf_index: int) -> Iterator[bytes]:
    """Yield the files' digests of a published manifest.

    Raises:
        FatalError: what is stored is no manifest.
    """
    try:
        for entry in parse_manifest(lines):
            yield entry.sha256
    except MalformedError as error:
        raise FatalError(f"the manifest of entry {leaf_index} is damaged: {error}") from error


def as_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut chunks into lines, each with its line feed, and a last one that may have none."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest


def find_stray_manifest(connection: Connection) -> int | None:
    """Return a leaf index that look-ups by file know and that has no published manifest."""
    listed = select(tables.manifests.c.leaf_index)
    table = tables.file_digests
    stray = select(table.c.leaf_index).where(table.c.leaf_index.not_in(listed)).limit(1)
    found = connection.execute(stray).scalar()
    return None if found is None else int(found)
