"""The gallery used with mouse and keys, on a library of made-up particles; docking alone needs a window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt
from qtpy.QtGui import QDrag, QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication
from tests.library.made_up import Cuttings, act_of, measured, picture

from napari_ssrvae.docks.dragging import MIME_TYPE, particles_mime, particles_of
from napari_ssrvae.docks.gallery import open_gallery
from napari_ssrvae.docks.gallery.arrangement import Sort, Who
from napari_ssrvae.docks.gallery.keys import MOVES, place_after
from napari_ssrvae.docks.gallery.panel import GalleryPanel
from napari_ssrvae.docks.gallery.thumbnails import Style, Thumbnails
from napari_ssrvae.library import ParticleLibrary, RenameClass

ROWS, COLUMNS, SIZE = 12, 10, 12
LEFT, NO = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def squares(seed: int) -> np.ndarray:
    """A mask of 120 rectangles of different widths."""
    mask = np.zeros((ROWS * 10, COLUMNS * 14), np.int32)
    widths = np.random.default_rng(seed).integers(3, 12, ROWS * COLUMNS)
    for i, width in enumerate(widths):
        row, column = divmod(i, COLUMNS)
        mask[row * 10 + 1 : row * 10 + 8, column * 14 + 1 : column * 14 + 1 + width] = i + 1
    return mask


def made_library(folder: Path) -> np.ndarray:
    """Write a library of two micrographs, 240 particles, a model's word on each; return the ids."""
    rng = np.random.default_rng(1)
    with ParticleLibrary.create(folder) as library:
        for number in (1, 2):
            mask = squares(number)
            n = ROWS * COLUMNS
            patches = Cuttings(
                rng.random((n, SIZE, SIZE), np.float32),
                np.arange(1, n + 1),
                16,
                np.zeros(n, bool),
            )
            shown = picture(number, mask.shape, name=f"{number}.tif")
            at = library.add_micrograph(shown)
            library.set_particles(at, mask, measured(mask), patches, parameters={})
        ids = library.particles().index.to_numpy()
        classes = [c.class_id for c in library.classes()][:3]
        library.add_model(
            "m", parameters={}, seed=0, class_ids=classes, n_labels=0, versions={}, metrics={}
        )
        library.set_predictions(
            "m",
            ids,
            probabilities=rng.dirichlet([0.5] * 3, len(ids)),
            class_ids=classes,
            novelty=rng.random(len(ids)),
            angle_rad=np.full(len(ids), np.pi / 2),
            offset_px=np.zeros((len(ids), 2)),
            latents=rng.normal(size=(len(ids), 2)),
        )
    return ids


class Hand:
    """A gallery and a hand on its mouse and keys."""

    def __init__(self, panel: GalleryPanel, qtbot: Any) -> None:
        self.panel, self.qtbot = panel, qtbot
        self.grid, self.model, self.session = panel.grid, panel.model, panel.session

    @property
    def selected(self) -> list[int]:
        """The places that are selected."""
        return [self.model.place_of(i) for i in self.session.selection.ids.tolist()]

    def at(self, place: int) -> QPoint:
        self.grid.show_place(place)
        return self.grid.rect_of(place).center()

    def click(self, place: int, modifiers: Any = NO, button: Any = LEFT) -> None:
        self.qtbot.mouseClick(self.grid.viewport(), button, modifiers, self.at(place))

    def drag(self, start: QPoint, end: QPoint, modifiers: Any = NO) -> None:
        """Press at a point, move to another, let go."""
        port = self.grid.viewport()
        self.qtbot.mousePress(port, LEFT, modifiers, start)
        self.qtbot.mouseMove(port, (start + end) / 2)
        self.qtbot.mouseMove(port, end)
        self.qtbot.mouseRelease(port, LEFT, modifiers, end)

    def key(self, key: Any, modifiers: Any = NO) -> None:
        self.qtbot.keyClick(self.grid, key, modifiers)

    def sort(self, sort: Sort) -> None:
        self.panel.controls.sort.setCurrentIndex(list(Sort).index(sort))

    def choose(self, chooser: Any, value: object) -> None:
        values = [chooser.itemData(i) for i in range(chooser.count())]
        chooser.setCurrentIndex(values.index(value))

    def shown(self, column: str) -> np.ndarray:
        """A column of the catalogue in the order shown."""
        catalogue = self.session.catalogue
        return getattr(catalogue, column)[catalogue.rows(self.model.ids)]

    def drop(self, chip: Any, mime: QMimeData) -> bool:
        """Drop something on a chip as Qt would; whether it was taken."""
        at, copy = chip.rect().center(), Qt.DropAction.CopyAction
        enter = QDragEnterEvent(at, copy, mime, LEFT, NO)
        enter.ignore()
        QApplication.sendEvent(chip, enter)
        if enter.isAccepted():
            QApplication.sendEvent(chip, QDropEvent(QPointF(at), copy, mime, LEFT, NO))
        return enter.isAccepted()


