"""What ftdesk needs from the operating system: Qt's shared libraries, and on Debian the parts split off from Python.

Only Linux is asked: the wheels for macOS and Windows hold everything. On Debian, Ubuntu and their kin the packages are
installed by apt-get; elsewhere the missing libraries are named, since every distribution names packages differently.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from messages import Progress, SetupError, say

# Shared library -> Debian package, by the DT_NEEDED entries of the PySide6-Essentials wheel. A test compares them.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libbrotlidec.so.1": "libbrotli1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libxkbcommon.so.0": "libxkbcommon0",
}
XCB_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def qt_libraries(environ: Mapping[str, str]) -> dict[str, str]:
    """The libraries Qt loads in this environment: its own, and those of the display that is there."""
    libraries = dict(QT_LIBRARIES)
    platform = environ.get("QT_QPA_PLATFORM", "")
    if platform.startswith("xcb") or (not platform and environ.get("DISPLAY")):
        libraries |= XCB_LIBRARIES
    if platform.startswith("wayland") or (not platform and environ.get("WAYLAND_DISPLAY")):
        libraries |= WAYLAND_LIBRARIES
    return libraries


def ensure_installed(libraries: Mapping[str, str], *, for_new_environment: bool) -> None:
    """Install what is missing of ``libraries`` and, if an environment is to be made, of what that takes.

    Raises ``SetupError`` if it cannot be done without the person.
    """
    if sys.platform != "linux":
        return
    missing = missing_libraries(libraries)
    if shutil.which("apt-get") is None:
        if missing:
            say(f"Qt may not start: {', '.join(missing)} not found. Install your distribution's packages for them.")
        return
    packages = [libraries[name] for name in missing]
    if for_new_environment:
        packages += missing_parts_of_python()
    if packages:
        apt_install(packages)
        if still_missing := missing_libraries(missing):
            raise SetupError(f"{', '.join(still_missing)} cannot be loaded, although its package is installed.")


def missing_libraries(names: Iterable[str]) -> list[str]:
    """Those of ``names`` that the dynamic linker cannot load."""
    try:
        import ctypes
    except ImportError:  # a Python built without libffi: Qt will say it in its own words
        return []
    missing = []
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    return missing


def missing_parts_of_python() -> list[str]:
    """Debian packages without which Debian's own Python cannot make and fill a virtual environment."""
    if sys.base_prefix != "/usr":
        return []
    packages = []
    if importlib.util.find_spec("ensurepip") is None:
        packages.append(f"python3.{sys.version_info.minor}-venv")
    if not CERTIFICATES.exists() and not os.environ.get("PIP_CERT"):  # Debian's pip looks nowhere else
        packages.append("ca-certificates")
    return packages


def apt_install(packages: Sequence[str]) -> None:
    """Install Debian packages: at once as root, after a question where sudo can ask for a password, else not at all."""
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    prefix = privileges(install)
    progress = Progress(f"Installing system packages: {' '.join(packages)}")
    output = run_apt([*prefix, *install])
    if output is not None:  # the lists of packages may be empty or out of date
        progress.show("apt-get update")
        run_apt([*prefix, "apt-get", "update"])
        output = run_apt([*prefix, *install])
    progress.end()
    if output is not None:
        raise SetupError(f"{shlex.join([*prefix, *install])} failed:\n{output}")


def privileges(install: Sequence[str]) -> list[str]:
    """What to put before apt-get. Raises ``SetupError`` with the command to type if this process may not install."""
    if os.geteuid() == 0:
        return []
    sudo = "" if shutil.which("sudo") is None else "sudo "
    command = f"{sudo}apt-get update && {sudo}{shlex.join(install)}"
    if sudo and sys.stdin.isatty() and sys.stderr.isatty():
        say(f"These system packages are missing: {' '.join(install[4:])}")
        print("ftdesk: Install them now with sudo? [Y/n] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() in {"", "y", "yes"}:
            return ["sudo", "env", "DEBIAN_FRONTEND=noninteractive"]
    where = "" if sudo else " as root"
    raise SetupError(f"System packages are missing. Run this{where}, then start again:\n{command}")


def run_apt(command: Sequence[str]) -> str | None:
    """Run apt-get without questions. Returns the last lines of what it said if it failed, else None."""
    result = subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return None if result.returncode == 0 else "\n".join(result.stdout.strip().splitlines()[-8:]) or "no message"
