"""Opening: folders and lists, contradicting scales, the data bar, lengths in nm."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import pytest
from tests.conftest import disks

from napari_ssrvae.docks.forms import AUTOMATIC, ParameterForm
from napari_ssrvae.docks.readers import get_reader, layer_of_micrograph, open_files
from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs import Micrograph, PixelSize
from napari_ssrvae.particles import SegmentationParameters

BAR = (210, 240)


def with_bar() -> np.ndarray:
    """Return the disks with a black banner that has a white bar and letters."""
    image, _ = disks()
    image[BAR[0] :] = 0
    image[222:226, 30:110] = 255
    image[216:232:3, 150:300:4] = 255
    return image


def add(bench: Any, image: np.ndarray, **more: Any) -> Any:
    """Open a micrograph as the reader would; return its state."""
    micrograph = replace(Micrograph.from_array(image, name="made"), **more)
    data, attributes, _ = layer_of_micrograph(micrograph)
    bench.viewer.add_image(data, **attributes)
    bench.viewer.reset_view()
    return bench.session.current


# --- folders ---------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three micrographs of different scales, one that is damaged, and other things."""
    import tifffile

    inside = tmp_path / "series"
    inside.mkdir()
    for number, nm in ((1, 2.0), (2, 4.0), (10, None)):
        options: dict[str, Any] = {}
        if nm is not None:
            options = {
                "imagej": True,
                "resolution": (1 / nm, 1 / nm),
                "metadata": {"unit": "nm"},
            }
        tifffile.imwrite(inside / f"image {number}.tif", disks(seed=number)[0], **options)
    (inside / "broken.tif").write_bytes(b"II*\x00 nothing more")
    (inside / "notes.txt").write_text("about these")
    (inside / ".hidden.tif").write_bytes(b"x")
    return inside


def test_a_folder_opens_as_one_project_each_with_its_scale(bench: Any, folder: Path) -> None:
    from napari.utils.notifications import notification_manager

    bench.viewer.open(str(folder), plugin="napari-ssrvae")
    layers = bench.canvas.image_layers()
    assert [layer.name for layer in layers] == ["image 1", "image 2", "image 10"]
    assert [float(layer.scale[-1]) for layer in layers] == pytest.approx([2.0, 4.0, 1.0])
    assert bench.workbench.bar.chooser.count() == 3
    said = [str(record.message) for record in notification_manager.records]
    assert sum("broken.tif" in words for words in said) == 1


def test_a_list_of_files_opens_the_same(folder: Path) -> None:
    paths = [str(folder / "image 2.tif"), str(folder / "image 1.tif")]
    reader = get_reader(paths)
    assert reader is not None
    assert [attributes["name"] for _, attributes, _ in reader(paths)] == ["image 2", "image 1"]


def test_folders_without_micrographs_are_left_to_others(tmp_path: Path) -> None:
    assert get_reader(str(tmp_path)) is None
    (tmp_path / "library.sqlite").write_bytes(b"")
    iio.imwrite(tmp_path / "a.png", disks()[0])
    assert get_reader(str(tmp_path)) is None


def test_several_bad_files_are_one_sentence(folder: Path) -> None:
    (folder / "cut.tif").write_bytes(b"II")
    *layers, (nothing, words) = list(open_files([folder]))
    assert len(layers) == 3
    assert nothing is None
    assert words.startswith("2 files")
    assert "broken.tif" in words
    assert "cut.tif" in words


def test_only_bad_files_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.tif").write_bytes(b"II")
    with pytest.raises(InputError, match=r"bad\.tif"):
        list(open_files([tmp_path]))


# --- scales that contradict each other -------------------------------------------------------------

CHOICES = (PixelSize(2.78, "ImageJ calibration"), PixelSize(2.93, "Zeiss metadata"))


def test_contradicting_scales_are_asked_and_the_answer_is_kept(bench: Any) -> None:
    state = add(bench, disks()[0], pixel_size_choices=CHOICES)
    bar = bench.workbench.bar
    assert state.micrograph.pixel_size_nm is None
    assert [button.text() for button in bar.question.buttons] == [
        "2.78 nm/px   ImageJ calibration",
        "2.93 nm/px   Zeiss metadata",
    ]
    assert bar.question.isVisible()
    bench.press(bar.question.buttons[1])
    assert state.micrograph.pixel_size_nm == 2.93
    assert "Zeiss metadata" in bar.source.text()
    assert not bar.question.isVisible()
    assert tuple(bench.canvas.image_layer(state).scale) == (2.93, 2.93)
    bench.find()
    row = bench.session.library.micrographs().iloc[0]
    assert row["pixel_size_nm"] == 2.93


def test_a_typed_value_answers_as_well(bench: Any) -> None:
    state = add(bench, disks()[0], pixel_size_choices=CHOICES)
    bench.workbench.bar.pixel_size.setValue(2.85)
    assert not bench.workbench.bar.question.isVisible()
    assert state.micrograph.pixel_size_nm == 2.85


# --- the data bar ----------------------------------------------------------------------------------


def strip(bench: Any) -> Any:
    return bench.canvas._drawings[bench.session.current].strip.layer


