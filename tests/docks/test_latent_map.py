"""The latent map used with mouse and keys, on a library of made-up particles; docking alone needs a window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QImage, QMouseEvent
from qtpy.QtWidgets import QApplication, QDockWidget, QLabel
from tests.docks.test_gallery import made_library

from napari_ssrvae.docks.gallery.arrangement import Who
from napari_ssrvae.docks.latent_map.drag import Drag
from napari_ssrvae.docks.latent_map.panel import LatentMapPanel
from napari_ssrvae.docks.latent_map.quantities import SIMILARITY
from napari_ssrvae.library import ParticleLibrary, RenameClass

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NO, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


class Hand:
    """A map and a hand on its mouse and keys."""

    def __init__(self, panel: LatentMapPanel, qtbot: Any) -> None:
        self.panel, self.qtbot, self.session = panel, qtbot, panel.session

    @property
    def plot(self) -> Any:
        return self.panel.chart.plot

    @property
    def port(self) -> Any:
        return self.plot.viewport()

    @property
    def marks(self) -> Any:
        return self.panel.content.marks

    @property
    def selected(self) -> set[int]:
        return set(self.session.selection.ids.tolist())

    def id_of(self, place: int) -> int:
        return int(self.session.catalogue.particle_ids[self.marks.rows[place]])

    def lonely(self, n: int = 1, *, filled: bool = True) -> list[int]:
        """Return places of points far from all others, so that a click means them."""
        x, y = self.plot.on_screen()
        distance = np.hypot(x[:, None] - x, y[:, None] - y)
        np.fill_diagonal(distance, np.inf)
        order = np.argsort(-distance.min(axis=0))
        kind = order < self.marks.n_filled if filled else order >= self.marks.n_filled
        return order[kind][:n].tolist()

    def at(self, place: int) -> QPoint:
        return self.plot.position_of(place)

    def empty_spot(self) -> QPoint:
        """Return where no point is within reach."""
        x, y = self.plot.on_screen()
        area = self.plot.area()
        spots = [
            (c, r)
            for c in range(area.left() + 9, area.right() - 9, 7)
            for r in range(area.top() + 9, area.bottom() - 9, 7)
        ]
        return QPoint(*max(spots, key=lambda s: np.hypot(x - s[0], y - s[1]).min()))

    def click(self, place: int, modifiers: Any = NO) -> None:
        self.qtbot.mouseClick(self.port, LEFT, modifiers, self.at(place))

    def drag(self, points: list[QPoint], modifiers: Any = NO, button: Any = LEFT) -> None:
        self.qtbot.mousePress(self.port, button, modifiers, points[0])
        for point in points[1:]:
            self.qtbot.mouseMove(self.port, point)
        self.qtbot.mouseRelease(self.port, button, modifiers, points[-1])

    def around(self, place: int, reach: int = 9) -> list[QPoint]:
        at = self.at(place)
        steps = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
        return [at + QPoint(reach * a, reach * b) for a, b in steps]

    def held(self, corners: list[QPoint]) -> set[int]:
        """Return the particles in the box that these corners span."""
        x, y = self.plot.on_screen()
        xs, ys = [p.x() for p in corners], [p.y() for p in corners]
        held = (x >= min(xs)) & (x <= max(xs)) & (y >= min(ys)) & (y <= max(ys))
        return {self.id_of(place) for place in np.flatnonzero(held)}

    def hover(self, at: QPoint) -> None:
        """Move the mouse, as Qt tells of it: the pointer of a display without a screen may rest elsewhere."""
        where = QPointF(at), QPointF(self.port.mapToGlobal(at))
        none = Qt.MouseButton.NoButton
        QApplication.sendEvent(
            self.port, QMouseEvent(QEvent.Type.MouseMove, *where, none, none, NO)
        )

    def key(self, key: Any, modifiers: Any = NO) -> None:
        self.qtbot.keyClick(self.plot, key, modifiers)

    def choose(self, chooser: Any, key: str) -> None:
        assert chooser.findData(key) >= 0, key
        chooser.setCurrentIndex(chooser.findData(key))

    def settle(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=5000)

    def picture(self) -> np.ndarray:
        """What is seen, (H, W, 3)."""
        return pixels(self.port.grab().toImage())


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    data = image.constBits()
    data.setsize(image.sizeInBytes())
    whole = np.frombuffer(data, np.uint8).reshape(image.height(), -1, 4)
    return whole[:, : image.width(), 2::-1].astype(int)


@pytest.fixture
def new_panel(qtbot: Any) -> Iterator[Callable[[], LatentMapPanel]]:
    """Makes shown maps of viewers without a window."""
    from napari.components import ViewerModel

    made: list[tuple[Any, LatentMapPanel]] = []

    def make() -> LatentMapPanel:
        viewer = ViewerModel()
        panel = LatentMapPanel(viewer)
        qtbot.addWidget(panel)
        panel.resize(1000, 460)
        made.append((viewer, panel))
        panel.show()
        qtbot.waitExposed(panel)
        return panel

    yield make
    for _, panel in made:
        panel.session.close()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up library, to be copied."""
    folder = tmp_path_factory.mktemp("map") / "library"
    made_library(folder)
    return folder


