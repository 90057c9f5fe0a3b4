"""The single-file verifier, run with ``-I -S`` in a process that has no library of ours."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import receipts
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as Native
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from mutations import SMALL
from oracles import edwards
from published import own_cases

from provenance.errors import BadSignatureError, MalformedError
from provenance.keys import PrivateKey, PublicKey
from provenance.standalone import keys as plain
from provenance.standalone import x509_chain
from provenance.standalone.build import verifier, verifier_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[2]
JUDGE = ROOT / "tests" / "standalone_judge.py"
VECTORS = ROOT.parent / "shared" / "vectors" / "wycheproof"
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("alone") / "verify.py"
    path.write_bytes(verifier())
    return path


def ask(program: Path, requests: Iterable[dict[str, Any]]) -> list[Any]:
    """Let the file judge requests in one process."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", JUDGE, program],
        input="".join(json.dumps(one) + "\n" for one in requests).encode(),
        capture_output=True,
        check=False,
        cwd=program.parent,
    )
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def run(program: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", str(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, text=True, cwd=program.parent)


# --- the file itself ----------------------------------------------------------------------


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, ROOT / "scripts" / "make_standalone_verifier", tmp_path / seed],
            env={"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        )

    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes() == verifier()
    assert verifier_digest() == hashlib.sha256(verifier()).digest()


def test_it_loads_the_standard_library_alone(program: Path) -> None:
    code = (
        "import runpy, sys; runpy.run_path(sys.argv[1])['load'](); "
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, program], capture_output=True, check=True
    )

    loaded = set(done.stdout.decode().split()) - {"__main__", "provenance"}
    assert {name for name in loaded if name not in sys.stdlib_module_names} == set()
    assert not loaded & {"_socket", "socket", "ssl", "http"}


@pytest.mark.parametrize("version", ["3.12.1", "3.13.0"])
def test_other_pythons_run_it(program: Path, version: str) -> None:
    python = Path.home() / ".pyenv" / "versions" / version / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no Python {version} here")

    done = subprocess.run([python, "-I", "-S", program, "--help"], capture_output=True, check=False)

    assert done.returncode == 0


# --- its own cryptography -----------------------------------------------------------------


def wycheproof(name: str) -> list[dict[str, Any]]:
    path = VECTORS / f"{name}.json"
    if not path.exists():
        pytest.skip(f"published vectors are absent: {path}")
    found = json.loads(path.read_text())["testGroups"]
    assert isinstance(found, list)
    return found


def test_ed25519_agrees_with_every_wycheproof_case(program: Path) -> None:
    cases = [
        ({"alg": "Ed25519", "key": group["publicKey"]["pk"], **one}, one["result"] == "valid")
        for group in wycheproof("ed25519_test")
        for one in group["tests"]
    ]

    answers = ask(program, ({"kind": "signature", **request} for request, _ in cases))

    assert [answer == "ok" for answer in answers] == [is_valid for _, is_valid in cases]
    assert len(cases) == 151


def test_es256_agrees_with_every_wycheproof_case_but_the_high_s_ones(program: Path) -> None:
    requests, expected = [], []
    for group in wycheproof("ecdsa_secp256r1_sha256_p1363_test"):
        for one in group["tests"]:
            key = group["publicKey"]["uncompressed"][2:]
            requests.append({"kind": "signature", "alg": "ES256", "key": key, **one})
            is_high = len(one["sig"]) == 128 and int(one["sig"][64:], 16) > N // 2
            expected.append(one["result"] == "valid" and not is_high)

    answers = ask(program, requests)

    assert [answer == "ok" for answer in answers] == expected
    assert (len(expected), sum(expected)) == (262, 103)


def weak_points() -> Iterator[bytes]:
    """Yield every encoding, canonical or not, of the eight points of small order."""
    for point in edwards.small_order_points():
        encoded = edwards.encode(point)
        yield encoded
        y = int.from_bytes(encoded, "little") & ((1 << 255) - 1)
        for other in (y, y + edwards.P):
            if other < 1 << 255:
                yield other.to_bytes(32, "little")
                yield (other | 1 << 255).to_bytes(32, "little")


def test_weak_keys_and_weak_r_are_refused_as_by_the_other_implementation() -> None:
    key = PrivateKey.from_seed("Ed25519", bytes(range(32)))
    good = key.sign(b"m")
    for weak in weak_points():
        with pytest.raises(MalformedError):
            plain.PublicKey("Ed25519", weak)
        with pytest.raises(BadSignatureError):
            plain.PublicKey("Ed25519", key.public.raw).verify(weak + good[32:], b"m")


def test_a_signature_that_only_the_cofactor_makes_good_is_refused() -> None:
    """A key with a torsion component: R moved by a point of order 8 verifies only times 8."""
    key = PrivateKey.from_seed("Ed25519", bytes(range(32)))
    scalar = edwards.secret_scalar(key.seed)
    torsion = next(p for p in edwards.small_order_points() if edwards.multiply(4, p)[1] != 1)
    r = edwards.encode(edwards.add(edwards.multiply(12345, edwards.BASE), torsion))
    k = edwards.challenge(r, key.public.raw, b"m")
    signature = r + ((12345 + k * scalar) % edwards.L).to_bytes(32, "little")

    for implementation in (PublicKey, plain.PublicKey):
        with pytest.raises(BadSignatureError):
            implementation("Ed25519", key.public.raw).verify(signature, b"m")


