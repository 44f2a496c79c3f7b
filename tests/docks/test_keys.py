"""Keys: the registry, what each does, and which particles it is meant for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Labels
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QApplication, QLineEdit
from tests.session.many import many_particles, predict

from napari_ssrvae.docks.commands import Commands
from napari_ssrvae.docks.keys import key_of
from napari_ssrvae.docks.shortcuts import SHORTCUTS, keys_for
from napari_ssrvae.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session on a library of 16 particles with predictions; its micrograph is not open."""
    library = many_particles(tmp_path / "library", 1, 4)
    predict(library)
    library.close()
    made = Session(tmp_path, seed=0)
    made.open_library(tmp_path / "library")
    yield made
    made.close()


@pytest.fixture
def commands(session: Session) -> Commands:
    return Commands(session)


def test_every_key_of_the_registry_means_one_thing_in_its_place() -> None:
    heard = [(key, entry.where) for entry in SHORTCUTS for key in entry.keys]
    assert len(set(heard)) == len(heard)
    assert set("123456789") <= set(keys_for("micrograph"))
    assert "Ctrl+Y" in keys_for("everywhere")
    assert all(entry.words for entry in SHORTCUTS)


def test_digits_choose_and_give_and_zero_takes_off(session: Session, commands: Commands) -> None:
    ids = session.catalogue.particle_ids[:3]
    assert commands.press("2", ids)
    second = session.classes[1].class_id
    assert session.active_class_id == second
    assert session.library.labels().to_dict() == dict.fromkeys(ids.tolist(), second)
    assert commands.press("0", ids[:1])
    assert session.library.labels().index.tolist() == ids[1:].tolist()
    said: list[str] = []
    commands.message.connect(said.append)
    assert commands.press("0", ids[:1])
    assert said == ["There is no label by hand to take off."]
    assert commands.press("3")
    assert session.active_class_id == session.classes[2].class_id
    assert len(session.library.labels()) == 2


def test_x_gives_the_reserved_class(session: Session, commands: Commands) -> None:
    ids = session.catalogue.particle_ids[:2]
    assert commands.press("X", ids)
    reserved = next(c for c in session.classes if c.reserved)
    assert set(session.library.labels()) == {reserved.class_id}


def test_a_key_without_a_class_is_one_sentence(session: Session, commands: Commands) -> None:
    said: list[str] = []
    commands.message.connect(said.append)
    commands.press("9", session.catalogue.particle_ids[:1])
    assert "no class 9" in said[0]
    assert session.library.labels().empty
    commands.undo()
    assert "nothing to undo" in said[1]
    commands.jump()
    assert "Select a particle" in said[2]


def test_answers_are_heard_only_in_a_review_and_each_goes_on(
    session: Session, commands: Commands
) -> None:
    assert not commands.press("Enter")
    assert not commands.press("Tab")
    assert session.queue.order is None
    commands.press("R")
    assert session.queue.order == "doubt"
    first = session.queue.current
    assert commands.press("Enter")
    assert session.library.labels().to_dict() == {first.particle_id: first.class_id}
    second = session.queue.current
    assert second.particle_id != first.particle_id
    commands.press("2", [second.particle_id])
    assert session.library.labels()[second.particle_id] == session.classes[1].class_id
    third = session.queue.current
    commands.press("0", [third.particle_id])
    assert session.queue.current.particle_id != third.particle_id
    commands.press("Shift+N")
    assert session.queue.current.particle_id == third.particle_id
    assert len(session.library.labels()) == 2
    commands.press("Esc")
    assert session.queue.order is None


def test_escape_without_a_review_selects_nothing(session: Session, commands: Commands) -> None:
    session.selection.select(session.catalogue.particle_ids[:4])
    commands.press("Esc")
    assert len(session.selection) == 0


def test_without_particles_a_key_says_what_to_do(tmp_path: Path) -> None:
    commands, said = Commands(Session(tmp_path)), []
    commands.message.connect(said.append)
    for key in ("N", "R"):
        assert commands.press(key)
    assert all("Find particles" in sentence for sentence in said)
    assert len(said) == 2


