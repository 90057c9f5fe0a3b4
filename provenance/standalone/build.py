"""Write ``verify.py``: our own pure files behind one another, and nothing else.

The sources stand in the file as they are, each as the text of its module, lowest first, so that
whoever reads it reads what was tested. Only the two that need a library, ``provenance.keys`` and
``provenance.x509_chain``, are those of this folder, which need none. The same sources and
catalogue always make the same bytes.
"""

from __future__ import annotations

import ast
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from provenance.digests import sha256
from provenance.messages import translator
from provenance.wordings import (
    BLOCK_TIMES,
    CERTIFICATES,
    CONCLUSIONS,
    REVOKERS,
    TITLES,
    TRUSTS,
    WORDINGS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["verifier", "verifier_digest"]

_PROGRAM: Final = "provenance.standalone.program"
_INSTEAD: Final = {
    "provenance.keys": "provenance.standalone.keys",
    "provenance.x509_chain": "provenance.standalone.x509_chain",
}
"""Modules whose place another one takes."""

_HEAD: Final = '''#!/usr/bin/env python3
"""Checks receipts and dossiers of a provenance ledger, offline. 离线核验存证凭据与卷宗。

    python3 -I -S verify.py                           the dossier around it 所在文件夹的卷宗
    python3 -I -S verify.py RECEIPT --policy POLICY   one receipt 一份凭据
    python3 -I -S verify.py --help                    all it takes 全部用法

It needs Python 3.11 or newer and no other library; it reads files and asks no network. Below
stand the ledger's own modules, each as the text it was tested with, then what runs them.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit("verify.py needs Python 3.11 or newer / 需要 Python 3.11 或更高版本")

SOURCES = {}
'''

_TAIL: Final = '''

def load():
    """Make each module of its text, in order; none is looked for on the disk."""
    from types import ModuleType

    for name, text in SOURCES.items():
        module = ModuleType(name)
        module.__file__ = "verify.py: " + name
        if any(other.startswith(name + ".") for other in SOURCES):
            module.__path__ = []
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        exec(compile(text, "verify.py: " + name, "exec", dont_inherit=True), module.__dict__)
        if parent:
            setattr(sys.modules[parent], child, module)
    return sys.modules["provenance.standalone.program"]


if __name__ == "__main__":
    sys.exit(load().main(sys.argv[1:], here=__file__, chinese=CHINESE))
'''


@cache
def verifier() -> bytes:
    """Return the file."""
    parts = [_HEAD]
    for name in _in_order():
        text = _source(_INSTEAD.get(name, name))
        if "'''" in text:
            raise RuntimeError(f"{name} holds the quotes that the file puts around it")
        parts.append(f"\n# {'=' * 78}\nSOURCES[{name!r}] = r'''{text}'''\n")
    lines = (f"    {english!r}: {chinese!r},\n" for english, chinese in _chinese().items())
    parts += ["\nCHINESE = {\n", *lines, "}\n", _TAIL]
    return "".join(parts).encode()


def verifier_digest() -> bytes:
    """Return the SHA-256 of the file, 32 bytes."""
    return sha256(verifier())


def _source(name: str) -> str:
    """Return the text of a module as it is installed."""
    parts = name.split(".")
    folder = resources.files("provenance")
    *above, last = parts[1:] or ["__init__"]
    file = folder.joinpath(*above, f"{last}.py")
    if not file.is_file():
        file = folder.joinpath(*above, last, "__init__.py")
    return file.read_text("utf-8")


def _in_order() -> list[str]:
    """Return the modules that the program needs, each after all that it imports."""
    found: list[str] = ["provenance", "provenance.standalone"]

    def visit(name: str) -> None:
        if name in found:
            return
        for needed in _imports(_source(_INSTEAD.get(name, name))):
            visit(needed)
        found.append(name)

    visit(_PROGRAM)
    return found


def _imports(text: str) -> Iterator[str]:
    """Yield our own modules that a source imports when it runs."""
    tree = ast.parse(text)
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or id(node) in typing_only or not node.module:
            continue
        if node.module == "provenance":
            yield from (f"provenance.{alias.name}" for alias in node.names)
        elif node.module.startswith("provenance."):
            yield node.module


def _chinese() -> dict[str, str]:
    """Return the translation of every sentence of a verdict that has one."""
    translate = translator("zh_Hans")
    tables = (CONCLUSIONS, TITLES, TRUSTS, BLOCK_TIMES, REVOKERS, CERTIFICATES, WORDINGS)
    sentences = sorted({text for table in tables for text in table.values()})
    return {text: translate(text) for text in sentences if translate(text) != text}
