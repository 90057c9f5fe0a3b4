"""What reading the files of a deposit again has shown, as a file that a ``fixity`` record signs.

Which files were due, anybody can work out from the manifest and the seed: of all files the
``checked`` ones with the smallest HMAC-SHA256(seed, path). The report lists what was wrong::

    {"format":"provenance-fixity-report","v":1,"record":"5f…","dataset_digest":"f8…",
     "files":1000000,"asked":"sample","seed":"9a…","checked":3000,"failed":1,"missing":0,
     "bytes":123456,"checked_digest":"c0…",
     "bad":[{"path":"a.csv","outcome":"changed","expected":"9c…","found":"e3…"}],
     "started":1790000000,"ended":1790000060,"tool":"provenance-ledger 0.1.0"}

It names no machine, no folder and no person: who read the files, the record's key says.
"""

from __future__ import annotations

import heapq
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance import strict_json
from provenance.digests import sha256
from provenance.errors import MalformedError, UnsupportedVersionError
from provenance.fingerprint import MAX_PATH_BYTES, Tally
from provenance.text import check_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.fingerprint import FileEntry

__all__ = [
    "ASKED",
    "MAX_REPORT_BYTES",
    "MOST_LISTED",
    "MOST_PATH_BYTES",
    "OUTCOMES",
    "SEED_BYTES",
    "BadFile",
    "FixityReport",
    "draw",
    "tally_of",
]

SEED_BYTES: Final = 32

ASKED: Final = ("all", "sample", "share")
"""Which files were asked for: every one, a number, or enough to find a share of bad ones."""

OUTCOMES: Final = ("changed", "unreadable", "missing")
"""What can be wrong with a file; the first two count as ``failed``."""

MOST_LISTED: Final = 10_000
"""Bad files that a report lists, the first by path; the counts are of all."""

MOST_PATH_BYTES: Final = 16 << 20
"""Bytes of their paths, of which a report lists no more either."""

MAX_REPORT_BYTES: Final = 64 << 20

_FORMAT = "provenance-fixity-report"
_MAX_TOOL = 100
_MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file that is not as the manifest lists it."""

    path: str
    outcome: str
    """Of ``OUTCOMES``."""
    expected: bytes
    """SHA-256 that the manifest lists, 32 bytes."""
    found: bytes | None = None
    """SHA-256 of what was read, 32 bytes; exactly when ``changed``."""
    reason: str | None = None
    """Why it could not be read, in English; exactly when ``unreadable``."""

    def to_json(self) -> dict[str, object]:
        """Return the members of a report's list."""
        members: dict[str, object] = {"path": self.path, "outcome": self.outcome}
        members["expected"] = self.expected.hex()
        if self.found is not None:
            members["found"] = self.found.hex()
        if self.reason is not None:
            members["reason"] = self.reason
        return members

    @classmethod
    def read(cls, members: strict_json.Members) -> BadFile:
        """Read what ``to_json`` returns.

        Raises:
            MalformedError: a member is not as it must be.
        """
        found = members.optional("found", members.hex32)
        bad = cls(
            path=members.text("path", max_length=MAX_PATH_BYTES),
            outcome=_word(members, "outcome", OUTCOMES),
            expected=members.hex32("expected"),
            found=found,
            reason=members.optional_text("reason", max_length=_MAX_REASON),
        )
        members.done()
        check_path(bad.path, members.path("path"))
        for name, belongs in (("found", "changed"), ("reason", "unreadable")):
            if (name in members) is not (bad.outcome == belongs):
                raise MalformedError(
                    f"expected it exactly when the outcome is {belongs}", field=members.path(name)
                )
        if bad.found == bad.expected:
            raise MalformedError("expected another digest", field=members.path("found"))
        return bad


