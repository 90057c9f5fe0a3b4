"""``policy``: fetch a ledger's trust policy, show whom it believes, believe an institution."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.options import AsJson
from provenance.cli.files import read_file, write_file
from provenance.cli.key_exchange import read_request
from provenance.cli.language import _, current
from provenance.cli.output import print_fields, print_json, say
from provenance.digests import sha256, to_evm_hex
from provenance.errors import AlreadyExistsError, MalformedError
from provenance.identifiers import bare_ror
from provenance.policy import InstitutionKey, Policy
from provenance.record import key_binding_of
from provenance.text import nfc

if TYPE_CHECKING:
    from provenance.record_values import KeyBinding

__all__ = ["grouped", "read_policy", "register"]


def register(app: Application) -> None:
    """Add the commands of this file."""
    group = Application(help=_("Fetch and show trust policies."))
    group.add("fetch", fetch, help=_("Fetch a ledger's policy and print its digest."))
    group.add("show", show, help=_("Show what a policy says."))
    group.add("trust", trust, help=_("Write a policy that believes an institution as well."))
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
                f"{output} has digest {sha256(there).hex()}, what would be written has "
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
                "institutions": [
                    {"name": one.name, "ror": one.ror, "key": one.key.thumbprint}
                    for one in policy.institution_keys
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
    for one in policy.institution_keys:
        rows.append((_("institution"), f"{one.name} {one.ror or ''}".strip()))
        rows.append((_("key"), one.key.thumbprint))
    rows += [(_("witness"), witness.to_vkey()) for witness in policy.witnesses]
    print_fields(rows)


def trust(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The policy file."))],
    request: Annotated[
        Path, typer.Argument(metavar="REQUEST", help=_("The institution's own key request."))
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help=_("Where the new policy goes.")),
    ],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="TEXT", help=_("What verdicts call the institution.")),
    ] = None,
    ror: Annotated[
        str | None, typer.Option("--ror", metavar="ROR", help=_("The institution's ROR id."))
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", metavar="PEM", help=_("X.509 chain over the same key.")),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Add an institution's key. Compare its thumbprint with the institution before."""
    policy, record = read_policy(file), read_request(request)
    if record.aud != policy.origin:
        raise MalformedError(f"it is for log {record.aud!a:.200}", field="REQUEST")
    pem = None if certificate is None else read_file(certificate).decode("ascii", "replace")
    added = _institution(key_binding_of(record), name, ror, pem)
    made = policy.with_institution(added)
    if output.resolve() == file.resolve():
        write_file(output, made.octets)
    else:
        _keep(output, made)
    if as_json:
        shown = {"policy": str(output), "digest": made.digest.hex()}
        print_json({**shown, "institution": added.name, "key": added.key.thumbprint})
        return
    print_fields(
        (
            (_("policy"), output),
            (_("institution"), added.name),
            (_("key"), added.key.thumbprint),
            (_("digest"), grouped(made.digest)),
        )
    )
    say(_("Compare the key with the institution by another channel before you use this policy."))


def _institution(
    asked: KeyBinding, name: str | None, ror: str | None, pem: str | None
) -> InstitutionKey:
    """Return what the policy is to say: what is given here goes before what the request states.

    Raises:
        MalformedError: neither of them has a name.
    """
    called = nfc((name or asked.name or "").strip(), "--name")
    if not called:
        raise MalformedError("the request states none: give one", field="--name")
    stated_ror = ror or next(iter(asked.ror), None)
    bare = None if stated_ror is None else bare_ror(stated_ror)
    return InstitutionKey(name=called, ror=bare, key=asked.key, certificate=pem)
