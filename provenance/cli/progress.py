"""The progress bar that a terminal shows while a dataset is hashed."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, cast

from rich.console import Console
from rich.progress import (
    DownloadColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from provenance.cli.language import _
from provenance.files.measure import measure_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rich.progress import Task, TaskID

__all__ = ["progress_bar"]

SECONDS_BEFORE_MEASURING = 2.0
"""What is done sooner needs no time left, and measuring it would only slow it down."""

_SPINNER = 2
"""Columns of the terminal that it takes, with what parts it from the line."""


class _Fitting(ProgressColumn):
    """Those of some columns that fit into one line of the terminal; the last ones go first."""

    def __init__(self, console: Console, *columns: ProgressColumn) -> None:
        super().__init__()
        self.console = console
        self.columns = columns

    def render(self, task: Task) -> Text:
        """Return them side by side."""
        parts = [cast("Text", column.render(task)) for column in self.columns]
        while Text("  ").join(parts).cell_len > self.console.width - _SPINNER and len(parts) > 1:
            del parts[-1]
        return Text("  ").join(parts)


class _TimeLeft(ProgressColumn):
    """The time left at the present rate, or that the total is not known yet."""

    def render(self, task: Task) -> Text:
        """Return the text of the column."""
        if task.total is None:
            return Text(_("total not known yet"))
        seconds = task.time_remaining
        if seconds is None:
            return Text("")
        return Text(_("{time} left").format(time=timedelta(seconds=int(seconds))))


@contextmanager
def progress_bar(path: Path | None = None) -> Iterator[Callable[[int, int], None]]:
    """Show files, bytes, rate and time left on standard error.

    How much there is, nobody knows before: the dataset at ``path`` is measured beside the
    hashing, once that turns out to take a while.
    """
    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    line = _Fitting(
        console,
        TextColumn("{task.description}"),
        DownloadColumn(),
        TransferSpeedColumn(),
        _TimeLeft(),
        TimeElapsedColumn(),
    )
    with Progress(SpinnerColumn(), line, console=console, transient=True) as progress:
        task = progress.add_task(_("hashing"), total=None)
        with _measuring(path, progress, task):
            yield lambda files, octets: progress.update(
                task, completed=octets, description=_("{files} files").format(files=files)
            )


@contextmanager
def _measuring(path: Path | None, progress: Progress, task: TaskID) -> Iterator[None]:
    """Tell the bar its total as soon as it is known."""
    is_over = Event()

    def measure(dataset: Path) -> None:
        if not is_over.wait(SECONDS_BEFORE_MEASURING):
            total = measure_dataset(dataset, lambda: not is_over.is_set())
            if total is not None:
                progress.update(task, total=total)

    thread = None if path is None else Thread(target=measure, args=(path,), name="measure")
    if thread is not None:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        if thread is not None:
            thread.join()