@dataclass(frozen=True, slots=True)
class FixityReport:
    """One re-hash of a deposit's files, whole or by a sample; see the module."""

    record: bytes
    """Record id of the deposit, 32 bytes."""
    dataset_digest: bytes
    """Of the manifest that the files were compared with, 32 bytes."""
    files: int
    """Files of the dataset."""
    asked: str
    """Of ``ASKED``."""
    seed: bytes | None
    """32 bytes; None when every file was looked for."""
    checked: int
    """Files that were looked for."""
    failed: int
    missing: int
    length: int
    """Bytes of the files that were read to their end."""
    checked_digest: bytes
    """Dataset digest over the manifest's entries of the files that were looked for."""
    bad: tuple[BadFile, ...]
    """By path, at most ``MOST_LISTED`` and ``MOST_PATH_BYTES``."""
    started_unix: int
    """By the clock of whoever read the files; never evidence."""
    ended_unix: int
    tool: str
    """Name and version of the program."""

    @property
    def is_sound(self) -> bool:
        """Tell whether every file that was looked for is as the manifest lists it."""
        return not self.failed and not self.missing

    def to_bytes(self) -> bytes:
        """Return the report as one line of JSON."""
        members: dict[str, object] = {"format": _FORMAT, "v": 1, "record": self.record.hex()}
        members |= {"dataset_digest": self.dataset_digest.hex(), "files": self.files}
        members["asked"] = self.asked
        if self.seed is not None:
            members["seed"] = self.seed.hex()
        members |= {"checked": self.checked, "failed": self.failed, "missing": self.missing}
        members |= {"bytes": self.length, "checked_digest": self.checked_digest.hex()}
        members["bad"] = [one.to_json() for one in self.bad]
        members |= {"started": self.started_unix, "ended": self.ended_unix, "tool": self.tool}
        return strict_json.dump(members) + b"\n"

    @classmethod
    def parse(cls, octets: bytes) -> FixityReport:
        """Read a report; whether it is signed, its ``fixity`` record says.

        Raises:
            UnsupportedVersionError: another format or version.
            MalformedError: a member is not as it must be, or two cannot be true together.
        """
        members = strict_json.Members(
            strict_json.parse(octets, max_bytes=MAX_REPORT_BYTES, max_depth=3)
        )
        _check_format(members)
        files = members.integer("files", low=1)
        report = cls(
            record=members.hex32("record"),
            dataset_digest=members.hex32("dataset_digest"),
            files=files,
            asked=_word(members, "asked", ASKED),
            seed=members.optional("seed", members.hex32),
            checked=members.integer("checked", low=1, high=files),
            failed=members.integer("failed"),
            missing=members.integer("missing"),
            length=members.integer("bytes"),
            checked_digest=members.hex32("checked_digest"),
            bad=tuple(map(BadFile.read, members.objects("bad", max_items=MOST_LISTED))),
            started_unix=members.integer("started"),
            ended_unix=members.integer("ended"),
            tool=members.text("tool", max_length=_MAX_TOOL),
        )
        members.done()
        _check_whole(report)
        return report

    def claims(self) -> dict[str, object]:
        """Return the claims of the ``fixity`` record that signs this report."""
        claims: dict[str, object] = {
            "record": self.record.hex(),
            "dataset_digest": self.dataset_digest.hex(),
            "files": self.files,
            "checked": self.checked,
            "failed": self.failed,
            "missing": self.missing,
            "started": self.started_unix,
            "ended": self.ended_unix,
            "report_digest": sha256(self.to_bytes()).hex(),
        }
        return claims if self.seed is None else claims | {"sample_seed": self.seed.hex()}


def draw(entries: Iterable[FileEntry], count: int, seed: bytes) -> list[FileEntry]:
    """Return the ``count`` files with the smallest HMAC-SHA256(seed, path), by path.

    The key is the seed and the message the UTF-8 of the path (RFC 2104). Only ``count`` files are
    held, however many there are.
    """

    def rank(entry: FileEntry) -> bytes:
        return hmac.digest(seed, entry.path.encode(), "sha256")

    # code points sort as their UTF-8 bytes do
    return sorted(heapq.nsmallest(count, entries, key=rank))


def tally_of(entries: Iterable[FileEntry], tally: Tally) -> Iterator[FileEntry]:
    """Pass entries on, and count each in ``tally``: its root is the ``checked_digest``."""
    for entry in entries:
        tally.add(entry)
        yield entry


# --- reading ------------------------------------------------------------------------------


def _check_format(members: strict_json.Members) -> None:
    tag, version = members.value("format"), members.value("v")
    if tag != _FORMAT or version != 1 or version is True:
        raise UnsupportedVersionError(
            f"expected {_FORMAT} version 1, got {tag!a:.80} version {version!a:.20}", field="format"
        )


def _word(members: strict_json.Members, name: str, words: tuple[str, ...]) -> str:
    word = members.text(name)
    if word not in words:
        expected = ", ".join(words)
        raise MalformedError(
            f"expected one of {expected}; got {word!a:.40}", field=members.path(name)
        )
    return word


def _check_whole(report: FixityReport) -> None:
    """Check what two members say of one thing."""
    wrong = report.failed + report.missing
    if wrong > report.checked:
        raise MalformedError(f"expected at most {report.checked}, got {wrong}", field="missing")
    if (report.seed is None) is not (report.checked == report.files):
        raise MalformedError("expected it exactly when not every file is checked", field="seed")
    if report.asked == "all" and report.seed is not None:
        raise MalformedError("expected no seed where all files were asked for", field="seed")
    if report.ended_unix < report.started_unix:
        raise MalformedError(f"expected {report.started_unix} or later", field="ended")
    paths = [one.path for one in report.bad]
    if paths != sorted(set(paths)):
        raise MalformedError("expected each file once, in byte order", field="bad")
    missing = sum(one.outcome == "missing" for one in report.bad)
    kinds = ((len(report.bad) - missing, report.failed), (missing, report.missing))
    if any(listed > counted for listed, counted in kinds) or (wrong and not report.bad):
        raise MalformedError(f"expected files of what is counted, {wrong} in all", field="bad")
