"""Datasets on this machine or behind a URL, and the machines that hash them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.files import beside, check_outside
from provenance.cli.language import _
from provenance.errors import MalformedError
from provenance.remote.url import Url, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from provenance.files.blocks import Block
    from provenance.imported import Imported

__all__ = [
    "Engine",
    "Scheduler",
    "Url",
    "beside_place",
    "check_outside_place",
    "hash_remotely",
    "local",
    "place_of",
    "read_place",
    "scheduler_of",
]

_WAS_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/(?!/)")

Engine = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="local|dask",
        help=_("Who hashes: this machine, or the workers of a dask cluster."),
    ),
]

Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help=_("The cluster's scheduler, as tcp://10.0.0.1:8786; it must be your own."),
    ),
]


def scheduler_of(engine: str, scheduler: str | None) -> str | None:
    """Return the scheduler of the cluster that hashes; None where this machine does.

    Raises:
        MalformedError: one of the two options without the other, or another engine.
    """
    if engine not in {"local", "dask"}:
        raise MalformedError(f"expected local or dask, got {engine!a:.40}", field="--engine")
    if engine == "local" and scheduler is not None:
        raise MalformedError("says nothing without --engine dask", field="--scheduler")
    if engine == "dask" and scheduler is None:
        raise MalformedError("is needed with --engine dask", field="--scheduler")
    return scheduler


def local(path: Path, field: str) -> Path:
    """Return a path of this machine.

    Raises:
        MalformedError: it was a URL, of which a path has one slash less.
    """
    if _WAS_URL.match(str(path)) and not path.exists():
        raise MalformedError(
            "expected a path of this machine, got a URL: fingerprint it, and give the manifest",
            field=field,
        )
    return path


def beside_place(place: Path | Url, suffix: str) -> Path:
    """Return the place next to a dataset that is named after it; for a URL the folder one is in."""
    return beside(Path(place.name) if isinstance(place, Url) else place, suffix)


def check_outside_place(target: Path, place: Path | Url) -> None:
    """Refuse to write into a dataset of this machine; see ``check_outside``."""
    if isinstance(place, Path):
        check_outside(target, place)


def hash_remotely(
    place: Path | Url,
    scheduler: str | None,
    *,
    algorithms: Sequence[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
) -> Iterator[Block]:
    """Return the blocks of a dataset that lies behind a URL, or that a cluster hashes."""
    # imported here: what reads URLs takes a second, and a path needs none of it
    if scheduler is not None:
        from provenance.remote.dask_engine import hash_with_dask  # noqa: PLC0415

        return hash_with_dask(place, scheduler, algorithms=algorithms, on_progress=on_progress)
    from provenance.remote.hash_url import hash_url  # noqa: PLC0415

    if not isinstance(place, Url):
        raise TypeError("a path is hashed by this machine without help")
    return hash_url(place, algorithms=algorithms, on_progress=on_progress)


def read_place(source: Path | Url, kind: str | None) -> Imported:
    """Read a source to import; of URLs it is the checksums that S3 stores.

    Raises:
        MalformedError: see ``imports.read_source`` and ``remote.stored_checksums.read_stored``.
    """
    if isinstance(source, Url):
        from provenance.remote.stored_checksums import read_stored  # noqa: PLC0415 -- as above

        if kind not in {None, "s3"}:
            raise MalformedError(f"expected s3, got {kind!a:.40}", field="--as")
        return read_stored(source)
    from provenance.imports import read_source  # noqa: PLC0415 -- beside the other

    return read_source(source, kind)
