"""The signer as a process: it signs what extends its memory; while it is away nothing is lost."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import stat
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import pytest
from loopback import free_port
from running_signer import serving_signer
from small_ledger import (
    KEYS,
    ORIGIN,
    PIN,
    SIGNER,
    SmallLedger,
    accepted,
    deposit,
    key_of,
    key_record,
    policy,
)
from waiting import wait_until

from provenance import strict_json
from provenance.anchor_statement import AnchorStatement, open_statement
from provenance.client.signer import POLICY_HEADER, SignerClient
from provenance.digests import RootHash, sha256
from provenance.errors import (
    FatalError,
    MalformedError,
    SignerAwayError,
    SignerMovedError,
    SignerRefusedError,
    UnavailableError,
)
from provenance.files.atomic import make_folder, write_bytes
from provenance.ledger.audit_store import audit_store
from provenance.ledger.local_signer import LocalSigner
from provenance.service import signer_process
from provenance.service.settings import LedgerFolder
from provenance.service.signer_process import SignerServer, open_signer
from provenance.signing_request import SignerReport, SigningRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.record import Record
    from provenance.service.writer import Answer, Writer

ALICE, BOB = key_of("alice"), key_of("bob")


@pytest.fixture
def folder(ledger: SmallLedger) -> LedgerFolder:
    """The ledger's folder, with what a signer needs in it."""
    return prepare(ledger.folder)


def prepare(root: Path) -> LedgerFolder:
    place = LedgerFolder(root)
    make_folder(place.keys)
    write_bytes(place.keys / "checkpoint.jwk", strict_json.dump(SIGNER.key.jwk()))
    write_bytes(place.policy, policy().octets)
    return place


@pytest.fixture
def server(folder: LedgerFolder) -> Iterator[SignerServer]:
    with serving_signer(folder) as server:
        yield server


@contextmanager
def client_of(folder: LedgerFolder, url: str) -> Iterator[SignerClient]:
    client = open_signer(folder, policy(), url)
    assert isinstance(client, SignerClient)
    with closing(client):
        yield client


@contextmanager
def writing(ledger: SmallLedger, folder: LedgerFolder, url: str) -> Iterator[Writer]:
    with client_of(folder, url) as client:
        ledger.signer = client
        writer = ledger.writer()
        writer.start()
        yield writer
        writer.close()


def send(writer: Writer, *records: Record) -> list[Answer]:
    return writer.accept([one.compact for one in records]).result(timeout=30)


# --- signing ----------------------------------------------------------------------------------


def test_a_ledger_is_written_with_its_key_and_memory_in_another_process(
    ledger: SmallLedger, folder: LedgerFolder, server: SignerServer
) -> None:
    with writing(ledger, folder, server.url) as writer:
        send(writer, key_record(ALICE))
        (answer,) = (accepted(one) for one in send(writer, deposit(ALICE, "penguins")))

    assert answer.leaf_index == 3
    assert ledger.memory.read().tree_size == 4
    assert audit_store(ledger.store, ledger.key_store, policy(), memory=ledger.memory).heads == 3


def test_the_token_is_made_once_and_only_its_owner_reads_it(folder: LedgerFolder) -> None:
    with serving_signer(folder):
        token = (folder.root / "signer.token").read_bytes()
    with serving_signer(folder):
        assert (folder.root / "signer.token").read_bytes() == token

    assert len(token.strip()) == 43
    assert stat.S_IMODE((folder.root / "signer.token").stat().st_mode) == 0o600


def test_two_clients_without_a_lock_between_them_never_fork_the_log(
    ledger: SmallLedger, folder: LedgerFolder, server: SignerServer
) -> None:
    token = (folder.root / "signer.token").read_text().strip()
    clients = [SignerClient(server.url, lambda: token, policy()) for _ in range(2)]
    others = [SmallLedger(ledger.folder, signer=client) for client in clients]
    writers = [other.writer() for other in others]
    for writer in writers:
        writer.start()
    send(writers[0], key_record(ALICE))
    futures = [
        writers[number % 2].accept([deposit(ALICE, f"dataset {number}").compact])
        for number in range(80)
    ]
    indexes = {accepted(future.result(60)[0]).leaf_index for future in futures}
    for writer in writers:
        writer.close()
    for other, client in zip(others, clients, strict=True):
        other.close()
        client.close()

    assert indexes == set(range(3, 83))
    report = audit_store(ledger.store, ledger.key_store, policy(), memory=ledger.memory)
    assert report.tree_size == 83


