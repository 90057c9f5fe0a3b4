"""An ``opening`` as a program would make it that has the owner's file; the CLI signs its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.record import issue_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.keys import PrivateKey
    from provenance.record import Record
    from provenance.sealed import SealedSecret

__all__ = ["issue_opening"]


def issue_opening(
    secret: SealedSecret, names: Sequence[str], *, private_key: PrivateKey, aud: str, iat: int
) -> Record:
    """Make the record that opens ``names`` of a sealed deposit."""
    return issue_record(
        "opening",
        {"record": secret.record.hex()},
        private_key=private_key,
        aud=aud,
        iat=iat,
        salts=iter(()),
        made=secret.named(names),
    )
