"""The page's addresses and files: whole, quick to ask again, and nothing but them."""

from __future__ import annotations

import gzip
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import provenance_api
import pytest
from provenance_api.pages import Asked, Asset, Shell, load_site
from running_service import the_problem
from test_answers import SECURITY

if TYPE_CHECKING:
    from provenance_api.pages import Site
    from running_service import Service

WEB = Path(str(resources.files(provenance_api))) / "web"
FILES = sorted(path.relative_to(WEB).as_posix() for path in WEB.rglob("*") if path.is_file())
ADDRESSES = [
    "/",
    "/about",
    "/anchors/1",
    "/checkpoints/2",
    "/deposit",
    f"/disputes/{'00' * 32}",
    "/find?q=Alice",
    f"/keys/{'A' * 43}",
    "/ledger",
    "/people/0000-0002-1825-0097",
    "/respond",
    "/verify",
]
SITE = load_site()
SHELL = SITE.shell.asset.octets
PLAIN = {"accept-encoding": "identity"}
TRAVERSALS = [
    "/web/",
    "/web/../app.py",
    "/web/..%2fapp.py",
    "/web/%2e%2e/app.py",
    "/web/%2e%2e%2fexamples.json",
    "/web/..%5capp.py",
    "/web/....//app.py",
    "/web//etc/passwd",
    "/web/%2fetc%2fpasswd",
    "/web/core/../index.html",
    "/web/./index.html",
    "/web/index.html/",
    "/web/index.html%00",
    "/web/index.html%0a",
    "/web/INDEX.HTML",
    "/web/core",
]


