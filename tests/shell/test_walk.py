import ast
import errno
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.errors import EmptyDatasetError, UnusableDatasetError
from provenance.files import hash_file, tree, walk
from provenance.files.hash_file import Answer, BatchHasher
from provenance.files.long_file import hash_long
from provenance.files.tree import Found, Problem, Problems, walk_tree
from provenance.files.walk import fingerprint_dataset, hash_dataset
from provenance.fingerprint import FileEntry, in_order, summarize


def put(folder: Path, path: str, content: bytes = b"content") -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def naive(folder: Path) -> list[FileEntry]:
    """List the files of a tidy folder as a few lines of Python would."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    entries = [
        FileEntry(str(path.relative_to(folder)), sha256(content).digest(), len(content))
        for path in files
        for content in [path.read_bytes()]
    ]
    return sorted(entries, key=lambda entry: entry.path.encode())


def problems_of(path: Path) -> dict[str, str]:
    """Return path -> what is wrong."""
    with pytest.raises(UnusableDatasetError) as caught:
        list(hash_dataset(path))
    return {problem.path: problem.what for problem in map(Problem._make, caught.value.problems)}


def ignore(_: int) -> None:
    """Take a count of bytes that no test asks for."""


def hash_short(folder: int, name: bytes) -> Answer:
    """Hash one file of an open folder as a short one."""
    return Answer(BatchHasher().hash_batch([folder], b"\0" + name), 1, 0, has_states=False)


def paths(found: Iterator[Found]) -> list[str]:
    return [files.prefix + name for files in found for name in files.names]


# --- what is found ------------------------------------------------------------------------


def test_folder_is_listed_in_manifest_order(tmp_path: Path) -> None:
    for path in ("b/c", "b-d", "b.e/f", "b0", "a", "é/x", "中/y", "B1", "z/z/z/z"):
        put(tmp_path, path, path.encode())

    entries = list(hash_dataset(tmp_path))

    assert entries == naive(tmp_path)
    assert [entry.path for entry in entries][:4] == ["B1", "a", "b-d", "b.e/f"]
    assert list(in_order(entries)) == entries


NAMES = st.text(st.sampled_from("ab.-/0!é中 \\"), min_size=1, max_size=8)
TREES = st.lists(NAMES.map(lambda name: f"r/{name}/f"), max_size=25)


@given(TREES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_tree_is_listed_as_the_naive_way_does(tmp_path: Path, paths: list[str]) -> None:
    root = Path(tempfile.mkdtemp(dir=tmp_path))
    put(root, "file")
    for path in paths:
        # ``..`` and ``.`` parts only lead elsewhere below the same folder
        target = Path(os.path.normpath(root / path.replace("..", "__")))
        if not any(above.is_file() for above in target.parents) and not target.exists():
            put(root, str(target.relative_to(root)), path.encode())

    assert list(hash_dataset(root, workers=2)) == naive(root)


def test_single_file_goes_by_its_own_name(tmp_path: Path) -> None:
    file = put(tmp_path, "data.csv", b"1,2")

    assert list(hash_dataset(file)) == [FileEntry("data.csv", sha256(b"1,2").digest(), 3)]


def test_folder_may_be_named_by_a_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "d/a")
    monkeypatch.chdir(tmp_path / "d")

    for path in (Path(), Path(".."), Path("../d"), Path("a")):
        assert [entry.path for entry in hash_dataset(path)][-1] == (
            "d/a" if path.name == ".." else "a"
        )


def test_name_of_the_folder_does_not_matter(tmp_path: Path) -> None:
    put(tmp_path, "one/a")
    put(tmp_path, "two/a")

    assert fingerprint_dataset(tmp_path / "one") == fingerprint_dataset(tmp_path / "two")


def test_empty_folders_do_not_count(tmp_path: Path) -> None:
    put(tmp_path, "a")
    before = fingerprint_dataset(tmp_path)
    (tmp_path / "empty" / "er").mkdir(parents=True)

    assert fingerprint_dataset(tmp_path) == before


def test_dataset_without_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(EmptyDatasetError):
        list(hash_dataset(tmp_path))


def test_name_on_disk_is_turned_into_nfc_and_still_opened(tmp_path: Path) -> None:
    put(tmp_path, "Cafe\u0301/re\u0301sume\u0301.txt", b"menu")

    (entry,) = hash_dataset(tmp_path)

    assert entry == FileEntry("Caf\u00e9/r\u00e9sum\u00e9.txt", sha256(b"menu").digest(), 4)


def test_deep_tree_is_walked_to_its_end(tmp_path: Path) -> None:
    put(tmp_path, "/".join(["d"] * 400) + "/file")

    (entry,) = hash_dataset(tmp_path)

    assert entry.path.count("/") == 400


def test_long_and_short_files_are_hashed_alike(tmp_path: Path) -> None:
    lengths = [0, 1, hash_file.LONG_BYTES - 1, hash_file.LONG_BYTES, hash_file.LONG_BYTES + 1]
    lengths += [walk.BYTES_IN_BATCH + 1, 3]
    for number, length in enumerate(lengths):
        put(tmp_path, f"{number}", os.urandom(length))

    assert list(hash_dataset(tmp_path)) == naive(tmp_path)


# --- many files ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """6,000 short files, and some long ones between them."""
    folder = tmp_path_factory.mktemp("many")
    for number in range(6_000):
        put(folder, f"{number % 71}/{number % 7}/{number}", b"%d" % number)
    for number in range(20):
        put(folder, f"{number}/long", os.urandom(300_000))
    return folder


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_many_files_are_hashed_as_few_are(many: Path, workers: int) -> None:
    assert list(hash_dataset(many, workers=workers)) == naive(many)


def test_process_that_is_killed_costs_no_result(many: Path) -> None:
    killed = 0
    others = set(psutil.Process().children())  # those of other tests of this worker

    def kill(files: int, _bytes: int) -> None:
        nonlocal killed
        children = set(psutil.Process().children()) - others
        for child in children if files < 5_000 else ():
            child.kill()
            killed += 1

    assert list(hash_dataset(many, on_progress=kill)) == naive(many)
    assert killed


LEFT_OPEN = """
import itertools, os, sys, psutil
from pathlib import Path
from provenance.files.walk import hash_dataset

