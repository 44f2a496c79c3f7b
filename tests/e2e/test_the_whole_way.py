"""The whole way in the real window, with the mouse and the keyboard: segment, label, train, see, export, reopen."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conftest import Bench
from tests.shared_data import shared_data

from napari_ssrvae.docks.fills import class_of
from napari_ssrvae.evaluation.matching import match_particles
from napari_ssrvae.evaluation.metrics import balanced_accuracy
from napari_ssrvae.library import ParticleLibrary

LABELS_PER_CLASS = 15
ROOT = Path(__file__).parents[2]


def screenshot(viewer: Any, name: str) -> Path:
    """Write a picture of the whole window, for people to look at."""
    folder = Path(os.environ.get("NAPARI_SSRVAE_SCREENSHOTS", ROOT / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    viewer.window.screenshot(str(path), canvas_only=False)
    return path


def gold_truth() -> tuple[np.ndarray, np.ndarray]:
    """Return the labelled objects of the gold micrograph: instances, and the class 1..4 of each."""
    import tifffile
    from skimage.measure import label, regionprops

    classes = tifffile.imread(shared_data("gold/nanolabels.tif")).astype(int)
    instances = np.zeros(classes.shape, np.int32)
    found: list[int] = []
    for value in (1, 2, 3, 4):
        for region in regionprops(label(classes == value, connectivity=1)):
            if region.area >= 10:
                found.append(value)
                instances[tuple(region.coords.T)] = len(found)
    return instances, np.array(found)


def true_classes(labels: np.ndarray, instances: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the true class of each label id, 0 for one that matches no object."""
    matching = match_particles(labels, instances)
    truth = np.zeros(labels.max() + 1, int)
    truth[matching.label_ids] = classes[np.asarray(matching.truth_ids) - 1]
    return truth


def walk(
    bench: Bench, instances: np.ndarray, classes: np.ndarray, name: str, tmp_path: Path
) -> float:
    """Go the whole way; return the balanced accuracy over the particles that were not labelled."""
    session, canvas, workbench = bench.session, bench.canvas, bench.workbench
    bench.find()
    state = session.current
    truth = true_classes(state.labels, instances, classes)

    rng = np.random.default_rng(0)
    clicked: dict[int, int] = {}
    for k, entry in enumerate(session.classes[:4], start=1):
        bench.choose_class(k - 1)
        assert session.active_class_id == entry.class_id
        members = np.flatnonzero(truth == k)
        for label_id in rng.choice(
            members, min(LABELS_PER_CLASS, len(members) // 2), replace=False
        ):
            bench.click(*bench.label_position(label_id))
            assert state.by_hand[label_id] == entry.class_id
            clicked[int(state.particle_ids[label_id])] = entry.class_id
    assert session.library.labels().to_dict() == clicked

    with bench.qtbot.waitSignal(session.predictions_changed, timeout=240_000):
        bench.press(workbench.train.train)
    bench.qtbot.waitUntil(lambda: not canvas.training.running, timeout=10_000)
    workbench.results.threshold.setValue(0)

    check_picture(bench)
    workbench.verticalScrollBar().setValue(0)
    screenshot(bench.viewer, name)

    target = tmp_path / "taken home"
    assert workbench.export.export_to(target), workbench.export.hint.text()
    check_table(bench, target)
    folder = session.library.folder
    check_reopened(bench)

    judged = (truth > 0) & (state.by_hand == 0)
    order = {c.class_id: k for k, c in enumerate(session_classes(folder))}
    return balanced_accuracy(
        truth[judged] - 1, np.array([order[i] for i in state.by_model[judged]])
    )


def check_picture(bench: Bench) -> None:
    """The predictions are in the picture, pixel by pixel, and in the table."""
    session, canvas = bench.session, bench.canvas
    state = session.current
    shown = state.shown_classes(0.0)
    layer = canvas.drawn_layer(state, "classes")
    np.testing.assert_array_equal(class_of(layer.data), shown[state.labels])
    assert (shown[1:] > 0).all()
    bench.qtbot.waitUntil(lambda: len(canvas.traversals.layers()) == 4, timeout=20_000)
    first = session.classes[0].class_id
    expected = f"{int((shown == first).sum()):,}"
    table = bench.workbench.results.table
    bench.qtbot.waitUntil(lambda: table.item(0, 1).text() == expected, timeout=5000)


def check_table(bench: Bench, exported: Path) -> None:
    """The exported table says what is shown."""
    session = bench.session
    state = session.current
    shown = state.shown_classes(0.0)
    with (exported / "particles.csv").open(newline="", encoding="utf-8-sig") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == state.n_particles
    names = {c.class_id: c.name for c in session.classes}
    for row in rows:
        label_id = int(row["label_id"])
        assert row["class"] == names[int(shown[label_id])]
        assert (row["class_source"] == "hand") == bool(state.by_hand[label_id])
        expected_nm2 = float(row["area_px"]) * state.micrograph.pixel_size_nm**2
        assert float(row["area_nm2"]) == pytest.approx(expected_nm2, rel=1e-6)


def check_reopened(bench: Bench) -> None:
    """Closed and opened again, the library holds the same; the session is closed afterwards."""
    session, state = bench.session, bench.session.current
    folder = session.library.folder
    labels, predicted = session.library.labels(), session.library.predictions()
    session.close()
    with ParticleLibrary.open(folder, read_only=True) as again:
        assert again.labels().equals(labels)
        np.testing.assert_array_equal(again.mask(1), state.labels)
        assert again.predictions().equals(predicted)


def session_classes(folder: Path) -> list[Any]:
    with ParticleLibrary.open(folder, read_only=True) as library:
        return library.classes()


def test_gold_becomes_a_labelled_library(bench: Bench, tmp_path: Path) -> None:
    path = shared_data("gold/nanogold.tif")
    bench.viewer.open(str(path), plugin="napari-ssrvae")
    # The file says nothing of its scale; the user types what the authors' calibration says.
    bench.workbench.bar.pixel_size.setValue(2.78)
    bench.viewer.reset_view()
    accuracy = walk(bench, *gold_truth(), "gold", tmp_path)
    print(f"\ngold: balanced accuracy {accuracy:.3f} with {LABELS_PER_CLASS} labels per class")
    assert accuracy >= 0.8


def test_a_truth_that_is_wrong_is_noticed() -> None:
    """The yardstick itself: turned-around classes must not pass."""
    truth = np.array([0, 0, 1, 1])
    assert balanced_accuracy(truth, truth) == 1.0
    assert balanced_accuracy(truth, 1 - truth) == 0.0


def test_menus_offer_the_docks(new_bench: Callable[[], Bench]) -> None:
    """What the manifest promises is in napari's own menus."""
    bench = new_bench()
    window = bench.viewer.window
    plugins = " ".join(_texts(window.plugins_menu))
    for dock in ("Workbench", "1 Segment", "2 Label", "3 Train", "4 Results", "5 Export"):
        assert dock in plugins
    layers = " ".join(_texts(window.layers_menu))
    for dock in ("1 Segment", "2 Label", "3 Train", "4 Results", "5 Export"):
        assert dock in layers
    samples = " ".join(_texts(window.file_menu))
    for sample in ("Agglomerates", "Playing cards", "Gold nanoparticles"):
        assert sample in samples


def _texts(menu: Any) -> list[str]:
    menu.aboutToShow.emit()
    texts = []
    for action in menu.actions():
        texts.append(action.text())
        if action.menu() is not None:
            texts += _texts(action.menu())
    return texts
