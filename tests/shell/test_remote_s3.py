"""Objects of S3, served by moto on the loopback interface; the real clients ask it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from provenance.errors import (
    FileAccessError,
    MalformedError,
    MissingChecksumError,
    UnusableDatasetError,
)
from provenance.files.manifest_file import write_blocks
from provenance.files.tree import Problems
from provenance.files.walk import CHANGED_FILE, hash_blocks, hash_dataset
from provenance.fingerprint import FileEntry
from provenance.remote.hash_url import RANGE_BYTES, hash_files, hash_url
from provenance.remote.location import open_location
from provenance.remote.recheck_url import recheck_url
from provenance.remote.stored_checksums import read_stored
from provenance.remote.url import Url

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[2] / ".tools" / "data"
REAL = [DATA / "pvlib" / "pvlib" / "data", DATA / "nilearn" / "nilearn" / "datasets" / "data"]


class Bucket:
    def __init__(self, client: Any) -> None:  # noqa: ANN401 -- boto3 has no types
        self.client = client
        client.create_bucket(Bucket="data-bucket")

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(
            Bucket="data-bucket", Key=key, Body=content, ChecksumAlgorithm="SHA256"
        )

    def put_folder(self, prefix: str, folder: Path, most: int = 20) -> None:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        for path in files[:most]:
            self.put(prefix + str(path.relative_to(folder)), path.read_bytes())


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
        yield Bucket(boto3.client("s3"))
    server.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    for path, content in {
        "a-b.csv": b"1,2\n",
        "a/long.bin": random.Random(3).randbytes(RANGE_BYTES + 99_999),
        "a/empty": b"",
        "数据/é & 🙂 100%.txt": b"x",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def test_prefix_gives_the_manifest_of_the_local_engine(
    bucket: Bucket, folder: Path, tmp_path: Path
) -> None:
    bucket.put_folder("set/", folder)
    bucket.put("set/a/", b"")  # as a console makes an empty folder
    algorithms = ("sm3", "sha256-chunks")
    write_blocks(tmp_path / "here.jsonl", hash_blocks(folder, algorithms=algorithms), algorithms)

    blocks = hash_url(Url("s3://data-bucket/set"), algorithms=algorithms)
    write_blocks(tmp_path / "there.jsonl", blocks, algorithms)

    for suffix in ("", ".sm3", ".chunks"):
        one, other = (tmp_path / f"{name}{suffix}.jsonl" for name in ("there", "here"))
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("real", REAL, ids=["pvlib", "nilearn"])
def test_real_data_give_the_manifest_of_the_local_engine(
    bucket: Bucket, real: Path, tmp_path: Path
) -> None:
    some = tmp_path / "some"
    files = sorted(path for path in real.rglob("*") if path.is_file())[:12]
    for path in files:
        (some / path.relative_to(real)).parent.mkdir(parents=True, exist_ok=True)
        (some / path.relative_to(real)).write_bytes(path.read_bytes())
    bucket.put_folder(f"{real.parts[-2]}/", some)
    write_blocks(tmp_path / "here.jsonl", hash_blocks(some))

    write_blocks(tmp_path / "there.jsonl", hash_url(Url(f"s3://data-bucket/{real.parts[-2]}/")))

    assert len(files) > 10
    assert (tmp_path / "there.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()


def test_one_object_is_a_dataset(bucket: Bucket) -> None:
    bucket.put("alone/x.csv", b"x")

    blocks = hash_url(Url("s3://data-bucket/alone/x.csv"))

    assert [entry.path for block in blocks for entry in block.entries()] == ["x.csv"]


def test_object_that_changed_since_it_was_listed_is_told(bucket: Bucket) -> None:
    bucket.put("moving/a", b"one")
    bucket.put("moving/b", b"one")
    bucket.put("moving/c", b"one")
    location = open_location(Url("s3://data-bucket/moving"))
    files = list(location.files(Problems()))
    bucket.put("moving/a", b"two")
    bucket.client.delete_object(Bucket="data-bucket", Key="moving/b")

    rows = {file.path: row.wrong for file, row in hash_files(location, files, (), lambda _: None)}
    location.close()

    assert rows == {"a": CHANGED_FILE, "b": CHANGED_FILE, "c": ""}


def test_keys_that_no_manifest_may_have_are_all_told_before_anything_is_read(
    bucket: Bucket,
) -> None:
    bad = ["bad/a//b", "bad/c/../d", "bad/X", "bad/x", "bad/folder", "bad/folder/file"]
    bad += ["bad/e\u0301", "bad/\u00e9"]
    for key in bad:
        bucket.put(key, b"x")

    with pytest.raises(UnusableDatasetError) as caught:
        list(hash_url(Url("s3://data-bucket/bad/")))

    assert [path for path, _, _ in caught.value.problems] == [
        "a//b",
        "c/../d",
        "folder/file",
        "x",
        "é",
    ]


def test_nothing_there_no_bucket_and_an_ambiguous_name_are_told_apart(bucket: Bucket) -> None:
    bucket.put("both", b"x")
    bucket.put("both/x", b"x")

    with pytest.raises(FileAccessError, match="nothing is there"):
        list(hash_url(Url("s3://data-bucket/nothing")))
    with pytest.raises(FileAccessError, match="NoSuchBucket"):
        list(hash_url(Url("s3://no-such-bucket/x")))
    with pytest.raises(FileAccessError, match="an object and a prefix"):
        list(hash_url(Url("s3://data-bucket/both")))
    with pytest.raises(MalformedError, match="BUCKET"):
        list(hash_url(Url("s3:///x")))


def test_missing_credentials_are_told(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert bucket.client
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(FileAccessError, match="FSSPEC_S3_ANON"):
        list(hash_url(Url("s3://data-bucket/set")))


# --- stored checksums ---------------------------------------------------------------------


def test_stored_checksums_of_whole_objects_are_imported(bucket: Bucket, folder: Path) -> None:
    bucket.put_folder("stored/", folder)

    imported = read_stored(Url("s3://data-bucket/stored"))

    hashed = [entry for block in hash_blocks(folder) for entry in block.entries()]
    assert imported.source == "s3"
    assert imported.entries == tuple(entry._replace(imported=True) for entry in hashed)
    assert all(isinstance(entry, FileEntry) for entry in imported.entries)


def test_objects_without_a_checksum_of_the_whole_are_all_named(bucket: Bucket) -> None:
    client = bucket.client
    bucket.put("mixed/good", b"x")
    client.put_object(Bucket="data-bucket", Key="mixed/none", Body=b"x", ChecksumAlgorithm="CRC32")
    key = {"Bucket": "data-bucket", "Key": "mixed/parts"}
    upload = client.create_multipart_upload(**key, ChecksumAlgorithm="SHA256")["UploadId"]
    done = []
    for number, body in enumerate([b"x" * (5 << 20), b"y"], start=1):
        part = client.upload_part(
            **key, UploadId=upload, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256"
        )
        done.append(
            {"PartNumber": number, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}
        )
    client.complete_multipart_upload(**key, UploadId=upload, MultipartUpload={"Parts": done})

    with pytest.raises(MissingChecksumError) as caught:
        read_stored(Url("s3://data-bucket/mixed/"))

    assert [path for path, _ in caught.value.files] == ["none", "parts"]


def test_objects_are_read_again_and_damage_is_named(bucket: Bucket, folder: Path) -> None:
    due = list(hash_dataset(folder))
    bucket.put_folder("again/", folder)

    sound = recheck_url(Url("s3://data-bucket/again/"), due)
    bucket.put("again/数据/é & 🙂 100%.txt", b"y")
    bucket.client.delete_object(Bucket="data-bucket", Key="again/a-b.csv")
    damaged = recheck_url(Url("s3://data-bucket/again"), due)

    assert (sound.failed, sound.missing, sound.bad) == (0, 0, ())
    assert [(one.path, one.outcome) for one in damaged.bad] == [
        ("a-b.csv", "missing"),
        ("数据/é & 🙂 100%.txt", "changed"),
    ]
