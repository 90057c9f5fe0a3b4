"""The settings of one chain that a ledger anchors on: nodes, paying key, fee ceilings.

    {"profile":"sepolia"|null,"chain_id":11155111,
     "nodes":["managed"] | ["https://one.example","https://two.example"],"quorum":1,
     "interval":600,
     "sender":"file" | {"passphrase_file":"/etc/ledger/passphrase"}
              | {"passphrase_environment":"NAME"} | {"environment":"NAME"}
              | {"signer":"http://127.0.0.1:9000","address":"0x..."},
     "ceilings":null | {"anchor_wei":"50000000000000000","day_wei":"200000000000000000"}}

Wei are decimal strings, since they go beyond what every JSON implementation keeps exactly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from provenance.digests import from_evm_hex, to_evm_hex
from provenance.errors import MalformedError
from provenance.keccak import keccak256
from provenance.net.address import normal_url, place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance import strict_json
    from provenance.policy import Chain, Policy

__all__ = [
    "DEV_CHAIN_ID",
    "KEY_FILE",
    "LOCAL",
    "MANAGED",
    "PUBLIC_KEY_FILE",
    "Ceilings",
    "ChainSettings",
    "EnvironmentKey",
    "ExternalSigner",
    "KeyFile",
    "SenderChoice",
    "check_each_once",
    "check_url",
    "has_few_nodes",
    "managed_chain",
    "match_chains",
    "read_account",
    "read_chain",
]

MANAGED: Final = "managed"
"""The service starts a local development chain of its own and keeps its state in the folder."""

LOCAL: Final = "local"
"""The profile of the managed chain."""

DEV_CHAIN_ID: Final = 31337

MAX_NODES: Final = 16
"""Endpoints of one chain: each is asked for everything that needs a quorum."""

MAX_INTERVAL: Final = 86_400

_DIGITS = re.compile(r"[1-9][0-9]{0,30}")
_URL = re.compile(r"https?://[^\s/]+\S*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class KeyFile:
    """``keys/sender.key`` of the ledger folder."""

    passphrase_file: str | None = None
    """Opens the file, a Web3 keystore."""
    passphrase_environment: str | None = None
    """The variable that holds the passphrase instead; both None for a plain file, for coins that
    are worth nothing."""

    @property
    def is_plain(self) -> bool:
        """Tell whether the file is not encrypted."""
        return self.passphrase_file is None and self.passphrase_environment is None


@dataclass(frozen=True, slots=True)
class EnvironmentKey:
    """A private key in an environment variable, 32 bytes in hex."""

    name: str


@dataclass(frozen=True, slots=True)
class ExternalSigner:
    """A program that holds the key and signs over JSON-RPC, as Web3Signer does."""

    url: str
    address: bytes
    """The account that it is asked to sign for, 20 bytes."""


SenderChoice: TypeAlias = KeyFile | EnvironmentKey | ExternalSigner

KEY_FILE: Final = KeyFile()
"""What is chosen for a chain of the operator's own when nobody chooses."""

PUBLIC_KEY_FILE: Final = KeyFile(passphrase_environment="PROVENANCE_SENDER_PASSPHRASE")  # noqa: S106 -- its name
"""What is chosen for a chain that others run: its coins are worth something."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The most that anchoring may cost."""

    anchor_wei: int
    """For one anchor."""
    day_wei: int
    """For the anchors of 24 hours."""


@dataclass(frozen=True, slots=True)
class ChainSettings:
    """How a ledger reaches one chain, and who pays there; the policy says which contract."""

    profile: str | None
    """Name of a chain profile; None for a chain of which only the policy knows."""
    chain_id: int | None
    """None in settings of version 1: the policy's first chain."""
    nodes: tuple[str, ...]
    """JSON-RPC addresses, or only ``managed``."""
    quorum: int = 1
    """How many nodes have to agree on what nothing can prove, finality above all."""
    interval: int = 600
    """Least seconds between two anchors; ``provenance anchor now`` overrides it."""
    sender: SenderChoice = KEY_FILE
    ceilings: Ceilings | None = None
    """None takes the worker's own; a managed chain has none."""

    @property
    def is_managed(self) -> bool:
        """Tell whether the service runs the chain's node itself."""
        return self.nodes == (MANAGED,)

    def to_json(self) -> dict[str, object]:
        """Return the members as they stand in the file."""
        ceilings = self.ceilings
        return {
            "profile": self.profile,
            "chain_id": self.chain_id,
            "nodes": list(self.nodes),
            "quorum": self.quorum,
            "interval": self.interval,
            "sender": _sender_json(self.sender),
            "ceilings": None
            if ceilings is None
            else {"anchor_wei": str(ceilings.anchor_wei), "day_wei": str(ceilings.day_wei)},
        }


def managed_chain(interval: int = 1) -> ChainSettings:
    """Return the settings of a development chain that the service runs itself."""
    return ChainSettings(LOCAL, DEV_CHAIN_ID, (MANAGED,), interval=interval)


