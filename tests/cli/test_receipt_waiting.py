"""What ``receipt --wait`` waits for: a proof where some chain of the log gives one, else a word."""

from __future__ import annotations

import http.server
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import receipts
from command_line import CommandLine
from receipts import MAINNET, OTHERNET, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BOTH = (MAINNET, OTHERNET)
RECORD = "11" * 32


def receipt(*anchors: int, chains: Sequence[int] = BOTH) -> tuple[bytes, bytes]:
    """Return a receipt and its policy, by which ``OTHERNET`` gives no proofs."""
    made = receipts.build(
        Shape(
            anchors=anchors,
            policy_chains=tuple(chains),
            kinds={OTHERNET: "trusted-rpc"},
            levels={OTHERNET: "trusted-rpc"},
            sizes={OTHERNET: 11},
        )
    )
    return made.octets, made.policy.octets


@contextmanager
def serving(
    policy: bytes, answers: Sequence[bytes], retired: Sequence[int] | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Serve a policy and receipts, one after the other and then the last one for ever.

    Args:
        retired: chains of which the ledger says so; None for a service that does not say it.
    """
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = policy
            if self.path == "/v1/ledger" and retired is not None:
                chains = [{"chain_id": one, "retired": one in retired} for one in BOTH]
                body = json.dumps({"chains": chains}).encode()
            if self.path == f"/v1/records/{RECORD}/receipt":
                body = answers[min(len(asked), len(answers) - 1)]
                asked.append(self.path)
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, tmp_path / "home")


def test_a_word_is_not_waited_for_where_a_proof_will_come(line: CommandLine) -> None:
    (nothing, policy), (word, _), (proof, _) = receipt(), receipt(OTHERNET), receipt(*BOTH)

    with serving(policy, [nothing, word, proof]) as (url, asked):
        ran = line.here("receipt", RECORD, "--ledger", url, "--wait", "--timeout", "30", "-o", "r")

    assert (ran.code, len(asked)) == (0, 3)
    assert "Complete" in ran.out
    name = next(c["name"] for c in json.loads(policy)["chains"] if c["evidence"] == "proof")
    assert ran.err.count(f"Waiting for a proof from {name};") == 1
    assert (line.folder / "r").read_bytes() == proof


def test_a_proof_is_enough_whatever_else_may_come(line: CommandLine) -> None:
    (proof, policy) = receipt(MAINNET)

    with serving(policy, [proof]) as (url, asked):
        ran = line.here("receipt", RECORD, "--ledger", url, "--wait", "-o", "r", "--json")

    assert (ran.code, len(asked)) == (0, 1)


def test_a_word_is_complete_where_no_chain_gives_proofs(line: CommandLine) -> None:
    chains = (OTHERNET,)
    (nothing, policy), (word, _) = receipt(chains=chains), receipt(OTHERNET, chains=chains)

    with serving(policy, [nothing, word]) as (url, asked):
        ran = line.here("receipt", RECORD, "--ledger", url, "--wait", "--timeout", "30", "-o", "r")

    assert (ran.code, len(asked)) == (0, 2)
    assert (line.folder / "r").read_bytes() == word


def test_a_proof_is_not_waited_for_from_a_chain_that_was_retired(line: CommandLine) -> None:
    (nothing, policy), (word, _) = receipt(), receipt(OTHERNET)

    with serving(policy, [nothing, word], retired=[MAINNET]) as (url, asked):
        ran = line.here("receipt", RECORD, "--ledger", url, "--wait", "--timeout", "30", "-o", "r")

    assert (ran.code, len(asked)) == (0, 2)
    assert "Waiting for a proof" not in ran.err


def test_what_is_waited_for_is_named_when_the_ledger_says_where_it_anchors(
    line: CommandLine,
) -> None:
    (word, policy), (proof, _) = receipt(OTHERNET), receipt(*BOTH)

    with serving(policy, [word, proof], retired=[]) as (url, _):
        ran = line.here("receipt", RECORD, "--ledger", url, "--wait", "--timeout", "30", "-o", "r")

    name = next(c["name"] for c in json.loads(policy)["chains"] if c["evidence"] == "proof")
    assert ran.code == 0
    assert f"Waiting for a proof from {name}.\n" in ran.err


@pytest.mark.parametrize("waiting", [[], ["--wait", "--timeout", "0"]])
def test_a_word_alone_says_that_a_proof_is_to_come(line: CommandLine, waiting: list[str]) -> None:
    (word, policy) = receipt(OTHERNET)

    with serving(policy, [word]) as (url, _):
        ran = line.here("receipt", RECORD, "--ledger", url, *waiting, "-o", "r")
        shown = line.here("receipt", RECORD, "--ledger", url, *waiting, "-o", "s", "--json")

    assert (ran.code, shown.code) == (3, 3)
    assert "by the operator's word alone" in ran.out
    assert shown.json()["complete"] is False
    assert (line.folder / "r").read_bytes() == word
