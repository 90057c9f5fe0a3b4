"""A sending key under a password, in the file that Ethereum's programs share (Web3 Secret Storage).

The only file that imports eth_account, and nothing imports it before such a file is at hand: it
takes longer than everything else that a ledger's process needs. It pulls in py_ecc, which raises
the interpreter's recursion limit to 100,000 when it is imported: deeply nested JSON from anybody
would then end the process by overflowing its stack, where it should be a RecursionError. So the
limit is put back.
"""

from __future__ import annotations

import json
import sys

from provenance.errors import MalformedError, VerificationError

_limit = sys.getrecursionlimit()
from eth_account import Account  # noqa: E402 -- between reading the limit and putting it back

sys.setrecursionlimit(_limit)

__all__ = ["open_keystore", "seal_key"]


def seal_key(secret: bytes, password: str) -> str:
    """Return the JSON of a keystore (scrypt) that holds ``secret``, 32 bytes."""
    return json.dumps(Account.encrypt(secret, password), indent=1)


def open_keystore(text: str, password: str) -> bytes:
    """Return the key inside a keystore, 32 bytes.

    Raises:
        MalformedError: no keystore.
        VerificationError: the password does not open it.
    """
    try:
        return bytes(Account.decrypt(json.loads(text), password))
    except ValueError as error:
        # eth_account says "MAC mismatch" for a wrong password, by the same class as for bad JSON
        if "MAC mismatch" in str(error):
            raise VerificationError("the password does not open the keystore") from error
        raise MalformedError("not a keystore") from error
    except (KeyError, TypeError) as error:
        raise MalformedError("not a keystore") from error
