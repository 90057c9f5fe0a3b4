"""Write ``provenance/spdx_list.py`` from the SPDX License List that PyPI's packaging ships.

    .venv/bin/python scripts/make_spdx_list.py            write the module
    .venv/bin/python scripts/make_spdx_list.py --check    exit 1 if the module is out of date

The module is committed, so that checking a licence needs neither the package nor a file. SPDX
deprecates identifiers and never drops one, so a record with a known licence stays valid.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Final

from packaging.licenses import _spdx

MODULE: Final = Path(__file__).resolve().parent.parent / "provenance" / "spdx_list.py"

HEAD: Final = f'''"""Identifiers of the SPDX License List {_spdx.VERSION}, as data.

Written by scripts/make_spdx_list.py: do not edit by hand. Deprecated identifiers are kept, since
old datasets carry them. Exceptions may stand only after ``WITH`` (SPDX 2.3, annex D).
"""

from __future__ import annotations

from typing import Final

__all__ = ["EXCEPTIONS", "LICENSES"]
'''


def literal(name: str, about: str, words: set[str]) -> str:
    """Write one set as a string to be split: far fewer lines than one quoted word each."""
    body = textwrap.fill(
        " ".join(sorted(words)), 96, break_long_words=False, break_on_hyphens=False
    )
    end = '""".split()  # noqa: SIM905 -- a list literal would take one line for each word'
    return f'{name}: Final = frozenset(\n    """\n{body}\n{end}\n)\n"""{about}"""\n'


def module_text() -> str:
    """Return the whole module."""
    licences = {entry["id"] for entry in _spdx.LICENSES.values()}
    exceptions = {entry["id"] for entry in _spdx.EXCEPTIONS.values()}
    return "\n".join(
        (
            HEAD,
            literal("LICENSES", "Licence identifiers.", licences),
            literal("EXCEPTIONS", "Exception identifiers.", exceptions),
        )
    )


def main() -> int:
    """Write or check; return the exit code."""
    text = module_text()
    if "--check" in sys.argv[1:]:
        same = MODULE.read_text(encoding="utf-8") == text
        print(f"{MODULE.name} is {'up to date' if same else 'out of date'}")
        return 0 if same else 1
    MODULE.write_text(text, encoding="utf-8")
    print(f"wrote {MODULE}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
