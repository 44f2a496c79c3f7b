"""The review panel: its buttons, what it says, and that it is cheap. A viewer without a window."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication
from tests.session.many import many_particles, micrograph, predict

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.docks.results import ResultsPanel
from napari_ssrvae.docks.review_panel import ReviewPanel
from napari_ssrvae.docks.review_words import ENOUGH, accuracy_words
from napari_ssrvae.session import Session
from napari_ssrvae.session.queue import RunningAccuracy

SIDE = 6


@pytest.fixture
def canvas(tmp_path: Path) -> Iterator[Canvas]:
    library = many_particles(tmp_path / "library", 1, SIDE)
    predict(library)
    library.close()
    viewer = ViewerModel()
    session = Session(seed=0)
    canvas = Canvas(viewer, session)
    session.open_library(tmp_path / "library")
    session.add_micrograph(micrograph(0, SIDE))
    yield canvas
    session.close()


@pytest.fixture
def panel(canvas: Canvas, qtbot: Any) -> ReviewPanel:
    panel = ReviewPanel(canvas)
    qtbot.addWidget(panel)
    panel.resize(340, 400)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def press(qtbot: Any, button: Any) -> None:
    assert button.isEnabled(), button.text()
    # New buttons are laid out in the next turn of the event loop.
    qtbot.waitUntil(button.isVisible, timeout=5000)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def begun(panel: ReviewPanel, qtbot: Any) -> int:
    """Press Review; return the particle that is asked for."""
    press(qtbot, panel.review)
    qtbot.waitUntil(lambda: panel.asked.isVisible(), timeout=5000)
    return panel.session.queue.current.particle_id


def test_accept_answer_skip_back_end(panel: ReviewPanel, qtbot: Any) -> None:
    session = panel.session
    assert not panel.asked.isVisible()
    first = begun(panel, qtbot)
    pick = session.queue.current
    name = next(c.name for c in session.classes if c.class_id == pick.class_id)
    assert name in panel.card.what.text()
    assert name in panel.accept.whole_text
    assert not panel.card.picture.pixmap().isNull()
    assert not panel.next.isVisible()

    press(qtbot, panel.accept)
    assert session.library.labels().to_dict() == {first: pick.class_id}
    second = session.queue.current.particle_id
    assert second != first
    other = session.classes[-1].class_id
    press(qtbot, panel.answers.buttons[other])
    assert session.library.labels()[second] == other

    third = session.queue.current.particle_id
    qtbot.waitUntil(lambda: panel.card.place.text().startswith("Number 3;"), timeout=5000)
    press(qtbot, panel.skip)
    assert third not in session.library.labels().index
    qtbot.waitUntil(lambda: panel.card.place.text().startswith("Number 4;"), timeout=5000)
    press(qtbot, panel.back)
    assert session.queue.current.particle_id == third
    qtbot.waitUntil(lambda: panel.card.place.text().startswith("Number 3;"), timeout=5000)
    press(qtbot, panel.end)
    qtbot.waitUntil(lambda: panel.next.isVisible(), timeout=5000)
    assert session.queue.order is None
    assert session.library.labels().size == 2


def test_undo_brings_the_answered_one_back(panel: ReviewPanel, qtbot: Any) -> None:
    first = begun(panel, qtbot)
    press(qtbot, panel.accept)
    panel.commands.undo()
    assert panel.session.queue.current.particle_id == first
    qtbot.waitUntil(lambda: panel.card.place.text().startswith("Number 1;"), timeout=5000)


def test_the_panel_follows_what_is_answered_elsewhere(panel: ReviewPanel, qtbot: Any) -> None:
    begun(panel, qtbot)
    panel.commands.press("Enter")
    qtbot.waitUntil(lambda: panel.card.place.text().startswith("Number 2;"), timeout=5000)


def test_names_are_shown_as_they_are(panel: ReviewPanel, qtbot: Any) -> None:
    from napari_ssrvae.library import RenameClass

    session = panel.session
    session.do(RenameClass(session.classes[0].class_id, "a & <b>b</b>"))
    begun(panel, qtbot)
    button = panel.answers.buttons[session.classes[0].class_id]
    assert button.whole_text == "1  a & <b>b</b>"
    assert "&&" in button.text()
    assert "&lt;b&gt;" in button.toolTip()
    for label in (panel.card.what, panel.card.why, panel.accuracy):
        assert label.textFormat() == Qt.TextFormat.PlainText


def test_without_particles_nothing_can_be_begun(qtbot: Any) -> None:
    panel = ReviewPanel(Canvas(ViewerModel(), Session()))
    qtbot.addWidget(panel)
    assert not panel.next.isEnabled()
    assert not panel.review.isEnabled()
    assert panel.asked.isHidden()


def accuracy(right: int, judged: int) -> RunningAccuracy:
    from napari_ssrvae.evaluation.metrics import wilson_interval

    return RunningAccuracy("m", right, judged, *map(float, wilson_interval(right, judged)))


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_words_claim_no_more_than_the_answers_say(right: int, wrong: int) -> None:
    found = accuracy(right, right + wrong)
    words = accuracy_words(found)
    assert ("too few" in words) == (0 < found.judged < ENOUGH)
    assert ("95 %" in words) == (found.judged >= ENOUGH)
    if found.judged >= ENOUGH:
        low, high = (int(n) for n in words.split("them ")[1].split(" %")[0].split(" to "))
        assert low / 100 <= found.low
        assert found.high <= high / 100 + 1e-12
        assert high - low <= math.ceil(100 * (found.high - found.low)) + 1


def test_no_model_no_words() -> None:
    assert accuracy_words(None) == ""


def test_a_click_sums_nothing_up_at_once(
    canvas: Canvas, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = canvas.session
    viewer = canvas.viewer
    monkeypatch.setattr("napari_ssrvae.docks.results.canvas_of", lambda _viewer: canvas)
    results = ResultsPanel(viewer)
    qtbot.addWidget(results)
    with qtbot.waitExposed(results):
        results.show()
    QApplication.processEvents()
    asked: list[int] = []
    whole = session.summary
    monkeypatch.setattr(session, "summary", lambda: (asked.append(1), whole())[1])
    free = session.catalogue.particle_ids[:5]
    for particle_id in free:
        session.assign([int(particle_id)], session.classes[0].class_id)
    assert not asked
    particles = sum(
        bool(
            hand == session.classes[0].class_id
            or (not hand and model == session.classes[0].class_id)
        )
        for hand, model in zip(session.catalogue.by_hand, session.catalogue.by_model, strict=True)
    )
    qtbot.waitUntil(lambda: results.table.item(0, 1).text() == str(particles), timeout=5000)
    assert len(asked) == 1