@pytest.fixture
def hand(
    new_panel: Callable[[], LatentMapPanel], qtbot: Any, library: Path, tmp_path: Path
) -> Hand:
    """A hand on the map of the made-up library."""
    import shutil

    panel = new_panel()
    panel.session.open_library(Path(shutil.copytree(library, tmp_path / "library")))
    qtbot.waitUntil(lambda: panel.chart is not None and panel.content is not None)
    found = Hand(panel, qtbot)
    found.picture()
    return found


# --- what is shown -----------------------------------------------------------------------------


def test_it_says_what_to_do_before_there_are_particles(new_panel: Any) -> None:
    panel = new_panel()
    assert panel.stack.currentWidget() is panel.empty
    assert "Find particles" in panel.empty.words.text()
    assert not panel.empty.everything.isVisible()
    assert not panel.controls.across.isEnabled()


def test_it_begins_with_two_latents_and_all_particles_in_view(hand: Hand) -> None:
    assert hand.panel.controls.axes == ("z:0", "z:1")
    for side, words in (
        ("bottom", "latent z1 (prior \u03c3)"),
        ("left", "latent z2 (prior \u03c3)"),
    ):
        assert hand.plot.plotItem.getAxis(side).labelText == words
    assert len(hand.marks) == 240
    assert hand.panel.controls.count.text() == "240 of 240 particles"
    x, y = hand.plot.on_screen()
    area = hand.plot.area()
    assert all(area.contains(QPoint(round(a), round(b))) for a, b in zip(x, y, strict=True))


def test_a_point_is_where_its_numbers_are_and_has_the_colour_of_its_class(hand: Hand) -> None:
    seen, catalogue = hand.picture(), hand.session.catalogue
    colours = {c.class_id: c.colour for c in hand.session.classes}
    for place in hand.lonely(5):
        row = hand.marks.rows[place]
        at = hand.at(place)
        back = hand.plot.plotItem.getViewBox().mapSceneToView(hand.plot.mapToScene(at))
        scale = hand.plot.plotItem.getViewBox().viewPixelSize()
        assert back.x() == pytest.approx(catalogue.latents[row, 0], abs=scale[0])
        assert back.y() == pytest.approx(catalogue.latents[row, 1], abs=scale[1])
        colour = colours[int(catalogue.by_model[row])]
        wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert np.abs(seen[at.y(), at.x()] - wanted).max() < 12


def test_the_legend_counts_what_is_shown_by_hand_and_by_the_model(hand: Hand) -> None:
    session = hand.session
    ids, classes = session.catalogue.particle_ids, session.classes
    session.assign(ids[:7], classes[1].class_id)
    hand.settle(lambda: sum(line[1] for line in hand.plot.key.lines) == 7)
    by_model = np.bincount(session.catalogue.by_model[7:], minlength=256)
    wanted = [(c.name, 7 * (c is classes[1]), int(by_model[c.class_id])) for c in classes[:3]]
    assert hand.plot.key.lines == wanted


