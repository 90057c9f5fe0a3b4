"""What a change of the log's keys or chains is about to do, written down before it is done.

    {"format":"provenance-change","v":1,"record":"<compact SD-JWT>"}
    {"format":"provenance-change","v":1,"record":"<compact SD-JWT>",
     "policy":"<policy.json, whole>","chain":{...}|null}

The first form changes a key. The second adds a chain, with its settings, or retires one (null).
``change.json`` lies in the ledger folder from before the record is integrated until all that
follows from it is done: a record that is an entry is a change that has to be finished, one that
is none is void.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance import strict_json
from provenance.errors import MalformedError, UnfinishedChangeError
from provenance.files.atomic import fsync_folder, write_bytes
from provenance.policy import MAX_POLICY_BYTES, Policy
from provenance.record import check_audience, configuration_of, parse_record, verify_signature
from provenance.service.chain_settings import read_chain

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.ledger.ports import LogReader
    from provenance.record import Record
    from provenance.service.chain_settings import ChainSettings
    from provenance.service.settings import LedgerFolder

__all__ = [
    "Intent",
    "check_settled",
    "find_begun",
    "forget_intent",
    "read_intent",
    "write_intent",
]

FORMAT: Final = "provenance-change"
VERSION: Final = 1
_MAX_RECORD: Final = 1 << 18
_MAX_BYTES: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class Intent:
    """One change, as it was meant when it began."""

    compact: bytes
    """The ``configuration`` record, a compact SD-JWT."""
    policy: bytes | None = None
    """The policy as it will be, of a change of chains; None for a change of keys."""
    chain: ChainSettings | None = None
    """Settings of the chain that joins."""


def write_intent(folder: LedgerFolder, intent: Intent) -> None:
    """Write down what is about to be integrated, in the place of an intent that is void."""
    members: dict[str, object] = {
        "format": FORMAT,
        "v": VERSION,
        "record": intent.compact.decode("ascii"),
    }
    if intent.policy is not None:
        members["policy"] = intent.policy.decode()
        members["chain"] = None if intent.chain is None else intent.chain.to_json()
    write_bytes(_path(folder), strict_json.dump(members) + b"\n")


def read_intent(folder: LedgerFolder) -> Intent | None:
    """Return what was written down last and not forgotten; None when nothing was."""
    try:
        octets = _path(folder).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MalformedError(f"{_path(folder)}: {error.strerror}") from error
    members = strict_json.Members(strict_json.parse(octets, max_bytes=_MAX_BYTES))
    members.check_version(FORMAT, VERSION)
    compact = members.text("record", max_length=_MAX_RECORD).encode()
    intent = Intent(compact)
    if "policy" in members:
        intent = Intent(
            compact,
            members.text("policy", max_length=MAX_POLICY_BYTES).encode(),
            members.nullable("chain", lambda name: read_chain(members.object(name))),
        )
    members.done()
    return intent


def forget_intent(folder: LedgerFolder) -> None:
    """End a change: all that follows from it is durable."""
    _path(folder).unlink()
    fsync_folder(folder.root)


def find_begun(
    folder: LedgerFolder, policy: Policy, store: LogReader
) -> tuple[Intent, Record] | None:
    """Return the change that the log has and the folder perhaps not yet; None when all is done.

    Raises:
        MalformedError: what was written down is no configuration of this log.
        BadSignatureError: another key than the policy's root key signed it.
    """
    intent = read_intent(folder)
    if intent is None:
        return None
    record = parse_record(intent.compact, complete=True)
    check_audience(record, policy.origin)
    configuration_of(record)
    verify_signature(record, policy.root_key)
    return (intent, record) if store.record_indexes([record.id]) else None


def check_settled(folder: LedgerFolder, store: LogReader) -> None:
    """Check that no change of keys or chains is half done; to be asked before anything is signed.

    Raises:
        UnfinishedChangeError: the log has the change, the rest of the folder perhaps not.
    """
    begun = find_begun(folder, folder.read_policy(), store)
    if begun is None:
        return
    intent, record = begun
    raise UnfinishedChangeError(
        f"from tree size {configuration_of(record).from_tree_size} on the log has another "
        f"{_subject(intent, record)}: finish it with provenance configure {folder.root} "
        f"{_option(intent, record)}"
    )


def _subject(intent: Intent, record: Record) -> str:
    if intent.policy is not None:
        return "set of chains"
    return "checkpoint key" if configuration_of(record).add.checkpoint_keys else "beacon key"


def _option(intent: Intent, record: Record) -> str:
    change = configuration_of(record)
    if change.retire.chains and intent.policy is not None:
        return f"--retire-chain {change.retire.chains[0].chain_id}"
    if change.add.chains:
        profile = None if intent.chain is None else intent.chain.profile
        return f"--add-chain {profile or 'custom'}"
    return "--new-checkpoint-key" if change.add.checkpoint_keys else "--new-beacon-key"


def _path(folder: LedgerFolder) -> Path:
    return folder.root / "change.json"
