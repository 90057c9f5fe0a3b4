import hashlib
import json
import stat
import warnings
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import OctKey

from provenance.digests import to_b64url
from provenance.errors import (
    AlreadyExistsError,
    CheckDigitError,
    FileAccessError,
    MalformedError,
    NotFoundError,
    ProvenanceError,
    TooLargeError,
    UnsupportedVersionError,
    WrongPassphraseError,
)
from provenance.files import key_file
from provenance.files.keystore import KeyStore, Profile, StoredKey, generate, home_folder
from provenance.keys import ALGORITHMS, Algorithm, PrivateKey

PASSPHRASE = "Thus from my lips, by yours, my sin is purged."
FEW = 1_000
"""Rounds of PBKDF2: these passphrases are in the open."""

KEY = PrivateKey.from_seed("Ed25519", hashlib.sha256(b"a key for tests").digest())
JANE = Profile("Jane Doe", "0000-0002-1825-0097", ("05dxps055",))
ALGS = [key_file.ALG, key_file.ENC]


def octets_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


# --- an oracle, and what it is judged by --------------------------------------------------


def oracle_kek(alg: str, passphrase: str, salt: bytes, rounds: int) -> bytes:
    """Derive as RFC 7518 §4.8.1.1 says, for any of its three algorithms."""
    hash_name = {"256": "sha256", "384": "sha384", "512": "sha512"}[alg[8:11]]
    length = int(alg.split("+A")[1][:3]) // 8
    return hashlib.pbkdf2_hmac(
        hash_name, passphrase.encode(), alg.encode() + b"\0" + salt, rounds, length
    )


def oracle_open(parts: list[str], content_key: bytes) -> bytes:
    """Decrypt A256GCM content as RFC 7516 §5.2 says."""
    sealed = octets_of(parts[3]) + octets_of(parts[4])
    return AESGCM(content_key).decrypt(octets_of(parts[2]), sealed, parts[0].encode())


def test_oracle_derives_the_key_of_rfc_7517_appendix_c() -> None:
    salt = octets_of("2WCTcJZ1Rvd_CJuJripQ1w")
    kek = oracle_kek("PBES2-HS256+A128KW", PASSPHRASE, salt, 4_096)
    wrapped = octets_of("TrqXOwuNUfDV9VPTNbyGvEJ9JMjefAVn-TR1uIxR9p6hsRQh9Tk7BA")

    assert list(kek[:4]) == [110, 171, 169, 92]
    assert list(keywrap.aes_key_unwrap(kek, wrapped)[:4]) == [111, 27, 25, 52]


def test_oracle_opens_the_content_of_rfc_7516_appendix_a1() -> None:
    content_key = bytes.fromhex("b1a1f480548fe1733fb403ff6b9ad4f68a076e5b702e22692f82cb2e7aea40fc")
    parts = [
        "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ",
        "",
        "48V1_ALb6US04U3b",
        "5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A",
        "XFBoMYUZodetZdvTiFvSkQ",
    ]

    expected = b"The true sign of intelligence is not knowledge but imagination."
    assert oracle_open(parts, content_key) == expected


# --- the key file -------------------------------------------------------------------------


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_key_file_opens_by_the_steps_of_the_rfcs(alg: Algorithm) -> None:
    key = generate(alg)

    parts = key_file.encrypt(key, PASSPHRASE, rounds=key_file.ROUNDS).decode().split(".")

    header = json.loads(octets_of(parts[0]))
    assert header.pop("p2s")
    assert header == {
        "alg": "PBES2-HS512+A256KW",
        "enc": "A256GCM",
        "p2c": 600_000,
        "cty": "jwk+json",
    }
    salt = octets_of(json.loads(octets_of(parts[0]))["p2s"])
    kek = oracle_kek(key_file.ALG, PASSPHRASE, salt, 600_000)
    content_key = keywrap.aes_key_unwrap(kek, octets_of(parts[1]))
    assert json.loads(oracle_open(parts, content_key)) == key.jwk()


def joserfc_key(passphrase: str) -> OctKey:
    with warnings.catch_warnings():  # it calls a short passphrase a short key
        warnings.simplefilter("ignore")
        return OctKey.import_key(passphrase.encode())


def test_joserfc_opens_our_key_file() -> None:
    octets = key_file.encrypt(KEY, PASSPHRASE, rounds=FEW)

    opened = jwe.decrypt_compact(octets.decode(), joserfc_key(PASSPHRASE), algorithms=ALGS)

    assert opened.plaintext is not None
    assert json.loads(opened.plaintext) == KEY.jwk()


def test_we_open_a_key_file_of_joserfc() -> None:
    header = {"alg": key_file.ALG, "enc": key_file.ENC, "p2c": FEW}
    text = jwe.encrypt_compact(
        header, json.dumps(KEY.jwk()), joserfc_key(PASSPHRASE), algorithms=ALGS
    )

    assert key_file.decrypt(text.encode(), PASSPHRASE) == KEY


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_key_file_reads_back(alg: Algorithm) -> None:
    key = generate(alg)

    assert key_file.decrypt(key_file.encrypt(key, "é", rounds=FEW) + b"\n", "e\u0301") == key


