#!/usr/bin/env python3
"""Start ftdesk from a checkout, setting up what is missing first. Needs nothing but Python.

    python3 packaging/run.py [ARGS...]               run ``ftdesk ARGS...``
    python3 packaging/run.py test [PYTEST ARGS...]   run the tests

This file keeps to syntax that every Python understands, so that an old one is told what is needed instead of failing to
read it. The work is done in ``start.py``.
"""

import shutil
import sys

if not (3, 11) <= sys.version_info[:2] < (3, 15) or sys.implementation.name != "cpython":
    names = ("python3.14", "python3.13", "python3.12", "python3.11")
    found = [name for name in names if hasattr(shutil, "which") and shutil.which(name)]
    sys.stderr.write("ftdesk needs CPython 3.11, 3.12, 3.13 or 3.14; " + (sys.executable or "this") + " is ")
    sys.stderr.write(sys.version.split()[0] + ". ")
    sys.stderr.write("Use " + found[0] + " instead.\n" if found else "Install one of them and start again with it.\n")
    sys.exit(2)

from start import main

if __name__ == "__main__":
    main(sys.argv[1:])
