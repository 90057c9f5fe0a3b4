"""Records good and bad, each bad one with a single fault: what ``tests/vectors/records`` holds.

Built from raw parts, never by ``issue_record``, so that the vectors judge the parser alone.
``scripts/make_record_vectors.py`` writes them; a test compares.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import attribution_cases
import key_cases
from strategies import ORIGIN, private_key

from provenance.digests import to_b64url
from provenance.note import NoteSigner
from provenance.sdjwt import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.keys import PrivateKey

KEY = private_key("Ed25519", 1)
OTHER_KEY = private_key("Ed25519", 2)
P256_KEY = private_key("ES256", 1)

DATASET = "5f" * 32
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
UNDEFINED = "eb045d78d273107348b0300c01d29b7552d622abbc6faf81b3ec55359aa9950c"


@dataclass(frozen=True)
class Case:
    """One vector."""

    name: str
    description: str
    compact: bytes
    expect: str = "ok"
    """``ok``, or the code of the error."""
    field: str | None = None
    """The member that the error names."""
    complete: bool = True
    payload: dict[str, object] | None = None
    """Claims with disclosures in place, of good records."""


def dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def salt(number: int) -> str:
    return to_b64url(bytes([number]) * 16)


def hide(*parts: object, number: int = 1) -> str:
    """A disclosure of (name, value) or (value)."""
    return to_b64url(dump([salt(number), *parts]))


def element(text: str) -> dict[str, str]:
    return {"...": digest_of(text)}


def header_of(kind: str, key: PrivateKey = KEY) -> dict[str, object]:
    public = key.public
    head: dict[str, object] = {"alg": public.alg, "kid": public.thumbprint, "typ": f"{kind}+sd-jwt"}
    return {**head, "jwk": public.jwk()} if kind == "key" else head


def forge(
    payload: dict[str, object] | bytes,
    *disclosures: str,
    header: dict[str, object] | bytes | None = None,
    key: PrivateKey = KEY,
) -> bytes:
    """Sign anything as it is."""
    head = header_of("deposit", key) if header is None else header
    parts = [part if isinstance(part, bytes) else dump(part) for part in (head, payload)]
    signing_input = ".".join(map(to_b64url, parts))
    signature = to_b64url(key.sign(signing_input.encode()))
    return "~".join((f"{signing_input}.{signature}", *disclosures, "")).encode()


def common(**claims: object) -> dict[str, object]:
    return {"aud": ORIGIN, "iat": 1_790_000_000, "v": 1, "_sd_alg": "sha-256", **claims}


def deposit(**claims: object) -> dict[str, object]:
    return common(**{"dataset_digest": DATASET, "files": 3, "bytes": 100, **claims})


def without(claims: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in claims.items() if name not in names}


TITLE = hide("title", "Palmer penguins", number=2)
IDENTIFIERS = hide("identifiers", [{"type": "doi", "value": "10.5281/zenodo.3960218"}], number=3)
GORMAN: dict[str, object] = {
    "name": "Kristen Gorman",
    "orcid": "0000-0002-1825-0097",
    "ror": ["05dxps055"],
    "roles": ["investigation", "data-curation"],
}
WANG: dict[str, object] = {"name": "王小明", "roles": ["software"]}
FIRST, SECOND = hide(GORMAN, number=4), hide(WANG, number=5)

JWK = KEY.public.jwk()
VKEY = NoteSigner(ORIGIN, OTHER_KEY).verifier.to_vkey()
CHAIN: dict[str, object] = {
    "chain_id": 31337,
    "genesis_hash": f"0x{'11' * 32}",
    "contract": f"0x{'22' * 20}",
    "log_id": f"0x{'33' * 32}",
    "code_hash": f"0x{'44' * 32}",
    "roots_slot": 2,
}
BLOCK: dict[str, object] = {"chain_id": 1, "number": 21_000_000, "block_hash": f"0x{'ab' * 32}"}

FULL = deposit(
    _sd=[digest_of(TITLE), digest_of(IDENTIFIERS)],
    contributors=[element(FIRST), element(SECOND)],
    license="CC0-1.0",
    access="open",
    relations=[{"relation": "wasRevisionOf", "record": "cd" * 32}],
    block=BLOCK,
    held=[digest_of(SECOND)],
)
SHOWN = {
    **without(FULL, "_sd", "_sd_alg", "contributors"),
    "contributors": [GORMAN, WANG],
    "title": "Palmer penguins",
    "identifiers": [{"type": "doi", "value": "10.5281/zenodo.3960218"}],
}


ADDITIONAL: list[dict[str, object]] = [
    {"algorithm": "sm3", "digest": "6a" * 32},
    {"algorithm": "sha256-chunks", "digest": "6b" * 32},
]
FIXITY: dict[str, object] = {
    "record": "cd" * 32,
    "dataset_digest": DATASET,
    "files": 100,
    "checked": 10,
    "failed": 1,
    "missing": 2,
    "started": 1_789_990_000,
    "ended": 1_789_990_060,
    "sample_seed": "5e" * 32,
    "report_digest": "7f" * 32,
}


def good() -> Iterator[Case]:
    yield Case(
        "deposit-full",
        "every member of a deposit, one contributor held",
        forge(FULL, TITLE, IDENTIFIERS, FIRST, SECOND),
        payload=SHOWN,
    )
    yield Case(
        "deposit-disclosures-in-another-order",
        "the order of disclosures means nothing",
        forge(FULL, SECOND, IDENTIFIERS, FIRST, TITLE),
        payload=SHOWN,
    )
    yield Case(
        "deposit-es256",
        "signed with P-256, low s",
        forge(deposit(), key=P256_KEY),
        payload=without(deposit(), "_sd_alg"),
    )
    yield Case(
        "deposit-declared",
        "only a declared digest, and no length",
        forge(
            common(declared_digest={"algorithm": "md5", "digest": DATASET}, files=1),
        ),
        payload=without(
            common(declared_digest={"algorithm": "md5", "digest": DATASET}, files=1), "_sd_alg"
        ),
    )
    version = hide("version", "1.10")
    yield Case(
        "deposit-version",
        "which version of the dataset it is, as its makers count: a text, not a number",
        forge(deposit(_sd=[digest_of(version)]), version),
        payload={**without(deposit(), "_sd_alg"), "version": "1.10"},
    )
    yield Case(
        "deposit-partly-withheld",
        "a receipt may withhold: the second contributor and the title are not shown",
        forge(FULL, IDENTIFIERS, FIRST),
        complete=False,
        payload={**without(SHOWN, "title"), "contributors": [GORMAN]},
    )
    name = hide("name", "Kristen Gorman")
    yield Case(
        "key",
        "a key with a public name and a recovery key",
        forge(
            common(_sd=[digest_of(name)], recovery=OTHER_KEY.public.thumbprint),
            name,
            header=header_of("key"),
        ),
        payload={
            **without(common(recovery=OTHER_KEY.public.thumbprint), "_sd_alg"),
            "name": "Kristen Gorman",
        },
    )
    organisation = hide("ror", ["05dxps055", "013q1eq08"])
    yield Case(
        "key-with-organisations",
        "a key with nothing but two organisations",
        forge(common(_sd=[digest_of(organisation)]), organisation, header=header_of("key")),
        payload={**without(common(), "_sd_alg"), "ror": ["05dxps055", "013q1eq08"]},
    )
    yield Case(
        "key-without-identity",
        "nothing is said about who holds the key",
        forge(common(), header=header_of("key")),
        payload=without(common(), "_sd_alg"),
    )
    for kind, claims in (("genesis", GENESIS), ("configuration", CHANGE), ("beacon", BEACON)):
        yield Case(
            kind,
            f"a {kind} record of the operator",
            forge(common(**claims), header=header_of(kind)),
            payload=without(common(**claims), "_sd_alg"),
        )

    assurance = {"source": "bagit", "imported": 2, "rehashed": 1}
    for name, description, claims in (
        ("assurance-sampled", "one of three files was re-hashed", deposit(assurance=assurance)),
        (
            "assurance-rehashed",
            "every file was hashed by the depositor",
            deposit(assurance={"rehashed": 3}),
        ),
        (
            "assurance-declared",
            "nothing but the digests of a source",
            common(
                declared_digest={"algorithm": "md5", "digest": DATASET},
                files=3,
                assurance={"source": "dvc", "declared": 3},
            ),
        ),
        (
            "additional-digests",
            "SM3 and the tree of chunks beside the dataset digest",
            deposit(additional_digests=ADDITIONAL),
        ),
    ):
        yield Case(name, description, forge(claims), payload=without(claims, "_sd_alg"))
    for name, description, fixity in (
        ("fixity", "a sample in which three files are not as recorded", FIXITY),
        (
            "fixity-whole",
            "every file as recorded",
            {**without(FIXITY, "sample_seed"), "checked": 100, "failed": 0, "missing": 0},
        ),
    ):
        yield Case(
            name,
            description,
            forge(common(**fixity), header=header_of("fixity")),
            payload=without(common(**fixity), "_sd_alg"),
        )


GENESIS: dict[str, object] = {
    "root_key": JWK,
    "checkpoint_keys": [VKEY],
    "beacon_key": OTHER_KEY.public.jwk(),
    "chains": [CHAIN],
}
CHANGE: dict[str, object] = {
    "from_tree_size": 1000,
    "add": {"checkpoint_keys": [VKEY], "beacon_keys": [JWK]},
    "retire": {"chains": [CHAIN]},
}
BEACON: dict[str, object] = {**BLOCK, "timestamp": 1_790_000_000}


def bad_headers() -> Iterator[Case]:
    head = header_of("deposit")
    for name, description, header, field, code in (
        ("alg-none", "alg none", {**head, "alg": "none"}, "alg", "malformed"),
        ("alg-eddsa", "EdDSA does not name a curve", {**head, "alg": "EdDSA"}, "alg", "malformed"),
        ("alg-rs256", "not on the closed list", {**head, "alg": "RS256"}, "alg", "malformed"),
        ("alg-missing", "no alg", without(head, "alg"), "alg", "malformed"),
        ("kid-missing", "no kid", without(head, "kid"), "kid", "malformed"),
        ("kid-short", "kid is no thumbprint", {**head, "kid": "key-1"}, "kid", "malformed"),
        ("typ-missing", "no typ", without(head, "typ"), "typ", "malformed"),
        ("typ-jwt", "typ of another kind", {**head, "typ": "JWT"}, "typ", "malformed"),
        ("typ-bare", "typ without suffix", {**head, "typ": "deposit"}, "typ", "malformed"),
        (
            "typ-unknown",
            "a type of a later release",
            {**head, "typ": "endorsement+sd-jwt"},
            "typ",
            "unsupported-version",
        ),
        ("crit", "a member more", {**head, "crit": ["b64"]}, "crit", "malformed"),
        ("jwk", "a jwk outside a key record", {**head, "jwk": JWK}, "jwk", "malformed"),
    ):
        yield Case(
            f"header-{name}", description, forge(deposit(), header=header), code, f"header.{field}"
        )
    key = header_of("key")
    for name, description, other, field in (
        ("kid-of-another", "kid is not the thumbprint of jwk", OTHER_KEY.public.thumbprint, "kid"),
        ("alg-of-another", "alg is not that of jwk", "ES256", "alg"),
    ):
        yield Case(
            f"key-{name}",
            description,
            forge(common(), header={**key, field: other}),
            "malformed",
            f"header.{field}",
        )
    yield Case(
        "key-jwk-missing",
        "a key record without its key",
        forge(common(), header=without(key, "jwk")),
        "malformed",
        "header.jwk",
    )
    yield Case(
        "key-jwk-private",
        "the private key in the header",
        forge(common(), header={**key, "jwk": {**JWK, "d": JWK["x"]}}),
        "malformed",
        "header.jwk.d",
    )
    yield Case(
        "header-duplicate-member",
        "alg twice",
        forge(deposit(), header=dump(head)[:-1] + b',"alg":"Ed25519"}'),
        "malformed-json",
        "header.alg",
    )
    yield Case(
        "header-no-object", "an array", forge(deposit(), header=b"[]"), "malformed", "header"
    )


def bad_payloads() -> Iterator[Case]:
    def case(name: str, description: str, payload: dict[str, object], field: str) -> Case:
        return Case(f"payload-{name}", description, forge(payload), "malformed", field)

    for name in ("aud", "iat", "v", "_sd_alg", "files"):
        yield case(f"{name.strip('_')}-missing", f"no {name}", without(deposit(), name), name)
    yield case("aud-empty", "an empty origin", deposit(aud=""), "aud")
    yield case("aud-array", "aud must be one origin", deposit(aud=[ORIGIN]), "aud")
    yield case("iat-negative", "before 1970", deposit(iat=-1), "iat")
    yield case("iat-text", "a string", deposit(iat="1790000000"), "iat")
    yield case("v-true", "true is not 1", deposit(v=True), "v")
    yield case("sd-alg-512", "another hash", deposit(_sd_alg="sha-512"), "_sd_alg")
    yield Case("payload-v-2", "a later version", forge(deposit(v=2)), "unsupported-version", "v")
    yield case("sealed", "comes later, unknown today", deposit(sealed={}), "sealed")
    yield case("unknown", "an unknown member", deposit(colour="blue"), "colour")
    yield case("title-plain", "a title that could not be erased", deposit(title="x"), "title")
    yield case(
        "identifiers-plain",
        "identifiers that could not be erased",
        deposit(identifiers=[{"type": "doi", "value": "10.5281/zenodo.3960218"}]),
        "identifiers",
    )
    yield case(
        "contributor-plain",
        "a person who could not be erased",
        deposit(contributors=[WANG]),
        "contributors[0]",
    )
    yield case(
        "no-digest", "no digest at all", without(deposit(), "dataset_digest"), "dataset_digest"
    )
    yield case(
        "two-digests",
        "declared and own digest",
        deposit(declared_digest={"algorithm": "md5", "digest": DATASET}),
        "dataset_digest",
    )
    yield case(
        "digest-upper", "upper-case hex", deposit(dataset_digest=DATASET.upper()), "dataset_digest"
    )
    yield case("digest-0x", "with 0x", deposit(dataset_digest=f"0x{DATASET}"), "dataset_digest")
    yield case("digest-short", "31 bytes", deposit(dataset_digest=DATASET[2:]), "dataset_digest")
    yield case(
        "declared-sha256",
        "SHA-256 is never only declared",
        common(declared_digest={"algorithm": "sha256", "digest": DATASET}, files=1),
        "declared_digest.algorithm",
    )
    yield case("files-zero", "a dataset without files", deposit(files=0), "files")
    yield case("bytes-negative", "less than nothing", deposit(bytes=-1), "bytes")
    yield case("access-unknown", "no access level", deposit(access="public"), "access")
    yield case("access-null", "null is not absent", deposit(access=None), "access")
    yield case("relations-empty", "an empty array", deposit(relations=[]), "relations")
    relation = {"relation": "wasRevisionOf", "record": "cd" * 32}
    for name, value, field in (
        ("word", {**relation, "relation": "IsNewVersionOf"}, ".relation"),
        ("neither", {"relation": "wasRevisionOf"}, ""),
        ("both", {**relation, "identifier": "doi:10.5281/zenodo.1"}, ""),
        ("record", {**relation, "record": "cd"}, ".record"),
        ("member", {**relation, "note": "x"}, ".note"),
        ("no-word", {"record": "cd" * 32}, ".relation"),
    ):
        yield case(
            f"relation-{name}",
            "a broken relation",
            deposit(relations=[relation, value]),
            f"relations[1]{field}",
        )
    yield case(
        "relation-twice",
        "the same relation twice",
        deposit(relations=[relation, relation]),
        "relations[1]",
    )
    yield case(
        "block-hash",
        "hash without 0x",
        deposit(block={**BLOCK, "block_hash": "ab" * 32}),
        "block.block_hash",
    )
    yield case("block-member", "no number", deposit(block=without(BLOCK, "number")), "block.number")
    yield Case(
        "payload-license-unknown",
        "no SPDX licence",
        forge(deposit(license="CC-BY")),
        "unknown-license",
        "license",
    )


def bad_assurance() -> Iterator[Case]:
    def case(name: str, description: str, payload: dict[str, object], field: str) -> Case:
        return Case(f"assurance-{name}", description, forge(payload), "malformed", field)

    for name, description, claim, field in (
        ("text", "no object", "rehashed", ""),
        ("empty", "no counts", {}, ""),
        ("source-alone", "no counts", {"source": "bagit"}, ""),
        ("zero", "a level without files is left out", {"rehashed": 3, "imported": 0}, ".imported"),
        ("true", "true is not 1", {"rehashed": True}, ".rehashed"),
        ("level", "no such level", {"witnessed": 3}, ".witnessed"),
        ("source", "no such source", {"source": "memory", "imported": 3}, ".source"),
        ("no-source", "taken from nowhere", {"imported": 3}, ".source"),
        ("too-much-source", "nothing was taken", {"source": "bagit", "rehashed": 3}, ".source"),
        ("sum", "the counts are not the files", {"rehashed": 2}, ""),
        (
            "sha256-declared",
            "SHA-256 is never declared",
            {"source": "dvc", "declared": 3},
            ".declared",
        ),
    ):
        yield case(name, description, deposit(assurance=claim), f"assurance{field}")
    declared = common(declared_digest={"algorithm": "md5", "digest": DATASET}, files=3)
    yield case(
        "not-declared",
        "md5 was hashed, but it identifies nothing",
        {**declared, "assurance": {"rehashed": 3}},
        "assurance.declared",
    )
    for name, description, digests, field in (
        ("empty", "an empty array", [], ""),
        (
            "twice",
            "two roots of one algorithm",
            [ADDITIONAL[0], {**ADDITIONAL[0], "digest": DATASET}],
            "[1]",
        ),
        (
            "md5",
            "broken, and so no addition",
            [{**ADDITIONAL[0], "algorithm": "md5"}],
            "[0].algorithm",
        ),
        ("short", "31 bytes", [{**ADDITIONAL[0], "digest": DATASET[2:]}], "[0].digest"),
        ("member", "a member more", [{**ADDITIONAL[0], "files": 3}], "[0].files"),
    ):
        yield Case(
            f"additional-{name}",
            description,
            forge(deposit(additional_digests=digests)),
            "malformed",
            f"additional_digests{field}",
        )
    yield Case(
        "additional-to-declared",
        "nothing to be added to",
        forge({**declared, "additional_digests": ADDITIONAL}),
        "malformed",
        "additional_digests",
    )


def bad_fixity() -> Iterator[Case]:
    whole = {**without(FIXITY, "sample_seed"), "checked": 100}
    for name, description, claims, field, code in (
        ("no-record", "about nothing", without(FIXITY, "record"), "record", "malformed"),
        (
            "no-report",
            "without a report",
            without(FIXITY, "report_digest"),
            "report_digest",
            "malformed",
        ),
        ("none-checked", "nothing was looked at", {**FIXITY, "checked": 0}, "checked", "malformed"),
        ("more-checked", "more than there are", {**whole, "checked": 101}, "checked", "malformed"),
        ("more-failed", "more than were checked", {**FIXITY, "failed": 9}, "missing", "malformed"),
        (
            "ended",
            "ended before it began",
            {**FIXITY, "ended": 1_789_989_999},
            "ended",
            "malformed",
        ),
        ("no-seed", "drawn how?", without(FIXITY, "sample_seed"), "sample_seed", "malformed"),
        ("seed", "nothing was drawn", {**FIXITY, "checked": 100}, "sample_seed", "malformed"),
        ("member", "a member more", {**FIXITY, "note": "x"}, "note", "malformed"),
        (
            "report-of-nothing",
            "the digest of nothing",
            {**FIXITY, "report_digest": EMPTY},
            "report_digest",
            "hash-of-nothing",
        ),
    ):
        compact = forge(common(**claims), header=header_of("fixity"))
        yield Case(f"fixity-{name}", description, compact, code, field)


def bad_digests_of_data() -> Iterator[Case]:
    for name, digest in (("empty", EMPTY), ("undefined", UNDEFINED), ("zero", "00" * 32)):
        yield Case(
            f"nothing-{name}",
            "the digest of nothing",
            forge(deposit(dataset_digest=digest)),
            "hash-of-nothing",
            "dataset_digest",
        )
    yield Case(
        "nothing-declared",
        "the declared digest of nothing",
        forge(common(declared_digest={"algorithm": "md5", "digest": EMPTY}, files=1)),
        "hash-of-nothing",
        "declared_digest.digest",
    )
    yield Case(
        "nothing-bytes", "only empty files", forge(deposit(bytes=0)), "hash-of-nothing", "bytes"
    )


def bad_json() -> Iterator[Case]:
    text = dump(deposit())
    for name, octets, field, code in (
        ("duplicate", text[:-1] + b',"files":4}', "files", "malformed-json"),
        ("float", text.replace(b'"files":3', b'"files":3.0'), "files", "malformed-json"),
        ("exponent", text.replace(b'"files":3', b'"files":3e0'), "files", "malformed-json"),
        (
            "too-large",
            text.replace(b'"files":3', b'"files":9007199254740992'),
            "files",
            "malformed-json",
        ),
        ("nan", text.replace(b'"files":3', b'"files":NaN'), "payload", "malformed-json"),
        ("bom", b"\xef\xbb\xbf" + text, "payload", "malformed-json"),
        ("utf-8", text.replace(b"open", b"\xff") + b"\xff", "payload", "malformed-json"),
        ("truncated", text[:-1], "payload", "malformed-json"),
        ("trailing", text + b"x", "payload", "malformed-json"),
        ("surrogate", text[:-1] + b',"license":"\\ud800"}', "license", "not-normalized"),
        ("nfd", text[:-1] + ',"license":"e\u0301"}'.encode(), "license", "not-normalized"),
        ("array", b"[1]", "payload", "malformed"),
    ):
        yield Case(f"json-{name}", "outside strict JSON", forge(octets), code, field)


def bad_disclosures() -> Iterator[Case]:
    def one(name: str, description: str, text: str, field: str, code: str = "malformed") -> Case:
        compact = forge(deposit(_sd=[digest_of(text)]), text)
        return Case(f"disclosure-{name}", description, compact, code, field)

    def person(name: str, description: str, value: object, field: str, code: str) -> Case:
        texts = FIRST, SECOND, hide(value, number=9)
        compact = forge(deposit(contributors=[element(text) for text in texts]), *texts)
        return Case(f"contributor-{name}", description, compact, code, f"contributors[2]{field}")

    yield Case(
        "disclosure-missing",
        "a digest without its disclosure",
        forge(FULL, TITLE, FIRST, SECOND),
        "malformed",
        "_sd[1]",
    )
    yield Case(
        "disclosure-missing-held",
        "held ones must arrive too",
        forge(FULL, TITLE, IDENTIFIERS, FIRST),
        "malformed",
        "contributors[1]",
    )
    yield Case(
        "disclosure-decoy",
        "a digest of nothing",
        forge(deposit(_sd=[digest_of("x")])),
        "malformed",
        "_sd[0]",
    )
    yield Case(
        "disclosure-extra",
        "no digest refers to it",
        forge(FULL, TITLE, IDENTIFIERS, FIRST, SECOND, hide("title", "another")),
        "malformed",
        "disclosures[4]",
    )
    yield Case(
        "disclosure-twice",
        "sent twice",
        forge(deposit(_sd=[digest_of(TITLE)]), TITLE, TITLE),
        "malformed",
        "disclosures[1]",
    )
    second_title = hide("title", "another", number=7)
    yield Case(
        "disclosure-name-twice",
        "two titles",
        forge(deposit(_sd=[digest_of(TITLE), digest_of(second_title)]), TITLE, second_title),
        "malformed",
        "title",
    )
    yield Case(
        "disclosure-digest-twice",
        "one digest at two places",
        forge(deposit(_sd=[digest_of(TITLE)] * 2), TITLE),
        "malformed",
        "_sd[1]",
    )
    yield Case(
        "disclosure-of-plain-claim",
        "takes the place of a signed claim",
        forge(deposit(_sd=[digest_of(hide("files", 9))]), hide("files", 9)),
        "malformed",
        "disclosures[0]",
    )
    yield Case("sd-empty", "an empty _sd", forge(deposit(_sd=[])), "malformed", "_sd")
    yield Case("sd-number", "no digest", forge(deposit(_sd=[1])), "malformed", "_sd[0]")
    yield Case(
        "sd-not-canonical",
        "stray bits in a withheld digest",
        forge(deposit(_sd=[f"{digest_of(TITLE)[:-1]}B"])),
        "malformed",
        "_sd[0]",
        complete=False,
    )
    yield Case(
        "sd-in-beacon",
        "a beacon has nothing to disclose",
        forge(common(**BEACON, _sd=[digest_of(TITLE)]), TITLE, header=header_of("beacon")),
        "malformed",
        "_sd",
    )
    yield Case(
        "contributor-beside-digest",
        "a member beside the digest",
        forge(deposit(contributors=[{**element(FIRST), "name": "x"}]), FIRST),
        "malformed",
        "contributors[0]",
    )
    yield Case(
        "contributor-as-member",
        "name and value where an element belongs",
        forge(deposit(contributors=[element(TITLE)]), TITLE),
        "malformed",
        "disclosures[0]",
    )
    yield Case(
        "contributors-empty",
        "an empty array",
        forge(deposit(contributors=[])),
        "malformed",
        "contributors",
    )
    yield one("of-unknown", "no such claim", hide("colour", "blue"), "disclosures[0]")
    yield one("of-sd", "a reserved name", hide("_sd", ["x"]), "disclosures[0]")
    yield one("element-in-sd", "value without a name", hide("x"), "disclosures[0]")
    yield one("four-parts", "a part too many", hide("title", "x", "y"), "disclosures[0]")
    yield one(
        "salt-short",
        "a salt that can be guessed",
        to_b64url(dump(["abc", "title", "x"])),
        "disclosures[0][0]",
    )
    yield one("salt-number", "no string", to_b64url(dump([1, "title", "x"])), "disclosures[0][0]")
    yield one("name-number", "no string", hide(1, "x"), "disclosures[0][1]")
    yield one("not-json", "no JSON", to_b64url(b"[1"), "disclosures[0]", "malformed-json")
    yield one("no-array", "an object", to_b64url(b"{}"), "disclosures[0]")
    yield one(
        "nested",
        "one level only: digests inside a disclosure",
        hide("title", {"_sd": [digest_of(SECOND)]}),
        "title",
    )
    yield one("title-empty", "no title", hide("title", ""), "title")
    yield one("title-lines", "a control character", hide("title", "a\nb"), "title")
    yield one("title-spaces", "spaces around it", hide("title", " a"), "title")
    yield one(
        "title-nfd", "not NFC", hide("title", "e\u0301"), "disclosures[0][2]", "not-normalized"
    )
    yield one("title-long", "1001 characters", hide("title", "x" * 1001), "title", "too-large")
    yield one("version-number", "a number, where 1.10 is not 1.1", hide("version", 1), "version")
    yield one("version-lines", "a control character", hide("version", "1\n2"), "version")
    yield one("version-long", "101 characters", hide("version", "1" * 101), "version", "too-large")
    yield one(
        "identifier-type",
        "no such type",
        hide("identifiers", [{"type": "issn", "value": "1"}]),
        "identifiers[0].type",
    )
    yield one(
        "identifier-value",
        "not a DOI",
        hide("identifiers", [{"type": "doi", "value": "10.5281"}]),
        "identifiers[0].value",
    )
    yield one(
        "identifier-member",
        "a member more",
        hide("identifiers", [{"type": "doi", "value": "10.5281/x", "note": ""}]),
        "identifiers[0]",
    )
    for name, change, field, code in (
        ("orcid", {"orcid": "0000-0002-1825-0098"}, ".orcid", "check-digit"),
        ("orcid-url", {"orcid": "https://orcid.org/0000-0002-1825-0097"}, ".orcid", "malformed"),
        ("ror", {"ror": ["05dxps055", "05dxps054"]}, ".ror[1]", "check-digit"),
        ("ror-text", {"ror": "05dxps055"}, ".ror", "malformed"),
        ("ror-twice", {"ror": ["05dxps055"] * 2}, ".ror[1]", "malformed"),
        ("role", {"roles": ["software", "author"]}, ".roles[1]", "malformed"),
        ("roles-empty", {"roles": []}, ".roles", "malformed"),
        ("name-empty", {"name": ""}, ".name", "malformed"),
        ("name-number", {"name": 1}, ".name", "malformed"),
        ("email", {"email": "x@example.org"}, ".email", "malformed"),
    ):
        yield person(name, "a broken member", {**WANG, **change}, field, code)
    yield person("no-name", "nobody", {"roles": ["software"]}, ".name", "malformed")
    yield person("text", "no object", "王小明", "", "malformed")


def bad_keys() -> Iterator[Case]:
    for name, claim, value, field in (
        ("ror-text", "ror", "05dxps055", "ror"),
        ("orcid-number", "orcid", 1, "orcid"),
        ("title", "title", "x", "disclosures[0]"),
    ):
        text = hide(claim, value)
        yield Case(
            f"key-{name}",
            "a broken claim about who holds the key",
            forge(common(_sd=[digest_of(text)]), text, header=header_of("key")),
            "malformed",
            field,
        )
    yield Case(
        "key-recovery",
        "no thumbprint",
        forge(common(recovery="x"), header=header_of("key")),
        "malformed",
        "recovery",
    )
    yield Case(
        "key-name-plain",
        "a name that could not be erased",
        forge(common(name="x"), header=header_of("key")),
        "malformed",
        "name",
    )


def bad_held() -> Iterator[Case]:
    for name, held, field in (
        ("empty", [], "held"),
        ("foreign", [digest_of("x")], "held[0]"),
        ("twice", [digest_of(TITLE)] * 2, "held"),
        ("text", digest_of(TITLE), "held"),
    ):
        payload = deposit(_sd=[digest_of(TITLE), digest_of(IDENTIFIERS)], held=held)
        yield Case(
            f"held-{name}",
            "held names digests of this record, once each",
            forge(payload, TITLE, IDENTIFIERS),
            "malformed",
            field,
        )
    name = hide("name", "x")
    yield Case(
        "held-in-key",
        "who holds a key is public or not said",
        forge(common(_sd=[digest_of(name)], held=[digest_of(name)]), name, header=header_of("key")),
        "malformed",
        "held",
    )


def bad_operator_records() -> Iterator[Case]:
    def case(name: str, kind: str, claims: dict[str, object], field: str) -> Case:
        compact = forge(common(**claims), header=header_of(kind))
        return Case(f"{kind}-{name}", f"a broken {kind}", compact, "malformed", field)

    yield case("other-root", "genesis", {**GENESIS, "root_key": OTHER_KEY.public.jwk()}, "root_key")
    yield case("vkey", "genesis", {**GENESIS, "checkpoint_keys": ["x"]}, "checkpoint_keys[0]")
    yield case("no-chain", "genesis", {**GENESIS, "chains": []}, "chains")
    yield case(
        "contract",
        "genesis",
        {**GENESIS, "chains": [{**CHAIN, "contract": f"0x{'22' * 32}"}]},
        "chains[0].contract",
    )
    yield case(
        "chain-member",
        "genesis",
        {**GENESIS, "chains": [without(CHAIN, "log_id")]},
        "chains[0].log_id",
    )
    yield case("nothing", "configuration", {"from_tree_size": 5}, "add")
    yield case("empty", "configuration", {"from_tree_size": 5, "add": {}}, "add")
    yield case(
        "member", "configuration", {"from_tree_size": 5, "add": {"root_key": JWK}}, "add.root_key"
    )
    yield case("size", "configuration", {**CHANGE, "from_tree_size": 0}, "from_tree_size")
    yield case("timestamp", "beacon", without(BEACON, "timestamp"), "timestamp")
    yield case("hash", "beacon", {**BEACON, "block_hash": "ab" * 32}, "block_hash")


def bad_wire() -> Iterator[Case]:
    compact = forge(FULL, TITLE, IDENTIFIERS, FIRST, SECOND)
    head, _, tail = compact.partition(b"~")
    signed, _, signature = head.rpartition(b".")
    for name, description, octets, field, code in (
        ("no-tilde", "no tilde at all", head, None, "malformed"),
        ("no-last-tilde", "the last tilde is missing", compact[:-1], "record", "malformed"),
        ("two-tildes", "an empty disclosure", compact + b"~", "disclosures[4]", "malformed"),
        ("key-binding", "a key binding JWT", compact + b"a.b.c", "record", "malformed"),
        (
            "padding",
            "base64 with padding",
            signed + b"." + signature + b"==~" + tail,
            "signature",
            "malformed",
        ),
        ("two-parts", "no signature", signed + b"~" + tail, "record", "malformed"),
        (
            "signature-short",
            "63 bytes",
            signed + b"." + signature[:84] + b"~" + tail,
            "signature",
            "malformed",
        ),
        ("not-ascii", "a byte outside ASCII", compact + b"\xff", "record", "malformed"),
        ("newline", "a newline at the end", compact + b"\n", "record", "malformed"),
        ("empty", "nothing", b"", None, "malformed"),
    ):
        yield Case(f"wire-{name}", description, octets, code, field)


def all_cases() -> list[Case]:
    """Every vector, names unique."""
    import sealed_cases  # noqa: PLC0415 -- it is made with what stands above

    return [
        *good(),
        *bad_headers(),
        *bad_payloads(),
        *bad_assurance(),
        *bad_fixity(),
        *bad_digests_of_data(),
        *bad_json(),
        *bad_disclosures(),
        *bad_keys(),
        *bad_held(),
        *bad_operator_records(),
        *bad_wire(),
        *key_cases.key_cases(),
        *attribution_cases.good(),
        *attribution_cases.bad(),
        *sealed_cases.good(),
        *sealed_cases.bad(),
    ]