def test_an_anchor_statement_is_signed_by_the_key_of_its_size(
    ledger: SmallLedger, folder: LedgerFolder, server: SignerServer
) -> None:
    statement = statement_of(ledger, 2)

    with client_of(folder, server.url) as client:
        note = client.attest(statement)
        with pytest.raises(UnavailableError):
            client.attest(statement_of(ledger, 3))  # never signed
        with pytest.raises(UnavailableError):
            client.attest(statement_of(ledger, 2, origin="other.example/log"))

    assert client.origin == ORIGIN
    assert open_statement(note, KEYS.verifiers(2)) == statement
    assert note == LocalSigner(ledger.memory, KEYS, ORIGIN).attest(statement)


def statement_of(ledger: SmallLedger, size: int, *, origin: str = ORIGIN) -> AnchorStatement:
    return AnchorStatement(
        origin=origin,
        chain_id=PIN.chain_id,
        contract=PIN.contract,
        log_id=PIN.log_id,
        tree_size=size,
        root_hash=RootHash(ledger.memory.read().root_hash),
        block_number=9,
        block_hash=sha256(b"block"),
        timestamp=1_780_000_201,
        tx_hash=sha256(b"transaction"),
    )


# --- refusing ---------------------------------------------------------------------------------


def test_a_head_that_does_not_extend_the_memory_is_refused(
    ledger: SmallLedger, folder: LedgerFolder, server: SignerServer
) -> None:
    state = ledger.memory.read()
    peak = sha256(b"fork")

    with client_of(folder, server.url) as client, client.turn() as turn:
        for request, error in (
            (SigningRequest(4, peak, (peak,), 2, (peak,)), FatalError),
            (SigningRequest(2, peak, (peak,), 2, ()), FatalError),
            (SigningRequest(1, peak, (peak,), 2, ()), SignerMovedError),
            (SigningRequest(4, peak, (peak,), 1, (peak,)), SignerMovedError),
        ):
            with pytest.raises(error):
                turn.sign(request)

    assert ledger.memory.read() == state


def test_without_the_token_nothing_is_said_or_signed(
    ledger: SmallLedger, folder: LedgerFolder, server: SignerServer
) -> None:
    state = ledger.memory.read()

    with closing(SignerClient(server.url, lambda: "A" * 43, policy())) as stranger:
        with pytest.raises(SignerAwayError, match="token"), stranger.turn():
            pass
        with pytest.raises(SignerAwayError, match="token"):
            stranger.sign(SigningRequest(2, state.root_hash, state.peaks, 2, ()))

    assert ask(server, "GET", "/v1/signer?tree_size=1") == (403, "not-allowed")
    assert folder.root.exists()


def test_the_right_token_is_taken_from_its_file_when_the_wrong_one_was_refused(
    folder: LedgerFolder, server: SignerServer, tmp_path: Path
) -> None:
    service = prepare(tmp_path / "service")
    write_bytes(service.root / "signer.token", b"A" * 43 + b"\n")
    with client_of(service, server.url) as client:
        with pytest.raises(SignerRefusedError, match="token"):
            client.read()
        (service.root / "signer.token").unlink()  # in the middle of the copying
        with pytest.raises(SignerRefusedError, match="token"):
            client.read()

        write_bytes(service.root / "signer.token", (folder.root / "signer.token").read_bytes())

        assert client.read().tree_size == 2