@pytest.fixture
def new_panel(qtbot: Any) -> Iterator[Callable[[], GalleryPanel]]:
    """Makes shown galleries of viewers without a window."""
    from napari.components import ViewerModel

    made: list[tuple[Any, GalleryPanel]] = []

    def make() -> GalleryPanel:
        viewer = ViewerModel()
        panel = GalleryPanel(viewer)
        qtbot.addWidget(panel)
        panel.resize(800, 400)
        made.append((viewer, panel))
        panel.show()
        qtbot.waitExposed(panel)
        return panel

    yield make
    for _, panel in made:
        panel.session.close()


@pytest.fixture
def hand(new_panel: Callable[[], GalleryPanel], qtbot: Any, tmp_path: Path) -> Hand:
    """A hand in the gallery of the made-up library."""
    panel = new_panel()
    made_library(tmp_path / "library")
    panel.session.open_library(tmp_path / "library")
    qtbot.waitUntil(lambda: panel.grid.complete)
    return Hand(panel, qtbot)


# --- what is shown -----------------------------------------------------------------------------


def test_it_says_what_to_do_before_there_are_particles(new_panel: Any) -> None:
    panel = new_panel()
    assert panel.stack.currentWidget() is panel.empty
    assert "Find particles" in panel.empty.words.text()
    assert not panel.controls.sort.isEnabled()


def test_every_particle_is_shown_and_counted(hand: Hand) -> None:
    assert len(hand.model.ids) == 240
    hand.qtbot.waitUntil(lambda: hand.panel.count.text() == "240 of 240 particles")
    assert hand.panel.stack.currentWidget() is hand.grid


def test_only_what_is_in_view_is_read(hand: Hand) -> None:
    asked: list[int] = []
    fetch = hand.grid.thumbnails._fetch
    hand.grid.thumbnails._fetch = lambda ids: asked.extend(ids.tolist()) or fetch(ids)
    hand.panel.controls.edge.setValue(160)
    hand.qtbot.waitUntil(lambda: hand.grid.complete)
    seen = hand.grid.in_view()
    assert 0 < len(seen) < 40
    assert set(hand.model.ids[seen.start : seen.stop].tolist()) <= set(asked)
    assert len(asked) < 240


@pytest.mark.parametrize(
    ("sort", "column", "falls"),
    [
        (Sort.PROBABILITY, "probability", False),
        (Sort.UNCERTAINTY, "uncertainty", True),
        (Sort.NOVELTY, "novelty", True),
        (Sort.SIZE, "size", True),
    ],
)
def test_sorted_by_a_number(hand: Hand, sort: Sort, column: str, falls: bool) -> None:
    hand.sort(sort)
    numbers = hand.shown(column).astype(float)
    assert (np.diff(-numbers if falls else numbers) >= 0).all()
    assert len(np.unique(numbers)) > 3
    hand.qtbot.mouseClick(hand.panel.controls.direction, LEFT)
    np.testing.assert_array_equal(np.sort(numbers)[:: 1 if falls else -1], hand.shown(column))


def test_sorted_by_class_in_the_order_of_the_list(hand: Hand) -> None:
    classes = [c.class_id for c in hand.session.classes]
    hand.session.assign(hand.model.ids[:5], classes[-1])
    hand.sort(Sort.CLASS)
    by_hand, by_model = hand.shown("by_hand"), hand.shown("by_model")
    places = [classes.index(i) for i in np.where(by_hand > 0, by_hand, by_model)]
    assert places == sorted(places)
    assert (by_hand[-5:] == classes[-1]).all()
    # Within a class the surest first; those by hand before all others.
    hand.session.assign(hand.model.ids[20:23], by_model[20])
    hand.key(Qt.Key.Key_F5)
    labelled = hand.shown("by_hand") == by_model[20]
    members = hand.shown("by_model") == by_model[20]
    first = int(np.flatnonzero(labelled)[0])
    assert labelled[first : first + 3].all()
    assert (np.diff(hand.shown("probability")[members & (hand.shown("by_hand") == 0)]) <= 0).all()


