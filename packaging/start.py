"""Decides what the arguments need, has it set up, and hands over to ftdesk or to pytest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from environment import Environment
from messages import SetupError, say
from system_packages import ensure_installed, qt_libraries

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str]) -> NoReturn:
    """Set up, then become the program asked for."""
    avoid_c_locale()
    testing = list(arguments[:1]) == ["test"]
    environment = Environment(ROOT, with_tests=testing)
    try:
        ready = environment.is_ready()
        ensure_installed(libraries_for(arguments), for_new_environment=not ready)
        if not ready:
            environment.make_ready()
    except SetupError as error:
        say(str(error))
        sys.exit(2)
    except KeyboardInterrupt:
        say("Interrupted. The next start takes the set-up up again.")
        sys.exit(130)
    if testing:
        hand_over([str(environment.python), "-m", "pytest", *absolute_paths(arguments[1:])], folder=ROOT)
    # -P: a random.py or numpy.py in the folder where the person works must not be taken for the real one.
    hand_over([str(environment.python), "-P", "-m", "ftdesk", *arguments])


def libraries_for(arguments: Sequence[str]) -> dict[str, str]:
    """The system libraries that these arguments need, with their Debian packages. Only Qt needs any."""
    if list(arguments[:1]) == ["test"]:
        return qt_libraries({"QT_QPA_PLATFORM": "offscreen"})
    return qt_libraries(os.environ) if wants_window(arguments) and has_display() else {}


def wants_window(arguments: Sequence[str]) -> bool:
    """Whether ftdesk will open its window: as ftdesk itself sees it, unless an option or a command comes first."""
    if not arguments:
        return True
    word = arguments[0]
    return not (word.startswith("-") or (word.isidentifier() and (ROOT / "ftdesk" / "cli" / f"{word}.py").is_file()))


def has_display() -> bool:
    """Whether Qt can open a window. If not, ftdesk says so itself, and needs no libraries for that."""
    variables = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform != "linux" or any(os.environ.get(name) for name in variables)


def absolute_paths(arguments: Sequence[str]) -> list[str]:
    """Pytest's arguments, with files named relative to where the person is: pytest itself runs in the checkout."""
    return [str(Path(word).absolute()) if Path(word.partition("::")[0]).exists() else word for word in arguments]


def avoid_c_locale() -> None:
    """Qt warns of a locale that is not UTF-8. Python mends LANG=C and LC_CTYPE=C by itself, but not LC_ALL=C."""
    if sys.platform == "linux" and os.environ.get("LC_ALL") in {"C", "POSIX"}:
        os.environ["LC_ALL"] = "C.UTF-8"


def hand_over(command: list[str], folder: Path | None = None) -> NoReturn:
    """Replace this process by ``command``, or, on Windows, run it and end with its exit status."""
    if folder is not None:
        os.chdir(folder)
    if sys.platform == "win32":
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the program too, which decides what to do
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], command)  # noqa: S606 - there is no shell in between, and none is wanted
