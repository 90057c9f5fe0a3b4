"""The settings of a ledger folder, ``ledger.json``: what the policy does not already say.

    {"format":"provenance-settings","v":2,
     "database":null | {"ledger":"postgresql://...","keys":"postgresql://..."},
     "signer":null | {"url":"http://127.0.0.1:9100"},
     "chains":[{...}],                               see ``chain_settings.py``; the beacons' first
     "witnesses":[{"vkey":"...","url":"https://witness.example"}],
     "high_water":{"disk_bytes":67108864,"waiting_records":20000},
     "write_policy":null | {"allowed_keys":["NzbLsXh8..."],
                            "requests_per_minute":60,"records_per_minute":10000}}

Version 1 had one chain, ``{"chain":{"node":...},"anchor_interval":...}``, and is still read.
Paths inside the folder are fixed, so that a ledger folder can be moved as a whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from provenance import strict_json
from provenance.digests import from_b64url
from provenance.errors import MalformedError, StorageUnusableError, UnsupportedVersionError
from provenance.files.atomic import PRIVATE, write_bytes
from provenance.note import COSIGNATURE_V1, NoteVerifier
from provenance.policy import Policy
from provenance.service.chain_settings import (
    MANAGED,
    MAX_INTERVAL,
    ChainSettings,
    check_url,
    managed_chain,
    read_chain,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "MANAGED",
    "ChainSettings",
    "Databases",
    "HighWater",
    "LedgerFolder",
    "Settings",
    "WitnessSettings",
    "WritePolicy",
]

FORMAT = "provenance-settings"
VERSION = 2

MAX_CHAINS: Final = 8
MAX_WITNESSES: Final = 32

_MAX_BYTES = 1 << 20
_DSN = re.compile(r"postgresql://\S+")


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
class Databases:
    """Two PostgreSQL databases in the place of the folder's SQLite files."""

    ledger: str
    """``postgresql://`` address of the log, its projections and the anchors."""
    keys: str
    """Of the disclosures' keys: another database, which no backup of the ledger holds."""


@dataclass(frozen=True, slots=True)
class WitnessSettings:
    """A C2SP witness that every checkpoint is submitted to."""

    vkey: str
    """Its verifier key, of type cosignature/v1."""
    url: str
    """Prefix of its ``add-checkpoint``."""


