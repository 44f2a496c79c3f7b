"""The list of classes by mouse and keyboard, without a viewer around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import QMimeData, QPointF, Qt
from qtpy.QtGui import QDrag, QDragEnterEvent, QDragMoveEvent, QDropEvent
from qtpy.QtWidgets import QApplication, QDialog, QLineEdit
from tests.session.many import many_particles, micrograph

from napari_ssrvae.docks.class_dialogs import MergeDialog, RemoveDialog
from napari_ssrvae.docks.class_list import ClassList
from napari_ssrvae.docks.class_model import BY_HAND, KEY, NAME, ClassModel
from napari_ssrvae.docks.colour_dialog import PALETTE, ColourDialog
from napari_ssrvae.docks.dragging import particles_mime
from napari_ssrvae.library import ParticleClass
from napari_ssrvae.session import Session

SIDE = 4
COPY = Qt.DropAction.CopyAction
PLAIN = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    many_particles(tmp_path / "library", 1, SIDE).close()
    session = Session(seed=0)
    session.open_library(tmp_path / "library")
    session.add_micrograph(micrograph(0, SIDE))
    yield session
    session.close()


@pytest.fixture
def listed(session: Session, qtbot: Any) -> ClassList:
    listed = ClassList(session)
    qtbot.addWidget(listed)
    listed.resize(320, 260)
    listed.show()
    qtbot.waitExposed(listed)
    return listed


@pytest.fixture
def said(listed: ClassList) -> list[str]:
    sentences: list[str] = []
    listed.said.connect(lambda text: sentences.append(text) if text else None)
    return sentences


def names(session: Session) -> list[str]:
    return [c.name for c in session.classes]


def cell(listed: ClassList, row: int, column: int) -> str:
    return str(listed.model.index(row, column).data())


def dialog(kind: type[QDialog]) -> Any:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]
    return found[-1]


def drop(listed: ClassList, mime: QMimeData, row: int, lower: bool = False) -> bool:
    """Move what is dragged over a row and let go; whether it was taken."""
    port = listed.table.viewport()
    rect = listed.table.visualRect(listed.model.index(row, NAME))
    at = rect.center()
    at.setY(rect.bottom() - 1 if lower else rect.top() + 1)
    left = Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(at, COPY, mime, left, PLAIN)
    QApplication.sendEvent(port, enter)
    if not enter.isAccepted():
        return False
    move = QDragMoveEvent(at, COPY, mime, left, PLAIN)
    QApplication.sendEvent(port, move)
    event = QDropEvent(QPointF(at), COPY, mime, left, PLAIN)
    QApplication.sendEvent(port, event)
    return event.isAccepted()


def test_keys_names_and_the_reserved_class_last(listed: ClassList, qtmodeltester: Any) -> None:
    rows = listed.model.rowCount()
    assert [cell(listed, r, KEY) for r in range(rows)] == ["1", "2", "3", "4", "X"]
    assert cell(listed, rows - 1, NAME) == "none of these"
    qtmodeltester.check(listed.model)


def test_counts_follow_and_only_their_cells_are_drawn(listed: ClassList, qtbot: Any) -> None:
    told: list[tuple[int, int]] = []
    listed.model.dataChanged.connect(
        lambda first, _last: told.append((first.row(), first.column()))
    )
    second = listed.session.classes[1].class_id
    listed.session.assign([1, 2], second)
    listed.session.assign([3], second)
    qtbot.waitUntil(lambda: cell(listed, 1, BY_HAND) == "3", timeout=5000)
    assert told == [(1, BY_HAND)]
    listed.session.undo()
    qtbot.waitUntil(lambda: cell(listed, 1, BY_HAND) == "2", timeout=5000)


def test_a_row_that_is_clicked_is_the_active_class(listed: ClassList, qtbot: Any) -> None:
    at = listed.table.visualRect(listed.model.index(2, NAME)).center()
    qtbot.mouseClick(listed.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert listed.session.active_class_id == listed.session.classes[2].class_id
    listed.session.set_active_class(listed.session.classes[0].class_id)
    assert listed.table.currentIndex().row() == 0


def test_added_by_a_button_and_named_by_typing(listed: ClassList, qtbot: Any) -> None:
    qtbot.mouseClick(listed.add, Qt.MouseButton.LeftButton)
    editor = listed.table.viewport().findChild(QLineEdit)
    assert editor.text() == "class 5"
    editor.setText("\u68d2 <b>rod</b> & Co")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    named = ["\u68d2 <b>rod</b> & Co", "none of these"]
    qtbot.waitUntil(lambda: names(listed.session)[4:] == named, timeout=5000)
    tip = listed.model.index(4, NAME).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;rod" in tip
    listed.session.undo()
    assert cell(listed, 4, NAME) == "class 5"


@pytest.mark.parametrize(
    ("name", "word"), [("", "name"), (" \t", "name"), ("DIMER", "already"), ("x" * 10_000, "64")]
)
def test_names_that_cannot_be_are_refused_in_a_sentence(
    listed: ClassList, said: list[str], name: str, word: str
) -> None:
    before = names(listed.session)
    assert not listed.model.setData(listed.model.index(0, NAME), name)
    assert names(listed.session) == before
    assert len(said) == 1
    assert word in said[0]


def test_a_path_is_only_a_name(listed: ClassList) -> None:
    assert listed.model.setData(listed.model.index(0, NAME), "../../etc/passwd")
    assert cell(listed, 0, NAME) == "../../etc/passwd"


def test_more_than_a_name_can_hold_is_not_typed(
    listed: ClassList, said: list[str], qtbot: Any
) -> None:
    listed.table.edit_name(listed.session.active_class_id)
    editor = listed.table.viewport().findChild(QLineEdit)
    editor.selectAll()
    QApplication.clipboard().setText("y" * 10_000)
    editor.paste()
    assert editor.text() == "y" * 64
    assert "64" in said[0]


def test_moved_by_keys_and_back(listed: ClassList, qtbot: Any) -> None:
    before = names(listed.session)
    listed.table.setFocus()
    for _ in range(9):
        qtbot.keyClick(listed.table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    moved = [*before[1:4], before[0], before[4]]
    assert names(listed.session) == moved
    assert cell(listed, 3, KEY) == "4"
    assert listed.table.currentIndex().row() == 3
    qtbot.keyClick(listed.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    for _ in range(4):
        listed.session.undo()
    assert names(listed.session) == before


@pytest.mark.parametrize(
    ("row", "to", "lower", "order"),
    [(0, 2, True, [1, 2, 0, 3]), (3, 0, False, [3, 0, 1, 2]), (1, 4, True, [0, 2, 3, 1])],
)
def test_moved_by_the_mouse(
    listed: ClassList,
    monkeypatch: pytest.MonkeyPatch,
    row: int,
    to: int,
    lower: bool,
    order: list[int],
) -> None:
    before = names(listed.session)
    monkeypatch.setattr(
        QDrag, "exec", lambda drag, _actions: drop(listed, drag.mimeData(), to, lower)
    )
    listed.table.setCurrentIndex(listed.model.index(row, NAME))
    listed.table.startDrag(COPY)
    assert names(listed.session)[:4] == [before[i] for i in order]


def test_letters_and_digits_are_left_to_the_window(listed: ClassList, qtbot: Any) -> None:
    qtbot.keyClick(listed.table, "t")
    assert listed.table.currentIndex().row() == 0


def test_particles_dropped_on_a_class_get_it(listed: ClassList) -> None:
    origin = str(listed.session.library.folder)
    third = listed.session.classes[2].class_id
    assert drop(listed, particles_mime([2, 5], origin), 2)
    assert listed.session.library.labels().to_dict() == {2: third, 5: third}
    assert not drop(listed, particles_mime([3], "/another/library"), 2)
    assert not drop(listed, QMimeData(), 2)
    assert listed.session.library.labels().size == 2


@pytest.mark.parametrize("answer", ["off", "give", "keep"])
def test_removing_asks_what_becomes_of_the_labels(
    listed: ClassList, qtbot: Any, answer: str
) -> None:
    session = listed.session
    first, second = (c.class_id for c in session.classes[:2])
    session.assign([1, 2], first)
    qtbot.mouseClick(listed.remove, Qt.MouseButton.LeftButton)
    asked = dialog(RemoveDialog)
    if answer == "give":
        asked.others.setCurrentIndex(asked.others.findData(second))
    qtbot.mouseClick(getattr(asked, answer), Qt.MouseButton.LeftButton)
    left = {"off": {}, "give": {1: second, 2: second}, "keep": {1: first, 2: first}}[answer]
    assert session.library.labels().to_dict() == left
    assert (first in [c.class_id for c in session.classes]) == (answer == "keep")
    if answer != "keep":
        session.undo()
        assert session.library.labels().to_dict() == {1: first, 2: first}


def test_one_without_labels_goes_at_once_and_the_reserved_one_stays(
    listed: ClassList, qtbot: Any
) -> None:
    listed.table.setFocus()
    qtbot.keyClick(listed.table, Qt.Key.Key_Delete)
    assert len(listed.session.classes) == 4
    listed.session.set_active_class(listed.session.classes[-1].class_id)
    assert not listed.remove.isEnabled()
    assert not listed.merge.isEnabled()


def test_merged_into_another(listed: ClassList, qtbot: Any) -> None:
    session = listed.session
    first, _, third = (c.class_id for c in session.classes[:3])
    session.assign([4], first)
    listed.merge.trigger()
    asked = dialog(MergeDialog)
    asked.others.setCurrentIndex(asked.others.findData(third))
    qtbot.mouseClick(asked.merge, Qt.MouseButton.LeftButton)
    assert session.library.labels().to_dict() == {4: third}
    assert first not in [c.class_id for c in session.classes]


def test_recoloured_from_the_palette(listed: ClassList, qtbot: Any) -> None:
    qtbot.mouseClick(listed.recolour, Qt.MouseButton.LeftButton)
    asked = dialog(ColourDialog)
    used = {c.colour for c in listed.session.classes}
    free = next(value for value, _ in PALETTE if value not in used)
    qtbot.mouseClick(asked.buttons[free], Qt.MouseButton.LeftButton)
    assert listed.session.classes[0].colour == free
    listed.session.undo()
    assert listed.session.classes[0].colour != free


def test_lists_go_out_and_come_in(listed: ClassList, said: list[str], tmp_path: Path) -> None:
    session = listed.session
    path = tmp_path / "classes.csv"
    assert listed.export_to(path)
    before = [(c.name, c.colour) for c in session.classes]
    while len(session.classes) > 2:
        listed.remove_class()
    assert listed.import_from(path)
    assert sorted((c.name, c.colour) for c in session.classes) == sorted(before)
    path.write_bytes(b"\x00\xff\x00")
    assert not listed.import_from(path)
    assert len(said) == 1


def some_classes(ids: list[int]) -> list[ParticleClass]:
    return [ParticleClass(i, f"name {i}", "#123456", at) for at, i in enumerate(ids)]


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(1, 9), unique=True, max_size=6),
            st.dictionaries(st.integers(1, 9), st.tuples(st.integers(0, 9), st.integers(0, 9))),
        ),
        max_size=5,
    )
)
def test_the_model_shows_what_it_was_last_told(
    steps: list[tuple[list[int], dict[int, tuple[int, int]]]],
) -> None:
    model = ClassModel(lambda _id, _name: False)
    seen: dict[tuple[int, int], Any] = {}

    def look(top: int = 0, bottom: int = 99) -> None:
        for row in range(top, min(bottom, model.rowCount() - 1) + 1):
            for column in range(4):
                seen[row, column] = model.index(row, column).data()

    def again() -> None:
        seen.clear()
        look()

    # A view that looks again only where it is told to must see everything right.
    model.dataChanged.connect(lambda first, last: look(first.row(), last.row()))
    model.modelReset.connect(again)
    for ids, counts in steps:
        model.show_classes(some_classes(ids))
        model.show_counts(counts)
        expected = {
            (row, column): text
            for row, i in enumerate(ids)
            for column, text in enumerate(
                (str(row + 1), f"name {i}", *(str(n) for n in counts.get(i, (0, 0))))
            )
        }
        assert seen == expected


def test_without_a_library_nothing_can_be_done(qtbot: Any) -> None:
    listed = ClassList(Session())
    qtbot.addWidget(listed)
    assert listed.model.rowCount() == 0
    for button in (listed.add, listed.remove, listed.recolour, listed.more):
        assert not button.isEnabled()
    listed.remove_class()
    listed.merge_class()
    listed.recolour_class()
    assert np.all([not w.isVisible() for w in QApplication.topLevelWidgets() if w is not listed])
