"""What needs no service: verifying receipts, and gas; and who else does the same."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import bench_service
from bench_figures import Figure, middle
from bench_load import request_of, run_load

from provenance import keys
from provenance.policy import Policy
from provenance.verdict import not_in_log
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from bench_service import Service

__all__ = ["measure_gas", "measure_verifying"]

REPO = Path(__file__).resolve().parent.parent
FINAL_SECONDS = 120

EAS_TIMESTAMP_GAS = 45_869
EAS_ATTEST_GAS = 202_530
"""Ethereum Attestation Service 1.4, measured on a local chain before this project began."""


# --- verifying ------------------------------------------------------------------------------


def measure_verifying(rounds: int, count: int) -> list[Figure]:
    """Verify receipts of a real service offline: fresh ones, and ones completed by the chain."""
    with bench_service.founded_ledger() as folder, bench_service.served(folder) as service:
        policy = Policy.parse((folder / "policy.json").read_bytes())
        records = [*bench_service.key_records(), *bench_service.deposits(count)]
        fresh = _post(service, [record.compact for record in records])[-count:]
        complete = _completed(service, [record.id_hex for record in records[-count:]])
    return [
        middle("receipts before their anchor", _rates(fresh, policy, rounds), "receipts/s"),
        middle(
            "receipts with anchor and history",
            _rates(complete, policy, rounds),
            "receipts/s",
            note=f"{count} of one anchor: its evidence is checked once",
        ),
        middle(
            "one receipt alone, with anchor",
            _alone(complete[0], policy),
            "ms",
            note="a new process each, without its start",
        ),
    ]


def _post(service: Service, compacts: list[bytes]) -> list[bytes]:
    body = json.dumps([one.decode() for one in compacts]).encode()
    request = request_of("POST", "/v1/records/batch", "application/json", body)
    (answer,) = run_load(service.address, [request], 1).answers
    return [
        json.dumps(one["receipt"], separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        for one in json.loads(answer[1])["results"]
    ]


def _completed(service: Service, record_ids: list[str]) -> list[bytes]:
    """Wait until the chain has completed the receipts, and read them all."""
    host, port = service.address
    deadline = time.monotonic() + FINAL_SECONDS
    receipts: list[bytes] = []
    for record_id in record_ids:
        while True:
            url = f"http://{host}:{port}/v1/records/{record_id}/receipt"
            with urllib.request.urlopen(url) as answer:
                body = bytes(answer.read())
            if json.loads(body)["anchored"]:
                break
            if time.monotonic() > deadline:
                raise RuntimeError("the anchor did not become final")
            time.sleep(0.2)
        receipts.append(body)
    return receipts


def _rates(receipts: list[bytes], policy: Policy, rounds: int) -> list[float]:
    """Verify all receipts, each round without the memory of the one before."""
    rates = []
    for _ in range(rounds):
        keys._MEMO._keys.clear()  # noqa: SLF001 -- or signatures would be checked once for all
        began = time.perf_counter()
        verdicts = [
            verify_receipt(one, policy, now_unix=0, allow_dev_chain=True) for one in receipts
        ]
        rates.append(len(receipts) / (time.perf_counter() - began))
        wrong = [one for one in verdicts if not_in_log(one.checks)]
        if wrong:
            raise RuntimeError(f"a receipt does not verify: {wrong[0]}")
    return rates


_ALONE = """
import sys, time
from pathlib import Path
from provenance.policy import Policy
from provenance.verdict import not_in_log
from provenance.verify import verify_receipt
octets, policy = sys.stdin.buffer.read(), bytes.fromhex(sys.argv[1])
began = time.perf_counter()
verdict = verify_receipt(octets, Policy.parse(policy), now_unix=0, allow_dev_chain=True)
print(1e3 * (time.perf_counter() - began) if not_in_log(verdict.checks) is None else "refused")
"""


def _alone(receipt: bytes, policy: Policy) -> list[float]:
    command = [sys.executable, "-c", _ALONE, policy.octets.hex()]
    return [
        float(subprocess.run(command, input=receipt, capture_output=True, check=True).stdout)
        for _ in range(7)
    ]


# --- gas ------------------------------------------------------------------------------------


def measure_gas() -> list[Figure]:
    """Read the gas table that the contract's tests hold to be true."""
    table = json.loads((REPO / "tests/contracts/gas_table.json").read_text())
    figures = []
    for size in ("2^10", "2^20", "2^30"):
        rows = {name: row["gas"] for name, row in table["anchor"].items() if name.startswith(size)}
        usual = rows[f"{size}*4/3 + 1000"]
        target = "<= 95,000" if size == "2^20" else ""
        figures.append(
            Figure(
                f"anchor at {size}, 1,000 entries more",
                usual,
                "gas",
                min(rows.values()),
                max(rows.values()),
                target,
                "range over sizes near it",
            )
        )
    figures.append(Figure("first anchor", table["calls"]["first_anchor"], "gas"))
    stated = "stated, not measured here"
    figures.append(Figure("peer: EAS.timestamp", EAS_TIMESTAMP_GAS, "gas", note=stated))
    figures.append(Figure("peer: EAS.attest", EAS_ATTEST_GAS, "gas", note=stated))
    return figures
