import stat
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


def test_folders_are_made_down_to_the_last(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b" / "c")
    make_folder(tmp_path / "a" / "b" / "c")

    assert stat.S_IMODE((tmp_path / "a" / "b" / "c").stat().st_mode) == 0o700


def test_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "file" / "under")
