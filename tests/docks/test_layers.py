"""Layers are views: nothing is lost or confused when they are deleted, renamed or duplicated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def test_a_deleted_layer_comes_back_with_one_click(bench: Any) -> None:
    bench.open_disks()
    bench.find()
    bench.click(*bench.label_position(6))
    state = bench.session.current
    for role in ("particles", "classes", "labels by hand"):
        bench.viewer.layers.remove(bench.canvas.drawn_layer(state, role))
    bench.viewer.layers.remove(bench.canvas.image_layer(state))
    assert bench.workbench.bar.again.isVisible()
    bench.press(bench.workbench.bar.again)
    assert bench.canvas.is_complete(state)
    assert not bench.workbench.bar.again.isVisible()
    by_hand = bench.canvas.drawn_layer(state, "labels by hand")
    assert set(np.unique(state.labels[by_hand.data > 0])) == {6}
    bench.click(*bench.label_position(2))
    assert state.by_hand[2]


def test_renamed_and_duplicated_layers_confuse_nothing(bench: Any) -> None:
    bench.open_disks()
    bench.find()
    state = bench.session.current
    classes = bench.canvas.drawn_layer(state, "classes")
    classes.name = "something else"
    bench.canvas.image_layer(state).name = "classes · disks"
    bench.viewer.add_labels(classes.data.copy(), name="classes · disks")
    bench.viewer.layers.selection.active = bench.canvas.image_layer(state)
    bench.click(*bench.label_position(1))
    assert (classes.data[state.labels == 1] > 0).all()


def test_labels_made_elsewhere_are_taken_as_particles(bench: Any) -> None:
    centres = bench.open_disks()
    mask = np.zeros((240, 320), np.uint16)
    for value, (row, column) in zip((7, 40, 300), centres[:3], strict=True):
        mask[row - 5 : row + 6, column - 5 : column + 6] = value
    bench.viewer.add_labels(mask, name="from cellpose")
    panel = bench.workbench.segment
    panel.foreign.setCurrentText("from cellpose")
    with bench.qtbot.waitSignal(bench.session.particles_changed, timeout=30_000):
        bench.press(panel.take)
    state = bench.session.current
    assert state.n_particles == 3
    np.testing.assert_array_equal(state.labels > 0, mask > 0)
    assert "from cellpose" in str(bench.session.library.micrographs()["parameters"].iloc[0])


def test_labels_of_another_size_are_refused_with_a_sentence(bench: Any) -> None:
    bench.open_disks()
    bench.viewer.add_labels(np.ones((50, 50), int), name="wrong")
    panel = bench.workbench.segment
    panel.foreign.setCurrentText("wrong")
    bench.press(panel.take)
    bench.qtbot.waitUntil(lambda: "50 x 50" in panel.hint.text(), timeout=30_000)
    assert bench.session.current.labels is None


def test_labels_follow_the_particles_when_segmented_again(bench: Any) -> None:
    bench.open_disks()
    bench.find()
    state = bench.session.current
    bench.click(*bench.label_position(5))
    particle_id = int(state.particle_ids[5])
    where = bench.label_position(5)
    spin = bench.workbench.segment.form.findChild(object, "min_diameter")
    spin.setValue(22)
    bench.find()
    assert 0 < state.n_particles < 12
    at = bench.session.locate(particle_id)
    if state.label_at(*where):
        assert at == (state, state.label_at(*where))
        assert state.by_hand[at[1]]
    else:
        assert particle_id in bench.session.library.retired().index


def test_a_closed_and_reopened_dock_shows_the_same_session(bench: Any) -> None:
    bench.open_disks()
    bench.find()
    bench.click(*bench.label_position(1))
    dock, _ = bench.viewer.window.add_plugin_dock_widget("napari-ssrvae", "2 Label")
    dock.close()
    _, again = bench.viewer.window.add_plugin_dock_widget("napari-ssrvae", "2 Label")
    assert again.panel.table.model().index(0, 2).data() == "1"
    assert again.panel.status == bench.workbench.label.status


def test_two_micrographs_keep_their_own_particles(bench: Any) -> None:
    bench.open_disks(seed=1)
    bench.find()
    first = bench.session.current
    bench.viewer.add_image(np.rot90(np.asarray(first.micrograph.image)).copy(), name="turned")
    second = bench.session.current
    assert second is not first
    bench.find()
    assert second.n_particles == first.n_particles == 12
    assert not bench.canvas.drawn_layer(first, "classes").visible
    assert len(bench.session.library.micrographs()) == 2
    assert len(bench.session.library.particles()) == 24
    bench.viewer.reset_view()
    bench.click(*bench.label_position(3))
    assert second.by_hand[3]
    assert not first.by_hand.any()


def test_a_library_is_opened_with_its_micrograph(new_bench: Any, tmp_path: Path) -> None:
    import imageio.v3 as iio
    from tests.conftest import disks

    from napari_ssrvae import read_micrograph

    bench = new_bench()
    path = tmp_path / "disks.png"
    iio.imwrite(path, disks()[0])
    bench.viewer.open(str(path), plugin="napari-ssrvae")
    bench.find()
    bench.click(*bench.label_position(8))
    folder = bench.session.library.folder
    labelled = bench.session.library.labels().to_dict()
    assert bench.session.current.micrograph.sha256 == read_micrograph(path).sha256

    bench.session.close()
    bench = new_bench()
    assert bench.workbench.export.open_from(folder)
    assert bench.session.library.labels().to_dict() == labelled
    assert bench.session.current.by_hand[8]
    assert bench.canvas.is_complete(bench.session.current)


def test_a_folder_that_is_no_library_is_refused_with_a_sentence(bench: Any, tmp_path: Path) -> None:
    assert not bench.workbench.export.open_from(tmp_path)
    assert str(tmp_path.name) in bench.workbench.export.hint.text()
