"""A time-stamping authority of the tests' own: real tokens by OpenSSL (``openssl ts``)."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TimeAuthority", "make_authority"]

_CONFIG = """
[ tsa ]
default_tsa = one
[ one ]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/root.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
{accuracy}
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
[ stamping ]
extendedKeyUsage = critical,timeStamping
[ other ]
extendedKeyUsage = critical,codeSigning
"""


@dataclass(frozen=True)
class TimeAuthority:
    """Root certificate, and answers to questions."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def answer(self, digest: bytes, algorithm: str = "sha256") -> bytes:
        """The authority's whole answer over a digest."""
        ask, answer = self.folder / "ask.tsq", self.folder / "answer.tsr"
        words = ["-query", "-digest", digest.hex(), f"-{algorithm}", "-cert", "-out", ask]
        _openssl("ts", *words)
        config = self.folder / "openssl.cnf"
        _openssl("ts", "-reply", "-queryfile", ask, "-config", config, "-out", answer)
        return answer.read_bytes()

    def token(self, digest: bytes) -> bytes:
        """The token alone, as OpenSSL takes it out of the answer."""
        self.answer(digest)
        token = self.folder / "token.der"
        _openssl("ts", "-reply", "-in", self.folder / "answer.tsr", "-token_out", "-out", token)
        return token.read_bytes()


def make_authority(
    folder: Path, *, purpose: str = "stamping", accuracy: str = "accuracy = secs:1, millisecs:500"
) -> TimeAuthority:
    """Make a root, a certificate under it, and the settings of the authority."""
    folder.mkdir(parents=True)
    config = folder / "openssl.cnf"
    config.write_text(_CONFIG.format(folder=folder, accuracy=accuracy))
    (folder / "serial").write_text("01\n")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    root = ["-x509", "-keyout", folder / "root.key", "-out", folder / "root.pem"]
    _openssl("req", *root, *curve, "-subj", "/CN=Root of the tests", "-days", "30")
    asked = ["-keyout", folder / "tsa.key", "-out", folder / "tsa.csr"]
    _openssl("req", *asked, *curve, "-subj", "/CN=Time of the tests")
    signed = ["-CA", folder / "root.pem", "-CAkey", folder / "root.key", "-CAcreateserial"]
    signed += ["-extfile", config, "-extensions", purpose, "-days", "30"]
    _openssl("x509", "-req", "-in", folder / "tsa.csr", *signed, "-out", folder / "tsa.pem")
    return TimeAuthority(folder)


def _openssl(*words: object) -> None:
    done = subprocess.run(
        ["openssl", *map(str, words)], capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
