"""The EVM side: the only folder that imports web3 and eth_account.

web3 pulls in py_ecc, which raises the interpreter's recursion limit to 100,000 when it is
imported: deeply nested JSON from anybody would then end the process by overflowing its stack,
where it should be a RecursionError. So it is imported here, first, and the limit put back.
"""

from __future__ import annotations

import sys

__all__: list[str] = []

_limit = sys.getrecursionlimit()
import web3  # noqa: E402, F401 -- between reading the limit and putting it back

sys.setrecursionlimit(_limit)