def test_a_name_that_looks_like_markup_is_a_name(hand: Hand) -> None:
    name, session = "<b>&amp;", hand.session
    session.do(RenameClass(session.classes[0].class_id, name))
    hand.settle(lambda: any(line[0] == name for line in hand.plot.key.lines))
    assert hand.panel.meaning.words.textFormat() == Qt.TextFormat.PlainText
    for label in hand.panel.findChildren(QLabel):
        assert name not in label.text() or label.textFormat() == Qt.TextFormat.PlainText


def test_colours_may_stand_for_a_number(hand: Hand) -> None:
    hand.choose(hand.panel.controls.colour, "novelty")
    title, scale = hand.plot.key.scale
    novelty = hand.session.catalogue.novelty
    assert title == "novelty (0 to 1)"
    assert novelty.min() <= scale.low < scale.high <= novelty.max()
    assert hand.plot.key.lines == []
    levels = hand.marks.levels
    assert np.corrcoef(levels, novelty[hand.marks.rows])[0, 1] > 0.99
    hand.choose(hand.panel.controls.colour, "")
    assert hand.plot.key.scale is None


def test_a_filter_that_nothing_passes_can_be_taken_off(hand: Hand) -> None:
    panel = hand.panel
    panel.controls.filter.click()
    values = [panel.filters.who.itemData(i) for i in range(panel.filters.who.count())]
    panel.filters.who.setCurrentIndex(values.index(Who.HAND))
    assert panel.stack.currentWidget() is panel.empty
    assert "None of the 240" in panel.empty.words.text()
    hand.qtbot.mouseClick(panel.empty.everything, LEFT)
    assert panel.stack.currentWidget() is panel.chart
    assert len(hand.marks) == 240


def test_only_one_micrograph_is_shown_where_that_is_asked_for(hand: Hand) -> None:
    filters = hand.panel.filters
    filters.micrograph.setCurrentIndex(2)
    rows = hand.marks.rows
    assert len(rows) == 120
    assert set(hand.session.catalogue.micrograph_ids[rows]) == {filters.micrograph.itemData(2)}
    assert "120 of 240" in hand.panel.controls.count.text()


# --- selecting ---------------------------------------------------------------------------------


def test_a_click_selects_ctrl_takes_in_and_out_and_nothing_clears(hand: Hand) -> None:
    one, two = hand.lonely(2)
    hand.click(one)
    assert hand.selected == {hand.id_of(one)}
    assert hand.session.selection.focus == hand.id_of(one)
    hand.click(two, CTRL)
    assert hand.selected == {hand.id_of(one), hand.id_of(two)}
    hand.click(one, CTRL)
    assert hand.selected == {hand.id_of(two)}
    hand.qtbot.mouseClick(hand.port, LEFT, NO, hand.empty_spot())
    assert hand.selected == set()


def test_a_box_selects_what_it_holds(hand: Hand) -> None:
    hand.panel.controls.tools[Drag.BOX].click()
    area = hand.plot.area()
    corners = [area.center() - QPoint(60, 40), area.center() + QPoint(60, 40)]
    hand.drag(corners)
    assert hand.selected == hand.held(corners)
    assert len(hand.selected) > 5
    more = [area.center() + QPoint(70, -40), area.center() + QPoint(140, 40)]
    first = hand.selected
    hand.drag(more, CTRL)
    assert hand.selected == first | hand.held(more)
    assert not hand.plot.rubber.isVisible()


def test_a_loop_selects_and_a_key_labels_and_undo_takes_it_back(hand: Hand) -> None:
    place, session = hand.lonely()[0], hand.session
    meant = hand.id_of(place)
    hand.drag(hand.around(place))
    assert hand.selected == {meant}
    hand.key(Qt.Key.Key_2)
    assert session.library.labels().to_dict() == {meant: session.classes[1].class_id}
    hand.settle(lambda: hand.marks.n_filled == 239)
    assert hand.id_of(239) == meant
    # The mark is a ring now, and still ringed as selected.
    hand.key(Qt.Key.Key_Z, CTRL)
    assert len(session.library.labels()) == 0
    hand.settle(lambda: hand.marks.n_filled == 240)
    assert hand.selected == {meant}