def test_sorted_by_similarity_to_what_is_selected(hand: Hand) -> None:
    hand.click(30)
    meant = hand.session.selection.ids[0]
    hand.sort(Sort.SIMILARITY)
    assert hand.model.ids[0] == meant
    distance = hand.session.catalogue.similarity_to([meant])
    rows = hand.session.catalogue.rows(hand.model.ids)
    assert (np.diff(distance[rows]) >= 0).all()
    # Another one selected: the button lights up, nothing moves until it is pressed.
    order = hand.model.ids.copy()
    hand.click(7)
    hand.qtbot.waitUntil(hand.panel.controls.again.isEnabled)
    np.testing.assert_array_equal(hand.model.ids, order)
    hand.key(Qt.Key.Key_F5)
    assert hand.model.ids[0] == order[7]


def test_filters_and_what_they_leave(hand: Hand) -> None:
    session, filters = hand.session, hand.panel.filters
    catalogue = session.catalogue
    second = session.classes[1].class_id
    session.assign(catalogue.particle_ids[:10], second)
    hand.choose(filters.of_class, second)
    expected = np.where(catalogue.by_hand > 0, catalogue.by_hand, catalogue.by_model) == second
    assert set(hand.model.ids) == set(catalogue.particle_ids[expected])
    hand.choose(filters.who, Who.DIFFER)
    differ = expected & (catalogue.by_hand > 0) & (catalogue.by_hand != catalogue.by_model)
    assert set(hand.model.ids) == set(catalogue.particle_ids[differ])
    hand.qtbot.mouseClick(filters.clear, LEFT)
    assert len(hand.model.ids) == 240
    hand.choose(filters.micrograph, 2)
    filters.below.setValue(0.6)
    expected = (catalogue.micrograph_ids == 2) & (catalogue.probability < 0.6)
    assert 0 < expected.sum() < 120
    assert set(hand.model.ids) == set(catalogue.particle_ids[expected])
    hand.qtbot.waitUntil(lambda: hand.panel.count.text() == f"{expected.sum()} of 240 particles")
    hand.choose(filters.who, Who.HAND)
    hand.qtbot.waitUntil(lambda: hand.panel.stack.currentWidget() is hand.panel.empty)
    hand.qtbot.mouseClick(hand.panel.empty.everything, LEFT)
    assert len(hand.model.ids) == 240
    assert not hand.model.arrangement.filters


def test_a_label_moves_nothing_until_sorted_again(hand: Hand) -> None:
    hand.choose(hand.panel.filters.who, Who.MODEL)
    order = hand.model.ids.copy()
    hand.click(3)
    hand.key(Qt.Key.Key_1)
    hand.qtbot.waitUntil(hand.panel.controls.again.isEnabled)
    np.testing.assert_array_equal(hand.model.ids, order)
    hand.qtbot.mouseClick(hand.panel.controls.again, LEFT)
    np.testing.assert_array_equal(hand.model.ids, np.delete(order, 3))
    assert not hand.panel.controls.again.isEnabled()


def test_deleted_particles_leave_at_once_and_come_back(hand: Hand) -> None:
    from napari_ssrvae.workflow.editing import delete_particles

    hand.sort(Sort.SIZE)
    order, library = hand.model.ids.copy(), hand.session.library
    gone = order[4]
    label = int(hand.session.catalogue.label_ids[hand.session.catalogue.rows([gone])][0])
    micrograph = int(hand.session.catalogue.micrograph_ids[hand.session.catalogue.rows([gone])][0])
    edit = delete_particles(library.mask(micrograph), [label])
    hand.session.do(act_of(library, micrograph, edit))
    np.testing.assert_array_equal(hand.model.ids, np.delete(order, 4))
    hand.session.undo()
    assert set(hand.model.ids) == set(order)


# --- selection ---------------------------------------------------------------------------------


