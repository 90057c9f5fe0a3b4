"""Records a bag of each BagIt version in `bags.tar.gz`, as the programs of its time wrote it.

Usage: python record_bags.py

No tool of today writes a version before 0.97. What differs between the versions is taken from the
drafts (draft-kunze-bagit-00 is 0.93, -01 is 0.94, -03 is 0.96) and from the Library of Congress's
bagit-java, which read all of them: up to 0.95 the metadata is in `package-info.txt`, under other
labels, and a backslash may stand between the parts of a path; up to 0.97 a payload file may be
listed in one manifest only. Every bag has a file that is still to be fetched.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path
from typing import NamedTuple

FILES = {"a.csv": b"x\n1\n", "sub/\u6d4b\u91cf.csv": b"y\n2\n", "50% done.txt": b"z\n"}
"""What lies in the bag."""

FETCHED = {"far/away.bin": b"far away"}
"""What has to be fetched."""


class Form(NamedTuple):
    """How a version, or a program that wrote it, differs from the others."""

    version: str
    info: str = "bag-info.txt"
    oxum: str = "Payload-Oxum"
    gap: str = "  "
    is_windows: bool = False
    encodes: bool = False
    parts: bool = False


FORMS = {
    "0.93": Form("0.93", "package-info.txt", "Payload-Ossum", " "),
    "0.94": Form("0.94", "package-info.txt", "Payload-Ossum", "\t"),
    "0.95": Form("0.95", "package-info.txt", "Payload-Oxsum", " *"),
    "0.95-windows": Form("0.95", "package-info.txt", is_windows=True),
    "0.96": Form("0.96", parts=True),
    "0.97": Form("0.97", gap=" *"),
    "1.0": Form("1.0", encodes=True),
}


def bag(form: Form) -> dict[str, bytes]:
    """Return path -> content of one bag; text lines end as they do where it was written."""
    payload = {f"data/{name}": octets for name, octets in (FILES | FETCHED).items()}
    length = sum(map(len, payload.values()))
    tags = {
        "bagit.txt": f"BagIt-Version: {form.version}\nTag-File-Character-Encoding: UTF-8\n",
        form.info: f"Source-Organization: Polar Institute\n{form.oxum}: {length}.{len(payload)}\n",
        "fetch.txt": "".join(
            f"https://example.org/{name} {len(octets)} {_written('data/' + name, form)}\n"
            for name, octets in FETCHED.items()
        ),
    }
    names = sorted(payload)
    for algorithm in ("md5", "sha256"):
        listed = names[1:] if form.parts and algorithm == "sha256" else names
        lines = [_line(algorithm, name, payload[name], form) for name in listed]
        tags[f"manifest-{algorithm}.txt"] = "".join(lines)
    found = {name: _octets(text, form) for name, text in tags.items()}
    lines = [_line("md5", name, octets, form) for name, octets in sorted(found.items())]
    found["tagmanifest-md5.txt"] = _octets("".join(lines), form)
    return found | {f"data/{name}": octets for name, octets in FILES.items()}


def _octets(text: str, form: Form) -> bytes:
    return text.replace("\n", "\r\n" if form.is_windows else "\n").encode()


def _line(algorithm: str, name: str, octets: bytes, form: Form) -> str:
    return f"{hashlib.new(algorithm, octets).hexdigest()}{form.gap}{_written(name, form)}\n"


def _written(name: str, form: Form) -> str:
    if form.is_windows:
        return name.replace("/", "\\")
    return name.replace("%", "%25") if form.encodes else name


def archive() -> bytes:
    """Return a tar of all of them, the same each time."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder, form in FORMS.items():
            for name, octets in sorted(bag(form).items()):
                member = tarfile.TarInfo(f"bags/{folder}/{name}")
                member.size = len(octets)
                tar.addfile(member, io.BytesIO(octets))
    return written.getvalue()


if __name__ == "__main__":
    packed = gzip.compress(archive(), mtime=0)
    Path(__file__).with_name("bags.tar.gz").write_bytes(packed)
