"""One deadline over a whole exchange, whoever drips, and with whatever part of an answer."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import json
import os
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provenance.chain.client import ChainClient
from provenance.chain.external_signer import ExternalSender
from provenance.chain.quorum import QuorumChain
from provenance.chain.rpc import CappedProvider, Rpc
from provenance.client import node as client_node
from provenance.client.witness import HttpWitness
from provenance.errors import UnavailableError
from provenance.given import RPC_AWAY
from provenance.keccak import keccak256
from provenance.ledger.chain_port import ChainPin, UnsignedTransaction
from provenance.net import sockets
from provenance.net.post import HttpPost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TIMEOUT = 0.6
PATIENCE = 3.0
"""What is asked for ends long before a dripped answer does, which takes minutes."""

PIN = ChainPin(1, bytes(32), b"\1" * 20, b"\2" * 32, keccak256(b""), 1)
ANSWER = b'{"jsonrpc":"2.0","id":1,"result":"0x7"}'


class Dripping:
    """A server that answers one byte at a time from some place of its answer on, or at once."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.drips_from: str | None = "head"
        self.answer: Callable[[bytes], bytes] = lambda _: ANSWER
        self._tls = tls
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}/"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError), peer:
            if self.drips_from == "handshake":
                self._drip(peer, b"\x16\x03\x03\x7f\xff" + bytes(400))
                return
            sock = peer if self._tls is None else self._tls.wrap_socket(peer, server_side=True)
            with sock, sock.makefile("rb") as reader:
                while line := reader.readline():
                    length = 0
                    while line.strip():
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.partition(b":")[2])
                        line = reader.readline()
                    self._answer(sock, self.answer(reader.read(length)))

    def _answer(self, sock: socket.socket, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 300
        length = b"\r\nContent-Length: %d\r\n\r\n" % len(body)
        if self.drips_from is None:
            sock.sendall(head + length + body)
        elif self.drips_from == "head":
            self._drip(sock, head)
        elif self.drips_from == "body":
            sock.sendall(head + length)
            self._drip(sock, b" " * (len(body) - 1))
        elif self.drips_from == "chunk":
            sock.sendall(head + b"\r\nTransfer-Encoding: chunked\r\n\r\n")
            self._drip(sock, b"1\r\n \r\n" * 100)
        else:
            self._stop.wait(60)

    def _drip(self, sock: socket.socket, octets: bytes) -> None:
        for octet in octets:
            sock.sendall(bytes([octet]))
            if self._stop.wait(0.2):
                return

    def close(self) -> None:
        self._stop.set()
        self._listener.close()


@contextmanager
def dripping(tls: ssl.SSLContext | None = None) -> Iterator[Dripping]:
    server = Dripping(tls)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def in_time() -> Iterator[None]:
    began = time.monotonic()
    with pytest.raises(UnavailableError):
        yield
    assert time.monotonic() - began < PATIENCE


PARTS = ["head", "body", "chunk", "nothing"]


@pytest.mark.parametrize("part", PARTS)
def test_a_node_that_drips_is_given_up_in_time(part: str) -> None:
    with dripping() as server, in_time():
        server.drips_from = part
        Rpc(CappedProvider(server.url, timeout=TIMEOUT)).call("eth_chainId")


@pytest.mark.parametrize("part", PARTS)
def test_an_external_signer_that_drips_is_given_up_in_time(part: str) -> None:
    unsigned = UnsignedTransaction(1, 0, bytes(20), b"", 21_000, 1, 1)
    with dripping() as server, in_time():
        server.drips_from = part
        ExternalSender(server.url, bytes(20), timeout=TIMEOUT).sign(unsigned)


@pytest.mark.parametrize("part", PARTS)
def test_a_readers_node_that_drips_is_away(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_node, "_SECONDS", TIMEOUT)
    began = time.monotonic()
    with dripping() as server:
        server.drips_from = part
        assert client_node.ask_node(server.url, []) is RPC_AWAY
    assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize("part", PARTS)
def test_a_witness_that_drips_is_given_up_in_time(part: str) -> None:
    with dripping() as server, HttpWitness(server.url, timeout=TIMEOUT) as witness, in_time():
        server.drips_from = part
        witness.add_checkpoint(b"old 0\n\n")


def test_an_endpoint_whose_node_is_well_again_answers_again() -> None:
    """Four dripped answers kept all its threads for ever, and it was called stuck."""
    with dripping() as server:
        client = ChainClient.connect(server.url, PIN, timeout=TIMEOUT)
        chain = QuorumChain([client], quorum=1, timeout=TIMEOUT)
        for _ in range(6):
            with pytest.raises(UnavailableError):
                chain.nonce(bytes(20))
        server.drips_from = None
        server.answer = _node
        time.sleep(2 * TIMEOUT)

        assert chain.nonce(bytes(20)) == 7
        assert [one.is_usable for one in chain.endpoints()] == [True]


def _node(body: bytes) -> bytes:
    """Answer as a node of the pinned chain would, whose contract has no code to speak of."""
    asked = json.loads(body)
    result: object = {
        "eth_chainId": "0x1",
        "eth_getBlockByNumber": {"hash": "0x" + "00" * 32, "number": "0x0", "timestamp": "0x0"},
        "eth_getCode": "0x",
        "eth_getTransactionCount": "0x7",
    }[asked["method"]]
    return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}).encode()