@pytest.mark.parametrize(
    ("key", "modifiers", "text", "name"),
    [
        (Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier, "N", "Shift+N"),
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", "Enter"),
        (Qt.Key.Key_5, Qt.KeyboardModifier.KeypadModifier, "5", "5"),
        (Qt.Key.Key_5, Qt.KeyboardModifier.ShiftModifier, "5", "5"),
        (Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier, "?", "?"),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, "", "Esc"),
        (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier, "", "Ctrl+Z"),
    ],
)
def test_a_pressed_key_has_the_registry_s_name(
    key: Qt.Key, modifiers: Qt.KeyboardModifier, text: str, name: str
) -> None:
    assert key_of(QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text)) == name


def send_key(bench: Any, key: Qt.Key, modifiers: Qt.KeyboardModifier, text: str) -> None:
    """Press a key as a keyboard of another country does."""
    canvas = bench.viewer.window._qt_viewer.canvas.native
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(canvas, QKeyEvent(kind, key, modifiers, text))


def test_keys_on_the_micrograph_go_where_they_are_meant(bench: Any) -> None:
    bench.open_disks()
    bench.find()
    session, state = bench.session, bench.session.current
    first, second, third = (c.class_id for c in session.classes[:3])
    # One of a selection of several under the mouse: all of them.
    session.selection.select(state.particle_ids[[2, 3, 4]])
    bench.hover(*bench.label_position(3))
    bench.key("2")
    assert (state.by_hand[[2, 3, 4]] == second).all()
    # One that is not selected: it alone.
    bench.hover(*bench.label_position(9))
    bench.key("3")
    assert np.flatnonzero(state.by_hand == third).tolist() == [9]
    # On some keyboards digits need Shift.
    send_key(bench, Qt.Key.Key_2, Qt.KeyboardModifier.ShiftModifier, "2")
    assert state.by_hand[9] == session.classes[1].class_id
    bench.key("3")
    # Background: the class is chosen, and nothing else.
    bench.hover(80, 80)
    bench.key("1")
    assert session.active_class_id == first
    assert not (state.by_hand == first).any()
    # A selecting tool in the hand: the selection, wherever the mouse is.
    bench.key("B")
    bench.key("1")
    assert (state.by_hand[[2, 3, 4]] == first).all()
    bench.key("Escape")
    # Under review: the particle under review, wherever the mouse is; Tab is no change of the widget.
    bench.key("N")
    pick = session.queue.current
    bench.qtbot.waitUntil(lambda: session.selection.focus == pick.particle_id, timeout=5000)
    bench.key("Tab")
    skipped = session.queue.current
    assert skipped.particle_id != pick.particle_id
    bench.key("2")
    assert session.library.labels()[skipped.particle_id] == second
    assert pick.particle_id not in session.library.labels()
    bench.key("Escape")
    assert session.queue.order is None


def test_undo_is_the_window_s_but_text_and_napari_s_brush_keep_their_own(bench: Any) -> None:
    bench.open_disks()
    bench.find()
    state = bench.session.current
    bench.click(*bench.label_position(3))
    field = QLineEdit(bench.workbench)
    field.show()
    bench.qtbot.keyClicks(field, "ab")
    bench.qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert field.text() != "ab"
    assert state.by_hand[3]

    own = bench.viewer.add_labels(np.zeros((50, 50), np.uint8), name="own")
    assert isinstance(own, Labels)
    own.mode = "paint"
    own.data_setitem((np.array([5]), np.array([5])), 1)
    bench.key("Ctrl+Z")
    assert own.data[5, 5] == 0
    assert state.by_hand[3]
    own.mode = "pan_zoom"
    bench.key("Ctrl+Z")
    assert not state.by_hand[3]
    bench.key("Ctrl+Y")
    assert state.by_hand[3]
    assert bench.viewer.dims.ndisplay == 2
