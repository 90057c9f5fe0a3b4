"""Run a program that the kernel kills when the process that asked for it is gone (Linux).

    python -I -S die_with_parent.py PARENT_PID PROGRAM ARGUMENT...

A process that is killed cannot end its children. ``prctl(PR_SET_PDEATHSIG)`` must be called in
the child between fork and exec, where a program with threads may not run Python; this small
program, itself freshly executed, may. Not part of the package's imports: it is run by its path.
"""

import ctypes
import os
import signal
import sys

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Tie this process to its parent's life, then become the program."""
    parent, program = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)  # the parent died before the line above
    os.execv(program[0], program)  # noqa: S606 -- the caller's own program, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
