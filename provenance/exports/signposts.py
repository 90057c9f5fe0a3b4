"""Where a machine finds what belongs to a record: FAIR Signposting as headers and as a linkset.

    Link: <https://doi.org/10.5/x>; rel="cite-as", </v1/records/ID>; rel="describedby"; type=...

A page's header has the first authors only, since a proxy bounds it; the linkset (RFC 9264) has
them all. Addresses of ours are relative (RFC 8288 §3.2), so that they are right behind any proxy.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from provenance.exports.subject import ORCID, plain_identifier, spdx_url
from provenance.record import deposit_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.record import Record

__all__ = ["Link", "header_of", "links_of", "linkset_of"]

_MOST_AUTHORS: Final = 20
"""Authors in a header; a deposit may have 500."""

_IN_URI: Final = "!#$%&'()*+,/:;=?@[]~"
"""What stays as it is in an address: the rest of it, a line end above all, is escaped."""

_RESOLVED: Final = frozenset({"doi", "handle", "ark", "arxiv", "cstr"})
"""Kinds of identifiers that an address can be made of and that are kept for citing."""


class Link(NamedTuple):
    """One typed link from a record's page."""

    rel: str
    href: str
    type: str | None = None
    """Media type of what is there."""


def links_of(record: Record, *, page: str, has_manifest: bool) -> list[Link]:
    """Return what leads from the page of a record to what belongs to it.

    Args:
        page: path of the page, and below ``/v1`` of the record.
    """
    links = [
        Link("cite-as", _cited_as(record) or page),
        Link("describedby", f"/v1{page}", "application/json"),
        Link("item", f"/v1{page}/receipt", "application/json"),
    ]
    if has_manifest:
        links.append(Link("item", f"/v1{page}/manifest", "application/jsonl"))
    links.append(Link("type", "https://schema.org/AboutPage"))
    if record.type == "deposit":
        links += _of_deposit(record)
    links.append(Link("linkset", f"/v1{page}/linkset", "application/linkset+json"))
    return links


def _of_deposit(record: Record) -> Iterator[Link]:
    deposit = deposit_of(record)
    yield Link("type", "https://schema.org/Dataset")
    if (license_url := spdx_url(deposit.license)) is not None:
        yield Link("license", license_url)
    orcids = (one.orcid for one in deposit.contributors if one is not None)
    for orcid in dict.fromkeys(one for one in orcids if one is not None):
        yield Link("author", ORCID + orcid)


def _cited_as(record: Record) -> str | None:
    """Return what the depositor says the dataset is cited by, if that is exactly one thing."""
    if record.type != "deposit":
        return None
    named = [one for one in deposit_of(record).identifiers if one.type in _RESOLVED]
    if len(named) != 1:
        return None
    return quote(plain_identifier(named[0].type, named[0].value), safe=_IN_URI)


def header_of(links: Sequence[Link]) -> str:
    """Return the value of the Link header (RFC 8288)."""
    authors = [one for one in links if one.rel == "author"]
    left_out = set(authors[_MOST_AUTHORS:])
    return ", ".join(_value(one) for one in links if one not in left_out)


def _value(link: Link) -> str:
    kind = "" if link.type is None else f'; type="{link.type}"'
    return f'<{link.href}>; rel="{link.rel}"{kind}'


def linkset_of(links: Sequence[Link], *, page: str) -> dict[str, object]:
    """Return the linkset (RFC 9264 §4.2): the page's links, and those back to the page."""
    by_relation: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for link in links:
        if link.rel != "linkset":
            kind = {} if link.type is None else {"type": link.type}
            by_relation[link.rel].append({"href": link.href} | kind)
    back = {"item": "collection", "describedby": "describes"}
    contexts: list[dict[str, object]] = [{"anchor": page, **by_relation}]
    contexts += [
        {"anchor": link.href, back[link.rel]: [{"href": page, "type": "text/html"}]}
        for link in links
        if link.rel in back
    ]
    return {"linkset": contexts}
