"""Licences as other tools write them -> SPDX identifiers, where there is no doubt.

    cc-by-4.0, CC BY 4.0                              -> CC-BY-4.0
    https://creativecommons.org/licenses/by/4.0/deed.de -> CC-BY-4.0
    https://creativecommons.org/licenses/by/3.0/de/     -> CC-BY-3.0-DE
    https://spdx.org/licenses/MIT.html                -> MIT

Without a version, or with a name that several licences share ("BSD", "GPL 3.0": only or later?),
there is doubt, and no identifier.
"""

from __future__ import annotations

import re
from typing import Final

from provenance.errors import UnknownLicenseError
from provenance.spdx import check_spdx
from provenance.spdx_list import LICENSES

__all__ = ["spdx_of"]

_BY_LOWER: Final = {one.lower(): one for one in LICENSES}

_ADDRESSES: Final = {
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "opendatacommons.org/licenses/by/1-0": "ODC-By-1.0",
    "opendatacommons.org/licenses/by/1.0": "ODC-By-1.0",
    "opendatacommons.org/licenses/odbl/1-0": "ODbL-1.0",
    "opendatacommons.org/licenses/odbl/1.0": "ODbL-1.0",
    "opendatacommons.org/licenses/pddl/1-0": "PDDL-1.0",
    "opendatacommons.org/licenses/pddl/1.0": "PDDL-1.0",
    "opensource.org/licenses/apache-2.0": "Apache-2.0",
    "opensource.org/licenses/bsd-2-clause": "BSD-2-Clause",
    "opensource.org/licenses/bsd-3-clause": "BSD-3-Clause",
    "opensource.org/licenses/isc": "ISC",
    "opensource.org/licenses/mit": "MIT",
    "opensource.org/licenses/mpl-2.0": "MPL-2.0",
}
"""Without scheme, ``www.``, and what stands behind the version."""

_NAMES: Final = {
    "creative commons zero v1.0 universal": "CC0-1.0",
    "cc0 1.0": "CC0-1.0",
    "cc0 1.0 universal": "CC0-1.0",
    "cc-zero": "CC0-1.0",
    "cc-zero-1.0": "CC0-1.0",
    "public domain mark 1.0": "CC-PDM-1.0",
    "mit license": "MIT",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
}
_CC_WORDS: Final = {
    "attribution": "by",
    "sharealike": "sa",
    "noncommercial": "nc",
    "noderivatives": "nd",
    "noderivs": "nd",
}


def spdx_of(text: str) -> str | None:
    """Return the SPDX expression that ``text``, an address, identifier or name, certainly is."""
    given = " ".join(text.split())
    if re.match(r"(?i)https?://", given):
        return _of_address(given)
    try:
        check_spdx(given)
    except UnknownLicenseError:
        plain = given.lower()
        return _BY_LOWER.get(plain) or _NAMES.get(plain) or _of_creative_commons(plain)
    return given


def _of_address(address: str) -> str | None:
    plain = re.sub(r"^https?://(?:www\.)?", "", address.lower())
    plain = re.sub(r"[?#].*$", "", plain).rstrip("/")
    if match := re.fullmatch(r"spdx\.org/licenses/([^/]+?)(?:\.html|\.json|\.txt)?", plain):
        return _BY_LOWER.get(match[1])
    if match := re.fullmatch(
        r"creativecommons\.org/licenses/([a-z-]+)/([0-9.]+)"
        r"(?:/(?!legalcode|deed)([a-z]{2,3}))?(?:/(?:legalcode|deed)(?:\.[a-z_-]+)?)?",
        plain,
    ):
        return _BY_LOWER.get("-".join(["cc", *(part for part in match.groups() if part)]))
    if match := re.match(r"creativecommons\.org/publicdomain/(zero|mark)/1\.0(?:/|$)", plain):
        return {"zero": "CC0-1.0", "mark": "CC-PDM-1.0"}[match[1]]
    plain = re.sub(r"\.(?:html|txt|php)$", "", plain)
    return _ADDRESSES.get(plain.replace("opensource.org/license/", "opensource.org/licenses/"))


def _of_creative_commons(plain: str) -> str | None:
    """Read ``cc by-nc 4.0`` and ``creative commons attribution 4.0 international``."""
    plain = re.sub(r"\([^)]*\)", " ", plain)
    plain = re.sub(r"^creative commons\b", "cc", " ".join(plain.split()))
    match = re.fullmatch(
        r"cc[ -]([a-z -]+?)(?: licen[cs]e)?[ -]v?([1-4]\.[05])"
        r"(?: (?:international|unported|generic)(?: public)?)?(?: licen[cs]e)?",
        plain,
    )
    if match is None:
        return None
    words = [_CC_WORDS.get(word, word) for word in re.split("[ -]+", match[1])]
    return _BY_LOWER.get("-".join(["cc", *words, match[2]]))
