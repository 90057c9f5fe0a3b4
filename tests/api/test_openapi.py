"""The OpenAPI document: valid, with examples that are true, and kept by the service."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import schemathesis
from example_ledger import make_world
from hypothesis import HealthCheck, Phase, given, settings
from provenance_api import schemas
from provenance_api.openapi import load_examples
from running_service import PROBLEM, Service, copy
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.definitions import OPENAPI_31
from server_process import serving

from provenance import strict_json
from provenance.receipt import Receipt
from provenance.record import parse_record
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from pydantic import BaseModel
    from schemathesis.specs.openapi.schemas import OpenApiSchema

    from provenance.service.settings import LedgerFolder

REPO = Path(__file__).resolve().parent.parent.parent
EXAMPLES = load_examples()


@pytest.fixture(scope="module")
def document(service: Service) -> dict[str, Any]:
    body: dict[str, Any] = service.client.get("/v1/openapi.json").json()
    return body


# --- the document -----------------------------------------------------------------------------


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(OPENAPI_31).validate(document)
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert document["openapi"] == "3.1.0"


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_every_operation_is_described_named_and_can_fail(document: dict[str, Any]) -> None:
    operations = list(_operations(document))
    names = [operation["operationId"] for _, _, operation in operations]

    assert len(names) == len(set(names)) == 19
    for path, method, operation in operations:
        assert operation["description"].endswith("."), (path, method)
        for family in ("4XX", "5XX"):
            content = operation["responses"][family]["content"]
            assert set(content) == {PROBLEM}, (path, method)


def test_every_body_has_a_schema_and_an_example_that_fits_it(document: dict[str, Any]) -> None:
    without = []
    for path, _method, operation in _operations(document):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for body in bodies:
            for media_type, content in body.get("content", {}).items():
                schema = {**content["schema"], "components": document["components"]}
                if "example" in content:
                    jsonschema.Draft202012Validator(schema).validate(content["example"])
                else:
                    without.append((path, media_type))
    assert sorted(without) == [
        ("/metrics", "text/plain"),
        ("/tile/{path}", "application/octet-stream"),
        ("/v1/records/{record_id}/receipt", "application/pdf"),
    ]


# --- the examples -----------------------------------------------------------------------------


def test_the_examples_are_what_the_code_makes() -> None:
    script = REPO / "scripts" / "make_api_examples.py"

    assert subprocess.run([sys.executable, str(script), "--check"], check=False).returncode == 0


@pytest.mark.parametrize("name", ["receipt", "receipt_of_a_new_record", "batch_results"])
def test_the_receipts_among_them_verify(name: str) -> None:
    example = EXAMPLES[name]
    receipts = (
        [one["receipt"] for one in example["results"] if one["status"] != "refused"]
        if name == "batch_results"
        else [example]
    )

    for receipt in receipts:
        octets = strict_json.dump(receipt) + b"\n"
        assert Receipt.parse(octets).to_bytes() == octets
        assert verify_receipt(octets, make_world().policy, now_unix=int(time.time())).exit_code == 3


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("batch_results", schemas.BatchResults),
        ("record_view", schemas.RecordView),
        ("inclusion", schemas.InclusionProof),
        ("consistency", schemas.ConsistencyProof),
        ("lookup", schemas.HitPage),
        ("anchors", schemas.AnchorPage),
        ("ledger", schemas.LedgerSummary),
        ("health", schemas.Health),
        ("ready", schemas.Readiness),
        ("not_ready", schemas.Readiness),
        ("problem", schemas.Problem),
    ],
)
def test_the_examples_are_of_the_documented_models(name: str, model: type[BaseModel]) -> None:
    model.model_validate(EXAMPLES[name])


def _names(value: object) -> object:
    """Return the names of all members, without the values: what a client relies on."""
    if isinstance(value, dict):
        return {name: _names(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_names(value[0])] if value else []
    return None


def test_a_running_service_answers_in_the_shape_of_the_examples(service: Service) -> None:
    record = service.deposited("as in the examples")
    get = service.client.get
    url, index = f"/v1/records/{record.id_hex}", service.size() - 1

    def head(answer: httpx.Response) -> set[str]:
        return set(answer.json())

    schemas.RecordView.model_validate(get(url).json())
    assert head(get(url)) == set(EXAMPLES["record_view"])
    assert _names(get(f"{url}/receipt").json()["record"]) == _names(EXAMPLES["receipt"]["record"])
    assert head(get(f"{url}/receipt")) == set(EXAMPLES["receipt"])
    inclusion = get("/v1/log/inclusion", params={"index": index, "size": index + 1})
    assert _names(inclusion.json()) == _names(EXAMPLES["inclusion"])
    consistency = get("/v1/log/consistency", params={"from": 1, "to": 2})
    assert _names(consistency.json()) == _names(EXAMPLES["consistency"])
    found = get("/v1/lookup", params={"key": service.alice.public.thumbprint})
    assert _names(found.json()) == _names(EXAMPLES["lookup"])
    assert _names(get("/v1/policy").json()) == _names(EXAMPLES["policy"])
    assert _names(get("/v1/health").json()) == _names(EXAMPLES["health"])
    assert _names(get("/v1/ready").json()) == _names(EXAMPLES["ready"])
    anchor = EXAMPLES["anchors"]["items"][0]
    page = get("/v1/anchors").json()
    schemas.AnchorPage.model_validate(page)
    for real in page["items"]:
        assert set(real) == set(anchor)
    refused, repeat = service.post_batch(EXAMPLES["batch"][2], record)
    schemas.BatchResults.model_validate({"results": [refused, repeat]})
    assert _names(refused) == _names(EXAMPLES["batch_results"]["results"][2])
    assert refused["problem"] == EXAMPLES["batch_results"]["results"][2]["problem"]


def test_the_example_record_is_taken_by_the_ledger_it_is_for(service: Service) -> None:
    results = service.post_batch(*EXAMPLES["batch"])

    assert [one["status"] for one in results] in (
        ["integrated", "integrated", "refused"],
        ["repeat", "repeat", "refused"],
    )
    assert results[1]["id"] == EXAMPLES["record_id"]
    assert parse_record(EXAMPLES["record"].encode(), complete=True).id_hex == EXAMPLES["record_id"]


# --- what the service does, against what the document says --------------------------------------


@pytest.fixture(scope="module")
def api(founded: LedgerFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenApiSchema]:
    """The document of a service of its own, on which anything may be tried."""
    folder = copy(founded, tmp_path_factory.mktemp("tried") / "ledger")
    with serving(folder) as served:
        yield schemathesis.openapi.from_url(f"{served.url}/v1/openapi.json")


@schemathesis.serializer("application/sd-jwt", "application/jwt", "application/jsonl")
def _serialize(_: object, value: object) -> bytes:
    return str(value).encode("utf-8", "surrogatepass")


CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


def test_whatever_is_sent_is_answered_as_documented(api: OpenApiSchema) -> None:
    tried = 0
    for found in api.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()

        @settings(
            max_examples=25,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def send(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=CHECKS)

        send()
        tried += 1
    assert tried == 19
