"""The loss chart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ftdesk.errors import StorageError
from ftdesk.ui.chart import LossChart
from ftdesk.ui.loss import LossPoint
from ftdesk.ui.loss_picture import frame_of
from ftdesk.ui.tokens import tokens


@pytest.fixture
def chart(qtbot: QtBot) -> LossChart:
    chart = LossChart()
    chart.resize(600, 300)
    qtbot.addWidget(chart)
    chart.show()
    return chart


def falling(count: int, start: int = 1) -> list[LossPoint]:
    return [LossPoint(step, 10.0 / step) for step in range(start, start + count)]


def colours(chart: LossChart) -> set[str]:
    image = chart.grab().toImage()
    return {QColor(image.pixel(x, y)).name() for x in range(image.width()) for y in range(0, image.height(), 2)}


def wheel(chart: LossChart, at: QPoint, notches: int) -> QWheelEvent:
    event = QWheelEvent(
        QPointF(at),
        QPointF(chart.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(chart, event)
    return event


def test_an_empty_chart_says_what_comes(chart: LossChart) -> None:
    chart.clearFocus()
    assert chart.summary() == "The loss appears here with the first step."
    assert tokens(chart.palette()).accent not in colours(chart)


def test_the_curve_is_painted_in_the_accent_colour_and_validation_in_the_second(chart: LossChart) -> None:
    chart.add(falling(30))
    seen = colours(chart)
    assert tokens(chart.palette()).accent in seen
    assert tokens(chart.palette()).second not in seen
    chart.add([LossPoint(10, None, 2.0), LossPoint(30, None, 1.0)])
    assert tokens(chart.palette()).second in colours(chart)


def test_the_summary_says_in_words_what_the_curve_shows(chart: LossChart) -> None:
    chart.add([LossPoint(1, 4.0), LossPoint(2, 1.0), LossPoint(3, 2.0)])
    chart.mark_checkpoints([3])
    assert chart.accessibleDescription().startswith(
        "Training loss 4 at step 1, 2 at step 3, lowest 1 at step 2. 1 checkpoint"
    )


def test_the_wheel_zooms_around_the_pointer_and_a_double_click_shows_all(chart: LossChart, qtbot: QtBot) -> None:
    chart.add(falling(1000))
    whole = chart.view
    wheel(chart, QPoint(300, 150), 4)
    first, last = chart.view
    assert whole[0] < first < last < whole[1]
    qtbot.mouseDClick(chart, Qt.MouseButton.LeftButton)
    assert chart.view == whole


def test_the_wheel_belongs_to_the_page_when_there_is_nothing_to_zoom_out_of(chart: LossChart) -> None:
    chart.add(falling(100))
    assert not wheel(chart, QPoint(300, 150), -1).isAccepted()
    assert wheel(chart, QPoint(300, 150), 1).isAccepted()


def test_dragging_pans_within_the_training(chart: LossChart, qtbot: QtBot) -> None:
    chart.add(falling(1000))
    chart.zoom(4, 500)
    before = chart.view
    qtbot.mousePress(chart, Qt.MouseButton.LeftButton, pos=QPoint(400, 100))
    qtbot.mouseMove(chart, QPoint(300, 100))
    qtbot.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=QPoint(300, 100))
    assert chart.view[0] > before[0]
    assert chart.view[1] - chart.view[0] == pytest.approx(before[1] - before[0])
    chart._pan(1e9)
    assert chart.view[1] == 1000


def test_the_pointer_reads_out_the_nearest_step(chart: LossChart, qtbot: QtBot) -> None:
    chart.add([LossPoint(1, 3.0), LossPoint(50, 2.0), LossPoint(100, 1.0)])
    qtbot.mouseMove(chart, QPoint(300, 150))
    assert chart.hover_step == 50


def test_everything_works_by_keys(chart: LossChart, qtbot: QtBot) -> None:
    chart.add(falling(100))
    chart.setFocus()
    for key, step in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Right, 2), (Qt.Key.Key_End, 100), (Qt.Key.Key_Left, 99)):
        qtbot.keyClick(chart, key)
        assert chart.hover_step == step
    qtbot.keyClick(chart, Qt.Key.Key_Plus)
    assert chart.view[1] - chart.view[0] < 99
    qtbot.keyClick(chart, Qt.Key.Key_0)
    assert chart.view == (1, 100)
    qtbot.keyClick(chart, Qt.Key.Key_L)
    assert chart.is_log


def test_a_log_scale_gives_every_factor_of_ten_the_same_height(chart: LossChart) -> None:
    chart.add([LossPoint(1, 10.0), LossPoint(2, 1.0), LossPoint(3, 0.1)])
    chart._log.click()
    frame = chart._frame()
    assert frame is not None
    assert frame.y(0.1) - frame.y(1) == pytest.approx(frame.y(1) - frame.y(10))


def test_a_log_scale_of_losses_below_zero_falls_back_to_a_linear_one(chart: LossChart) -> None:
    chart.add([LossPoint(1, -1.0), LossPoint(2, -2.0)])
    chart._log.click()
    frame = chart._frame()
    assert frame is not None
    assert not frame.log
    chart.grab()


def test_clicking_a_checkpoint_chooses_it(chart: LossChart, qtbot: QtBot) -> None:
    chart.add(falling(100))
    chart.mark_checkpoints([50, 100], 50)
    frame = frame_of(chart.curves, chart.rect().toRectF(), chart.view, log=False)
    with qtbot.waitSignal(chart.checkpoint_chosen) as chosen:
        qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(round(frame.x(50)), round(frame.area.bottom())))
    assert chosen.args == [50]


def test_the_axis_reaches_to_the_end_of_the_training_once_it_is_near(chart: LossChart) -> None:
    chart.add(falling(10), total_steps=1000)
    assert chart.view == (1, 16)
    chart.add(falling(600, 11), total_steps=1000)
    assert chart.view == (1, 1000)
    chart.end()
    assert chart.view == (1, 610)


def test_the_chart_is_saved_as_picture_drawing_and_values(chart: LossChart, tmp_path: Path) -> None:
    chart.add(falling(20))
    for name in ("loss.png", "loss.svg", "loss.csv"):
        chart.save(tmp_path / name)
    picture = QImage(str(tmp_path / "loss.png"))
    assert (picture.width(), picture.height()) == (2400, 1200)
    assert b"<svg" in (tmp_path / "loss.svg").read_bytes()
    assert (tmp_path / "loss.csv").read_text().splitlines()[1] == "1,10.0,,,"


def test_a_chart_that_cannot_be_saved_is_a_known_error(chart: LossChart, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        chart.save(tmp_path / "missing" / "loss.csv")


def test_long_trainings_cost_no_more_to_paint(chart: LossChart, monkeypatch: pytest.MonkeyPatch) -> None:
    import ftdesk.ui.loss_picture as module

    sizes: list[int] = []
    polygon: Callable[..., object] = module.QPolygonF
    monkeypatch.setattr(module, "QPolygonF", lambda points: (sizes.append(len(points)), polygon(points))[1])
    chart.add([LossPoint(step, 1.0 + step % 7) for step in range(1, 50_001)])
    chart.grab()
    assert max(sizes) < 4 * chart.width()
