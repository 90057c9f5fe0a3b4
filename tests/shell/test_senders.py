"""Who pays: keys from files and the environment, and a signer elsewhere that may misbehave."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from anchored_chain import anchored_chain
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st
from lying_node import SECRET, LyingServer, lying, refused
from node import need_anvil

from provenance import rlp
from provenance.chain.anvil import ManagedAnvil
from provenance.chain.external_signer import ExternalSender
from provenance.chain.node import Node
from provenance.chain.sender import KeySender, environment_sender, load_key_file
from provenance.errors import (
    MalformedError,
    NodeRefusedError,
    SignerMismatchError,
    UnavailableError,
)
from provenance.keccak import keccak256
from provenance.ledger.chain_port import UnsignedTransaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = b"\x22" * 32
ACCOUNT = Account.from_key(KEY)
ADDRESS = bytes.fromhex(ACCOUNT.address[2:])
OTHER = Account.from_key(b"\x33" * 32)
CONTRACT = b"\xc0" * 20

ASKED = UnsignedTransaction(
    chain_id=1030,
    nonce=7,
    to=CONTRACT,
    data=b"\x12\x34call",
    gas=120_000,
    max_fee_wei=40_000_000_000,
    priority_fee_wei=1_000_000_000,
)

_FIELDS = ("nonce", "gas", "value", "chainId", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas")


def transaction(request: dict[str, Any]) -> dict[str, Any]:
    """Read the asked transaction as a signer does."""
    (asked,) = request["params"]
    fields: dict[str, Any] = {name: int(asked[name], 16) for name in _FIELDS if name in asked}
    fields["data"] = asked["data"]
    if "to" in asked:
        fields["to"] = bytes.fromhex(asked["to"][2:])
    if "maxFeePerGas" in asked:
        fields["type"] = 2
    return fields


def sign(fields: dict[str, Any], account: Any = ACCOUNT) -> str:  # noqa: ANN401 -- untyped there
    return "0x" + bytes(account.sign_transaction(fields).raw_transaction).hex()


@contextmanager
def signer(answer: Callable[[dict[str, Any]], object] | None = None) -> Iterator[LyingServer]:
    """Serve a signer that holds ``KEY``; it does as asked unless told otherwise."""
    with lying(answer or (lambda request: sign(transaction(request)))) as server:
        yield server


def sender_at(server: LyingServer, *, timeout: float = 5.0) -> ExternalSender:
    return ExternalSender(server.url, ADDRESS, timeout=timeout)


def mismatch(answer: Callable[[dict[str, Any]], object], **change: Any) -> SignerMismatchError:  # noqa: ANN401 -- members of ASKED
    """Return the error that a signer's answer ends in."""
    with signer(answer) as server, pytest.raises(SignerMismatchError) as caught:
        sender_at(server).sign(replace(ASKED, **change))
    return caught.value


# --- an honest signer ----------------------------------------------------------------------


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("to", [CONTRACT, None])
def test_external_signer_signs_as_the_key_itself(*, legacy: bool, to: bytes | None) -> None:
    asked = replace(ASKED, to=to, legacy=legacy)

    with signer() as server:
        attempt = sender_at(server).sign(asked)

    assert attempt == KeySender(KEY).sign(asked)
    assert attempt.tx_hash == keccak256(attempt.raw)
    request = server.requests[0]
    assert request["method"] == "eth_signTransaction"
    assert request["params"][0]["from"] == "0x" + ADDRESS.hex()
    assert ("gasPrice" in request["params"][0]) is legacy


def test_answer_may_be_an_object_as_clefs() -> None:
    def answer(request: dict[str, Any]) -> object:
        return {"raw": sign(transaction(request)), "tx": {}}

    with signer(answer) as server:
        assert sender_at(server).sign(ASKED) == KeySender(KEY).sign(ASKED)


