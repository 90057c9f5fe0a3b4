"""What third parties wrote is committed as they published it."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "api" / "web" / "vendor"


def test_the_copies_are_those_of_the_pinned_packages() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "copy_vendor", "--check"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_lock_file_pins_what_sources_names() -> None:
    locked = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]

    for source in json.loads((VENDOR / "SOURCES.json").read_text("utf-8")):
        entry = locked[f"node_modules/{source['package']}"]
        assert entry["version"] == source["version"]
        assert entry["integrity"].startswith("sha512-")
        for name, expected in source["sha256"].items():
            assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == expected


def test_a_copy_imports_nothing_from_elsewhere() -> None:
    names = {path.name for path in VENDOR.glob("*.js")}

    for path in VENDOR.glob("*.js"):
        imports = re.findall(r'^import .*? from "([^"]*)"', path.read_text("utf-8"), re.MULTILINE)
        assert {one.removeprefix("./") for one in imports} <= names
