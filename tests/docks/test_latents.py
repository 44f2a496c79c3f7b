"""The latents dock used with mouse and keys, on a small trained library; layers alone need a window."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication
from tests.library.made_up import Cuttings, measured
from tests.ssrvae.conftest import rods_and_discs, some_labels

from napari_ssrvae.docks.exploring import STRIP
from napari_ssrvae.docks.latents import LatentsDock
from napari_ssrvae.docks.latents.panel import LatentsPanel
from napari_ssrvae.docks.traversals import Kind, Traversals
from napari_ssrvae.library import AssignClass, ParticleLibrary, RenameClass
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.ssrvae import SSRVAE, SSRVAEParameters
from napari_ssrvae.workflow import ModelCard
from napari_ssrvae.workflow.decoding import Decoder, nearest_particles
from napari_ssrvae.workflow.model_card import write_model_card

N, ROWS, COLUMNS, CELL, S = 80, 8, 10, 30, 24
LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


def micrograph() -> np.ndarray:
    """The picture in which the particles lie."""
    return np.random.default_rng(3).integers(0, 255, (ROWS * CELL, COLUMNS * CELL), np.uint8)


def make_library(folder: Path) -> None:
    """Write a library of rods and discs without a model."""
    X, y, _ = rods_and_discs(N)
    mask = np.zeros((ROWS * CELL, COLUMNS * CELL), np.int32)
    for i in range(N):
        row, column = divmod(i, COLUMNS)
        mask[row * CELL + 8 : row * CELL + 22, column * CELL + 8 : column * CELL + 22] = i + 1
    with ParticleLibrary.create(folder) as library:
        shown = Micrograph.from_array(micrograph(), name="rods.tif")
        at = library.add_micrograph(shown)
        patches = Cuttings(X, np.arange(1, N + 1), S, np.zeros(N, bool))
        table = measured(mask, None)
        table["equivalent_diameter_px"] = np.sqrt(4 * table["area_px"] / np.pi)
        library.set_particles(at, mask, table, patches, parameters={})
        ids = library.particles().index.to_numpy()
        for k, entry in enumerate(library.classes()[:2]):
            mine = ids[np.flatnonzero(y == k)[:8]]
            library.do(AssignClass(tuple(mine.tolist()), entry.class_id))


def add_model(folder: Path, name: str, model: SSRVAE) -> None:
    """Put a trained model and what it predicts into a library."""
    X, _, _ = rods_and_discs(N)
    with ParticleLibrary.open(folder) as library:
        class_ids = [c.class_id for c in library.classes()[:2]]
        place = library.model_folder(name)
        model.save(place)
        write_model_card(place, ModelCard(("rod", "disc"), S, None, S, {}))
        tiles = {
            str(i): np.vstack(
                [np.hstack(list(model.traverse(k, j))) for j in range(model.n_latents)]
            )
            for k, i in enumerate(class_ids)
        }
        np.savez_compressed(place / "traversals.npz", **tiles)
        library.add_model(
            name, parameters={}, seed=0, class_ids=class_ids, n_labels=16, versions={}, metrics={}
        )
        said = model.describe(X)
        library.set_predictions(
            name,
            library.particles().index.to_numpy(),
            probabilities=said.probabilities,
            class_ids=class_ids,
            novelty=said.novelty,
            angle_rad=said.angle_rad,
            offset_px=said.offset_px,
            latents=said.latents,
        )


def trained(n_latents: int) -> SSRVAE:
    X, y, _ = rods_and_discs(N)
    few = SSRVAEParameters(
        epochs=2, hidden=32, n_rotations=8, n_pairs=2, batch_size=32, n_latents=n_latents
    )
    return SSRVAE(2, parameters=few, device="cpu").fit(X, some_labels(y, 8))


@pytest.fixture(scope="module")
def models() -> dict[int, SSRVAE]:
    """Models with 1, 2 and 4 latents."""
    return {d: trained(d) for d in (1, 2, 4)}


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blank") / "library"
    make_library(folder)
    return folder


@pytest.fixture
def library(blank: Path, models: dict[int, SSRVAE], tmp_path: Path) -> Callable[..., Path]:
    """Makes a library with a model of so many latents; none with 0."""

    def make(n_latents: int = 2) -> Path:
        folder = shutil.copytree(blank, tmp_path / f"library-{n_latents}")
        if n_latents:
            add_model(folder, "model-1", models[n_latents])
        return folder

    return make


@pytest.fixture
def panel(qtbot: Any) -> Iterator[LatentsPanel]:
    """A shown panel of a viewer without a window."""
    from napari.components import ViewerModel

    viewer = ViewerModel()
    panel = LatentsPanel(viewer)
    qtbot.addWidget(panel)
    panel.resize(1240, 320)
    panel.show()
    qtbot.waitExposed(panel)
    yield panel
    panel.explorer.abandon()
    qtbot.waitUntil(lambda: not panel.explorer.busy)
    panel.session.close()


class Hand:
    """The panel with a model, and a hand on its mouse."""

    def __init__(self, panel: LatentsPanel, qtbot: Any) -> None:
        self.panel, self.qtbot = panel, qtbot
        self.session, self.explorer = panel.session, panel.explorer

    def open(self, folder: Path) -> None:
        self.session.open_library(folder)
        self.settle()

    def settle(self) -> None:
        """Wait until what was asked for is drawn."""
        self.qtbot.waitUntil(lambda: self.panel.stack.currentWidget() is self.panel.contents)
        self.qtbot.waitUntil(self.drawn, timeout=10_000)

    def drawn(self) -> bool:
        e = self.explorer
        if e.decoder is None or e.busy or len(e.strips) != e.n_latents:
            return False
        expected = [e.decoder.traversal(e.class_id, i, at=e.z, values=STRIP) for i in range(e.n_latents)]  # fmt: skip
        return all(
            np.allclose(a.images, b.images, atol=1e-5)
            for a, b in zip(e.strips, expected, strict=True)
        )

    def click(self, grid: Any, row: int, column: int, *, double: bool = False) -> None:
        at = grid.middle_of(row, column).toPoint()
        self.qtbot.mouseClick(grid, LEFT, pos=at)
        if double:
            self.qtbot.mouseDClick(grid, LEFT, pos=at)

    def expected_picture(self) -> np.ndarray:
        e = self.explorer
        folder = self.session.library.model_folder("model-1")
        return e.cut(Decoder.of_model(folder).picture(e.class_id, e.z, e.angle_rad))


@pytest.fixture
def hand(panel: LatentsPanel, qtbot: Any, library: Callable[..., Path]) -> Hand:
    hand = Hand(panel, qtbot)
    hand.open(library(2))
    return hand


# --- before there is a model --------------------------------------------------------------------


def test_it_says_what_to_do_before_there_is_a_model(
    panel: LatentsPanel, qtbot: Any, library: Callable[..., Path]
) -> None:
    assert panel.stack.currentWidget() is panel.empty
    assert "Find particles" in panel.empty.text()
    panel.session.open_library(library(0))
    qtbot.waitUntil(lambda: "press Train" in panel.empty.text())
    assert panel.stack.currentWidget() is panel.empty


def test_a_damaged_model_is_told_in_a_sentence(
    panel: LatentsPanel, qtbot: Any, library: Callable[..., Path]
) -> None:
    folder = library(2)
    (folder / "models" / "model-1" / "weights.safetensors").write_bytes(b"nothing")
    panel.session.open_library(folder)
    qtbot.waitUntil(lambda: "damaged" in panel.empty.text())
    assert panel.stack.currentWidget() is panel.empty


# --- sliders ------------------------------------------------------------------------------------


def test_a_slider_changes_the_picture(hand: Hand) -> None:
    before = hand.panel.picture.grey.copy()
    row = hand.panel.place.rows[1]
    for _ in range(4):
        hand.qtbot.keyClick(row.slider, Qt.Key.Key_PageUp)
    assert hand.explorer.z[1] == pytest.approx(2.0)
    assert row.box.value() == pytest.approx(2.0)
    hand.qtbot.waitUntil(lambda: not np.array_equal(hand.panel.picture.grey, before))
    np.testing.assert_allclose(hand.panel.picture.grey, hand.expected_picture(), atol=1e-5)
    # The strip of the other latent goes through the new place.
    hand.settle()


def test_a_number_can_be_typed(hand: Hand) -> None:
    box = hand.panel.place.rows[0].box
    box.selectAll()
    hand.qtbot.keyClicks(box, "-1.25")
    hand.qtbot.keyClick(box, Qt.Key.Key_Return)
    assert hand.explorer.z.tolist() == [-1.25, 0.0]
    assert hand.panel.place.rows[0].slider.value() == -125


def test_the_angle_turns_the_picture_only(hand: Hand) -> None:
    strips = [tiles.images.copy() for tiles in hand.explorer.strips]
    upright = hand.panel.picture.grey.copy()
    hand.qtbot.keyClick(hand.panel.place.angle, Qt.Key.Key_PageUp)
    hand.qtbot.keyClick(hand.panel.place.angle, Qt.Key.Key_PageUp)
    assert hand.explorer.angle_rad == pytest.approx(np.pi / 2)
    hand.qtbot.waitUntil(lambda: not np.array_equal(hand.panel.picture.grey, upright))
    # A quarter turn counter-clockwise.
    np.testing.assert_allclose(hand.panel.picture.grey, np.rot90(upright), atol=1e-4)
    hand.settle()
    for tiles, before in zip(hand.explorer.strips, strips, strict=True):
        np.testing.assert_array_equal(tiles.images, before)


def test_another_class_is_drawn_at_the_same_latents(hand: Hand) -> None:
    hand.explorer.set_latent(0, 0.7)
    chooser = hand.panel.place.chooser
    names = [c.name for c in hand.session.classes[:2]]
    assert [chooser.itemText(i) for i in range(chooser.count())] == names
    hand.qtbot.keyClick(chooser, Qt.Key.Key_Down)
    chooser.activated.emit(chooser.currentIndex())
    assert hand.explorer.class_id == hand.session.classes[1].class_id
    assert hand.explorer.z.tolist() == pytest.approx([0.7, 0.0])
    hand.settle()
    np.testing.assert_allclose(hand.panel.picture.grey, hand.expected_picture(), atol=1e-5)
    hand.qtbot.mouseClick(hand.panel.place.middle, LEFT)
    assert hand.explorer.z.tolist() == [0, 0]


def test_bars_show_where_the_particles_of_the_class_lie(hand: Hand) -> None:
    catalogue, class_id = hand.session.catalogue, hand.explorer.class_id
    mine = np.where(catalogue.by_hand > 0, catalogue.by_hand, catalogue.by_model) == class_id
    for row in hand.panel.place.rows:
        values = np.clip(catalogue.latents[mine, row.latent], -3, 3)
        places = np.clip((values + 3) / 6 * 121, 0, 120.999).astype(int)
        assert set(np.flatnonzero(row.ticks.heights)) <= {p + d for p in places for d in (-1, 0, 1)}
        assert np.count_nonzero(row.ticks.heights) >= len(set(places)) / 3
        assert row.ticks.heights.max() == 1


# --- tiles and the particles like them ----------------------------------------------------------


def test_a_click_on_the_manifold_goes_there_and_selects_the_nearest(hand: Hand) -> None:
    tiles = hand.explorer.manifold
    hand.click(hand.panel.manifold.grid, 6, 2)
    np.testing.assert_array_equal(hand.explorer.z, tiles.z[6, 2])
    expected = nearest_particles(hand.session.catalogue, hand.explorer.class_id, tiles.z[6, 2], 8)
    assert len(expected) == 8
    np.testing.assert_array_equal(hand.panel.explorer.nearest, expected)
    np.testing.assert_array_equal(hand.session.selection.ids, np.sort(expected))
    assert hand.session.selection.focus == expected[0]
    hand.qtbot.waitUntil(lambda: np.array_equal(hand.panel.near.ids, expected))
    assert hand.panel.manifold.grid.here == pytest.approx((6, 2), abs=1e-3)


def test_a_click_on_a_strip_changes_its_latent_alone(hand: Hand) -> None:
    hand.explorer.set_latent(0, 0.5)
    hand.settle()
    hand.click(hand.panel.place.rows[1].strip, 0, 7)
    assert hand.explorer.z.tolist() == pytest.approx([0.5, STRIP[7]])
    assert len(hand.session.selection) == 8


def test_a_double_click_asks_for_the_nearest_where_it_lies(hand: Hand) -> None:
    asked: list[int] = []
    hand.session.selection.jump_asked.connect(asked.append)
    hand.click(hand.panel.manifold.grid, 1, 1)
    assert not asked
    hand.click(hand.panel.manifold.grid, 1, 1, double=True)
    assert asked == [int(hand.explorer.nearest[0])]
    assert len(hand.session.selection) == 8


def test_keys_go_from_tile_to_tile(hand: Hand) -> None:
    grid, tiles = hand.panel.manifold.grid, hand.explorer.manifold
    hand.click(grid, 4, 4)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Left):
        hand.qtbot.keyClick(grid, key)
    np.testing.assert_array_equal(hand.explorer.z, tiles.z[6, 4])
    asked: list[int] = []
    hand.session.selection.jump_asked.connect(asked.append)
    hand.qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert len(asked) == 1
    for _ in range(9):
        hand.qtbot.keyClick(grid, Qt.Key.Key_Down)
    np.testing.assert_array_equal(hand.explorer.z, tiles.z[8, 4])


def test_a_slider_that_rests_shows_the_nearest_and_selects_nothing(hand: Hand) -> None:
    hand.qtbot.keyClick(hand.panel.place.rows[0].slider, Qt.Key.Key_End)
    expected = nearest_particles(hand.session.catalogue, hand.explorer.class_id, [3, 0], 8)
    hand.qtbot.waitUntil(lambda: np.array_equal(hand.panel.near.ids, expected))
    assert not len(hand.session.selection)


def test_the_nearest_are_selected_and_labelled_from_their_thumbnails(hand: Hand) -> None:
    hand.click(hand.panel.manifold.grid, 4, 4)
    near, ids = hand.panel.near, hand.explorer.nearest
    hand.qtbot.waitUntil(lambda: len(near.ids) == 8)
    hand.qtbot.mouseClick(near, LEFT, pos=near.place_of(2))
    assert hand.session.selection.ids.tolist() == [ids[2]]
    hand.qtbot.mouseClick(near, LEFT, CTRL, pos=near.place_of(5))
    assert set(hand.session.selection.ids.tolist()) == {int(ids[2]), int(ids[5])}
    hand.qtbot.keyClick(near, Qt.Key.Key_2)
    rows = hand.session.catalogue.rows(ids[[2, 5]])
    assert (hand.session.catalogue.by_hand[rows] == hand.session.classes[1].class_id).all()
    asked: list[int] = []
    hand.session.selection.jump_asked.connect(asked.append)
    hand.qtbot.mouseDClick(near, LEFT, pos=near.place_of(1))
    assert asked == [int(near.ids[1])]


def test_as_many_are_found_as_are_asked_for(hand: Hand) -> None:
    hand.panel.few.setValue(3)
    hand.click(hand.panel.manifold.grid, 4, 4)
    assert len(hand.session.selection) == 3


def test_a_class_without_particles_selects_none(hand: Hand) -> None:
    hand.session.selection.select(hand.session.catalogue.particle_ids[:1])
    ids = hand.session.catalogue.particle_ids
    hand.session.assign(ids, hand.session.classes[2].class_id)
    told: list[str] = []
    hand.explorer.message.connect(told.append)
    hand.click(hand.panel.manifold.grid, 4, 4)
    assert not len(hand.session.selection)
    assert "no particle" in told[-1]


# --- other models -------------------------------------------------------------------------------


def test_one_latent_has_a_strip_and_no_manifold(
    panel: LatentsPanel, qtbot: Any, library: Callable[..., Path]
) -> None:
    hand = Hand(panel, qtbot)
    hand.open(library(1))
    assert len(panel.place.rows) == 1
    assert not panel.manifold.isVisible()
    hand.click(panel.place.rows[0].strip, 0, 2)
    assert hand.explorer.z.tolist() == pytest.approx([STRIP[2]])
    assert len(hand.session.selection) == 8


def test_of_many_latents_any_two_make_the_manifold(
    panel: LatentsPanel, qtbot: Any, library: Callable[..., Path]
) -> None:
    hand = Hand(panel, qtbot)
    hand.open(library(4))
    assert len(panel.place.rows) == 4
    hand.explorer.set_latent(1, 1.0)
    for chooser, at in ((panel.manifold.down, 3), (panel.manifold.across, 0)):
        chooser.setCurrentIndex(at)
        chooser.activated.emit(at)
    panel.manifold.tiles.setValue(5)
    qtbot.waitUntil(lambda: hand.explorer.manifold_axes == (3, 0))
    qtbot.waitUntil(lambda: len(hand.explorer.manifold.images) == 5)
    hand.settle()
    z = hand.explorer.manifold.z
    np.testing.assert_allclose(z[..., 1], 1.0)
    np.testing.assert_allclose(z[..., 2], 0.0)
    assert (np.diff(z[:, 0, 3]) > 0).all()
    assert (np.diff(z[0, :, 0]) > 0).all()
    # The same latent twice is no choice: the other one gives way.
    panel.manifold.down.activated.emit(0)
    assert hand.explorer.axes == (0, 3)
    hand.settle()


def test_another_model_takes_the_place_of_the_one_before(
    hand: Hand, models: dict[int, SSRVAE], library: Callable[..., Path]
) -> None:
    hand.explorer.set_latent(0, 1.5)
    hand.session.open_library(library(4))
    hand.qtbot.waitUntil(lambda: hand.explorer.n_latents == 4)
    hand.settle()
    assert len(hand.panel.place.rows) == 4
    assert hand.explorer.z.tolist() == [0, 0, 0, 0]
    np.testing.assert_allclose(hand.panel.picture.grey, hand.expected_picture(), atol=1e-5)


def test_a_model_that_was_removed_is_shown_no_more(hand: Hand) -> None:
    hand.session.library.remove_model("model-1")
    hand.session.predictions_changed.emit()
    hand.qtbot.waitUntil(lambda: hand.panel.stack.currentWidget() is hand.panel.empty)
    assert "press Train" in hand.panel.empty.text()
    assert hand.explorer.decoder is None


def test_what_happens_unseen_is_seen_later(hand: Hand, library: Callable[..., Path]) -> None:
    hand.panel.hide()
    hand.session.open_library(library(4))
    QApplication.processEvents()
    assert hand.explorer.n_latents == 2
    hand.panel.show()
    hand.qtbot.waitUntil(lambda: hand.explorer.n_latents == 4)
    hand.settle()


def test_names_are_shown_as_they_are(hand: Hand) -> None:
    name = "<b>rods</b> & <img src=x>"
    hand.session.do(RenameClass(hand.session.classes[0].class_id, name))
    hand.qtbot.waitUntil(lambda: hand.panel.place.chooser.itemText(0) == name)
    hand.qtbot.waitUntil(lambda: hand.panel.words.text() == name)
    assert hand.panel.words.textFormat() == Qt.TextFormat.PlainText
    assert "<b>" not in hand.panel.picture.toolTip()


def test_the_manifold_is_saved_as_picture_and_table(hand: Hand, tmp_path: Path) -> None:
    import pandas as pd

    save = hand.panel.manifold.save
    for ending in ("png", "svg", "csv"):
        assert save.save_to(tmp_path / f"manifold.{ending}"), save.hint.text()
    image = QImage(str(tmp_path / "manifold.png"))
    assert image.width() >= 2 * hand.panel.manifold.grid.width()
    assert image.pixelColor(2, 2).lightness() == 255
    assert "<svg" in (tmp_path / "manifold.svg").read_text(encoding="utf-8")
    table = pd.read_csv(tmp_path / "manifold.csv")
    assert len(table) == 81
    tiles = hand.explorer.manifold
    np.testing.assert_allclose(
        table[["z1 (SD of the prior)", "z2 (SD of the prior)"]], tiles.z.reshape(81, 2), atol=1e-5
    )
    assert table["nearest particle_id"].isin(hand.session.catalogue.particle_ids).all()


# --- layers, in a window ------------------------------------------------------------------------


@pytest.fixture
def window(
    make_napari_viewer: Callable[..., Any], qtbot: Any, library: Callable[..., Path]
) -> Iterator[Any]:
    """A shown viewer with the micrograph of the library and the dock."""
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1300, 850)
    _, dock = viewer.window.add_plugin_dock_widget("napari-ssrvae", "Latents")
    viewer.add_image(micrograph(), name="rods.tif")
    panel = dock.panel
    hand = Hand(panel, qtbot)
    hand.open(library(2))
    assert isinstance(dock, LatentsDock)
    yield viewer, hand
    panel.canvas._abandon()
    qtbot.waitUntil(lambda: not panel.explorer.busy)
    panel.session.close()


def test_no_layer_is_made_while_a_model_trains(hand: Hand, library: Callable[..., Path]) -> None:
    from napari.components import ViewerModel

    viewer, held = ViewerModel(), [True]
    image = viewer.add_image(micrograph())
    hand.session.add_micrograph(Micrograph.from_array(micrograph(), name="rods.tif"))
    layers = Traversals(viewer, hand.session, hand.explorer, lambda: held[0])
    layers.draw(image)
    assert len(viewer.layers) == 1
    assert not layers.shown()
    held[0] = False
    layers.changed.connect(lambda: layers.draw(image))
    layers.draw(image)
    # One at a time: napari takes a while for each.
    assert len(viewer.layers) == 2
    hand.qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=5000)
    # What is there already follows also while a model trains.
    held[0] = True
    hand.session.traversals = {i: 1 - t for i, t in hand.session.traversals.items()}
    layers.draw(image)
    for layer, tiles in zip(layers.shown(), hand.session.traversals.values(), strict=True):
        np.testing.assert_array_equal(layer.data, tiles)
    assert len(viewer.layers) == 3


def test_tiles_of_layers_are_clicked_like_those_of_the_dock(window: Any, qtbot: Any) -> None:
    viewer, hand = window
    canvas, traversals = hand.panel.canvas, hand.panel.canvas.traversals
    qtbot.waitUntil(lambda: len(traversals.shown(Kind.TRAVERSALS)) == 2)
    box = hand.panel.beside[Kind.MANIFOLDS]
    qtbot.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
    qtbot.waitUntil(lambda: len(traversals.shown(Kind.MANIFOLDS)) == 2)
    assert not set(map(id, traversals.shown())) & set(map(id, canvas.image_layers()))
    layers = {layer.name: layer for layer in traversals.shown()}
    second = hand.session.classes[1]
    manifold, strip = layers[f"manifold · {second.name}"], layers[f"traversal · {second.name}"]
    assert manifold.data.shape == (9 * S, 9 * S)
    viewer.reset_view()
    QApplication.processEvents()

    click(viewer, qtbot, manifold, (3 * S + S // 2, 5 * S + S // 2))
    decoder = hand.explorer.decoder
    expected = decoder.manifold(second.class_id, 9).z[3, 5]
    qtbot.waitUntil(lambda: np.array_equal(hand.explorer.z, expected))
    assert hand.explorer.class_id == second.class_id
    assert len(hand.session.selection) == 8

    click(viewer, qtbot, strip, (S + S // 2, 2 * S + S // 2))
    expected = decoder.traversal(second.class_id, 1, 9).z[2]
    qtbot.waitUntil(lambda: np.array_equal(hand.explorer.z, expected))

    # Switched off, they are hidden; switched on, the same layers come back.
    before = set(map(id, viewer.layers))
    for on in (False, True):
        qtbot.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
        qtbot.waitUntil(lambda on=on: manifold.visible is on)
    assert set(map(id, viewer.layers)) == before
    zoom = viewer.scene.camera.zoom
    asked: list[int] = []
    hand.session.selection.jump_asked.connect(asked.append)
    click(viewer, qtbot, manifold, (S // 2, S // 2), double=True)
    qtbot.waitUntil(lambda: len(asked) == 1)
    assert viewer.scene.camera.zoom >= zoom


def click(
    viewer: Any, qtbot: Any, layer: Any, pixel: tuple[int, int], *, double: bool = False
) -> None:
    """Click a pixel of a layer on the canvas."""
    native = viewer.window._qt_viewer.canvas.native
    world = np.asarray(layer.data_to_world(pixel))[-2:]
    centre = np.asarray(viewer.scene.camera.center)[-2:]
    y, x = (
        np.array([native.height(), native.width()]) / 2
        + (world - centre) * viewer.scene.camera.zoom
    )
    at = QPoint(round(x), round(y))
    qtbot.mouseMove(native, at)
    qtbot.mouseClick(native, LEFT, pos=at)
    if double:
        qtbot.mouseDClick(native, LEFT, pos=at)
