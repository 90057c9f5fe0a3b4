"""The keys of a person: a folder with an encrypted key file, and beside it what is no secret.

    <folder>/keys/<thumbprint>.jwe    the key file (``key_file``), mode 0600
    <folder>/keys/<thumbprint>.json   label, public key and identity profile:

    {"format":"provenance-key","v":1,"label":"work","jwk":{"crv":"Ed25519",...},
     "name":"Jane Doe","orcid":"0000-0002-1825-0097","ror":["05dxps055"]}

(On one line; with a recovery key also ``"recovery":"<thumbprint>"``.) The passphrase is asked for
by the caller and kept nowhere.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from provenance import strict_json
from provenance.digests import from_b64url
from provenance.errors import (
    AlreadyExistsError,
    FileAccessError,
    MalformedError,
    NotFoundError,
    UnsupportedVersionError,
)
from provenance.files import atomic, key_file
from provenance.identifiers import check_orcid, check_ror
from provenance.keys import PrivateKey, PublicKey
from provenance.record_checks import MAX_NAME, check_line_of
from provenance.text import check_line, nfc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provenance.keys import Algorithm

__all__ = ["KeyStore", "Profile", "StoredKey", "generate", "home_folder"]

FORMAT = "provenance-key"
MAX_LABEL = 100
MAX_RORS = 20
MAX_PROFILE_BYTES = 16_384
SHORTEST_PREFIX = 6
"""Characters of a thumbprint that may stand for it: 36 bits, no accident among one's own keys."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the holder of a key says to be; each part may be left out.

    ``orcid`` and ``ror`` are bare (``0000-0002-1825-0097``, ``05dxps055``).
    """

    name: str | None = None
    orcid: str | None = None
    ror: tuple[str, ...] = ()
    recovery: str | None = None
    """Thumbprint of the key that may revoke this one; the first ``key`` record names it."""

    def __post_init__(self) -> None:
        """Check each part as a record will.

        Raises:
            TooLargeError: a name too long.
            MalformedError: one with control characters, or spaces around it; a bad check digit.
        """
        if self.name is not None:
            check_line(self.name, "name")  # NFC as well, which in records the parser has checked
            check_line_of(self.name, "name", MAX_NAME)
        if self.orcid is not None:
            check_orcid(self.orcid)
        for index, ror in enumerate(self.ror):
            check_ror(ror, f"ror[{index}]")
        if self.recovery is not None:
            from_b64url(self.recovery, length=32, field="recovery")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key of the store, as far as it may be seen without the passphrase."""

    label: str
    public: PublicKey
    profile: Profile

    @property
    def thumbprint(self) -> str:
        """The ``kid`` of records that it signs."""
        return self.public.thumbprint


def home_folder(environ: Mapping[str, str]) -> Path:
    """Return where a person's own files lie: PROVENANCE_HOME, or ``~/.config/provenance``."""
    home = environ.get("PROVENANCE_HOME")
    return Path(home) if home else Path("~/.config/provenance").expanduser()


def generate(alg: Algorithm) -> PrivateKey:
    """Make a new key from the system's randomness."""
    while True:
        # one ES256 seed in 2^32 is no scalar of the group, and is thrown away
        with contextlib.suppress(MalformedError):
            return PrivateKey.from_seed(alg, os.urandom(32))


