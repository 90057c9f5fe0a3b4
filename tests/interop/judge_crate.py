"""Judge an RO-Crate by rocrate-validator without the network: run by ``.tools/formats/bin/python``.

Usage: judge_crate.py CONTEXT CACHE CRATE...

The validator fetches the JSON-LD context from w3id.org. CONTEXT is that very document, which the
rocrate library ships for the version it writes; it is laid into the validator's own cache first.
The version in its address is the one that the crates are held to.
Prints a line for each crate, ``passed`` or what is wrong with it.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import requests
from requests_cache import CachedSession  # type: ignore[import-not-found]  # in .tools/formats
from rocrate_validator import services  # type: ignore[import-not-found]  # in .tools/formats
from urllib3 import HTTPResponse


def main() -> None:
    """Validate what must hold of a crate."""
    context, cache, *crates = sys.argv[1:]
    version = keep(Path(context).read_bytes(), cache).split("/")[-2]
    for crate in crates:
        settings = {"rocrate_uri": crate, "cache_path": Path(cache), "offline": True}
        settings |= {"profile_identifier": f"ro-crate-{version}"}
        result = services.validate({**settings, "requirement_severity": "REQUIRED"})
        issues = [f"{issue.check.identifier} {issue.message}" for issue in result.get_issues()]
        print("passed" if result.passed() else "; ".join(issues))  # noqa: T201 -- a program


def keep(octets: bytes, cache: str) -> str:
    """Lay a document into the cache under its own address, and return that."""
    session = CachedSession(cache_name=cache, expire_after=-1)
    headers = {"Content-Type": "application/ld+json"}
    response = requests.Response()
    response.status_code, response.url = 200, json.loads(octets)["@id"]
    response.headers.update(headers)
    response.request = requests.Request("GET", response.url).prepare()
    response.raw = HTTPResponse(io.BytesIO(octets), headers, 200, preload_content=False)
    session.cache.save_response(response, cache_key=session.cache.create_key(response.request))
    session.close()
    return str(response.url)


if __name__ == "__main__":
    main()
