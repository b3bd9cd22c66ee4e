"""The virtual environment of a checkout: ``.venv``, holding exactly what a lock file says, and the checkout itself."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from messages import Progress, SetupError, say

LOCK_FILES = ("requirements.lock", "requirements-test.lock")


class Environment:
    """``.venv`` in the folder ``root``, with or without what the tests need besides.

    A stamp in it says which Python made it, where, and which lock files were installed. The stamp is taken away before
    anything is changed and written last, so an environment without one is unfinished and is made anew.
    """

    def __init__(self, root: Path, *, with_tests: bool) -> None:
        self.folder = root / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        self._root = root
        self._stamp_file = self.folder / "ftdesk-stamp.json"
        self._lock_file = root / "packaging" / LOCK_FILES[with_tests]
        # The lock of the tests holds the other one, so installing it serves both.
        names = LOCK_FILES if with_tests else LOCK_FILES[:1]
        self._locks = {name: _sha256(root / "packaging" / name) for name in names}
        self._made_by = {"python": python_identity(), "folder": str(self.folder)}

    def is_ready(self) -> bool:
        """Whether nothing has to be done."""
        stamp = self._stamp()
        return self._is_ours(stamp) and self._locks.items() <= stamp["locks"].items()

    def make_ready(self) -> None:
        """Create or renew the environment. Of several processes that start at once, one does it and the others wait.

        Raises ``SetupError`` if it cannot be done.
        """
        try:
            with _held(self._root / ".venv.lock") as descriptor:
                if not self.is_ready():
                    self._install(descriptor)
        except OSError as error:
            text = f"{self.folder} cannot be set up: {error}. The checkout has to be where you may write."
            raise SetupError(text) from error

    def _install(self, held: int) -> None:
        usable = self._is_ours(self._stamp())
        self._stamp_file.unlink(missing_ok=True)
        if not usable:
            self._create(held)
        self._fill(held)
        self._point_at_checkout()
        self._write_stamp()

    def _create(self, held: int) -> None:
        say(f"Making a virtual environment in {self.folder}")
        # If this interpreter belongs to an environment, that may be the one to be replaced: use the one behind it.
        interpreter = getattr(sys, "_base_executable", "") or sys.executable
        with _running([interpreter, "-I", "-m", "venv", "--clear", str(self.folder)], held) as venv:
            output = venv.communicate()[0]
        if venv.returncode != 0:
            raise SetupError(f"{interpreter} cannot make a virtual environment:\n{output.strip()}")

    def _fill(self, held: int) -> None:
        progress = Progress("Installing the Python packages (the first time, about 200 MB are downloaded)")
        started = time.monotonic()
        command = [str(self.python), "-I", "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:"]
        command += ["--no-input", "--progress-bar", "off", "--disable-pip-version-check", "-r", str(self._lock_file)]
        lines = []
        with _running(command, held) as pip:
            for line in pip.stdout or ():
                lines.append(line)
                if step := pip_step(line):
                    progress.show(step)
        progress.end()
        if pip.returncode != 0:
            raise SetupError(explain_pip_failure("".join(lines)))
        say(f"Done in {time.monotonic() - started:.0f} s")

    def _point_at_checkout(self) -> None:
        """Let the environment import ftdesk from the checkout.

        The path is relative, so it is ASCII wherever the checkout lies: Python may read .pth files in any encoding.
        """
        packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(self.folder)}))
        _write_whole(packages / "ftdesk.pth", os.path.relpath(self._root, packages) + "\n")

    def _write_stamp(self) -> None:
        _write_whole(self._stamp_file, json.dumps({**self._made_by, "locks": self._locks}, indent=1))

    def _stamp(self) -> dict[str, dict[str, str]]:
        try:
            stamp = json.loads(self._stamp_file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) and isinstance(stamp.get("locks"), dict) else {}

    def _is_ours(self, stamp: dict[str, dict[str, str]]) -> bool:
        return self._made_by.items() <= stamp.items() and self.python.exists()


def python_identity() -> str:
    """What has to stay the same for installed packages to stay usable: version, build and place of the interpreter."""
    build = getattr(sys, "abiflags", "")
    return f"{sys.implementation.cache_tag}{build} {sys.platform} {sys.maxsize.bit_length() + 1} bit {sys.base_prefix}"


def pip_step(line: str) -> str:
    """A line of pip's output in a few words for the progress line, or nothing."""
    words = line.split()
    match words[:2]:
        case ["Collecting", package]:
            return f"Fetching {package.replace('==', ' ')}"
        case ["Installing", "collected"]:
            return "Unpacking"
        case ["WARNING:", "Retrying"]:
            return "The package index does not answer; trying again"
    return ""


PIP_FAILURES = {
    "No space left on device": "The disk is full. Make room (about 1 GB) and start again.",
    "DO NOT MATCH THE HASHES": (
        "A downloaded package differs from the one that the lock file names, so it was refused. If you did not change "
        "the lock file, do not trust the package index in use."
    ),
    "CERTIFICATE_VERIFY_FAILED|SSLError|TLS CA certificate bundle": (
        "The package index could not be verified. Check the clock and the certificates of this machine; behind a proxy "
        "that signs its traffic itself, set PIP_CERT to its certificate."
    ),
    "ProxyError|NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError": (
        "The package index cannot be reached. The first start needs the network: check the connection and pip's "
        "settings (proxy, index), then start again."
    ),
    "No matching distribution found": (
        "There is no ready-made package for this system, or the package index in use lacks it. ftdesk runs on Linux "
        "with glibc 2.34 or newer (x86-64; 2.39 on ARM), on macOS 13 or newer and on Windows (x86-64)."
    ),
}
"""What pip's output tells (a regular expression), and what that means for the person. The first that fits counts."""


def explain_pip_failure(output: str) -> str:
    """Why pip failed, as far as its output tells, and what to do; then pip's own last words."""
    reason = next((text for mark, text in PIP_FAILURES.items() if re.search(mark, output)), "pip failed.")
    lines = output.splitlines()
    telling = [line for line in lines if line.startswith(("ERROR", "WARNING: Retrying (Retry(total=0"))]
    return "\n".join([f"The Python packages could not be installed. {reason}", *(telling or lines)[-5:]])


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """Hold the lock file at ``path`` and give its descriptor. If this process dies, the operating system lets go."""
    with path.open("a") as file:
        waiting = False
        while not _try_to_lock(file):
            if not waiting:
                say("Another start is setting up; waiting for it")
            waiting = True
            time.sleep(0.2)
        yield file.fileno()


def _try_to_lock(file: IO[str]) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
    else:
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _running(command: list[str], held: int) -> subprocess.Popen[str]:
    """Start a step of the set-up. It inherits the lock: if it outlives this process, the next start waits for it."""
    return subprocess.Popen(
        command,
        env={**os.environ, "PIP_USER": "0"},  # a pip.conf that says otherwise would make pip refuse
        pass_fds=() if sys.platform == "win32" else (held,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_whole(path: Path, text: str) -> None:
    unfinished = path.with_suffix(".new")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)
