"""What the window says and does while acts are kept in memory only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from napari.components import ViewerModel
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication, QMainWindow
from tests.session.many import many_particles

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.docks.title import TitleKeeper
from napari_ssrvae.docks.unsaved_dialog import UnsavedDialog
from napari_ssrvae.docks.unsaved_note import UnsavedNote
from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.session import Session

WHY = "The disk is full."


class Hindered(Session):
    """A session whose acts cannot be written while `full`."""

    full = False
    kept = 0

    @property
    def unsaved(self) -> int:
        return self.kept

    def save_unsaved(self) -> bool:
        if not self.full and self.kept:
            self.kept = 0
            self.unsaved_changed.emit(0, "")
        return not self.kept

    def keep(self, number: int) -> None:
        self.full, self.kept = True, number
        self.unsaved_changed.emit(number, WHY)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Hindered]:
    many_particles(tmp_path / "library", 1, 2).close()
    session = Hindered()
    session.open_library(tmp_path / "library")
    session.assign([1], session.classes[0].class_id)
    yield session
    session.close()


@pytest.fixture
def canvas(session: Hindered) -> Canvas:
    viewer = ViewerModel(title="my work")
    canvas = Canvas(viewer, session)
    canvas.kept_viewer = viewer  # type: ignore[attr-defined]
    return canvas


@pytest.fixture
def window(session: Hindered, qtbot: Any) -> QMainWindow:
    window = QMainWindow()
    # The end of a test closes the window, and nobody answers the question then.
    qtbot.addWidget(window, before_close_func=lambda _window: setattr(session, "kept", 0))
    window.setWindowTitle("my work")
    window.show()
    return window


@pytest.fixture
def keeper(canvas: Canvas, window: QMainWindow) -> TitleKeeper:
    keeper = TitleKeeper(canvas, again_ms=20)
    keeper.watch(window)
    return keeper


def answer(what: Callable[[UnsavedDialog], object], shown: list[str]) -> None:
    """Answer the question that the next close brings up."""

    def act() -> None:
        asked = QApplication.activeModalWidget()
        assert isinstance(asked, UnsavedDialog)
        shown.append(asked.windowTitle())
        what(asked)

    QTimer.singleShot(0, act)


def test_the_title_says_so_until_all_is_saved(
    session: Hindered, window: QMainWindow, keeper: TitleKeeper, qtbot: Any
) -> None:
    session.keep(3)
    assert window.windowTitle() == f"3 acts not saved: {WHY} \u2013 my work"
    session.keep(1)
    assert window.windowTitle().startswith("1 act not saved")
    session.full = False
    # Nobody does anything: it is tried again by itself.
    qtbot.waitUntil(lambda: window.windowTitle() == "my work", timeout=5000)
    assert not keeper.again.isActive()


def test_a_new_title_of_the_viewer_does_not_hide_it(
    canvas: Canvas, session: Hindered, window: QMainWindow, keeper: TitleKeeper, qtbot: Any
) -> None:
    session.keep(2)
    canvas.viewer.title = "other"
    window.setWindowTitle("other")
    qtbot.waitUntil(lambda: window.windowTitle().startswith("2 acts not saved"), timeout=5000)
    assert window.windowTitle().endswith("other")


@pytest.mark.parametrize("choice", ["stay", "anyway"])
def test_closing_asks(
    session: Hindered, window: QMainWindow, keeper: TitleKeeper, choice: str, qtbot: Any
) -> None:
    session.keep(3)
    shown: list[str] = []
    answer(lambda asked: qtbot.mouseClick(getattr(asked, choice), Qt.MouseButton.LeftButton), shown)
    assert window.close() == (choice == "anyway")
    assert shown == ["Not everything is saved"]
    assert window.isVisible() == (choice == "stay")


def test_closing_saves_without_a_question_where_it_can(
    session: Hindered, window: QMainWindow, keeper: TitleKeeper
) -> None:
    keeper.again.setInterval(1_000_000)
    session.keep(3)
    session.full = False
    assert window.close()
    assert session.unsaved == 0


def test_saved_elsewhere_before_it_closes(
    session: Hindered, window: QMainWindow, keeper: TitleKeeper, tmp_path: Path
) -> None:
    session.keep(1)
    first = session.classes[0].class_id
    full, told = tmp_path / "library", []

    def elsewhere(asked: UnsavedDialog) -> None:
        assert not asked.save_to(full)
        told.append(asked.problem.text())
        assert asked.save_to(tmp_path / "elsewhere")

    answer(elsewhere, [])
    assert window.close()
    assert told[0]
    with ParticleLibrary.open(tmp_path / "elsewhere", read_only=True) as saved:
        assert saved.labels().to_dict() == {1: first}


def test_the_head_of_the_dock_says_it_too(canvas: Canvas, session: Hindered, qtbot: Any) -> None:
    note = UnsavedNote(canvas)
    qtbot.addWidget(note)
    assert note.isHidden()
    session.keep(2)
    assert not note.isHidden()
    assert WHY in note.words.text()
    session.full = False
    qtbot.mouseClick(note.again, Qt.MouseButton.LeftButton)
    assert note.isHidden()
