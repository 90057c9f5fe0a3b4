"""A case for the command line: fetched, verified by the reader's policy, and told in words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.commands.policies import grouped, read_policy
from provenance.cli.language import N_, _, current
from provenance.cli.output import warn
from provenance.client import LedgerClient
from provenance.client.collect_case import collect_case
from provenance.digests import from_evm_hex, from_hex
from provenance.given import GivenBlock
from provenance.policy import Policy
from provenance.verdict import utc_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provenance.case import Case, Entry, Signer
    from provenance.record_standing import RecordStanding

__all__ = [
    "AllowDevChain",
    "BlockHash",
    "RecordId",
    "entry_json",
    "gather",
    "level_words",
    "record_id_of",
    "signer_words",
    "standing_words",
    "time_words",
]

RecordId = Annotated[str, typer.Argument(metavar="ID", help=_("The record's id."))]

BlockHash = Annotated[
    list[str] | None,
    typer.Option("--block-hash", metavar="HASH", help=_("A block hash you looked up.")),
]

AllowDevChain = Annotated[
    bool,
    typer.Option("--allow-dev-chain", help=_("Let a chain that the log's operator runs count.")),
]

LEVELS = {
    "unbound": N_("no binding shown"),
    "self-asserted": N_("self-asserted"),
    "institution-bound": N_("bound by an institution"),
}


def record_id_of(text: str) -> bytes:
    """Read a record id, 64 hex digits.

    Raises:
        MalformedError: something else.
    """
    return from_hex(text, field="ID")


def gather(  # noqa: PLR0913 -- each is one thing a reader may give
    record_ids: Sequence[bytes],
    ledger: str,
    policy: Path | None,
    *,
    block_hash: Sequence[str] = (),
    allow_dev_chain: bool = False,
    lineage: bool = False,
) -> Case:
    """Gather and verify what a ledger has about some records.

    Without a policy of the reader the ledger's own is taken, and that is said.

    Raises:
        VerificationError: a receipt that does not hold.
    """
    blocks = [GivenBlock(from_evm_hex(one, length=32, field="--block-hash")) for one in block_hash]
    with LedgerClient(ledger, language=current()) as client:
        if policy is None:
            trusted = Policy.parse(client.policy())
            said = _("Judged by the ledger's own policy {digest}; to judge by yours: --policy FILE")
            warn(said.format(digest=grouped(trusted.digest[:8])))
        else:
            trusted = read_policy(policy)
        return collect_case(
            client,
            record_ids,
            trusted,
            now_unix=int(time.time()),
            lineage=lineage,
            blocks=blocks,
            allow_dev_chain=allow_dev_chain,
        )


# --- words --------------------------------------------------------------------------------


def level_words(signer: Signer) -> str:
    """Say how well a key is tied to somebody."""
    if signer.binder is not None:
        return _("bound by {institution}").format(institution=signer.binder)
    return _(LEVELS[signer.level.value])


def signer_words(signer: Signer) -> str:
    """Say who signed, never a name without its level."""
    who = signer.name or signer.orcid or signer.kid
    if signer.name is not None and signer.orcid is not None:
        who = f"{signer.name} ({signer.orcid})"
    return f"{who}: {level_words(signer)}"


def time_words(entry: Entry) -> str:
    """Say when an entry existed at the latest; else what its signer claims."""
    bound = entry.not_after
    if bound is None:
        return _("claimed {time}").format(time=utc_text(entry.record.iat))
    said = _("not after {time}").format(time=utc_text(bound.time_unix))
    return said if bound.independent else said + " " + _("(the operator's own chain)")


def standing_words(standing: RecordStanding) -> str:
    """Say how a record stands, in one line; empty where nothing has to be shown."""
    said = []
    if standing.withdrawn is not None:
        said.append(_("WITHDRAWN by {id}").format(id=standing.withdrawn.hex()))
    if standing.correction is not None:
        said.append(_("FOUND WRONG by {id}").format(id=standing.correction.hex()))
    if standing.superseded_by is not None:
        said.append(_("SUPERSEDED by {id}").format(id=standing.superseded_by.hex()))
    said += [
        _("DISPUTED in {id}").format(id=one.dispute.hex())
        for one in standing.disputes
        if one.is_open
    ]
    return "; ".join(said)


def entry_json(entry: Entry) -> dict[str, object]:
    """Return what every entry of a case has in its machine form."""
    return {
        "id": entry.id.hex(),
        "type": entry.record.type,
        "leaf_index": entry.leaf_index,
        "key": entry.signer.kid,
        "identity": entry.signer.level.value,
        "name": entry.signer.name,
        "orcid": entry.signer.orcid,
        "binder": entry.signer.binder,
        "claimed_at": entry.record.iat,
        "not_before": None if entry.not_before is None else entry.not_before.time_unix,
        "not_after": None if entry.not_after is None else entry.not_after.time_unix,
        "key_status": entry.verdict.check("key-status").code,
        "refuted": entry.is_refuted,
    }
