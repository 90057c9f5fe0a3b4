"""The ``provenance`` command: settles the language, runs one command, exits with its code."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from typer import Abort
from typer.exceptions import TyperException
from typer.main import get_command

from provenance.cli import language
from provenance.cli.output import exit_code_of, print_error, print_json, warn
from provenance.cli.usage import UsageError
from provenance.errors import FileAccessError, ProvenanceError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main", "run"]

EXIT_INTERRUPTED = 130

COLLECT_AFTER = 20_000
"""Objects made before Python looks for garbage, 700 unless told: importing what serves makes
hundreds of thousands that all stay, and looking through them time and again took a sixth of it."""


def run() -> None:
    """Run the command line of this process and exit."""
    gc.set_threshold(COLLECT_AFTER)
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # the reader of a pipe has gone: what was printed may be cut, so it is not "done"
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    language.settle(arguments, os.environ)
    # imported here: the commands' help texts are translated when their modules are read
    from provenance.cli.commands import make_app  # noqa: PLC0415

    as_json = "--json" in arguments
    try:
        command = get_command(make_app(arguments))
        code: object = command(list(arguments), prog_name="provenance", standalone_mode=False)
    except BrokenPipeError:
        raise
    except (ProvenanceError, OSError) as error:
        known = error if isinstance(error, ProvenanceError) else FileAccessError(str(error))
        print_error(known, as_json=as_json)
        return exit_code_of(known)
    except TyperException as error:
        return _refuse(error, as_json=as_json)
    except (Abort, KeyboardInterrupt):
        warn(language._("Aborted!"))
        return EXIT_INTERRUPTED
    return code if isinstance(code, int) else 0


def _refuse(error: TyperException, *, as_json: bool) -> int:
    """Tell what is wrong with the command line; without a command at all that is the help."""
    sentence = error.format_message()
    if not sentence:
        return error.exit_code  # a group without a command: its help is printed already
    context = getattr(error, "ctx", None)
    refused = UsageError(
        sentence, command="provenance" if context is None else context.command_path
    )
    if as_json:
        print_json({"error": refused.code, "detail": str(refused), "field": refused.field})
    else:
        for line in refused.lines():
            warn(line)
    return exit_code_of(refused)


if __name__ == "__main__":
    run()