def test_no_two_key_files_are_alike() -> None:
    one, other = (key_file.encrypt(KEY, PASSPHRASE, rounds=FEW).split(b".") for _ in range(2))

    assert all(part != twin for part, twin in zip(one, other, strict=True))


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE + " ", PASSPHRASE.lower()])
def test_other_passphrase_is_refused(passphrase: str) -> None:
    octets = key_file.encrypt(KEY, PASSPHRASE, rounds=FEW)

    with pytest.raises(WrongPassphraseError):
        key_file.decrypt(octets, passphrase)


def test_empty_passphrase_is_refused_for_a_new_file() -> None:
    with pytest.raises(WrongPassphraseError):
        key_file.encrypt(KEY, "")


KEY_FILE = key_file.encrypt(KEY, PASSPHRASE, rounds=FEW)


@given(st.integers(0, len(KEY_FILE) - 1), st.integers(1, 255))
def test_key_file_with_any_byte_changed_is_refused(at: int, change: int) -> None:
    changed = bytearray(KEY_FILE)
    changed[at] ^= change

    with pytest.raises((MalformedError, WrongPassphraseError)):
        key_file.decrypt(bytes(changed), PASSPHRASE)


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_reading_leaks_no_foreign_error(octets: bytes) -> None:
    with pytest.raises(ProvenanceError):
        key_file.decrypt(octets, PASSPHRASE)


def with_header(**change: object) -> bytes:
    header = {"alg": key_file.ALG, "enc": key_file.ENC, "p2c": FEW, "p2s": "A" * 22} | change
    parts = KEY_FILE.decode().split(".")
    parts[0] = to_b64url(json.dumps(header).encode())
    return ".".join(parts).encode()


@pytest.mark.parametrize(
    ("octets", "error", "field"),
    [
        (with_header(alg="PBES2-HS256+A128KW"), UnsupportedVersionError, "alg"),
        (with_header(alg="dir"), UnsupportedVersionError, "alg"),
        (with_header(enc="A128CBC-HS256"), UnsupportedVersionError, "enc"),
        (with_header(p2c=2_000_001), TooLargeError, "p2c"),
        (with_header(p2c=2**53), MalformedError, "p2c"),
        (with_header(p2c=999), MalformedError, "p2c"),
        (with_header(p2c=True), MalformedError, "p2c"),
        (with_header(p2s="AAAA"), MalformedError, "p2s"),
        (with_header(zip="DEF"), MalformedError, "zip"),
        (with_header(crit=["exp"]), MalformedError, "crit"),
        (b"." * 4, MalformedError, None),
        (KEY_FILE + b".", MalformedError, None),
        (b"A" * 4_097, TooLargeError, None),
    ],
)
def test_key_file_outside_the_closed_choice_is_refused_before_any_work(
    octets: bytes, error: type[ProvenanceError], field: str | None
) -> None:
    with pytest.raises(error) as caught:
        key_file.decrypt(octets, PASSPHRASE)
    assert caught.value.field == field


def test_key_file_that_holds_no_private_key_is_refused() -> None:
    header = {"alg": key_file.ALG, "enc": key_file.ENC, "p2c": FEW}
    public = json.dumps(KEY.public.jwk())
    text = jwe.encrypt_compact(header, public, joserfc_key(PASSPHRASE), algorithms=ALGS)

    with pytest.raises(MalformedError) as caught:
        key_file.decrypt(text.encode(), PASSPHRASE)
    assert caught.value.field == "d"


# --- the store ----------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "home", rounds=FEW)


def new(store: KeyStore, label: str, **more: Profile) -> StoredKey:
    return store.new(PASSPHRASE, label=label, profile=more.get("profile", Profile()))


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_new_key_is_stored_under_its_passphrase(store: KeyStore, alg: Algorithm) -> None:
    made = store.new(PASSPHRASE, label="work", alg=alg, profile=JANE)

    assert store.keys() == (made,)
    private = store.unlock(made, PASSPHRASE)
    assert private.alg == alg
    assert private.public == made.public
    with pytest.raises(WrongPassphraseError):
        store.unlock(made, "another")


def test_files_are_the_owners_alone(store: KeyStore, tmp_path: Path) -> None:
    new(store, "work")

    modes = {p.suffix: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "home").rglob("*")}
    assert modes == {"": 0o700, ".jwe": 0o600, ".json": 0o600}


def test_private_key_is_nowhere_in_the_clear(store: KeyStore, tmp_path: Path) -> None:
    private = store.unlock(new(store, "work", profile=JANE), PASSPHRASE)

    for path in (tmp_path / "home" / "keys").iterdir():
        assert private.jwk()["d"].encode() not in path.read_bytes()


