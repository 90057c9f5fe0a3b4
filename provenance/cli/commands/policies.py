"""``policy``: fetch a ledger's trust policy, and show what believing it means."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.options import AsJson
from provenance.cli.files import read_file, write_file
from provenance.cli.language import _, current
from provenance.cli.output import print_fields, print_json, say
from provenance.digests import sha256, to_evm_hex
from provenance.errors import AlreadyExistsError
from provenance.policy import Policy

__all__ = ["grouped", "read_policy", "register"]


def register(app: Application) -> None:
    """Add the commands of this file."""
    group = Application(help=_("Fetch and show trust policies."))
    group.add("fetch", fetch, help=_("Fetch a ledger's policy and print its digest."))
    group.add("show", show, help=_("Show what a policy says."))
    app.add_typer(group, name="policy")


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        MalformedError: it cannot be read, or is no policy.
    """
    return Policy.parse(read_file(path))


def grouped(digest: bytes) -> str:
    """Write a digest in groups of four, for reading aloud."""
    text = digest.hex()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def fetch(
    url: Annotated[str, typer.Argument(metavar="URL", help=_("The ledger's address."))],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help=_("Where the policy goes."))
    ] = Path("policy.json"),
    *,
    as_json: AsJson = False,
) -> None:
    """Fetch a policy. Whoever serves it may lie: compare the digest by another channel."""
    # imported here: most commands read policies and speak to no service
    from provenance.client import LedgerClient  # noqa: PLC0415

    with LedgerClient(url, language=current()) as client:
        policy = Policy.parse(client.policy())
    _keep(output, policy)
    if as_json:
        print_json({"policy": str(output), "digest": policy.digest.hex(), "origin": policy.origin})
        return
    print_fields(
        (
            (_("policy"), output),
            (_("log"), policy.origin),
            (_("digest"), grouped(policy.digest)),
        )
    )
    say(_("Compare this digest by another channel (telephone, paper) before you believe it."))


def _keep(output: Path, policy: Policy) -> None:
    """Write a policy, but never over another: that one may be what somebody compared and trusts."""
    if output.exists():
        there = read_file(output)
        if there != policy.octets:
            raise AlreadyExistsError(
                f"{output} has digest {sha256(there).hex()}, the ledger's policy has "
                f"{policy.digest.hex()}: use another --output, or remove the file first",
                field="--output",
            )
        return
    write_file(output, policy.octets)


def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The policy file."))],
    *,
    as_json: AsJson = False,
) -> None:
    """Show whom this policy believes."""
    policy = read_policy(file)
    if as_json:
        print_json(
            {
                "digest": policy.digest.hex(),
                "origin": policy.origin,
                "root_key": policy.root_key.thumbprint,
                "checkpoint_keys": [key.verifier.to_vkey() for key in policy.checkpoint_keys],
                "chains": [
                    {
                        "chain_id": chain.chain_id,
                        "contract": to_evm_hex(chain.contract),
                        "independent": chain.independent,
                    }
                    for chain in policy.chains
                ],
            }
        )
        return
    rows = [
        (_("log"), policy.origin),
        (_("digest"), grouped(policy.digest)),
        (_("root key"), policy.root_key.thumbprint),
    ]
    rows += [(_("checkpoint key"), key.verifier.to_vkey()) for key in policy.checkpoint_keys]
    for chain in policy.chains:
        independent = _("independent") if chain.independent else _("proves nothing to others")
        named = _("{name} ({id}), {what}")
        rows.append(
            (_("chain"), named.format(name=chain.name, id=chain.chain_id, what=independent))
        )
        rows.append((_("contract"), to_evm_hex(chain.contract)))
    rows += [(_("institution"), institution.name) for institution in policy.institution_keys]
    rows += [(_("witness"), witness.to_vkey()) for witness in policy.witnesses]
    print_fields(rows)
