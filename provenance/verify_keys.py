"""Checks 4 and 5: whose key it is, and whether it still counted when it signed.

    (4) identity     never more than the receipt shows, at the record's own index
    (5) key status   revocations, as far as anybody looked; made once the interval is known

The rules are in ``identity`` and ``key_life``; here they meet a receipt, a policy and what a
reader found in the whole log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.errors import ProvenanceError, UnknownKeyError
from provenance.identity import REVOCATION_CODE, BoundKey, Level, standing_of
from provenance.key_life import NEVER, Bracket, Life, Right, judge, words_on
from provenance.key_values import revocation_of
from provenance.verdict import Check, Outcome, utc_text
from provenance.verify_log import ROOT_SIGNED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.given import Given
    from provenance.identity import Standing
    from provenance.key_life import Judgement, Word
    from provenance.policy import Policy
    from provenance.receipt_parts import Parts
    from provenance.verdict import Bound, Fact

__all__ = ["bracket_of", "check_keys"]

_BOUND_LATER: Final = {
    Level.SELF_ASSERTED: "key-self-asserted-bound-later",
    Level.UNBOUND: "key-unbound-bound-later",
}
_SHOWN: Final = {
    Life.STANDS: "revoked-later-shown",
    Life.OLDER: "compromised-later-shown",
}
"""Codes for what a receipt shows; that there is nothing worse, only the whole log can prove."""


def check_keys(
    parts: Parts, policy: Policy, given: Given, bracket: Bracket = NEVER
) -> tuple[Check, Check]:
    """Make checks 4 and 5.

    Args:
        bracket: the proved interval of the record, which a compromise is compared with.
    """
    if parts.record.type in ROOT_SIGNED:
        identity = Check(
            "identity",
            Outcome.PROVED,
            "key-root",
            "policy",
            needed="identity" in given.require,
        )
        return identity, _without_words(given, parts.receipt.record.leaf_index)
    records = _key_records(parts)
    return (
        _check_identity(parts, policy, given, records, bracket),
        _check_key_status(parts, policy, given, records, bracket),
    )


def bracket_of(
    not_before: Sequence[Bound | None], not_after: Bound | None, given: Given
) -> Bracket:
    """Return the interval that a compromise is compared with.

    What lies on a chain that the log's operator runs proves nothing, unless the reader lets it.
    """

    def counts(bound: Bound | None) -> bool:
        return bound is not None and (bound.independent or given.allow_dev_chain)

    begins = [one.time_unix for one in not_before if one is not None and counts(one)]
    ends = not_after.time_unix if not_after is not None and counts(not_after) else None
    return Bracket(max(begins, default=None), ends)


def _key_records(parts: Parts) -> list[BoundKey]:
    """Return every ``key`` record of the receipt, those that only revocations need included."""
    records = [
        BoundKey(record, logged.leaf_index)
        for record, logged in zip(parts.keys, parts.receipt.keys, strict=True)
    ]
    if parts.record.type == "key":
        records.append(BoundKey(parts.record, parts.receipt.record.leaf_index))
    if parts.revocations is not None:
        records += parts.revocations.bound_keys()
    return records


def _words(parts: Parts, policy: Policy, kid: str, records: Sequence[BoundKey]) -> tuple[Word, ...]:
    """Return what the receipt shows to have been said of a key by those who may."""
    if parts.revocations is None:
        return ()
    said = [(index, revocation_of(one)) for one, index in parts.revocations.placed()]
    return words_on(kid, records, said, policy.institutions)


# --- (4) identity -------------------------------------------------------------------------


def _check_identity(
    parts: Parts, policy: Policy, given: Given, records: Sequence[BoundKey], bracket: Bracket
) -> Check:
    needed = "identity" in given.require
    index = parts.receipt.record.leaf_index
    ends = _ends(parts, policy, records, bracket)
    try:
        standing = standing_of(parts.record.kid, index, records, policy.institutions, ends)
    except UnknownKeyError as error:
        facts = {"error": error.code, "detail": str(error), "part": "keys[0]"}
        return Check("identity", Outcome.FALSE, "signature-false", facts=facts)
    shown: dict[str, Fact] = {"level": standing.level.value, "index": standing.leaf_index}
    shown |= _claimed_identity(standing)
    if standing.binder is None:
        # what a holder says of itself is repeated, never checked
        code = standing.code
        if given.key_status is not None and given.key_status.bound_later is not None:
            later, name = given.key_status.bound_later
            shown |= {"later": later, "binder": name}
            code = _BOUND_LATER[standing.level]
        return Check("identity", Outcome.NOT_CHECKED, code, "key-holder", shown, needed)
    shown["binder"] = standing.binder
    if standing.via:
        shown["via"] = ", ".join(standing.via)
    if parts.record.kid not in policy.institutions:
        shown["may_bind"] = int(standing.may_bind)
    try:
        shown |= _certificate(standing, policy, given)
    except ProvenanceError as error:
        wrong = {"error": error.code, "detail": str(error)}
        return Check("identity", Outcome.FALSE, "certificate-false", "institution", wrong)
    return Check("identity", Outcome.PROVED, standing.code, "institution", shown, needed)


def _certificate(standing: Standing, policy: Policy, given: Given) -> dict[str, Fact]:
    """Return what the institution's X.509 certificate says, where the policy holds one.

    Raises:
        VerificationError: it is not issued under a CA that the reader named.
        MalformedError: what the reader gave are no certificates.
    """
    keys = (one for one in policy.institution_keys if one.key.thumbprint == standing.institution)
    pem = next((one.certificate for one in keys), None)
    if pem is None:
        return {}
    from provenance.x509_chain import check_issued, read_chain  # noqa: PLC0415 -- few policies do

    said: dict[str, Fact] = {"certificate": str(read_chain(pem))}
    if given.authorities is None:
        return {**said, "certificate_state": "unchecked"}
    return {**said, "certificate_state": "checked", "ca": check_issued(pem, given.authorities)}


def _claimed_identity(standing: Standing) -> dict[str, Fact]:
    said = standing.binding
    claimed = {"claimed_name": said.name, "claimed_orcid": said.orcid}
    claimed["claimed_ror"] = ", ".join(said.ror) or None
    return {name: value for name, value in claimed.items() if value is not None}


def _ends(
    parts: Parts, policy: Policy, records: Sequence[BoundKey], bracket: Bracket
) -> dict[str, int]:
    """Return from which index on the bindings of each key count no more.

    A binding is older than the record, so where the record is older than the compromise of the
    binder's key, so is the binding; where that cannot be told, the binding is not counted.
    """
    ends: dict[str, int] = {}
    index = parts.receipt.record.leaf_index
    for kid in {one.record.kid for one in records} - {parts.record.kid}:
        words = _words(parts, policy, kid, records)
        if words:
            judged = judge(words, index, bracket)
            doubtful = judged is not None and judged.life in {Life.UNDECIDED, Life.YOUNGER}
            ends[kid] = 0 if doubtful else words[0].leaf_index
    return ends


# --- (5) key status -----------------------------------------------------------------------


def _without_words(given: Given, index: int) -> Check:
    needed = "key-status" in given.require
    status = given.key_status
    if status is None or status.tree_size <= index:
        return Check("key-status", Outcome.NOT_CHECKED, REVOCATION_CODE, needed=needed)
    if status.revoked_at is None or status.words:  # a revocation does not count against itself
        facts: dict[str, Fact] = {"tree_size": status.tree_size}
        return Check("key-status", Outcome.PROVED, "not-revoked", "audit", facts, needed)
    facts = {"index": status.revoked_at}
    if status.revoked_at <= index:
        return Check("key-status", Outcome.FALSE, "revoked-before", "audit", facts)
    return Check("key-status", Outcome.PROVED, "revoked-later", "audit", facts, needed)


def _check_key_status(
    parts: Parts, policy: Policy, given: Given, records: Sequence[BoundKey], bracket: Bracket
) -> Check:
    """Judge what was said of the signing key: in the whole log if somebody read it, else here."""
    index, status = parts.receipt.record.leaf_index, given.key_status
    is_whole = status is not None and status.tree_size > index
    words = _words(parts, policy, parts.record.kid, records)
    if status is not None and is_whole:
        words = (*status.words, *(one for one in words if one.leaf_index >= status.tree_size))
    judged = judge(words, index, bracket)
    if judged is None:
        return _without_words(given, index)
    return _judged(judged, policy, given, is_whole=is_whole)


def _judged(judged: Judgement, policy: Policy, given: Given, *, is_whole: bool) -> Check:
    needed = "key-status" in given.require
    trust = "audit" if is_whole else "nobody"
    facts, code = _facts(judged, policy), judged.life.value
    if judged.life in {Life.AFTER, Life.YOUNGER}:
        return Check("key-status", Outcome.FALSE, code, trust, facts)
    if judged.life is Life.UNDECIDED:
        # a compromise that is known must not pass in silence: the exit code waits for it
        return Check("key-status", Outcome.NOT_CHECKED, code, trust, facts, needed=True)
    if is_whole:
        return Check("key-status", Outcome.PROVED, code, trust, facts, needed)
    return Check("key-status", Outcome.NOT_CHECKED, _SHOWN[judged.life], trust, facts, needed)


def _facts(judged: Judgement, policy: Policy) -> dict[str, Fact]:
    word, revocation = judged.word, judged.word.revocation
    facts: dict[str, Fact] = {"index": word.leaf_index, "reason": revocation.reason}
    facts |= {"said_by": word.right.value, "by": revocation.signer}
    if word.right is Right.BINDER:
        institution = policy.institutions.get(revocation.signer)
        facts["by_name"] = revocation.signer if institution is None else institution.name
    if revocation.compromised_since_unix is not None:
        facts["since"] = utc_text(revocation.compromised_since_unix)
        facts["since_unix"] = revocation.compromised_since_unix
    if revocation.successor is not None:
        facts["successor"] = revocation.successor
    return facts