def test_the_signer_logs_a_wrong_token_once_a_minute(
    folder: LedgerFolder,
    server: SignerServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert folder.root.exists()
    for _ in range(4):
        assert ask(server, "GET", "/v1/signer?tree_size=1") == (403, "not-allowed")
    refusal = "refused: the token is not that of the signer's file"
    assert [one.getMessage() for one in caplog.records] == [refusal]

    monkeypatch.setattr(signer_process, "_QUIET_SECONDS", 0.0)
    ask(server, "GET", "/v1/signer?tree_size=1")
    assert caplog.records[-1].getMessage() == f"{refusal} (3 more since the last such line)"


def test_a_signer_that_goes_by_another_policy_says_so(
    folder: LedgerFolder, server: SignerServer
) -> None:
    token = (folder.root / "signer.token").read_text().strip()
    headers = {"authorization": f"Bearer {token}", POLICY_HEADER: "00" * 32}

    assert ask(server, "GET", "/v1/signer?tree_size=1", headers=headers) == (503, "unavailable")


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/v1/signer", b"", (400, "malformed")),
        ("GET", "/v1/signer?tree_size=-1", b"", (400, "malformed")),
        ("GET", "/elsewhere?tree_size=1", b"", (400, "malformed")),
        ("POST", "/v1/signer/sign", b"", (400, "malformed-json")),
        ("POST", "/v1/signer/sign", b"[1]", (400, "malformed")),
        ("POST", "/v1/signer/sign", b'{"tree_size":1}', (400, "malformed")),
        ("POST", "/v1/signer/attest", b"\xff", (400, "malformed")),
        ("POST", "/v1/signer/attest", b"ledger.example/log\n2\nAAAA\n", (400, "malformed")),
        ("POST", "/v1/signer/other", b"", (400, "malformed")),
        ("POST", "/v1/signer/sign", b"x" * 70_000, (400, "malformed")),
    ],
)
def test_what_is_no_request_is_a_clear_problem(
    *,
    folder: LedgerFolder,
    server: SignerServer,
    method: str,
    path: str,
    body: bytes,
    expected: tuple[int, str],
) -> None:
    token = (folder.root / "signer.token").read_text().strip()
    headers = {"authorization": f"Bearer {token}", POLICY_HEADER: policy().digest.hex()}

    assert ask(server, method, path, body, headers) == expected


@pytest.mark.parametrize("length", ["00000000099999999", "9" * 30, "-1", "x", "\u0663"])
def test_a_length_that_is_no_length_is_refused_before_anything_is_read(
    server: SignerServer, length: str
) -> None:
    parts = urlsplit(server.url)
    with socket.create_connection(("127.0.0.1", parts.port or 0), timeout=5) as connection:
        head = f"POST /v1/signer/sign HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n"
        connection.sendall(head.encode())

        # nobody waits for what was announced, nor keeps it: whoever asks has shown no token yet
        assert connection.recv(4_096).startswith(b"HTTP/1.1 400 ")


def ask(
    server: SignerServer,
    method: str,
    path: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> tuple[int, str]:
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=20)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    problem = json.loads(answer.read())
    connection.close()
    return answer.status, problem["code"]


def test_a_checkpoint_is_never_signed_as_a_statement(
    ledger: SmallLedger, folder: LedgerFolder, server: SignerServer
) -> None:
    token = (folder.root / "signer.token").read_text().strip()
    headers = {"authorization": f"Bearer {token}", POLICY_HEADER: policy().digest.hex()}
    fork = f"{ORIGIN}\n9\n{'A' * 43}=\n".encode()

    assert ask(server, "POST", "/v1/signer/attest", fork, headers) == (400, "malformed")
    assert ledger.memory.read().tree_size == 2


def test_a_folder_without_key_memory_or_token_is_no_signer(
    ledger: SmallLedger, folder: LedgerFolder, tmp_path: Path
) -> None:
    with pytest.raises(MalformedError, match="token"):
        open_signer(folder, policy(), "http://127.0.0.1:9100")
    with pytest.raises(MalformedError, match=r"policy\.json"):
        SignerServer(LedgerFolder(tmp_path / "nothing"), port=0)
    (folder.signer_memory).unlink()
    with pytest.raises(FatalError):
        SignerServer(folder, port=0)
    assert ledger.store.head().tree_size == 2


