"""rocrate, frictionless and mlcroissant write what we read, and judge what we take for good.

rocrate runs in this process; the others are installed apart, in ``.tools/formats``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rocrate  # type: ignore[import-untyped]  # without stubs
from rocrate.model.person import Person  # type: ignore[import-untyped]  # without stubs
from rocrate.rocrate import ROCrate  # type: ignore[import-untyped]  # without stubs

from provenance.digests import sha256
from provenance.files.walk import fingerprint_dataset
from provenance.fingerprint import FileEntry, dataset_digest
from provenance.imports import read_source

if TYPE_CHECKING:
    from provenance.imported import Imported

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "imports"
TOOLS = ROOT / ".tools" / "formats" / "bin"
TABLES = ROOT / ".tools" / "data" / "penguins" / "palmerpenguins" / "data"

needs_tools = pytest.mark.skipif(not TOOLS.exists(), reason="installed apart by scripts/test")


def run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a tool of the other environment without colours and without the network."""
    environment = {**os.environ, "NO_COLOR": "1", "HOME": str(cwd), "COLUMNS": "200"}
    environment["PATH"] = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def files_of(imported: Imported) -> list[FileEntry]:
    return [one for one in imported.entries if isinstance(one, FileEntry)]


def written_crate(folder: Path) -> ROCrate:
    """A crate of two files with SHA-256 and one without, as a user of the library makes it."""
    crate = ROCrate()
    crate.name, crate.license = "Weather at the pole", "https://spdx.org/licenses/CC-BY-4.0"
    crate.description, crate.datePublished = "Air temperature.", "2026-05-04"
    person = Person(crate, "https://orcid.org/0000-0002-1825-0097", {"name": "Josephine Doe"})
    crate.add(person)
    crate.creator = person
    for name, octets in {"a.csv": b"test", "50% ethanol 气.csv": b"hello", "notes": b"x"}.items():
        (folder / name).write_bytes(octets)
        more = {} if name == "notes" else {"sha256": sha256(octets).hex()}
        properties = {"encodingFormat": "text/csv", "contentSize": str(len(octets)), **more}
        crate.add_file(folder / name, name, properties=properties)
    return crate


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_what_rocrate_writes_has_the_digest_that_hashing_it_gives(
    tmp_path: Path, form: str
) -> None:
    crate = written_crate(tmp_path)
    crate.write(tmp_path / "crate")
    source = tmp_path / "crate"
    if form == "zip":
        source = tmp_path / "crate.zip"
        crate.write_zip(source)
        shutil.rmtree(tmp_path / "crate")
        shutil.unpack_archive(source, tmp_path / "crate")

    imported = read_source(source)

    assert dataset_digest(files_of(imported)) == fingerprint_dataset(tmp_path / "crate").digest
    assert [one.path for one in files_of(imported) if one.imported] == [
        "50% ethanol 气.csv",
        "a.csv",
    ]
    assert imported.metadata == {
        "title": "Weather at the pole",
        "license": "CC-BY-4.0",
        "contributors": [{"name": "Josephine Doe", "orcid": "0000-0002-1825-0097"}],
    }


@needs_tools
def test_rocrate_validator_passes_the_crate_that_we_read(tmp_path: Path) -> None:
    written_crate(tmp_path).write(tmp_path / "good")
    shutil.copytree(tmp_path / "good", tmp_path / "bad")
    (tmp_path / "bad" / "a.csv").unlink()

    done = run(
        *(TOOLS / "python", Path(__file__).with_name("judge_crate.py")),
        *(Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld", tmp_path / "cache.sqlite"),
        *(tmp_path / "good", tmp_path / "bad"),
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    good, bad = done.stdout.splitlines()
    assert good == "passed"
    assert "a.csv" in bad


@needs_tools
def test_the_recorded_documents_are_those_that_the_tools_write_today(tmp_path: Path) -> None:
    for name in ("penguins.csv", "penguins-raw.csv", "make_with_tools.py"):
        shutil.copy((DATA if name.endswith(".py") else TABLES) / name, tmp_path / name)

    made = run(TOOLS / "python", tmp_path / "make_with_tools.py", tmp_path, cwd=tmp_path)

    assert made.returncode == 0, made.stderr
    for name in ("croissant.json", "frictionless-describe.json"):
        recorded, again = DATA / name, tmp_path / name
        assert json.loads(again.read_bytes()) == json.loads(recorded.read_bytes())
        for one in files_of(read_source(again)):
            assert one.imported
            if one.path != "images.zip":  # at an address
                assert one.sha256 == sha256((tmp_path / one.path).read_bytes())


@needs_tools
def test_mlcroissant_passes_the_dataset_that_we_read(tmp_path: Path) -> None:
    shutil.copy(DATA / "croissant.json", tmp_path)

    judged = run(TOOLS / "mlcroissant", "validate", "--jsonld", "croissant.json", cwd=tmp_path)

    assert judged.returncode == 0, judged.stderr
