"""Begin a log: ``genesis`` and the first ``beacon`` as one batch, and the checkpoint over them.

    0  genesis   signed by the root key: who signs checkpoints and beacons, and where it anchors
    1  beacon    signed by the beacon key: a finalized block, after which all entries came in
    => first checkpoint, tree size 2

This is the only batch without callers. The contract and the log's registration on the chain
come before it, since ``genesis`` names them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from provenance import tlog
from provenance.errors import ConflictError, MalformedError, VerificationError
from provenance.keys import PublicKey
from provenance.ledger.local_signer import LocalSigner
from provenance.ledger.ports import NewEntry
from provenance.ledger.projections import project
from provenance.ledger.sign_checkpoint import sign_newest_head
from provenance.ledger.signing_keys import SigningKeys
from provenance.merkle import leaf_hash
from provenance.record import check_audience, parse_entry, parse_record, verify_signature

if TYPE_CHECKING:
    from provenance.ledger.ports import LogStore, NewBeacon, SignedHead, SignerMemory
    from provenance.note import NoteSigner
    from provenance.record import Record

__all__ = ["start_log"]


def start_log(  # noqa: PLR0913 -- each is one thing a log begins with
    *,
    store: LogStore,
    memory: SignerMemory,
    signer: NoteSigner,
    origin: str,
    genesis: bytes,
    beacon: NewBeacon,
) -> SignedHead:
    """Integrate the first two entries and sign the first checkpoint, at tree size 2.

    Safe to repeat after a crash, with the same genesis or with one that differs only in ``iat``:
    what is durable already is kept and signed.

    Args:
        genesis: compact SD-JWT, signed by the root key it names.
        beacon: of the first chain that ``genesis`` names, signed by the beacon key it names.

    Raises:
        MalformedError: one of the two is not what it should be.
        VerificationError: a signature that the key in ``genesis`` did not make.
        ConflictError: the database holds another log, or this one grown beyond its start.
    """
    first, second = _check(genesis, beacon, signer, origin)
    store.create(origin)
    memory.create()
    # a crash here leaves an empty log and an empty memory
    head = store.head()
    if head.tree_size == 0:
        _integrate(store, first, second, beacon.header)
        # a crash here leaves both entries durable and unsigned
    elif not _is_start_of(first, store):
        raise ConflictError("the log has another genesis")
    local = LocalSigner(memory, SigningKeys.of_one(signer), origin)
    return sign_newest_head(store=store, signer=local, origin=origin)


def _check(
    genesis: bytes, beacon: NewBeacon, signer: NoteSigner, origin: str
) -> tuple[Record, Record]:
    """Check both records against what genesis says, as the audit will."""
    first = parse_record(genesis, complete=True)
    second = parse_record(beacon.compact, complete=True)
    for record, expected in ((first, "genesis"), (second, "beacon")):
        if record.type != expected:
            raise MalformedError(f"expected {expected}, got {record.type}", field="header.typ")
        check_audience(record, origin)
    verify_signature(first, PublicKey.from_jwk(first.claims["root_key"], "root_key"))
    verify_signature(second, PublicKey.from_jwk(first.claims["beacon_key"], "beacon_key"))
    if signer.verifier.to_vkey() not in cast("list[str]", first.claims["checkpoint_keys"]):
        raise VerificationError("genesis does not name the signer", field="checkpoint_keys")
    chains = cast("list[dict[str, object]]", first.claims["chains"])
    if second.claims["chain_id"] != chains[0]["chain_id"]:
        raise VerificationError("the beacon is not of the first chain", field="chain_id")
    return first, second


def _integrate(store: LogStore, first: Record, second: Record, header: bytes | None) -> None:
    with store.integrate() as transaction:
        if transaction.head().tree_size:
            raise ConflictError("another process has begun this log")
        entries = [
            NewEntry(first.entry, project(first, 0, None)),
            NewEntry(second.entry, project(second, 1, None), (), header),
        ]
        leaves = [leaf_hash(entry.entry) for entry in entries]
        transaction.append(entries, tlog.append(0, leaves, transaction.read_tile))
        # a crash here leaves the log empty: the transaction has not been committed


def _is_start_of(genesis: Record, store: LogStore) -> bool:
    """Tell whether entry 0 says the same as ``genesis``; its ``iat`` may differ."""
    stored = parse_entry(store.entries(0, 1)[0])
    said = {name: value for name, value in stored.claims.items() if name != "iat"}
    return stored.type == "genesis" and said == {
        name: value for name, value in genesis.claims.items() if name != "iat"
    }
