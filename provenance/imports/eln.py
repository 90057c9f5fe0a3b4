"""``.eln``, the exchange format of electronic lab notebooks: a zip with one folder, an RO-Crate.

    some-data.eln
    `-- some-data/                      the only thing at the root
        |-- ro-crate-metadata.json
        |-- ro-crate-metadata.json.minisig   perhaps
        `-- 2022-05-29 - Some-experiment/image.tif

eLabFTW, Kadi4Mat, SampleDB, PASTA, RSpace and others write it; paths are those within the folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import MalformedError
from provenance.imports.contents import is_zip
from provenance.imports.findings import shown
from provenance.imports.ro_crate import read_whole

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.imported import Imported
    from provenance.imports.contents import Contents

__all__ = ["read", "sniff"]


def sniff(path: Path) -> bool:
    """Tell whether it is a zip archive of that name; the name is what tells it from a crate's."""
    return path.suffix.lower() == ".eln" and is_zip(path)


def read(path: Path) -> Imported:
    """Read an archive of a lab notebook.

    Raises:
        MalformedError: see ``ro_crate.read``; or anything beside the one folder.
    """
    return read_whole("eln", path, _only_folder)


def _only_folder(contents: Contents, where: str) -> str:
    folders = {name.partition("/")[0] for name in contents.lengths}
    loose = [name for name in contents.lengths if "/" not in name]
    if loose or len(folders) != 1:
        raise MalformedError(
            f"expected a single folder at the root, got {shown(sorted(folders))}", field=where
        )
    return f"{folders.pop()}/"