@pytest.mark.parametrize("legacy", [False, True])
@given(
    nonce=st.integers(0, 2**64 - 2),
    chain_id=st.integers(1, 2**40),
    data=st.binary(max_size=80),
    cap=st.integers(1, 2**60),
)
def test_any_transaction_comes_back_as_it_was_asked(
    *, legacy: bool, nonce: int, chain_id: int, data: bytes, cap: int
) -> None:
    asked = replace(
        ASKED,
        nonce=nonce,
        chain_id=chain_id,
        data=data,
        max_fee_wei=cap,
        priority_fee_wei=min(cap, 7),
        legacy=legacy,
    )

    with signer() as server:
        assert sender_at(server).sign(asked) == KeySender(KEY).sign(asked)


# --- one that misbehaves -------------------------------------------------------------------


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nonce", 8),
        ("gas", 121_000),
        ("value", 1),
        ("to", b"\xc1" * 20),
        ("data", "0x1235"),
        ("data", "0x"),
    ],
)
def test_other_transaction_than_asked_is_refused(
    field: str, value: object, *, legacy: bool
) -> None:
    error = mismatch(lambda request: sign({**transaction(request), field: value}), legacy=legacy)

    assert error.field == field


@pytest.mark.parametrize(
    ("field", "value", "legacy"),
    [
        ("chainId", 1, False),
        ("maxFeePerGas", 40_000_000_001, False),
        ("maxPriorityFeePerGas", 1, False),
        ("gasPrice", 40_000_000_001, True),
    ],
)
def test_other_fees_or_chain_than_asked_are_refused(
    field: str, value: int, *, legacy: bool
) -> None:
    error = mismatch(lambda request: sign({**transaction(request), field: value}), legacy=legacy)

    assert error.field == field


def test_legacy_signature_for_another_chain_is_refused() -> None:
    """The id is only in v: replayed there, it would be that chain's."""
    error = mismatch(lambda request: sign({**transaction(request), "chainId": 1}), legacy=True)

    assert error.field == "v"


def test_legacy_signature_for_every_chain_is_refused() -> None:
    def answer(request: dict[str, Any]) -> str:
        fields = transaction(request)
        del fields["chainId"]
        return sign(fields)

    assert mismatch(answer, legacy=True).field == "v"


@pytest.mark.parametrize("legacy", [False, True])
def test_signature_of_another_key_is_refused(*, legacy: bool) -> None:
    error = mismatch(lambda request: sign(transaction(request), OTHER), legacy=legacy)

    assert error.field == "from"


def test_another_type_than_asked_is_refused() -> None:
    def answer(request: dict[str, Any]) -> str:
        fields = transaction(request)
        del fields["type"], fields["maxPriorityFeePerGas"]
        fields["gasPrice"] = fields.pop("maxFeePerGas")
        return sign(fields)

    assert mismatch(answer).field == "type"


def test_access_list_that_nobody_asked_for_is_refused() -> None:
    access = [{"address": b"\x11" * 20, "storageKeys": []}]
    error = mismatch(lambda request: sign({**transaction(request), "accessList": access}))

    assert error.field == "accessList"


def test_malleable_signature_is_refused() -> None:
    """The other of the two s: nodes refuse it, and its hash would be another (EIP-2)."""
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

    def answer(request: dict[str, Any]) -> str:
        fields = rlp.decode_list(bytes.fromhex(sign(transaction(request))[4:]))
        parity, s = (rlp.decode_integer(bytes(item)) for item in (fields[-3], fields[-1]))  # type: ignore[arg-type]  # they are no lists
        fields[-3], fields[-1] = rlp.encode_integer(1 - parity), rlp.encode_integer(order - s)
        return "0x02" + rlp.encode(fields).hex()

    assert mismatch(answer).field == "v"


