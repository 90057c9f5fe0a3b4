"""Keys, judged by Wycheproof, the RFCs' examples, joserfc and an oracle in plain integers."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey
from published_vectors import read_json

from provenance import keys
from provenance.digests import from_b64url, to_b64url
from provenance.errors import BadSignatureError, MalformedError
from provenance.keys import ALGORITHMS, Algorithm, PrivateKey, PublicKey, to_low_s
from provenance.strict_json import tokenize

if TYPE_CHECKING:
    from types import ModuleType


def load_oracle() -> ModuleType:
    path = Path(__file__).parents[1] / "oracles" / "edwards.py"
    spec = importlib.util.spec_from_file_location("edwards_oracle", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


edwards = load_oracle()

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # order of P-256
P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
SEED = bytes(range(32))
octets_32 = st.binary(min_size=32, max_size=32)
seeds = octets_32.filter(lambda seed: 0 < int.from_bytes(seed, "big") < N)
algorithms = st.sampled_from(ALGORITHMS)


def is_verified(key: PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except BadSignatureError:
        return False
    return True


def native_accepts(a: bytes, signature: bytes, message: bytes) -> bool:
    """Ask the library alone: the control that shows what our checks add."""
    try:
        Ed25519PublicKey.from_public_bytes(a).verify(signature, message)
    except Exception:  # noqa: BLE001 -- any refusal of any kind is a no
        return False
    return True


# --- Wycheproof ---------------------------------------------------------------------------


def groups(name: str) -> list[dict[str, Any]]:
    found = read_json(f"wycheproof/{name}.json")["testGroups"]
    assert isinstance(found, list)
    return found


def test_ed25519_agrees_with_every_wycheproof_case() -> None:
    checked = 0
    for group in groups("ed25519_test"):
        key = PublicKey("Ed25519", bytes.fromhex(group["publicKey"]["pk"]))
        for case in group["tests"]:
            signature, message = bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
            assert is_verified(key, signature, message) == (case["result"] == "valid"), case
            checked += 1
    assert checked == 151


def test_es256_agrees_with_every_wycheproof_case_but_the_high_s_ones() -> None:
    valid = high_s = checked = 0
    for group in groups("ecdsa_secp256r1_sha256_p1363_test"):
        key = PublicKey("ES256", bytes.fromhex(group["publicKey"]["uncompressed"])[1:])
        for case in group["tests"]:
            signature, message = bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
            is_valid = case["result"] == "valid"
            is_high = len(signature) == 64 and int.from_bytes(signature[32:], "big") > N // 2
            assert is_verified(key, signature, message) == (is_valid and not is_high), case
            if is_valid and is_high:  # what the client does makes it good
                assert is_verified(key, to_low_s(signature), message)
                high_s += 1
            valid += is_valid
            checked += 1
    assert (checked, valid, high_s) == (262, 173, 70)


def verify_jws(key: PublicKey, kid: str, compact: str) -> None:
    """Verify a compact JWS with nothing of ours but the primitive and the strict decoders."""
    parts = compact.split(".")
    if len(parts) != 3:
        raise MalformedError("expected three parts")
    header = tokenize(from_b64url(parts[0]))
    if header != {"alg": key.alg, "kid": kid}:
        raise BadSignatureError("another header")
    signature = from_b64url(parts[2])
    key.verify(
        to_low_s(signature) if len(signature) == 64 else signature,
        compact[: -len(parts[2]) - 1].encode(),
    )


def test_jws_of_wycheproof_for_p256_keys() -> None:
    valid = checked = 0
    for name in ("json_web_signature_test", "json_web_crypto_test"):
        for group in groups(name):
            jwk = group.get("public") or {}
            if jwk.get("alg") != "ES256":
                continue
            key = PublicKey.from_jwk({member: jwk[member] for member in ("kty", "crv", "x", "y")})
            for case in group["tests"]:
                checked += 1
                valid += case["result"] == "valid"
                if case["result"] == "valid":
                    verify_jws(key, jwk["kid"], case["jws"])
                else:
                    with pytest.raises((BadSignatureError, MalformedError)):
                        verify_jws(key, jwk["kid"], case["jws"])
    assert (checked, valid) == (54, 3)


def test_jwks_of_wycheproof_are_refused_unless_they_are_exactly_a_key() -> None:
    refused = 0
    for group in groups("json_web_key_test"):
        for jwk in (group.get("public") or {}).get("keys", []):
            bare = {name: value for name, value in jwk.items() if name in {"kty", "crv", "x", "y"}}
            with pytest.raises(MalformedError):  # alg, use and kid are for others to say
                PublicKey.from_jwk(jwk)
            if group["comment"] in {"invalid_point", "wrong_curve", "wrong_kty"}:
                with pytest.raises(MalformedError):
                    PublicKey.from_jwk(bare)
                refused += 1
    assert refused == 3


# --- examples of the RFCs -----------------------------------------------------------------


def test_rfc_8037_example_key_thumbprint_and_signature() -> None:
    # appendices A.1 to A.4
    jwk = {
        "kty": "OKP",
        "crv": "Ed25519",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    }
    message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    signature = (
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )

    key = PrivateKey.from_jwk(jwk)

    assert key.public.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert to_b64url(key.sign(message)) == signature
    key.public.verify(from_b64url(signature), message)


def test_rfc_7515_example_of_es256() -> None:
    # appendix A.3
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
    }
    message = (
        b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
        b"cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    )
    signature = from_b64url(
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )

    key = PrivateKey.from_jwk(jwk)

    assert not is_verified(key.public, signature, message)  # the example has a high s
    key.public.verify(to_low_s(signature), message)


def test_rfc_6979_signature_in_its_low_form() -> None:
    # appendix A.2.5, SHA-256, message "sample"
    key = PrivateKey.from_seed(
        "ES256",
        bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"),
    )
    r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8

    signature = key.sign(b"sample")

    assert key.public.raw[:32].hex().startswith("60fed4ba255a9d31")
    assert signature == r.to_bytes(32, "big") + (N - s).to_bytes(32, "big")


@settings(max_examples=20)
@given(seeds, algorithms)
def test_thumbprints_equal_those_of_joserfc(seed: bytes, alg: Algorithm) -> None:
    public = PrivateKey.from_seed(alg, seed).public
    jwk: dict[str, str | list[str]] = {**public.jwk()}
    other = OKPKey.import_key(jwk) if alg == "Ed25519" else ECKey.import_key(jwk)

    assert public.thumbprint == other.thumbprint()


# --- round trips and mutations ------------------------------------------------------------


@settings(max_examples=40)
@given(seeds, algorithms, st.binary(max_size=80))
def test_what_is_signed_verifies_and_keys_come_back(
    seed: bytes, alg: Algorithm, message: bytes
) -> None:
    key = PrivateKey.from_seed(alg, seed)
    signature = key.sign(message)

    key.public.verify(signature, message)
    assert signature == key.sign(message)
    assert len(signature) == 64
    assert PrivateKey.from_jwk(key.jwk()) == key
    assert PublicKey.from_jwk(json.loads(json.dumps(key.public.jwk()))) == key.public
    assert PublicKey(alg, key.public.raw).thumbprint == key.public.thumbprint


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_any_flipped_bit_is_rejected(alg: Algorithm) -> None:
    key = PrivateKey.from_seed(alg, SEED)
    message = b"who contributed what"
    signature = key.sign(message)
    key.public.verify(signature, message)  # remembered from here on

    for octets, is_signature in ((signature, True), (message, False)):
        for bit in range(len(octets) * 8):
            flipped = bytearray(octets)
            flipped[bit // 8] ^= 1 << bit % 8
            given_signature = bytes(flipped) if is_signature else signature
            given_message = message if is_signature else bytes(flipped)
            assert not is_verified(key.public, given_signature, given_message)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_another_key_of_either_algorithm_does_not_verify(alg: Algorithm) -> None:
    signature = PrivateKey.from_seed(alg, SEED).sign(b"m")

    for other in ALGORITHMS:
        assert not is_verified(PrivateKey.from_seed(other, b"\7" * 32).public, signature, b"m")


@pytest.mark.parametrize("alg", ALGORITHMS)
@given(signature=st.binary(max_size=70) | octets_32.map(lambda half: half + half))
def test_random_signatures_are_bad_signatures(alg: Algorithm, signature: bytes) -> None:
    assert not is_verified(PrivateKey.from_seed(alg, SEED).public, signature, b"m")


json_values = st.none() | st.integers() | st.text(max_size=45) | st.lists(st.integers(), max_size=2)
jwk_like = st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "d", "kid"]), json_values)


@given(json_values | jwk_like, algorithms, st.binary(max_size=65), octets_32)
def test_random_keys_are_malformed_or_keys(
    jwk: object, alg: Algorithm, raw: bytes, seed: bytes
) -> None:
    for octets in (raw, seed, seed + seed[::-1]):
        with contextlib.suppress(MalformedError):
            assert PublicKey(alg, octets).raw == octets
    with pytest.raises(MalformedError):
        PublicKey.from_jwk(jwk)
    with pytest.raises(MalformedError):
        PrivateKey.from_jwk(jwk)


# --- weak and malleable -------------------------------------------------------------------


def encodings(point: tuple[int, int]) -> set[bytes]:
    """Every 32 bytes a lenient decoder takes for a point: y or y + p, and for x = 0 both signs."""
    x, y = point
    numbers = {y} | ({y + edwards.P} if y + edwards.P < 1 << 255 else set())
    signs = {0, 1} if x == 0 else {x & 1}
    return {(number | sign << 255).to_bytes(32, "little") for number in numbers for sign in signs}


SMALL_ORDER = sorted(set().union(*(encodings(point) for point in edwards.small_order_points())))


def test_all_fourteen_encodings_of_the_small_order_points_are_refused() -> None:
    assert len(SMALL_ORDER) == 14
    for encoded in SMALL_ORDER:
        with pytest.raises(MalformedError):
            PublicKey("Ed25519", encoded)


def test_the_identity_key_would_verify_everything_and_is_refused() -> None:
    identity = edwards.encode(edwards.IDENTITY)
    signature = edwards.encode(edwards.BASE) + (1).to_bytes(32, "little")

    assert native_accepts(identity, signature, b"any message")
    assert native_accepts(identity, signature, b"any other message")
    with pytest.raises(MalformedError):
        PublicKey("Ed25519", identity)


@pytest.mark.parametrize("y", range(edwards.P, 1 << 255))
@pytest.mark.parametrize("sign", [0, 1])
def test_a_key_with_y_of_p_or_more_is_refused(y: int, sign: int) -> None:
    with pytest.raises(MalformedError):
        PublicKey("Ed25519", (y | sign << 255).to_bytes(32, "little"))


@given(octets_32)
def test_a_key_is_accepted_exactly_when_the_rfc_decodes_it_and_its_order_is_large(
    encoded: bytes,
) -> None:
    good = edwards.decode(encoded) is not None and encoded not in SMALL_ORDER
    try:
        PublicKey("Ed25519", encoded)
    except MalformedError:
        assert not good
    else:
        assert good


def test_adding_the_order_to_s_is_refused() -> None:
    key = PrivateKey.from_seed("Ed25519", SEED)
    signature = key.sign(b"m")
    s = int.from_bytes(signature[32:], "little")

    for k in range(1, 15):
        assert not is_verified(
            key.public, signature[:32] + (s + k * edwards.L).to_bytes(32, "little"), b"m"
        )


@pytest.mark.parametrize("encoded", SMALL_ORDER)
def test_an_r_of_small_order_is_refused_even_if_the_equation_holds(encoded: bytes) -> None:
    key = PrivateKey.from_seed("Ed25519", SEED)
    k = edwards.challenge(encoded, key.public.raw, b"m")
    s = k * edwards.secret_scalar(SEED) % edwards.L

    assert not is_verified(key.public, encoded + s.to_bytes(32, "little"), b"m")


def test_the_control_accepts_an_r_of_small_order() -> None:
    key = PrivateKey.from_seed("Ed25519", SEED)
    identity = edwards.encode(edwards.IDENTITY)
    k = edwards.challenge(identity, key.public.raw, b"m")
    signature = identity + (k * edwards.secret_scalar(SEED) % edwards.L).to_bytes(32, "little")

    assert edwards.satisfies(key.public.raw, signature, b"m")
    assert native_accepts(key.public.raw, signature, b"m")


@settings(max_examples=4, deadline=None)
@given(seeds, st.binary(max_size=20))
def test_the_oracle_agrees_with_ed25519(seed: bytes, message: bytes) -> None:
    key = PrivateKey.from_seed("Ed25519", seed)
    signature = key.sign(message)

    assert (
        edwards.encode(edwards.multiply(edwards.secret_scalar(seed), edwards.BASE))
        == key.public.raw
    )
    assert edwards.satisfies(key.public.raw, signature, message)
    assert not edwards.satisfies(key.public.raw, signature, message + b"!")


def test_the_two_forms_of_an_es256_signature_are_one() -> None:
    key = PrivateKey.from_seed("ES256", SEED)
    for number in range(40):
        message = b"%d" % number
        low = key.sign(message)
        high = low[:32] + (N - int.from_bytes(low[32:], "big")).to_bytes(32, "big")

        assert is_verified(key.public, low, message)
        assert not is_verified(key.public, high, message)
        assert to_low_s(high) == low
        assert to_low_s(low) == low


@pytest.mark.parametrize("s", [N // 2, N // 2 + 1, N - 1, N, N + 1, 0, 2**256 - 1])
def test_low_s_ends_at_half_the_order(s: int) -> None:
    signature = b"\1" * 32 + s.to_bytes(32, "big")
    expected = N - s if N // 2 < s < N else s

    assert int.from_bytes(to_low_s(signature)[32:], "big") == expected


def p256_point() -> tuple[int, int]:
    raw = PrivateKey.from_seed("ES256", SEED).public.raw
    return int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")


@pytest.mark.parametrize("change", ["zero", "off", "x above p", "y above p", "negated x"])
def test_a_point_that_is_not_one_of_p256_is_refused(change: str) -> None:
    x, y = p256_point()
    point = {
        "zero": (0, 0),
        "off": (x, y ^ 1),
        "x above p": (P256 + 5, y),
        "y above p": (x, P256 + 5),
        "negated x": (P256 - x, y),
    }[change]

    with pytest.raises(MalformedError):
        PublicKey("ES256", b"".join(n.to_bytes(32, "big") for n in point))


def test_a_second_encoding_of_a_p256_coordinate_is_refused() -> None:
    # x = 5 is on the curve and 5 + p still fits into 32 bytes: the same point written twice
    square = (
        5**3 - 3 * 5 + 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    ) % P256
    y = pow(square, (P256 + 1) // 4, P256)
    assert y * y % P256 == square

    PublicKey("ES256", (5).to_bytes(32, "big") + y.to_bytes(32, "big"))
    with pytest.raises(MalformedError):
        PublicKey("ES256", (5 + P256).to_bytes(32, "big") + y.to_bytes(32, "big"))


# --- strict forms -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kid": "a"}, "key.kid"),
        ({"alg": "Ed25519"}, "key.alg"),
        ({"d": "AA"}, "key.d"),
        ({"kty": "oct"}, "key.kty"),
        ({"kty": None}, "key.kty"),
        ({"crv": "Ed448"}, "key.crv"),
        ({"crv": "P-256"}, "key.crv"),
        ({"x": "AA"}, "key.x"),
        ({"x": 5}, "key.x"),
        ({"x": "A" * 43}, "key.x"),
    ],
)
def test_a_public_jwk_has_exactly_its_members(change: dict[str, object], field: str) -> None:
    jwk: dict[str, object] = {**PrivateKey.from_seed("Ed25519", SEED).public.jwk(), **change}

    with pytest.raises(MalformedError) as caught:
        PublicKey.from_jwk(jwk, "key")

    assert caught.value.field == field


def test_a_private_jwk_must_fit_together() -> None:
    jwk = PrivateKey.from_seed("Ed25519", SEED).jwk()
    other = PrivateKey.from_seed("Ed25519", b"\7" * 32).jwk()

    for change in ({"d": other["d"]}, {"x": other["x"]}):
        with pytest.raises(MalformedError):
            PrivateKey.from_jwk({**jwk, **change})
    with pytest.raises(MalformedError):
        PrivateKey.from_jwk(PrivateKey.from_seed("Ed25519", SEED).public.jwk())


@pytest.mark.parametrize("scalar", [0, N, N + 1, 2**256 - 1])
def test_a_p256_scalar_out_of_range_is_refused(scalar: int) -> None:
    with pytest.raises(MalformedError):
        PrivateKey.from_seed("ES256", scalar.to_bytes(32, "big"))


@pytest.mark.parametrize("alg", ["EdDSA", "RS256", "none", "es256", "", "ES384"])
def test_the_list_of_algorithms_is_closed(alg: Algorithm) -> None:
    for make in (PublicKey, PrivateKey.from_seed):
        with pytest.raises(MalformedError) as caught:
            make(alg, SEED)
        assert caught.value.field == "alg"


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_private_key_does_not_show_itself(alg: Algorithm) -> None:
    key = PrivateKey.from_seed(alg, SEED)

    for shown in (repr(key), str(key), f"{key}"):
        assert SEED.hex() not in shown
        assert to_b64url(SEED) not in shown
        assert key.public.thumbprint in shown


# --- the memo -----------------------------------------------------------------------------


def test_the_memo_forgets_what_was_longest_unused() -> None:
    memo = keys._Memo(2)  # noqa: SLF001 -- its bound cannot be seen from outside
    memo.add(("a",))
    memo.add(("b",))
    assert memo.holds(("a",))
    memo.add(("c",))

    assert (memo.holds(("a",)), memo.holds(("b",)), memo.holds(("c",))) == (True, False, True)
    assert len(memo) == 2


def test_the_memo_stays_bounded_among_threads() -> None:
    memo = keys._Memo(50)  # noqa: SLF001 -- as above

    def work(start: int) -> None:
        for number in range(start, start + 3_000):
            memo.add((number,))
            memo.holds((number - 7,))

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 1_000, 2_000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(memo) == 50


def test_failures_are_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    memo = keys._Memo(10)  # noqa: SLF001 -- as above
    monkeypatch.setattr(keys, "_MEMO", memo)
    key = PrivateKey.from_seed("Ed25519", SEED)

    assert not is_verified(key.public, b"\0" * 64, b"m")
    assert len(memo) == 0
    assert is_verified(key.public, key.sign(b"m"), b"m")
    assert len(memo) == 1
    assert is_verified(key.public, key.sign(b"m"), b"m")
    assert len(memo) == 1
