"""From image layers of every kind to micrographs."""

from __future__ import annotations

from pathlib import Path

import dask.array as da
import imageio.v3 as iio
import numpy as np
import pytest
from napari.layers import Image, Labels
from tests.conftest import disks

from napari_ssrvae.docks.readers import get_reader
from napari_ssrvae.docks.samples import cards_sample, generated_sample
from napari_ssrvae.docks.sources import labels_of_layer, micrograph_of_layer
from napari_ssrvae.docks.writers import write_masks
from napari_ssrvae.errors import InputError

GREY = disks()[0]


@pytest.mark.parametrize(
    ("unit", "scale", "nm"),
    [("nm", 2.5, 2.5), ("um", 0.0025, 2.5), ("angstrom", 25.0, 2.5), ("pixel", 3.0, None)],
)
def test_the_scale_of_a_layer_is_its_pixel_size(unit: str, scale: float, nm: float | None) -> None:
    layer = Image(GREY, scale=(scale, scale), units=(unit, unit))
    found = micrograph_of_layer(layer).pixel_size_nm
    assert found == (None if nm is None else pytest.approx(nm))


def test_colour_becomes_grey_and_says_so() -> None:
    micrograph = micrograph_of_layer(Image(np.stack([GREY] * 3, axis=-1), rgb=True))
    np.testing.assert_array_equal(micrograph.image, GREY)
    assert any("grey" in note for note in micrograph.notes)


def test_the_plane_looked_at_is_taken_from_a_stack() -> None:
    stack = np.stack([GREY, GREY[::-1], GREY[:, ::-1]])
    micrograph = micrograph_of_layer(Image(stack), (2, 0, 0))
    np.testing.assert_array_equal(micrograph.image, stack[2])
    assert any("plane 2" in note for note in micrograph.notes)


def test_dask_and_multiscale_layers_are_read_at_full_resolution() -> None:
    lazy = da.from_array(GREY, chunks=64)
    np.testing.assert_array_equal(micrograph_of_layer(Image(lazy)).image, GREY)
    pyramid = Image([GREY, GREY[::2, ::2]], multiscale=True)
    np.testing.assert_array_equal(micrograph_of_layer(pyramid).image, GREY)


def test_a_picture_of_nothing_is_refused() -> None:
    with pytest.raises(InputError):
        micrograph_of_layer(Image(np.zeros((50, 50), np.uint8), name="void"))


def test_labels_of_a_stack_are_those_looked_at() -> None:
    stack = np.stack([np.full((5, 5), k) for k in range(4)])
    assert (labels_of_layer(Labels(stack), (3, 0, 0)) == 3).all()


def test_a_file_read_here_keeps_scale_and_hash(tmp_path: Path) -> None:
    path = tmp_path / "a b.png"
    iio.imwrite(path, GREY)
    reader = get_reader(str(path))
    assert reader is not None
    ((data, attributes, kind),) = reader(str(path))
    layer = Image(data, **attributes)
    from napari_ssrvae import read_micrograph

    assert kind == "image"
    assert micrograph_of_layer(layer).sha256 == read_micrograph(path).sha256
    # Other pixels under the same metadata are another micrograph.
    changed = Image(data[:100], **attributes)
    assert micrograph_of_layer(changed).sha256 != read_micrograph(path).sha256


def test_files_of_other_kinds_are_left_to_others() -> None:
    assert get_reader("notes.txt") is None
    assert get_reader(["a.tif", "b.csv"]) is None


def test_a_bad_file_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "bad.tif"
    path.write_bytes(b"nothing")
    reader = get_reader(str(path))
    assert reader is not None
    with pytest.raises(InputError, match=r"bad\.tif"):
        reader(str(path))


def test_masks_are_written_with_their_scale(tmp_path: Path) -> None:
    labels = np.arange(120, dtype=np.int32).reshape(10, 12)
    path = str(tmp_path / "masks.tif")
    attributes = {"scale": (2.5, 2.5), "units": ("nanometer", "nanometer")}
    assert write_masks(path, labels, attributes) == [path]
    reader = get_reader(path)
    assert reader is not None
    ((data, read, _),) = reader(path)
    np.testing.assert_array_equal(data, labels)
    assert read["scale"] == pytest.approx((2.5, 2.5), rel=1e-5)


def test_the_generated_sample_brings_its_truth() -> None:
    (labels, truth, kind), (image, attributes, _) = generated_sample()
    assert kind == "labels"
    assert labels.shape == image.shape
    assert len(truth["features"]["true class"]) == labels.max() >= 250
    assert truth["scale"] == attributes["scale"]
    assert attributes["metadata"]["napari_ssrvae"]["data_bar"]


def test_the_cards_are_four_suits_on_a_table() -> None:
    ((image, _, kind),) = cards_sample()
    assert kind == "image"
    assert image.dtype == np.uint8
    assert min(image.shape) >= 16 * 48
    assert image.max() > 200
