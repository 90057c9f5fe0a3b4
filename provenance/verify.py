"""Verify a receipt offline: receipt, trust policy and what the reader gives make a verdict.

    (1)               the receipt parses        receipt_parts.py
    (2), (3), (6) to (8), (15)  the log, the record   verify_log.py
    (4), (5)          the signing key           verify_keys.py
    (9) to (11)       no later than             verify_anchors.py
    (12), (13)        no earlier than           verify_start.py
    (14)              the data                  here and verify_sealed.py
    (16)              how digests came about    verify_assurance.py

The numbers are those of ``docs/trust-model.md``. Nothing here asks a server, a file or a clock,
so the same input always has the same verdict; only the standard library and ``cryptography`` are
used. A refusal is a verdict like any other: only our own mistakes raise.

Service code that has just built a receipt calls ``check_parts`` and saves the parsing.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from provenance.chunks import ALGORITHM, CHUNK_BYTES
from provenance.errors import MalformedError, ProvenanceError
from provenance.file_proof import verify_file_proof
from provenance.given import (
    Given,
    GivenFixity,
    GivenOpening,
    OneFile,
    OneSealedFile,
    PartOfData,
    RangeOfFile,
    WholeData,
)
from provenance.receipt_parts import Parts
from provenance.record import deposit_of, fixity_of
from provenance.salted import FileOpening, is_file_opening
from provenance.verdict import NUMBERS, Check, Claimed, Outcome, Verdict, not_in_log
from provenance.verify_anchors import check_anchors, check_blocks, check_not_after
from provenance.verify_assurance import check_assurance
from provenance.verify_blocks import blocks_of, roots_of
from provenance.verify_keys import bracket_of, check_keys
from provenance.verify_log import check_log
from provenance.verify_sealed import as_opened, check_file_opening, check_unopened, open_deposit
from provenance.verify_start import check_not_before, check_own_block

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.comparison import Comparison
    from provenance.given import BlockName, Data, GivenBlock, KeyStatus, RootName, RpcAnswer
    from provenance.policy import Policy
    from provenance.record_values import Deposit
    from provenance.verdict import Bound, Fact

_State: TypeAlias = Literal["logged", "not-logged", "false", "unusable"]
_Bounds: TypeAlias = "tuple[Bound | None, Bound | None, Bound | None]"
"""Entered not before, existed not after, signed not before."""

__all__ = [
    "Parts",
    "blocks_to_look_up",
    "check_parts",
    "read_fixity",
    "read_opened",
    "read_opening",
    "roots_to_ask",
    "verify_receipt",
]

_IN_THE_LOG: Final = frozenset(name for name, number in NUMBERS.items() if 7 <= number <= 13)
"""Checks 7 to 13, which speak of the state that check 6 finds signed."""
_BOUND_IN_THE_LOG: Final = frozenset({"key-institution", "key-department"})
"""Codes of check 4 that rest on entries of the log as well."""
_NAMED: Final = 3
"""How many files a sentence names of each kind of difference."""
_PATH_SHOWN: Final = 120
"""Characters of a path that a sentence shows."""


def verify_receipt(  # noqa: PLR0913 -- each is one thing a reader may give
    octets: bytes,
    policy: Policy,
    *,
    now_unix: int,
    blocks: Iterable[GivenBlock] = (),
    rpc: RpcAnswer | None = None,
    data: Data | None = None,
    key_status: KeyStatus | None = None,
    require: frozenset[str] = frozenset(),
    allow_dev_chain: bool = False,
    fixity: Iterable[GivenFixity] = (),
    opening: GivenOpening | None = None,
    authorities: str | None = None,
) -> Verdict:
    """Verify a receipt file.

    Args:
        octets: the file's bytes.
        policy: whom the reader believes about the log.
        now_unix: the reader's clock, only noted in the verdict.
        blocks: blocks whose hash the reader vouches for.
        rpc: what a node of the reader's choice answered, or ``RPC_AWAY``.
        data: what lies on the disk, compared before.
        key_status: what reading the whole log found about the signing key.
        require: of ``given.REQUIRABLE``; what exit code 0 needs beyond the usual.
        allow_dev_chain: let a chain that the log's operator runs count.
        fixity: ``fixity`` records about this one, verified before (``read_fixity``).
        opening: what opens a sealed deposit, verified before (``read_opening``).
        authorities: CA certificates in PEM that an institution's has to be issued under.
    """
    given = Given(
        tuple(blocks),
        rpc,
        data,
        key_status,
        require,
        allow_dev_chain,
        tuple(fixity),
        opening,
        authorities,
    )
    try:
        parts = Parts.parse(octets)
    except MalformedError as error:
        facts = {"error": error.code, "detail": str(error), "field": error.field or ""}
        check = Check("receipt", Outcome.UNUSABLE, "receipt-unreadable", facts=facts)
        return _verdict([check], policy, now_unix)
    return check_parts(parts, policy, given, now_unix=now_unix)


def check_parts(parts: Parts, policy: Policy, given: Given, *, now_unix: int) -> Verdict:
    """Make checks 2 to 16 on a receipt that is already parsed."""
    checks = [Check("receipt", Outcome.PROVED, "receipt-read")]
    checks += check_log(parts, policy)
    claimed = Claimed(
        record_id=parts.record.id,
        record_type=parts.record.type,
        key=parts.record.kid,
        issued_at_unix=parts.record.iat,
        leaf_index=parts.receipt.record.leaf_index,
    )
    if any(check.outcome is Outcome.UNUSABLE for check in checks):
        return _verdict(checks, policy, now_unix, claimed)
    bounds = _check_chains(parts, policy, given, checks)
    start, end, own = bounds
    checks += check_keys(parts, policy, given, bracket_of((start, own), end, given))
    checks.append(_check_data(parts, given))
    checks += check_assurance(parts, given)
    if any(check.code == "checkpoint-no-policy-key" for check in checks):
        return _verdict([_without_log(check) for check in checks], policy, now_unix, claimed)
    return _verdict(checks, policy, now_unix, claimed, bounds)


def _without_log(check: Check) -> Check:
    """Take back what holds only in the policy's log, when nobody it names signed the state.

    Anybody can build a tree around a record, with paths that lead to its root. What was found to
    be false in it stays false, and what was not checked stays so.
    """
    good = check.outcome in {Outcome.PROVED, Outcome.VOUCHED}
    if not good or (check.name not in _IN_THE_LOG and check.code not in _BOUND_IN_THE_LOG):
        return check
    return replace(check, outcome=Outcome.NOT_CHECKED, code="not-reached", trust="nobody", facts={})


def _check_chains(parts: Parts, policy: Policy, given: Given, checks: list[Check]) -> _Bounds:
    """Make checks 9 to 13."""
    readings = check_anchors(parts, policy)
    not_after, end = check_not_after(readings, given)
    not_before, start = check_not_before(parts, policy, given, readings)
    signed, own = check_own_block(parts, policy, given)
    if start is not None and end is not None and start.time_unix > end.time_unix:
        not_before = Check("not-before", Outcome.FALSE, "bracket-inverted")
    checks += [reading.check for reading in readings]
    if not readings:
        checks.append(Check("anchor", Outcome.NOT_YET, "not-anchored"))
    checks += check_blocks(parts, policy, given, readings)
    checks += [not_after, not_before, signed]
    return start, end, own


def read_fixity(octets: bytes, policy: Policy, *, now_unix: int) -> GivenFixity:
    """Verify the receipt of a ``fixity`` record, for use as ``Given.fixity``.

    Only that it is a signed entry of the policy's log matters here. When it was made, its own
    verdict says; that it was made after the deposit follows from the deposit's id in it.
    """
    state, because, verdict, parts = _read_other(octets, policy, now_unix)
    if parts is None:
        return GivenFixity("unusable", because)
    if parts.record.type != "fixity":
        return GivenFixity("unusable", "not-a-fixity-record")
    identity = verdict.check("identity").code
    return GivenFixity(state, because, fixity_of(parts.record), parts.record.kid, identity)


def read_opening(octets: bytes, policy: Policy, *, now_unix: int) -> GivenOpening:
    """Verify the receipt of an ``opening`` record, for use as ``Given.opening``; as above."""
    state, because, _, parts = _read_other(octets, policy, now_unix)
    if parts is None:
        return GivenOpening("unusable", because)
    if parts.record.type != "opening":
        return GivenOpening("unusable", "not-an-opening")
    return GivenOpening(state, because, parts.record, parts.receipt.record.leaf_index)


def read_opened(octets: bytes, policy: Policy, *, now_unix: int) -> FileOpening | GivenOpening:
    """Read what opens a sealed deposit: one file of it, or the receipt of an ``opening`` record.

    Raises:
        MalformedError: it says to be of one file, and cannot be read.
    """
    if is_file_opening(octets):
        return FileOpening.parse(octets)
    return read_opening(octets, policy, now_unix=now_unix)


def _read_other(
    octets: bytes, policy: Policy, now_unix: int
) -> tuple[_State, str, Verdict, Parts | None]:
    """Verify the receipt of another record: whether it is an entry, and why not if not."""
    verdict = verify_receipt(octets, policy, now_unix=now_unix)
    if verdict.exit_code == 2:
        return "unusable", verdict.deciding.code if verdict.deciding else "", verdict, None
    absent = not_in_log(verdict.checks)
    if absent is None:
        return "logged", "included", verdict, Parts.parse(octets)
    state: _State = "false" if absent.outcome is Outcome.FALSE else "not-logged"
    return state, absent.code, verdict, Parts.parse(octets)


def blocks_to_look_up(octets: bytes) -> tuple[BlockName, ...]:
    """Return the blocks a receipt speaks of, for whoever asks a node or an explorer.

    Raises:
        MalformedError: the receipt cannot be read.
    """
    return blocks_of(Parts.parse(octets))


def roots_to_ask(octets: bytes) -> tuple[RootName, ...]:
    """Return the roots that a receipt only states, for whoever asks a node what it holds.

    Raises:
        MalformedError: the receipt cannot be read.
    """
    return roots_of(Parts.parse(octets))


def _verdict(
    checks: Sequence[Check],
    policy: Policy,
    now_unix: int,
    claimed: Claimed | None = None,
    bounds: _Bounds = (None, None, None),
) -> Verdict:
    """Put the checks in order, name those that were not reached, and claim no false interval."""
    made = {check.name for check in checks}
    missing = [Check(name, Outcome.NOT_CHECKED, "not-reached") for name in NUMBERS.keys() - made]
    refused = any(check.outcome in {Outcome.FALSE, Outcome.UNUSABLE} for check in checks)
    not_before, not_after, signed_not_before = (None, None, None) if refused else bounds
    return Verdict(
        policy_digest=policy.digest,
        checks=tuple(sorted([*checks, *missing], key=lambda check: check.number)),
        claimed=claimed,
        not_before=not_before,
        not_after=not_after,
        signed_not_before=signed_not_before,
        verified_at_unix=now_unix,
    )


# --- (14) dataset -------------------------------------------------------------------------


def _check_data(parts: Parts, given: Given) -> Check:
    """Compare the reader's data with the digest in the record, or with the one it sealed."""
    data, opening = given.data, given.opening
    deposit = deposit_of(parts.record) if parts.record.type == "deposit" else None
    if deposit is not None and isinstance(data, OneSealedFile):
        return check_file_opening(data, parts, deposit)
    if opening is not None and deposit is not None:
        opened = open_deposit(parts, deposit, opening)
        if isinstance(opened, Check):
            return opened
        return as_opened(_compare(data, opened) if data else None, parts, opening)
    unopened = None if deposit is None else check_unopened(deposit, given)
    if unopened is not None:
        return unopened
    if data is None:
        return Check("dataset", Outcome.NOT_CHECKED, "dataset-not-given")
    return _compare(data, deposit)