before = len(os.listdir("/proc/self/fd"))
entries = hash_dataset(Path(sys.argv[1]))
taken = len(list(itertools.islice(entries, int(sys.argv[2]))))
entries.close()
print(taken, len(os.listdir("/proc/self/fd")) - before, len(psutil.Process().children()))
"""


@pytest.mark.parametrize("wanted", [6_020, 4_000], ids=["to the end", "given up"])
def test_processes_and_descriptors_are_gone_afterwards(many: Path, wanted: int) -> None:
    # in a process of its own: other tests of this worker start and end processes meanwhile
    done = subprocess.run(
        [sys.executable, "-c", LEFT_OPEN, many, str(wanted)],
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout.split() == [str(wanted), "0", "0"]


def test_progress_reaches_every_file_and_byte(many: Path) -> None:
    told: list[tuple[int, int]] = []

    summary = fingerprint_dataset(many, on_progress=lambda *done: told.append(done))

    assert told[-1] == (summary.files, summary.length)
    assert told == sorted(told)
    assert summary == summarize(naive(many))


def test_memory_is_bounded_by_the_names_of_the_largest_folder(tmp_path: Path) -> None:
    program = (
        "import resource, sys; from pathlib import Path;"
        "from provenance.files.walk import fingerprint_dataset;"
        "fingerprint_dataset(Path(sys.argv[1]), workers=2);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for count in (100, 30_000):
        for number in range(count):
            put(tmp_path, f"{count}/sample_{number:07}.dat", b"")
        command = [sys.executable, "-c", program, str(tmp_path / str(count))]
        peaks.append(int(subprocess.check_output(command)))

    assert peaks[1] - peaks[0] < 30_000 * 300 / 1024  # KiB; 300 MB for a million


# --- what is refused ----------------------------------------------------------------------


def test_every_problem_is_told(tmp_path: Path) -> None:
    put(tmp_path, "good")
    (tmp_path / "link").symlink_to("good")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "loop").symlink_to("..")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "sub" / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "socket"))
    put(tmp_path, "new\nline")
    put(tmp_path, "bidi\u202egpj.exe")
    os.close(os.open(os.fsencode(tmp_path) + b"/latin\xe9", os.O_CREAT | os.O_WRONLY))

    assert problems_of(tmp_path) == {
        "bidi\\u202egpj.exe": tree.BAD_NAME,
        "dangling": tree.SYMLINK,
        "latin\\xe9": tree.NOT_UTF8,
        "link": tree.SYMLINK,
        "new\\nline": tree.BAD_NAME,
        "socket": tree.SPECIAL,
        "sub/loop": tree.SYMLINK,
        "sub/pipe": tree.SPECIAL,
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device files")
def test_device_is_refused(tmp_path: Path) -> None:
    os.mknod(tmp_path / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))

    assert problems_of(tmp_path) == {"null": tree.SPECIAL}


def test_problems_are_told_when_they_are_met(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("good")
    put(tmp_path, "good")
    told: list[Problem] = []

    with pytest.raises(UnusableDatasetError) as caught:
        list(hash_dataset(tmp_path, on_problem=told.append))

    assert told == list(caught.value.problems) == [Problem("link", tree.SYMLINK, "")]


@pytest.mark.parametrize("name", ["link", "pipe", "absent", "absent/file", "file/file"])
def test_root_that_is_no_dataset_is_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path, "file")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")

    assert list(problems_of(tmp_path / name)) == [str(tmp_path / name)]


def test_single_file_with_an_improper_name_is_refused(tmp_path: Path) -> None:
    assert problems_of(put(tmp_path, "new\nline")) == {"new\\nline": tree.BAD_NAME}


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("data.csv", "Data.csv", "'data.csv'"),
        ("é", "e\u0301", r"'e\u0301'"),  # these look alike
        ("K", "\u212a", r"'\u212a'"),
        ("stra\u00dfe", "STRASSE", "'stra\u00dfe'"),
    ],
)
def test_names_that_some_disks_confuse_are_refused_naming_both(
    tmp_path: Path, one: str, other: str, shown: str
) -> None:
    put(tmp_path, f"d/{one}/x")
    put(tmp_path, f"d/{other}")

    with pytest.raises(UnusableDatasetError) as caught:
        list(hash_dataset(tmp_path))

    ((_, what, detail),) = caught.value.problems
    assert what == tree.SAME_NAME
    assert shown in detail
    assert {one, other} == set(map(ast.literal_eval, detail.split(" and ")))


@pytest.mark.parametrize(
    "names",
    [
        ["\u1e63\u0307", "s\u0307\u0323"],
        ["\u1e69", "s\u0323\u0307"],
        ["s\u0323\u0307", "\u1e69"],
    ],
)
@pytest.mark.parametrize("below", ["", "/x"])
def test_two_spellings_of_one_nfc_name_are_both_named(
    tmp_path: Path, names: list[str], below: str
) -> None:
    for name in names:  # NFC of all is U+1E69
        put(tmp_path, name + below)

    with pytest.raises(UnusableDatasetError) as caught:
        list(hash_dataset(tmp_path))

    ((path, what, detail),) = caught.value.problems
    assert (path.rstrip("/"), what) == ("\u1e69", tree.SAME_NAME)
    assert all(ascii(name) in detail for name in names)


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder, to be read without the powers of root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        if os.getuid() == 0:
            os.seteuid(0)
        for path in folder.iterdir():
            path.chmod(0o700)


def test_what_cannot_be_read_is_told(as_nobody: Path) -> None:
    put(as_nobody, "open")
    put(as_nobody, "secret").chmod(0o000)
    put(as_nobody, "closed/file")
    (as_nobody / "closed").chmod(0o000)
    if os.getuid() == 0:
        os.seteuid(65_534)

    assert problems_of(as_nobody) == {"closed/": tree.NOT_READABLE, "secret": tree.NOT_READABLE}


# --- what changes meanwhile ---------------------------------------------------------------


def test_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    file = put(tmp_path, "growing", bytes(1 << 20))
    folder = os.open(tmp_path, os.O_RDONLY)

    def grow(_: int) -> None:
        with file.open("ab") as writer:
            writer.write(b"more")

    try:
        assert hash_long(folder, b"growing", grow).outcome == hash_file.CHANGED
        assert hash_long(folder, b"growing", ignore).outcome == hash_file.HASHED
    finally:
        os.close(folder)


@pytest.mark.parametrize("length", [10, 1 << 20])
def test_file_written_over_while_it_is_read_is_refused(tmp_path: Path, length: int) -> None:
    file = put(tmp_path, "changing", bytes(length))
    folder = os.open(tmp_path, os.O_RDONLY)

    def write_over(_: int) -> None:
        with file.open("r+b") as writer:
            writer.write(b"x")

    try:
        assert hash_long(folder, b"changing", write_over).outcome == hash_file.CHANGED
    finally:
        os.close(folder)


def test_changing_file_is_told_by_the_walk(tmp_path: Path) -> None:
    file = put(tmp_path, "changing")
    os.truncate(file, 1 << 30)  # a hole takes no room, but its time to hash
    put(tmp_path, "quiet")

    def touch(_files: int, octets: int) -> None:
        if 0 < octets < 1 << 30:
            os.utime(file)

    with pytest.raises(UnusableDatasetError) as caught:
        list(hash_dataset(tmp_path, on_progress=touch))
    assert caught.value.problems == (("changing", walk.CHANGED_FILE, ""),)


def test_file_that_came_during_the_walk_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a")
    put(tmp_path, "b/c")
    problems = Problems()

    walking = walk_tree(tmp_path, problems)
    next(walking)
    put(tmp_path, "late")

    assert paths(walking) == ["b/c"]
    assert problems == [Problem(".", tree.CHANGED_FOLDER, "")]


def test_file_that_went_during_the_walk_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a")
    file = put(tmp_path, "b")
    problems = Problems()

    walking = walk_tree(tmp_path, problems)
    next(walking)
    file.unlink()

    assert not list(walking)
    assert problems == [Problem(".", tree.CHANGED_FOLDER, "")]


def test_folder_swapped_for_a_link_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "set/a")
    put(tmp_path, "set/b/inside")
    put(tmp_path, "elsewhere/secret")
    problems = Problems()

    walking = walk_tree(tmp_path / "set", problems)
    next(walking)
    shutil.rmtree(tmp_path / "set" / "b")
    (tmp_path / "set" / "b").symlink_to(tmp_path / "elsewhere")

    assert not list(walking)
    assert Problem("b/", tree.NOT_READABLE, os.strerror(20)) in problems


def test_open_folder_moved_away_still_leads_to_its_own_files(tmp_path: Path) -> None:
    put(tmp_path, "set/b/inside", b"right")
    put(tmp_path, "elsewhere/inside", b"wrong")

    walking = walk_tree(tmp_path / "set", Problems())
    found = next(walking)
    (tmp_path / "set" / "b").rename(tmp_path / "away")
    (tmp_path / "set" / "b").symlink_to(tmp_path / "elsewhere")

    assert hash_short(found.folder.descriptor, b"inside").digests == sha256(b"right").digest()


def test_file_swapped_for_a_link_or_pipe_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(put(tmp_path, "file"))
    os.mkfifo(tmp_path / "pipe")
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        for name, outcome, number in (
            (b"link", hash_file.FAILED, errno.ELOOP),
            (b"pipe", hash_file.NOT_A_FILE, 0),
            (b"absent", hash_file.FAILED, errno.ENOENT),
        ):
            short, long = hash_short(folder, name), hash_long(folder, name, ignore)
            assert (short.outcomes[0], short.numbers[0]) == (outcome, number)
            assert (long.outcome, long.number) == (outcome, number)
    finally:
        os.close(folder)
