#!/usr/bin/env python3
"""Start ftdesk from a checkout, setting up what is missing first. Needs nothing but Python.

    python3 packaging/run.py [ARGS...]               run ``ftdesk ARGS...``
    python3 packaging/run.py test [PYTEST ARGS...]   run the tests

This file keeps to syntax that every Python understands, so that an old one is told what is needed instead of failing to
read it. The work is done in ``start.py``.
"""

import shutil
import sys

# A release candidate counts as older than the release: Ubuntu 22.04 has 3.11.0rc1, for which no package is meant.
fits = (3, 11, 0, "final") <= sys.version_info[:4] < (3, 15)
if not fits or sys.implementation.name != "cpython":
    names = ["python3.14", "python3.13", "python3.12", "python3.11"] if hasattr(shutil, "which") else []
    others = [name for name in names if shutil.which(name) and not sys.executable.endswith(name)]
    sys.stderr.write("ftdesk needs CPython 3.11, 3.12, 3.13 or 3.14; " + sys.executable + " is ")
    sys.stderr.write(sys.version.split()[0] + ". ")
    sys.stderr.write("Use " + others[0] + " instead.\n" if others else "Install one of them and start again with it.\n")
    sys.exit(2)

from start import main  # noqa: E402 - an older Python could not read it

if __name__ == "__main__":
    main(sys.argv[1:])
