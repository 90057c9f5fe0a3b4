"""Licences, identifiers, roles and names: mapped where there is no doubt, else left and told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.imports.findings import Findings, Person, name_of_parts, shown
from provenance.imports.licences import spdx_of
from provenance.imports.naming import identifier_in, identifier_of, orcid_in, ror_in
from provenance.imports.roles import credit_role, is_contribution, role_of_type
from provenance.spdx import check_spdx
from provenance.spdx_list import LICENSES

# --- licences -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "spdx"),
    [
        ("cc-by-4.0", "CC-BY-4.0"),
        ("CC BY 4.0", "CC-BY-4.0"),
        ("CC BY-NC-SA 4.0", "CC-BY-NC-SA-4.0"),
        ("Creative Commons Attribution 4.0 International", "CC-BY-4.0"),
        ("Creative Commons Attribution-ShareAlike 4.0 International License", "CC-BY-SA-4.0"),
        ("Creative Commons Zero v1.0 Universal", "CC0-1.0"),
        ("CC0 1.0", "CC0-1.0"),
        ("cc-zero", "CC0-1.0"),
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/by-nc-nd/4.0", "CC-BY-NC-ND-4.0"),
        ("https://creativecommons.org/licenses/by/4.0/legalcode", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by/4.0/deed.zh-hans", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by/3.0/de/", "CC-BY-3.0-DE"),
        ("https://creativecommons.org/licenses/by/3.0/igo/legalcode", "CC-BY-3.0-IGO"),
        ("https://creativecommons.org/publicdomain/zero/1.0/legalcode", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("https://spdx.org/licenses/MIT.html", "MIT"),
        ("https://spdx.org/licenses/Apache-2.0", "Apache-2.0"),
        ("https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("https://opensource.org/license/mit/", "MIT"),
        ("http://opendatacommons.org/licenses/odbl/1.0/", "ODbL-1.0"),
        ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("mit", "MIT"),
    ],
)
def test_a_licence_that_is_certain_is_mapped(written: str, spdx: str) -> None:
    assert spdx_of(written) == spdx
    check_spdx(spdx)


@pytest.mark.parametrize(
    "written",
    [
        *("", "CC-BY", "cc-by", "CC BY", "CC BY 5.0", "CC BY 4.1", "Creative Commons Attribution"),
        *("BSD", "GPL", "GPL 3.0", "GNU General Public License v3.0", "other-open", "notspecified"),
        *(
            "https://creativecommons.org/licenses/by/",
            "https://creativecommons.org/licenses/by/9.9/",
        ),
        *(
            "https://creativecommons.org/licenses/by/4.0/de/",
            "https://www.gnu.org/licenses/gpl-3.0",
        ),
        *("https://creativecommons.org/publicdomain/zero/", "https://spdx.org/licenses/Mine"),
        *(
            "https://evil.example/creativecommons.org/licenses/by/4.0/",
            "https://spdx.org/licenses/",
        ),
        *("see LICENSE", "All rights reserved", "CC0 1.0 except the images"),
    ],
)
def test_a_licence_with_any_doubt_is_not(written: str) -> None:
    assert spdx_of(written) is None


@given(st.text(max_size=60) | st.builds("https://spdx.org/licenses/{}".format, st.text(max_size=9)))
def test_whatever_a_licence_maps_to_is_spdx(written: str) -> None:
    spdx = spdx_of(written)

    if spdx is not None:
        check_spdx(spdx)


def test_every_identifier_of_spdx_is_found_in_any_case() -> None:
    assert [one for one in LICENSES if spdx_of(one) != one] == []
    assert [one for one in LICENSES if spdx_of(one.lower()) not in {one, one.lower()}] == []


# --- identifiers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("https://doi.org/10.5281/zenodo.1", ("doi", "10.5281/zenodo.1")),
        ("http://dx.doi.org/10.5281/zenodo.1", ("doi", "10.5281/zenodo.1")),
        ("DOI: 10.5281/zenodo.1", ("doi", "10.5281/zenodo.1")),
        ("10.5281/zenodo.1", ("doi", "10.5281/zenodo.1")),
        ("https://arxiv.org/abs/2601.01234v2", ("arxiv", "2601.01234v2")),
        ("hdl:1902.1/12612", ("handle", "1902.1/12612")),
        ("https://hdl.handle.net/1902.1/12612", ("handle", "1902.1/12612")),
        ("ark:/12148/btv1b8449691v", ("ark", "ark:/12148/btv1b8449691v")),
        ("CSTR:31253.11.sciencedb.00001", ("cstr", "31253.11.sciencedb.00001")),
        ("https://raid.org/10.5072/x", ("raid", "https://raid.org/10.5072/x")),
        ("urn:uuid:7b1e0c1e", ("urn", "urn:uuid:7b1e0c1e")),
        ("https://example.org/data", ("url", "https://example.org/data")),
        ("10.5281", None),
        ("20230928-b6db898e", None),
        ("ftp://example.org/x", None),
        ("", None),
    ],
)
def test_an_identifier_that_says_what_it_is(written: str, found: tuple[str, str] | None) -> None:
    assert identifier_in(written) == found


@pytest.mark.parametrize(
    ("kind", "written", "found"),
    [
        ("DOI", "10.5072/x", ("doi", "10.5072/x")),
        ("Handle", "1902.1/12612", ("handle", "1902.1/12612")),
        ("PMID", "12345", ("pmid", "12345")),
        ("URL", "https://doi.org/10.5072/x", ("url", "https://doi.org/10.5072/x")),
        ("IGSN", "IECUR0001", None),
        ("DOI", "not one", None),
    ],
)
def test_an_identifier_of_a_stated_kind(
    kind: str, written: str, found: tuple[str, str] | None
) -> None:
    assert identifier_of(kind, written) == found


def test_orcid_and_ror_are_bare_and_checked() -> None:
    assert orcid_in("https://orcid.org/0000-0002-1694-233x") == "0000-0002-1694-233X"
    assert orcid_in("0000000218250097") == "0000-0002-1825-0097"
    assert orcid_in("https://orcid.org/0000-0002-1825-0098") is None
    assert ror_in("https://ror.org/05DXPS055/") == "05dxps055"
    assert ror_in("05dxps054") is None


# --- roles and names ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "https://credit.niso.org/contributor-roles/writing-review-editing/",
        "http://credit.niso.org/contributor-roles/writing-review-editing",
        "Writing – review & editing",
        "Writing - Review & Editing",
        "writing-review-editing",
        "撰写 - 评论和编辑",
    ],
)
def test_a_credit_role_is_known_in_each_spelling(written: str) -> None:
    assert credit_role(written) == "writing-review-editing"


def test_the_dead_address_of_a_credit_role_is_still_known() -> None:
    assert credit_role("https://dictionary.casrai.org/Contributor_Roles/Data_curation") == (
        "data-curation"
    )


def test_types_that_mean_something_else_have_no_role() -> None:
    types = ("Editor", "Producer", "ProjectLeader", "ProjectMember", "Researcher", "Other")

    assert [role_of_type(one) for one in types] == [None] * 6
    assert all(is_contribution(one) for one in types)
    assert not is_contribution("Rights Holder")


@pytest.mark.parametrize(
    ("given_name", "family", "name"),
    [
        ("Josephine", "Doe", "Josephine Doe"),
        ("小明", "王", "王小明"),
        ("𠮷", "王", "王𠮷"),
        ("철수", "김", "김철수"),
        ("Xiaoming", "王", "Xiaoming 王"),
        (None, "王", "王"),
        ("Plato", None, "Plato"),
        (None, None, None),
    ],
)
def test_parts_of_a_name_are_joined_as_it_is_displayed(
    given_name: str | None, family: str | None, name: str | None
) -> None:
    assert name_of_parts(given_name, family) == name


def test_a_name_with_a_comma_stays_as_it_is() -> None:
    findings = Findings()

    findings.person(Person("  Doe,\n Josephine "), "creators[0]")

    assert findings.imported("datacite").metadata == {"contributors": [{"name": "Doe, Josephine"}]}


def test_a_name_that_no_record_may_have_is_left_out_and_told() -> None:
    findings = Findings()

    findings.person(Person("\ud800"), "creators[0]")
    findings.person(Person("x" * 201), "creators[1]")
    findings.person(Person("J\u0007"), "creators[2]")

    imported = findings.imported("datacite")
    assert imported.metadata == {}
    assert [one.partition(" ")[0] for one in imported.warnings] == [
        f"creators[{number}]" for number in range(3)
    ]


def test_the_501st_contributor_is_left_out_and_told() -> None:
    findings = Findings()
    for number in range(502):
        findings.person(Person(f"Person {number}"), f"creators[{number}]")

    imported = findings.imported("datacite")

    contributors = imported.metadata["contributors"]
    assert isinstance(contributors, list)
    assert len(contributors) == 500
    assert "Only the first 500 contributors" in "\n".join(imported.warnings)


def test_the_101st_identifier_is_left_out_and_told() -> None:
    findings = Findings()
    for number in range(101):
        findings.identifier(f"10.5072/{number}", f"identifiers[{number}]")

    imported = findings.imported("datacite")

    assert len(str(imported.metadata["identifiers"]).split("'doi'")) == 101
    assert "identifiers[100]: 10.5072/100" in "\n".join(imported.warnings)


def test_names_in_a_sentence_are_few_and_clean() -> None:
    assert shown(["a", "b\x1b[31m", "c", "d", "e"]) == "a, b\\x1b[31m, c … (+2)"
