"""The golden receipts and what every verifier must say of them, as data.

Each case is a receipt, a policy and what the reader gives; ``expect`` is ``ok`` or the code of
the one thing that is wrong. What concerns only the log is shown on receipts without an anchor,
which are small; a false check decides whether or not others are still open.

``scripts/make_receipt_vectors.py`` writes them to ``tests/vectors/receipts``; a test compares.
"""

from receipt_cases.assurance_side import assurance_side, range_side
from receipt_cases.chain_side import chain_side, data_side
from receipt_cases.good import good, pending
from receipt_cases.key_side import revoked
from receipt_cases.log_side import log_side, unreadable
from receipt_cases.several_chains import several_chains
from receipt_cases.vector import Case, to_text, to_vector, verdict_json, verify_case

__all__ = ["Case", "all_cases", "to_text", "to_vector", "verdict_json", "verify_case"]


def all_cases() -> list[Case]:
    """Return every case, in the order of the checks."""
    log = [*good(), *pending(), *unreadable(), *log_side(), *revoked()]
    return [*log, *chain_side(), *several_chains(), *data_side(), *range_side(), *assurance_side()]
