"""The operator's private keys in ``keys/``: what each may do, and how it is kept.

root.jwe          encrypted; signs genesis and configuration; take it off the machine
checkpoint.jwk    signs checkpoints; mode 0600, since the service starts without a person
beacon.jwk        signs beacons; likewise
sender.key        pays for anchors; a Web3 keystore where its coins are worth something

While the checkpoint key is changed there is ``checkpoint.next.jwk`` too, which has signed nothing
yet, and afterwards ``checkpoint.retired-<key>.jwk``, which nothing reads; likewise for beacons.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from provenance import strict_json
from provenance.chain.external_signer import ExternalSender
from provenance.chain.sender import (
    create_key_file,
    environment_sender,
    is_plain_key_file,
    load_key_file,
)
from provenance.errors import FatalError, MalformedError
from provenance.files import key_file
from provenance.files.atomic import PRIVATE, fsync_folder, make_folder, write_bytes
from provenance.files.keystore import generate
from provenance.keys import PrivateKey
from provenance.service.chain_settings import (
    KEY_FILE,
    EnvironmentKey,
    ExternalSigner,
    KeyFile,
)

if TYPE_CHECKING:
    from provenance.keys import PublicKey
    from provenance.ledger.chain_port import Sender
    from provenance.service.chain_settings import SenderChoice

__all__ = ["OperatorKeys"]

_MAX_BYTES = 4096


class OperatorKeys:
    """The folder of one ledger's own keys; each is made once, and none is ever lost."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``."""
        self._folder = folder

    def root(self, passphrase: str) -> PrivateKey:
        """Return the root key, making it when there is none yet.

        Raises:
            WrongPassphraseError: the passphrase does not open it, or is empty.
        """
        path = self._folder / "root.jwe"
        if path.exists():
            return key_file.decrypt(path.read_bytes(), passphrase)
        make_folder(self._folder)
        key = generate("Ed25519")
        write_bytes(path, key_file.encrypt(key, passphrase), mode=PRIVATE, replace=False)
        return key

    def open_root(self, passphrase: str, file: Path | None = None) -> PrivateKey:
        """Return the root key, which may lie elsewhere than with the others; makes none.

        Raises:
            MalformedError: there is no such file.
            WrongPassphraseError: the passphrase does not open it, or is empty.
        """
        path = file or self._folder / "root.jwe"
        try:
            return key_file.decrypt(path.read_bytes(), passphrase)
        except OSError as error:
            raise MalformedError(f"no root key: {path}: {error.strerror}") from error

    def checkpoint(self, *, make: bool = False) -> PrivateKey:
        """Return the key that signs checkpoints."""
        return self._plain("checkpoint", make=make)

    def beacon(self, *, make: bool = False) -> PrivateKey:
        """Return the key that signs beacons."""
        return self._plain("beacon", make=make)

    def sender(self, choice: SenderChoice = KEY_FILE, *, make: bool = False) -> Sender:
        """Return the key that pays; where it is a file, one is made when asked for.

        Raises:
            MalformedError: there is no such key, or it is none.
            VerificationError: its passphrase does not open it.
        """
        if isinstance(choice, EnvironmentKey):
            return environment_sender(choice.name, os.environ)
        if isinstance(choice, ExternalSigner):
            return ExternalSender(choice.url, choice.address)
        path, passphrase = self._folder / "sender.key", _passphrase(choice)
        if make and not path.exists():
            make_folder(self._folder)
            return create_key_file(path, password=passphrase)
        return load_key_file(path, password=passphrase)

    @property
    def has_plain_sender(self) -> bool:
        """Tell whether the sending key's file is there, in plain hex."""
        return is_plain_key_file(self._folder / "sender.key")

    # --- changing a key --------------------------------------------------------------------

    def current(self, name: str) -> PrivateKey:
        """Return the key ``name`` that is in use, ``checkpoint`` or ``beacon``."""
        return self._plain(name, make=False)

    def has(self, name: str) -> bool:
        """Tell whether the file of the key ``name`` is there, whatever is in it."""
        return (self._folder / f"{name}.jwk").exists()

    def has_next(self, name: str) -> bool:
        """Tell whether there is a key that is to take the place of ``name``."""
        return self.has(f"{name}.next")

    def next(self, name: str, *, make: bool = False) -> PrivateKey:
        """Return the key that is to take the place of ``name``."""
        return self._plain(f"{name}.next", make=make)

    def keep_retired(self, name: str) -> None:
        """Give the key in use its second name, under which it stays once it is replaced."""
        path = self._folder / f"{name}.retired-{self.current(name).public.thumbprint}.jwk"
        if not path.exists():
            path.hardlink_to(self._folder / f"{name}.jwk")
            fsync_folder(self._folder)

    def promote(self, name: str, new: PublicKey) -> None:
        """Put the next key in the place of ``name``, in one step; done already, do nothing.

        The old one is gone unless ``keep_retired`` came first.

        Raises:
            FatalError: neither of the two files holds ``new``: nobody could sign from now on.
        """
        if self.has(name) and self.current(name).public == new:
            return
        if not self.has_next(name) or self.next(name).public != new:
            raise FatalError(f"the log's new {name} key is not in {self._folder}")
        (self._folder / f"{name}.next.jwk").replace(self._folder / f"{name}.jwk")
        fsync_folder(self._folder)

    def _plain(self, name: str, *, make: bool) -> PrivateKey:
        path = self._folder / f"{name}.jwk"
        if make and not path.exists():
            make_folder(self._folder)
            jwk = strict_json.dump(generate("Ed25519").jwk())
            write_bytes(path, jwk + b"\n", mode=PRIVATE, replace=False)
        try:
            octets = path.read_bytes()
        except OSError as error:
            raise MalformedError(f"no {name} key: {path}: {error.strerror}") from error
        try:
            return PrivateKey.from_jwk(strict_json.parse(octets, max_bytes=_MAX_BYTES))
        except MalformedError as error:
            raise MalformedError(f"the {name} key is damaged: {path}: {error}") from error


def _passphrase(choice: KeyFile) -> str | None:
    if choice.passphrase_environment is not None:
        found = os.environ.get(choice.passphrase_environment)
        if not found:
            raise MalformedError(
                "no passphrase of the sending key: the environment variable "
                f"{choice.passphrase_environment} is not set. Set it, or choose another key",
                field="sender",
            )
        return found
    if choice.passphrase_file is None:
        return None
    try:
        text = Path(choice.passphrase_file).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise MalformedError(
            f"no passphrase of the sending key: {choice.passphrase_file}: {error}"
        ) from error
    if not text:
        raise MalformedError(f"an empty passphrase: {choice.passphrase_file}")
    return text
