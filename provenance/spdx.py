"""Licence expressions, SPDX 2.3 annex D, read strictly: known identifiers, upper-case operators.

    expression = term *("OR" term)          loosest
    term       = factor *("AND" factor)
    factor     = "(" expression ")" / licence ["WITH" exception]
    licence    = identifier ["+"] / ["DocumentRef-" idstring ":"] "LicenseRef-" idstring

Identifiers are compared letter by letter although SPDX itself ignores case: a signed text should
have one spelling, and the error names the right one.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from provenance.errors import UnknownLicenseError
from provenance.spdx_list import EXCEPTIONS, LICENSES

__all__ = ["MAX_DEPTH", "check_spdx"]

MAX_DEPTH: Final = 16
"""Parentheses inside one another; real expressions have one or two."""

_TOKEN: Final = re.compile(r"\(|\)|[^\s()]+")
_REFERENCE: Final = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
_ADDITION: Final = re.compile(r"AdditionRef-[A-Za-z0-9.-]+")
_OPERATORS: Final = frozenset({"AND", "OR", "WITH"})
_SPELLINGS: Final = {one.lower(): one for one in (*LICENSES, *EXCEPTIONS, *_OPERATORS)}


def check_spdx(expression: str, field: str = "license") -> None:
    """Check that ``expression`` is a licence expression over known identifiers.

    Raises:
        UnknownLicenseError: an identifier that is not on the list, or a broken expression.
    """
    if expression in LICENSES:  # almost every record: a single identifier
        return
    _Parser(expression, field).parse()


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, expression: str, field: str) -> None:
        self._tokens = _TOKEN.findall(expression)
        self._next = 0
        self._field = field
        if not expression or expression != " ".join(expression.split()):
            self._refuse("expected words with one space between them")

    def parse(self) -> None:
        self._expression(1)
        if self._next < len(self._tokens):
            self._refuse(f"unexpected {self._tokens[self._next]!r}")

    def _expression(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            self._refuse(f"more than {MAX_DEPTH} parentheses inside one another")
        self._term(depth)
        while self._accept("OR"):
            self._term(depth)

    def _term(self, depth: int) -> None:
        self._factor(depth)
        while self._accept("AND"):
            self._factor(depth)

    def _factor(self, depth: int) -> None:
        if self._accept("("):
            self._expression(depth + 1)
            if not self._accept(")"):
                self._refuse("expected a closing parenthesis")
            return
        self._licence(self._take("a licence"))
        if self._accept("WITH"):
            self._exception(self._take("an exception after WITH"))

    def _licence(self, word: str) -> None:
        if word in LICENSES or word.removesuffix("+") in LICENSES or _REFERENCE.fullmatch(word):
            return
        self._unknown("licence", word)

    def _exception(self, word: str) -> None:
        if word in EXCEPTIONS or _ADDITION.fullmatch(word):
            return
        self._unknown("exception", word)

    def _accept(self, token: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next] == token:
            self._next += 1
            return True
        return False

    def _take(self, wanted: str) -> str:
        if self._next == len(self._tokens):
            self._refuse(f"expected {wanted}, got the end")
        word = self._tokens[self._next]
        if word in _OPERATORS or word in {"(", ")"}:
            self._refuse(f"expected {wanted}, got {word!r}")
        self._next += 1
        return str(word)

    def _unknown(self, kind: str, word: str) -> NoReturn:
        known = _SPELLINGS.get(word.removesuffix("+").lower())
        hint = "" if known is None else f"; SPDX writes {known!r}"
        self._refuse(f"unknown {kind} {word[:80]!r}{hint}")

    def _refuse(self, reason: str) -> NoReturn:
        raise UnknownLicenseError(reason, field=self._field)
