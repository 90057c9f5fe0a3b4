"""Compare stored look-ups with what the entries say they must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Select, select

from provenance.store import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from provenance.ledger.projections import Projection

__all__ = ["find_wrong_projection"]

_Row = tuple[object, ...]


def find_wrong_projection(
    connection: Connection, expected: Sequence[Projection]
) -> tuple[str, int] | None:
    """Return table and leaf index of the first row that is not there as expected, or None.

    Args:
        expected: of at most some hundred entries, which follow one another.
    """
    if not expected:
        return None
    for name, wanted, statement in _questions(expected):
        if wanted:
            found = {tuple(row) for row in connection.execute(statement)}
            missing = [index for row, index in wanted.items() if row not in found]
            if missing:
                return name, min(missing)
    return None


def _questions(
    expected: Sequence[Projection],
) -> Iterator[tuple[str, dict[_Row, int], Select[tuple[object, ...]]]]:
    """Yield per table its name, the rows wanted with their leaf index, and how to find them."""
    first, last = expected[0].leaf_index, expected[-1].leaf_index
    records, by_key = tables.records, tables.records_by_key
    wanted: dict[_Row, int] = {(one.record_id, one.leaf_index): one.leaf_index for one in expected}
    yield (
        records.name,
        wanted,
        select(records).where(records.c.record_id.in_([one.record_id for one in expected])),
    )
    yield (
        tables.keys.name,
        {
            (one.kid, one.leaf_index, one.key.alg, one.key.raw): one.leaf_index
            for one in expected
            if one.key is not None
        },
        select(tables.keys).where(tables.keys.c.leaf_index.between(first, last)),
    )
    yield (
        by_key.name,
        {
            (one.key_index, one.leaf_index): one.leaf_index
            for one in expected
            if one.key_index is not None
        },
        select(by_key).where(
            by_key.c.key_index.in_(
                {one.key_index for one in expected if one.key_index is not None}
            ),
            by_key.c.leaf_index.between(first, last),
        ),
    )
    events = tables.key_events
    yield (
        events.name,
        {tuple(one.key_event): one.leaf_index for one in expected if one.key_event is not None},
        select(events).where(
            events.c.kid.in_({one.key_event.kid for one in expected if one.key_event is not None}),
            events.c.leaf_index.between(first, last),
        ),
    )
    digests = tables.dataset_digests
    datasets: dict[_Row, int] = {
        (target, one.leaf_index): one.leaf_index for one in expected for target in one.targets
    }
    yield (
        digests.name,
        datasets,
        select(digests).where(
            digests.c.digest.in_({target for one in expected for target in one.targets}),
            digests.c.leaf_index.between(first, last),
        ),
    )
    about = tables.records_about
    bearing: dict[_Row, int] = {
        (target, one.about_as, one.leaf_index): one.leaf_index
        for one in expected
        if one.about_as is not None
        for target in one.targets
    }
    yield (
        about.name,
        bearing,
        select(about).where(
            about.c.target.in_({place[0] for place in bearing}),
            about.c.leaf_index.between(first, last),
        ),
    )
    erasures = tables.erasures
    yield (
        erasures.name,
        {(one.leaf_index,): one.leaf_index for one in expected if one.is_erasure},
        select(erasures).where(erasures.c.leaf_index.between(first, last)),
    )
    beacons = tables.beacons
    yield (
        beacons.name,
        {
            (
                one.leaf_index,
                one.beacon.chain_id,
                one.beacon.number,
                one.beacon.block_hash,
                one.beacon.issued_unix,
            ): one.leaf_index
            for one in expected
            if one.beacon is not None
        },
        select(
            beacons.c.leaf_index,
            beacons.c.chain_id,
            beacons.c.number,
            beacons.c.block_hash,
            beacons.c.issued_unix,
        ).where(beacons.c.leaf_index.between(first, last)),
    )
