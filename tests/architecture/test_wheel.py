"""The wheel holds all of the program under names that collide with nobody's (decision 7)."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel unpacked, as an installer would leave it."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("provenance", "api"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)

    subprocess.run(
        [sys.executable, "-c", BUILD, target], cwd=source, check=True, capture_output=True
    )

    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target / "site")
    return target / "site"


def test_wheel_installs_no_package_called_api(site: Path) -> None:
    installed = {path.name for path in site.iterdir() if not path.name.endswith(".dist-info")}

    assert installed == {"provenance", "provenance_api"}


def test_wheel_holds_every_file_of_the_packages(site: Path) -> None:
    for folder, name in ((ROOT / "provenance", "provenance"), (ROOT / "api", "provenance_api")):
        wanted = {
            path.relative_to(folder)
            for path in folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".md"
        }
        found = {path.relative_to(site / name) for path in (site / name).rglob("*")}

        assert wanted <= found


def test_service_and_command_import_from_the_wheel_alone(site: Path, tmp_path: Path) -> None:
    code = (
        "import provenance, provenance_api.app, provenance_api.server, provenance.cli.main; "
        "print(provenance.__file__, provenance_api.app.__file__)"
    )

    # the folder stands first on the path: neither the checkout nor its editable install can step in
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(site)!r}); {code}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout.split() == [
        str(site / "provenance" / "__init__.py"),
        str(site / "provenance_api" / "app.py"),
    ]


def test_no_command_needs_an_extra_to_be_read() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    names = {re.split(r"[\[>=]", wanted)[0] for one in extras.values() for wanted in one}
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({names!r})); "
        "from provenance.cli.main import main; sys.exit(main(['--help']))"
    )

    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)

    assert "psycopg" in names
    assert (done.returncode, done.stderr) == (0, "")
