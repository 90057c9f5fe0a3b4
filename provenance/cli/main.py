"""The ``provenance`` command: settles the language, runs one command, exits with its code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from provenance.cli import language
from provenance.cli.output import exit_code_of, print_error
from provenance.errors import ProvenanceError

if TYPE_CHECKING:
    import typer

__all__ = ["make_app", "run"]


def make_app() -> typer.Typer:
    """Return the application; its help texts are in the language settled before."""
    # imported here: the commands' help texts are translated when their modules are read
    from provenance.cli import commands  # noqa: PLC0415

    return commands.make_app()


def run() -> None:
    """Run the command line of this process and exit."""
    language.settle(sys.argv[1:], os.environ)
    try:
        make_app()()
    except ProvenanceError as error:
        print_error(error, as_json="--json" in sys.argv)
        sys.exit(exit_code_of(error))
    except BrokenPipeError:
        # the reader of a pipe has gone: what was printed may be cut, so it is not "done"
        sys.stderr.close()
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()
