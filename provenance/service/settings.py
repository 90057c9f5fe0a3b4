"""The settings of a ledger folder, ``ledger.json``: what the policy does not already say.

    {"format":"provenance-settings","v":1,
     "chain":{"node":"managed"} | {"node":"http://127.0.0.1:8545"},
     "anchor_interval":1,
     "write_policy":null | {"allowed_keys":["NzbLsXh8..."],
                            "requests_per_minute":60,"records_per_minute":10000}}

Paths inside the folder are fixed, so that a ledger folder can be moved as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance import strict_json
from provenance.digests import from_b64url
from provenance.errors import MalformedError, UnsupportedVersionError
from provenance.files.atomic import write_bytes

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MANAGED", "LedgerFolder", "Settings", "WritePolicy"]

FORMAT = "provenance-settings"
VERSION = 1
MANAGED = "managed"
"""The service starts a local development chain of its own and keeps its state in the folder."""

_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class WritePolicy:
    """Who may use a service that others can reach; authority stays with the records' signatures."""

    allowed_keys: frozenset[str]
    """RFC 7638 thumbprints."""
    requests_per_minute: int
    """For each key."""
    records_per_minute: int
    """For each key."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``ledger.json`` says."""

    node: str
    """``managed``, or the URL of a JSON-RPC node."""
    anchor_interval: int
    """Least seconds between two anchors; ``provenance anchor now`` overrides it."""
    write_policy: WritePolicy | None
    """None takes every well-formed signed record: allowed on loopback only."""

    @classmethod
    def parse(cls, octets: bytes) -> Settings:
        """Read settings strictly.

        Raises:
            MalformedError: ``field`` names the member.
        """
        members = strict_json.Members(strict_json.parse(octets, max_bytes=_MAX_BYTES))
        version = members.value("v")
        if members.value("format") != FORMAT or version != VERSION or version is True:
            raise UnsupportedVersionError(f"expected {FORMAT} v{VERSION}", field="format")
        chain = members.object("chain")
        settings = cls(
            node=chain.text("node"),
            anchor_interval=members.integer("anchor_interval", low=1, high=86_400),
            write_policy=members.nullable(
                "write_policy", lambda name: _write_policy(members.object(name))
            ),
        )
        chain.done()
        members.done()
        return settings

    def to_bytes(self) -> bytes:
        """Serialise, one line."""
        policy = self.write_policy
        return (
            strict_json.dump(
                {
                    "format": FORMAT,
                    "v": VERSION,
                    "chain": {"node": self.node},
                    "anchor_interval": self.anchor_interval,
                    "write_policy": None
                    if policy is None
                    else {
                        "allowed_keys": sorted(policy.allowed_keys),
                        "requests_per_minute": policy.requests_per_minute,
                        "records_per_minute": policy.records_per_minute,
                    },
                }
            )
            + b"\n"
        )


def _write_policy(members: strict_json.Members) -> WritePolicy:
    keys = members.texts("allowed_keys")
    for position, key in enumerate(keys):
        from_b64url(key, length=32, field=members.path(f"allowed_keys[{position}]"))
    policy = WritePolicy(
        frozenset(keys),
        members.integer("requests_per_minute", low=1),
        members.integer("records_per_minute", low=1),
    )
    members.done()
    return policy


@dataclass(frozen=True, slots=True)
class LedgerFolder:
    """The paths inside a ledger folder."""

    root: Path

    @property
    def settings(self) -> Path:
        """How the service runs; may be edited while it is stopped."""
        return self.root / "ledger.json"

    @property
    def policy(self) -> Path:
        """The trust policy that is served, byte for byte."""
        return self.root / "policy.json"

    @property
    def database(self) -> Path:
        """The log, its projections and the anchors (SQLite)."""
        return self.root / "ledger.sqlite"

    @property
    def disclosure_keys(self) -> Path:
        """The keys of the disclosures, apart so that erasing them erases (SQLite)."""
        return self.root / "keys.sqlite"

    @property
    def signer_memory(self) -> Path:
        """The last head the signer signed; outside the database on purpose."""
        return self.root / "signer.memory"

    @property
    def keys(self) -> Path:
        """The operator's private keys."""
        return self.root / "keys"

    @property
    def node(self) -> Path:
        """The managed node's state."""
        return self.root / "anvil"

    @property
    def address(self) -> Path:
        """The URL of the running service; absent while none runs."""
        return self.root / "address"

    @property
    def writer_lock(self) -> Path:
        """Held by the one process that integrates entries."""
        return self.root / "writer.lock"

    @property
    def worker_lock(self) -> Path:
        """Held by the one process that anchors."""
        return self.root / "worker.lock"

    def read_settings(self) -> Settings:
        """Read ``ledger.json``.

        Raises:
            MalformedError: it is missing, or does not parse.
        """
        try:
            octets = self.settings.read_bytes()
        except OSError as error:
            raise MalformedError(
                f"{self.root} is not a ledger folder (made by `provenance init`): {error.strerror}"
            ) from error
        return Settings.parse(octets)

    def write_settings(self, settings: Settings) -> None:
        """Write ``ledger.json``, whole or not at all."""
        write_bytes(self.settings, settings.to_bytes())
