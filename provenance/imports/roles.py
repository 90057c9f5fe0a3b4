"""What a person's role in another vocabulary is in CRediT, where it is exactly that.

DataCite's contributor types say something else than CRediT's roles do (``docs/importing.md``). Four
mean the same: whoever collected, curated, managed or supervised. ``Editor`` is not among them:
DataCite means the publication's format, CRediT the text. A contributor whose role has no
counterpart is kept, with the role not stated.
"""

from __future__ import annotations

from typing import Final

from provenance.credit import plain_name, role_of

__all__ = ["NO_CONTRIBUTION", "credit_role", "is_contribution", "role_of_type"]

_OF_TYPE: Final = {
    "datacollector": "investigation",
    "datacurator": "data-curation",
    "projectmanager": "project-administration",
    "supervisor": "supervision",
}

NO_CONTRIBUTION: Final = frozenset(
    {
        "contactperson",
        "distributor",
        "funder",
        "hostinginstitution",
        "publisher",
        "registrationagency",
        "registrationauthority",
        "rightsholder",
        "sponsor",
    }
)
"""Types of those who host, pay for, own or answer for data, without hyphens and in lower case."""


def credit_role(text: str) -> str | None:
    """Return the slug of a CRediT role given as URI, slug or name, English or Chinese."""
    found = role_of(text)
    return None if found is None else found.slug


def role_of_type(kind: str) -> str | None:
    """Return the CRediT role that a DataCite contributor type, in any spelling, exactly is."""
    return _OF_TYPE.get(plain_name(kind))


def is_contribution(kind: str) -> bool:
    """Tell whether a contributor type says that somebody took part in making the data."""
    return plain_name(kind) not in NO_CONTRIBUTION
