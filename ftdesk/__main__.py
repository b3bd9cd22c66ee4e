"""``python -m ftdesk``: a command if the first argument names one, else the window."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run ftdesk and return its exit status. ``--version`` imports next to nothing."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["--version"]:
        from ftdesk import __version__

        print(f"ftdesk {__version__}")  # noqa: T201 - stdout is data, and this is the data asked for
        return 0
    from ftdesk.cli.main import is_command, run_command

    if is_command(words):
        return run_command(words)
    from ftdesk.ui.start import run_window

    return run_window(words)


if __name__ == "__main__":
    sys.exit(main())
