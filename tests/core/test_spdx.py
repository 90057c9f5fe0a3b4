"""Licence expressions, judged by the license-expression library and by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from license_expression import (  # type: ignore[import-untyped]  # it ships no types
    get_spdx_licensing,
)

from provenance.errors import MalformedError, UnknownLicenseError
from provenance.spdx import MAX_DEPTH, check_spdx
from provenance.spdx_list import EXCEPTIONS, LICENSES

ROOT = Path(__file__).parents[2]
LIBRARY = get_spdx_licensing()


@pytest.mark.parametrize(
    "expression",
    [
        "CC0-1.0",
        "CC-BY-4.0",
        "GPL-2.0+",
        "Apache-2.0+",
        "MIT OR Apache-2.0",
        "MIT AND (CC0-1.0 OR ODbL-1.0)",
        "(MIT)",
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "GPL-2.0-or-later WITH Bison-exception-2.2 AND MIT",
        "LicenseRef-Institute-Data-Terms",
        "DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2",
        "MIT WITH AdditionRef-no-warranty",
    ],
)
def test_expression_over_known_identifiers_is_accepted(expression: str) -> None:
    check_spdx(expression)


@pytest.mark.parametrize("identifier", sorted(LICENSES))
def test_every_listed_licence_is_accepted(identifier: str) -> None:
    check_spdx(identifier)
    check_spdx(f"({identifier} OR MIT)")


@pytest.mark.parametrize("identifier", sorted(EXCEPTIONS))
def test_exception_stands_only_after_with(identifier: str) -> None:
    check_spdx(f"GPL-2.0-only WITH {identifier}")
    if identifier not in LICENSES:
        with pytest.raises(UnknownLicenseError):
            check_spdx(identifier)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        " ",
        "()",
        "CC-BY",
        "Creative Commons",
        "mit",
        "MIT or Apache-2.0",
        "MIT AND",
        "AND MIT",
        "MIT OR OR MIT",
        "MIT Apache-2.0",
        "MIT WITH",
        "MIT WITH MIT",
        "WITH Classpath-exception-2.0",
        "MIT WITH Classpath-exception-2.0 WITH Classpath-exception-2.0",
        "(MIT) WITH Classpath-exception-2.0",
        "(MIT",
        "MIT)",
        "(MIT))",
        "MIT++",
        "LicenseRef-",
        "LicenseRef-a b",
        "LicenseRef-a_b",
        "LicenseRef-MIT+",
        "MIT  OR CC0-1.0",
        " MIT",
        "MIT ",
        "MIT\tOR CC0-1.0",
        "MIT\nOR CC0-1.0",
        "MIT\u00a0OR CC0-1.0",
        "NONE",
        "NOASSERTION",
        "MIT/Apache-2.0",
        "(" * (MAX_DEPTH + 1) + "MIT" + ")" * (MAX_DEPTH + 1),
    ],
)
def test_anything_else_is_refused(expression: str) -> None:
    with pytest.raises(UnknownLicenseError) as caught:
        check_spdx(expression, "license")

    assert caught.value.field == "license"


def test_error_names_the_spelling_that_spdx_uses() -> None:
    with pytest.raises(UnknownLicenseError, match=r"'CC-BY-4\.0'"):
        check_spdx("cc-by-4.0")


KNOWN_TO_BOTH = sorted(
    name
    for name in LICENSES
    if name in (known := LIBRARY.known_symbols) and not known[name].is_exception
)

EXPRESSIONS = st.recursive(
    st.sampled_from(KNOWN_TO_BOTH),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(" ".join),
        inner.map(lambda text: f"({text})"),
    ),
    max_leaves=6,
)


@given(expression=EXPRESSIONS)
def test_what_the_grammar_makes_is_accepted_here_and_by_the_library(expression: str) -> None:
    check_spdx(expression)

    assert not LIBRARY.validate(expression).errors


@given(
    words=st.lists(
        st.sampled_from(["MIT", "CC0-1.0", "AND", "OR", "WITH", "(", ")", "LLVM-exception"]),
        max_size=8,
    )
)
def test_word_salad_is_judged_as_the_library_judges_it(words: list[str]) -> None:
    """Both refuse the same; the library alone takes lower case, an empty text and WITH after )."""
    expression = " ".join(words)
    try:
        check_spdx(expression)
    except MalformedError:
        accepted = False
    else:
        accepted = True

    if accepted:
        assert not LIBRARY.validate(expression).errors


def test_committed_list_is_the_one_the_script_makes() -> None:
    script = ROOT / "scripts" / "make_spdx_list.py"

    result = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout + result.stderr