@pytest.mark.parametrize("url", ["http://192.0.2.7:9100", "https://127.0.0.1:9100", "127.0.0.1"])
def test_the_token_goes_nowhere_but_to_this_machine(url: str) -> None:
    with pytest.raises(MalformedError):
        SignerClient(url, lambda: "A" * 43, policy())


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", b"garbage\r\n\r\n", b""]
)
def test_whatever_else_answers_there_is_a_signer_away(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def respond() -> None:
            connection, _ = listener.accept()
            connection.recv(65_536)
            connection.sendall(answer)
            connection.close()

        thread = threading.Thread(target=respond)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = SignerClient(url, lambda: "A" * 43, policy())
        with closing(client), pytest.raises(SignerAwayError), client.turn():
            pass
        thread.join()


def test_a_report_round_trips_and_refuses_what_is_not_one(ledger: SmallLedger) -> None:
    state = ledger.memory.read()
    report = SignerReport(ORIGIN, state, SIGNER.verifier.to_vkey())

    assert SignerReport.parse(report.to_bytes()) == report
    for octets in (b"", b"null", report.to_bytes()[:-2], b'{"origin":1}'):
        with pytest.raises(MalformedError):
            SignerReport.parse(octets)


# --- going away and coming back ---------------------------------------------------------------


@dataclass
class Process:
    """``provenance signer`` as a child."""

    folder: LedgerFolder
    port: int

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "provenance.cli.main", "signer", str(self.folder.root)]
        self.child = subprocess.Popen(
            [*command, "--port", str(self.port)], stdout=subprocess.PIPE, text=True
        )
        assert self.child.stdout is not None
        said = self.child.stdout.readline()
        assert f"127.0.0.1:{self.port}" in said, said
        return self

    def end(self, number: int) -> int:
        if self.child.poll() is None:
            self.child.send_signal(number)
        code = self.child.wait(20)
        assert self.child.stdout is not None
        self.child.stdout.close()
        return code

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGKILL)


def test_while_the_signer_is_away_nobody_is_answered_and_then_all_goes_on(
    ledger: SmallLedger, folder: LedgerFolder
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Process(folder, port) as process, writing(ledger, folder, url) as writer:
        send(writer, key_record(ALICE))
        process.end(signal.SIGKILL)
        record, late = deposit(ALICE, "while it dies"), deposit(ALICE, "while it is away")

        with pytest.raises(SignerAwayError):
            send(writer, record)
        with pytest.raises(SignerAwayError):
            send(writer, late)
        size, standing = ledger.store.head().tree_size, writer.standing()
        assert writer.failure is None

        with Process(folder, port) as again:
            wait_until(lambda: writer.standing()[0])  # by itself, without anybody depositing
            signed = ledger.store.newest_signed()
            answers = [accepted(one) for one in send(writer, record, late)]
            assert again.end(signal.SIGTERM) == 0

    # what was integrated when it died is not integrated again, and nothing was added meanwhile
    assert (size, standing) == (4, (False, "signer-away"))
    assert signed is not None
    assert signed.tree_size == 4
    assert [(one.leaf_index, one.is_new) for one in answers] == [(3, False), (4, True)]
    audit_store(ledger.store, ledger.key_store, policy(), memory=ledger.memory)


def test_a_service_starts_without_its_signer_and_waits_for_it(
    ledger: SmallLedger, folder: LedgerFolder
) -> None:
    with serving_signer(folder):
        pass  # it has been there once: there is a token
    port = free_port()
    with writing(ledger, folder, f"http://127.0.0.1:{port}") as writer:
        assert writer.standing() == (False, "signer-away")
        with serving_signer(folder, port):
            wait_until(lambda: writer.standing()[0])
            assert accepted(send(writer, key_record(ALICE))[0]).leaf_index == 2


def test_kills_of_the_signer_at_any_moment_fork_nothing(
    ledger: SmallLedger, folder: LedgerFolder
) -> None:
    port = free_port()
    acknowledged: dict[bytes, int] = {}
    with serving_signer(folder):
        pass
    with writing(ledger, folder, f"http://127.0.0.1:{port}") as writer:
        for life in range(4):
            with Process(folder, port) as process:
                killer = threading.Timer(0.15 * life + 0.1, process.end, [signal.SIGKILL])
                killer.start()
                number = 0
                while process.child.poll() is None:
                    number += 1
                    record = deposit(ALICE, f"dataset {life} {number}")
                    try:
                        answers = send(writer, key_record(ALICE), record)
                    except SignerAwayError:
                        continue
                    acknowledged[record.id] = accepted(answers[1]).leaf_index
                killer.join()

    assert len(acknowledged) > 4
    assert ledger.store.record_indexes(list(acknowledged)) == acknowledged
    with (
        serving_signer(folder, port),
        writing(ledger, folder, f"http://127.0.0.1:{port}") as writer,
    ):
        send(writer, key_record(BOB))
    audit_store(ledger.store, ledger.key_store, policy(), memory=ledger.memory)
