"""Rows that tell what is about a record, what an opening opens, and what bound keys signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, literal, select, union_all

from provenance.store import tables
from provenance.store.select_among import SelectAmong

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

__all__ = ["find_about", "find_bound_by", "find_openings", "find_records_of_keys"]

_OPENINGS = (
    select(tables.opened_digests.c.leaf_index)
    .where(
        tables.opened_digests.c.digest == bindparam("digest"),
        tables.opened_digests.c.leaf_index > bindparam("after"),
    )
    .order_by(tables.opened_digests.c.leaf_index)
    .limit(bindparam("limit"))
)

_RECORDS_OF_KEYS = SelectAmong(
    select(tables.records_by_key.c.leaf_index).where(
        tables.records_by_key.c.leaf_index >= bindparam("start"),
        tables.records_by_key.c.leaf_index < bindparam("stop"),
    ),
    tables.records_by_key.c.key_index,
)


def find_about(
    connection: Connection, target: bytes, types: Sequence[str], limit: int
) -> dict[str, list[int]]:
    """Read by type what is about a record, at most ``limit`` of each, oldest first."""
    table = tables.records_about
    # one statement a type, each with a limit of its own: no type takes the place of another
    some = [
        select(literal(name).label("type"), table.c.leaf_index)
        .where(table.c.target == target, table.c.type == name)
        .order_by(table.c.leaf_index)
        .limit(limit)
        .subquery()
        for name in types
    ]
    found: dict[str, list[int]] = {name: [] for name in types}
    for name, leaf_index in connection.execute(union_all(*(select(one) for one in some))):
        found[name].append(leaf_index)
    return {name: sorted(indexes) for name, indexes in found.items()}


def find_openings(connection: Connection, digest: bytes, after: int, limit: int) -> list[int]:
    """Read which ``opening`` entries above an index show a dataset digest, oldest first."""
    question = {"digest": digest, "after": after, "limit": limit}
    return list(connection.execute(_OPENINGS, question).scalars())


def find_bound_by(connection: Connection, kids: Collection[str]) -> list[int]:
    """Read where the keys lie that these have bound, and those that those have bound, and so on."""
    events = tables.key_events
    bound = (
        select(events.c.kid)
        .where(events.c.by_kid.in_(sorted(kids)), events.c.is_revocation.is_(False))
        .cte("bound", recursive=True)
    )
    further = (
        select(events.c.kid)
        .join(bound, events.c.by_kid == bound.c.kid)
        .where(events.c.is_revocation.is_(False))
    )
    bound = bound.union(further)  # not ALL: two keys may have bound each other
    statement = select(tables.keys.c.leaf_index).join(bound, tables.keys.c.kid == bound.c.kid)
    return sorted(connection.execute(statement).scalars())


def find_records_of_keys(
    connection: Connection, key_indexes: Sequence[int], start: int, stop: int
) -> list[int]:
    """Read which entries from ``start`` to below ``stop`` these keys signed, in order."""
    rows = _RECORDS_OF_KEYS.rows(connection, key_indexes, start=start, stop=stop)
    return sorted(leaf_index for (leaf_index,) in rows)
