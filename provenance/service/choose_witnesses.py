"""Choose who cosigns the log: which witnesses are asked, and how many a reader may demand.

Both stand in the folder of a ledger that does not run: the address to submit to in its settings,
the key and the quorum in the policy that it serves, which so gets a new digest. The settings go
first: a crash in between leaves a witness that is asked and that nobody demands yet, and running
the command again finishes it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provenance.errors import ConflictError, MalformedError
from provenance.files.atomic import write_bytes
from provenance.files.lock import FolderLock
from provenance.note import NoteVerifier
from provenance.service.chain_settings import check_url
from provenance.service.settings import WitnessSettings
from provenance.witness import witness_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.policy import Policy
    from provenance.service.settings import LedgerFolder

__all__ = ["add_witness", "remove_witness"]


def add_witness(folder: LedgerFolder, vkey: str, url: str, *, quorum: int | None) -> Policy:
    """Ask one more witness, or the same one at another address.

    Args:
        vkey: the witness's verifier key, of type 04.
        url: its submission prefix.
        quorum: how many witnesses the policy demands from now on; None leaves that as it is.

    Returns:
        The policy as it is served from now on.

    Raises:
        LockedError: the service runs.
        MalformedError: no such key or address, or more demanded than there are.
    """
    key = NoteVerifier.from_vkey(vkey)
    name = witness_name(key)
    check_url(url, field="url")
    with FolderLock(folder.writer_lock, purpose="write this ledger or change it"):
        policy = folder.read_policy()
        settings = folder.read_settings()
        others = [one for one in settings.witnesses if _name(one) != name]
        known = [one for one in policy.witnesses if witness_name(one) != name]
        changed = _render(policy, [*known, key], quorum)
        asked = (*others, WitnessSettings(key.to_vkey(), url))
        folder.write_settings(replace(settings, witnesses=asked))
        # a crash here leaves a witness that is asked and that no reader demands yet
        return _keep(folder, changed)


def remove_witness(folder: LedgerFolder, name: str, *, quorum: int | None) -> Policy:
    """Ask a witness no more, and take it out of the policy.

    Older receipts keep its lines, which nobody who reads under the new policy counts.

    Args:
        name: as ``witness_name`` has it, name and key id; or the name alone where it is enough.
        quorum: as in ``add_witness``.

    Raises:
        LockedError: the service runs.
        ConflictError: no such witness, or several of that name.
        MalformedError: the policy would demand more than there are left.
    """
    with FolderLock(folder.writer_lock, purpose="write this ledger or change it"):
        policy = folder.read_policy()
        settings = folder.read_settings()
        asked = [one for one in settings.witnesses if not _is_meant(_name(one), name)]
        left = [one for one in policy.witnesses if not _is_meant(witness_name(one), name)]
        gone = len(policy.witnesses) - len(left)
        if gone != 1 and len(asked) != len(settings.witnesses) - 1:
            raise ConflictError(f"expected one witness of the name {name!r}, found {gone}")
        changed = _render(policy, left, quorum)
        folder.write_settings(replace(settings, witnesses=tuple(asked)))
        return _keep(folder, changed)


def _name(settings: WitnessSettings) -> str:
    return witness_name(NoteVerifier.from_vkey(settings.vkey))


def _is_meant(full_name: str, said: str) -> bool:
    return said in {full_name, full_name.rpartition("+")[0]}


def _render(policy: Policy, witnesses: Sequence[NoteVerifier], quorum: int | None) -> Policy:
    wanted = policy.quorum if quorum is None else quorum
    if wanted > len(witnesses):
        raise MalformedError(f"expected at most {len(witnesses)}, got {wanted}", field="quorum")
    return policy.revised(witnesses=witnesses, quorum=wanted)


def _keep(folder: LedgerFolder, policy: Policy) -> Policy:
    write_bytes(folder.policy, policy.octets)
    return policy
