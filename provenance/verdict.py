"""What a verification found: numbered checks, the proved interval, one exit code.

A verdict is a value made by ``provenance.verify``. Its codes are for machines and never change
with the language; ``WORDINGS``, ``TITLES``, ``TRUSTS`` and ``CONCLUSIONS`` are the fixed English
sentences, each one the key of its translation. ``docs/trust-model.md`` explains the same checks
under the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from provenance.digests import to_evm_hex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "CONCLUSIONS",
    "FORMAT",
    "NUMBERS",
    "TITLES",
    "TRUSTS",
    "VERSION",
    "WORDINGS",
    "Bound",
    "Check",
    "Claimed",
    "Fact",
    "Outcome",
    "Verdict",
    "exit_code_of",
    "utc_text",
]

FORMAT = "provenance-verdict"
VERSION = 1

Fact: TypeAlias = str | int
"""Digests and hashes as on the wire, numbers as numbers, ``time`` in UTC as people write it."""


class Outcome(StrEnum):
    """How one check ended."""

    PROVED = "proved"
    """Follows from the receipt, the policy and mathematics."""
    VOUCHED = "vouched"
    """True if the one named in ``trust`` told the truth."""
    NOT_CHECKED = "not-checked"
    """Nothing was shown for it, or nobody asked."""
    NOT_YET = "not-yet"
    """Too early: the same question later may have an answer."""
    UNAVAILABLE = "unavailable"
    """Whoever was asked did not answer."""
    FALSE = "false"
    """What is claimed is not what was found."""
    UNUSABLE = "unusable"
    """The input cannot be checked at all."""


NUMBERS: dict[str, int] = {
    "receipt": 1,
    "log": 2,
    "signature": 3,
    "identity": 4,
    "key-status": 5,
    "checkpoint": 6,
    "inclusion": 7,
    "witnesses": 8,
    "anchor": 9,
    "block": 10,
    "not-after": 11,
    "not-before": 12,
    "signed-not-before": 13,
    "dataset": 14,
    "disclosure": 15,
}
"""Every check by its number in ``docs/trust-model.md``; 9 and 10 are made once per anchor."""

TITLES: dict[str, str] = {
    "receipt": "The receipt can be read",
    "log": "It belongs to the log of the policy",
    "signature": "The record is signed by its key",
    "identity": "Whose key it is",
    "key-status": "Whether the key was revoked",
    "checkpoint": "The log signed its state",
    "inclusion": "The record is an entry of the log",
    "witnesses": "Witnesses saw the same state",
    "anchor": "The state of the log lies on a chain",
    "block": "The block is the one that the world sees",
    "not-after": "It existed no later than",
    "not-before": "It entered the log no earlier than",
    "signed-not-before": "It was signed no earlier than",
    "dataset": "The data are the ones in the record",
    "disclosure": "What this copy does not show",
}

TRUSTS: dict[str, str] = {
    "nobody": "nobody: it follows from the receipt itself",
    "policy": "the trust policy you gave",
    "institution": "the institution's key in the trust policy",
    "key-holder": "the key holder's own word",
    "witnesses": "the witnesses in the trust policy",
    "you": "vouched for by you",
    "rpc": "the node you named",
    "you-and-rpc": "vouched for by you, and the node you named",
    "history": "the evidence block's own memory of older blocks (EIP-2935)",
    "audit": "the whole log, read and rebuilt by you",
    "files": "the files on your disk",
}

CONCLUSIONS: dict[int, str] = {
    0: "Proved: everything asked for was checked and is true",
    1: "False: something that was checked is not true",
    2: "Unusable: the input cannot be checked",
    3: "True so far, but not everything that is needed could be checked",
    4: "Undecided: a service that was asked did not answer",
}

WORDINGS: dict[str, str] = {
    # 1 receipt
    "receipt-read": "a receipt of version 1, in its one canonical form",
    "receipt-unreadable": "the receipt cannot be read: {detail}",
    # 2 log
    "log-of-policy": "log {origin}, as the policy names it",
    "other-log": "{part} belongs to log {origin}; the policy is for log {expected}",
    # 3 signature
    "record-signed": "signed by key {key} ({alg})",
    "no-key-record": "the receipt lacks the key record of {key}: its signature cannot be checked",
    "signature-false": "{part}: {detail}",
    # 4 identity
    "key-bound": "bound by {binder} at entry {index}: proved",
    "key-institution": "an institution key of the policy: {binder}",
    "key-root": "the log's root key, as the policy names it",
    "key-self-asserted": "self-asserted by the key holder",
    "key-unbound": "no binding shown",
    # 5 key status
    "revocation-not-shown": "no revocation shown in this receipt; absence is not proved",
    "not-revoked": "not revoked up to tree size {tree_size}: proved",
    "revoked-later": "revoked at entry {index}, after this record",
    "revoked-before": "revoked at entry {index}, before this record",
    # 6 checkpoint
    "checkpoint-signed": "tree size {tree_size}, signed by {signers}",
    "checkpoint-false": "{part}: {detail}",
    "checkpoint-fork": "two signed checkpoints of this log contradict each other",
    # 7 inclusion
    "included": "entry {index} of {tree_size}",
    "inclusion-false": "{part}: {detail}",
    # 8 witnesses
    "no-quorum-asked": "the policy asks for no witnesses",
    "quorum-met": "{count} of the policy's witnesses cosigned; {quorum} are needed",
    "quorum-not-met": "only {count} of the policy's witnesses cosigned; {quorum} are needed",
    "cosignature-false": "{detail}",
    # 9 anchor, once per anchor
    "root-on-chain": "the root at tree size {tree_size} lies in contract {contract} on {chain}",
    "anchor-false": "{detail}",
    "anchor-not-in-policy": "chain {chain_id}, contract {contract}: not in the policy",
    # 10 block, once per anchor; and the hashes given
    "block-vouched": "block {block_number} of {chain}, {block_hash}, {time}",
    "block-final": "block {block_number} of {chain}, {block_hash}, {time}: final there",
    "block-deep": (
        "block {block_number} of {chain}, {block_hash}, {time}: {depth} confirmations there, where "
        "the policy asks for a depth because the chain has no finality of its own"
    ),
    "block-not-vouched": "look up block {block_number} of {chain}: its hash must be {block_hash}",
    "block-not-final": "block {block_number} of {chain}, {block_hash}: not final yet",
    "block-differs": "block {block_number} of {chain} is {found}, not {block_hash}",
    "block-given-unmatched": "the given block {block_hash} is none of this receipt's blocks",
    "rpc-away": "the node you named did not answer",
    "rpc-other-chain": "the node you named is on another chain ({chain_id}) than the policy's",
    # 11 not after
    "not-after": "{time}: block {block_number} of {chain}",
    "not-after-dev-chain": (
        "{time}: block {block_number} of {chain}; this chain is run by the operator of the log "
        "and proves nothing independently"
    ),
    "dev-chain": (
        "only shown on {chain}, which is run by the operator of the log and proves nothing "
        "independently"
    ),
    "not-anchored": "not yet written to any chain",
    "no-anchor-of-policy": "written to no chain that the policy knows",
    "no-block-given": "no block hash was given to compare with",
    "not-final": "the block is not final yet",
    "undecided": "the node you named did not answer",
    # 12 not before
    "not-before": "{time}: entered this log after block {block_number} of {chain}",
    "not-before-dev-chain": (
        "{time}: entered this log after block {block_number} of {chain}; this chain is run by the "
        "operator of the log and proves nothing independently"
    ),
    "no-beacon": "no beacon shown in this receipt",
    "beacon-other-chain": "the beacon is of chain {chain_id}, not of the policy's first",
    "beacon-no-header": "the header of the beacon's block {block_hash} is not shown",
    "beacon-not-vouched": "the beacon's block {block_hash} is vouched for by nobody",
    "beacon-false": "{detail}",
    "bracket-inverted": "the beacon's block is later than the evidence block",
    # 13 signed not before
    "signed-not-before": "{time}: the record names block {block_number} of {chain}",
    "no-own-block": "the record names no block",
    "own-block-not-vouched": "the record names block {block_hash}; nobody gave its header",
    "own-block-other-chain": "the record names a block of chain {chain_id}: not in the policy",
    "own-block-false": "{detail}",
    # 14 dataset
    "dataset-same": "all {files} files have the dataset digest of the record",
    "part-same": "{files} files are part of the dataset in the record",
    "file-same": "the file is part of the dataset in the record",
    "dataset-not-given": "no data were given to compare with",
    "dataset-differs": "the data have digest {found}, the record says {expected}",
    "files-differ": "{count} differences, the first: {first}",
    "counts-differ": "the record claims {expected} {unit}, the data have {found}",
    "no-dataset-digest": "the record shows no dataset digest to compare with",
    # 15 disclosure
    "all-shown": "every claim of the record is shown",
    "not-shown": "{count} claims of the record are not shown: kept back by their holder, or erased",
    # any check that a refusal above left undone
    "not-reached": "not checked: an earlier check stopped here",
}
"""The sentence for each code; a translator keeps the names in braces."""


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered check and how it ended."""

    name: str
    """Key of ``NUMBERS`` and ``TITLES``."""
    outcome: Outcome
    code: str
    """Key of ``WORDINGS``."""
    trust: str = "nobody"
    """Key of ``TRUSTS``: who has to be honest for the outcome to hold."""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """What the sentence names, and ``error``: the code of an error of ``provenance.errors``."""
    needed: bool = False
    """Whether the exit code waits for it; a false or unusable check always decides."""
    subject: str | None = None
    """The anchor a check 9 or 10 is about, as ``anchored.anchors[0]``."""

    @property
    def number(self) -> int:
        """The check's number in ``docs/trust-model.md``."""
        return NUMBERS[self.name]

    def text(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence of the code with its facts, by way of ``translate``."""
        return translate(WORDINGS[self.code]).format_map(self.facts)

    def to_json(self) -> dict[str, object]:
        """Return the machine form: codes and facts, and the English sentence."""
        return {
            "number": self.number,
            "name": self.name,
            "subject": self.subject,
            "outcome": self.outcome.value,
            "code": self.code,
            "needed": self.needed,
            "trust": self.trust,
            "facts": dict(self.facts),
            "text": self.text(),
        }


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of the proved interval: a block whose hash somebody vouched for."""

    time_unix: int
    """The block's own timestamp."""
    chain: str
    chain_id: int
    block_number: int
    block_hash: bytes
    trust: str
    """Key of ``TRUSTS``."""
    independent: bool
    """False on a chain that the log's operator runs: the bound then proves nothing."""

    def to_json(self) -> dict[str, object]:
        """Return the machine form."""
        return {
            "time_unix": self.time_unix,
            "time": utc_text(self.time_unix),
            "chain": self.chain,
            "chain_id": self.chain_id,
            "block_number": self.block_number,
            "block_hash": to_evm_hex(self.block_hash),
            "trust": self.trust,
            "independent": self.independent,
        }


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the record says of itself; its signature covers it, nothing else vouches for it."""

    record_id: bytes
    """SHA-256 of the signed bytes, 32 bytes."""
    record_type: str
    key: str
    """Thumbprint of the signing key."""
    issued_at_unix: int
    """The signer's clock; never evidence."""
    leaf_index: int

    def to_json(self) -> dict[str, object]:
        """Return the machine form."""
        return {
            "record_id": self.record_id.hex(),
            "type": self.record_type,
            "key": self.key,
            "claimed_at_unix": self.issued_at_unix,
            "leaf_index": self.leaf_index,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything a verification found; a refusal is a verdict too."""

    policy_digest: bytes
    """SHA-256 of the policy file the verdict rests on."""
    checks: tuple[Check, ...]
    """In the order of their numbers."""
    claimed: Claimed | None
    """None when the receipt cannot be read."""
    not_before: Bound | None
    """The record entered the log after this block; None when not proved."""
    not_after: Bound | None
    """The record existed no later than this block; None when not proved."""
    signed_not_before: Bound | None
    """The record was signed after this block; None when not proved."""
    verified_at_unix: int
    """The reader's clock, which decides nothing."""

    @property
    def exit_code(self) -> int:
        """0 true, 1 false, 2 unusable, 3 not all checked, 4 a service is away."""
        return exit_code_of(self.checks)

    @property
    def independent(self) -> bool:
        """False when any end of the interval lies on a chain that the log's operator runs."""
        bounds = (self.not_before, self.not_after, self.signed_not_before)
        return all(bound.independent for bound in bounds if bound is not None)

    def check(self, name: str) -> Check:
        """Return the first check of that name."""
        return next(check for check in self.checks if check.name == name)

    def to_json(self) -> dict[str, object]:
        """Return the machine form, the same in every language."""
        return {
            "format": FORMAT,
            "v": VERSION,
            "exit_code": self.exit_code,
            "conclusion": CONCLUSIONS[self.exit_code],
            "independent": self.independent,
            "policy_digest": self.policy_digest.hex(),
            "record": None if self.claimed is None else self.claimed.to_json(),
            "interval": {
                "entered_not_before": _bound_json(self.not_before),
                "not_after": _bound_json(self.not_after),
                "signed_not_before": _bound_json(self.signed_not_before),
            },
            "verified_at_unix": self.verified_at_unix,
            "checks": [check.to_json() for check in self.checks],
        }


def exit_code_of(checks: Sequence[Check]) -> int:
    """Return the exit code: precedence 2, 1, 4, 3, 0 (``docs/trust-model.md``).

    An unusable or false check decides whether or not anybody asked for it; one that is away, not
    yet there or not made decides only where it is needed.
    """
    outcomes = {check.outcome for check in checks}
    needed = {check.outcome for check in checks if check.needed}
    if Outcome.UNUSABLE in outcomes:
        return 2
    if Outcome.FALSE in outcomes:
        return 1
    if Outcome.UNAVAILABLE in needed:
        return 4
    if needed & {Outcome.NOT_YET, Outcome.NOT_CHECKED}:
        return 3
    return 0


def utc_text(time_unix: int) -> str:
    """Return a time as ``2026-08-01 09:30:00 UTC``; seconds beyond the year 9999 stay a number."""
    try:
        moment = datetime.fromtimestamp(time_unix, UTC)
    except (OverflowError, OSError, ValueError):
        return f"{time_unix} s after 1970"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _bound_json(bound: Bound | None) -> dict[str, object] | None:
    return None if bound is None else bound.to_json()
