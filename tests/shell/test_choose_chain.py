"""What an operator's wish becomes: who is believed, and which key may pay where."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from lying_node import lying, refused

from provenance import strict_json
from provenance.chain.node import Node
from provenance.chain.quorum import connect_chain
from provenance.chain.rpc import CappedProvider, Rpc
from provenance.chain.sender import create_key_file
from provenance.errors import MalformedError, UnavailableError
from provenance.ledger.chain_port import ChainPin, Fees
from provenance.net.address import normal_url
from provenance.policy import Chain
from provenance.service.chain_node import ChainNode
from provenance.service.chain_settings import (
    PUBLIC_KEY_FILE,
    ChainSettings,
    EnvironmentKey,
    ExternalSigner,
    KeyFile,
    has_few_nodes,
    read_chain,
)
from provenance.service.choose_chain import Wish, choose_chain
from provenance.service.operator_keys import OperatorKeys
from provenance.service.prepare_chain import prepare_chain
from provenance.service.running_chain import RunningChain
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.service.chain_settings import SenderChoice

NODES = ("https://one.example", "https://two.example")
BESU = Wish("besu-qbft", NODES, chain_id=2018, genesis_hash=bytes(32))


# --- who pays --------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", [Wish("mainnet", NODES), Wish("custom", NODES, independent=True)])
def test_a_plain_key_may_not_pay_on_a_chain_that_others_run(wish: Wish) -> None:
    assert choose_chain(wish).settings.sender == PUBLIC_KEY_FILE

    with pytest.raises(MalformedError) as caught:
        choose_chain(replace(wish, sender=KeyFile()))

    assert caught.value.field == "--sender"


@pytest.mark.parametrize(
    "sender",
    [
        KeyFile("/etc/passphrase"),
        KeyFile(passphrase_environment="WORD"),
        EnvironmentKey("KEY"),
        ExternalSigner("http://127.0.0.1:9000", bytes(20)),
    ],
)
def test_every_other_key_may(sender: SenderChoice) -> None:
    assert choose_chain(Wish("mainnet", NODES, sender=sender)).settings.sender == sender


@pytest.mark.parametrize(
    "wish",
    [
        Wish(),
        Wish("custom", NODES),
        Wish("local", NODES, chain_id=1337),
        BESU,
        Wish("custom", NODES, chain_id=31337, independent=True),
    ],
)
def test_a_plain_key_is_the_usual_one_on_a_chain_of_ones_own(wish: Wish) -> None:
    assert choose_chain(wish).settings.sender == KeyFile()


def test_the_usual_key_of_a_public_chain_asks_for_its_passphrase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = OperatorKeys(tmp_path)
    monkeypatch.delenv("PROVENANCE_SENDER_PASSPHRASE", raising=False)
    with pytest.raises(MalformedError, match="PROVENANCE_SENDER_PASSPHRASE is not set"):
        keys.sender(PUBLIC_KEY_FILE, make=True)
    assert not (tmp_path / "sender.key").exists()

    monkeypatch.setenv("PROVENANCE_SENDER_PASSPHRASE", "correct horse")
    made = keys.sender(PUBLIC_KEY_FILE, make=True)

    assert not keys.has_plain_sender
    assert '"crypto"' in (tmp_path / "sender.key").read_text().lower()
    assert keys.sender(PUBLIC_KEY_FILE).address == made.address


def test_a_plain_file_of_before_does_not_pass_for_an_encrypted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVENANCE_SENDER_PASSPHRASE", "correct horse")
    folder = LedgerFolder(tmp_path)
    folder.keys.mkdir()
    create_key_file(folder.keys / "sender.key")
    chosen = choose_chain(Wish("mainnet", ("http://127.0.0.1:9",)))

    with pytest.raises(MalformedError, match="plain hex"):
        prepare_chain(folder, chosen, OperatorKeys(folder.keys), "log.example")


@pytest.mark.parametrize(("chain_id", "times"), [(1, 1), (31337, 0)])
def test_a_plain_key_of_before_is_warned_of_loudly_at_a_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, chain_id: int, times: int
) -> None:
    folder = LedgerFolder(tmp_path)
    folder.keys.mkdir()
    sender = create_key_file(folder.keys / "sender.key")
    trust = Chain("chain", chain_id, bytes(32), bytes(20), bytes(32), bytes(32), 0, None, True)  # noqa: FBT003 -- claims independence
    unused: Any = None
    with caplog.at_level(logging.WARNING):
        RunningChain(
            folder=folder,
            settings=ChainSettings(None, chain_id, ("http://127.0.0.1:9",)),
            trust=trust,
            sender=sender,
            store=unused,
            log=unused,
            clock=unused,
            attestor=unused,
            holder="one",
        )

    assert caplog.text.count("PLAIN HEX") == times


def test_the_settings_keep_the_variable_of_the_passphrase() -> None:
    settings = ChainSettings("mainnet", 1, NODES, sender=KeyFile(passphrase_environment="WORD"))

    octets = strict_json.dump(settings.to_json())
    again = read_chain(strict_json.Members(strict_json.parse(octets, max_bytes=10_000)))

    assert again == settings


# --- who is independent ----------------------------------------------------------------------


def test_a_private_network_is_independent_only_by_the_operators_word() -> None:
    assert not choose_chain(BESU).independent
    assert choose_chain(replace(BESU, independent=True)).independent


@pytest.mark.parametrize(
    ("profile", "independent"),
    [
        ("mainnet", True),
        ("sepolia", True),
        ("base", True),
        ("arbitrum-one", True),
        ("conflux-espace", True),
        ("bloxberg", True),
        ("besu-qbft", False),
    ],
)
def test_profiles_of_public_chains_alone_are_independent(
    profile: str, *, independent: bool
) -> None:
    wish = Wish(profile, NODES, chain_id=BESU.chain_id if profile == "besu-qbft" else None)
    if profile not in {"mainnet", "sepolia"}:
        wish = replace(wish, genesis_hash=bytes(32))

    assert choose_chain(wish).independent is independent


# --- which nodes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        "https://x",
        "https://x/",
        "https://X",
        "https://x:443",
        "https://x:443/",
    ],
)
def test_one_node_spelled_in_two_ways_is_refused(other: str) -> None:
    assert normal_url("https://x") == normal_url(other)
    with pytest.raises(MalformedError, match="twice"):
        choose_chain(Wish("mainnet", ("https://x", other)))
    octets = strict_json.dump(ChainSettings("mainnet", 1, ("https://x", other)).to_json())
    with pytest.raises(MalformedError, match="twice") as caught:
        read_chain(strict_json.Members(strict_json.parse(octets, max_bytes=10_000)))
    assert caught.value.field == "nodes"
    with pytest.raises(MalformedError):
        connect_chain(["https://x", other], PIN)


@pytest.mark.parametrize(
    "other", ["http://x", "https://x:8443", "https://x/key", "https://x?key", "https://me@x"]
)
def test_two_nodes_of_one_host_are_two(other: str) -> None:
    assert normal_url("https://x") != normal_url(other)


def test_keys_in_an_address_keep_their_case() -> None:
    assert normal_url("https://x/Key") != normal_url("https://x/key")


@pytest.mark.parametrize(
    ("nodes", "few"),
    [
        (("https://one.example",), True),
        (("https://one.example/a", "https://one.example/b"), True),
        (NODES, False),
        (("managed",), False),
    ],
)
def test_nodes_of_one_host_are_few(nodes: tuple[str, ...], *, few: bool) -> None:
    assert has_few_nodes(ChainSettings("mainnet", 1, nodes)) is few


# --- kinds of fees ---------------------------------------------------------------------------

PIN = ChainPin(1, bytes(32), bytes(20), bytes(32), bytes(32), 0)


def _legacy(request: dict[str, Any]) -> object:
    return {"eth_getBlockByNumber": {"number": "0x1"}, "eth_gasPrice": "0x7"}[request["method"]]


def test_a_custom_chain_without_a_base_fee_has_one_gas_price(tmp_path: Path) -> None:
    with lying(_legacy) as server:
        settings = choose_chain(Wish("custom", (server.url,))).settings
        (node,) = ChainNode(LedgerFolder(tmp_path), settings, bytes(20)).nodes()

        assert node.fees() == Fees(0, 7, legacy=True)


def test_a_node_that_hides_the_base_fee_of_a_known_chain_is_not_believed(tmp_path: Path) -> None:
    with lying(_legacy) as server:
        settings = choose_chain(Wish("mainnet", (server.url,))).settings
        (node,) = ChainNode(LedgerFolder(tmp_path), settings, bytes(20)).nodes()

        with pytest.raises(UnavailableError, match="base fee"):
            node.fees()


def test_a_node_that_gives_no_gas_price_is_away() -> None:
    def answer(request: dict[str, Any]) -> object:
        return refused(request, "no") if request["method"] == "eth_gasPrice" else _legacy(request)

    with lying(answer) as server, pytest.raises(UnavailableError):
        Node(Rpc(CappedProvider(server.url)), legacy_fees=None).fees()
