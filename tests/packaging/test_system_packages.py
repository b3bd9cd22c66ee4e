"""``packaging/system_packages.py``: which libraries are asked for, and how missing ones are installed."""

from __future__ import annotations

import importlib.util
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import system_packages
from messages import SetupError
from system_packages import QT_LIBRARIES, WAYLAND_LIBRARIES, XCB_LIBRARIES, ensure_installed, qt_libraries

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux is asked for libraries")

ALWAYS_THERE = {
    "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0",
    "libresolv.so.2", "libgcc_s.so.1", "libstdc++.so.6", "libz.so.1", "libzstd.so.1",
}  # fmt: skip
"""Of the C library, of Python itself and of apt."""
SAME_PACKAGE = {"libgthread-2.0.so.0": "libglib-2.0.so.0", "libbrotlicommon.so.1": "libbrotlidec.so.1"}
MODULES = ["QtCore", "QtGui", "QtWidgets", "QtNetwork", "QtSvg", "QtSvgWidgets", "QtPrintSupport", "QtDBus", "QtTest"]


def needed_by(file: Path) -> list[str]:
    """The DT_NEEDED entries of a 64-bit little-endian ELF file: the libraries it is linked with."""
    data = file.read_bytes()
    table, size, count = *struct.unpack_from("<Q", data, 32), *struct.unpack_from("<HH", data, 54)
    segments = [struct.unpack_from("<IIQQQQ", data, table + index * size) for index in range(count)]
    offset, length = next((offset, length) for kind, _, offset, _, _, length in segments if kind == 2)
    entries = [struct.unpack_from("<QQ", data, offset + place) for place in range(0, length, 16)]
    strings = next(value for tag, value in entries if tag == 5)
    base = next(
        strings - address + offset
        for kind, _, offset, address, _, length in segments
        if kind == 1 and address <= strings < address + length
    )
    names = [base + value for tag, value in entries if tag == 1]
    return [data[start : data.index(0, start)].decode() for start in names]


def system_libraries(starts: list[Path], shipped: dict[str, Path]) -> set[str]:
    """What ``starts``, and what of the wheel they are linked with, want from the system."""
    wanted: set[str] = set()
    seen: set[Path] = set()
    todo = list(starts)
    while todo:
        file = todo.pop()
        if file in seen:
            continue
        seen.add(file)
        for name in needed_by(file):
            if name in shipped:
                todo.append(shipped[name])
            else:
                wanted.add(SAME_PACKAGE.get(name, name))
    return wanted - ALWAYS_THERE


def test_the_tables_name_exactly_what_the_wheel_is_linked_with() -> None:
    spec = importlib.util.find_spec("PySide6")
    assert spec is not None
    assert spec.origin is not None
    wheel = Path(spec.origin).parent
    shipped = {file.name: file for folder in (wheel, wheel / "Qt" / "lib", wheel.parent / "shiboken6")
               for file in folder.glob("*.so*")}  # fmt: skip
    plugins = wheel / "Qt" / "plugins" / "platforms"
    qt = system_libraries([shipped[f"{name}.abi3.so"] for name in MODULES], shipped)
    assert qt | system_libraries([plugins / "libqoffscreen.so"], shipped) == set(QT_LIBRARIES)
    assert system_libraries([plugins / "libqxcb.so"], shipped) - set(QT_LIBRARIES) == set(XCB_LIBRARIES)
    wayland = [plugins / "libqwayland.so", *(wheel / "Qt" / "plugins" / "wayland-graphics-integration-client").glob(
        "*wayland-egl.so")]  # fmt: skip
    assert system_libraries(wayland, shipped) - set(QT_LIBRARIES) == set(WAYLAND_LIBRARIES)