def _compare(data: Data, deposit: Deposit | None) -> Check:
    if deposit is None or deposit.dataset_digest is None or isinstance(data, OneSealedFile):
        return Check("dataset", Outcome.NOT_CHECKED, "no-dataset-digest", needed=True)
    if isinstance(data, RangeOfFile):
        return _check_range(data, deposit)
    if isinstance(data, OneFile):
        return _check_one_file(data, deposit.dataset_digest, deposit.files)
    if isinstance(data, PartOfData):
        return _check_part(data, deposit)
    return _check_whole(data, deposit)


def _check_one_file(data: OneFile, digest: bytes, files: int) -> Check:
    if data.sha256 != data.proof.entry.sha256:
        return _differs(data.sha256, data.proof.entry.sha256, "file-differs")
    try:
        verify_file_proof(data.proof, digest=digest, files=files)
    except ProvenanceError as error:
        facts = {"error": error.code, "detail": str(error)}
        return Check("dataset", Outcome.FALSE, "file-proof-false", "files", facts)
    facts = {"path": data.proof.entry.path}
    return Check("dataset", Outcome.PROVED, "file-same", "files", facts, needed=True)


def _check_range(data: RangeOfFile, deposit: Deposit) -> Check:
    """Compare chunks of a file with hashes that lead to a root in the record."""
    signed = deposit.additional_digest(ALGORITHM)
    if signed is None:
        return Check("dataset", Outcome.NOT_CHECKED, "no-chunks-digest", needed=True)
    if (data.chunks.digest, data.chunks.files) != (signed, deposit.files):
        return _differs(data.chunks.digest, signed, "chunks-differ")
    stop = data.first + len(data.found)
    listed = data.file.hashes[data.first : stop]
    if not listed:
        return Check("dataset", Outcome.NOT_CHECKED, "nothing-compared", needed=True)
    for chunk, (expected, found) in enumerate(zip_longest(listed, data.found), start=data.first):
        if expected != found:
            where: dict[str, Fact] = {"chunk": chunk, "start": chunk * CHUNK_BYTES}
            return Check("dataset", Outcome.FALSE, "range-differs", "files", where)
    facts: dict[str, Fact] = {"path": data.file.path, "chunks": len(listed)}
    facts |= {"start": data.first * CHUNK_BYTES, "stop": min(stop * CHUNK_BYTES, data.file.length)}
    return Check("dataset", Outcome.PROVED, "range-same", "files", facts, needed=True)


