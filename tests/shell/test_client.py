"""The HTTP client believes nothing: whatever a server says becomes an error of ours, or bytes."""

from __future__ import annotations

import http.server
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from provenance.client import LedgerClient, service
from provenance.client.node import ask_node
from provenance.errors import (
    MalformedError,
    NotFoundError,
    RefusedByServiceError,
    TooLargeError,
    UnavailableError,
)
from provenance.given import RPC_AWAY, BlockName, RpcView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.errors import ProvenanceError

JSON = "application/json"


@contextmanager
def answering(*answers: tuple[int, bytes], headers: dict[str, str] | None = None) -> Iterator[str]:
    """A real server that gives these answers in turn, the last one for ever."""
    left = list(answers)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", "0")))
            status, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 -- the name that http.server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def problem(code: str, **more: object) -> bytes:
    return json.dumps({"code": code, "detail": "because", **more}).encode()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, problem("bad-record", field="aud"), RefusedByServiceError),
        (409, problem("unknown-key"), RefusedByServiceError),
        (429, problem("rate-limited"), UnavailableError),
        (503, problem("storage-full"), UnavailableError),
        (500, b"<html>", UnavailableError),
        (404, b"", RefusedByServiceError),
        (302, b"", UnavailableError),
        (200, b"not JSON", MalformedError),
        (200, b"[]", MalformedError),
        (200, b'{"results":{}}', MalformedError),
    ],
)
def test_every_answer_becomes_an_error_of_ours(
    status: int, body: bytes, expected: type[ProvenanceError]
) -> None:
    with answering((status, body)) as url, LedgerClient(url) as client:  # noqa: SIM117 -- below
        with pytest.raises(expected) as caught:
            client.submit_batch(["x"])

    if status == 400:
        assert (caught.value.code, caught.value.field) == ("bad-record", "aud")


def test_a_redirect_is_not_followed() -> None:
    elsewhere = {"location": "http://127.0.0.1:9/"}
    with (
        answering((307, b""), headers=elsewhere) as url,
        LedgerClient(url) as client,
        pytest.raises(UnavailableError, match="307"),
    ):
        client.policy()


def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_ANSWER_BYTES", 1_000)
    with (
        answering((200, b"x" * 5_000)) as url,
        LedgerClient(url) as client,
        pytest.raises(TooLargeError),
    ):
        client.policy()


def test_a_mirror_says_not_found_with_its_status_alone() -> None:
    with (
        answering((404, b"no such page")) as url,
        LedgerClient(url) as client,
        pytest.raises(NotFoundError),
    ):
        client.get("tile/0/000")


def test_pages_are_followed_to_the_end() -> None:
    first = json.dumps({"items": [{"n": 1}], "next": "7"}).encode()
    second = json.dumps({"items": [{"n": 2}], "next": None}).encode()
    with answering((200, first), (200, second)) as url, LedgerClient(url) as client:
        found = list(client.lookup(digest="00"))

    assert found == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize("url", ["ftp://x", "example.org", "http://[", "http://x:port"])
def test_what_is_no_address_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(MalformedError) as caught:
        LedgerClient(url)

    assert caught.value.field == "URL"


def test_nobody_there_is_unavailable() -> None:
    with LedgerClient("http://127.0.0.1:9") as client, pytest.raises(UnavailableError):
        client.policy()


# --- a node -----------------------------------------------------------------------------------


def rpc(result: object) -> tuple[int, bytes]:
    return 200, json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()


def block(number: int) -> tuple[int, bytes]:
    return rpc({"number": hex(number), "hash": f"0x{number:064x}"})


def test_a_node_is_asked_for_the_heights_that_a_receipt_names() -> None:
    name = BlockName(5, 8, bytes(32))
    with answering(rpc("0x5"), block(20), block(10), block(0), block(8)) as url:
        view = ask_node(url, [name, BlockName(6, 9, bytes(32))])

    assert view == RpcView(
        chain_id=5,
        head=20,
        finalized=10,
        hashes={8: (8).to_bytes(32, "big")},
        genesis_hash=bytes(32),
    )


def test_a_chain_without_the_tag_is_told_as_such() -> None:
    refused = 200, b'{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no tag"}}'
    with answering(rpc("0x5"), block(20), refused, block(0)) as url:
        view = ask_node(url, [])

    assert isinstance(view, RpcView)
    assert view.finalized is None


@pytest.mark.parametrize(
    "answers",
    [
        [(500, b"")],
        [(200, b"[]")],
        [(200, b'{"result":"five"}')],
        [rpc("0x5"), rpc(None)],
        [rpc("0x5"), rpc({"number": "0x1", "hash": "0x12"})],
        [rpc("0x5"), rpc({"number": [], "hash": "0x12"})],
    ],
)
def test_a_node_that_talks_nonsense_is_away(answers: list[tuple[int, bytes]]) -> None:
    with answering(*answers) as url:
        assert ask_node(url, []) == RPC_AWAY


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense", "http://["])
def test_no_node_is_away(url: str) -> None:
    assert ask_node(url, []) == RPC_AWAY


def test_a_server_that_is_away_is_named_with_what_to_check() -> None:
    with (
        LedgerClient("http://127.0.0.1:9/") as client,
        pytest.raises(UnavailableError, match=r"http://127\.0\.0\.1:9/v1/policy: .*--ledger"),
    ):
        client.policy()
