"""npm's @sd-jwt/core and sdjwt.py read each other's SD-JWTs, records of ours among them.

They agree on good ones. Version 0.19.0 of the package also reads what RFC 9901 §7.1 tells to
reject: a disclosure that no digest refers to, a digest that occurs twice, a disclosed claim that
takes the place of a signed one. So it is a second opinion here and may not judge a record.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from strategies import ORIGIN, private_key, salts

from provenance import sdjwt
from provenance.digests import to_b64url
from provenance.errors import MalformedError
from provenance.record import issue_record, parse_record, verify_signature
from provenance.sdjwt import Decoy, Hidden

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.keys import Algorithm, PrivateKey

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1] / "node_modules" / "@sd-jwt" / "core"
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="Node is not installed"),
    pytest.mark.skipif(not PACKAGE.exists(), reason="npm's @sd-jwt/core is not installed (npm ci)"),
]

CLAIMS: dict[str, Any] = {
    "dataset_digest": "ab" * 32,
    "files": 3,
    "bytes": 53098,
    "title": "企鹅 – Palmer penguins",
    "contributors": [
        {"name": "Kristen Gorman", "orcid": "0000-0002-1825-0097", "roles": ["investigation"]},
        {"name": "王小明", "ror": ["05dxps055"]},
        {"name": "Allison Horst"},
    ],
    "license": "CC0-1.0",
}

NESTED: dict[str, Any] = {
    "plain": [1, "two", None, {"three": True}],
    "hidden": "Möbius",
    "object": {"shown": 1, "hidden": {"deep": "value", "deeper": [1, 2]}},
    "array": ["DE", "FR", {"inner": "x"}],
}


def ask(*jobs: dict[str, object]) -> list[Any]:
    """Let Node do several jobs; return the results in order, an Exception where one failed."""
    assert NODE is not None
    result = subprocess.run(
        [NODE, str(HERE / "sd_jwt.mjs")],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    answers = json.loads(result.stdout)
    return [Exception(one["error"]) if "error" in one else one["result"] for one in answers]


def checker(key: PrivateKey) -> sdjwt.CheckSignature:
    def check(header: Mapping[str, object], signing_input: bytes, signature: bytes) -> None:
        assert header["alg"] == key.alg
        key.public.verify(signature, signing_input)

    return check


@pytest.mark.parametrize("alg", ["Ed25519", "ES256"])
def test_node_verifies_a_record_of_ours(alg: Algorithm) -> None:
    key = private_key(alg)
    record = issue_record(
        "deposit", CLAIMS, private_key=key, aud=ORIGIN, iat=1, salts=salts(), hold=["title"]
    )

    whole, public, entry, wrong_key = ask(
        {"do": "verify", "sd_jwt": record.compact.decode(), "jwk": key.public.jwk()},
        {"do": "verify", "sd_jwt": record.public().decode(), "jwk": key.public.jwk()},
        {"do": "verify", "sd_jwt": record.entry.decode() + "~", "jwk": key.public.jwk()},
        {
            "do": "verify",
            "sd_jwt": record.compact.decode(),
            "jwk": private_key(alg, 2).public.jwk(),
        },
    )

    assert whole["claims"] == record.payload
    assert whole["header"]["typ"] == "deposit+sd-jwt"
    assert public["claims"] == parse_record(record.public(), complete=False).payload
    assert "title" not in public["claims"]
    assert entry["claims"]["contributors"] == []
    assert isinstance(wrong_key, Exception)


def test_record_that_node_issued_is_a_record() -> None:
    """ES256 of other libraries may have high s, which a record must not: so Ed25519 here."""
    key = private_key()
    header = {"alg": "Ed25519", "kid": key.public.thumbprint, "typ": "deposit+sd-jwt"}
    payload = {**CLAIMS, "aud": ORIGIN, "iat": 1, "v": 1}
    frame = {"_sd": ["title"], "contributors": {"_sd": [0, 1, 2]}}

    whole, partly, decoys, plain = ask(
        {"do": "issue", "claims": payload, "frame": frame, "header": header, "jwk": key.jwk()},
        {
            "do": "issue",
            "claims": payload,
            "frame": {**frame, "contributors": {"_sd": [0, 1]}},
            "header": header,
            "jwk": key.jwk(),
        },
        {
            "do": "issue",
            "claims": payload,
            "frame": {**frame, "_sd_decoy": 1},
            "header": header,
            "jwk": key.jwk(),
        },
        {
            "do": "issue",
            "claims": payload,
            "frame": {"contributors": {"_sd": [0, 1, 2]}},
            "header": header,
            "jwk": key.jwk(),
        },
    )

    record = parse_record(whole.encode(), complete=True)
    verify_signature(record, key.public)
    assert record.payload == payload
    for refused, field in ((partly, "contributors[2]"), (decoys, None), (plain, "title")):
        with pytest.raises(MalformedError) as caught:
            parse_record(refused.encode(), complete=True)
        assert field is None or caught.value.field == field


def test_node_reads_nesting_and_decoys_of_ours() -> None:
    key = private_key()
    payload, made = sdjwt.conceal(
        {
            **NESTED,
            "hidden": Hidden(NESTED["hidden"]),
            "object": {
                "shown": 1,
                "hidden": Hidden({"deep": Hidden("value"), "deeper": [Hidden(1), 2]}),
                "no": Decoy(),
            },
            "array": [Hidden("DE"), Decoy(), "FR", {"inner": Hidden("x")}],
        },
        salts(),
    )
    issued = sign(key, payload, [one.text for one in made])

    (found,) = ask({"do": "verify", "sd_jwt": issued, "jwk": key.public.jwk()})

    assert found["claims"] == NESTED
    assert found["claims"] == sdjwt.verify(issued, checker(key)).claims


def sign(key: PrivateKey, payload: Mapping[str, object], disclosures: list[str]) -> str:
    head = ".".join(
        to_b64url(json.dumps(part).encode())
        for part in ({"alg": key.alg, "typ": "example+sd-jwt"}, payload)
    )
    signature = to_b64url(key.sign(head.encode()))
    return "~".join((f"{head}.{signature}", *disclosures, ""))


def test_nesting_and_decoys_of_node_are_read_here() -> None:
    key = private_key()
    frame = {
        "_sd": ["hidden", "object"],
        "_sd_decoy": 2,
        "object": {"_sd": ["hidden"], "hidden": {"_sd": ["deep"], "deeper": {"_sd": [0]}}},
        "array": {"_sd": [0, 2], "_sd_decoy": 1, "2": {"_sd": ["inner"]}},
    }
    issued = ask({"do": "issue", "claims": NESTED, "frame": frame, "header": {}, "jwk": key.jwk()})[
        0
    ]
    presented = ask(
        {"do": "present", "sd_jwt": issued, "frame": {"array": {"0": True}}, "jwk": key.jwk()}
    )[0]

    whole = sdjwt.verify(issued, checker(key))
    part = sdjwt.verify(presented, checker(key))

    assert whole.claims == NESTED
    assert whole.withheld  # the decoys
    assert part.claims == {"plain": NESTED["plain"], "array": ["DE", "FR"]}
