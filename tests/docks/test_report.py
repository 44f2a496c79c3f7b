"""The report used with the mouse, on a library of made-up particles; docking alone needs a window."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QColor, QImage
from tests.docks.test_gallery import made_library
from tests.session.many import many_particles, predict
from tests.ssrvae.conftest import rods_and_discs
from tests.workflow.small import QUICK, class_ids, small_library

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.gallery.arrangement import Arrangement
from napari_ssrvae.docks.latent_map.content import Choice, content_of
from napari_ssrvae.docks.plots import PAPER, new_plot, plot_text, save_png, save_svg, themed
from napari_ssrvae.docks.report.crowd import Crowd
from napari_ssrvae.docks.report.matrix import Matrix
from napari_ssrvae.docks.report.panel import ReportPanel
from napari_ssrvae.library import ParticleLibrary, RemoveClass, RenameClass
from napari_ssrvae.library.acts import AssignClass
from napari_ssrvae.session import Session
from napari_ssrvae.ssrvae import SSRVAE
from napari_ssrvae.workflow.stress import StressPoint, StressSample

LEFT = Qt.MouseButton.LeftButton
KEPT = 24


def judged_library(folder: Path) -> np.ndarray:
    """Write a library whose model kept 24 labels aside and took every third for the next class; return them."""
    ids = made_library(folder)[:KEPT]
    with ParticleLibrary.open(folder) as library:
        classes = [c.class_id for c in library.classes()][:3]
        true = [classes[k % 2] for k in range(KEPT)]
        said = [classes[(k % 2 + (k % 3 == 0)) % 3] for k in range(KEPT)]
        for class_id in classes[:2]:
            mine = ids[np.array(true) == class_id]
            library.do(AssignClass(tuple(mine.tolist()), class_id))
        told = {"particle_ids": ids.tolist(), "true": true, "predicted": said}
        told["probability"] = np.linspace(0.4, 1, KEPT).tolist()
        judged = {"right": 16, "judged": KEPT, "low": 0.47, "high": 0.82, "accuracy": 2 / 3}
        predictions = library.predictions()
        library.add_model(
            "m",
            parameters={},
            seed=0,
            class_ids=classes,
            n_labels=KEPT,
            versions={},
            metrics={"held_out": {**judged, "particles": told}},
        )
        library.set_predictions(
            "m",
            predictions.index.to_numpy(),
            probabilities=predictions[[f"p_{c}" for c in classes]].to_numpy(),
            class_ids=classes,
            novelty=predictions["novelty"].to_numpy(),
            angle_rad=np.deg2rad(predictions["angle_deg"].to_numpy()),
            offset_px=predictions[["offset_y_px", "offset_x_px"]].to_numpy(),
            latents=predictions[["z_0", "z_1"]].to_numpy(),
        )
    return ids


class Hand:
    """A report and a hand on its mouse."""

    def __init__(self, panel: ReportPanel, qtbot: Any) -> None:
        self.panel, self.qtbot, self.session = panel, qtbot, panel.session

    def show(self, page: Any) -> None:
        """Click the tab of a page and wait until it is drawn."""
        bar = self.panel.tabs.tabBar()
        at = bar.tabRect(self.panel.tabs.indexOf(page)).center()
        self.qtbot.mouseClick(bar, LEFT, pos=at)
        self.qtbot.waitUntil(lambda: not page.stale, timeout=5000)

    def click_cell(self, row: int, column: int) -> None:
        plot = self.panel.accuracy.matrix.plot
        box = plot.getPlotItem().getViewBox()
        scene = box.mapViewToScene(QPointF(column + 0.5, row + 0.3))
        self.qtbot.mouseClick(plot.viewport(), LEFT, pos=plot.mapFromScene(scene))

    def press(self, button: Any) -> None:
        assert button.isEnabled()
        self.qtbot.mouseClick(button, LEFT)


@pytest.fixture
def new_panel(qtbot: Any) -> Iterator[Callable[[], ReportPanel]]:
    """Makes shown reports of viewers without a window."""
    from napari.components import ViewerModel

    made: list[tuple[Any, ReportPanel]] = []

    def make() -> ReportPanel:
        viewer = ViewerModel()
        panel = ReportPanel(canvas_of(viewer))
        qtbot.addWidget(panel)
        panel.resize(1280, 330)
        made.append((viewer, panel))
        panel.show()
        qtbot.waitExposed(panel)
        return panel

    yield make
    for _, panel in made:
        panel.canvas.stress.abandon()
        qtbot.waitUntil(lambda run=panel.canvas.stress: not run.running, timeout=20_000)
        panel.session.close()


@pytest.fixture
def hand(new_panel: Any, qtbot: Any, tmp_path: Path) -> Hand:
    """A hand on the report of the judged library."""
    panel = new_panel()
    judged_library(tmp_path / "library")
    panel.session.open_library(tmp_path / "library")
    hand = Hand(panel, qtbot)
    qtbot.waitUntil(lambda: panel.accuracy.judgement is not None, timeout=5000)
    return hand


def cells(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text("utf-8-sig").splitlines()))


# --- what is said -----------------------------------------------------------------------------


def test_it_says_what_to_do_before_there_is_anything(new_panel: Any, qtbot: Any) -> None:
    panel = new_panel()
    hand = Hand(panel, qtbot)
    for page, words in (
        (panel.calibration, "There is no model yet"),
        (panel.stress, "There is no model yet"),
        (panel.distributions, "There are no particles yet"),
        (panel.accuracy, "There is no model yet"),
    ):
        hand.show(page)
        assert page.hint.isVisible()
        assert words in page.hint.text()
        assert page.body is None
    assert not panel.stress.start.isEnabled()
    assert panel.save_all(Path.home() / "no such folder" / "report") is False


def test_accuracy_comes_with_counts_and_intervals(hand: Hand) -> None:
    page = hand.panel.accuracy
    assert "16 of 24 right, accuracy 0.67 (0.47\u20130.82)" in page.headline.text()
    assert "kept aside before the model learned from them" in page.words.text()
    table = [[page.table.item(r, c).text() for c in range(4)] for r in range(3)]
    assert table[0][1:] == ["12", "0.67 (0.39\u20130.86)", "1.00 (0.68\u20131.00)"]
    # The model says the third class, but no label of it was kept aside.
    assert table[2][1:3] == ["0 \u26a0", "\u2013"]


def test_another_source_is_asked_for_and_said(hand: Hand) -> None:
    panel = hand.panel
    panel.source.setCurrentIndex(1)
    hand.qtbot.waitUntil(lambda: panel.accuracy.judgement is None, timeout=5000)
    assert "random picks" in panel.accuracy.hint.text()
    assert panel.accuracy.body.isHidden()
    ids = hand.session.catalogue.particle_ids[KEPT : KEPT + 2]
    for particle_id in ids.tolist():
        hand.session.do(AssignClass((particle_id,), 1, check="m"))
    hand.qtbot.waitUntil(lambda: panel.accuracy.judgement is not None, timeout=5000)
    assert "too few to say" in panel.accuracy.words.text()
    assert len(panel.accuracy.judgement.answers) == 2
    assert "accuracy" not in panel.accuracy.headline.text()


def test_a_click_on_a_cell_selects_its_particles(hand: Hand) -> None:
    page = hand.panel.accuracy
    assert not page.gallery.isEnabled()
    hand.click_cell(0, 1)
    j = page.judgement
    wanted = j.particles(j.class_ids[0], j.class_ids[1])
    assert len(wanted) == 4
    assert hand.session.selection.ids.tolist() == wanted.tolist()
    assert page.gallery.isEnabled()
    assert "4 particles" in page.cell.text()
    hand.click_cell(0, 2)
    assert len(hand.session.selection) == 0
    assert not page.gallery.isEnabled()


def test_a_label_that_was_corrected_changes_the_judgement(hand: Hand) -> None:
    page = hand.panel.accuracy
    before = page.judgement
    wrong = before.particles(before.class_ids[0], before.class_ids[1])
    hand.session.assign(wrong, before.class_ids[1])
    hand.qtbot.waitUntil(lambda: page.judgement is not before, timeout=5000)
    assert page.judgement.accuracy == pytest.approx(20 / 24)


def test_calibration_is_drawn_with_its_counts(hand: Hand) -> None:
    page = hand.panel.calibration
    hand.show(page)
    found = page.judgement.reliability
    assert np.array_equal(page._points.getData()[0], found.confidence)
    assert f"error: {found.error:.2f}, from 24 answers" in page.words.text()


def test_names_are_shown_as_they_are_typed(hand: Hand) -> None:
    name = "<b>=x</b> & co"
    hand.session.do(RenameClass(hand.session.classes[0].class_id, name))
    hand.qtbot.waitUntil(lambda: name in hand.panel.accuracy.names, timeout=5000)
    assert hand.panel.accuracy.table.item(0, 0).text() == name
    page = hand.panel.distributions
    hand.show(page)
    assert page.savers
    legend = page.rose.legend.items[0][1].item.toPlainText()
    assert legend.startswith(f"{name}, n = ")


# --- distributions ----------------------------------------------------------------------------


def test_distributions_are_those_of_the_catalogue(hand: Hand, tmp_path: Path) -> None:
    page, catalogue = hand.panel.distributions, hand.session.catalogue
    hand.show(page)
    shown = np.where(catalogue.by_hand > 0, catalogue.by_hand, catalogue.by_model)
    counts = page.crowd.counts()
    assert counts.by_hand.sum() == KEPT
    assert (counts.by_hand + counts.by_model).tolist() == [
        int((shown == c).sum()) for c in page.crowd.class_ids
    ]
    assert page.crowd.sizes.unit == "nm"
    # All poses of the made-up model are a quarter turn.
    assert set(np.flatnonzero(page.crowd.rose().counts.sum(axis=0)).tolist()) == {6}
    hand.qtbot.waitUntil(lambda: bool(page.rose.legend.items), timeout=5000)
    page.where.setCurrentIndex(1)
    assert len(page.crowd.shown) == len(catalogue) // 2
    assert page.savers[0].save_to(tmp_path / "counts.csv")
    table = cells(tmp_path / "counts.csv")
    assert table[0][:3] == ["micrograph", "class", "by hand (particles)"]
    assert {row[0] for row in table[1:]} == {"all micrographs", "1.tif", "2.tif"}


# --- files ------------------------------------------------------------------------------------


@pytest.fixture
def predicted(tmp_path: Path) -> Iterator[Session]:
    """A session on 32 particles of which a model says something."""
    library = many_particles(tmp_path / "many", 2, 4)
    predict(library)
    library.close()
    session = Session(seed=0)
    session.open_library(tmp_path / "many")
    yield session
    session.close()


def test_report_and_map_count_what_was_of_a_class_that_is_gone(predicted: Session) -> None:
    gone = int(np.count_nonzero(predicted.catalogue.by_model == 1))
    assert gone
    predicted.do(RemoveClass(1))
    assert Crowd.of(predicted, None, "pose").counts().none == gone
    everything = Choice("z:0", "z:1", "", Arrangement(), np.zeros(0, np.int64))
    assert content_of(predicted, everything).grey == gone


def test_a_pose_is_told_of_the_class_it_was_found_against_only(predicted: Session) -> None:
    catalogue = predicted.catalogue
    other = int(np.flatnonzero(catalogue.by_model == 2)[0])
    predicted.assign([int(catalogue.particle_ids[other])], 1)
    angles = Crowd.of(predicted, None, "pose").angle_rad
    assert np.flatnonzero(np.isnan(angles)).tolist() == [other]
    catalogue.angle_rad[:] = 0
    # A model without poses, not one whose particles all lie alike.
    assert np.isnan(Crowd.of(predicted, None, "pose").angle_rad).all()


def test_the_last_bin_of_a_table_ends_with_the_largest(predicted: Session) -> None:
    crowd = Crowd.of(predicted, None, "pose")
    table = crowd.size_rows("all")
    assert crowd.size_histogram().beyond
    assert table["diameter to (nm)"].max() == crowd.sizes.values.max()
    assert table["particles"].sum() == len(predicted.catalogue)


def test_everything_is_saved_at_once(hand: Hand, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    assert hand.panel.save_all(folder)
    names = {path.name for path in folder.iterdir()}
    for plot in ("confusion matrix", "calibration", "class counts", "sizes", "orientations"):
        assert {f"{plot}.{ending}" for ending in ("png", "svg", "csv")} <= names
    assert "recall and precision.csv" in names
    assert hand.panel.tabs.currentWidget() is hand.panel.accuracy
    assert hand.panel.save_all(folder) is False
    assert "is there already" in hand.panel.said.text()


def test_a_folder_that_takes_no_file_is_said(hand: Hand, tmp_path: Path) -> None:
    (saver, *_) = hand.panel.accuracy.savers
    for ending in ("png", "svg", "csv"):
        assert saver.save_to(tmp_path / "gone" / f"x.{ending}") is False
        assert "could not be written" in saver.hint.text()
    assert list(tmp_path.glob("gone*")) == []


def test_tables_hold_no_formula(hand: Hand, tmp_path: Path) -> None:
    hand.session.do(RenameClass(hand.session.classes[0].class_id, "=1+1"))
    hand.qtbot.waitUntil(lambda: "=1+1" in hand.panel.accuracy.names, timeout=5000)
    for saver in hand.panel.accuracy.savers:
        path = tmp_path / f"{saver.name}.csv"
        assert saver.save_to(path)
        assert any("'=1+1" in row for row in cells(path))
        assert not any(cell.startswith("=") for row in cells(path) for cell in row)


def test_plots_follow_the_theme_and_are_saved_on_white(qtbot: Any, tmp_path: Path) -> None:
    from napari.components import ViewerModel

    viewer = ViewerModel()
    viewer.theme = "dark"
    plot = new_plot("<i>x</i>", "y", x_units="nm")
    qtbot.addWidget(plot)
    plot.plot([0, 1], [0, 1], name=plot_text("a"))
    theming = themed(plot, viewer)
    plot.resize(300, 200)
    plot.show()
    assert QColor(theming.tint.background).lightness() < 100
    save_png(tmp_path / "a.png", [plot])
    image = QImage(str(tmp_path / "a.png"))
    assert image.width() >= 600
    assert image.pixelColor(2, 2) == QColor(PAPER.background)
    assert plot.backgroundBrush().color() == QColor(theming.tint.background)
    save_svg(tmp_path / "a.svg", [plot])
    drawn = (tmp_path / "a.svg").read_text()
    assert "&lt;i&gt;x&lt;/i&gt; (nm)" in drawn
    assert "<image" not in drawn
    viewer.theme = "light"
    assert QColor(theming.tint.background).lightness() > 150


# --- the stress test --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> SSRVAE:
    """A model that was really trained, for a second."""
    images, y, _ = rods_and_discs(48)
    return SSRVAE(2, random_state=0, device="cpu", parameters=QUICK).fit(images, y)


@pytest.fixture
def trained(new_panel: Any, qtbot: Any, tmp_path: Path, model: SSRVAE) -> Hand:
    """A hand on the report of a library with that model."""
    with small_library(tmp_path / "library") as library:
        model.save(library.model_folder("m"))
        library.add_model(
            "m",
            parameters={},
            seed=0,
            class_ids=class_ids(library),
            n_labels=24,
            versions={},
            metrics={},
        )
        library.current_model = "m"
    panel = new_panel()
    panel.session.open_library(tmp_path / "library")
    hand = Hand(panel, qtbot)
    hand.show(panel.stress)
    return hand


def test_the_stress_test_fills_its_plots(trained: Hand, tmp_path: Path) -> None:
    panel, run = trained.panel, trained.panel.canvas.stress
    trained.press(panel.stress.start)
    assert run.running
    assert panel.stress.stop.isVisible()
    trained.qtbot.waitUntil(lambda: not run.running, timeout=20_000)
    assert run.error == ""
    assert "24 labelled particles" in panel.stress.words.text()
    x, y = panel.stress.curves["rotation"].line.getData()
    assert x.tolist() == [p.strength for p in run.points if p.kind == "rotation"]
    assert (y <= 1).all()
    (saver,) = panel.stress.savers
    assert saver.save_to(tmp_path / "stress.csv")
    assert len(cells(tmp_path / "stress.csv")) == 1 + len(run.points)
    # Another model: what was found is not about it.
    trained.session.remove_model("m")
    trained.qtbot.waitUntil(lambda: not run.points, timeout=5000)


def test_guessing_is_among_all_classes_the_model_knows(new_panel: Any, tmp_path: Path) -> None:
    page = new_panel().stress
    none = np.zeros(0, np.int64)
    outputs = np.array([1, 2, 3, 3])
    sample = StressSample(
        none, np.zeros((2, 4, 4), np.float32), np.ones(2, np.int64), None, outputs, tmp_path
    )
    run = SimpleNamespace(points=[StressPoint("shear", 0.0, 1, 2, 0.1, 0.9)], sample=sample)
    body = page.build()
    page.draw(run)
    _, level = page.curves["shear"].chance.getData()
    assert np.allclose(level, 1 / 3)
    body.deleteLater()


def test_the_matrix_is_no_other_where_other_plugins_turn_images(
    new_panel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyqtgraph as pg

    monkeypatch.setitem(pg.CONFIG_OPTIONS, "imageAxisOrder", "row-major")
    matrix = Matrix(new_panel().canvas.viewer)
    items = matrix.plot.getPlotItem().getViewBox().allChildren()
    assert [i.axisOrder for i in items if isinstance(i, pg.ImageItem)] == ["col-major"]
    matrix.plot.close()


def test_a_stopped_stress_test_keeps_what_it_has(trained: Hand) -> None:
    panel, run = trained.panel, trained.panel.canvas.stress
    trained.press(panel.stress.start)
    trained.qtbot.waitUntil(lambda: bool(run.points) or not run.running, timeout=20_000)
    trained.press(panel.stress.stop)
    trained.qtbot.waitUntil(lambda: not run.running, timeout=20_000)
    assert run.points
    assert panel.stress.start.isVisible()


def test_it_is_docked_once_below_the_micrograph(bench: Any) -> None:
    first = bench.canvas.open_dock("Report")
    assert bench.canvas.open_dock("Report") is first
    assert first.panel.session is bench.session


def test_the_gallery_is_opened_on_the_particles_of_a_cell(bench: Any, tmp_path: Path) -> None:
    judged_library(tmp_path / "library")
    bench.session.open_library(tmp_path / "library")
    page = bench.canvas.open_dock("Report").panel.accuracy
    bench.qtbot.waitUntil(lambda: page.judgement is not None, timeout=5000)
    page.choose(0, 1)
    bench.press(page.gallery)
    gallery = bench.canvas.open_dock("Gallery").panel
    wanted = set(bench.session.selection.ids.tolist())
    assert len(wanted) == 4
    bench.qtbot.waitUntil(lambda: set(gallery.model.ids[:4].tolist()) == wanted, timeout=5000)