class KeyStore:
    """The keys below one folder; nothing is cached, so several processes may use it at once."""

    def __init__(self, folder: Path, *, rounds: int = key_file.ROUNDS) -> None:
        """Use ``folder``, which is made when the first key is stored.

        Args:
            rounds: of PBKDF2 for a new key; fewer only where a passphrase guards nothing.
        """
        self._folder = folder / "keys"
        self._rounds = rounds

    def new(
        self, passphrase: str, *, label: str, alg: Algorithm = "Ed25519", profile: Profile
    ) -> StoredKey:
        """Make a key and store it.

        Raises:
            AlreadyExistsError: the label is taken.
            WrongPassphraseError: the passphrase is empty.
        """
        key = generate(alg)
        octets = key_file.encrypt(key, passphrase, rounds=self._rounds)
        return self._store(octets, key.public, label, profile)

    def add(self, octets: bytes, passphrase: str, *, label: str, profile: Profile) -> StoredKey:
        """Store a key file that was made elsewhere, byte for byte, under its own passphrase.

        Raises:
            AlreadyExistsError: the key is here already, or the label is taken.
            MalformedError: not a key file; see ``key_file.decrypt``.
        """
        public = key_file.decrypt(octets, passphrase).public
        return self._store(octets.strip(), public, label, profile)

    def keys(self) -> tuple[StoredKey, ...]:
        """Return every key, sorted by label.

        Raises:
            FileAccessError: a folder or file that cannot be read.
            MalformedError: a profile that is not as this module writes it.
        """
        found = [self._read(path.with_suffix(".json")) for path in self._folder.glob("*.jwe")]
        return tuple(sorted(found, key=lambda key: key.label))

    def find(self, name: str | None) -> StoredKey:
        """Return the key of that label or thumbprint (or its beginning); None names the only one.

        Raises:
            NotFoundError: no key, or several, answer to that.
        """
        keys = self.keys()
        if name is None:
            found = keys
        else:
            label = nfc(name)
            found = tuple(key for key in keys if label in {key.label, key.thumbprint})
            if not found and len(name) >= SHORTEST_PREFIX:
                found = tuple(key for key in keys if key.thumbprint.startswith(name))
        if len(found) != 1:
            labels = ", ".join(key.label for key in keys) or "none"
            which = "the only key" if name is None else f"one key called {name!a:.100}"
            raise NotFoundError(f"expected {which}, got {len(found)}; there are: {labels}")
        return found[0]

    def unlock(self, key: StoredKey, passphrase: str) -> PrivateKey:
        """Return the private key.

        Raises:
            WrongPassphraseError: another passphrase, or a file that was changed.
            MalformedError: the file holds another key than its name says.
        """
        private = key_file.decrypt(self.export(key), passphrase)
        if private.public != key.public:
            raise MalformedError(f"{self._path(key, '.jwe')}: expected the key it is named after")
        return private

    def export(self, key: StoredKey) -> bytes:
        """Return the key file as it is, still encrypted."""
        with _naming(self._path(key, ".jwe")) as path, path.open("rb") as file:
            return file.read(key_file.MAX_BYTES + 1)

    def describe(self, key: StoredKey, profile: Profile) -> StoredKey:
        """Replace the identity profile of a key; records signed before stay as they are."""
        described = StoredKey(key.label, key.public, profile)
        with _naming(self._path(key, ".json")) as path:
            atomic.write_bytes(path, _to_bytes(described), mode=atomic.PRIVATE)
        return described

    def _store(self, octets: bytes, public: PublicKey, label: str, profile: Profile) -> StoredKey:
        key = StoredKey(_checked_label(label), public, profile)
        taken = [other for other in self.keys() if other.label == key.label]
        if taken:
            raise AlreadyExistsError(f"{taken[0].thumbprint} is called that", field="label")
        with _naming(self._folder) as folder:
            atomic.make_folder(folder)
            # A key is there when its key file is: a crash before the second write leaves a
            # profile that nobody reads, and that the next attempt writes over.
            if self._path(key, ".jwe").exists():
                raise AlreadyExistsError(f"{key.thumbprint} is in the store already")
            atomic.write_bytes(self._path(key, ".json"), _to_bytes(key), mode=atomic.PRIVATE)
            path = self._path(key, ".jwe")
            atomic.write_bytes(path, octets, mode=atomic.PRIVATE, replace=False)
        return key

    def _path(self, key: StoredKey, suffix: str) -> Path:
        return self._folder / (key.thumbprint + suffix)

    def _read(self, path: Path) -> StoredKey:
        with _naming(path), path.open("rb") as file:
            octets = file.read(MAX_PROFILE_BYTES + 1)
        try:
            key = _parse(octets)
        except MalformedError as error:
            raise MalformedError(f"{path}: {error}", field=error.field) from error
        if key.thumbprint != path.stem:
            raise MalformedError(f"{path}: expected the key it is named after")
        return key


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[Path]:
    """Turn what the system refuses into an error that names the file."""
    try:
        yield path
    except OSError as error:
        raise FileAccessError(f"{error.filename or path}: {error.strerror}") from error


def _checked_label(label: str) -> str:
    label = nfc(label.strip(), "label")
    check_line(label, "label")
    if not 1 <= len(label) <= MAX_LABEL:
        raise MalformedError(f"expected 1 to {MAX_LABEL} characters", field="label")
    return label


def _to_bytes(key: StoredKey) -> bytes:
    members: dict[str, object] = {"format": FORMAT, "v": 1, "label": key.label}
    members |= {"jwk": key.public.jwk(), "name": key.profile.name}
    members |= {"orcid": key.profile.orcid, "ror": list(key.profile.ror)}
    if key.profile.recovery is not None:
        members["recovery"] = key.profile.recovery
    return strict_json.dump(members) + b"\n"


def _parse(octets: bytes) -> StoredKey:
    members = strict_json.Members(
        strict_json.parse(octets, max_bytes=MAX_PROFILE_BYTES, max_depth=2)
    )
    version = members.value("v")
    if members.value("format") != FORMAT or version != 1 or version is True:
        raise UnsupportedVersionError(f"expected {FORMAT} version 1", field="format")

    def name(member: str) -> str:
        return members.text(member, max_length=MAX_NAME)

    key = StoredKey(
        label=members.text("label", max_length=MAX_LABEL),
        public=PublicKey.from_jwk(members.value("jwk"), "jwk"),
        profile=Profile(
            name=members.nullable("name", name),
            orcid=members.nullable("orcid", name),
            ror=tuple(members.texts("ror", max_items=MAX_RORS)),
            recovery=members.optional("recovery", name),
        ),
    )
    members.done()
    return key
