"""Notices at a start that ``policy.json`` is not the one of the last start.

Most of a policy stands in the log, and a start compares it (``ledger.check_policy``). A chain's
name, institutions and witnesses stand in no entry: only who remembers the digest can tell that a
bit of them has changed. The log is told, and the new digest is remembered from then on.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from provenance.files.atomic import write_bytes

if TYPE_CHECKING:
    from provenance.policy import Policy
    from provenance.service.settings import LedgerFolder

__all__ = ["note_policy_change"]

_logger = logging.getLogger(__name__)


def note_policy_change(folder: LedgerFolder, policy: Policy) -> None:
    """Say in the log that the policy's digest is another one than at the last start."""
    digest, before = policy.digest.hex(), None
    with suppress(OSError, UnicodeDecodeError):
        before = folder.policy_digest.read_text("ascii").strip()
    if before == digest:
        return
    if before is not None:
        _logger.warning(
            "%s is not the one of the last start: its digest was %s and is %s. If you changed it, "
            "publish the new one; if not, put back the file that readers have",
            folder.policy,
            before,
            digest,
        )
    with suppress(OSError):  # without it only the next change goes unseen
        write_bytes(folder.policy_digest, f"{digest}\n".encode())