def test_ctrl_a_selects_what_is_shown_and_esc_nothing(hand: Hand) -> None:
    hand.panel.filters.micrograph.setCurrentIndex(1)
    hand.key(Qt.Key.Key_A, CTRL)
    assert len(hand.selected) == 120
    hand.key(Qt.Key.Key_Escape)
    assert hand.selected == set()


def test_what_is_selected_elsewhere_is_ringed_here(hand: Hand) -> None:
    place = hand.lonely()[0]
    before, at = hand.picture(), hand.at(place)
    hand.session.selection.select([hand.id_of(place)])
    hand.settle(lambda: "1 selected" in hand.panel.controls.count.text())
    changed = np.abs(hand.picture() - before).max(axis=2) > 40
    rows, columns = np.nonzero(changed)
    assert len(rows) > 20
    assert np.hypot(rows - at.y(), columns - at.x()).max() < 16
    hand.panel.filters.micrograph.setCurrentIndex(
        1 + (hand.session.catalogue.micrograph_ids[hand.marks.rows[place]] == 1)
    )
    assert "1 selected, 1 of them not shown" in hand.panel.controls.count.text()


def test_what_is_selected_is_seen_in_a_crowd(hand: Hand) -> None:
    hand.plot.plotItem.getViewBox().scaleBy((60, 60))
    covered, before = hand.id_of(0), hand.picture()
    hand.session.selection.select([covered, hand.id_of(1)])
    hand.settle(lambda: "2 selected" in hand.panel.controls.count.text())
    ring = np.array([240, 241, 242])
    changed = np.abs(hand.picture() - before).max(axis=2) > 40
    near = np.abs(hand.picture() - ring).max(axis=2) < 40
    assert (changed & near).sum() > 8


def test_a_double_click_asks_for_the_particle(hand: Hand) -> None:
    asked: list[int] = []
    hand.session.selection.jump_asked.connect(asked.append)
    place = hand.lonely()[0]
    hand.qtbot.mouseDClick(hand.port, LEFT, NO, hand.at(place))
    assert asked == [hand.id_of(place)]


# --- moving ------------------------------------------------------------------------------------


def test_the_middle_button_moves_and_fit_brings_all_back(hand: Hand) -> None:
    place = hand.lonely()[0]
    before, by = hand.at(place), QPoint(40, 20)
    at = hand.plot.area().center()
    hand.drag([at, at + by / 2, at + by], button=MIDDLE)
    moved = hand.at(place) - before
    assert abs(moved.x() - 40) <= 1
    assert abs(moved.y() - 20) <= 1
    assert hand.selected == set()
    # What was moved stays when labels change, until it is asked for.
    hand.session.assign([hand.id_of(place)], hand.session.classes[0].class_id)
    hand.settle(lambda: hand.marks.n_filled == 239)
    assert hand.at(239) - before == moved
    hand.panel.controls.fit.click()
    assert (hand.at(239) - before).manhattanLength() <= 2


def test_the_mouse_over_a_point_tells_of_it(hand: Hand) -> None:
    place = hand.lonely()[0]
    card = hand.panel.chart.card
    hand.hover(hand.at(place))
    hand.settle(card.isVisible)
    assert card.lines[0].startswith(f"Particle {hand.id_of(place)}, ")
    assert "by the model" in card.lines[1]
    assert f"latent z1 {hand.marks.x[place]:.3g}" in card.lines
    assert card.pixmap is not None
    hand.hover(hand.empty_spot())
    hand.settle(lambda: not card.isVisible())


# --- what the latents mean ---------------------------------------------------------------------


def with_meaning(folder: Path, n_latents: int) -> None:
    """Make the first latent the size, and no other anything."""
    with ParticleLibrary.open(folder) as library:
        table = library.particles()
        ids, rng = table.index.to_numpy(), np.random.default_rng(3)
        classes = [c.class_id for c in library.classes()][:2]
        library.add_model(
            "meant", parameters={}, seed=0, class_ids=classes, n_labels=0, versions={}, metrics={}
        )
        latents = rng.normal(size=(len(ids), n_latents))
        latents[:, 0] = -np.log(table["area_px"])
        library.set_predictions(
            "meant",
            ids,
            probabilities=rng.dirichlet([1, 1], len(ids)),
            class_ids=classes,
            novelty=rng.random(len(ids)),
            angle_rad=np.zeros(len(ids)),
            offset_px=np.zeros((len(ids), 2)),
            latents=latents,
        )


