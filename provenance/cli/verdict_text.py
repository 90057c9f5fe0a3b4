"""A verdict in words: the conclusion first, then the interval, then every numbered check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli.commands.policies import grouped
from provenance.cli.language import N_, _
from provenance.cli.output import EXIT_NOT_YET, say, when
from provenance.verdict import Outcome
from provenance.wordings import CONCLUSIONS, TITLES, TRUSTS

if TYPE_CHECKING:
    from provenance.verdict import Bound, Check, Verdict

__all__ = ["NEXT", "OUTCOMES", "print_verdict"]

_MARKS = {
    Outcome.PROVED: "✓",
    Outcome.VOUCHED: "✓",
    Outcome.NOT_CHECKED: "–",
    Outcome.NOT_YET: "…",
    Outcome.UNAVAILABLE: "?",
    Outcome.FALSE: "✗",
    Outcome.UNUSABLE: "✗",
}
OUTCOMES = {
    Outcome.PROVED: N_("proved"),
    Outcome.VOUCHED: N_("vouched for"),
    Outcome.NOT_CHECKED: N_("not checked"),
    Outcome.NOT_YET: N_("not yet"),
    Outcome.UNAVAILABLE: N_("no answer"),
    Outcome.FALSE: N_("FALSE"),
    Outcome.UNUSABLE: N_("UNUSABLE"),
}
_BLOCK = N_("Next: look the block up in a place you trust, and give its hash with --block-hash.")
_WAIT = N_("Next: wait, fetch the receipt anew with provenance receipt ID --wait, verify that.")
_LOG = N_("Next: read the whole log for revocations, with --log and the ledger's address.")
NEXT = {
    "no-block-given": _BLOCK,
    "block-not-vouched": _BLOCK,
    "not-before-not-vouched": _BLOCK,
    "not-before-no-header": N_("Next: give the header of the beacon's block with --header."),
    "trusted-rpc-only": N_(
        "Next: wait for an anchor on a chain that gives proofs, and fetch the receipt anew."
    ),
    "dev-chain": N_("Next: if you accept a chain that proves nothing, add --allow-dev-chain."),
    "not-anchored": _WAIT,
    "no-beacon": _WAIT,
    "not-final": N_("Next: wait until the block is final, and verify again."),
    "block-not-final": N_("Next: wait until the block is final, and verify again."),
    "revocation-not-shown": _LOG,
}
"""What to do about a verdict that is true so far, by the code of the check that decides it."""


def print_verdict(verdict: Verdict, *, zone: str) -> None:
    """Print everything a reader needs to judge for himself."""
    say(_(CONCLUSIONS[verdict.exit_code]))
    if not verdict.independent:
        say(_("THIS IS A DEVELOPMENT CHAIN: whoever runs it can make it say anything."))
        say(_("What it shows is how a proof works. It proves nothing to anybody else."))
    if verdict.claimed is not None:
        _print_claims(verdict, zone)
    _print_interval(verdict, zone)
    say("")
    for check in verdict.checks:
        _print_check(check)
    if any(check.code == "dataset-differs" for check in verdict.checks):
        say("")
        say(_("To check a part of the dataset, or to see what differs, add its --manifest."))
    say("")
    say(_("policy {digest}").format(digest=grouped(verdict.policy_digest)))
    if verdict.exit_code == EXIT_NOT_YET and verdict.deciding is not None:
        advice = NEXT.get(verdict.deciding.code)
        if advice is not None:
            say("")
            say(_(advice))


def _print_claims(verdict: Verdict, zone: str) -> None:
    claimed = verdict.claimed
    if claimed is None:
        return
    say("")
    say(
        _("record {id}, entry {index}").format(id=claimed.record_id.hex(), index=claimed.leaf_index)
    )
    time = when(claimed.issued_at_unix, zone)
    say(_("claimed time {time}: the signer's own clock, not proved").format(time=time))


def _print_interval(verdict: Verdict, zone: str) -> None:
    say("")
    say(
        _("entered the log no earlier than  {bound}").format(bound=_bound(verdict.not_before, zone))
    )
    say(_("existed no later than            {bound}").format(bound=_bound(verdict.not_after, zone)))
    if verdict.signed_not_before is not None:
        bound = _bound(verdict.signed_not_before, zone)
        say(_("signed no earlier than           {bound}").format(bound=bound))


def _bound(bound: Bound | None, zone: str) -> str:
    if bound is None:
        return _("(not proved)")
    return _("{time}  block {number} of {chain}, {trust}").format(
        time=when(bound.time_unix, zone),
        number=bound.block_number,
        chain=bound.chain,
        trust=_(TRUSTS[bound.trust]),
    )


def _print_check(check: Check) -> None:
    title = _(TITLES[check.name])
    if check.subject is not None:
        title = _("{title} ({subject})").format(title=title, subject=check.subject)
    said = _("{title}: {text}").format(title=title, text=_(OUTCOMES[check.outcome]))
    say(f"{_MARKS[check.outcome]} {check.number:>2}  {said}")
    say(f"      {check.text(_)}")
    if check.outcome in {Outcome.PROVED, Outcome.VOUCHED}:
        say("      " + _("trusted: {trust}").format(trust=_(TRUSTS[check.trust])))