@pytest.mark.parametrize("alg", ["Ed25519", "ES256"])
def test_both_implementations_judge_keys_and_signatures_alike(alg: str) -> None:
    for number in range(1, 12):
        key = receipts.key_of(number, alg)
        message = bytes([number]) * number
        signature = key.sign(message)
        other = plain.PublicKey(key.alg, key.public.raw)

        other.verify(signature, message)
        assert other.thumbprint == key.public.thumbprint
        assert plain.PublicKey.from_jwk(key.public.jwk()).jwk() == key.public.jwk()
        for position in range(0, 64, 7):
            bad = bytearray(signature)
            bad[position] ^= 1
            with pytest.raises(BadSignatureError):
                other.verify(bytes(bad), message)
        with pytest.raises(BadSignatureError):
            other.verify(signature, message + b"x")


def test_nothing_in_it_signs() -> None:
    with pytest.raises(RuntimeError):
        plain.PrivateKey()


@pytest.mark.parametrize("alg", ["Ed25519", "ES256"])
def test_a_certificate_is_of_its_key_and_of_no_other(alg: str) -> None:
    native = ec.generate_private_key(ec.SECP256R1()) if alg == "ES256" else Native.generate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "极地研究所")])
    made = x509.CertificateBuilder(name, name, native.public_key(), x509.random_serial_number())
    day = datetime(2026, 1, 1, tzinfo=UTC)
    made = made.not_valid_before(day).not_valid_after(day.replace(year=2027))
    signed = made.sign(native, hashes.SHA256() if alg == "ES256" else None)
    pem = signed.public_bytes(Encoding.PEM).decode()
    public = native.public_key()
    raw = (
        public.public_bytes_raw()
        if isinstance(public, Ed25519PublicKey)
        else public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
    )
    key = PublicKey("ES256" if alg == "ES256" else "Ed25519", raw)

    x509_chain.read_chain(pem, key)
    with pytest.raises(MalformedError):
        x509_chain.read_chain(pem, receipts.key_of(9, alg).public)
    for cut in range(0, len(pem) - 30, 5):
        with pytest.raises(MalformedError):
            x509_chain.read_chain(pem[:cut], key)


def test_keccak_of_the_empty_string(program: Path) -> None:
    (answer,) = ask(program, [{"kind": "keccak", "msg": ""}])

    assert answer == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


# --- receipts -----------------------------------------------------------------------------


def test_every_receipt_vector_has_its_verdict(program: Path) -> None:
    vectors = [param.values[0] for param in own_cases("receipts")]

    answers = ask(program, ({**vector, "kind": "receipt"} for vector in vectors))

    assert answers == [vector["verdict"] for vector in vectors]
    assert len(answers) > 90


def test_no_altered_byte_of_a_receipt_passes(program: Path) -> None:
    made = receipts.build(SMALL)
    vector = {
        "kind": "mutants",
        "receipt": made.octets.decode(),
        "policy": made.policy.octets.decode(),
        "now_unix": receipts.NOW,
        "given": {
            "block_hashes": ["0x" + one.hex() for one in made.evidence_hashes.values()],
        },
        "start": 0,
        "step": 2,
    }

    (left,) = ask(program, [vector])

    # only a signature line renamed to a key that the policy does not know ends as "not checked"
    line = made.octets.find(b"\xe2\x80\x94 ledger.example/log ")
    assert line > 0
    for position, code in left:
        assert code == 3
        before = made.octets[:position].decode(errors="ignore").rsplit("\\n", 1)[-1]
        assert before.startswith("— ") or made.octets[position : position + 1] in b"\xe2\x80\x94"


# --- its command line ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def receipt(program: Path) -> Path:
    made = receipts.build()
    folder = program.parent
    (folder / "receipt.json").write_bytes(made.octets)
    (folder / "policy.json").write_bytes(made.policy.octets)
    for path, content in receipts.DATASET.items():
        (folder / "data" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "data" / path).write_bytes(content)
    return folder / "receipt.json"


def block_hash() -> str:
    return "0x" + receipts.build().evidence_hashes[receipts.MAINNET].hex()


def test_command_proves_receipt_and_data_in_both_languages(program: Path, receipt: Path) -> None:
    arguments = ("--policy", "policy.json", "--block-hash", block_hash())

    done = run(program, receipt.name, *arguments, "data")

    assert done.returncode == 0, done.stderr
    assert "Proved: everything asked for was checked and is true" in done.stdout
    assert "已证明" in done.stdout
    assert "What this does NOT prove" in done.stdout
    assert "本核验不能证明" in done.stdout


def test_command_without_a_block_names_the_block_to_look_up(program: Path, receipt: Path) -> None:
    done = run(program, receipt.name, "--policy", "policy.json", "--language", "en")

    assert done.returncode == 3
    assert f"--block-hash {block_hash()}" in done.stdout
    assert "(not proved)" in done.stdout
    assert "本" not in done.stdout


def test_command_finds_altered_data(program: Path, receipt: Path) -> None:
    altered = program.parent / "altered"
    (altered / "b").mkdir(parents=True)
    for path, content in receipts.DATASET.items():
        (altered / path).write_bytes(content.replace(b"gamma", b"gamme"))

    done = run(program, receipt.name, altered.name, "--policy", "policy.json")

    assert done.returncode == 1
    assert "FALSE" in done.stdout


def test_command_refuses_what_it_cannot_read(program: Path, receipt: Path) -> None:
    (program.parent / "cut.json").write_bytes(receipt.read_bytes()[:-9])

    assert run(program, "cut.json", "--policy", "policy.json").returncode == 2
    assert run(program, receipt.name).returncode == 2
    assert run(program, "absent.json", "--policy", "policy.json").returncode == 2
    assert run(program).returncode == 2