def _check_part(data: PartOfData, deposit: Deposit) -> Check:
    if data.manifest.digest != deposit.dataset_digest:
        return _differs(data.manifest.digest, deposit.dataset_digest or b"", "manifest-differs")
    if not data.comparison.is_equal:
        return _differences(data.comparison)
    if data.comparison.matched == 0:
        return Check("dataset", Outcome.NOT_CHECKED, "nothing-compared", needed=True)
    facts: dict[str, Fact] = {"files": data.comparison.matched, "part": data.part}
    return Check("dataset", Outcome.PROVED, "part-same", "files", facts, needed=True)


def _check_whole(data: WholeData, deposit: Deposit) -> Check:
    if data.found.digest != deposit.dataset_digest:
        if data.comparison is not None and not data.comparison.is_equal:
            return _differences(data.comparison)
        return _differs(data.found.digest, deposit.dataset_digest or b"", "dataset-differs")
    counts = (
        ("files", deposit.files, data.found.files),
        ("bytes", deposit.length, data.found.length),
    )
    for unit, claimed, found in counts:
        if claimed is not None and found is not None and claimed != found:
            facts: dict[str, Fact] = {"unit": unit, "expected": claimed, "found": found}
            return Check("dataset", Outcome.FALSE, "counts-differ", "files", facts)
    facts = {"files": data.found.files}
    return Check("dataset", Outcome.PROVED, "dataset-same", "files", facts, needed=True)


