"""The files that ship with ftdesk are there, are what they claim to be, and are found wherever ftdesk lies."""

from __future__ import annotations

import hashlib
import lzma
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from ftdesk import errors, resources

ICONS = sorted(resources.path("icons").glob("*.svg"))
FONTS = sorted(resources.path("fonts").glob("*.ttf"))


def test_a_file_is_found_in_the_checkout() -> None:
    checkout = Path(resources.__file__).resolve().parent.parent
    assert resources.path("icons/ftdesk.svg") == checkout / "resources" / "icons" / "ftdesk.svg"


def test_an_installed_package_carries_its_own_and_prefers_them(tmp_path: Path) -> None:
    package = tmp_path / "ftdesk"
    package.mkdir()
    for name in ("resources.py", "errors.py"):
        shutil.copy(Path(resources.__file__).with_name(name), package)
    (package / "__init__.py").touch()
    for folder in (package / "resources", tmp_path / "resources"):
        folder.mkdir()
        (folder / "a.txt").touch()
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from ftdesk import resources as r; print(r.path('a.txt'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == package.resolve() / "resources" / "a.txt"


def test_a_missing_file_is_named() -> None:
    with pytest.raises(errors.FtdeskError, match=r"nothing\.svg, a part of ftdesk, is missing"):
        resources.path("icons/nothing.svg")


def test_the_vocabulary_is_the_published_one() -> None:
    packed = resources.path("vocabularies/o200k_base.tiktoken.xz").read_bytes()
    # The digest that tiktoken compares with (tiktoken_ext/openai_public.py).
    published = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
    assert hashlib.sha256(lzma.decompress(packed)).hexdigest() == published


@pytest.mark.parametrize("icon", ICONS, ids=lambda file: file.stem)
def test_an_icon_can_be_drawn_in_the_colour_of_the_theme(icon: Path, qapp: QApplication) -> None:
    text = icon.read_bytes()
    renderer = QSvgRenderer(text.replace(b"currentColor", b"#123456"))
    assert renderer.isValid()
    assert renderer.viewBoxF().width() == renderer.viewBoxF().height()
    if icon.stem != "ftdesk":
        assert b'stroke="currentColor"' in text


@pytest.mark.parametrize("font", FONTS, ids=lambda file: file.stem)
def test_a_font_has_the_family_and_weight_of_its_name(font: Path) -> None:
    weights = {"Regular": 400, "Medium": 500, "SemiBold": 600, "Bold": 700}
    families = {"Inter": "Inter", "JetBrainsMono": "JetBrains Mono"}
    name, style = font.stem.split("-")
    # In a process of its own: fonts that other tests have loaded would answer for it.
    program = (
        "import sys\n"
        "from PySide6.QtGui import QFontDatabase, QGuiApplication\n"
        "application = QGuiApplication([])\n"
        "family = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(sys.argv[1]))[0]\n"
        "print(family, *[QFontDatabase.weight(family, style) for style in QFontDatabase.styles(family)], sep=',')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, font],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"{families[name]},{weights[style]}"


def test_every_font_that_the_readme_promises_is_there() -> None:
    assert [font.stem for font in FONTS] == [
        "Inter-Bold",
        "Inter-Medium",
        "Inter-Regular",
        "Inter-SemiBold",
        "JetBrainsMono-Bold",
        "JetBrainsMono-Regular",
    ]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("fonts/Inter-LICENSE.txt", "SIL OPEN FONT LICENSE"),
        ("fonts/JetBrainsMono-LICENSE.txt", "SIL OPEN FONT LICENSE"),
        ("icons/LICENSE", "ISC License"),
        ("vocabularies/LICENSE.txt", "MIT License"),
    ],
)
def test_what_others_made_comes_with_its_licence(file: str, words: str) -> None:
    assert words in resources.path(file).read_text("utf-8")
