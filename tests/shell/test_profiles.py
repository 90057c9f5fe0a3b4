"""What the chains' profiles say is confirmed or not there, and never contradicts itself."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest

from provenance.chain.profiles import ChainProfile, load_profile, parse_profile, profile_names
from provenance.errors import MalformedError, UnconfirmedChainError, UnsupportedVersionError

NAMES = {
    "mainnet",
    "sepolia",
    "base",
    "arbitrum-one",
    "conflux-espace",
    "bloxberg",
    "besu-qbft",
    "local",
}


def members(name: str) -> dict[str, Any]:
    place = resources.files("provenance.chain") / "profiles" / f"{name}.json"
    held: dict[str, Any] = json.loads(place.read_text("utf-8"))
    return held


def changed(name: str, **change: object) -> ChainProfile:
    return parse_profile(name, json.dumps({**members(name), **change}).encode())


def test_there_is_a_profile_for_every_chain() -> None:
    assert set(profile_names()) == NAMES
    assert {load_profile(name).key for name in profile_names()} == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_id_and_genesis_are_there_exactly_when_they_are_confirmed(name: str) -> None:
    profile = load_profile(name)

    assert (profile.chain_id is None) == (profile.chain_id_source is None)
    assert (profile.genesis_hash is None) == (profile.genesis_source is None)


@pytest.mark.parametrize("name", ["mainnet", "sepolia", "local"])
def test_confirmed_profile_starts_as_it_is(name: str) -> None:
    assert load_profile(name).confirmed() == load_profile(name)


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("base", "genesis_hash"),
        ("arbitrum-one", "genesis_hash"),
        ("conflux-espace", "genesis_hash"),
        ("bloxberg", "genesis_hash"),
        ("besu-qbft", "chain_id"),
    ],
)
def test_unconfirmed_profile_refuses_until_it_is_given(name: str, missing: str) -> None:
    profile = load_profile(name)

    with pytest.raises(UnconfirmedChainError) as caught:
        profile.confirmed()

    assert caught.value.field == missing
    filled = profile.confirmed(
        chain_id=77 if profile.chain_id is None else None, genesis_hash=b"\x11" * 32
    )
    assert filled.genesis_hash == b"\x11" * 32
    assert filled.chain_id == (profile.chain_id or 77)
    assert filled.unconfirmed == ()


def test_private_network_needs_both() -> None:
    with pytest.raises(UnconfirmedChainError) as caught:
        load_profile("besu-qbft").confirmed(chain_id=77)

    assert caught.value.field == "genesis_hash"


@pytest.mark.parametrize("given", [{"chain_id": 5}, {"genesis_hash": bytes(32)}])
def test_what_is_confirmed_is_not_overruled(given: dict[str, Any]) -> None:
    with pytest.raises(MalformedError) as caught:
        load_profile("mainnet").confirmed(**given)

    assert caught.value.field == next(iter(given))
    assert not isinstance(caught.value, UnconfirmedChainError)


def test_every_confirmed_value_may_be_given_again() -> None:
    profile = load_profile("mainnet")

    again = profile.confirmed(chain_id=1, genesis_hash=profile.genesis_hash)

    assert again == profile


def test_only_chains_with_ethereum_headers_promise_proofs() -> None:
    proving = {name for name in NAMES if load_profile(name).evidence == "proof"}

    assert proving == {"mainnet", "sepolia", "base", "arbitrum-one", "local"}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("evidence", {"evidence": "hearsay"}),
        ("evidence", {"evidence": "trusted-rpc"}),
        ("evidence", {"header": "conflux"}),
        ("fees", {"fees": "free"}),
        ("block_time", {"block_time": "ours"}),
        ("header", {"header": "tendermint"}),
        ("genesis_hash", {"genesis_hash": "0x11"}),
        ("genesis_hash", {"genesis_hash": None}),
        ("chain_id", {"chain_id": None}),
        ("chain_id", {"chain_id": 0}),
        ("finality.depth", {"finality": {"depth": 0}}),
        ("finality", {"finality": "safe"}),
        ("independent", {"chain_id": 31337}),
        ("extra", {"extra": 1}),
    ],
)
def test_profile_that_says_too_much_is_refused(field: str, change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError) as caught:
        changed("mainnet", **change)

    assert caught.value.field == field


def test_profile_of_another_version_is_refused() -> None:
    with pytest.raises(UnsupportedVersionError):
        changed("mainnet", v=2)


@pytest.mark.parametrize("name", ["", "Mainnet", "../contracts/CheckpointAnchor", "mainnet.json"])
def test_unknown_profile_is_named(name: str) -> None:
    with pytest.raises(MalformedError) as caught:
        load_profile(name)

    assert caught.value.field == "profile"