class Balanced(HTMLParser):
    """Notes what is open; fails on an end that nothing began."""

    VOID = frozenset({"meta", "link", "img", "br", "hr", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.VOID, tag
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag


def parsed(text: str) -> Balanced:
    """Parse a page whose every element ends where it must."""
    parser = Balanced()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_of_the_page_answers_with_the_shell(service: Service, address: str) -> None:
    answer = service.client.get(address)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["vary"] == "accept-encoding"
    assert set(answer.headers) >= SECURITY
    assert "require-trusted-types-for 'script'" in answer.headers["content-security-policy"]
    assert answer.content == SHELL


def test_the_shell_is_html_without_inline_scripts_or_styles() -> None:
    page = parsed((WEB / "index.html").read_text())

    tags = [tag for tag, _ in page.seen]
    assert tags.count("html") == tags.count("head") == tags.count("body") == 1
    assert "style" not in tags
    for tag, attributes in page.seen:
        assert tag != "script" or attributes.get("src")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href"):
            where = attributes.get(name) or ""
            assert where.startswith(("/", "#")) or name not in attributes, where


def test_every_file_comes_whole_plain_and_packed(service: Service) -> None:
    site: Site = service.client.app.state.site  # type: ignore[attr-defined]  # FastAPI's
    assert site.assets.keys() >= {"index.html", "page.js"}

    for path, asset in site.assets.items():
        plain = service.client.get(f"/web/{path}", headers=PLAIN)
        packed = service.client.get(f"/web/{path}", headers={"accept-encoding": "gzip"})

        assert plain.status_code == packed.status_code == 200
        assert plain.content == packed.content == asset.octets
        assert "content-encoding" not in plain.headers
        assert set(plain.headers) >= SECURITY
        assert plain.headers["vary"] == packed.headers["vary"] == "accept-encoding"
        if "content-encoding" in packed.headers:
            assert packed.headers["etag"] != plain.headers["etag"]
            assert int(packed.headers["content-length"]) < len(asset.octets)


def test_scripts_and_styles_have_the_media_types_that_nosniff_demands(service: Service) -> None:
    wanted = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
    for path in FILES:
        if (suffix := Path(path).suffix) in wanted:
            answer = service.client.head(f"/web/{path}")

            assert answer.headers["content-type"].startswith(wanted[suffix])


@pytest.mark.parametrize("headers", [PLAIN, {"accept-encoding": "gzip"}])
def test_who_has_a_file_is_not_sent_it_again(service: Service, headers: dict[str, str]) -> None:
    first = service.client.get("/", headers=headers)
    etag = first.headers["etag"]

    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = service.client.get("/", headers=headers | {"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
        assert again.headers["cache-control"] == "no-cache"
        assert set(again.headers) >= SECURITY
    assert not etag.startswith("W/")
    other = service.client.get("/", headers=headers | {"if-none-match": '"other"'})
    assert other.status_code == 200


def test_files_of_this_release_are_kept_and_of_another_are_not_there(service: Service) -> None:
    named = [
        attributes.get("src") or attributes.get("href") or ""
        for tag, attributes in parsed(SHELL.decode()).seen
        if tag in {"script", "link"}
    ]
    assert len(named) > 10
    for path in named:
        assert path.startswith(f"/web/{SITE.release}/"), path
        answer = service.client.get(path)
        assert answer.content == service.client.get(path.replace(f"{SITE.release}/", "")).content
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    other = f"/web/{'0' * 16}/page.js"
    the_problem(service.client.get(other), 404, "not-found")


def test_a_release_is_named_by_every_one_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<title>a</title><script src="/web/a.js"></script>')
    names = set()
    for text in ("a", "b"):
        (tmp_path / "a.js").write_text(text)
        made = load_site(tmp_path)
        assert f'"/web/{made.release}/a.js"'.encode() in made.shell.asset.octets
        names.add(made.release)

    assert len(names) == 2


def test_etags_of_two_representations_do_not_stand_for_each_other(service: Service) -> None:
    etag = service.client.get("/", headers=PLAIN).headers["etag"]
    packed = Asset("text/html", b"a" * 1000).answer(Asked(takes_gzip=True))
    known = Asset("text/html", b"a" * 1000).answer(Asked(known=frozenset({packed.headers["etag"]})))

    assert etag != '""'
    assert (packed.status_code, known.status_code) == (200, 200)


def test_head_says_what_get_would(service: Service) -> None:
    for path in ("/", "/web/index.html"):
        got = service.client.get(path, headers=PLAIN)
        head = service.client.head(path, headers=PLAIN)

        assert (head.status_code, head.content) == (200, b"")
        assert dict(head.headers) == dict(got.headers)


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_the_listing(service: Service, path: str) -> None:
    # raw: the client would resolve the dots itself
    import httpx  # noqa: PLC0415 -- a URL only

    url = httpx.URL("http://testserver").copy_with(raw_path=path.encode())
    answer = service.client.get(url, follow_redirects=False)

    if answer.status_code == 200:  # the client did resolve them: to a file that is one of ours
        assert answer.content == (WEB / "index.html").read_bytes()
    else:
        assert answer.status_code in {307, 404}
        assert b"import" not in answer.content
        assert b"root:" not in answer.content


def test_a_file_that_is_not_there_is_a_problem(service: Service) -> None:
    the_problem(service.client.get("/web/nothing.js"), 404, "not-found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_page_takes_nothing(service: Service, method: str) -> None:
    the_problem(service.client.request(method, "/"), 405, "method-not-allowed")


def test_the_page_is_no_part_of_the_api_s_document(service: Service) -> None:
    paths = service.client.get("/v1/openapi.json").json()["paths"]

    assert not [
        path for path in paths if not path.startswith(("/v1", "/tile", "/checkpoint", "/m"))
    ]


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("", False),
        ("gzip", True),
        ("x-gzip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("GZIP ; Q=0.001", True),
        ("br", False),
        ("gzip;q=nonsense", False),
        ("gzipped", False),
    ],
)
def test_gzip_goes_to_who_takes_it(header: str, takes: bool) -> None:  # noqa: FBT001 -- a table
    assert Asked.of({"accept-encoding": header}).takes_gzip is takes


def test_files_are_packed_alike_each_time(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>a</title>" + "b" * 1000)
    (tmp_path / "unknown.suffix").write_bytes(b"\0")

    one, other = load_site(tmp_path), load_site(tmp_path)

    assert one.asset("index.html").packed == other.asset("index.html").packed
    assert gzip.decompress(one.asset("index.html").packed)[:7] == b"<title>"
    assert one.asset("unknown.suffix").media_type == "application/octet-stream"


def test_a_head_is_put_in_where_the_title_was() -> None:
    shell = Shell(b'<head><title>old</title><meta name="description" content="old"></head>')

    page = shell.with_head("a </title><script>", '<meta name="description" content="new">')

    assert page == (
        b"<head><title>a &lt;/title&gt;&lt;script&gt;</title>\n"
        b'<meta name="description" content="new"></head>'
    )


@pytest.mark.parametrize("path", ["/nothing", "/records", "/anchors/1/more"])
def test_an_unknown_address_is_a_page_to_readers_only(service: Service, path: str) -> None:
    reader = service.client.get(path, headers={"accept": "text/html,*/*;q=0.8"})
    program = service.client.get(path)

    assert (reader.status_code, reader.content) == (404, SHELL)
    the_problem(program, 404, "not-found")


@pytest.mark.parametrize("path", ["/v1/nothing", "/web/nothing.js", "/tile/nothing"])
def test_what_is_for_programs_is_never_answered_by_a_page(service: Service, path: str) -> None:
    answer = service.client.get(path, headers={"accept": "text/html"})

    the_problem(answer, 404, "not-found")


@pytest.mark.parametrize(("language", "other"), [("en", "zh"), ("zh", "en")])
def test_all_that_a_reader_of_one_language_can_load_is_light(language: str, other: str) -> None:
    """Every view, style and word together, although nobody opens every view."""
    assets = load_site().assets
    loaded = {path: asset for path, asset in assets.items() if f"messages/{other}" not in path}

    assert any(f"messages/{language}" in path for path in loaded)
    assert sum(len(asset.packed) for asset in loaded.values()) < 300_000
