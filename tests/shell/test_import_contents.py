"""Archives as streams: what they hold, and what they are refused for."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import pytest

from provenance.errors import FileAccessError, MalformedError, TooLargeError
from provenance.imports import contents
from provenance.imports.contents import (
    FileDigests,
    first_names,
    hash_files,
    is_archive,
    is_zip,
    look_into,
    read_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {"a/x.csv": b"x\n" * 1000, "测量.csv": b"y\n", "empty": b""}


def nothing(_: str) -> bool:
    return False


def as_folder(place: Path) -> Path:
    for name, octets in FILES.items():
        (place / "f" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "f" / name).write_bytes(octets)
    return place / "f"


def as_zip(place: Path) -> Path:
    with zipfile.ZipFile(place / "f.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in FILES.items():
            archive.writestr(name, octets)
    return place / "f.zip"


def as_tar(place: Path) -> Path:
    return pack(place / "f.tar", FILES)


def as_tgz(place: Path) -> Path:
    (place / "f.tgz").write_bytes(gzip.compress(as_tar(place).read_bytes()))
    return place / "f.tgz"


def pack(path: Path, files: dict[str, bytes], **fields: object) -> Path:
    """A tar of files whose headers have some fields changed."""
    with tarfile.open(path, "w") as archive:
        for name, octets in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(octets)
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(octets))
    return path


@pytest.mark.parametrize("make", [as_folder, as_zip, as_tar, as_tgz])
def test_every_place_has_the_same_contents(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path)

    found = look_into(path, lambda name: name == "测量.csv")

    assert found.lengths == {name: len(octets) for name, octets in FILES.items()}
    assert found.texts == {"测量.csv": b"y\n"}
    algorithms = ["md5", "sha3-256"]
    assert dict(hash_files(path, ["a/x.csv", "not there"], algorithms)) == {
        "a/x.csv": FileDigests(
            (
                hashlib.md5(FILES["a/x.csv"]).digest(),
                hashlib.sha3_256(FILES["a/x.csv"]).digest(),
            ),
            2000,
        )
    }


def test_blake3_and_sm3_are_hashed_too(tmp_path: Path) -> None:
    path = as_folder(tmp_path)

    ((_, hashed),) = hash_files(path, ["empty"], ["blake3", "sm3"])

    assert hashed.digests[0].hex().startswith("af1349b9f5f9a1a6")
    assert hashed.digests[1].hex().startswith("1ab21d8355cfa17f")


def test_what_an_archive_is_shows_in_its_first_bytes(tmp_path: Path) -> None:
    folder = as_folder(tmp_path)
    packed = as_zip(tmp_path)
    packed.rename(tmp_path / "no suffix")

    assert is_zip(tmp_path / "no suffix")
    assert is_archive(as_tgz(tmp_path))
    assert not is_archive(folder)
    assert not is_archive(folder / "a" / "x.csv")
    assert first_names(folder / "a" / "x.csv") == []
    assert "测量.csv" in first_names(tmp_path / "f.tgz")


SLIPS = ["../up", "a/../../up", "/etc/passwd", "..\\up", "C:/up", "C:\\up", "a\\..\\..\\up"]


@pytest.mark.parametrize("name", SLIPS)
def test_a_name_that_leads_out_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr(name, "x")
    packed = pack(tmp_path / "f.tar", {name: b"x"})

    for path in (tmp_path / "f.zip", packed):
        with pytest.raises(MalformedError, match="leads out"):
            look_into(path, nothing)
        with pytest.raises(MalformedError, match="leads out"):
            list(hash_files(path, ["up"], ["sha256"]))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: bytes) -> None:
    path = pack(tmp_path / "f.tar", {"a": b""}, type=kind, linkname="/etc/passwd")

    with pytest.raises(MalformedError, match=r"f\.tar:a: .*link"):
        look_into(path, nothing)


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")

    with pytest.raises(MalformedError, match="link"):
        look_into(tmp_path / "f.zip", nothing)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_is_refused(tmp_path: Path) -> None:
    """Which of the two a program unpacks differs from program to program."""
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr("a", "1")
        archive.writestr("a", "2")
    with tarfile.open(tmp_path / "f.tar", "w") as tar:
        for octets, name in ((b"1", "a"), (b"2", "./a")):
            info = tarfile.TarInfo(name)
            info.size = 1
            tar.addfile(info, io.BytesIO(octets))

    for name in ("f.zip", "f.tar"):
        with pytest.raises(MalformedError, match="twice"):
            look_into(tmp_path / name, nothing)


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """A few kilobytes can name petabytes that way."""
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(range(256)) * 100)
        first = archive.infolist()[0]
        for number in range(20):
            twin = zipfile.ZipInfo(f"b{number}")
            for field in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(twin, field, getattr(first, field))
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin

    with pytest.raises(MalformedError, match="overlap"):
        look_into(path, nothing)


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = as_zip(tmp_path)
    octets = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        octets[octets.index(mark) + offset] |= 1
    path.write_bytes(octets)

    with pytest.raises(MalformedError, match="encrypted"):
        look_into(path, nothing)


def test_a_text_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "MAX_TEXT_BYTES", 1_000)

    for path in (as_zip(tmp_path), as_tgz(tmp_path), as_folder(tmp_path)):
        with pytest.raises(TooLargeError):
            look_into(path, lambda _: True)
    with pytest.raises(TooLargeError):
        read_text(tmp_path / "f" / "a" / "x.csv")


def test_what_a_small_archive_would_become_is_not_unpacked(tmp_path: Path) -> None:
    """A document of 300 MiB of spaces, in 300 kB."""
    with (
        zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a/ro-crate-metadata.json", "w") as file,
    ):
        for _ in range(300):
            file.write(b" " * (1 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            look_into(tmp_path / "bomb.zip", lambda _: True)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MAX_FILES", 2)

    for path in (as_zip(tmp_path), as_tar(tmp_path), as_folder(tmp_path)):
        with pytest.raises(TooLargeError):
            look_into(path, nothing)


def test_a_header_of_absurd_length_is_not_read_into_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    path = tmp_path / "f.tar"
    path.write_bytes(info.tobuf(tarfile.USTAR_FORMAT) + bytes(4096))

    with pytest.raises(MalformedError, match="damaged"):
        look_into(path, nothing)


@pytest.mark.parametrize("make", [as_zip, as_tar, as_tgz])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_cut_archive_is_damaged(
    tmp_path: Path, make: Callable[[Path], Path], share: float
) -> None:
    path = make(tmp_path)
    octets = path.read_bytes()
    if make is as_tar:  # it ends in kilobytes of zeros
        octets = octets[:4000]
    path.write_bytes(octets[: int(len(octets) * share)])

    with pytest.raises((MalformedError, FileAccessError)):
        list(hash_files(path, list(FILES), ["sha256"]))


def test_a_member_whose_bytes_have_changed_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("测量.csv", b"y\n")
    path.write_bytes(path.read_bytes().replace(b"y\n", b"z\n", 1))

    with pytest.raises(MalformedError, match="damaged"):
        list(hash_files(path, ["测量.csv"], ["sha256"]))


def test_zip_names_in_utf_8_that_do_not_say_so_are_read(tmp_path: Path) -> None:
    path = as_zip(tmp_path)
    octets = bytearray(path.read_bytes())
    at = octets.index(b"PK\x01\x02", octets.index(b"PK\x01\x02") + 4)
    for mark in (octets.index("测".encode()) - 30, at):  # both headers of the second member
        flags = 6 if octets[mark : mark + 4] == b"PK\x03\x04" else 8
        octets[mark + flags + 1] &= ~0x08
    path.write_bytes(octets)

    assert "测量.csv" in look_into(path, nothing).lengths


def test_links_of_a_folder_are_listed_apart_and_not_followed(tmp_path: Path) -> None:
    folder = as_folder(tmp_path)
    (folder / "link").symlink_to("empty")
    (folder / "loop").symlink_to(".")

    found = look_into(folder, lambda _: True)

    assert found.links == {"link", "loop"}
    assert found.lengths.keys() == FILES.keys()
    assert list(hash_files(folder, ["link"], ["sha256"])) == []


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileAccessError, match="absent"):
        read_text(tmp_path / "absent")
    with pytest.raises(FileAccessError, match="absent"):
        look_into(tmp_path / "absent", nothing)
