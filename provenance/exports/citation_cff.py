"""``CITATION.cff`` 1.2.0: how the dataset is to be cited.

A record has whole names, and where a family name ends nobody can tell from one. So each author
is an *entity* with a name, which citation tools show as it is, and never a person cut in two by
guess. What makes the file valid and a receipt does not show, authors, is not made up: without one
contributor shown there is no such file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import yaml

from provenance.errors import MalformedError
from provenance.exports.subject import ORCID
from provenance.imported import N_, remark
from provenance.spdx_list import LICENSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.exports.subject import Subject
    from provenance.imported import Remark

__all__ = ["remarks", "write"]

_DOI: Final = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)?/[A-Za-z0-9:/_;.()\[\]\\-]+")
_SWH: Final = re.compile(r"swh:1:(?:snp|rel|rev|dir|cnt):[0-9a-fA-F]{40}")


def write(subject: Subject) -> Iterator[bytes]:
    """Yield the file.

    Raises:
        MalformedError: no contributor is shown, or the receipt is of no deposit.
    """
    authors = list(_authors(subject))
    if not authors:
        raise MalformedError(
            "expected a contributor, got none that the receipt shows", field="contributors"
        )
    made: dict[str, object] = {
        "cff-version": "1.2.0",
        "message": "If you use this dataset, please cite it as below.",
        "type": "dataset",
        "title": subject.title,
        "authors": authors,
        "identifiers": list(_identifiers(subject)),
    }
    if (license_ := _license(subject)) is not None:
        made["license"] = license_
    if subject.deposit.version is not None:
        made["version"] = subject.deposit.version
    text = yaml.safe_dump(made, allow_unicode=True, sort_keys=False, width=1_000)
    yield text.encode()


def remarks(subject: Subject) -> tuple[Remark, ...]:
    """Say when the licence is one that the format has no place for."""
    if subject.deposit.license is None or _license(subject) is not None:
        return ()
    sentence = N_("The licence is left out: CITATION.cff knows single ones and a choice of them.")
    return (remark(sentence),)


def _authors(subject: Subject) -> Iterator[dict[str, object]]:
    seen = []
    for person in subject.people:
        author: dict[str, object] = {"name": person.name}
        author |= {} if person.orcid is None else {"orcid": ORCID + person.orcid}
        if author not in seen:  # the schema wants each once
            seen.append(author)
            yield author


def _identifiers(subject: Subject) -> Iterator[dict[str, str]]:
    for one in subject.deposit.identifiers:
        yield _identifier(one.type, one.value)
    entry = f"entry {subject.leaf_index} of {subject.origin}"
    if subject.digest is not None:
        what = subject.digest_is[0].upper() + subject.digest_is[1:]
        yield {"type": "other", "value": subject.digest, "description": f"{what}, {entry}"}
    else:
        yield {"type": "other", "value": subject.record_id, "description": f"Record id, {entry}"}
    if subject.receipt_url is not None:
        url = {"type": "url", "value": subject.receipt_url}
        yield url | {"description": "Receipt of the deposit"}


def _identifier(kind: str, value: str) -> dict[str, str]:
    if kind == "doi" and _DOI.fullmatch(value):
        return {"type": "doi", "value": value}
    if kind == "swhid" and _SWH.fullmatch(value):
        return {"type": "swh", "value": value}
    if kind == "url":
        return {"type": "url", "value": value}
    return {"type": "other", "value": value, "description": kind.upper()}


def _license(subject: Subject) -> str | list[str] | None:
    """Return one licence or, as the format means a list, several to choose from."""
    choices = (subject.deposit.license or "").split(" OR ")
    if not all(one in LICENSES for one in choices):
        return None
    return choices[0] if len(choices) == 1 else choices
