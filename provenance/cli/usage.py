"""What is wrong with a command line, said in the reader's language.

Typer says it in English sentences only; the table takes them apart. A sentence it does not know,
from another version of Typer, is shown as it is.
"""

from __future__ import annotations

import re

from provenance.cli.language import N_, _
from provenance.errors import MalformedError

__all__ = ["UsageError"]

_SENTENCES = (
    (
        r"No such option: (?P<option>\S+)(?: \(Possible options: (?P<others>.*)\))?",
        N_("no such option"),
    ),
    (
        r"No such command '(?P<option>.*?)'\.(?: Did you mean (?P<others>.*)\?)?",
        N_("no such command"),
    ),
    (r"Missing argument '(?P<option>.*)'\.", N_("this argument is needed")),
    (r"Missing option '(?P<option>.*?)'.*", N_("this option is needed")),
    (r"Option '(?P<option>.*)' requires an argument\.", N_("this option needs a value")),
    (r"Option '(?P<option>.*)' does not take a value\.", N_("this option takes no value")),
    (r"Got unexpected extra argument\(s\) \((?P<option>.*)\)", N_("nothing more was expected")),
    (r"Invalid value for '(?P<option>.*?)': (?P<others>.*)", N_("this value cannot be used")),
)
_PATTERNS = tuple((re.compile(pattern, re.DOTALL), key) for pattern, key in _SENTENCES)


class UsageError(MalformedError):
    """A command line that Typer does not understand."""

    code = "usage"
    title = "The command line cannot be understood"

    def __init__(self, sentence: str, *, command: str) -> None:
        """Take Typer's sentence; ``command`` is what ``--help`` may be put behind."""
        super().__init__(sentence)
        self.command = command
        self._key: str | None = None
        self._others = ""
        for pattern, key in _PATTERNS:
            match = pattern.fullmatch(sentence)
            if match is not None:
                parts = match.groupdict()
                self._key, self._others = key, parts.get("others") or ""
                self.field = parts["option"]

    def lines(self) -> tuple[str, str]:
        """Return what is wrong, and where to read more."""
        if self._key is None:
            wrong = str(self)
        else:
            wrong = _("{title}: {text}").format(title=self.field, text=_(self._key))
            wrong += f" ({self._others})" if self._others else ""
        more = _("More: {command} --help").format(command=self.command)
        return _("{title}: {text}").format(title=_(self.title), text=wrong), more