def read_chain(members: strict_json.Members) -> ChainSettings:
    """Read one chain strictly.

    Raises:
        MalformedError: ``field`` names the member.
    """
    nodes = members.texts("nodes", max_items=MAX_NODES)
    if nodes != [MANAGED]:
        if not nodes:
            raise MalformedError("expected addresses", field=members.path("nodes"))
        for position, url in enumerate(nodes):
            check_url(url, field=members.path(f"nodes[{position}]"))
        check_each_once(nodes, field=members.path("nodes"))
    chain = ChainSettings(
        profile=members.nullable("profile", members.text),
        chain_id=members.nullable("chain_id", lambda name: members.integer(name, low=1)),
        nodes=tuple(nodes),
        quorum=members.integer("quorum", low=1, high=len(nodes)),
        interval=members.integer("interval", low=1, high=MAX_INTERVAL),
        sender=_read_sender(members),
        ceilings=members.nullable("ceilings", lambda name: _read_ceilings(members.object(name))),
    )
    members.done()
    return chain


def match_chains(
    chains: Sequence[ChainSettings], policy: Policy
) -> list[tuple[ChainSettings, Chain]]:
    """Return the chains that a ledger anchors on, each with what the policy says of it.

    Raises:
        MalformedError: the policy knows nothing of one, or names another as the first.
    """
    found = []
    for position, one in enumerate(chains):
        # version 1 of the settings did not say which chain its one chain is
        chain = policy.chain_named(one.chain_id or policy.chains[0].chain_id)
        if chain is None:
            raise MalformedError(
                f"the policy knows no chain {one.chain_id}", field=f"chains[{position}].chain_id"
            )
        found.append((one, chain))
    if found[0][1].chain_id != policy.chains[0].chain_id:
        raise MalformedError("the policy's first chain comes first", field="chains[0].chain_id")
    return found


def check_url(url: str, *, field: str) -> None:
    """Check that ``url`` is one of HTTP.

    Raises:
        MalformedError: it is not.
    """
    if not _URL.fullmatch(url):
        raise MalformedError(
            "expected an address that begins with http:// or https://", field=field
        )
    try:
        place_of(url)
    except MalformedError as error:
        raise MalformedError(str(error), field=field) from None


def check_each_once(urls: Sequence[str], *, field: str) -> None:
    """Check that no node is named twice, be it spelled in two ways: it would have two votes.

    Raises:
        MalformedError: one is.
    """
    seen: set[str] = set()
    for url in urls:
        if normal_url(url) in seen:
            raise MalformedError(f"{place_of(url)} is there twice", field=field)
        seen.add(normal_url(url))


def has_few_nodes(chain: ChainSettings) -> bool:
    """Tell whether all that is asked of a chain is asked of one host."""
    return len({place_of(url) for url in chain.nodes}) < 2 if not chain.is_managed else False


def _read_sender(members: strict_json.Members) -> SenderChoice:
    if members.value("sender") == "file":
        return KEY_FILE
    choice = members.object("sender")
    sender: SenderChoice
    if "environment" in choice:
        sender = EnvironmentKey(_variable(choice, "environment"))
    elif "passphrase_environment" in choice:
        variable = _variable(choice, "passphrase_environment")
        sender = KeyFile(passphrase_environment=variable)
    elif "signer" in choice:
        check_url(choice.text("signer"), field=choice.path("signer"))
        field = choice.path("address")
        address = read_account(choice.text("address"), field)
        sender = ExternalSigner(choice.text("signer"), address)
    else:
        sender = KeyFile(choice.text("passphrase_file", max_length=4_096))
    choice.done()
    return sender


def read_account(text: str, field: str) -> bytes:
    """Read an account as people paste it: in lower case, or spelled with its checksum (EIP-55).

    Raises:
        MalformedError: not 20 bytes of hex, or the capitals are not those of the account.
    """
    octets = from_evm_hex(text.lower(), length=20, field=field)
    plain = octets.hex()
    digits = zip(plain, keccak256(plain.encode()).hex(), strict=False)
    spelled = "".join(one.upper() if int(digit, 16) >= 8 else one for one, digit in digits)
    if text not in {f"0x{plain}", f"0x{spelled}"}:
        raise MalformedError(
            f"expected 0x{spelled}, by the capitals one character is wrong", field=field
        )
    return octets


def _variable(members: strict_json.Members, member: str) -> str:
    name = members.text(member)
    if not _NAME.fullmatch(name):
        raise MalformedError(
            f"expected the name of a variable, got {name!r}", field=members.path(member)
        )
    return name


def _sender_json(sender: SenderChoice) -> object:
    if isinstance(sender, EnvironmentKey):
        return {"environment": sender.name}
    if isinstance(sender, ExternalSigner):
        return {"signer": sender.url, "address": to_evm_hex(sender.address)}
    if sender.passphrase_environment is not None:
        return {"passphrase_environment": sender.passphrase_environment}
    return "file" if sender.passphrase_file is None else {"passphrase_file": sender.passphrase_file}


def _read_ceilings(members: strict_json.Members) -> Ceilings:
    ceilings = Ceilings(_wei(members, "anchor_wei"), _wei(members, "day_wei"))
    members.done()
    return ceilings


def _wei(members: strict_json.Members, name: str) -> int:
    text = members.text(name)
    if not _DIGITS.fullmatch(text):
        raise MalformedError(
            f"expected wei in decimal digits, got {text!r}", field=members.path(name)
        )
    return int(text)
