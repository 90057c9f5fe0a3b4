"""Ask the page's own modules, many questions in one Node process.

A question is a module below ``api/web``, what it exports, and arguments; bytes travel as
``{"$hex": ...}``, and strings as JSON with escapes, so that half a surrogate pair arrives.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Failed", "ask", "ask_one", "node"]

DRIVER = Path(__file__).with_name("answer_questions.mjs")


@dataclass(frozen=True)
class Failed:
    """What a function threw."""

    code: str
    field: str | None
    message: str
    problems: tuple[tuple[str, str], ...] = ()


def node() -> str:
    """Return the Node of the development environment, or another one."""
    beside = Path(sys.executable).with_name("node")
    found = str(beside) if beside.exists() else shutil.which("node")
    assert found, "Node is needed"
    return found


def ask(questions: Sequence[tuple[str, str, list[Any]]]) -> list[Any]:
    """Return for each question what came back, or ``Failed``."""
    written = [
        {"module": module, "name": name, "given": _packed(given)}
        for module, name, given in questions
    ]
    done = subprocess.run(
        [node(), DRIVER],
        input=json.dumps(written).encode(),
        capture_output=True,
        check=False,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return [_unpacked(one) for one in json.loads(done.stdout)]


def ask_one(module: str, name: str, *given: Any) -> Any:  # noqa: ANN401 -- any JSON
    """Ask a single question; fails the test when something was thrown."""
    (answer,) = ask([(module, name, list(given))])
    assert not isinstance(answer, Failed), answer
    return answer


def _packed(value: Any) -> Any:  # noqa: ANN401 -- any JSON
    if isinstance(value, bytes):
        return {"$hex": value.hex()}
    if isinstance(value, dict):
        return {name: _packed(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_packed(one) for one in value]
    return value


def _unpacked(value: Any) -> Any:  # noqa: ANN401 -- any JSON
    if isinstance(value, list):
        return [_unpacked(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$hex"}:
        return bytes.fromhex(value["$hex"])
    if "$thrown" in value:
        thrown = value["$thrown"]
        problems = tuple((one["path"], one["what"]) for one in thrown.pop("problems"))
        return Failed(**thrown, problems=problems)
    return {name: _unpacked(one) for name, one in value.items()}
