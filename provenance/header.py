"""Read an Ethereum block header from the bytes that its hash is over (Yellow Paper §4.4).

The header is an RLP list; forks only append to it: 15 fields at first, a base fee since London
(16), withdrawals since Shanghai (17), blobs and the beacon block since Cancun (20), requests
since Prague (21). Fields after those are taken as they come, since the block hash, which the
reader is trusted to know, covers them all.
"""

from __future__ import annotations

from dataclasses import dataclass

from provenance import rlp
from provenance.errors import MalformedError, TooLargeError
from provenance.keccak import keccak256

__all__ = ["MAX_HEADER_BYTES", "BlockHeader"]

MAX_HEADER_BYTES = 8_192
"""Some 610 on Ethereum; chains that list their validators in the extra data have more."""

_MAX_FIELDS = 32

# name and length in bytes; 0 stands for an integer, None for bytes of any length
_FIELDS: tuple[tuple[str, int | None], ...] = (
    ("parentHash", 32),
    ("sha3Uncles", 32),
    ("miner", 20),
    ("stateRoot", 32),
    ("transactionsRoot", 32),
    ("receiptsRoot", 32),
    ("logsBloom", 256),
    ("difficulty", 0),
    ("number", 0),
    ("gasLimit", 0),
    ("gasUsed", 0),
    ("timestamp", 0),
    ("extraData", None),
    ("mixHash", 32),
    ("nonce", 8),
    ("baseFeePerGas", 0),  # London
    ("withdrawalsRoot", 32),  # Shanghai
    ("blobGasUsed", 0),  # Cancun
    ("excessBlobGas", 0),
    ("parentBeaconBlockRoot", 32),
    ("requestsHash", 32),  # Prague
    ("blockAccessListHash", 32),  # Amsterdam
    ("slotNumber", 0),
)
_FRONTIER_FIELDS = 15


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """What a proof needs of a block header, and the hash that names the block.

    All hashes and roots are 32 bytes; ``timestamp`` is in POSIX seconds, as the chain states
    it. Made by ``parse``, so that ``hash`` is always that of the bytes read.
    """

    number: int
    timestamp: int
    parent_hash: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    hash: bytes

    @classmethod
    def parse(cls, octets: bytes) -> BlockHeader:
        """Read the RLP of a header of any fork; its Keccak-256 is the block hash.

        Raises:
            MalformedError: not RLP, too few fields, or one of an impossible length.
            TooLargeError: more bytes than any header has.
        """
        if len(octets) > MAX_HEADER_BYTES:
            raise TooLargeError(limit=MAX_HEADER_BYTES, length=len(octets), unit="bytes")
        items = rlp.decode_list(octets)
        if not _FRONTIER_FIELDS <= len(items) <= _MAX_FIELDS:
            raise MalformedError(f"expected 15 to {_MAX_FIELDS} header fields, got {len(items)}")
        fields = [_field(index, item) for index, item in enumerate(items)]
        return cls(
            number=rlp.decode_integer(fields[8], max_bytes=8, field="number"),
            timestamp=rlp.decode_integer(fields[11], max_bytes=8, field="timestamp"),
            parent_hash=fields[0],
            state_root=fields[3],
            transactions_root=fields[4],
            receipts_root=fields[5],
            hash=keccak256(octets),
        )


def _field(index: int, item: rlp.Item) -> bytes:
    name, length = _FIELDS[index] if index < len(_FIELDS) else (f"field {index}", None)
    if isinstance(item, list):
        raise MalformedError("expected bytes, got a list", field=name)
    if length == 0:
        rlp.decode_integer(item, field=name)
    elif length is not None and len(item) != length:
        raise MalformedError(f"expected {length} bytes, got {len(item)}", field=name)
    return item
