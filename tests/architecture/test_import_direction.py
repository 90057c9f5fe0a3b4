"""The dependency table of docs/architecture.md, enforced.

Pure files stand in ORDER: each may import only what stands before it, and nothing that touches
the world. Folders of ``provenance`` are the shell; SHELL says what each may use.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ORDER = [
    "errors",
    "digests",
    "text",
    "strict_json",
    "merkle",
    "sm3",
    "keys",
    "signing_key",
    "keccak",
    "rlp",
    "trie",
    "header",
    "note",
    "witness",
    "assurance",
    "fingerprint",
    "file_proof",
    "comparison",
    "fixity_report",
    "overlap",
    "chunks",
    "sdjwt",
    "credit",
    "spdx_list",
    "spdx",
    "identifiers",
    "imported",
    "record_checks",
    "operator_types",
    "key_binder",
    "key_types",
    "deposit_types",
    "attribution_types",
    "record_types",
    "record_values",
    "record_profile",
    "record",
    "key_values",
    "attribution_values",
    "record_standing",
    "sealed",
    "salted",
    "erasure",
    "identity",
    "authority",
    "key_life",
    "holder_statement",
    "tlog",
    "checkpoint",
    "signing_request",
    "anchor_statement",
    "anchor_evidence",
    "anchored_event",
    "anchor",
    "x509_chain",
    "policy",
    "receipt",
    "receipt_parts",
    "given",
    "wordings",
    "verdict",
    "verify_log",
    "verify_keys",
    "verify_blocks",
    "verify_anchors",
    "verify_start",
    "verify_assurance",
    "verify_sealed",
    "verify",
    "case",
    "attribution",
    "dispute_case",
    "lineage",
    "lineage_layout",
    "lineage_svg",
    "time_stamp",
    "document",
    "record_codes",
    "record_words",
    "certificate",
    "dossier_index",
    "dossier_sums",
    "dossier_check",
    "dossier_receipt",
    "dossier_facts",
    "dossier_hand",
    "dossier_timeline",
    "dossier_headings",
    "dossier_words",
    "dossier_people",
    "dossier_forms",
    "dossier_report",
]
WORLD = {
    "asyncio",
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "tempfile",
    "time",
    "urllib",
}
HEAVY = {
    "alembic",
    "coincurve",
    "eth_account",
    "fastapi",
    "granian",
    "httpx",
    "merkletools",
    "psycopg",
    "requests",
    "sqlalchemy",
    "starlette",
    "typer",
    "web3",
}
SHELL: dict[str, tuple[set[str], set[str]]] = {
    # folder: the other folders it may use, the heavy packages it may use
    "messages": (set(), set()),
    "standalone": ({"messages"}, set()),
    "documents": (set(), set()),
    "dossier": ({"documents", "standalone"}, set()),
    "files": (set(), set()),
    "imports": ({"files"}, set()),
    "exports": ({"files"}, set()),
    "remote": ({"files"}, set()),
    "store": ({"ledger"}, {"sqlalchemy", "alembic", "psycopg"}),
    "net": (set(), {"httpx"}),
    "chain": ({"ledger", "files", "net"}, {"coincurve", "eth_account"}),
    "ledger": (set(), set()),
    "client": ({"net"}, {"httpx"}),
    "service": ({"files", "store", "chain", "ledger", "client", "net"}, set()),
    "cli": (
        {
            *{"client", "documents", "dossier", "exports", "files", "imports", "ledger"},
            *{"messages", "remote", "service"},
        },
        {"typer"},
    ),
}


def imported(path: Path) -> set[str]:
    """Dotted names imported anywhere in ``path``, type-checking blocks included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def outside(names: set[str]) -> set[str]:
    """The top-level packages among ``names``."""
    return {name.split(".")[0] for name in names}


def inside(names: set[str]) -> set[str]:
    """The files and folders of ``provenance`` among ``names``."""
    return {name.split(".")[1] for name in names if name.startswith("provenance.")}


def test_every_pure_file_has_a_place_in_the_order() -> None:
    files = {path.stem for path in (ROOT / "provenance").glob("*.py")}

    assert files - {"__init__", "__main__"} == set(ORDER)


def test_the_drawing_names_every_pure_file_and_folder() -> None:
    drawing = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

    assert [name for name in ORDER if f"`{name}.py`" not in drawing] == []
    assert [folder for folder in SHELL if f"`{folder}/`" not in drawing] == []


@pytest.mark.parametrize("name", ORDER)
def test_pure_file_imports_only_what_stands_before_it(name: str) -> None:
    names = imported(ROOT / "provenance" / f"{name}.py")

    assert not outside(names) & (WORLD | HEAVY)
    assert inside(names) <= set(ORDER[: ORDER.index(name)])
    assert name in {"keys", "x509_chain"} or "cryptography" not in outside(names)


def test_every_folder_has_a_line_in_the_table() -> None:
    folders = {path.parent.name for path in (ROOT / "provenance").glob("*/__init__.py")}

    assert folders == set(SHELL)


@pytest.mark.parametrize("folder", SHELL)
def test_folder_uses_only_what_it_is_allowed(folder: str) -> None:
    folders, packages = SHELL[folder]

    for path in (ROOT / "provenance" / folder).rglob("*.py"):
        names = imported(path)

        assert inside(names) - set(ORDER) <= folders | {folder}, path
        assert outside(names) & HEAVY <= packages, path


@pytest.mark.parametrize("folder", ["provenance/cli", "provenance/client", "api"])
def test_entry_points_reach_no_store_and_no_chain(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        assert not inside(imported(path)) & {"store", "chain"}, path


def test_api_uses_only_what_it_is_allowed_and_itself_relatively() -> None:
    allowed = {"documents", "exports", "ledger", "messages", "service"}
    for path in (ROOT / "api").rglob("*.py"):
        names = imported(path)

        assert inside(names) - set(ORDER) <= allowed, path
        assert not outside(names) & {"api", "provenance_api"}, path
        assert outside(names) & HEAVY <= {"fastapi", "granian", "starlette"}, path


def loaded_by(code: str) -> set[str]:
    """The packages that a fresh process has loaded after ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {code}; print(*sys.modules)"],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    return {name.split(".")[0] for name in done.stdout.decode().split()}


def test_offline_verifier_loads_no_heavy_package() -> None:
    loaded = loaded_by("provenance.verify")

    assert not loaded & HEAVY
    assert "provenance" in loaded


def test_serving_loads_nothing_that_it_seldom_needs() -> None:
    """Migrations and keystores under a password: more to import than all the rest together."""
    loaded = loaded_by("provenance_api.app, provenance_api.server, provenance.service.ledger")

    assert not loaded & {"alembic", "eth_account", "eth_utils", "typer", "web3"}
    assert {"coincurve", "fastapi", "sqlalchemy"} <= loaded
