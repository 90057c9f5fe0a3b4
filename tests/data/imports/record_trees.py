"""Records the trees here that tools made: OCFL objects, a DVC repository, DataLad datasets.

Usage: python record_trees.py    by `.tools/formats/bin/python`, with that folder on PATH

Each is a tar.gz of one folder, without owners and times; ids and keys differ from run to run, so a
tree is recorded once and the tests read it as it is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = Path(sys.executable).parent
USER = {"name": "Josiah Carberry", "address": "https://orcid.org/0000-0002-1825-0097"}


def main() -> None:
    """Write every tree."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        os.environ.update(HOME=name, GIT_CONFIG_NOSYSTEM="1", DVC_NO_ANALYTICS="1")
        run(place, "git", "config", "--global", "user.name", USER["name"])
        run(place, "git", "config", "--global", "user.email", "josiah@example.org")
        record(ocfl(place, "ocfl-sha512", "--digest", "sha512"))
        record(ocfl(place, "ocfl-sha256", "--digest", "sha256", "--lax-digests"))
        record(dvc(place / "dvc"))
        record(datalad(place / "datalad-md5", None))
        record(datalad(place / "datalad-sha256", "SHA256E"))
        for folder in place.rglob("*"):  # what the annex protects could not be removed
            if folder.is_dir() and not folder.is_symlink():
                folder.chmod(0o755)


def run(folder: Path, *command: str) -> None:
    """Run one command quietly."""
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def fill(folder: Path, files: dict[str, str]) -> None:
    """Write small files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def ocfl(place: Path, name: str, *options: str) -> Path:
    """Make an object of three versions."""
    source = place / f"{name}-source"
    fill(source / "v1", {"a.csv": "x\n1\n"})
    fill(source / "v2", {"a.csv": "x\n1\n", "sub/测量.csv": "y\n2\n"})
    fill(source / "v3", {"a.csv": "x\n1\n3\n", "sub/测量.csv": "y\n2\n", "copy.csv": "y\n2\n"})
    messages = {"v1": "first", "v2": "measured", "v3": "corrected"}
    versions = {
        version: {"created": f"2026-0{number}-01T00:00:00Z", "message": text, "user": USER}
        for number, (version, text) in enumerate(messages.items(), start=1)
    }
    (source.with_suffix(".json")).write_text(json.dumps({"versions": versions}))
    program = [sys.executable, str(TOOLS / "ocfl-object.py"), "build", *options]
    # relative: the program opens the metadata below the folder it runs in
    paths = ["--srcdir", source.name, "--objdir", name, "--metadata", f"{source.name}.json"]
    run(place, *program, *paths, "--id", "urn:uuid:0b5a1c8e-1111-4222-8333-444455556666")
    return place / name


def dvc(folder: Path) -> Path:
    """Make a repository with a tracked folder, a tracked file and a pipeline of two stages."""
    folder.mkdir()
    run(folder, "git", "init", "-q")
    run(folder, "dvc", "init", "-q")
    fill(folder, {"raw/a.txt": "1\n", "raw/sub/测 量.txt": "2\n", "one.csv": "x\n"})
    run(folder, "dvc", "add", "-q", "raw", "one.csv")
    stage = ["dvc", "stage", "add", "-q", "-n"]
    run(folder, *stage, "clean", "-d", "raw", "-o", "clean.txt", "cat raw/a.txt > clean.txt")
    split = "mkdir -p out && cp clean.txt out/1.txt && cp clean.txt out/2.txt"
    run(folder, *stage, "split", "-d", "clean.txt", "-o", "out", split)
    run(folder, "dvc", "repro", "-q")
    shutil.rmtree(folder / ".git")
    shutil.rmtree(folder / ".dvc" / "tmp")
    return folder


def datalad(folder: Path, backend: str | None) -> Path:
    """Make a dataset with an annexed file, a pointer without content, and a subdataset."""
    run(folder.parent, "datalad", "create", "-c", "text2git", folder.name)
    if backend is not None:
        (folder / ".gitattributes").open("a").write(f"* annex.backend={backend}\n")
        run(folder, "datalad", "save", "-m", "backend")
    fill(folder, {"README.md": "what this is\n"})
    (folder / "scan.nii.gz").write_bytes(bytes(range(256)) * 4)
    (folder / "sub").mkdir()
    (folder / "sub" / "测 量.dat").write_bytes(b"\0measured\n")
    (folder / "pointer.dat").write_bytes(b"\0dropped\n")
    run(folder, "datalad", "save", "-m", "data")
    run(folder, "datalad", "unlock", "pointer.dat")
    run(folder, "datalad", "save", "-m", "unlocked")
    run(folder, "git", "annex", "drop", "--force", "pointer.dat")
    run(folder, "datalad", "create", "-d", ".", "inner")
    shutil.rmtree(folder / "inner")
    (folder / "inner").mkdir()
    keep = {"annex", "packed-refs", "HEAD"}
    for found in (folder / ".git").iterdir():
        if found.name not in keep:
            shutil.rmtree(found) if found.is_dir() else found.unlink()
    for found in (folder / ".git" / "annex").iterdir():
        if found.name != "objects":
            shutil.rmtree(found) if found.is_dir() else found.unlink()
    return folder


def record(folder: Path) -> None:
    """Pack a tree."""

    def plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
        info.uid = info.gid = info.mtime = 0
        info.uname = info.gname = ""
        info.mode |= 0o200
        return info

    with tarfile.open(HERE / f"{folder.name}.tar.gz", "w:gz") as archive:
        archive.add(folder, folder.name, filter=plain)


if __name__ == "__main__":
    main()
