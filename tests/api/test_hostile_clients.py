"""Clients that are slow, greedy or broken, against the real server over real sockets."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from provenance_api.server import HEADER_SECONDS
from running_service import SD_JWT, copy, the_problem
from server_process import Served, serving
from small_ledger import deposit, key_of, key_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.service.settings import LedgerFolder

BODY_SECONDS = 1.5
POST = (
    b"POST /v1/records HTTP/1.1\r\nHost: ledger.example\r\n"
    b"Content-Type: application/sd-jwt\r\nAccept-Language: en\r\n"
)


@pytest.fixture(scope="module")
def served(founded: LedgerFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose patience with bodies is short."""
    folder = copy(founded, tmp_path_factory.mktemp("hostile") / "ledger")
    with serving(folder, body_seconds=BODY_SECONDS) as served:
        yield served


def _connect(served: Served) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", served.port))
    connection.settimeout(30)
    return connection


def _rest(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    octets = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65_536):
            octets += part
    connection.close()
    return octets


def _send_all(connection: socket.socket, parts: Iterator[bytes]) -> int:
    """Send until the server does not want any more; return the bytes it took."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        for part in parts:
            connection.sendall(part)
            sent += len(part)
    return sent


def _is_well(served: Served) -> bool:
    return httpx.get(f"{served.url}/v1/health", timeout=5).status_code == 200


def _problem(octets: bytes, status: int, code: str) -> None:
    head, _, body = octets.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    the_problem(
        httpx.Response(int(lines[0].split()[1]), headers=headers, content=body), status, code
    )
    assert "content-security-policy" in headers


# --- heads ----------------------------------------------------------------------------------


def _half_a_head(connection: socket.socket) -> None:
    connection.sendall(b"GET /checkpoint HTTP/1.1\r\nHost: led")


def _no_head(_: socket.socket) -> None:
    pass


def _a_head_line_by_line(connection: socket.socket) -> None:
    connection.sendall(b"GET /checkpoint HTTP/1.1\r\n")
    with contextlib.suppress(ConnectionError):
        for number in range(60):
            connection.sendall(b"X-%d: x\r\n" % number)
            time.sleep(0.25)


def _a_request_and_then_silence(connection: socket.socket) -> None:
    connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: ledger.example\r\n\r\n")


SLOW = [_half_a_head, _no_head, _a_head_line_by_line, _a_request_and_then_silence]


@pytest.fixture(scope="module")
def seconds(served: Served) -> dict[Callable[[socket.socket], None], float]:
    """How long each kind of slow client was borne; all at the same time."""
    taken: dict[Callable[[socket.socket], None], float] = {}

    def run(client: Callable[[socket.socket], None]) -> None:
        connection, began = _connect(served), time.monotonic()
        client(connection)
        _rest(connection)
        taken[client] = time.monotonic() - began

    threads = [threading.Thread(target=run, args=[client]) for client in SLOW]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


@pytest.mark.parametrize("client", SLOW)
def test_a_client_that_does_not_finish_its_head_is_left(
    seconds: dict[Callable[[socket.socket], None], float],
    client: Callable[[socket.socket], None],
) -> None:
    assert seconds[client] < HEADER_SECONDS + 2.5


def test_three_hundred_idle_sockets_do_not_stop_the_service(served: Served) -> None:
    with contextlib.ExitStack() as stack:
        for number in range(300):
            connection = stack.enter_context(_connect(served))
            if number % 2:
                _half_a_head(connection)

        key = key_of("among idle sockets")
        began = time.monotonic()
        for record in (key_record(key), deposit(key, "among idle sockets")):
            answer = httpx.post(
                f"{served.url}/v1/records", content=record.compact, headers=SD_JWT, timeout=5
            )
            assert answer.status_code == 201
        assert time.monotonic() - began < 3


def test_what_is_no_http_is_answered_and_closed(served: Served) -> None:
    for octets in (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GARBAGE\r\n\r\n", b"\0" * 1_000_000):
        connection = _connect(served)
        _send_all(connection, iter([octets]))
        answer = _rest(connection)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    assert _is_well(served)


def test_an_endless_head_is_refused(served: Served) -> None:
    connection = _connect(served)
    lines = (b"X-%07d: %b\r\n" % (number, b"x" * 1_000) for number in range(10_000))

    sent = _send_all(connection, iter([b"GET / HTTP/1.1\r\n", *lines]))

    assert sent < 8 << 20  # what the sockets' buffers hold, and no more
    assert b" 200 " not in _rest(connection)[:20]
    assert _is_well(served)


# --- bodies ---------------------------------------------------------------------------------


@pytest.mark.parametrize("framing", [b"Content-Length: 100", b"Transfer-Encoding: chunked"])
def test_a_body_that_does_not_come_is_given_up(served: Served, framing: bytes) -> None:
    connection, began = _connect(served), time.monotonic()
    connection.sendall(POST + framing + b"\r\n\r\n")

    answer = _rest(connection)

    assert BODY_SECONDS - 0.1 < time.monotonic() - began < BODY_SECONDS + 2
    _problem(answer, 408, "request-timeout")
    assert b"retry-after: 1\r\n" in answer


def test_a_body_that_drips_is_given_up(served: Served) -> None:
    connection, began = _connect(served), time.monotonic()
    connection.sendall(POST + b"Content-Length: 100000\r\n\r\n")

    def drops() -> Iterator[bytes]:
        while time.monotonic() < began + BODY_SECONDS + 3:
            time.sleep(0.05)
            yield b"x"

    _send_all(connection, drops())
    connection.close()

    assert time.monotonic() - began < BODY_SECONDS + 2
    assert _is_well(served)


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(served: Served) -> None:
    before = served.log.read_text()
    for _ in range(20):
        connection = _connect(served)
        connection.sendall(POST + b"Content-Length: 1000\r\n\r\nhalf")
        connection.close()
    time.sleep(0.2)

    assert _is_well(served)
    assert "unexpected" not in served.log.read_text()[len(before) :]


def test_a_length_over_the_limit_is_refused_before_the_body(served: Served) -> None:
    connection, began = _connect(served), time.monotonic()
    connection.sendall(POST + b"Content-Length: 100000000000\r\n\r\n")

    answer = _rest(connection)

    _problem(answer, 413, "too-large")
    assert time.monotonic() - began < 1
    assert b"limit 262144 bytes, got 100000000000" in answer


def test_a_body_without_length_is_cut_at_the_limit(served: Served) -> None:
    connection = _connect(served)
    connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"a" * 65_536 + b"\r\n"

    sent = _send_all(connection, (chunk for _ in range(2_000)))
    connection.close()

    assert sent < 32 << 20  # sockets' buffers
    assert _is_well(served)


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"+5", b"5, 6", b"99999999999999999999999"])
def test_a_length_that_is_no_number_is_refused(served: Served, length: bytes) -> None:
    connection = _connect(served)
    connection.sendall(POST + b"Content-Length: " + length + b"\r\n\r\nhello")

    assert _rest(connection).startswith(b"HTTP/1.1 4")


def test_length_and_chunks_at_once_are_not_two_requests(served: Served) -> None:
    connection = _connect(served)
    smuggled = b"0\r\n\r\nGET /v1/policy HTTP/1.1\r\nHost: ledger.example\r\n\r\n"
    connection.sendall(POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + smuggled)

    answer = _rest(connection)

    assert answer.startswith(b"HTTP/1.1 4")
    assert b"provenance-policy" not in answer


@pytest.fixture(scope="module")
def patient(founded: LedgerFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server as it is, to which a busy machine may be slow to bring 16 MiB."""
    folder = copy(founded, tmp_path_factory.mktemp("patient") / "ledger")
    with serving(folder) as served:
        yield served


def test_deep_json_is_refused_in_no_time(patient: Served) -> None:
    body = b"[" * (16 << 20)
    began = time.monotonic()

    answer = httpx.post(
        f"{patient.url}/v1/records/batch",
        content=body,
        headers={"content-type": "application/json"},
        timeout=20,
    )

    the_problem(answer, 400, "malformed")
    assert time.monotonic() - began < 5
    assert _is_well(patient)


def test_a_batch_just_within_its_limits_is_judged_record_by_record(served: Served) -> None:
    compacts = ["a" * 16_700 + "~"] * 1_000

    answer = httpx.post(f"{served.url}/v1/records/batch", json=compacts, timeout=30)

    results = answer.json()["results"]
    assert len(results) == 1_000
    assert {one["status"] for one in results} == {"refused"}
