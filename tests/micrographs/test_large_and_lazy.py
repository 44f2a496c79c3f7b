"""Images that are never in memory as a whole, and folders of images."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import tifffile

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs import (
    Micrograph,
    blocks,
    describe,
    list_micrographs,
    read_micrograph,
    tiff_plane,
)
from tests.micrographs.instrument_files import pixels


class Lazy:
    """An array that only gives parts, and counts how large the largest was."""

    def __init__(self, array: np.ndarray) -> None:
        self._array, self.largest = array, 0
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __getitem__(self, key):
        part = self._array[key]
        self.largest = max(self.largest, part.nbytes)
        return part


def test_blocks_follow_each_other_and_the_chunks():
    image = pixels(shape=(1000, 30))
    for rows in (None, 1, 7, 1000, 5000):
        parts = list(blocks(image, rows))
        np.testing.assert_array_equal(np.concatenate([part for _, part in parts]), image)
        assert [s.start for s, _ in parts[1:]] == [s.stop for s, _ in parts[:-1]]
    wide = Lazy(np.broadcast_to(np.uint8(0), (300, 1 << 20)))
    wide.chunks = (4, 1 << 20)
    assert {(s.start % 4, s.stop % 4) for s, _ in blocks(wide)} == {(0, 0)}


@pytest.mark.parametrize("kind", ["dask", "zarr", "memmap", "own"])
def test_lazy_images_stay_what_they_are(tmp_path, kind):
    image = pixels(shape=(600, 500))
    if kind == "dask":
        lazy = pytest.importorskip("dask.array").from_array(image, chunks=(128, 100))
    elif kind == "zarr":
        zarr = pytest.importorskip("zarr")
        lazy = zarr.create_array(tmp_path / "z", shape=image.shape, chunks=(128, 100), dtype="u1")
        lazy[:] = image
    elif kind == "memmap":
        np.save(tmp_path / "a.npy", image)
        lazy = np.load(tmp_path / "a.npy", mmap_mode="r")
    else:
        lazy = Lazy(image)
    m = Micrograph.from_array(lazy, name="lazy", pixel_size_nm=2)
    assert m.image is lazy
    assert m.sha256 == Micrograph.from_array(image, name="in memory").sha256
    assert (describe(m)["grey_min"], describe(m)["grey_max"]) == (0, 255)


def test_a_large_lazy_image_is_looked_through_in_parts():
    image = np.broadcast_to(np.arange(8000, dtype=np.uint16), (8000, 8000))
    lazy = Lazy(image)
    m = Micrograph.from_array(lazy, name="large")
    assert m.image is lazy
    assert lazy.largest < 0.2 * image.size * 2


def test_lazy_colour_and_holes():
    grey = pixels(shape=(90, 80))
    same = Micrograph.from_array(Lazy(np.stack([grey] * 3, axis=-1)), name="rgb")
    np.testing.assert_array_equal(same.image, grey)
    colour = np.stack([grey, grey // 2, grey // 4], axis=-1)
    m = Micrograph.from_array(Lazy(colour), name="rgb")
    np.testing.assert_array_equal(m.image, Micrograph.from_array(colour, name="rgb").image)
    assert m.notes == ("colour converted to grey",)
    holes = grey.astype(np.float32)
    holes[5, 6] = np.nan
    m = Micrograph.from_array(Lazy(holes), name="holes")
    assert np.isfinite(m.image).all()
    assert m.notes == ("1 pixels without a finite value filled from their neighbours",)
    with pytest.raises(InputError, match="the same everywhere"):
        Micrograph.from_array(Lazy(np.full((50, 50), 7, np.uint8)), name="flat")


def test_a_band_of_holes_is_filled_from_the_nearest_rows():
    image = np.random.default_rng(0).normal(size=(6000, 40))
    image[3000:3280] = np.nan
    m = Micrograph.from_array(image, name="band")
    np.testing.assert_array_equal(m.image[3000], image[2999])
    np.testing.assert_array_equal(m.image[3279], image[3280])


@pytest.mark.parametrize("how", ["single", "stack", "imagej", "other order of bytes"])
def test_a_large_tiff_is_mapped_and_a_small_one_read(tmp_path, monkeypatch, how):
    image = pixels(shape=(3, 500, 400)).astype(np.uint16)
    path = tmp_path / "a.tif"
    more = {"imagej": True, "metadata": {"axes": "ZYX"}} if how == "imagej" else {"metadata": None}
    more |= {"byteorder": ">"} if how.startswith("other") else {}
    tifffile.imwrite(path, image[0] if how == "single" else image, **more, photometric="minisblack")
    index = 0 if how == "single" else 2
    expected = image[index]
    small = read_micrograph(path, plane=index)
    assert not isinstance(small.image, np.memmap)
    monkeypatch.setattr(tiff_plane, "MAP_FROM_BYTES", 100_000)
    large = read_micrograph(path, plane=index)
    for m in (small, large):
        np.testing.assert_array_equal(m.image, expected)
    # The other order of bytes is turned round while it is read.
    assert isinstance(large.image, np.memmap) == (not how.startswith("other"))
    assert large.image.dtype.isnative
    assert small.sha256 == large.sha256
    assert small.data_bar == large.data_bar


@pytest.mark.parametrize("how", [{"compression": "lzw"}, {"photometric": "miniswhite"}])
def test_what_cannot_be_mapped_is_read(tmp_path, monkeypatch, how):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels(shape=(300, 400)), **how)
    expected = read_micrograph(path).image
    monkeypatch.setattr(tiff_plane, "MAP_FROM_BYTES", 1000)
    m = read_micrograph(path)
    assert not isinstance(m.image, np.memmap)
    np.testing.assert_array_equal(m.image, expected)


def test_mapping_takes_no_memory_for_the_pixels(tmp_path):
    path = tmp_path / "a.tif"
    image = np.random.default_rng(0).integers(0, 255, (9000, 9000)).astype(np.uint8)
    tifffile.imwrite(path, image, metadata=None)
    tracemalloc.start()
    try:
        m = read_micrograph(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(m.image, np.memmap)
    assert m.data_bar is None
    # The data bar is looked for in part of the lowest third, in floating point.
    assert peak < 2.5 * image.nbytes


def test_folders_give_their_micrographs_in_natural_order(tmp_path):
    for name in ("a10.tif", "a2.TIF", "a2.txt", "b.png", ".hidden.tif", "notes.md", "c.dm4"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "deeper.tif").write_bytes(b"x")
    (tmp_path / "folder.tif").mkdir()
    names = [path.name for path in list_micrographs(tmp_path)]
    assert names == ["a2.TIF", "a10.tif", "b.png", "c.dm4"]
    given = [tmp_path / "b.png", str(tmp_path), tmp_path / "notes.md"]
    names = [path.name for path in list_micrographs(given)]
    assert names == ["b.png", "a2.TIF", "a10.tif", "c.dm4", "notes.md"]
    with pytest.raises(InputError, match="holds no micrograph"):
        list_micrographs(tmp_path / "folder.tif")
