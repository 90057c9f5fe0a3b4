"""Copy a ledger into one file while it runs, and make a ledger folder of such a file again.

An archive is a tar file. Its first member says what the others must be, so a damaged one is
found before anything is made of it::

    backup.json      {"format":"provenance-backup","v":1,"of":"ledger"|"disclosure-keys",
                      "origin":"...","tree_size":17,"database":"sqlite"|"postgresql",
                      "files":[{"name":"policy.json","length":911,"sha256":"<hex>"}, ...]}
    policy.json      the policy, byte for byte
    ledger.json      the settings without the databases' addresses
    database         SQLite file, or PostgreSQL's own archive

What is not in it, on purpose: private keys; the disclosures' keys, which have an archive of their
own, so that erasing them erases; and the signer's memory. A restored copy has to meet the memory
that knows what was signed after it was made: a memory from the same moment would agree to a fork.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
import tempfile
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from provenance import strict_json
from provenance.errors import AlreadyExistsError, MalformedError
from provenance.files.atomic import PRIVATE, fsync_folder, make_folder, write_bytes, writing
from provenance.ledger.erase_disclosures import apply_erasures
from provenance.policy import Policy
from provenance.service.audit import audit_folder, rebuild_if_due
from provenance.service.restored import note_restored
from provenance.service.settings import Databases, LedgerFolder, Settings
from provenance.store.copies import check_empty, copy_into, copy_out
from provenance.store.key_store import open_key_store
from provenance.store.log_store import open_log_store
from provenance.store.read_only import open_read_only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.ledger.audit_log import AuditReport

__all__ = [
    "DISCLOSURE_KEYS",
    "LEDGER",
    "ArchivedFile",
    "Backup",
    "describe",
    "make_backup",
    "restore_backup",
]

FORMAT: Final = "provenance-backup"
VERSION: Final = 1
LEDGER: Final = "ledger"
DISCLOSURE_KEYS: Final = "disclosure-keys"

_CONTENTS: Final = "backup.json"
_DATABASE: Final = "database"
_POLICY: Final = "policy.json"
_SETTINGS: Final = "ledger.json"
_MAX_CONTENTS: Final = 1 << 16
_PART: Final = 1 << 20
_MEMBERS: Final = {LEDGER: [_POLICY, _SETTINGS, _DATABASE], DISCLOSURE_KEYS: [_DATABASE]}


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """One member of an archive, by which damage to it is found."""

    name: str
    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Backup:
    """What an archive says that it holds."""

    of: str
    """``ledger`` or ``disclosure-keys``."""
    origin: str
    tree_size: int
    """Entries under the newest checkpoint when the copy began; it may hold some more."""
    database: str
    """``sqlite`` or ``postgresql``: a copy goes back into one of its kind."""
    files: tuple[ArchivedFile, ...]

    def to_bytes(self) -> bytes:
        """Serialise, one line."""
        value = {
            "format": FORMAT,
            "v": VERSION,
            "of": self.of,
            "origin": self.origin,
            "tree_size": self.tree_size,
            "database": self.database,
            "files": [
                {"name": one.name, "length": one.length, "sha256": one.sha256} for one in self.files
            ],
        }
        return strict_json.dump(value) + b"\n"

    @classmethod
    def parse(cls, octets: bytes) -> Backup:
        """Read the contents of an archive strictly.

        Raises:
            MalformedError: ``field`` names the member.
        """
        members = strict_json.Members(strict_json.parse(octets, max_bytes=_MAX_CONTENTS))
        members.check_version(FORMAT, VERSION)
        found = cls(
            of=members.text("of"),
            origin=members.text("origin"),
            tree_size=members.integer("tree_size"),
            database=members.text("database"),
            files=tuple(map(_file, members.objects("files", max_items=8))),
        )
        members.done()
        if [one.name for one in found.files] != _MEMBERS.get(found.of):
            raise MalformedError("expected the files of a ledger or of its keys", field="files")
        return found


def _file(members: strict_json.Members) -> ArchivedFile:
    found = ArchivedFile(
        members.text("name"), members.integer("length"), members.hex32("sha256").hex()
    )
    members.done()
    return found


# --- backing up -------------------------------------------------------------------------------


def make_backup(folder: LedgerFolder, target: Path, *, of: str = LEDGER) -> Backup:
    """Copy one moment of a ledger into the new file ``target``, while a service may write.

    The file is there whole, and durable, or not at all. Beside it the copy lies for a while.

    Args:
        of: ``LEDGER``, or ``DISCLOSURE_KEYS`` for an archive of the key store alone.

    Raises:
        AlreadyExistsError: something is at ``target``.
        MalformedError: not a ledger folder.
        UnavailableError: the database is away.
    """
    if target.exists():
        raise AlreadyExistsError(f"{target} exists and is kept as it is")
    settings = folder.read_settings()
    policy = folder.policy.read_bytes()
    database = folder.log_database(settings) if of == LEDGER else folder.key_database(settings)
    kept = replace(settings, database=None)
    with open_read_only(folder.log_database(settings)) as ledger:
        signed = ledger.log.newest_signed()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as scratch:
        copy = Path(scratch) / _DATABASE
        copy_out(database, copy)
        sources: dict[str, bytes | Path] = {_DATABASE: copy}
        if of == LEDGER:
            sources = {_POLICY: policy, _SETTINGS: kept.to_bytes(), **sources}
        backup = Backup(
            of=of,
            origin=Policy.parse(policy).origin,
            tree_size=0 if signed is None else signed.tree_size,
            database="postgresql" if isinstance(database, str) else "sqlite",
            files=tuple(describe(name, source) for name, source in sources.items()),
        )
        with writing(target, mode=PRIVATE, replace=False) as file:
            _pack(file, backup, sources)
    return backup


def describe(name: str, source: bytes | Path) -> ArchivedFile:
    """Return what ``backup.json`` says of a member, given as its bytes or as a file of them."""
    with _opened(source) as file:
        digest = hashlib.file_digest(file, "sha256")
        return ArchivedFile(name, file.seek(0, os.SEEK_END), digest.hexdigest())


def _opened(source: bytes | Path) -> io.BytesIO | io.BufferedReader:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _pack(target: BinaryIO, backup: Backup, sources: dict[str, bytes | Path]) -> None:
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        contents = backup.to_bytes()
        described = [ArchivedFile(_CONTENTS, len(contents), ""), *backup.files]
        for one in described:
            member = tarfile.TarInfo(one.name)
            member.size, member.mode = one.length, PRIVATE
            with _opened({_CONTENTS: contents, **sources}[one.name]) as file:
                archive.addfile(member, file)


# --- restoring --------------------------------------------------------------------------------


def restore_backup(
    archive: Path,
    folder: LedgerFolder,
    *,
    keys: Path | None = None,
    databases: Databases | None = None,
) -> AuditReport:
    """Make a ledger folder of an archive, and audit every entry of it.

    The folder appears when the audit has passed. Private keys and the signer's memory are still
    to be put into it; without the memory nothing can be signed. It is served when every chain has
    been asked once (``service.restored``).

    Args:
        keys: an archive of the key store; None leaves every disclosure erased.
        databases: two empty PostgreSQL databases, for a copy that was made of such.

    Raises:
        AlreadyExistsError: the folder or a database is not empty; nothing was changed.
        MalformedError: the archive is damaged, or of another kind.
        AuditError: what was restored is not a whole log: the folder is not made.
    """
    if folder.root.exists():
        raise AlreadyExistsError(f"{folder.root} exists and is kept as it is")
    make_folder(folder.root.parent)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(_scratch(folder.root)))
        backup = _unpack(archive, scratch / LEDGER, LEDGER)
        key_backup = None
        if keys is not None:
            key_backup = _unpack(keys, scratch / DISCLOSURE_KEYS, DISCLOSURE_KEYS)
        _check_fit(backup, key_backup, databases)
        made = LedgerFolder(scratch / "folder")
        make_folder(made.root)
        settings = _place_files(backup, scratch / LEDGER, made, databases)
        _place_databases(scratch, made, settings, with_keys=key_backup is not None)
        report = _settle(made, settings)
        note_restored(made)
        # a crash here leaves a folder with a name of its own, and the databases filled
        made.root.rename(folder.root)
        fsync_folder(folder.root.parent)
    return report


def _settle(made: LedgerFolder, settings: Settings) -> AuditReport:
    """Bring what was restored up to date: what the log orders erased is so before the audit."""
    with (
        closing(open_log_store(made.log_database(settings))) as store,
        closing(open_key_store(made.key_database(settings))) as key_store,
    ):
        rebuild_if_due(made, store)
        apply_erasures(store, key_store, again=True)
        report, _ = audit_folder(made, ask_chain=False, with_memory=False)
        store.note_audited()
    return report


@contextmanager
def _scratch(beside: Path) -> Iterator[str]:
    name = tempfile.mkdtemp(dir=beside.parent, prefix=f".{beside.name}.restoring-")
    try:
        yield name
    finally:
        shutil.rmtree(name, ignore_errors=True)


def _check_fit(backup: Backup, keys: Backup | None, databases: Databases | None) -> None:
    wanted = "sqlite" if databases is None else "postgresql"
    for one in [backup] if keys is None else [backup, keys]:
        if one.database != wanted:
            raise MalformedError(
                f"a copy of a {one.database} database goes into one of its kind", field="database"
            )
    if keys is not None and keys.origin != backup.origin:
        raise MalformedError(
            f"the keys are those of {keys.origin!r}, not of {backup.origin!r}", field="keys"
        )
    if databases is not None:
        check_empty(databases.ledger)
        check_empty(databases.keys)


def _place_files(
    backup: Backup, unpacked: Path, made: LedgerFolder, databases: Databases | None
) -> Settings:
    policy = (unpacked / _POLICY).read_bytes()
    if Policy.parse(policy).origin != backup.origin:
        raise MalformedError("the policy is another log's", field=_POLICY)
    settings = Settings.parse((unpacked / _SETTINGS).read_bytes())
    settings = replace(settings, database=databases)
    write_bytes(made.policy, policy)
    made.write_settings(settings)
    return settings


def _place_databases(
    scratch: Path, made: LedgerFolder, settings: Settings, *, with_keys: bool
) -> None:
    copy_into(scratch / LEDGER / _DATABASE, made.log_database(settings))
    # an older release's copy is brought to the schema of this one before it is audited
    open_log_store(made.log_database(settings)).close()
    if with_keys:
        copy_into(scratch / DISCLOSURE_KEYS / _DATABASE, made.key_database(settings))
    open_key_store(made.key_database(settings)).close()
    fsync_folder(made.root)


def _unpack(archive: Path, target: Path, of: str) -> Backup:
    """Write the members of an archive into the new folder ``target``, each checked.

    Raises:
        MalformedError: not such an archive, or a member is not what it was.
    """
    make_folder(target)
    try:
        with archive.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as members:
            backup = Backup.parse(_whole(_next(members, _CONTENTS), _MAX_CONTENTS))
            if backup.of != of:
                raise MalformedError(f"expected an archive of {of}, got {backup.of}", field="of")
            for one in backup.files:
                _extract(_next(members, one.name), one, target / one.name)
    except (tarfile.TarError, EOFError) as error:
        raise MalformedError(f"{archive} is damaged: {error}") from error
    return backup


def _next(members: tarfile.TarFile, name: str) -> BinaryIO:
    """Open the next member, which must have the name that is due."""
    member = members.next()
    if member is None or member.name != name or not member.isreg():
        raise MalformedError(f"expected the member {name}", field=_CONTENTS)
    return cast("BinaryIO", members.extractfile(member))


def _whole(file: BinaryIO, limit: int) -> bytes:
    octets = file.read(limit + 1)
    if len(octets) > limit:
        raise MalformedError(f"expected at most {limit} bytes", field=_CONTENTS)
    return octets


def _extract(file: BinaryIO, expected: ArchivedFile, target: Path) -> None:
    digest, length = hashlib.sha256(), 0
    with target.open("wb") as out:
        while part := file.read(_PART):
            digest.update(part)
            length += len(part)
            out.write(part)
    if (length, digest.hexdigest()) != (expected.length, expected.sha256):
        raise MalformedError("the backup is damaged", field=expected.name)
