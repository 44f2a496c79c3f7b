"""What the model says, on the micrograph and in the results: fills, stripes, none of these, arrows, legend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QLabel, QWidget
from tests.session.many import many_particles, micrograph, predict

from napari_ssrvae.docks.fills import OPACITY, Level, Striped, class_of, codes_of, fill_colours
from napari_ssrvae.docks.legend import Legend
from napari_ssrvae.docks.results_table import ResultsTable
from napari_ssrvae.docks.thresholds import Thresholds
from napari_ssrvae.library import NONE_OF_THESE_ID, ParticleClass, RenameClass
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.session import ClassSummary, Session, Why
from napari_ssrvae.session.showing import show
from napari_ssrvae.workflow import ParticlesFound, find_particles

# --- fills ---------------------------------------------------------------------------------------


@given(
    st.lists(st.floats(0, 1, width=32), min_size=1, max_size=20),
    st.floats(0, 1, width=32),
)
def test_the_surer_the_stronger_and_unsure_ones_are_striped(
    probabilities: list[float], unsure: float
) -> None:
    sure = np.array(probabilities, np.float32)
    none, model = np.zeros(len(sure), np.uint8), np.full(len(sure), 3, np.uint8)
    shown = show(none, model, sure, sure * 0, unsure_below=unsure)
    codes = codes_of(shown, sure)
    assert (class_of(codes) == 3).all()
    levels = codes // 256
    striped = levels == Level.STRIPE
    assert (striped == (shown.why == Why.UNSURE)).all()
    strength = np.array(OPACITY)[levels[~striped]]
    order = np.argsort(sure[~striped], kind="stable")
    assert (np.diff(strength[order]) >= 0).all()
    assert (strength < OPACITY[Level.HAND]).all()


def test_a_label_by_hand_is_filled_fully_and_nothing_is_nothing() -> None:
    hand, model = np.array([0, 2, 0], np.uint8), np.array([0, 5, 5], np.uint8)
    sure, novelty = np.array([np.nan, 0.1, 0.99], np.float32), np.array([np.nan, 1, 1], np.float32)
    codes = codes_of(show(hand, model, sure, novelty, unsure_below=0.5, novel_above=0.5), sure)
    assert codes.tolist() == [0, 2, NONE_OF_THESE_ID + 256 * Level.VERY_SURE]
    colours = fill_colours([ParticleClass(2, "rod", "#ff0000", 0)]).color_dict
    assert np.allclose(colours[2], (1, 0, 0, 1))
    assert colours[2 + 256 * Level.GAP][3] < 0.1 < colours[2 + 256 * Level.STRIPE][3]


SIZE = 40
edge = st.integers(0, SIZE)
step = st.sampled_from((1, 1, 2, 3))


@settings(max_examples=40)
@given(st.tuples(edge, edge, step), st.tuples(edge, edge, step), st.integers(0, 99))
def test_a_part_of_the_picture_is_striped_like_the_whole(
    rows: tuple[int, int, int], columns: tuple[int, int, int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, (SIZE, SIZE)).astype(np.int32)
    table = np.array([0, 1, 1 + 256 * Level.STRIPE, 2 + 256 * Level.VERY_SURE], np.uint16)
    fills = Striped(labels, table)
    whole = np.asarray(fills)
    where = slice(*rows), slice(*columns)
    assert np.array_equal(fills[where], whole[where])
    assert np.array_equal(class_of(whole), class_of(table)[labels])
    unsure = labels == 2
    assert (whole[~unsure] == table[labels][~unsure]).all()
    assert set(np.unique(whole[unsure] // 256)) == {Level.STRIPE, Level.GAP}


# --- widgets on a session ------------------------------------------------------------------------


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Two micrographs in the library, the first of them open; a model says something of all particles."""
    library = many_particles(tmp_path / "library", 2, 4)
    predict(library)
    library.close()
    session = Session(seed=0)
    session.open_library(tmp_path / "library")
    session.add_micrograph(micrograph(0, 4))
    return session


