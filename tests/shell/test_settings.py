"""``ledger.json``: strict, and every path of the folder inside the folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_ledger import key_of

from provenance.digests import to_b64url
from provenance.errors import MalformedError, ProvenanceError, UnsupportedVersionError
from provenance.note import COSIGNATURE_V1, NoteVerifier
from provenance.service.chain_settings import (
    MANAGED,
    Ceilings,
    ChainSettings,
    EnvironmentKey,
    ExternalSigner,
    KeyFile,
    read_account,
)
from provenance.service.settings import (
    Databases,
    HighWater,
    LedgerFolder,
    Settings,
    WitnessSettings,
    WritePolicy,
)

if TYPE_CHECKING:
    from pathlib import Path

KEY = key_of("alice").public.thumbprint
POLICY = WritePolicy(frozenset({KEY}), 60, 10_000)
WITNESS = WitnessSettings(
    NoteVerifier("w.example", key_of("w").public, COSIGNATURE_V1).to_vkey(), "https://w.example/"
)
LEDGER, KEYS = "postgresql://ledger@db.example/ledger", "postgresql://ledger@db.example/keys"
NODES = ("https://one.example/key", "http://127.0.0.1:8545")
PUBLIC = ChainSettings("sepolia", 11_155_111, NODES, 2, 600, KeyFile("/etc/p"), Ceilings(10**17, 1))
FULL = Settings(
    (PUBLIC,),
    POLICY,
    Databases(LEDGER, KEYS),
    "http://127.0.0.1:9100",
    (WITNESS,),
    HighWater(1 << 30, 500),
)
FIRST_VERSION = {
    "format": "provenance-settings",
    "v": 1,
    "chain": {"node": MANAGED},
    "anchor_interval": 600,
    "write_policy": None,
}


def _octets(**changes: Any) -> bytes:  # noqa: ANN401 -- members of any type
    return json.dumps({**json.loads(FULL.to_bytes()), **changes}).encode()


def _chain(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- members of any type
    return {"chains": [{**PUBLIC.to_json(), **changes}]}


SENDERS = st.one_of(
    st.just(KeyFile()),
    st.just(KeyFile("/run/secrets/passphrase")),
    st.just(EnvironmentKey("SENDING_KEY")),
    st.binary(min_size=20, max_size=20).map(lambda a: ExternalSigner("http://127.0.0.1:9000", a)),
)
CHAINS = st.lists(
    st.builds(
        ChainSettings,
        profile=st.sampled_from([None, "mainnet", "base"]),
        chain_id=st.integers(1, 2**53 - 1),
        nodes=st.sampled_from([NODES, NODES[:1]]),
        quorum=st.just(1),
        interval=st.integers(1, 86_400),
        sender=SENDERS,
        ceilings=st.none() | st.builds(Ceilings, st.integers(1, 10**30), st.integers(1, 10**30)),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda chain: chain.chain_id,
)


@given(
    chains=CHAINS.map(tuple),
    keys=st.none() | st.frozensets(st.binary(min_size=32, max_size=32).map(to_b64url)),
    database=st.none() | st.just(Databases(LEDGER, KEYS)),
    signer=st.none() | st.just("http://127.0.0.1:9100"),
    witnesses=st.lists(st.just(WITNESS), max_size=1).map(tuple),
    water=st.builds(HighWater, st.integers(0, 2**40), st.integers(1, 10**6)),
)
def test_settings_come_back_as_they_were_written(  # noqa: PLR0917 -- hypothesis names them
    chains: tuple[ChainSettings, ...],
    keys: frozenset[str] | None,
    database: Databases | None,
    signer: str | None,
    witnesses: tuple[WitnessSettings, ...],
    water: HighWater,
) -> None:
    policy = None if keys is None else WritePolicy(keys, 60, 10_000)
    settings = Settings(chains, policy, database, signer, witnesses, water)

    assert Settings.parse(settings.to_bytes()) == settings


def test_what_is_written_is_one_line_of_json_with_the_format_first() -> None:
    octets = Settings.local(600).to_bytes()

    assert octets == (
        b'{"format":"provenance-settings","v":2,"database":null,"signer":null,"chains":['
        b'{"profile":"local","chain_id":31337,"nodes":["managed"],"quorum":1,"interval":600,'
        b'"sender":"file","ceilings":null}],"witnesses":[],'
        b'"high_water":{"disk_bytes":67108864,"waiting_records":20000},"write_policy":null}\n'
    )


def test_settings_of_the_first_version_are_read_as_before() -> None:
    managed = Settings.parse(json.dumps(FIRST_VERSION).encode())
    one_node = {**FIRST_VERSION, "chain": {"node": NODES[1]}}
    public = Settings.parse(json.dumps(one_node).encode())

    assert managed == Settings.local(600)
    assert public == Settings((ChainSettings(None, None, NODES[1:], interval=600),))
    assert Settings.parse(public.to_bytes()) == public


LIMITS = {"requests_per_minute": 1, "records_per_minute": 1}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"chains": []}, "chains"),
        ({"chains": [PUBLIC.to_json(), PUBLIC.to_json()]}, "chains"),
        (_chain(interval=0), "chains[0].interval"),
        (_chain(interval=86_401), "chains[0].interval"),
        (_chain(interval=True), "chains[0].interval"),
        (_chain(chain_id=0), "chains[0].chain_id"),
        (_chain(nodes=[]), "chains[0].nodes"),
        (_chain(nodes=[NODES[0]] * 2), "chains[0].nodes"),
        (_chain(nodes=[NODES[0], MANAGED]), "chains[0].nodes[1]"),
        (_chain(nodes=["file:///etc"]), "chains[0].nodes[0]"),
        (_chain(quorum=3), "chains[0].quorum"),
        (_chain(quorum=0), "chains[0].quorum"),
        (_chain(sender="password"), "chains[0].sender"),
        (_chain(sender={"environment": "A=B"}), "chains[0].sender.environment"),
        (_chain(sender={"signer": "ftp://x", "address": "0x"}), "chains[0].sender.signer"),
        (_chain(sender={"signer": NODES[1], "address": "0x12"}), "chains[0].sender.address"),
        (_chain(sender={"key": "0x12"}), "chains[0].sender.passphrase_file"),
        (_chain(ceilings={"anchor_wei": 1, "day_wei": "1"}), "chains[0].ceilings.anchor_wei"),
        (_chain(ceilings={"anchor_wei": "1", "day_wei": "-1"}), "chains[0].ceilings.day_wei"),
        (_chain(colour="red"), "chains[0].colour"),
        ({"database": {"ledger": LEDGER, "keys": "sqlite:///x"}}, "database.keys"),
        ({"database": {"ledger": LEDGER, "keys": LEDGER}}, "database.keys"),
        ({"chains": [Settings.local().chains[0].to_json()]}, "database"),
        ({"signer": {"url": "unix:/x"}}, "signer.url"),
        ({"witnesses": [{"vkey": "w", "url": "http://w"}]}, "witnesses[0].vkey"),
        ({"witnesses": [{"vkey": WITNESS.vkey, "url": "w"}]}, "witnesses[0].url"),
        ({"high_water": {"disk_bytes": -1, "waiting_records": 1}}, "high_water.disk_bytes"),
        ({"high_water": {"disk_bytes": 1, "waiting_records": 0}}, "high_water.waiting_records"),
        ({"write_policy": {}}, "write_policy.allowed_keys"),
        ({"write_policy": {"allowed_keys": ["abc"], **LIMITS}}, "write_policy.allowed_keys[0]"),
        ({"write_policy": {"allowed_keys": [KEY, 1], **LIMITS}}, "write_policy.allowed_keys[1]"),
        (
            {"write_policy": {"allowed_keys": [], **LIMITS, "requests_per_minute": 0}},
            "write_policy.requests_per_minute",
        ),
        (
            {"write_policy": {"allowed_keys": [], **LIMITS, "burst": 1}},
            "write_policy.burst",
        ),
    ],
)
def test_a_wrong_member_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(MalformedError) as caught:
        Settings.parse(_octets(**changes))

    assert caught.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"anchor_interval": 0}, "anchor_interval"),
        ({"anchor_interval": "1"}, "anchor_interval"),
        ({"chain": {}}, "chain.node"),
        ({"chain": {"node": 1}}, "chain.node"),
        ({"chain": {"node": "managed", "port": 1}}, "chain.port"),
        ({"chains": []}, "chains"),
    ],
)
def test_a_wrong_member_of_the_first_version_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(MalformedError) as caught:
        Settings.parse(json.dumps({**FIRST_VERSION, **changes}).encode())

    assert caught.value.field == field


@pytest.mark.parametrize("changes", [{"v": 3}, {"v": True}, {"v": "2"}, {"format": "other"}])
def test_another_format_or_version_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedVersionError):
        Settings.parse(_octets(**changes))


@given(st.binary(max_size=200))
def test_garbage_is_refused_with_an_error_of_ours(octets: bytes) -> None:
    with pytest.raises(ProvenanceError):
        Settings.parse(octets)


def test_a_folder_without_settings_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(MalformedError, match="provenance init"):
        LedgerFolder(tmp_path).read_settings()


def test_settings_are_replaced_whole(tmp_path: Path) -> None:
    folder = LedgerFolder(tmp_path)
    folder.write_settings(Settings.local())
    folder.write_settings(FULL)

    assert folder.read_settings() == FULL
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.json"]
    assert folder.settings.stat().st_mode & 0o077 == 0, "addresses may hold passwords"


def test_every_path_lies_in_the_folder_and_none_is_used_twice(tmp_path: Path) -> None:
    folder = LedgerFolder(tmp_path)
    names = [name for name, one in vars(LedgerFolder).items() if isinstance(one, property)]

    paths = [getattr(folder, name) for name in names]

    assert len(set(paths)) == len(paths) > 8
    assert all(path.parent == tmp_path for path in paths)


# --- an account -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [  # of EIP-55
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    ],
)
def test_an_account_is_read_as_it_is_pasted(text: str) -> None:
    assert read_account(text, "--sender").hex() == text.lower().removeprefix("0x")


@pytest.mark.parametrize(
    "text",
    [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
        "0x5bAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x5aAe",
    ],
)
def test_a_mistyped_account_is_refused(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read_account(text, "--sender")

    assert caught.value.field == "--sender"
