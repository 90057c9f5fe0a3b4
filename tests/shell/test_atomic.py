import os
import stat
import sys
from pathlib import Path

import pytest

from provenance.errors import AlreadyExistsError
from provenance.files.atomic import PRIVATE, make_folder, write_bytes, writing


def test_file_appears_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"

    with writing(path, mode=PRIVATE) as file:
        file.write(b"one ")
        assert not path.exists()
        file.write(b"two")

    assert path.read_bytes() == b"one two"
    assert stat.S_IMODE(path.stat().st_mode) == PRIVATE
    assert list(tmp_path.iterdir()) == [path]


def test_block_left_by_an_error_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def fail() -> None:
        with writing(path) as file:
            file.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_file_is_replaced_only_when_that_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old", replace=False)

    with pytest.raises(AlreadyExistsError):
        write_bytes(path, b"new", replace=False)
    assert path.read_bytes() == b"old"

    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_link_in_the_place_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"kept")
    (tmp_path / "link").symlink_to(target)

    write_bytes(tmp_path / "link", b"new")

    assert target.read_bytes() == b"kept"
    assert not (tmp_path / "link").is_symlink()


def test_pipe_in_the_place_stays_a_pipe(tmp_path: Path) -> None:
    """As root a rename over ``/dev/null`` would succeed; a pipe stands for it here."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(pipe)

    for path in (pipe, tmp_path / "link"):
        with pytest.raises(OSError, match="a device or a pipe"):
            write_bytes(path, b"new")

    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert (tmp_path / "link").is_symlink()
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/stdout leads into /proc on Linux")
def test_name_of_an_open_file_stays_what_it_is(tmp_path: Path) -> None:
    """``/dev/stdout`` leads to a file where the shell sent the output into one."""
    with (tmp_path / "out").open("wb") as out:
        name = tmp_path / "stdout"
        name.symlink_to(f"/proc/self/fd/{out.fileno()}")

        with pytest.raises(OSError, match="a device or a pipe"):
            write_bytes(name, b"new")

    assert name.is_symlink()


def test_folder_in_the_place_of_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        write_bytes(tmp_path, b"new")


def test_folders_are_made_down_to_the_last(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b" / "c")
    make_folder(tmp_path / "a" / "b" / "c")

    assert stat.S_IMODE((tmp_path / "a" / "b" / "c").stat().st_mode) == 0o700


def test_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "file" / "under")
