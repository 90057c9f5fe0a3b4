"""The OpenAPI document: what FastAPI derives from the routes, with examples that are real.

The examples are made by ``scripts/make_api_examples.py`` from a ledger of four entries.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, Final

from fastapi import FastAPI

from .problems import MEDIA_TYPE

__all__ = ["PROBLEMS", "DocumentedAPI", "load_examples"]

_Document = dict[str, Any]  # JSON

PROBLEMS: Final[dict[int | str, _Document]] = {
    family: {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for family, description in (
        ("4XX", "the request cannot be met; `code` says why, `field` where (RFC 9457)"),
        ("5XX", "the service cannot meet the request now; `Retry-After` says when to ask again"),
    )
}
"""Responses of every route; any status of a family may come, each with its stable ``code``."""

JSON_TYPE, TEXT, SD_JWT = "application/json", "text/plain", "application/sd-jwt"
TLOG_PROOF, MANIFEST = "application/x-tlog-proof", "application/jsonl"
LINKSET, HTML = "application/linkset+json", "text/html"
_ID, _RECORDS = "{record_id}", "/v1/records"

_REQUESTS: Final = {
    ("post", _RECORDS): (SD_JWT, "record"),
    ("post", f"{_RECORDS}/batch"): (JSON_TYPE, "batch"),
    ("put", f"{_RECORDS}/{_ID}/manifest"): (MANIFEST, "manifest"),
    ("post", f"{_RECORDS}/{_ID}/disclosures"): ("application/jwt", "disclosure_request"),
}
_ANSWERS: Final = {
    ("post", _RECORDS, "201", JSON_TYPE): "receipt_of_a_new_record",
    ("post", _RECORDS, "200", JSON_TYPE): "receipt",
    ("post", f"{_RECORDS}/batch", "200", JSON_TYPE): "batch_results",
    ("get", f"{_RECORDS}/{_ID}", "200", JSON_TYPE): "record_view",
    ("get", f"{_RECORDS}/{_ID}", "200", SD_JWT): "public_record",
    ("get", f"{_RECORDS}/{_ID}/receipt", "200", JSON_TYPE): "receipt",
    ("get", f"{_RECORDS}/{_ID}/receipt", "200", TLOG_PROOF): "tlog_proof",
    ("get", f"{_RECORDS}/{_ID}/receipt", "200", HTML): "receipt_for_people",
    ("get", f"{_RECORDS}/{_ID}/linkset", "200", LINKSET): "linkset",
    ("get", f"{_RECORDS}/{_ID}/manifest", "200", MANIFEST): "manifest",
    ("post", f"{_RECORDS}/{_ID}/disclosures", "200", SD_JWT): "record",
    ("get", "/v1/lookup", "200", JSON_TYPE): "lookup",
    ("get", "/v1/anchors", "200", JSON_TYPE): "anchors",
    ("get", "/v1/log/inclusion", "200", JSON_TYPE): "inclusion",
    ("get", "/v1/log/consistency", "200", JSON_TYPE): "consistency",
    ("get", "/v1/policy", "200", JSON_TYPE): "policy",
    ("get", "/v1/ledger", "200", JSON_TYPE): "ledger",
    ("get", "/v1/health", "200", JSON_TYPE): "health",
    ("get", "/v1/ready", "200", JSON_TYPE): "ready",
    ("get", "/v1/ready", "503", JSON_TYPE): "not_ready",
    ("get", "/checkpoint", "200", TEXT): "checkpoint",
}
_PARAMETERS: Final = {"record_id": "record_id", "digest": "dataset_digest"}


class DocumentedAPI(FastAPI):
    """An application whose document has the examples in their places."""

    _exemplified: _Document | None = None

    def openapi(self) -> _Document:
        """Return the document, made once for as long as no route is added."""
        document = super().openapi()
        if document is not self._exemplified:
            _put_examples(document, load_examples())
            self._exemplified = document
        return document


def load_examples() -> dict[str, Any]:
    """Return the examples by name."""
    # by this package's own name: it has another one in a checkout
    octets = resources.files(__package__ or "").joinpath("examples.json").read_bytes()
    examples: dict[str, Any] = json.loads(octets)
    return examples


def _put_examples(document: _Document, examples: dict[str, Any]) -> None:
    document["components"]["securitySchemes"] = {
        "statement": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`JWS` and a `manifest-publication+jwt` signed by the record's key, as "
            f"`{examples['authorization']}`",
        }
    }
    document["components"]["schemas"]["Problem"]["examples"] = [examples["problem"]]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _put_parameters(operation, examples)
            _put_bodies(method, path, operation, examples)


def _put_parameters(operation: _Document, examples: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        name = _PARAMETERS.get(parameter["name"])
        if name is not None:
            parameter["example"] = examples[name]


def _put_bodies(method: str, path: str, operation: _Document, examples: dict[str, Any]) -> None:
    if (request := _REQUESTS.get((method, path))) is not None:
        media_type, name = request
        operation["requestBody"]["content"][media_type]["example"] = examples[name]
    for status, response in operation["responses"].items():
        for media_type, content in response.get("content", {}).items():
            if (answer := _ANSWERS.get((method, path, status, media_type))) is not None:
                content["example"] = examples[answer]
            elif media_type == MEDIA_TYPE:
                content["example"] = examples["problem"]