def test_click_control_and_shift(hand: Hand) -> None:
    hand.click(2)
    assert hand.selected == [2]
    hand.click(6, SHIFT)
    assert hand.selected == [2, 3, 4, 5, 6]
    hand.click(4, CTRL)
    assert hand.selected == [2, 3, 5, 6]
    hand.click(12, CTRL)
    hand.click(14, SHIFT | CTRL)
    assert hand.selected == [2, 3, 5, 6, 12, 13, 14]
    hand.click(5)
    assert hand.selected == [5]
    assert not hand.session.library.labels().size


def test_a_band_selects_what_it_touches(hand: Hand) -> None:
    columns = hand.grid.cells.columns
    hand.drag(hand.at(1), hand.at(columns + 2))
    assert hand.selected == [1, 2, columns + 1, columns + 2]
    hand.drag(hand.at(5), hand.at(6), CTRL)
    assert hand.selected == [1, 2, 5, 6, columns + 1, columns + 2]


def test_a_click_beside_the_thumbnails_selects_nothing(hand: Hand) -> None:
    hand.click(2)
    beside = QPoint(hand.grid.viewport().width() - 2, 10)
    assert hand.grid.place_at(beside) < 0
    hand.qtbot.mouseClick(hand.grid.viewport(), LEFT, NO, beside)
    assert hand.selected == []


def test_arrows_move_and_shift_extends(hand: Hand) -> None:
    columns = hand.grid.cells.columns
    hand.click(0)
    hand.key(Qt.Key.Key_Right)
    assert hand.selected == [1]
    hand.key(Qt.Key.Key_Down, SHIFT)
    assert hand.selected == list(range(1, columns + 2))
    hand.key(Qt.Key.Key_End)
    assert hand.selected == [239]
    assert 239 in hand.grid.in_view()
    hand.key(Qt.Key.Key_Home, SHIFT)
    assert len(hand.selected) == 240
    hand.key(Qt.Key.Key_Left)
    assert hand.selected == [0]
    hand.key(Qt.Key.Key_Right, CTRL)
    hand.key(Qt.Key.Key_Right, CTRL)
    hand.key(Qt.Key.Key_Space, CTRL)
    assert hand.selected == [0, 2]


def test_all_that_is_shown_is_selected_and_no_more(hand: Hand) -> None:
    hand.choose(hand.panel.filters.micrograph, 1)
    hand.key(Qt.Key.Key_A, CTRL)
    catalogue = hand.session.catalogue
    np.testing.assert_array_equal(
        hand.session.selection.ids, catalogue.particle_ids[catalogue.micrograph_ids == 1]
    )


def test_what_is_selected_elsewhere_comes_into_view(hand: Hand) -> None:
    last = int(hand.model.ids[-1])
    assert 239 not in hand.grid.in_view()
    hand.session.selection.select([last], focus=last)
    assert 239 in hand.grid.in_view()
    hand.key(Qt.Key.Key_Left)
    assert hand.selected == [238]
    hand.choose(hand.panel.filters.micrograph, 1)
    hand.qtbot.waitUntil(lambda: "1 selected, not shown" in hand.panel.count.text())


def test_a_double_click_and_j_jump(hand: Hand) -> None:
    jumped: list[int] = []
    hand.session.selection.jump_asked.connect(jumped.append)
    hand.qtbot.mouseDClick(hand.grid.viewport(), LEFT, NO, hand.at(5))
    assert jumped == [int(hand.model.ids[5])]
    hand.click(7)
    hand.key(Qt.Key.Key_J)
    assert jumped[1:] == [int(hand.model.ids[7])]


# --- labels ------------------------------------------------------------------------------------


def test_keys_label_what_is_selected_and_undo_takes_it_back(hand: Hand) -> None:
    session = hand.session
    hand.click(1)
    hand.click(4, SHIFT)
    ids = hand.model.ids[1:5].tolist()
    hand.key(Qt.Key.Key_2)
    assert session.library.labels().to_dict() == dict.fromkeys(ids, session.classes[1].class_id)
    hand.key(Qt.Key.Key_X)
    assert set(session.library.labels()) == {session.classes[-1].class_id}
    hand.key(Qt.Key.Key_0)
    assert session.library.labels().empty
    hand.key(Qt.Key.Key_Z, CTRL)
    assert set(session.library.labels().index) == set(ids)
    assert hand.selected == [1, 2, 3, 4]