def test_keys_are_found_by_label_thumbprint_or_its_beginning(store: KeyStore) -> None:
    work, home = new(store, "work"), new(store, "Büro")

    assert store.find("work") == work
    assert store.find("Bu\u0308ro") == home
    assert store.find(home.thumbprint) == home
    assert store.find(home.thumbprint[:6]) == home
    assert store.keys() == (home, work)
    for name in (home.thumbprint[:5], "other", "", None):
        with pytest.raises(NotFoundError):
            store.find(name)


def test_only_key_needs_no_name(store: KeyStore) -> None:
    with pytest.raises(NotFoundError):
        store.find(None)
    assert store.find(None if store.keys() else new(store, "work").label).label == "work"
    assert store.find(None).label == "work"


def test_label_is_given_once(store: KeyStore) -> None:
    before = new(store, "work")

    with pytest.raises(AlreadyExistsError) as caught:
        new(store, " work ")
    assert caught.value.field == "label"
    assert store.keys() == (before,)


@pytest.mark.parametrize("label", ["", "  ", "a\nb", "x" * 101])
def test_improper_label_is_refused(store: KeyStore, label: str) -> None:
    with pytest.raises(MalformedError) as caught:
        new(store, label)
    assert caught.value.field == "label"
    assert store.keys() == ()


def test_exported_key_comes_in_elsewhere_byte_for_byte(store: KeyStore, tmp_path: Path) -> None:
    made = new(store, "work")
    other = KeyStore(tmp_path / "other")

    added = other.add(store.export(made) + b"\n", PASSPHRASE, label="old", profile=JANE)

    assert added.public == made.public
    assert other.export(added) == store.export(made)
    assert other.find("old").profile == JANE


def test_key_comes_in_once_and_never_under_a_wrong_passphrase(store: KeyStore) -> None:
    made = new(store, "work")
    before = store.export(made)

    with pytest.raises(AlreadyExistsError):
        store.add(
            key_file.encrypt(store.unlock(made, PASSPHRASE), "x", rounds=FEW),
            "x",
            label="again",
            profile=JANE,
        )
    with pytest.raises(WrongPassphraseError):
        store.add(before, "x", label="again", profile=JANE)
    assert store.export(made) == before
    assert store.keys() == (made,)


def test_profile_can_be_replaced(store: KeyStore) -> None:
    made = new(store, "work")

    assert store.describe(made, JANE).profile == JANE
    assert store.find("work").profile == JANE
    assert store.unlock(store.find("work"), PASSPHRASE).public == made.public


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"orcid": "0000-0002-1825-0098"}, "orcid"),
        ({"ror": ("05dxps055", "05dxps054")}, "ror[1]"),
    ],
)
def test_profile_with_a_bad_check_digit_is_refused(parts: dict[str, str], field: str) -> None:
    with pytest.raises(CheckDigitError) as caught:
        Profile(**parts)  # type: ignore[arg-type]  # each member has its own type
    assert caught.value.field == field


def test_profile_with_a_control_character_is_refused() -> None:
    with pytest.raises(MalformedError) as caught:
        Profile(name="Jane\x1b[2J")
    assert caught.value.field == "name"


@pytest.mark.parametrize("name", ["Jane ", " Jane", "", "J" * 201, "e\u0301"])
def test_a_name_that_no_record_would_carry_is_refused(name: str) -> None:
    """Else the key is made, and everything that it is to sign fails ever after."""
    with pytest.raises(ProvenanceError) as caught:
        Profile(name=name)
    assert caught.value.field == "name"


def test_key_file_put_under_another_name_is_refused(store: KeyStore, tmp_path: Path) -> None:
    one, other = new(store, "one"), new(store, "other")
    folder = tmp_path / "home" / "keys"
    (folder / f"{one.thumbprint}.jwe").replace(folder / f"{other.thumbprint}.jwe")

    with pytest.raises(MalformedError):
        store.unlock(other, PASSPHRASE)
    with pytest.raises(FileAccessError):
        store.unlock(one, PASSPHRASE)


@pytest.mark.parametrize(
    ("old", "new_text"), [('"v":1', '"v":2'), ('"v":1', '"v":true'), ('"ror":[]', '"ror":[],"a":1')]
)
def test_damaged_profile_names_its_file(
    store: KeyStore, tmp_path: Path, old: str, new_text: str
) -> None:
    path = tmp_path / "home" / "keys" / f"{new(store, 'work').thumbprint}.json"
    path.write_text(path.read_text().replace(old, new_text))

    with pytest.raises(MalformedError, match=path.name):
        store.keys()


def test_key_file_without_its_profile_names_what_is_missing(
    store: KeyStore, tmp_path: Path
) -> None:
    path = tmp_path / "home" / "keys" / f"{new(store, 'work').thumbprint}.json"
    path.unlink()

    with pytest.raises(FileAccessError, match=path.name):
        store.keys()


def test_home_folder_is_the_one_named_or_the_usual_one() -> None:
    assert home_folder({"PROVENANCE_HOME": "/somewhere"}) == Path("/somewhere")
    assert home_folder({}) == Path.home() / ".config" / "provenance"
