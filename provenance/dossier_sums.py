"""The lists of a dossier's files by SHA-256 and SM3, and which file they say was altered.

Two lists of independent hashes each know every file. A file that differs from both was altered;
one that differs from a single list shows that this list was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance.digests import sha256
from provenance.errors import MalformedError
from provenance.sm3 import sm3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["SUMS", "DossierFinding", "check_sums", "write_sums"]

SUMS: Final = {"SHA256SUMS": sha256, "SM3SUMS": sm3}
"""Each list of digests by its name; the first also lists the second."""

_LINE = re.compile(r"([0-9a-f]{64})  ([^\n\r]+)")


@dataclass(frozen=True, slots=True)
class DossierFinding:
    """Something found false, or unusable, in a dossier."""

    code: str
    """Key of the program's table of sentences."""
    file: str
    """Name of the file at fault, as the dossier has it."""
    detail: str = ""


def write_sums(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return both lists for the files of a dossier, as ``sha256sum -c`` reads them."""
    sm3_list = _sums_of(files, sm3)
    return {
        "SM3SUMS": sm3_list,
        "SHA256SUMS": _sums_of({**files, "SM3SUMS": sm3_list}, sha256),
    }


def _sums_of(files: Mapping[str, bytes], hash_of: Callable[[bytes], bytes]) -> bytes:
    """Return one list, a line a file, by name."""
    lines = (f"{hash_of(files[name]).hex()}  {name}\n" for name in sorted(files))
    return "".join(lines).encode()


def check_sums(files: Mapping[str, bytes]) -> Iterator[DossierFinding]:
    """Check (1): yield what is altered, missing, added, or listed otherwise."""
    lists: dict[str, dict[str, str]] = {}
    for name in SUMS:
        try:
            lists[name] = _read_sums(files, name)
        except MalformedError as error:
            yield DossierFinding("sums-unreadable", name, str(error))
    by_list = {
        name: {
            file for file, digest in lists[name].items() if _differs(files, file, digest, hash_of)
        }
        for name, hash_of in SUMS.items()
        if name in lists
    }
    altered = set().union(*by_list.values()) if by_list else set()
    for file in sorted(altered):
        blamed = [name for name in by_list if file in by_list[name]]
        if file not in files:
            yield DossierFinding("file-missing", file)
        elif len(by_list) == 2 and len(blamed) == 1 and file != "SM3SUMS":
            # one of two independent lists still knows the file: it is the other list that changed
            yield DossierFinding("sums-altered", blamed[0], file)
        else:
            yield DossierFinding("file-altered", file)
    known = {"SHA256SUMS", "SM3SUMS"}.union(*lists.values()) if lists else set(files)
    for file in sorted(set(files) - known):
        yield DossierFinding("file-added", file)
    if len(lists) == 2:
        yield from _compare_lists(lists)


def _compare_lists(lists: Mapping[str, Mapping[str, str]]) -> Iterator[DossierFinding]:
    first, second = (set(lists[name]) - {"SM3SUMS"} for name in ("SHA256SUMS", "SM3SUMS"))
    for file in sorted(first - second):
        yield DossierFinding("sums-altered", "SM3SUMS", file)
    for file in sorted(second - first):
        yield DossierFinding("sums-altered", "SHA256SUMS", file)
    if "SM3SUMS" not in lists["SHA256SUMS"]:
        yield DossierFinding("sums-altered", "SHA256SUMS", "SM3SUMS")


def _read_sums(files: Mapping[str, bytes], name: str) -> dict[str, str]:
    try:
        text = files[name].decode()
    except KeyError:
        raise MalformedError("missing") from None
    except UnicodeDecodeError as error:
        raise MalformedError("not UTF-8") from error
    found: dict[str, str] = {}
    if not text.endswith("\n"):
        raise MalformedError("expected a line feed at the end")
    for number, line in enumerate(text[:-1].split("\n"), start=1):
        matched = _LINE.fullmatch(line)
        if matched is None:
            raise MalformedError(f"line {number} is no digest and name")
        if matched[2] in found:
            raise MalformedError(f"line {number} names a file again")
        found[matched[2]] = matched[1]
    return found


def _differs(
    files: Mapping[str, bytes], name: str, digest: str, hash_of: Callable[[bytes], bytes]
) -> bool:
    return name not in files or hash_of(files[name]).hex() != digest
