"""The command line: parse, call one use case, render, exit with the code that tells the truth."""

__all__: list[str] = []