@pytest.mark.parametrize("n_latents", [1, 3])
def test_which_latent_is_the_size(
    n_latents: int, new_panel: Any, qtbot: Any, library: Path, tmp_path: Path
) -> None:
    import shutil

    folder = Path(shutil.copytree(library, tmp_path / "library"))
    with_meaning(folder, n_latents)
    panel = new_panel()
    panel.session.open_library(folder)
    qtbot.waitUntil(lambda: panel.content is not None)
    size = "equivalent_diameter_nm"
    assert panel.controls.axes == ("z:0", "z:1" if n_latents > 1 else size)
    panel.controls.meaning.click()
    table = panel.meaning.table
    qtbot.waitUntil(lambda: not panel.meaning.busy and table.rowCount() > 0)
    assert panel.meaning.words.text().startswith("z1 is the size (Spearman -1.00")
    assert "240 particles" in panel.meaning.words.text()
    assert table.columnCount() == n_latents
    names = [table.verticalHeaderItem(i).text() for i in range(table.rowCount())]
    row = names.index("area (nm\u00b2)")
    assert table.item(row, 0).text() == "-1.00"
    at = table.visualRect(table.model().index(row, 0)).center()
    qtbot.mouseClick(table.viewport(), LEFT, NO, at)
    assert panel.controls.axes == ("z:0", "area_nm2")
    assert panel.chart.plot.plotItem.getAxis("left").labelText == "area (nm\u00b2)"


def test_without_a_model_the_measurements_are_there(
    new_panel: Any, qtbot: Any, tmp_path: Path
) -> None:
    from tests.library.made_up import Cuttings, grid_mask, measured, picture

    mask = grid_mask()
    with ParticleLibrary.create(tmp_path / "library") as library:
        at = library.add_micrograph(picture(pixel_size_nm=None))
        cut = Cuttings(np.zeros((12, 8, 8), np.float32), np.arange(1, 13), 8, np.zeros(12, bool))
        library.set_particles(at, mask, measured(mask, None), cut, parameters={})
    panel = new_panel()
    panel.session.open_library(tmp_path / "library")
    qtbot.waitUntil(lambda: panel.content is not None)
    units = {panel.controls.quantity(key).unit for key in panel.controls.axes}
    assert "nm" not in units
    assert len(panel.content.marks) == 12
    assert panel.content.grey == 12
    panel.controls.meaning.click()
    assert "train one first" in panel.meaning.words.text()


# --- likeness, sleep, files --------------------------------------------------------------------


def test_similarity_is_to_what_is_selected(hand: Hand) -> None:
    panel = hand.panel
    hand.choose(panel.controls.colour, SIMILARITY)
    assert "Select one or more" in panel.said.text()
    one, two = hand.lonely(2)
    hand.click(one)
    meant = [hand.id_of(one), hand.id_of(two)]
    panel.controls.again.click()
    hand.choose(panel.controls.across, SIMILARITY)
    assert hand.session.catalogue.particle_ids[hand.marks.rows[hand.marks.x == 0]] == [meant[0]]
    hand.session.selection.select([meant[1]])
    hand.key(Qt.Key.Key_F5)
    assert hand.session.catalogue.particle_ids[hand.marks.rows[hand.marks.x == 0]] == [meant[1]]


def test_it_rests_while_hidden_and_catches_up(hand: Hand) -> None:
    before = hand.panel.content
    hand.panel.hide()
    ids = hand.session.catalogue.particle_ids
    hand.session.assign(ids[:5], hand.session.classes[0].class_id)
    hand.session.selection.select(ids[:3])
    QApplication.processEvents()
    assert hand.panel.content is before
    hand.panel.show()
    assert hand.marks.n_filled == 235
    assert "3 selected" in hand.panel.controls.count.text()


