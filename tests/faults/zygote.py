"""A process that has imported the whole service, and forks one whenever it is asked to.

What it forks runs the same ``provenance`` command in the same way; only the three seconds of
imports at each start are saved, which is what lets a campaign kill a thousand of them.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

__all__ = ["Forked", "Zygote"]

_LAUNCHER = Path(__file__).parents[2] / "provenance" / "chain" / "die_with_parent.py"
_HEAVY = (
    "provenance.cli.main",
    "provenance.cli.commands.operation",
    "provenance.service.ledger",
    "provenance.store.postgresql",
    "provenance_api.app",
    "provenance_api.server",
)


class Forked:
    """A process that the zygote forked: what ``subprocess.Popen`` would be."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = threading.Event()

    def end(self, code: int) -> None:
        """Its parent has seen it end."""
        self.returncode = code
        self._ended.set()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired("provenance", timeout or 0.0)
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Zygote:
    """The process that forks, from outside; it and all it forked end with us."""

    def __init__(self, inside: Sequence[str] = ()) -> None:
        """Start it, where the words before a command put it (a network namespace), and wait."""
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())]
        self._process = subprocess.Popen(
            [*launcher, *inside, sys.executable, "-P", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._forked: dict[int, Forked] = {}
        self._asking = threading.Lock()
        self._changed = threading.Condition()
        self._started: list[Forked] = []
        self._listener = threading.Thread(target=self._listen, name="zygote", daemon=True)
        self._listener.start()

    def start(self, words: Sequence[str], log: Path) -> Forked:
        """Run ``provenance`` with ``words``; what it prints goes to the end of ``log``."""
        assert self._process.stdin is not None
        with self._asking:
            self._process.stdin.write(json.dumps({"words": list(words), "log": str(log)}) + "\n")
            with self._changed:
                self._changed.wait_for(lambda: self._started or self._process.poll() is not None)
                if not self._started:
                    raise RuntimeError("the zygote has ended")
                return self._started.pop()

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.kill()
        self._process.wait()
        self._listener.join()
        self._process.stdin.close()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            with self._changed:
                if "started" in said:
                    child = self._forked[said["started"]] = Forked(said["started"])
                    self._started.append(child)
                    self._changed.notify_all()
                else:
                    self._forked.pop(said["ended"]).end(said["code"])
        with self._changed:
            self._changed.notify_all()


# --- the program --------------------------------------------------------------------------------


def main() -> None:
    """Import everything, then fork for each line on standard input."""
    import gc  # noqa: PLC0415 -- below, for what follows is another program
    import importlib  # noqa: PLC0415

    for name in _HEAVY:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, _reap)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the campaign
    for line in sys.stdin:
        asked = json.loads(line)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            _become(asked["words"], asked["log"])
        _say({"started": pid})
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def _become(words: Sequence[str], log: str) -> None:
    """Be the service, as if just started."""
    import ctypes  # noqa: PLC0415 -- as above
    import random  # noqa: PLC0415

    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    nothing = os.open(os.devnull, os.O_RDONLY)
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for source, target in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(source, target)
    os.closerange(3, 64)
    random.seed()
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 -- descriptors
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    sys.argv = ["provenance", *words]
    from provenance.cli.main import run  # noqa: PLC0415 -- imported long ago

    code: object = 70
    try:
        run()
        code = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException:  # noqa: BLE001 -- what an interpreter does at its end
        import traceback  # noqa: PLC0415

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code if isinstance(code, int) else 1)


def _reap(_number: int, _frame: FrameType | None) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            _say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(message: object) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
