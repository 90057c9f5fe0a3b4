"""The verifier as a file to keep: one HTML page with scripts, words and styles inlined.

    modules of web/     ->  each a function, in the order of their imports  ->  one <script>
    worker/*.js         ->  likewise, as texts that the page makes workers of
    style/*.css         ->  one <style>

Whoever keeps this file needs no server any more: it opens from a disk, and its own
Content-Security-Policy, a ``<meta>`` with the hashes of what it holds, lets nothing else run. The
bundler is as small as our modules are plain: imports and exports at the start of a line, no
circles, no exported variable that changes. What it cannot read it refuses. Nothing is shortened,
so that the file can be read.
"""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.digests import sha256, to_b64

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FILE_NAME", "WEB", "bundle", "saved_verifier"]

WEB: Final = Path(__file__).parent / "web"
"""Where the page's files lie."""

FILE_NAME: Final = "verify.html"

_START: Final = "saved_copy.js"
_WORKERS: Final = ("worker/hash.js",)
_STYLES: Final = ("tokens", "base", "components", "pages", "verify")
_PRINT_STYLE: Final = "print"

_NAMES: Final = r"\{(?P<names>[^{}]*)\}"
_FROM: Final = r"""\s*from\s*["'](?P<source>\.[^"']+)["'];?"""
_IMPORT: Final = re.compile(
    rf"^import\s+(?:{_NAMES}|\*\s+as\s+(?P<whole>\w+)|(?P<default>\w+)){_FROM}$", re.MULTILINE
)
_PASS_ON: Final = re.compile(rf"^export\s+(?:{_NAMES}|\*){_FROM}$", re.MULTILINE)
_LIST: Final = re.compile(rf"^export\s+{_NAMES};?$", re.MULTILINE)
_DEFAULT: Final = re.compile(r"^export\s+default\s+", re.MULTILINE)
_DECLARED: Final = re.compile(
    r"^export\s+(?P<kind>(?:async\s+)?function\*?|class|const)\s+(?P<name>[\w$]+)", re.MULTILINE
)
_LATER: Final = re.compile(r"""\bimport\(\s*["'](?P<source>\.[^"']+)["']\s*\)""")
_COMMENT: Final = re.compile(r"^[ \t]*(?:/\*.*?\*/|//[^\n]*)", re.MULTILINE | re.DOTALL)
"""A comment on lines of its own; those behind code hold no imports."""

_LEFT: Final = re.compile(r"^(?:import|export)\b.*|\bimport\.meta\b.*|\bimport\(.*", re.MULTILINE)


@dataclass
class _Bundle:
    """Modules that were written so far, by their path below the folder."""

    folder: Path
    numbers: dict[str, int] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    under_way: list[str] = field(default_factory=list)

    def add(self, path: str) -> str:
        """Write the module at ``path`` and those it needs; returns the name of its exports."""
        if path in self.under_way:
            raise RuntimeError(f"modules in a circle: {' '.join([*self.under_way, path])}")
        if path not in self.numbers:
            self.under_way.append(path)
            text = _Module(self, path).to_function()
            self.under_way.pop()
            self.numbers[path] = len(self.numbers)
            self.written.append(f"// {path}\nconst m{self.numbers[path]} = {text};\n")
        return f"m{self.numbers[path]}"