def test_what_is_seen_can_be_saved(hand: Hand, tmp_path: Path) -> None:
    save = hand.panel.chart.save
    for ending in ("png", "svg", "csv"):
        assert save.save_to(tmp_path / f"map.{ending}"), save.hint.text()
    image = QImage(str(tmp_path / "map.png"))
    assert image.width() >= 2 * hand.plot.width()
    # On white paper, and the window is as before.
    assert pixels(image)[3, 3].tolist() == [255, 255, 255]
    assert (tmp_path / "map.svg").read_text(encoding="utf-8").count("<circle") >= 240
    table = pd.read_csv(tmp_path / "map.csv")
    assert len(table) == 240
    assert {"particle_id", "class", "latent z1 (prior \u03c3)"} <= set(table.columns)
    catalogue = hand.session.catalogue
    z = catalogue.latents[catalogue.rows(table["particle_id"].to_numpy()), 0]
    assert np.allclose(table["latent z1 (prior \u03c3)"], z, atol=1e-5)


def test_both_themes_are_followed(hand: Hand) -> None:
    viewer = hand.panel.canvas.viewer
    grounds = []
    for theme in ("dark", "light"):
        viewer.theme = theme
        area = hand.plot.area()
        grounds.append(hand.picture()[area.top() + 1, area.left() + 3].mean())
    assert grounds[0] < 90 < 160 < grounds[1]


# --- docking -----------------------------------------------------------------------------------


def test_wide_docks_share_their_place_below_the_micrograph(
    new_bench: Callable[[], Any], qtbot: Any, library: Path, tmp_path: Path
) -> None:
    import shutil

    bench = new_bench()
    bench.session.open_library(Path(shutil.copytree(library, tmp_path / "library")))
    window = bench.viewer.window._qt_window
    below = Qt.DockWidgetArea.BottomDockWidgetArea

    def dock_of(widget: Any) -> QDockWidget:
        while not isinstance(widget, QDockWidget):
            widget = widget.parent()
        return widget

    beside = dock_of(bench.workbench)
    # The window lays itself out for the first time.
    bench.open_disks()
    bench.workbench.grab()
    QApplication.processEvents()
    width = beside.width()
    gallery = bench.canvas.open_dock("Gallery")
    qtbot.waitUntil(lambda: window.dockWidgetArea(dock_of(gallery)) == below)
    latent_map = bench.canvas.open_dock("Latent map")
    docks = dock_of(gallery), dock_of(latent_map)
    qtbot.waitUntil(lambda: window.tabifiedDockWidgets(docks[0]) == [docks[1]])
    qtbot.waitUntil(lambda: latent_map.panel.chart is not None)
    assert latent_map.isVisible()
    # All of the height is the map's, and nothing was taken from what lies beside.
    qtbot.waitUntil(lambda: latent_map.panel.height() == latent_map.height() > 200)
    qtbot.waitUntil(lambda: beside.width() == width)
    assert bench.canvas.open_dock("Gallery") is gallery
    qtbot.waitUntil(lambda: latent_map.visibleRegion().isEmpty())

    # Behind the other's tab it rests, and catches up when it comes to the front.
    ids, before = bench.session.catalogue.particle_ids, latent_map.panel.content
    bench.session.assign(ids[:5], bench.session.classes[0].class_id)
    qtbot.waitUntil(lambda: not gallery.visibleRegion().isEmpty())
    assert latent_map.panel.content is before
    bench.canvas.open_dock("Latent map")
    qtbot.waitUntil(lambda: latent_map.panel.content.marks.n_filled == 235)

    # In a window of its own it works as well, and one selection is for all.
    docks[1].setFloating(True)
    qtbot.waitUntil(latent_map.panel.isVisible)
    bench.session.selection.select(ids[:4])
    qtbot.waitUntil(lambda: "4 selected" in latent_map.panel.controls.count.text())
    bench.viewer.window.remove_dock_widget(docks[1])
    again = bench.canvas.open_dock("Latent map")
    assert again is not latent_map
    qtbot.waitUntil(lambda: again.panel.content is not None)
    assert len(again.panel.content.marks) == 240