@pytest.mark.parametrize(
    ("environ", "displays"),
    [
        ({}, {}),
        ({"DISPLAY": ":0"}, XCB_LIBRARIES),
        ({"WAYLAND_DISPLAY": "wayland-0"}, WAYLAND_LIBRARIES),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, XCB_LIBRARIES | WAYLAND_LIBRARIES),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, {}),
        ({"WAYLAND_DISPLAY": "wayland-0", "QT_QPA_PLATFORM": "xcb"}, XCB_LIBRARIES),
    ],
)
def test_qt_needs_the_libraries_of_the_display_it_will_use(environ: dict[str, str], displays: dict[str, str]) -> None:
    assert qt_libraries(environ) == QT_LIBRARIES | displays


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An apt-get that writes down how it was called and, for ``install``, fails as often as the file FAIL has lines."""
    script = tmp_path / "apt-get"
    script.write_text(
        '#!/bin/sh\necho "$DEBIAN_FRONTEND apt-get $*" >> "$0.calls"\n'
        '[ "$1" = install ] && [ -s "$0.fail" ] || exit 0\n'
        'sed -i 1d "$0.fail"; echo "E: Unable to locate it"; exit 100\n'
    )
    script.chmod(0o755)
    (tmp_path / "sudo").write_text('#!/bin/sh\necho "sudo $*" >> "${0%sudo}apt-get.calls"\n"$@"\n')
    (tmp_path / "sudo").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("DEBIAN_FRONTEND", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return script


def calls(apt: Path) -> list[str]:
    file = apt.with_name("apt-get.calls")
    return file.read_text().splitlines() if file.exists() else []


ABSENT = {"libabsent.so.0": "libabsent0"}
INSTALL = "apt-get install --yes --no-install-recommends libabsent0"


def test_nothing_is_installed_where_nothing_is_missing(apt: Path) -> None:
    ensure_installed({"libc.so.6": "libc6"}, for_new_environment=False)
    assert calls(apt) == []


def test_root_installs_what_is_missing_without_questions(apt: Path) -> None:
    with pytest.raises(SetupError, match=r"libabsent\.so\.0 cannot be loaded, although its package is installed"):
        ensure_installed({"libc.so.6": "libc6", **ABSENT}, for_new_environment=False)
    assert calls(apt) == [f"noninteractive {INSTALL}"]


def test_empty_package_lists_are_fetched_first(apt: Path) -> None:
    apt.with_name("apt-get.fail").write_text("once\n")
    with pytest.raises(SetupError, match="cannot be loaded"):
        ensure_installed(ABSENT, for_new_environment=False)
    assert calls(apt) == [
        f"noninteractive {INSTALL}",
        "noninteractive apt-get update",
        f"noninteractive {INSTALL}",
    ]


def test_what_apt_says_is_shown_if_it_fails(apt: Path) -> None:
    apt.with_name("apt-get.fail").write_text("once\ntwice\n")
    with pytest.raises(SetupError, match=f"{INSTALL} failed:\nE: Unable to locate it"):
        ensure_installed(ABSENT, for_new_environment=False)


def test_who_may_not_install_gets_the_command_to_type(apt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match=f"sudo apt-get update && sudo {INSTALL}"):
        ensure_installed(ABSENT, for_new_environment=False)
    apt.with_name("sudo").unlink()
    monkeypatch.setenv("PATH", str(apt.parent))
    with pytest.raises(SetupError, match=f"as root, then start again:\napt-get update && {INSTALL}"):
        ensure_installed(ABSENT, for_new_environment=False)
    assert calls(apt) == []


@pytest.mark.parametrize(("answer", "installs"), [("n", False), ("", True), ("y", True)])
def test_sudo_is_asked_for_on_a_terminal(apt: Path, answer: str, installs: bool) -> None:
    program = (
        f"import os, sys; sys.path.insert(0, {str(Path(system_packages.__file__).parent)!r})\n"
        "os.geteuid = lambda: 1000\n"
        "import system_packages\n"
        "system_packages.apt_install(['libabsent0'])\n"
    )
    terminal, other_end = os.openpty()
    with subprocess.Popen([sys.executable, "-c", program], stdin=other_end, stdout=other_end, stderr=other_end) as done:
        os.write(terminal, f"{answer}\n".encode())
    os.close(other_end)
    os.close(terminal)
    assert (done.returncode == 0) is installs
    command = f"env DEBIAN_FRONTEND=noninteractive {INSTALL}"
    assert calls(apt) == ([f"sudo {command}", f"noninteractive {INSTALL}"] if installs else [])


def test_other_distributions_are_told_the_libraries_and_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ensure_installed(ABSENT, for_new_environment=True)
    assert "libabsent.so.0 not found" in capsys.readouterr().err


def test_only_the_python_of_debian_lacks_parts_that_debian_can_add(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(system_packages, "CERTIFICATES", tmp_path / "absent")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.delenv("PIP_CERT", raising=False)
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    venv = f"python3.{sys.version_info.minor}-venv"
    assert system_packages.missing_parts_of_python() == [venv, "ca-certificates"]
    monkeypatch.setattr(sys, "base_prefix", "/opt/python")
    assert system_packages.missing_parts_of_python() == []