def test_sliders_set_the_thresholds_and_say_how_many(session: Session, qtbot: Any) -> None:
    widget = Thresholds(session)
    qtbot.addWidget(widget)
    widget.refresh(predicted=True)
    assert widget.unsure.value() == 80
    assert widget.novel.value() == 100
    said = [label.text() for label in widget.findChildren(QLabel)]
    assert "off" in said
    qtbot.keyClick(widget.unsure, Qt.Key.Key_Right)
    assert session.unsure_below == pytest.approx(0.81)
    qtbot.keyClick(widget.novel, Qt.Key.Key_Home)
    assert session.novel_above == 0.0
    widget.refresh(predicted=True)
    said = [label.text() for label in widget.findChildren(QLabel)]
    assert "0.00 \u00b7 32" in said
    assert "0.81 \u00b7 0" in said


def test_the_legend_counts_and_shows_names_as_they_are(session: Session, qtbot: Any) -> None:
    over = QWidget()
    over.resize(600, 400)
    qtbot.addWidget(over)
    over.show()
    legend = Legend(session, over, over)
    view = legend.view
    assert view is not None
    assert not view.isVisible()
    name = "<img src=x>&rod"
    session.do(RenameClass(1, name))
    qtbot.waitUntil(view.isVisible, timeout=5000)
    assert f"{name}: " in view.text
    assert view.text.startswith("all 2 micrographs\n")
    row = session.summary()[0]
    assert f"{name}: {row.by_hand}, {row.by_model}, {row.unsure}" in view.text
    session.assign(session.catalogue.particle_ids[:3], 2)
    qtbot.waitUntil(lambda: f"{session.classes[1].name}: 3, " in view.text, timeout=5000)
    session.set_scope("micrograph")
    qtbot.waitUntil(lambda: view.text.startswith("many 0\n"), timeout=5000)
    # A click goes to the particle below it.
    assert over.childAt(view.geometry().center()) is None


def test_the_legend_says_of_what_the_counts_are(tmp_path: Path, qtbot: Any) -> None:
    library = many_particles(tmp_path / "library", 1, 4)
    predict(library)
    library.close()
    session = Session(seed=0)
    session.open_library(tmp_path / "library")
    session.add_micrograph(micrograph(0, 4))
    over = QWidget()
    over.resize(600, 400)
    qtbot.addWidget(over)
    legend = Legend(session, over, over)
    assert legend.view is not None
    legend.refresh()
    assert legend.view.text.startswith("many 0\n")
    # In the next one no particles were searched for yet: the counts are still those of the other.
    session.add_micrograph(micrograph(1, 4))
    legend.refresh()
    assert legend.view.text.startswith("the whole library\n")
    session.set_scope("micrograph")
    legend.refresh()
    assert not legend.view.isVisible()


def test_the_legend_lies_in_a_corner_or_is_off(session: Session, qtbot: Any) -> None:
    over = QWidget()
    over.resize(600, 400)
    qtbot.addWidget(over)
    over.show()
    legend = Legend(session, over, over)
    legend.refresh()
    view = legend.view
    assert view is not None
    assert view.geometry().topLeft() == QPoint(8, 8)
    legend.put("bottom right")
    assert view.geometry().right() == over.width() - 9
    with qtbot.waitExposed(over):
        over.resize(700, 500)
    qtbot.waitUntil(lambda: view.geometry().right() == 691, timeout=5000)
    assert over.rect().contains(view.geometry())
    legend.switch(False)
    assert not view.isVisible()
    legend.switch(True)
    assert view.isVisible()


def test_more_classes_than_there_is_room_for_are_summed_up(qtbot: Any) -> None:
    over = QWidget()
    over.resize(600, 400)
    qtbot.addWidget(over)
    view = Legend(Session(), over, over).view
    assert view is not None
    rows = [ClassSummary(c, f"c{c}", "#112233", 10 + c, 1, c, 0, "") for c in range(1, 7)]
    rows.insert(2, ClassSummary(9, "nobody", "#112233", 0, 0, 0, 0, ""))
    view.say("title", rows, room=4)
    lines = view.text.split("\n")
    assert lines[1:] == ["c1: 1, 9, 1", "c2: 1, 9, 2", "c3: 1, 9, 3", "3 more classes: 3, 27, 15"]


def test_the_table_shows_what_is_set_aside_only_where_that_can_be(qtbot: Any) -> None:
    table = ResultsTable()
    qtbot.addWidget(table)
    row = ClassSummary(1, "<b>rod</b>", "#112233", 1234, 5, 6, 7, "30.1 nm")
    table.show_rows([row], aside=False)
    texts = [table.item(0, column).text() for column in range(table.columnCount())]
    assert texts == ["<b>rod</b>", "1,234", "5", "6", "7", "30.1 nm"]
    assert table.isColumnHidden(4)
    assert "<b>" not in table.item(0, 0).toolTip()
    table.show_rows([row], aside=True)
    assert not table.isColumnHidden(4)


