"""What the page of a record tells machines: public, escaped, and gone with an erasure."""

from __future__ import annotations

import itertools
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from erasing import erase_stored
from exporting import hostile_lines
from small_ledger import ORIGIN, START, key_of, salts
from test_answers import SECURITY
from test_openings import sealed

from provenance.digests import sha256
from provenance.record import issue_record

if TYPE_CHECKING:
    import httpx
    from running_service import Service

    from provenance.record import Record

ORCIDS = ["0000-0002-1825-0097", "0000-0001-5109-3700"]
_NUMBERS = itertools.count()
_LINK = re.compile(r'<([^>]*)>; rel="([a-z-]+)"(?:; type="([^"]+)")?(?:, )?')


class Head(HTMLParser):
    """The head of a page: its title, its metas and links, and the data in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.title = ""
        self.metas: dict[str, str] = {}
        self.links: list[tuple[str | None, str | None]] = []
        self.scripts: list[dict[str, str | None]] = []
        self.data: list[Any] = []
        self.tags: list[str] = []
        self._in: str | None = None
        self._text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        attributes = dict(attrs)
        self._in, self._text = tag, ""
        if tag == "meta" and attributes.get("name"):
            self.metas[str(attributes["name"])] = str(attributes.get("content"))
        elif tag == "link":
            self.links.append((attributes.get("rel"), attributes.get("href")))
        elif tag == "script":
            self.scripts.append(attributes)

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "title" and not self.title:
            self.title = self._text
        elif tag == "script" and self.scripts[-1].get("type") == "application/ld+json":
            self.data.append(json.loads(self._text))


def made(service: Service, claims: dict[str, object], hold: tuple[str, ...] = ()) -> Record:
    """Sign a deposit that only this test makes."""
    number = next(_NUMBERS)
    whole = {"dataset_digest": f"{number + 1:064x}", "files": 2, "bytes": 10} | claims
    seed = salts(b"page %d" % number)
    return issue_record(
        "deposit", whole, private_key=service.alice, aud=ORIGIN, iat=START, salts=seed, hold=hold
    )


def put(service: Service, claims: dict[str, object], hold: tuple[str, ...] = ()) -> Record:
    """Deposit it."""
    record = made(service, claims, hold)
    answer = service.post(record)
    assert answer.status_code == 201, answer.text
    return record


def page_of(service: Service, record: Record) -> httpx.Response:
    answer: httpx.Response = service.client.get(f"/records/{record.id_hex}")
    assert answer.status_code == 200
    return answer


def links_in(answer: httpx.Response) -> dict[str, list[str]]:
    header = answer.headers["link"]
    found: dict[str, list[str]] = {}
    end = 0
    for match in _LINK.finditer(header):
        assert match.start() == end
        found.setdefault(match[2], []).append(match[1])
        end = match.end()
    assert end == len(header)
    return found


WHOLE: dict[str, object] = {
    "title": "Wind at two stations",
    "license": "CC0-1.0",
    "access": "open",
    "identifiers": [{"type": "doi", "value": "10.5555/wind.1"}],
    "contributors": [
        {"name": "王小明", "orcid": ORCIDS[0], "ror": ["05dxps055"], "roles": ["software"]},
        {"name": "Kristen Gorman", "orcid": ORCIDS[1]},
    ],
}


def test_a_record_s_page_is_the_shell_with_a_head_of_its_own(service: Service) -> None:
    record = put(service, WHOLE)

    answer = page_of(service, record)
    head, shell = Head(answer.text), Head(service.client.get("/").text)

    assert head.title == f"Wind at two stations · {ORIGIN}"
    assert head.metas["description"].startswith("A dataset of 2 files")
    assert ("canonical", f"/records/{record.id_hex}") in head.links
    assert [one for one in head.scripts if "src" in one] == shell.scripts
    assert head.tags.count("body") == head.tags.count("title") == 1
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noarchive"
    assert answer.headers["provenance-standing"] == "sound"
    assert set(answer.headers) >= SECURITY
    assert answer.text.endswith(service.client.get("/").text.partition("</title>")[2])


def test_search_engines_read_a_schema_org_dataset(service: Service) -> None:
    record = put(service, WHOLE)

    (data,) = Head(page_of(service, record).text).data

    assert (data["@context"], data["@type"]) == ("https://schema.org/", "Dataset")
    assert data["name"] == "Wind at two stations"
    assert 50 <= len(data["description"]) <= 5000  # as a search engine demands
    assert data["license"] == "https://spdx.org/licenses/CC0-1.0"
    assert "https://doi.org/10.5555/wind.1" in data["identifier"]
    assert record.id_hex in [one["value"] for one in data["identifier"] if isinstance(one, dict)]
    first, second = data["creator"]
    assert (first["name"], first["@id"]) == ("王小明", f"https://orcid.org/{ORCIDS[0]}")
    assert first["affiliation"] == [{"@type": "Organization", "@id": "https://ror.org/05dxps055"}]
    assert second["name"] == "Kristen Gorman"
    assert not [name for name in data if name.startswith("date")]  # no time of ours is proved


def test_signposts_lead_to_what_belongs_to_a_record(service: Service) -> None:
    record = put(service, WHOLE)
    api = f"/v1/records/{record.id_hex}"

    answer = page_of(service, record)

    assert links_in(answer) == {
        "cite-as": ["https://doi.org/10.5555/wind.1"],
        "describedby": [api],
        "item": [f"{api}/receipt"],
        "type": ["https://schema.org/AboutPage", "https://schema.org/Dataset"],
        "license": ["https://spdx.org/licenses/CC0-1.0"],
        "author": [f"https://orcid.org/{one}" for one in ORCIDS],
        "linkset": [f"{api}/linkset"],
    }
    for target in (api, f"{api}/receipt", f"{api}/linkset"):
        assert service.client.get(target).status_code == 200


def test_the_linkset_says_the_same_and_the_way_back(service: Service) -> None:
    record = put(service, WHOLE)
    page, api = f"/records/{record.id_hex}", f"/v1/records/{record.id_hex}"

    answer = service.client.get(f"{api}/linkset")
    contexts = answer.json()["linkset"]

    assert answer.headers["content-type"] == "application/linkset+json"
    assert answer.headers["cache-control"] == "no-store"
    of_page = {name: value for name, value in contexts[0].items() if name != "anchor"}
    header = links_in(page_of(service, record))
    del header["linkset"]
    assert {name: [one["href"] for one in some] for name, some in of_page.items()} == header
    back = [{"href": page, "type": "text/html"}]
    assert {"anchor": f"{api}/receipt", "collection": back} in contexts
    assert {"anchor": api, "describes": back} in contexts


def test_many_authors_stand_in_the_linkset_alone(service: Service) -> None:
    people = [{"name": f"Person {number}", "orcid": _orcid(number)} for number in range(300)]
    record = put(service, {"contributors": people})

    answer = page_of(service, record)
    linkset = service.client.get(f"/v1/records/{record.id_hex}/linkset").json()["linkset"]

    assert len(answer.headers["link"]) < 4096
    assert len(links_in(answer)["author"]) == 20
    assert len(linkset[0]["author"]) == 300


def _orcid(number: int) -> str:
    """An ORCID iD with its check digit (ISO 7064 MOD 11-2)."""
    digits = f"{2_000_000 + number:015d}"
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    whole = digits + ("X" if rest == 10 else str(rest))
    return "-".join(whole[at : at + 4] for at in range(0, 16, 4))


# --- nothing else gets in -----------------------------------------------------------------


def test_no_title_and_no_name_leaves_its_place(service: Service) -> None:
    shell = Head(service.client.get("/").text)
    titles = hostile_lines()
    people = [title[:200].strip() for title in titles]
    records = [
        made(service, {"title": title, "contributors": [{"name": name}]})
        for title, name in zip(titles, people, strict=True)
    ]
    assert {one["status"] for one in service.post_batch(*records)} == {"integrated"}
    for title, name, record in zip(titles, people, records, strict=True):
        answer = page_of(service, record)
        head = Head(answer.text)

        assert head.tags.count("script") == shell.tags.count("script") + 1, title
        assert len(head.tags) == len(shell.tags) + 3, title  # meta, canonical, data
        (data,) = head.data
        assert data["name"] == title
        assert data["creator"][0]["name"] == name
        assert head.title == f"{title} · {ORIGIN}"


@pytest.mark.parametrize(
    "value",
    ['10.5555/a>;rel="stylesheet"', "10.5555/é%0d%0aset-cookie:x", '10.5555/"><script>'],
)
def test_no_identifier_leaves_its_place_in_a_header(service: Service, value: str) -> None:
    record = put(service, {"identifiers": [{"type": "doi", "value": value}]})

    answer = page_of(service, record)

    (cited,) = links_in(answer)["cite-as"]
    assert cited.startswith("https://doi.org/10.5555/")
    assert cited.isascii()
    assert not set(cited) & set('<>" \r\n')
    assert "set-cookie" not in answer.headers


def test_what_its_holder_keeps_is_not_on_the_page(service: Service) -> None:
    people = [{"name": "Nobody Shown", "orcid": ORCIDS[0]}]
    record = put(service, {"title": "Kept title", "contributors": people}, hold=("contributors",))

    answer = page_of(service, record)

    assert "Kept title" in answer.text
    for said in (answer.text, answer.headers["link"], _linkset(service, record)):
        assert "Nobody Shown" not in said
        assert ORCIDS[0] not in said


def test_what_was_erased_is_not_on_the_page(service: Service) -> None:
    record = put(service, WHOLE | {"title": "Erased title"})
    assert "Erased title" in page_of(service, record).text
    parts = service.ledger.parts

    assert erase_stored(record.id, log=parts.log, store=parts.store, key_store=parts.key_store)
    answer = page_of(service, record)

    assert f"deposit {record.id_hex[:16]}" in Head(answer.text).title
    for said in (answer.text, answer.headers["link"], _linkset(service, record)):
        for gone in ("Erased title", "Gorman", "王小明", ORCIDS[0], "10.5555"):
            assert gone not in said


def test_what_is_sealed_is_not_on_the_page(service: Service) -> None:
    record, secret = sealed(service.alice, "sealed, with a page")
    assert service.post(record).status_code == 201

    answer = page_of(service, record)

    assert "A sealed deposit" in Head(answer.text).metas["description"]
    for said in (answer.text, _linkset(service, record)):
        assert "Title of" not in said
        assert not [part for part in secret.disclosures if part.text in said]
        assert sha256(b"sealed, with a page").hex() not in said


def _linkset(service: Service, record: Record) -> str:
    text: str = service.client.get(f"/v1/records/{record.id_hex}/linkset").text
    return text


# --- what is not there, and what else there is ---------------------------------------------


@pytest.mark.parametrize("name", ["00" * 32, "AB" * 32, "nonsense", "%00", "..%2f..%2fetc"])
def test_an_unknown_record_is_404_with_the_shell(service: Service, name: str) -> None:
    answer = service.client.get(f"/records/{name}")

    assert answer.status_code == 404
    if not name.startswith(".."):  # that is another address
        assert answer.content == service.client.get("/").content
        assert answer.headers["cache-control"] == "no-store"
        assert "link" not in answer.headers
    assert set(answer.headers) >= SECURITY


def test_a_withdrawn_deposit_says_so_to_machines(service: Service) -> None:
    record = put(service, WHOLE)
    gone = issue_record(
        "withdrawal",
        {"record": record.id_hex, "reason": "error-data"},
        private_key=service.alice,
        aud=ORIGIN,
        iat=START,
        salts=salts(b"withdrawn page"),
    )
    posted = service.post(gone)
    assert posted.status_code == 201, posted.text

    answer = page_of(service, record)

    assert answer.headers["provenance-standing"] == "withdrawn"
    assert Head(answer.text).data[0]["creativeWorkStatus"] == "withdrawn"


def test_a_record_of_another_type_has_a_page_without_a_dataset(service: Service) -> None:
    key = service.know(key_of("has a page"))
    (binding,) = service.client.get("/v1/lookup", params={"key": key.public.thumbprint}).json()[
        "items"
    ]

    answer = service.client.get(f"/records/{binding['id']}")

    assert Head(answer.text).data == []
    assert links_in(answer)["type"] == ["https://schema.org/AboutPage"]


def test_the_description_is_in_the_reader_s_language(service: Service) -> None:
    record = put(service, WHOLE)

    answer = service.client.get(
        f"/records/{record.id_hex}", headers={"accept-language": "zh-CN,zh;q=0.9"}
    )

    assert answer.status_code == 200
    assert answer.headers["vary"] == "accept-language"


def test_robots_are_told_what_is_for_people_only(service: Service) -> None:
    answer = service.client.get("/robots.txt")

    assert answer.headers["content-type"].startswith("text/plain")
    assert "Disallow: /people/\n" in answer.text
    assert "/records" not in answer.text