@pytest.mark.parametrize(
    "answer", ["0x", "0x02", "0x02c0", "0xc0", "0x02" + "ff" * 40, "0x02c180", "0x03c0"]
)
@pytest.mark.parametrize("legacy", [False, True])
def test_what_is_no_transaction_is_refused(answer: str, *, legacy: bool) -> None:
    assert mismatch(lambda _: answer, legacy=legacy).code == "signer-mismatch"


@pytest.mark.parametrize("answer", [None, 7, [], {}, {"raw": None}, "", "02", True])
def test_what_are_no_bytes_is_unavailable(answer: object) -> None:
    with signer(lambda _: answer) as server, pytest.raises(UnavailableError):
        sender_at(server).sign(ASKED)


@given(data=st.data())
def test_no_changed_bit_is_overlooked(data: st.DataObject) -> None:
    raw = bytearray(KeySender(KEY).sign(ASKED).raw)
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8

    with signer(lambda _: "0x" + raw.hex()) as server, pytest.raises(SignerMismatchError):
        sender_at(server).sign(ASKED)


def test_refusal_is_told() -> None:
    denied = signer(lambda request: refused(request, "request denied"))
    with denied as server, pytest.raises(NodeRefusedError) as caught:
        sender_at(server).sign(ASKED)

    assert "the external signer refuses eth_signTransaction: request denied" in str(caught.value)


def test_signer_that_stalls_or_is_away_is_unavailable() -> None:
    def stall(request: dict[str, Any]) -> str:
        time.sleep(1.5)
        return sign(transaction(request))

    with signer(stall) as server:
        sender = sender_at(server, timeout=0.3)
        started = time.monotonic()
        with pytest.raises(UnavailableError):
            sender.sign(ASKED)
        assert time.monotonic() - started < 1.2
    with pytest.raises(UnavailableError) as away:
        sender.sign(ASKED)
    assert str(away.value).startswith("the external signer is away: ")
    assert SECRET not in str(away.value)


# --- on a chain ----------------------------------------------------------------------------


@pytest.mark.parametrize("legacy", [False, True])
def test_external_signer_pays_for_contract_and_anchor(tmp_path: Path, *, legacy: bool) -> None:
    need_anvil()
    with signer() as server, ManagedAnvil(tmp_path / "anvil", funded=[ADDRESS]) as anvil:
        node = Node(anvil.rpc, legacy_fees=legacy)
        chain = anchored_chain(node, sender_at(server), anvil.mine)

        tx_hash, _ = chain.anchor()

        sent = anvil.rpc.mapping("eth_getTransactionByHash", "0x" + tx_hash.hex())
    assert sent is not None
    assert sent["type"] == ("0x0" if legacy else "0x2")
    assert sent["from"] == "0x" + ADDRESS.hex()


# --- a key in the environment --------------------------------------------------------------


@pytest.mark.parametrize("text", [KEY.hex(), "0x" + KEY.hex(), f" 0x{KEY.hex()}\n"])
def test_key_is_taken_from_the_environment(text: str) -> None:
    assert environment_sender("SENDING_KEY", {"SENDING_KEY": text}).address == ADDRESS


@pytest.mark.parametrize("text", [None, "", "0x", "11" * 31, "zz" * 32, "00" * 32, "ff" * 32])
def test_what_is_no_key_is_not_shown(text: str | None) -> None:
    environment = {} if text is None else {"SENDING_KEY": text}

    with pytest.raises(MalformedError) as caught:
        environment_sender("SENDING_KEY", environment)

    assert caught.value.field == "sender"
    assert caught.value.__cause__ is None
    assert not text or len(text) < 3 or text not in str(caught.value)


def test_keystore_of_another_program_opens(tmp_path: Path) -> None:
    """geth's format, by eth_keyfile's own writer and with pbkdf2 instead of scrypt."""
    path = tmp_path / "keystore.json"
    path.write_text(json.dumps(Account.encrypt(KEY, "correct horse", kdf="pbkdf2", iterations=10)))

    assert load_key_file(path, password="correct horse").address == ADDRESS