# --- in the window -------------------------------------------------------------------------------

ANGLES = np.deg2rad([0, 40, 90, 135, 180, 250, 310])
PITCH, LONG = 60, 18


def comets(turn: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a picture of comets, their masks, and the angles at which their heads are, counter-clockwise."""
    angles = ANGLES + turn
    shape = 120, PITCH * (len(ANGLES) + 1)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    image, labels = np.full(shape, 40, np.uint8), np.zeros(shape, np.int32)
    for number, angle in enumerate(angles, start=1):
        up, right = 60 - rows, columns - PITCH * number
        along = right * np.cos(angle) + up * np.sin(angle)
        across = -right * np.sin(angle) + up * np.cos(angle)
        body = (np.abs(along) <= LONG) & (np.abs(across) <= 6)
        image[body] = 120
        image[body & (along > 4)] = 230
        labels[body] = number
    return image, labels, angles


def say(session: Any, probabilities: np.ndarray, novelty: np.ndarray, angles: np.ndarray) -> None:
    """Let a model say this of all particles, as after opening the library again."""
    library = session.need_library()
    ids = library.particles().index.to_numpy()
    class_ids = [c.class_id for c in session.classes[: probabilities.shape[1]]]
    name = f"model-{len(library.models()) + 1}"
    library.add_model(
        name, parameters={}, seed=0, class_ids=class_ids, n_labels=0, versions={}, metrics={}
    )
    library.set_predictions(
        name,
        ids,
        probabilities=probabilities,
        class_ids=class_ids,
        novelty=novelty,
        angle_rad=angles,
        offset_px=np.zeros((len(ids), 2)),
        latents=np.zeros((len(ids), 2)),
    )
    session.open_library(library.folder)


@pytest.fixture
def classified(bench: Any) -> Any:
    """A bench with comets; the first five are surely of class 1, the sixth hardly, the last is strange."""
    image, labels, angles = comets()
    bench.viewer.add_image(image, name="comets", scale=(2.0, 2.0), units=("nm", "nm"))
    state = bench.session.current
    events = find_particles(state.micrograph, labels=labels)
    bench.session.accept_particles(state, next(e for e in events if isinstance(e, ParticlesFound)))
    p = np.tile([0.97, 0.03], (len(angles), 1))
    p[5] = 0.55, 0.45
    novelty = np.full(len(angles), 0.05)
    novelty[6] = 0.9
    say(bench.session, p, novelty, angles)
    bench.viewer.reset_view()
    return bench


@pytest.fixture
def two_classified(classified: Any) -> tuple[Any, Any, Any]:
    """A bench with a second picture of comets, the one in view; what is said of its sixth comet is hardly sure."""
    bench, first = classified, classified.session.current
    image, labels, angles = comets()
    bench.viewer.add_image(image[::-1].copy(), name="more", scale=(2.0, 2.0), units=("nm", "nm"))
    second = bench.session.current
    events = find_particles(second.micrograph, labels=labels[::-1].copy())
    found = next(e for e in events if isinstance(e, ParticlesFound))
    bench.session.accept_particles(second, found)
    p = np.tile([0.97, 0.03], (2 * len(angles), 1))
    p[[5, len(angles) + 5]] = 0.55, 0.45
    say(bench.session, p, np.full(len(p), 0.05), np.tile(angles, 2))
    return bench, first, second


def levels_of(bench: Any, state: Any, label_id: int) -> set[int]:
    layer = bench.canvas.drawn_layer(state, "classes")
    return set((np.asarray(layer.data)[state.labels == label_id] // 256).tolist())


def test_a_micrograph_that_nobody_sees_is_painted_later_and_before_it_is_shown(
    two_classified: tuple[Any, Any, Any],
) -> None:
    bench, first, second = two_classified
    assert bench.session.current is second
    hidden = bench.canvas.drawn_layer(first, "classes")
    striped, full = {Level.STRIPE, Level.GAP}, {1}
    bench.qtbot.waitUntil(lambda: levels_of(bench, first, 6) == striped, timeout=5000)

    bench.session.set_unsure_below(0.3)
    assert levels_of(bench, second, 6) == full
    assert not hidden.visible
    assert levels_of(bench, first, 6) == striped
    bench.qtbot.waitUntil(lambda: levels_of(bench, first, 6) == full, timeout=5000)

    # Come back to at once, it is never seen as it was.
    bench.session.set_unsure_below(0.8)
    assert levels_of(bench, first, 6) == full
    bench.session.set_current(first)
    assert hidden.visible
    assert levels_of(bench, first, 6) == striped


def test_all_micrographs_that_are_seen_change_at_once(
    two_classified: tuple[Any, Any, Any],
) -> None:
    bench, first, second = two_classified
    for state in (first, second):
        bench.canvas.drawn_layer(state, "classes").visible = True
    bench.session.set_unsure_below(0.3)
    for state in (first, second):
        assert levels_of(bench, state, 6) == {1}
    name = bench.session.classes[0].name
    bench.session.set_novel_above(0.01)
    for state in (first, second):
        assert levels_of(bench, state, 6) != {1}

    def told(state: Any) -> set[str]:
        return set(bench.canvas.drawn_layer(state, "particles").features["class"])

    bench.qtbot.waitUntil(lambda: not any(name in told(s) for s in (first, second)), timeout=5000)


def levels(bench: Any, label_id: int) -> set[int]:
    state = bench.session.current
    layer = bench.canvas.drawn_layer(state, "classes")
    return set((np.asarray(layer.data)[state.labels == label_id] // 256).tolist())


def classes(bench: Any, label_id: int) -> set[int]:
    state = bench.session.current
    layer = bench.canvas.drawn_layer(state, "classes")
    return set(class_of(layer.data)[state.labels == label_id].tolist())


def test_predictions_on_the_micrograph(classified: Any) -> None:
    bench, session = classified, classified.session
    first, second = (c.class_id for c in session.classes[:2])
    assert levels(bench, 1) == {Level.VERY_SURE}
    assert levels(bench, 6) == {Level.STRIPE, Level.GAP}
    assert classes(bench, 6) == classes(bench, 7) == {first}

    panel = bench.workbench.results
    slider = panel.thresholds.unsure
    slider.setFocus()
    for _ in range(10):
        bench.qtbot.keyClick(slider, Qt.Key.Key_PageDown)
    assert session.unsure_below == pytest.approx(0.3)
    assert levels(bench, 6) == {1}

    bench.qtbot.keyClick(panel.thresholds.novel, Qt.Key.Key_PageDown)
    bench.qtbot.keyClick(panel.thresholds.novel, Qt.Key.Key_PageDown)
    bench.qtbot.keyClick(panel.thresholds.novel, Qt.Key.Key_PageDown)
    assert session.novel_above == pytest.approx(0.85)
    assert classes(bench, 7) == {NONE_OF_THESE_ID}
    table = panel.table
    bench.qtbot.waitUntil(lambda: table.item(0, 1).text() == "6", timeout=5000)
    assert table.item(0, 4).text() == "1"
    assert not table.isColumnHidden(4)
    counted = bench.workbench.label.table.model().index(0, 3)
    bench.qtbot.waitUntil(lambda: counted.data() == "6", timeout=5000)
    features = bench.canvas.drawn_layer(session.current, "particles").features
    assert features.loc[7, "class"] == session.classes[-1].name

    # A label by hand is filled fully and outlined, whatever the model thinks; undone, it is as before.
    session.assign(session.current.particle_ids[[6, 7]], second)
    for label_id in (6, 7):
        assert classes(bench, label_id) == {second}
        assert levels(bench, label_id) == {Level.HAND}
    by_hand = bench.canvas.drawn_layer(session.current, "labels by hand")
    assert (by_hand.data[session.current.labels == 7] == second).all()
    bench.key("Ctrl+Z")
    assert classes(bench, 7) == {NONE_OF_THESE_ID}
    session.set_unsure_below(0.8)
    assert levels(bench, 6) == {Level.STRIPE, Level.GAP}
    # Painted particle by particle or all at once: the same stripes.
    before = np.array(bench.canvas.drawn_layer(session.current, "classes").data)
    session.assign(session.current.particle_ids[[6]], second)
    session.undo()
    assert np.array_equal(before, bench.canvas.drawn_layer(session.current, "classes").data)


def heads(bench: Any) -> list[float]:
    """Return the grey where each arrow ends and where it begins, one after the other."""
    layer = bench.canvas.arrows.layer
    image = bench.canvas.image_layer(bench.session.current)
    found = []
    for begin, way in np.asarray(layer.data):
        for share in (0.95, 0.05):
            world = layer.data_to_world(begin + share * way)
            row, column = np.rint(image.world_to_data(world)).astype(int)
            found.append(float(image.data[row, column]))
    return found


def test_arrows_point_where_the_particles_do(classified: Any) -> None:
    bench, canvas = classified, classified.canvas
    box = bench.workbench.results.arrows
    assert canvas.arrows.layer is None
    bench.press(box)
    bench.qtbot.waitUntil(lambda: canvas.arrows.layer is not None, timeout=5000)
    layer = canvas.arrows.layer
    assert layer.visible
    assert len(layer.data) == len(ANGLES)
    greys = heads(bench)
    assert all(grey == 230 for grey in greys[::2]), greys
    assert all(grey == 120 for grey in greys[1::2]), greys

    # The same comets turned by 70 degrees, as another micrograph: the arrows turn with them.
    image, labels, angles = comets(np.deg2rad(70))
    state = bench.session.add_micrograph(
        Micrograph.from_array(image, name="turned", pixel_size_nm=2.0)
    )
    canvas.redraw(state)
    events = find_particles(state.micrograph, labels=labels)
    bench.session.accept_particles(state, next(e for e in events if isinstance(e, ParticlesFound)))
    n = 2 * len(angles)
    say(bench.session, np.tile([0.9, 0.1], (n, 1)), np.zeros(n), np.concatenate([ANGLES, angles]))
    bench.qtbot.waitUntil(lambda: heads(bench)[::2] == [230.0] * len(ANGLES), timeout=5000)
    assert canvas.arrows.layer is layer

    bench.press(box)
    bench.qtbot.waitUntil(lambda: not layer.visible, timeout=5000)


def test_arrows_wait_while_no_layer_may_be_made_and_go_when_deleted(classified: Any) -> None:
    bench, canvas = classified, classified.canvas
    arrows, busy = canvas.arrows, [True]
    arrows._held = lambda: busy[0]
    hint = bench.workbench.results.hint
    bench.press(bench.workbench.results.arrows)
    bench.qtbot.waitUntil(lambda: "training has ended" in hint.text(), timeout=5000)
    assert arrows.layer is None
    busy[0] = False
    canvas.training.ended.emit()
    bench.qtbot.waitUntil(lambda: arrows.layer is not None, timeout=5000)
    bench.qtbot.waitUntil(lambda: not hint.text(), timeout=5000)
    # Set aside as none of these, a particle has no pose.
    bench.session.set_novel_above(0.5)
    bench.qtbot.waitUntil(lambda: len(arrows.layer.data) == len(ANGLES) - 1, timeout=5000)
    bench.viewer.layers.remove(arrows.layer)
    assert not arrows.on
    bench.qtbot.waitUntil(lambda: not bench.workbench.results.arrows.isChecked(), timeout=5000)


def test_legend_from_the_panel(classified: Any) -> None:
    bench, panel, legend = classified, classified.workbench.results, classified.canvas.legend
    view = legend.view
    bench.qtbot.waitUntil(view.isVisible, timeout=5000)
    assert panel.legend.isChecked()
    assert view.text.startswith("comets\n")
    bench.qtbot.keyClick(panel.corner, Qt.Key.Key_Down)
    assert legend.corner == "top right"
    assert view.geometry().right() > view.parentWidget().width() - 20
    bench.press(panel.legend)
    assert not view.isVisible()
    bench.qtbot.waitUntil(lambda: not panel.corner.isEnabled(), timeout=5000)


def test_a_legend_whose_window_was_closed_stays_quiet(session: Session, qtbot: Any) -> None:
    owner, over = QWidget(), QWidget()
    qtbot.addWidget(owner)
    legend = Legend(session, over, owner)
    legend.refresh()
    session.set_unsure_below(0.5)
    with qtbot.waitSignal(over.destroyed, timeout=5000):
        over.deleteLater()
    assert legend.view is None
    session.set_unsure_below(0.6)
    legend.refresh()
    legend.put("top right")
    legend.switch(False)