@dataclass(frozen=True, slots=True)
class HighWater:
    """Where the service stops promising."""

    disk_bytes: int = 64 << 20
    """With less free disk the ledger is read-only: what was promised must still find room."""
    waiting_records: int = 20_000
    """Records taken on but not yet answered; more are refused."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``ledger.json`` says."""

    chains: tuple[ChainSettings, ...]
    """Where the ledger anchors; the log's beacons name blocks of the first."""
    write_policy: WritePolicy | None = None
    """None takes every well-formed signed record: allowed on loopback only."""
    database: Databases | None = None
    """None uses the SQLite files of the folder."""
    signer: str | None = None
    """URL of a signer process; None signs in the service's own process."""
    witnesses: tuple[WitnessSettings, ...] = ()
    high_water: HighWater = HighWater()

    @classmethod
    def local(cls, interval: int = 1, write_policy: WritePolicy | None = None) -> Settings:
        """Return the settings of a ledger on a development chain of its own."""
        return cls((managed_chain(interval),), write_policy)

    @classmethod
    def parse(cls, octets: bytes) -> Settings:
        """Read settings of this version or the one before, strictly.

        Raises:
            MalformedError: ``field`` names the member.
        """
        members = strict_json.Members(strict_json.parse(octets, max_bytes=_MAX_BYTES))
        version = members.value("v")
        if members.value("format") != FORMAT or version not in {1, VERSION} or version is True:
            raise UnsupportedVersionError(f"expected {FORMAT} v{VERSION}", field="format")
        settings = replace(
            _first_version(members) if version == 1 else _second_version(members),
            write_policy=members.nullable(
                "write_policy", lambda name: _write_policy(members.object(name))
            ),
        )
        members.done()
        return settings

    def to_bytes(self) -> bytes:
        """Serialise, one line."""
        policy, database = self.write_policy, self.database
        return (
            strict_json.dump(
                {
                    "format": FORMAT,
                    "v": VERSION,
                    "database": None
                    if database is None
                    else {"ledger": database.ledger, "keys": database.keys},
                    "signer": None if self.signer is None else {"url": self.signer},
                    "chains": [chain.to_json() for chain in self.chains],
                    "witnesses": [{"vkey": one.vkey, "url": one.url} for one in self.witnesses],
                    "high_water": {
                        "disk_bytes": self.high_water.disk_bytes,
                        "waiting_records": self.high_water.waiting_records,
                    },
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


def _first_version(members: strict_json.Members) -> Settings:
    chain = members.object("chain")
    node = chain.text("node")
    chain.done()
    interval = members.integer("anchor_interval", low=1, high=MAX_INTERVAL)
    if node == MANAGED:
        return Settings.local(interval)
    return Settings((ChainSettings(None, None, (node,), interval=interval),))


def _second_version(members: strict_json.Members) -> Settings:
    settings = Settings(
        chains=tuple(map(read_chain, members.objects("chains", max_items=MAX_CHAINS))),
        database=members.nullable("database", lambda name: _databases(members.object(name))),
        signer=members.nullable("signer", lambda name: _signer(members.object(name))),
        witnesses=tuple(map(_witness, members.objects("witnesses", max_items=MAX_WITNESSES))),
        high_water=_high_water(members.object("high_water")),
    )
    ids = [chain.chain_id for chain in settings.chains]
    if not ids or len(set(ids)) != len(ids):
        raise MalformedError("expected one or more chains, each once", field="chains")
    if settings.database is not None and any(chain.is_managed for chain in settings.chains):
        # its node belongs to one process, and several may serve one PostgreSQL database
        raise MalformedError("a managed chain needs the folder's own database", field="database")
    return settings


def _databases(members: strict_json.Members) -> Databases:
    found = Databases(_dsn(members, "ledger"), _dsn(members, "keys"))
    members.done()
    if found.ledger == found.keys:
        raise MalformedError("expected another database than the ledger's", field="database.keys")
    return found


def _dsn(members: strict_json.Members, name: str) -> str:
    text = members.text(name)
    if not _DSN.fullmatch(text):
        raise MalformedError("expected an address postgresql://...", field=members.path(name))
    return text


def _signer(members: strict_json.Members) -> str:
    url = members.text("url")
    check_url(url, field=members.path("url"))
    members.done()
    return url


def _witness(members: strict_json.Members) -> WitnessSettings:
    witness = WitnessSettings(members.text("vkey"), members.text("url"))
    try:
        kind = NoteVerifier.from_vkey(witness.vkey).type
    except MalformedError as error:
        raise MalformedError(str(error), field=members.path("vkey")) from error
    if kind != COSIGNATURE_V1:
        raise MalformedError("expected a key of type cosignature/v1", field=members.path("vkey"))
    check_url(witness.url, field=members.path("url"))
    members.done()
    return witness


def _high_water(members: strict_json.Members) -> HighWater:
    found = HighWater(
        members.integer("disk_bytes"), members.integer("waiting_records", low=1, high=1_000_000)
    )
    members.done()
    return found


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
    def policy_digest(self) -> Path:
        """The policy's digest at the last start, so that a change of it is seen."""
        return self.root / "policy.digest"

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
        """Held by the process that integrates entries; shared by all of them with PostgreSQL."""
        return self.root / "writer.lock"

    def log_database(self, settings: Settings) -> Path | str:
        """Return where the log is: a SQLite file, or the address of a PostgreSQL database."""
        return self.database if settings.database is None else settings.database.ledger

    def founded_log(self, settings: Settings) -> Path | str:
        """Return where the log is that ``init`` made: opening it must never make an empty one.

        Raises:
            StorageUnusableError: its SQLite file is not there, or is empty.
        """
        if settings.database is None:
            try:
                is_there = self.database.stat().st_size > 0
            except FileNotFoundError:
                is_there = False
            except OSError:
                is_there = True  # why it cannot be read is said when it is opened
            if not is_there:
                raise StorageUnusableError(
                    f"{self.database} is not there, or is empty: bring it back, or restore the "
                    "newest backup; nothing was made in its place"
                )
        return self.log_database(settings)

    def key_database(self, settings: Settings) -> Path | str:
        """Return where the disclosures' keys are, likewise."""
        return self.disclosure_keys if settings.database is None else settings.database.keys

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

    def read_policy(self) -> Policy:
        """Read ``policy.json``.

        Raises:
            MalformedError: it is missing, or does not parse; the message names the file.
        """
        try:
            return Policy.parse(self.policy.read_bytes())
        except OSError as error:
            raise MalformedError(f"no trust policy: {self.policy}: {error.strerror}") from error
        except MalformedError as error:
            named = MalformedError(f"{self.policy}: {error}")
            named.field = error.field
            raise named from error

    def write_settings(self, settings: Settings) -> None:
        """Write ``ledger.json``, whole or not at all; addresses in it may hold passwords."""
        write_bytes(self.settings, settings.to_bytes(), mode=PRIVATE)