# --- what goes well --------------------------------------------------------------------------


def test_a_connection_is_used_again_and_opened_again_when_it_was_closed() -> None:
    with dripping() as server:
        server.drips_from = None
        post = HttpPost(server.url, timeout=5, max_bytes=1000, content_type="text/plain")
        assert post.post(b"one") == post.post(b"two") == (200, ANSWER)
        post.close()
        assert post.post(b"three") == (200, ANSWER)
        post.close()


def test_an_answer_cut_short_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(10_000)
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        post = HttpPost(url, timeout=5, max_bytes=1000, content_type="text/plain")
        with pytest.raises(UnavailableError, match="cut short"):
            post.post(b"")
        thread.join()


def test_a_proxy_of_the_environment_is_asked_for_strangers_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with dripping() as proxy:
        proxy.drips_from = None
        for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//user:word@"))

        through = CappedProvider("http://node.example/key", timeout=5)

        assert Rpc(through).call("eth_chainId") == "0x7"
        with pytest.raises(UnavailableError):
            CappedProvider("http://127.0.0.1:9/", timeout=5).make_request("eth_chainId", [])


# --- TLS -------------------------------------------------------------------------------------


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """A server's context whose certificate is trusted for as long as the test runs."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(certificate.public_bytes(pem))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, tmp_path / "key.pem")
    monkeypatch.setenv("SSL_CERT_FILE", os.fspath(file))
    sockets._tls.cache_clear()  # noqa: SLF001 -- nothing public reads the environment again
    yield context
    sockets._tls.cache_clear()  # noqa: SLF001 -- as above


def test_an_answer_over_tls_is_read_and_the_connection_used_again(tls: ssl.SSLContext) -> None:
    with dripping(tls) as server:
        server.drips_from = None
        post = HttpPost(server.url, timeout=5, max_bytes=1000, content_type="text/plain")
        assert post.post(b"one") == post.post(b"two") == (200, ANSWER)
        post.close()


@pytest.mark.parametrize("part", ["handshake", *PARTS])
def test_a_drip_under_tls_is_given_up_in_time(tls: ssl.SSLContext, part: str) -> None:
    with dripping(tls) as server, in_time():
        server.drips_from = part
        Rpc(CappedProvider(server.url, timeout=TIMEOUT)).call("eth_chainId")


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with dripping(tls) as server, in_time():
        server.drips_from = None
        Rpc(CappedProvider(server.url, timeout=TIMEOUT)).call("eth_chainId")
