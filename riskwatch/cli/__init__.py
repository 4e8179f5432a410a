"""The command line: one file a command; `main` is the entry point of `riskwatch`."""

from riskwatch.cli.application import main

__all__ = ["main"]
