import pytest
from eth_hash.auto import keccak as oracle
from hypothesis import given
from hypothesis import strategies as st

from provenance.keccak import keccak256


@pytest.mark.parametrize(
    ("octets", "digest"),
    [
        # the Keccak team's own: ShortMsgKAT_256 of submission 3, lengths 0 and 8 bits
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"\xcc", "eead6dbfc7340a56caedc044696a168870549a6a7f6f56961e84a54bd9970b8a"),
        # Ethereum's: hashes that everybody knows (empty RLP string, transfer event)
        (b"\x80", "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"),
        (
            b"Transfer(address,address,uint256)",
            "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
        ),
    ],
)
def test_known_digest(octets: bytes, digest: str) -> None:
    assert keccak256(octets).hex() == digest


@pytest.mark.parametrize("length", [*range(280), 407, 408, 409, 532, 613, 5_000])
def test_every_length_of_padding_is_that_of_the_oracle(length: int) -> None:
    octets = bytes(index * 7 % 256 for index in range(length))

    assert keccak256(octets) == oracle(octets)


@given(octets=st.binary(max_size=700))
def test_digest_is_that_of_the_oracle(octets: bytes) -> None:
    assert keccak256(octets) == oracle(octets)
