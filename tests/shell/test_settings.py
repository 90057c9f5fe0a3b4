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
from provenance.service.settings import MANAGED, LedgerFolder, Settings, WritePolicy

if TYPE_CHECKING:
    from pathlib import Path

KEY = key_of("alice").public.thumbprint
POLICY = WritePolicy(frozenset({KEY}), 60, 10_000)


def _octets(**changes: Any) -> bytes:  # noqa: ANN401 -- members of any type
    whole = json.loads(Settings(MANAGED, 1, POLICY).to_bytes())
    return json.dumps({**whole, **changes}).encode()


@given(
    node=st.sampled_from([MANAGED, "http://127.0.0.1:8545", "https://rpc.example/key"]),
    interval=st.integers(1, 86_400),
    keys=st.none() | st.frozensets(st.binary(min_size=32, max_size=32).map(to_b64url)),
)
def test_settings_come_back_as_they_were_written(
    node: str, interval: int, keys: frozenset[str] | None
) -> None:
    policy = None if keys is None else WritePolicy(keys, 60, 10_000)
    settings = Settings(node, interval, policy)

    assert Settings.parse(settings.to_bytes()) == settings


def test_what_is_written_is_one_line_of_json_with_the_format_first() -> None:
    octets = Settings(MANAGED, 600, None).to_bytes()

    assert octets == (
        b'{"format":"provenance-settings","v":1,"chain":{"node":"managed"},'
        b'"anchor_interval":600,"write_policy":null}\n'
    )


LIMITS = {"requests_per_minute": 1, "records_per_minute": 1}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"anchor_interval": 0}, "anchor_interval"),
        ({"anchor_interval": 86_401}, "anchor_interval"),
        ({"anchor_interval": "1"}, "anchor_interval"),
        ({"anchor_interval": True}, "anchor_interval"),
        ({"chain": {}}, "chain.node"),
        ({"chain": {"node": 1}}, "chain.node"),
        ({"chain": {"node": "managed", "port": 1}}, "chain.port"),
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


@pytest.mark.parametrize("changes", [{"v": 2}, {"format": "other"}])
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
    folder.write_settings(Settings(MANAGED, 1, None))
    folder.write_settings(Settings(MANAGED, 2, POLICY))

    assert folder.read_settings() == Settings(MANAGED, 2, POLICY)
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.json"]


def test_every_path_lies_in_the_folder_and_none_is_used_twice(tmp_path: Path) -> None:
    folder = LedgerFolder(tmp_path)
    names = [name for name, one in vars(LedgerFolder).items() if isinstance(one, property)]

    paths = [getattr(folder, name) for name in names]

    assert len(set(paths)) == len(paths) > 8
    assert all(path.parent == tmp_path for path in paths)
