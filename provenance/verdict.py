"""What a verification found: numbered checks, the proved interval, one exit code.

A verdict is a value made by ``provenance.verify``. Its codes are for machines and never change
with the language; the sentences for them are in ``provenance.wordings``. ``docs/trust-model.md``
explains the same checks under the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from provenance.assurance import DEPOSIT_LEVELS
from provenance.digests import to_evm_hex
from provenance.wordings import (
    BLOCK_TIMES,
    CERTIFICATES,
    CONCLUSIONS,
    REVOKERS,
    TITLES,
    TRUSTS,
    WORDINGS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "BLOCK_TIMES",
    "CERTIFICATES",
    "CONCLUSIONS",
    "FORMAT",
    "NUMBERS",
    "REVOKERS",
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
    "not_in_log",
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
    "assurance": 16,
}
"""Every check by its number in ``docs/trust-model.md``; 9 and 10 are made once per anchor, 16
also once per ``fixity`` record given."""


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
    """The anchor a check 9 or 10 is about, as ``anchored[0].anchors[0]``; for a check 16 the
    given record, as ``fixity[0]``."""

    @property
    def number(self) -> int:
        """The check's number in ``docs/trust-model.md``."""
        return NUMBERS[self.name]

    def text(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence of the code with its facts, by way of ``translate``."""
        facts = dict(self.facts)
        if "block_time" in facts:
            facts["set_by"] = translate(BLOCK_TIMES[str(facts["block_time"])])
        if "said_by" in facts:
            facts["revoker"] = translate(REVOKERS[str(facts["said_by"])]).format_map(facts)
        said = translate(WORDINGS[self.code]).format_map(facts)
        if "more" in facts:
            said = f"{said}; {translate(WORDINGS[str(facts['more'])])}"
        if "certificate_state" in facts:
            more = translate(CERTIFICATES[str(facts["certificate_state"])]).format_map(facts)
            return f"{said}; {more}"
        return said

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
    block_time: str = "consensus"
    """Who sets the time that a block of this chain states; key of ``BLOCK_TIMES``."""

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
            "block_time": self.block_time,
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
        """False when what is shown of time lies on a chain that the log's operator runs."""
        bounds = [self.not_before, self.not_after, self.signed_not_before]
        shown = [bound.independent for bound in bounds if bound is not None]
        if shown:
            return all(shown)
        return not any(check.code.endswith("dev-chain") for check in self.checks)

    @property
    def assurance(self) -> str | None:
        """How the digests came about, of ``assurance.DEPOSIT_LEVELS``; None when not stated.

        All but ``witnessed`` is the depositor's own word.
        """
        shown = {check.facts.get("level") for check in self.checks if check.name == "assurance"}
        return next((level for level in reversed(DEPOSIT_LEVELS) if level in shown), None)

    @property
    def deciding(self) -> Check | None:
        """The first check that made the exit code what it is; None when it is 0."""
        outcomes = _DECIDING[self.exit_code]
        for check in self.checks:
            if check.outcome in outcomes and (check.needed or self.exit_code in {1, 2}):
                return check
        return None

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
            "because": None if self.deciding is None else self.deciding.code,
            "independent": self.independent,
            "assurance": self.assurance,
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


_DECIDING: dict[int, frozenset[Outcome]] = {
    2: frozenset({Outcome.UNUSABLE}),
    1: frozenset({Outcome.FALSE}),
    4: frozenset({Outcome.UNAVAILABLE}),
    3: frozenset({Outcome.NOT_YET, Outcome.NOT_CHECKED}),
    0: frozenset(),
}
"""The outcomes behind each exit code, in the order of precedence."""


_LOGGED = frozenset({"receipt", "log", "signature", "checkpoint", "inclusion"})
"""What must be proved before a record may be called an entry of the log."""


def exit_code_of(checks: Sequence[Check]) -> int:
    """Return the exit code: precedence 2, 1, 4, 3, 0 (``docs/trust-model.md``).

    An unusable or false check decides whether or not anybody asked for it; one that is away, not
    yet there or not made decides only where it is needed.
    """
    outcomes = {check.outcome for check in checks}
    needed = {check.outcome for check in checks if check.needed}
    for code, deciding in _DECIDING.items():
        if deciding & (outcomes if code in {1, 2} else needed):
            return code
    return 0


def not_in_log(checks: Sequence[Check]) -> Check | None:
    """Return what keeps a record from being a signed entry of the log, None when nothing does.

    Exit code 3 does not tell: it may also mean that nobody the policy knows signed the state.
    Whoever takes a receipt before its anchor asks this. A record that a revocation makes void is
    an entry all the same: what it is worth is for check 5 to say.
    """
    refused = {Outcome.FALSE, Outcome.UNUSABLE}
    for check in checks:
        in_log = check.outcome is Outcome.PROVED or check.name not in _LOGGED
        is_refused = check.outcome in refused and check.name != "key-status"
        if is_refused or not in_log:
            return check
    return None


def utc_text(time_unix: int) -> str:
    """Return a time as ``2026-08-01 09:30:00 UTC``; seconds beyond the year 9999 stay a number."""
    try:
        moment = datetime.fromtimestamp(time_unix, UTC)
    except (OverflowError, OSError, ValueError):
        return f"{time_unix} s after 1970"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _bound_json(bound: Bound | None) -> dict[str, object] | None:
    return None if bound is None else bound.to_json()
