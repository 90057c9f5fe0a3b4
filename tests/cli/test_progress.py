"""The progress bar on a real terminal of each width: one line, with what matters most."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

PROGRAM = """
import time
from provenance.cli.progress import progress_bar
with progress_bar() as tell:
    for step in range(6):
        tell(1_000_000 + step, 123_400_000_000 + step * 10**9)
        time.sleep(0.15)
"""
ONE_UP = "\x1b[1A"


def shown(columns: int, language: str = "en") -> str:
    """What a terminal with so many columns is sent."""
    ours, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {"TERM": "xterm", "LC_ALL": "C.UTF-8", "LANGUAGE": language}
    # some runners of tests say how wide they are, which would go before the terminal's own word
    inherited = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stderr=terminal, env=inherited | environment
    )
    os.close(terminal)
    sent = b""
    try:
        while octets := os.read(ours, 65536):
            sent += octets
    except OSError:  # as Linux tells that nobody has the terminal any more
        pass
    finally:
        os.close(ours)
    assert process.wait(timeout=30) == 0
    return sent.decode()


@pytest.mark.parametrize(
    ("columns", "parts", "absent"),
    [
        (80, ["1000005 files", "GB", "GB/s", "total not known yet", "0:00:0"], []),
        (59, ["1000005 files", "GB", "GB/s", "total not known yet"], ["0:00:0"]),
        (40, ["1000005 files", "GB", "GB/s"], ["total", "0:00:0"]),
        (20, ["1000005 files"], ["GB"]),
    ],
)
def test_what_does_not_fit_is_left_out_and_nothing_is_cut(
    columns: int, parts: list[str], absent: list[str]
) -> None:
    sent = shown(columns)

    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sent)
    last = text[text.rindex("1000005 files") :]
    assert [one for one in parts if one not in last] == []
    assert [one for one in absent if one in last] == []
    assert "\u2026" not in text
    assert sent.count(ONE_UP) <= 1, "a second line; one step up at the end takes the bar away"