def _differs(found: bytes, expected: bytes, code: str) -> Check:
    facts = {"found": found.hex(), "expected": expected.hex()}
    return Check("dataset", Outcome.FALSE, code, "files", facts)


def _differences(comparison: Comparison) -> Check:
    """Say how many files differ in which way, and name the first few of each."""
    kinds: dict[str, Sequence[tuple[str, ...]]] = {
        "changed": [(path,) for path in comparison.changed],
        "missing": [(path,) for path in comparison.missing],
        "added": [(path,) for path in comparison.added],
        "renamed": comparison.renamed,
        "duplicated": comparison.duplicated,
    }
    facts: dict[str, Fact] = {"count": sum(map(len, kinds.values()))}
    for kind, found in kinds.items():
        facts |= {kind: len(found), f"first_{kind}": _first_of(found)}
    if any(len(found) > _NAMED for found in kinds.values()):
        facts["more"] = "files-differ-more"
    return Check("dataset", Outcome.FALSE, "files-differ", "files", facts)


def _first_of(differences: Sequence[tuple[str, ...]]) -> str:
    """Name the first few, a rename as ``before -> after``; "" for none."""
    named = [" -> ".join(map(_cut, one)) for one in sorted(differences)[:_NAMED]]
    return ", ".join([*named, "…"] if len(differences) > _NAMED else named)


def _cut(path: str) -> str:
    # the end of a path tells more than its folders do
    return path if len(path) <= _PATH_SHOWN else "…" + path[1 - _PATH_SHOWN :]
