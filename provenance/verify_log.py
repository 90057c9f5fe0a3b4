"""Checks 2, 3, 6 to 8 and 15: that a record is a signed entry of the log the policy names.

    (2) log          every part is of the policy's origin
    (3) signature    the record's, its key records' and the revocations' signatures
    (6) checkpoint   a policy key signed each checkpoint, and they do not contradict each other
    (7) inclusion    record, keys and beacon lie under each checkpoint, in the right order
    (8) witnesses    the policy's quorum
    (15) disclosure  what this copy does not show

Everything here follows from receipt and policy; ``provenance.verify`` puts the checks together.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from provenance.digests import RootHash
from provenance.errors import (
    BadSignatureError,
    ProvenanceError,
    UnknownKeyError,
    VerificationError,
)
from provenance.merkle import leaf_hash, verify_inclusion
from provenance.record import verify_signature
from provenance.verdict import Check, Outcome

if TYPE_CHECKING:
    from provenance.keys import PublicKey
    from provenance.note import Note, NoteVerifier
    from provenance.policy import Policy
    from provenance.receipt_parts import LogState, Parts, RevocationParts
    from provenance.verdict import Fact

__all__ = ["ROOT_SIGNED", "check_log"]

ROOT_SIGNED = frozenset({"genesis", "configuration", "erasure"})
"""Record types that the root key signs, which has no ``key`` record: the policy names it."""


def check_log(parts: Parts, policy: Policy) -> list[Check]:
    """Make checks 2, 3, 6 to 8 and 15; stops after the first that makes the rest meaningless."""
    origin = _check_origin(parts, policy)
    if origin.outcome is Outcome.UNUSABLE:
        return [origin]
    signature = _check_signature(parts, policy)
    if signature.outcome is Outcome.UNUSABLE:
        return [origin, signature]
    return [
        origin,
        signature,
        _check_checkpoints(parts, policy),
        _check_inclusion(parts),
        _check_witnesses(parts, policy),
        _check_disclosure(parts),
    ]


# --- (2) log ------------------------------------------------------------------------------


def _check_origin(parts: Parts, policy: Policy) -> Check:
    origins = [(name, record.aud) for name, record in parts.named_records()]
    origins += [(f"{one.name}.checkpoint", one.checkpoint.origin) for one in parts.all_states]
    for part, origin in origins:
        if origin != policy.origin:
            facts = {"part": part, "origin": origin, "expected": policy.origin}
            return Check("log", Outcome.UNUSABLE, "other-log", facts=facts)
    return Check("log", Outcome.PROVED, "log-of-policy", facts={"origin": policy.origin})


# --- (3) signature ------------------------------------------------------------------------


def _signing_key(parts: Parts, policy: Policy) -> PublicKey | None:
    """Return the key that has to have signed the record, None when the receipt lacks it."""
    record = parts.record
    if record.type in ROOT_SIGNED:
        return policy.root_key
    if record.key is not None:
        return record.key  # a key record carries its own
    if parts.keys and parts.keys[0].kid == record.kid:
        return parts.keys[0].key
    return None


def _check_signature(parts: Parts, policy: Policy) -> Check:
    record = parts.record
    public_key = _signing_key(parts, policy)
    if public_key is None:
        facts = {"key": record.kid}
        return Check("signature", Outcome.UNUSABLE, "no-key-record", facts=facts)
    signed = [("record", record, public_key)]
    for i, key in enumerate(parts.keys):
        if key.key is not None:  # always: the parts hold key records only
            signed.append((f"keys[{i}]", key, key.key))
    for part, revocation in parts.revocation_records():
        revoker = parts.key_of(revocation.kid)
        if revoker is None:
            error = UnknownKeyError(f"no key record of {revocation.kid} is shown")
            return _false("signature", "signature-false", error, part)
        signed.append((part, revocation, revoker))
    for part, signed_record, signer in signed:
        try:
            verify_signature(signed_record, signer)
        except BadSignatureError as error:
            return _false("signature", "signature-false", error, part)
    facts = {"key": record.kid, "alg": record.alg}
    return Check("signature", Outcome.PROVED, "record-signed", facts=facts, needed=True)


# --- (6) checkpoint -----------------------------------------------------------------------


def _check_checkpoints(parts: Parts, policy: Policy) -> Check:
    signers: list[str] = []
    unsigned: Check | None = None
    for state in parts.all_states:
        size = state.checkpoint.tree_size
        keys = policy.keys_at(size)
        try:
            if state.is_by_any(keys):
                found = state.note.verified_by(keys)
                signers = found if state is parts.newest else signers
            else:
                unsigned = unsigned or _check_unsigned(state, policy)
        except BadSignatureError as error:
            return _false("checkpoint", "checkpoint-false", error, f"{state.name}.checkpoint")
    if unsigned is not None:
        return unsigned
    roots = {(s.checkpoint.tree_size, s.checkpoint.root_hash) for s in parts.all_states}
    if len(roots) != len({tree_size for tree_size, _ in roots}):
        return Check("checkpoint", Outcome.FALSE, "checkpoint-fork")
    newest = parts.newest.checkpoint
    facts: dict[str, Fact] = {"tree_size": newest.tree_size, "signers": ", ".join(signers)}
    return Check("checkpoint", Outcome.PROVED, "checkpoint-signed", "policy", facts, needed=True)


def _check_unsigned(state: LogState, policy: Policy) -> Check:
    """Judge a checkpoint that no key of the policy for its size claims to have signed.

    A key that the policy does not know at all may be the log's next one: nothing is shown to be
    false. One that it names for other sizes only must not have signed this one.

    Raises:
        BadSignatureError: the latter.
    """
    size = state.checkpoint.tree_size
    if state.is_by_any(key.verifier for key in policy.checkpoint_keys):
        raise BadSignatureError(f"signed by a key that the policy does not name for size {size}")
    facts: dict[str, Fact] = {"part": f"{state.name}.checkpoint", "tree_size": size}
    return Check(
        "checkpoint", Outcome.NOT_CHECKED, "checkpoint-no-policy-key", facts=facts, needed=True
    )


# --- (7) inclusion ------------------------------------------------------------------------


def _check_inclusion(parts: Parts) -> Check:
    receipt = parts.receipt
    index, tree_size = receipt.record.leaf_index, parts.newest.checkpoint.tree_size
    try:
        _check_order(parts)
        for state in parts.states:
            _check_paths(parts, state)
        if parts.revocations is not None:
            _check_revocations(parts.revocations)
    except VerificationError as error:
        return _false("inclusion", "inclusion-false", error, error.field or "record")
    facts = {"index": index, "tree_size": tree_size}
    return Check("inclusion", Outcome.PROVED, "included", facts=facts, needed=True)


def _check_order(parts: Parts) -> None:
    """Check that keys and beacon were in the log before the record."""
    receipt = parts.receipt
    earlier = [(f"keys[{i}]", key.leaf_index) for i, key in enumerate(receipt.keys)]
    if receipt.beacon is not None:
        earlier.append(("beacon", receipt.beacon.leaf_index))
    for name, index in earlier:
        if index >= receipt.record.leaf_index:
            message = f"expected an index below {receipt.record.leaf_index}, got {index}"
            raise VerificationError(message, field=name)


_verify_shared = lru_cache(maxsize=1_024)(verify_inclusion)
"""Pure; all receipts of a batch have the keys' and the beacon's proofs in common."""


def _check_paths(parts: Parts, state: LogState) -> None:
    receipt, proofs = parts.receipt, state.proofs
    rows = [("record", parts.record, receipt.record.leaf_index, proofs.record)]
    for i, (key, logged, path) in enumerate(
        zip(parts.keys, receipt.keys, proofs.keys, strict=True)
    ):
        rows.append((f"keys[{i}]", key, logged.leaf_index, path))
    if parts.beacon is not None and receipt.beacon is not None and proofs.beacon is not None:
        rows.append(("beacon", parts.beacon, receipt.beacon.leaf_index, proofs.beacon))
    root, size = RootHash(state.checkpoint.root_hash), state.checkpoint.tree_size
    for name, record, index, path in rows:
        try:
            prove = verify_inclusion if name == "record" else _verify_shared
            prove(leaf_hash(record.entry), index, size, path, root)
        except VerificationError as error:
            error.field = f"{state.name}.{name}"
            raise


def _check_revocations(shown: RevocationParts) -> None:
    """Check that all of it lies under its own checkpoint, which check 6 finds signed."""
    size, root = shown.state.checkpoint.tree_size, RootHash(shown.state.checkpoint.root_hash)
    for name, record, proven in shown.named_proofs():
        try:
            index = proven.record.leaf_index
            _verify_shared(leaf_hash(record.entry), index, size, proven.path, root)
        except VerificationError as error:
            error.field = name
            raise


# --- (8) witnesses ------------------------------------------------------------------------


def _check_witnesses(parts: Parts, policy: Policy) -> Check:
    """Count the witnesses of the best witnessed state: each of them holds the record."""
    count = 0
    for state in parts.states:
        try:
            count = max(count, sum(_has_cosigned(state.note, one) for one in policy.witnesses))
        except BadSignatureError as error:
            return _false("witnesses", "cosignature-false", error, f"{state.name}.checkpoint")
    if policy.quorum == 0:
        return Check("witnesses", Outcome.NOT_CHECKED, "no-quorum-asked")
    facts: dict[str, Fact] = {"count": count, "quorum": policy.quorum}
    if count < policy.quorum:
        return Check("witnesses", Outcome.NOT_YET, "quorum-not-met", facts=facts, needed=True)
    return Check("witnesses", Outcome.PROVED, "quorum-met", "witnesses", facts, needed=True)


def _has_cosigned(note: Note, witness: NoteVerifier) -> bool:
    """Tell whether the witness did; every line that claims to be its own must verify."""
    lines = [line for line in note.signatures if witness.made(line)]
    for line in lines:
        witness.verify(note.text, line)
    return bool(lines)


# --- (15) disclosure ----------------------------------------------------------------------


def _check_disclosure(parts: Parts) -> Check:
    count = len(parts.record.withheld)
    if count == 0:
        return Check("disclosure", Outcome.PROVED, "all-shown")
    return Check("disclosure", Outcome.NOT_CHECKED, "not-shown", facts={"count": count})


def _false(name: str, code: str, error: ProvenanceError, part: str) -> Check:
    facts = {"error": error.code, "detail": str(error), "part": part}
    return Check(name, Outcome.FALSE, code, facts=facts)
