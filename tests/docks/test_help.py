"""Help where it is needed: the sheet of keys, tooltips, names for screen readers, empty states."""

from __future__ import annotations

from typing import Any

import pytest
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QMainWindow, QWidget

from napari_ssrvae.docks import label, micrograph_bar, results, train
from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.docks.shortcut_sheet import ShortcutSheet, sheet_of
from napari_ssrvae.docks.shortcuts import SHORTCUTS
from napari_ssrvae.session import Session


@pytest.fixture(scope="module")
def viewer() -> ViewerModel:
    return ViewerModel()


@pytest.fixture(scope="module")
def canvas(viewer: ViewerModel) -> Canvas:
    return Canvas(viewer, Session())


@pytest.fixture
def panels(
    canvas: Canvas, viewer: ViewerModel, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> list[Any]:
    made: list[Any] = []
    for module, kind in (
        (micrograph_bar, "MicrographBar"),
        (label, "LabelPanel"),
        (train, "TrainPanel"),
        (results, "ResultsPanel"),
    ):
        monkeypatch.setattr(module, "canvas_of", lambda _viewer: canvas)
        made.append(getattr(module, kind)(viewer))
        qtbot.addWidget(made[-1])
    return made


def texts(widget: QWidget) -> str:
    from qtpy.QtWidgets import QLabel

    return " ".join(found.text() for found in widget.findChildren(QLabel))


def test_the_sheet_has_every_key_of_the_registry(qtbot: Any) -> None:
    import html

    sheet = ShortcutSheet(None)
    qtbot.addWidget(sheet)
    whole = texts(sheet)
    for entry in SHORTCUTS:
        assert f"<b>{html.escape(entry.key)}</b>" in whole
        assert html.escape(entry.words) in whole
    assert sheet.width() <= 1280
    assert sheet.height() <= 800


def test_one_sheet_for_a_window_however_often_it_is_asked_for(
    canvas: Canvas, panels: list[Any], qtbot: Any
) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    keeper = sheet_of(canvas)
    assert sheet_of(canvas) is keeper
    keeper.watch(window)
    qtbot.mouseClick(panels[1].keys, Qt.MouseButton.LeftButton)
    first = keeper.sheet
    assert first.isVisible()
    assert first.parent() is window
    canvas.commands.press("F1")
    assert keeper.sheet is first
    qtbot.keyClick(first, Qt.Key.Key_Escape)
    assert not first.isVisible()
    canvas.commands.press("?")
    assert keeper.sheet is first
    assert first.isVisible()
    first.close()


def test_each_panel_says_what_to_do_first(panels: list[Any]) -> None:
    bar, labels, training, seen = panels
    assert "Open a micrograph" in bar.hint.text()
    assert "Find particles first" in labels.hint.text()
    assert "Find particles first" in training.hint.text()
    assert "Train first" in seen.hint.text()


def test_every_button_has_words_and_is_reached_by_keyboard(panels: list[Any]) -> None:
    for panel in panels:
        for button in panel.findChildren(QAbstractButton):
            if button.isHidden() or not button.text():
                continue
            assert button.focusPolicy() & Qt.FocusPolicy.TabFocus, button.text()
            assert button.toolTip() or len(button.text()) > 6, button.text()
    labels = panels[1]
    for widget in (labels.table, labels.add, labels.remove, labels.recolour, labels.more):
        assert widget.accessibleName()
    # The table lets Tab out, or nothing behind it could be reached.
    assert not labels.table.tabKeyNavigation()
