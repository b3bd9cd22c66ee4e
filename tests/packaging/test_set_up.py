"""A checkout set up for real: environment, pip, lock file, wheel. It takes minutes, so it runs only if asked for."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "import probe; print(probe.VERSION)"

pytestmark = pytest.mark.skipif(
    "FTDESK_TEST_INSTALL" not in os.environ, reason="installs for minutes; set FTDESK_TEST_INSTALL to run it"
)


class Checkout:
    """A checkout of a small program in place of ftdesk, whose wheels lie in a folder instead of on the network."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "Füße und Hände"
        self.wheels = folder / "wheels"
        self.stamp = self.root / ".venv" / "ftdesk-stamp.json"
        self.wheels.mkdir()
        (self.root / "ftdesk" / "cli").mkdir(parents=True)
        (self.root / "ftdesk" / "__main__.py").write_text(PROGRAM)
        (self.root / "ftdesk" / "cli" / "check.py").touch()
        (self.root / "packaging").mkdir()
        for file in (ROOT / "packaging").glob("*.py"):
            shutil.copy(file, self.root / "packaging")
        self.lock(self.wheel(1))

    def wheel(self, version: int, *, tampered: bool = False) -> str:
        """Write the smallest wheel there can be. Returns the line of a lock file that names it."""
        info = f"probe-{version}.dist-info"
        files = {
            "probe.py": f"VERSION = {version}\n{'# and something else' if tampered else ''}",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: probe\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items())
        path = self.wheels / f"probe-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for inside, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
                archive.writestr(inside, text)
        return f"probe=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"

    def lock(self, line: str) -> None:
        for name in ("requirements.lock", "requirements-test.lock"):
            (self.root / "packaging" / name).write_text(line)

    def start(self) -> subprocess.CompletedProcess[str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
        offline = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": self.wheels.as_uri()}
        command = [sys.executable, str(self.root / "packaging" / "run.py"), "check"]
        return subprocess.run(command, env=environ | offline, capture_output=True, text=True, check=False)


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def test_an_environment_is_made_followed_and_guarded(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    first = checkout.start()
    assert (first.returncode, first.stdout) == (0, "1\n"), first.stderr

    second = checkout.start()
    assert (second.returncode, second.stdout, second.stderr) == (0, "1\n", "")

    checkout.lock(checkout.wheel(2))
    assert checkout.start().stdout == "2\n"

    checkout.lock(checkout.wheel(3))
    checkout.wheel(3, tampered=True)
    refused = checkout.start()
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "differs from the one that the lock file names" in refused.stderr
    assert not checkout.stamp.exists()


def test_a_clone_sets_itself_up(tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", ROOT, tmp_path / "clone"], check=True)
    command = [sys.executable, "clone/packaging/run.py", "--version"]
    first, second = (
        subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True) for _ in range(2)
    )
    assert first.stdout == second.stdout
    assert second.stdout.startswith("ftdesk ")
    assert second.stderr == ""


def test_the_wheel_holds_the_program_and_its_resources(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", tmp_path, ROOT], check=True)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    folder = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    built = next(tmp_path.glob("ftdesk-*.whl"))
    subprocess.run([folder / "python", "-m", "pip", "install", "--quiet", "--no-deps", built], check=True)
    version = subprocess.run([folder / "ftdesk", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("ftdesk ")
    program = "from ftdesk import resources; print(resources.path('icons/ftdesk.svg'))"
    found = subprocess.run(
        [folder / "python", "-I", "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert Path(found.stdout.strip()).is_relative_to(tmp_path / "venv")
    shipped = {file.relative_to(ROOT / "resources") for file in (ROOT / "resources").rglob("*") if file.is_file()}
    with zipfile.ZipFile(built) as archive:
        inside = {Path(name).relative_to("ftdesk/resources") for name in archive.namelist() if "/resources/" in name}
    assert inside == shipped
