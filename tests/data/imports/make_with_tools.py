#!/usr/bin/env python3
"""Makes the documents here that a tool can make itself: run by `.tools/formats/bin/python`.

Usage: make_with_tools.py FOLDER_WITH_THE_TWO_PENGUIN_TABLES
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import mlcroissant as mlc  # type: ignore[import-not-found]  # in .tools/formats

HERE = Path(__file__).resolve().parent
TABLES = ("penguins.csv", "penguins-raw.csv")


def main() -> None:
    """Write both documents."""
    tables = Path(sys.argv[1])
    describe = subprocess.run(
        [Path(sys.executable).with_name("frictionless"), "describe", *TABLES, "--stats", "--json"],
        cwd=tables,
        check=True,
        capture_output=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    (HERE / "frictionless-describe.json").write_bytes(describe.stdout)
    document = json.dumps(croissant(tables), indent=1, default=str, ensure_ascii=False)
    (HERE / "croissant.json").write_text(document + "\n", encoding="utf-8")


def croissant(tables: Path) -> object:
    """Return a dataset of two tables, an archive elsewhere, and the images in it."""
    files = [
        mlc.FileObject(
            id=name,
            name=name,
            content_url=name,
            content_size=f"{(tables / name).stat().st_size} B",
            encoding_formats=["text/csv"],
            sha256=hashlib.sha256((tables / name).read_bytes()).hexdigest(),
        )
        for name in TABLES
    ]
    archive = mlc.FileObject(
        id="images.zip",
        name="images.zip",
        content_url="https://example.org/images.zip",
        content_size="1.5 MB",
        encoding_formats=["application/zip"],
        sha256="9c" * 32,
    )
    images = mlc.FileSet(
        id="images",
        name="images",
        contained_in=["images.zip"],
        encoding_formats=["image/jpeg"],
        includes="*.jpg",
    )
    return mlc.Metadata(
        name="palmerpenguins",
        description="Size measurements for penguins near Palmer Station.",
        license=["https://creativecommons.org/publicdomain/zero/1.0/"],
        url="https://allisonhorst.github.io/palmerpenguins/",
        version="1.0.0",
        creators=[
            mlc.Person(name="Kristen Gorman", url="https://orcid.org/0000-0002-1825-0097"),
            mlc.Organization(name="Palmer Station LTER", url="https://pallter.marine.rutgers.edu/"),
        ],
        distribution=[*files, archive, images],
    ).to_json()


if __name__ == "__main__":
    main()
