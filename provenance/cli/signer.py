"""Whose key signs, and the records that it signs: always with the ``key`` record before them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.cli.claims import new_salts
from provenance.cli.commands.options import key_store, read_passphrase
from provenance.cli.commands.policies import read_policy
from provenance.cli.language import current
from provenance.client import LedgerClient
from provenance.errors import MalformedError, NotFoundError, UnavailableError
from provenance.policy import Policy
from provenance.record import issue_record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provenance.files.keystore import StoredKey
    from provenance.record import Record
    from provenance.sdjwt import Disclosure
    from provenance.signing_key import SigningKey

__all__ = ["Signer", "find_signer", "key_record_of", "origin_of", "sign_record"]


@dataclass(frozen=True, slots=True)
class Signer:
    """A person's key, ready to sign."""

    stored: StoredKey
    private: SigningKey
    """From the key store; whoever has an adapter of a token puts that here."""


def find_signer(key: str | None, passphrase: Path | None, home: Path | None) -> Signer:
    """Unlock the key that was named, or the only one.

    Raises:
        NotFoundError: there is none, or several and none was named.
    """
    store = key_store(home)
    keys = store.keys()
    if key is None and len(keys) != 1:
        if not keys:
            raise NotFoundError("no key yet: make one with `provenance key new`")
        labels = ", ".join(one.label for one in keys)
        raise NotFoundError(f"several keys: choose one with --key: {labels}")
    stored = store.find(key)
    return Signer(stored, store.unlock(stored, read_passphrase(passphrase)))


def origin_of(ledger: str | None, policy: Path | None) -> str:
    """Return the log's name, from a policy or else from the ledger's own."""
    if policy is not None:
        return read_policy(policy).origin
    if ledger is None:
        raise MalformedError("is needed to sign without a ledger", field="--origin")
    try:
        with LedgerClient(ledger, language=current()) as client:
            return Policy.parse(client.policy()).origin
    except UnavailableError as error:
        raise UnavailableError(
            f"{error}; to sign without asking the ledger, give --origin or --policy"
        ) from error


def key_record_of(signer: Signer, origin: str, *, previous: str | None = None) -> Record:
    """Return the signed record that makes the key known, with what its holder says of himself.

    Args:
        previous: thumbprint of the key that it succeeds.
    """
    profile = signer.stored.profile
    identity: dict[str, object] = {"name": profile.name, "orcid": profile.orcid}
    identity |= {"ror": list(profile.ror), "recovery": profile.recovery, "previous": previous}
    said = {name: value for name, value in identity.items() if value}
    return issue_record(
        "key",
        said,
        private_key=signer.private,
        aud=origin,
        iat=int(time.time()),
        salts=new_salts(),
    )


def sign_record(  # noqa: PLR0913 -- what a record is made of
    record_type: str,
    claims: dict[str, object],
    *,
    signer: Signer,
    origin: str,
    hold: Sequence[str] = (),
    made: Sequence[Disclosure] = (),
) -> list[bytes]:
    """Return the ``key`` record and the other one; the log answers a known key as a repeat.

    Args:
        made: of what is sealed or opened, see ``issue_record``.
    """
    key_record = key_record_of(signer, origin)
    record = issue_record(
        record_type,
        claims,
        private_key=signer.private,
        aud=origin,
        iat=key_record.iat,
        salts=new_salts(),
        hold=hold,
        made=made,
    )
    return [key_record.compact, record.compact]