def test_the_data_bar_is_shaded_where_it_is(bench: Any) -> None:
    state = add(bench, with_bar(), data_bar=BAR, pixel_size_nm=2.0, pixel_size_source="made")
    corners = np.asarray(strip(bench).data[0])
    np.testing.assert_allclose(corners.min(axis=0), (BAR[0] - 0.5, -0.5))
    np.testing.assert_allclose(corners.max(axis=0), (BAR[1] - 0.5, 319.5))
    assert tuple(strip(bench).scale) == (2.0, 2.0)
    assert strip(bench).editable is False
    assert bench.viewer.layers.selection.active is bench.canvas.image_layer(state)
    fold = bench.workbench.bar.data_bar
    assert (fold.start.value(), fold.stop.value()) == (211, 240)


def test_without_a_data_bar_there_is_no_strip(bench: Any) -> None:
    bench.open_disks()
    assert strip(bench) is None
    assert not any(layer.name.startswith("data bar") for layer in bench.viewer.layers)


def test_the_data_bar_is_corrected_by_rows_and_removed(bench: Any) -> None:
    state = add(bench, with_bar(), data_bar=BAR)
    fold = bench.workbench.bar.data_bar
    fold.start.setValue(201)
    assert state.micrograph.data_bar == (200, 240)
    assert np.asarray(strip(bench).data[0]).min() == -0.5
    assert np.asarray(strip(bench).data[0])[:, 0].min() == 199.5
    fold.none.click()
    assert state.micrograph.data_bar is None
    assert strip(bench) is None
    assert fold.start.text() == "none"
    fold.again.click()
    assert state.micrograph.data_bar == pytest.approx(BAR, abs=2)
    assert strip(bench) is not None


def test_rows_that_are_no_bar_are_refused_with_a_sentence(bench: Any) -> None:
    state = add(bench, with_bar(), data_bar=BAR)
    fold = bench.workbench.bar.data_bar
    fold.stop.setValue(100)
    assert state.micrograph.data_bar == BAR
    assert fold.stop.value() == 240
    assert "\u26a0" in fold.hint.text()


def test_the_edge_of_the_strip_is_dragged(bench: Any) -> None:
    from tests.docks.test_tools import stroke

    state = add(bench, with_bar(), data_bar=BAR)

    def fitted() -> bool:
        bench.viewer.reset_view()
        result = bench.canvas.preview.result
        return result is not None and result.region == (slice(0, 240), slice(0, 320))

    bench.qtbot.waitUntil(fitted, timeout=30_000)
    centre = bench.viewer.scene.camera.center
    stroke(bench, (BAR[0] - 0.5, 150), (190, 160), (185, 170))
    assert state.micrograph.data_bar == (pytest.approx(185, abs=2), 240)
    assert bench.viewer.scene.camera.center == centre
    assert bench.viewer.scene.camera.mouse_pan
    assert bench.workbench.bar.data_bar.start.value() == state.micrograph.data_bar[0] + 1


def test_a_deleted_strip_comes_back_with_the_layers(bench: Any) -> None:
    add(bench, with_bar(), data_bar=BAR)
    bench.viewer.layers.remove(strip(bench))
    assert bench.workbench.bar.again.isVisible()
    bench.press(bench.workbench.bar.again)
    assert strip(bench) is not None


# --- lengths in nm ---------------------------------------------------------------------------------


@pytest.fixture
def form(qtbot: Any) -> Any:
    form = ParameterForm(SegmentationParameters)
    qtbot.addWidget(form)
    return form


def test_lengths_are_in_nm_where_the_scale_is_known(form: Any) -> None:
    spin = form.findChild(object, "min_diameter")
    assert spin.text() == AUTOMATIC
    form.set_pixel_size(2.5, same_micrograph=False)
    spin.setValue(30.0)
    assert spin.text() == "30.00 nm"
    values = form.values()
    assert (values.unit, values.min_diameter) == ("nm", 30.0)
    assert values.in_pixels(2.5).min_diameter == 12.0


def test_nm_stay_nm_on_another_micrograph(form: Any) -> None:
    form.set_pixel_size(2.5, same_micrograph=False)
    form.findChild(object, "min_diameter").setValue(30.0)
    form.set_pixel_size(5.0, same_micrograph=False)
    assert form.values().min_diameter == 30.0
    form.set_pixel_size(None, same_micrograph=False)
    assert (form.values().unit, form.values().min_diameter) == ("nm", 30.0)
    with pytest.raises(InputError, match="pixel size"):
        form.values().in_pixels(None)


def test_pixels_become_nm_only_on_the_micrograph_they_were_set_for(form: Any) -> None:
    form.findChild(object, "min_diameter").setValue(12.0)
    form.set_pixel_size(2.5, same_micrograph=False)
    assert (form.values().unit, form.values().min_diameter) == ("px", 12.0)
    form.set_pixel_size(2.5, same_micrograph=True)
    assert (form.values().unit, form.values().min_diameter) == ("nm", 30.0)
    assert form.values().max_diameter is None


def test_the_window_s_form_follows_the_typed_scale(bench: Any) -> None:
    bench.open_disks()
    form = bench.workbench.segment.form
    spin = form.findChild(object, "min_diameter")
    spin.setValue(20.0)
    assert form.values().unit == "px"
    bench.workbench.bar.pixel_size.setValue(2.0)
    assert (form.values().unit, form.values().min_diameter) == ("nm", 40.0)
    bench.find()
    # Of the two sizes of disks, 16 and 28 px, only the larger is left.
    assert bench.session.current.n_particles == 6