@dataclass
class _Module:
    """One module on its way to a function that returns what it exports."""

    bundle: _Bundle
    path: str
    exported: list[str] = field(default_factory=list)

    def to_function(self) -> str:
        text = (self.bundle.folder / self.path).read_text("utf-8")
        for pattern, change in (
            (_IMPORT, self._take),
            (_PASS_ON, self._pass_on),
            (_LIST, self._export_list),
            (_DEFAULT, self._export_default),
            (_DECLARED, self._export_declared),
            (_LATER, self._take_later),
        ):
            text = _outside_comments(text, pattern, change)
        left = _LEFT.search(_COMMENT.sub("", text))
        if left is not None:
            raise RuntimeError(f"{self.path}: cannot be bundled: {left[0]}")
        exported = ", ".join(self.exported)
        return f"(() => {{\n{text.strip()}\nreturn {{ {exported} }};\n}})()"

    def _module(self, match: re.Match[str]) -> str:
        folder = posixpath.dirname(self.path)
        return self.bundle.add(posixpath.normpath(posixpath.join(folder, match["source"])))

    def _take(self, match: re.Match[str]) -> str:
        name = self._module(match)
        if match["whole"]:
            return f"const {match['whole']} = {name};"
        if match["default"]:
            return f"const {match['default']} = {name}.default;"
        names = [one if one == two else f"{one}: {two}" for one, two in _pairs(match["names"])]
        return f"const {{ {', '.join(names)} }} = {name};"

    def _take_later(self, match: re.Match[str]) -> str:
        return f"Promise.resolve({self._module(match)})"

    def _pass_on(self, match: re.Match[str]) -> str:
        name = self._module(match)
        if match["names"] is None:
            self.exported.append(f"...{name}")
        self.exported += [f"{two}: {name}.{one}" for one, two in _pairs(match["names"] or "")]
        return ""

    def _export_list(self, match: re.Match[str]) -> str:
        self.exported += [f"{two}: {one}" for one, two in _pairs(match["names"])]
        return ""

    def _export_default(self, _match: re.Match[str]) -> str:
        self.exported.append("default: default_")
        return "const default_ = "

    def _export_declared(self, match: re.Match[str]) -> str:
        self.exported.append(match["name"])
        return match[0].removeprefix("export").lstrip()


def _pairs(names: str) -> list[tuple[str, str]]:
    """Return inner and outer name of each, as ``a, b as c`` has them."""
    pairs = [one.strip().split(" as ") for one in names.split(",") if one.strip()]
    return [(pair[0].strip(), pair[-1].strip()) for pair in pairs]


def _outside_comments(
    text: str, pattern: re.Pattern[str], change: Callable[[re.Match[str]], str]
) -> str:
    """Change what a pattern finds, but not in comments: types there name modules as well."""
    pieces: list[str] = []
    end = 0
    for comment in _COMMENT.finditer(text):
        pieces += [pattern.sub(change, text[end : comment.start()]), comment[0]]
        end = comment.end()
    return "".join([*pieces, pattern.sub(change, text[end:])])


def bundle(folder: Path, start: str) -> str:
    """Return one classic script that does what the module ``start`` and those it imports do.

    Args:
        folder: no module may lie outside of it.
        start: path below ``folder``.

    Raises:
        RuntimeError: our own mistake: a module that this plain bundler cannot read.
    """
    made = _Bundle(folder)
    made.add(start)
    return '"use strict";\n' + "".join(made.written)


@cache
def saved_verifier() -> bytes:
    """Return the page, UTF-8; it is the same as long as the files are."""
    workers = {path: bundle(WEB, path) for path in _WORKERS}
    words = json.dumps(workers, ensure_ascii=False).replace("<", "\\u003c")
    script = f"globalThis.SAVED_WORKERS = {words};\n{bundle(WEB, _START)}"
    style = "\n".join(map(_style, _STYLES)) + f"@media print {{\n{_style(_PRINT_STYLE)}}}\n"
    for text, what in ((script, "script"), (style, "style")):
        if re.search(f"</{what}|<!--", text, re.IGNORECASE):
            raise RuntimeError(f"what would end the {what} element stands in it")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src data:; worker-src blob:; connect-src https: http://127.0.0.1:*; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    return _PAGE.format(policy=policy, style=style, script=script).encode()


def _style(name: str) -> str:
    return (WEB / "style" / f"{name}.css").read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{to_b64(sha256(text.encode()))}"


_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>Provenance verifier</title>
<style>{style}</style>
</head>
<body>
<header class="frame-head"></header>
<main></main>
<p id="announcements" class="unseen" role="status" aria-live="polite"></p>
<script>{script}</script>
</body>
</html>
"""
