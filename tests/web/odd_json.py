"""JSON with one thing in it that is odd, missing, more or twice; and records of such JSON."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from provenance.digests import from_b64url, to_b64url
from provenance.sdjwt import digest_of

if TYPE_CHECKING:
    import random

__all__ = ["altered", "mutant", "places"]

Json = Any
ODD: list[Json] = [
    *(None, True, False, 0, -1, 1, 2**53 - 1, 2**53, 1.5, "", " ", "x", "é", "e\u0301", "\u0897"),
    *("a" * 43, "A" * 42 + "B", "0" * 64, "f" * 64, "5f" * 32, "0x" + "ab" * 32, "0x" + "ab" * 20),
    *("x" * 2_001, "a\nb", " lead", "trail\u3000", "\x1c", "\u202e", "\U0001f600", "it's", 'q"'),
    *(
        [],
        [[]],
        ["x", "x"],
        {},
        {"...": "x"},
        {"x": 1},
        [{}],
        [1, True],
        "deposit",
        "keyCompromise",
    ),
    *("0000-0002-1825-0097", "05dxps055", "CC-BY-4.0", "cc-by-4.0", "MIT OR", "open", "sha-256"),
]
NAMES = ["x", "name", "files", "bytes", "title", "record", "key", "block", "sealed", "held", "_sd"]
NAMES += ["orcid", "ror", "roles", "relations", "license", "é\n", "__proto__", "1", "v", "aud"]


def places(value: Json) -> list[tuple[Json, Any]]:
    """Return every member and element as its container and name or index."""
    found: list[tuple[Json, Any]] = []
    if isinstance(value, dict | list):
        names = list(value) if isinstance(value, dict) else list(range(len(value)))
        for name in names:
            found.append((value, name))
            found += places(value[name])
    return found


def altered(value: Json, draw: random.Random) -> Json:
    """Return a copy in which one thing is odd, missing, more or twice."""
    made = copy.deepcopy(value)
    container, name = draw.choice(places(made))
    kind = draw.randrange(5)
    if kind == 0:
        del container[name]
    elif kind == 1 and isinstance(container, list):
        container.append(copy.deepcopy(container[name]))
    elif kind == 2:
        holder = draw.choice([one for one, _ in places(made) if isinstance(one, dict)] or [made])
        if isinstance(holder, dict):
            holder[draw.choice(NAMES)] = copy.deepcopy(draw.choice(ODD))
    elif kind == 3 and isinstance(container[name], str) and container[name]:
        text = container[name]
        at = draw.randrange(len(text))
        container[name] = text[:at] + draw.choice(["", "a", "A", "0", " ", "é"]) + text[at + 1 :]
    else:
        container[name] = copy.deepcopy(draw.choice(ODD))
    return made


def written(value: Json) -> str:
    return to_b64url(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def mutant(compact: str, draw: random.Random) -> str:
    """Alter the header, the payload, or a disclosure and with it its digest."""
    jws, *disclosures, _ = compact.split("~")
    head, body, tail = jws.split(".")
    header, payload = (json.loads(from_b64url(part)) for part in (head, body))
    which = draw.randrange(4)
    if which == 0:
        header = altered(header, draw)
    elif which == 1 and disclosures:
        number = draw.randrange(len(disclosures))
        changed = written(altered(json.loads(from_b64url(disclosures[number])), draw))
        text = json.dumps(payload).replace(digest_of(disclosures[number]), digest_of(changed))
        payload, disclosures[number] = json.loads(text), changed
    else:
        payload = altered(payload, draw)
    jws = f"{written(header)}.{written(payload)}.{tail}"
    return "~".join([jws, *disclosures, ""])
