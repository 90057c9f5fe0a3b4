"""``receipt``: fetch what a ledger's service proves of a record."""

from __future__ import annotations

import time
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.options import AsJson, LedgerURL, Output
from provenance.cli.commands.policies import read_policy
from provenance.cli.files import write_file
from provenance.cli.language import _, current
from provenance.cli.output import EXIT_NOT_YET, print_fields, print_json, say, warn
from provenance.client import LedgerClient
from provenance.digests import from_hex, to_evm_hex
from provenance.document import SPEECHES, Speech
from provenance.errors import MalformedError
from provenance.messages import translator
from provenance.policy import Policy
from provenance.receipt import Receipt
from provenance.verify import blocks_to_look_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.anchor_evidence import Level
    from provenance.policy import Chain

__all__ = ["register"]

_POLL_SECONDS = 0.5


def register(app: Application) -> None:
    """Add the commands of this file."""
    fetching = _("Fetch a record's receipt, and wait until the chain completes it.")
    app.add("receipt", receipt, help=fetching)


# --- receipt --------------------------------------------------------------------------------


def receipt(
    record_id: Annotated[str, typer.Argument(metavar="ID", help=_("The record id."))],
    ledger: LedgerURL,
    output: Output = None,
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help=_("Wait until the receipt is complete."))
    ] = False,
    timeout: Annotated[
        int, typer.Option("--timeout", min=0, help=_("Seconds to wait at most."))
    ] = 3600,
    kind: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help=_("json, or a certificate: pdf, html.")),
    ] = "json",
    language: Annotated[
        str, typer.Option("--language", help=_("Of a certificate: zh, en or both."))
    ] = "both",
    policy: Annotated[
        Path | None,
        typer.Option(
            "--policy", metavar="FILE", help=_("Policy of a certificate; else the log's.")
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the newest receipt; exit 3 while no final anchor completes it.

    Complete is what shows as much as the log's chains can: a proof, where one of them gives proofs.
    """
    from_hex(record_id, field="ID")
    _check_choices(kind, language)
    with LedgerClient(ledger, language=current()) as client:
        octets, is_complete = _wait_for_receipt(client, record_id, timeout if wait else 0)
        served = b"" if kind == "json" or policy is not None else client.policy()
    parsed = Receipt.parse(octets)
    target = output or Path(f"{record_id[:16]}.receipt.{kind}")
    trusted = None if kind == "json" else _policy_of(policy, served)
    write_file(target, octets if trusted is None else _certificate(octets, trusted, kind, language))
    if as_json:
        print_json({"receipt": str(target), "complete": is_complete})
    else:
        print_fields(((_("receipt"), target), (_("entry"), parsed.record.leaf_index)))
        if is_complete:
            _print_blocks(octets)
        elif parsed.anchored:
            said = _("Anchored so far by the operator's word alone: ask again later for a proof.")
            say(said)
        elif wait:
            say(_("Not anchored within {seconds} s: ask again later.").format(seconds=timeout))
        else:
            say(_("Not anchored yet: ask again later, or use --wait."))
    if not is_complete:
        raise typer.Exit(EXIT_NOT_YET)


def _check_choices(kind: str, language: str) -> None:
    if kind not in {"json", "pdf", "html"}:
        raise MalformedError(f"expected json, pdf or html, got {kind!a:.40}", field="--format")
    if language not in SPEECHES:
        raise MalformedError(f"expected zh, en or both, got {language!a:.40}", field="--language")


def _policy_of(given: Path | None, served: bytes) -> Policy:
    """Return whom a certificate believes: the reader's policy, else the one the log serves."""
    return Policy.parse(served) if given is None else read_policy(given)


def _certificate(octets: bytes, policy: Policy, kind: str, language: str) -> bytes:
    # imported here: a receipt alone needs nothing that typesets
    from provenance.documents.certify import certify  # noqa: PLC0415

    speech = Speech(SPEECHES[language], translator("zh_Hans"))
    made_by = installed_version("provenance-ledger")
    return certify(octets, policy, speech, kind=kind, version=made_by)


def _print_blocks(octets: bytes) -> None:
    """Name the blocks to look up: the first proves the upper end, and often the lower one too."""
    say(_("Complete. To check it, look up the first of these block hashes in a place you trust:"))
    for block in blocks_to_look_up(octets):
        line = _("chain {chain_id}  block {number}  {hash}")
        found = {"chain_id": block.chain_id, "number": block.number}
        say("  " + line.format(hash=to_evm_hex(block.block_hash), **found))


def _wait_for_receipt(client: LedgerClient, record_id: str, timeout: float) -> tuple[bytes, bool]:
    """Return the newest receipt, and whether it became complete within ``timeout`` seconds."""
    # the service's own policy is enough to know what to wait for; whoever verifies has another
    policy = Policy.parse(client.policy())
    active = client.anchors_on()
    awaited = [one for one in policy.chains if active is None or one.chain_id in active]
    wanted = _best_level(awaited)
    deadline = time.monotonic() + timeout
    is_told = False
    while True:
        octets = client.receipt(record_id)
        found = Receipt.parse(octets)
        is_complete = _is_complete(found, wanted)
        if is_complete or time.monotonic() >= deadline:
            return octets, is_complete
        if found.anchored and not is_told:
            is_told = True
            _tell_awaited(awaited, is_sure=active is not None)
        time.sleep(_POLL_SECONDS)


def _tell_awaited(chains: Sequence[Chain], *, is_sure: bool) -> None:
    """Say what is waited for: a policy goes on naming chains that the log has retired."""
    names = ", ".join(chain.name for chain in chains if chain.evidence == "proof")
    if is_sure:
        words = _("Anchored by the operator's word. Waiting for a proof from {chains}.")
        warn(words.format(chains=names))
        return
    words = _(
        "Anchored by the operator's word. Waiting for a proof from {chains}; if the ledger anchors "
        "there no more, none will come: end this with Ctrl-C, and fetch the receipt without --wait."
    )
    warn(words.format(chains=names))


def _best_level(chains: Sequence[Chain]) -> Level:
    """Return the most that any of these chains can show."""
    proves = any(chain.evidence == "proof" for chain in chains)
    return "proof" if proves else "trusted-rpc"


def _is_complete(found: Receipt, wanted: Level) -> bool:
    """Tell whether an anchor shows as much as one can: a proof is never waited for in vain."""
    levels = {anchor.level for one in found.anchored for anchor in one.anchors}
    return "proof" in levels or wanted in levels
