"""``python -m ftdesk.engine``: the engine without the rest of the command line."""

from __future__ import annotations

import argparse
import sys

from ftdesk.engine.command import add_arguments, run
from ftdesk.errors import FtdeskError


def main() -> int:
    """Run the engine and return its exit status. A user's mistake is one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="ftdesk engine", description="Run the built-in host alone.")
    add_arguments(parser)
    try:
        return run(parser.parse_args())
    except FtdeskError as error:
        sys.stderr.write(f"ftdesk engine: {error.sentence}\n")
        return error.exit_status


if __name__ == "__main__":
    sys.exit(main())