def test_chips_show_the_classes_and_label_what_is_selected(hand: Hand) -> None:
    session, chips = hand.session, hand.panel.chips
    hand.click(1)
    hand.click(2, CTRL)
    hand.qtbot.mouseClick(chips.chips[2], LEFT)
    assert len(session.library.labels()) == 2
    assert session.active_class_id == session.classes[2].class_id
    hand.qtbot.waitUntil(lambda: chips.chips[2].words == ("3", session.classes[2].name, "2"))
    hand.qtbot.mouseClick(chips.chips[-1], LEFT)
    assert session.library.labels().empty
    assert chips.chips[-2].words[0] == "X"


def test_names_of_classes_are_never_read_as_markup(hand: Hand) -> None:
    name = "<img src=x> & <b>bold</b>"
    class_id = hand.session.classes[0].class_id
    hand.session.do(RenameClass(class_id, name))
    hand.qtbot.waitUntil(lambda: hand.panel.chips.chips[0].words[1] == name)
    hand.click(0)
    hand.key(Qt.Key.Key_1)
    tip = hand.model.index(0).data()
    assert name in tip
    assert hand.panel.said.textFormat() == Qt.TextFormat.PlainText
    assert hand.panel.filters.of_class.itemText(1).startswith("<img")


def test_dropping_particles_on_a_chip_labels_them(hand: Hand) -> None:
    session, chip = hand.session, hand.panel.chips.chips[1]
    ids = hand.model.ids[:3]
    origin = str(session.library.folder)
    assert hand.drop(chip, particles_mime(ids, origin))
    assert set(session.library.labels().index) == set(ids.tolist())
    assert not hand.drop(chip, particles_mime(ids, "/another/library"))
    assert not hand.drop(chip, QMimeData())
    assert hand.drop(hand.panel.chips.chips[-1], particles_mime(ids[:1], origin))
    assert len(session.library.labels()) == 2


