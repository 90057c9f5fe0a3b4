"""One round over the deposits below a folder: those that were not read for long are read again."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.cli.fixity_text import as_members, exit_code, tell
from provenance.cli.language import _
from provenance.cli.output import (
    EXIT_FALSE,
    EXIT_UNUSABLE,
    exit_code_of,
    print_error,
    print_json,
    say,
    warn,
)
from provenance.cli.rechecking import deposited_at, sent
from provenance.cli.sending import RECEIPT
from provenance.errors import (
    FileAccessError,
    LockedError,
    NotFoundError,
    ProvenanceError,
    UnavailableError,
)
from provenance.files.fixity_state import FixityState, newest_report, unsent, when_due

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.cli.rechecking import Deposited, Outcome, Reading

__all__ = ["Round"]

SUFFIX: Final = ".provenance"
"""Of a deposit's folder, which lies beside the dataset and is named after it."""


class Round:
    """One round over many deposits: what cannot be done with one does not keep the others."""

    def __init__(self, reading: Reading, days: int, *, as_json: bool) -> None:
        """Read as ``reading`` says what was not read for so many days."""
        self._reading = reading
        self._days = days
        self._as_json = as_json
        self._told: list[dict[str, object]] = []
        self._not_due = 0
        self._codes: set[int] = set()

    def make(self, below: Path) -> int:
        """Read what is due; return the exit code: of bad files, else of other trouble.

        Raises:
            FileAccessError: there is no such folder.
            NotFoundError: no deposit lies in it: a disk may not be mounted.
        """
        if not below.is_dir():
            raise FileAccessError(f"{below}: no such folder", field="--due")
        deposits = list(self._deposits(below))
        if not deposits and not self._codes:
            raise NotFoundError(f"{below}: no deposit lies below", field="--due")
        for folder in deposits:
            try:
                self._visit(folder)
            except LockedError as error:
                self._tell_error(folder, error)  # another run is at it, and will answer for it
            except ProvenanceError as error:
                self._note(folder, error)
        if self._as_json:
            print_json({"deposits": self._told, "not_due": self._not_due})
        else:
            say(_("{count} deposits were read not long ago").format(count=self._not_due))
        ranked = (EXIT_FALSE, EXIT_UNUSABLE)
        return next((one for one in ranked if one in self._codes), max(self._codes, default=0))

    def _deposits(self, below: Path) -> Iterator[Path]:
        """Yield the folders of deposits, by name; datasets are not looked into."""

        def refuse(error: OSError) -> None:
            place = Path(error.filename or below)
            self._note(place, FileAccessError(f"{place}: {error.strerror}"))

        for place, folders, _files in os.walk(below, onerror=refuse):
            named = {name for name in folders if name.endswith(SUFFIX)}
            for name in sorted(named):
                if (Path(place) / name / RECEIPT).is_file():
                    yield Path(place) / name
            datasets = {name.removesuffix(SUFFIX) for name in named}
            folders[:] = sorted({*folders} - named - datasets)

    def _visit(self, folder: Path) -> None:
        data = folder.with_name(folder.name.removesuffix(SUFFIX))
        deposited = deposited_at(folder / RECEIPT, data, None, self._reading.policy)
        self._send_earlier(folder)
        if not self._is_due(folder, deposited):
            self._not_due += 1
            return
        state = FixityState(folder, deposited.record)
        with state.lock():
            if not self._is_due(folder, deposited):
                return  # another run has read it meanwhile
            outcome = self._reading.read(deposited, state)
        self._add(folder, sent(self._reading, outcome))

    def _is_due(self, folder: Path, deposited: Deposited) -> bool:
        newest = newest_report(folder, deposited.record)
        return when_due(newest, self._days) <= int(time.time())

    def _send_earlier(self, folder: Path) -> None:
        """Send what earlier rounds could not."""
        for names in unsent(folder):
            if self._reading.ledger is None:
                return
            try:
                self._reading.send(names)
            except ProvenanceError as error:
                self._note(folder, error)
                self._give_up_sending(error)

    def _give_up_sending(self, error: ProvenanceError | None) -> None:
        """Keep what is signed from now on: to ask a service that is away again takes long."""
        if isinstance(error, UnavailableError):
            self._reading = replace(self._reading, ledger=None)

    def _add(self, folder: Path, outcome: Outcome) -> None:
        self._codes.add(exit_code(outcome))
        if self._as_json:
            self._told.append({"folder": str(folder), **as_members(outcome, self._reading.wish)})
        else:
            say(f"{folder}")
            tell(outcome, self._reading.wish)
            say("")
        self._give_up_sending(outcome.problem)

    def _note(self, folder: Path, error: ProvenanceError) -> None:
        self._codes.add(exit_code_of(error))
        self._tell_error(folder, error)

    def _tell_error(self, folder: Path, error: ProvenanceError) -> None:
        if self._as_json:
            facts = {"error": error.code, "detail": str(error), "field": error.field}
            self._told.append({"folder": str(folder), **facts})
        else:
            warn(f"{folder}")
            print_error(error, as_json=False)