def test_a_press_on_a_selected_thumbnail_drags_all_that_is_selected(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried: list[list[int]] = []

    def let_go(drag: QDrag, *_: Any) -> Qt.DropAction:
        carried.append(particles_of(drag.mimeData()).tolist())
        return Qt.DropAction.IgnoreAction

    monkeypatch.setattr(QDrag, "exec", let_go)
    hand.click(1)
    hand.click(3, SHIFT)
    hand.drag(hand.at(2), hand.at(20))
    assert carried == [hand.model.ids[1:4].tolist()]
    assert hand.selected == [1, 2, 3]


def test_two_galleries_of_a_viewer_agree(hand: Hand, qtbot: Any) -> None:
    other = GalleryPanel(hand.panel.canvas.viewer)
    qtbot.addWidget(other)
    other.resize(500, 300)
    other.show()
    hand.click(5)
    assert other.grid.picks.cursor == 5
    hand.key(Qt.Key.Key_1)
    assert other.model.page(5, 6).by_hand[0] == hand.session.classes[0].class_id
    assert other.model.page(5, 6).selected[0]


def test_a_hidden_gallery_shows_the_news_when_it_is_seen_again(hand: Hand, tmp_path: Path) -> None:
    hand.panel.hide()
    with ParticleLibrary.create(tmp_path / "empty"):
        pass
    hand.session.open_library(tmp_path / "empty")
    hand.panel.show()
    assert len(hand.model.ids) == 0
    assert hand.panel.stack.currentWidget() is hand.panel.empty


def test_patches_that_cannot_be_read_are_told_in_a_sentence(hand: Hand) -> None:
    for path in (hand.session.library.folder / "patches").iterdir():
        path.unlink()
    hand.panel.controls.edge.setValue(80)
    hand.qtbot.waitUntil(lambda: "cannot be read" in hand.panel.said.text())
    hand.click(2)
    hand.key(Qt.Key.Key_1)
    assert len(hand.session.library.labels()) == 1


def test_it_docks_below_the_micrograph_and_comes_back_after_closing(
    new_bench: Callable[[], Any], qtbot: Any, tmp_path: Path
) -> None:
    bench = new_bench()
    ids = made_library(tmp_path / "library")
    bench.session.open_library(tmp_path / "library")
    bench.canvas.open_gallery()
    gallery = open_gallery(bench.viewer)
    window, dock = bench.viewer.window._qt_window, gallery.parent()
    below = Qt.DockWidgetArea.BottomDockWidgetArea
    qtbot.waitUntil(lambda: window.dockWidgetArea(dock) == below)
    qtbot.waitUntil(lambda: gallery.panel.grid.complete)
    assert len(gallery.panel.model.ids) == 240

    bench.viewer.window.remove_dock_widget(dock)
    first = bench.session.classes[0].class_id
    bench.session.assign(ids[:3], first)
    again = open_gallery(bench.viewer)
    assert again is not gallery
    assert window.dockWidgetArea(again.parent()) == below
    assert again.panel.model.page(0, 4).by_hand.tolist() == [first] * 3 + [0]


# --- thumbnails --------------------------------------------------------------------------------


def test_upright_takes_the_pose_back(qtbot: Any) -> None:
    # A bar along the top; an object turned a quarter counter-clockwise had it at its right side.
    patch = np.zeros((1, 16, 16), np.float32)
    patch[0, :4] = 1
    thumbnails = Thumbnails(lambda ids: patch)
    thumbnails.set_style(Style(edge_px=32, upright=True))
    thumbnails.load(np.array([7]), np.array([np.pi / 2], np.float32), np.zeros((1, 2), np.float32))
    image = thumbnails.get(7).toImage()
    grey = np.array([[image.pixelColor(x, y).red() for x in range(32)] for y in range(32)])
    assert grey[8:24, 26:30].min() > 200
    assert grey[8:24, 2:20].max() < 50


def test_the_offset_is_taken_back_too(qtbot: Any) -> None:
    patch = np.zeros((1, 16, 16), np.float32)
    patch[0, 2:6, 10:14] = 1
    thumbnails = Thumbnails(lambda ids: patch)
    thumbnails.set_style(Style(edge_px=16, upright=True))
    # Its middle lies at row 4, column 12: 4 above and 4 to the right of the patch's.
    thumbnails.load(np.array([7]), np.zeros(1, np.float32), np.array([[-4, 4]], np.float32))
    image = thumbnails.get(7).toImage()
    grey = np.array([[image.pixelColor(x, y).red() for x in range(16)] for y in range(16)])
    rows, columns = np.nonzero(grey > 128)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (6, 9, 6, 9)


def test_memory_is_bounded(qtbot: Any) -> None:
    thumbnails = Thumbnails(lambda ids: np.zeros((len(ids), 4, 4), np.float32), most_bytes=100_000)
    thumbnails.set_style(Style(edge_px=32))
    for first in range(0, 500, 50):
        ids = np.arange(first, first + 50)
        thumbnails.load(ids, np.zeros(50, np.float32), np.zeros((50, 2), np.float32))
        assert len(thumbnails) * thumbnails.bytes_each <= 100_000
    assert thumbnails.get(499) is not None
    assert thumbnails.get(0) is None


@given(st.sampled_from(MOVES), st.integers(1, 12), st.integers(1, 5), st.data())
def test_moving_keys_lead_to_a_place_that_is_there(
    key: Any, columns: int, rows: int, data: st.DataObject
) -> None:
    last = data.draw(st.integers(0, 60))
    here = data.draw(st.integers(0, last))
    there = place_after(key, here, last, columns, rows)
    assert 0 <= there <= last
    if key == Qt.Key.Key_Down and here + columns <= last:
        assert there == here + columns
    if key == Qt.Key.Key_Up and here >= columns:
        assert there == here - columns


# --- dragging ----------------------------------------------------------------------------------


@given(st.sets(st.integers(1, 2**62), min_size=1), st.text(max_size=5))
def test_what_is_dragged_arrives(ids: set[int], origin: str) -> None:
    mime = particles_mime(np.array(sorted(ids, reverse=True), np.int64), origin)
    np.testing.assert_array_equal(particles_of(mime), sorted(ids))
    assert particles_of(mime, origin) is not None
    assert particles_of(mime, origin + "x") is None


NOT_IDS = (
    b"[]",
    b"[0]",
    b"[-1]",
    b"[true]",
    b"[1.5]",
    b"[1e999]",
    b"[[1]]",
    b"{}",
    b"[99999999999999999999]",
)


@given(st.binary() | st.sampled_from([b'{"particle_ids": %s}' % ids for ids in NOT_IDS]))
def test_what_was_not_made_here_is_no_particles(data: bytes) -> None:
    mime = QMimeData()
    mime.setData(MIME_TYPE, data)
    assert particles_of(mime) is None
    assert particles_of(None) is None
