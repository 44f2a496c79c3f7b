"""Large micrographs are worked through in tiles, with the same result as in one piece."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import ndimage

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.evaluation.matching import match_particles
from napari_ssrvae.particles import (
    SegmentationParameters,
    Segmented,
    SegmentProgress,
    iter_segment,
    look_at,
    preview,
    segment_particles,
)


@pytest.fixture(scope="module")
def sample():
    return generate_micrograph(70, seed=5, noise=0.08, sphere_diameter_px=(12, 26), edge=0.6)


@pytest.fixture(scope="module")
def large():
    """More pixels than are looked at as they are."""
    return generate_micrograph(1500, seed=6, shape=(2300, 2100), sphere_diameter_px=(12, 16))


def in_tiles(image, tile_px, parameters=None, **more):
    *_, event = iter_segment(image, parameters, tile_px=tile_px, **more)
    assert isinstance(event, Segmented)
    assert event.labels.max() == event.n_particles
    return event.labels


@given(
    tile_px=st.integers(40, 500),
    how=st.sampled_from(
        [
            {},
            {"method": "global"},
            {"method": "hysteresis"},
            {"method": "blobs"},
            {"split_touching": True},
            {"remove_border": True, "max_diameter": 30.0},
            {"fill_holes": False, "sensitivity": 0.4},
            {"min_solidity": 0.85, "max_elongation": 2.0},
        ]
    ),
)
@settings(
    max_examples=16, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_tiles_give_the_same(sample, tile_px, how):
    parameters = SegmentationParameters(**how)
    whole = in_tiles(sample.image, 10_000, parameters, data_bar=sample.data_bar)
    assert whole.any()
    np.testing.assert_array_equal(
        in_tiles(sample.image, tile_px, parameters, data_bar=sample.data_bar), whole
    )


@given(seed=st.integers(0, 10_000), tile_px=st.integers(3, 40), fill=st.booleans())
@settings(max_examples=60, deadline=None)
def test_pieces_are_put_together_as_if_seen_at_once(seed, tile_px, fill):
    # Rings, spirals and dust of every kind, against scipy's labelling of the whole.
    from napari_ssrvae.particles.components import Pieces
    from napari_ssrvae.particles.tiling import cut_tiles

    rng = np.random.default_rng(seed)
    mask = ndimage.gaussian_filter(rng.normal(size=(60, 47)), rng.uniform(0.3, 2)) > 0
    clear = mask & (rng.random(mask.shape) < 0.05)
    limit = 25.0 if fill else -1.0
    out = np.zeros(mask.shape, np.int32)
    pieces = Pieces(out, limit)
    for tile in cut_tiles(mask.shape, tile_px, 0):
        pieces.add(tile.core, mask[tile.core], clear[tile.core])
    parts = pieces.parts()
    n = pieces.number(parts, np.ones(len(parts.area), bool))

    solid = mask.copy()
    particles, _ = ndimage.label(mask)
    if fill:
        holes, n_holes = ndimage.label(~mask)
        for hole in range(1, n_holes + 1):
            where = holes == hole
            rim = where[0].any() or where[-1].any() or where[:, 0].any() or where[:, -1].any()
            touched = set(particles[ndimage.binary_dilation(where)].tolist()) - {0}
            if where.sum() <= (limit / 2 if rim else limit) and (not rim or len(touched) == 1):
                solid |= where
    expected, n_expected = ndimage.label(solid)
    assert n == n_expected
    np.testing.assert_array_equal(out, expected)
    order = np.argsort(parts.first)
    np.testing.assert_array_equal(parts.area[order], np.bincount(expected.ravel())[1:])
    has_clear = np.zeros(n + 1, bool)
    has_clear[expected[clear]] = True
    np.testing.assert_array_equal(parts.clear[order], has_clear[1:])


def test_a_large_micrograph_is_found_alike(large):
    whole = segment_particles(large.image, data_bar=large.data_bar)
    assert match_particles(whole, large.labels).f1 >= 0.98
    np.testing.assert_array_equal(in_tiles(large.image, 400, data_bar=large.data_bar), whole)


def test_dask_and_memory_maps_are_read_in_pieces(large, tmp_path):
    whole = segment_particles(large.image, data_bar=large.data_bar)
    mapped = np.memmap(tmp_path / "image", np.uint8, "w+", shape=large.image.shape)
    mapped[:] = large.image
    most = 0

    def watched(block):
        nonlocal most
        most = max(most, block.size)
        return block

    lazy = da.from_array(mapped, chunks=(300, 300)).map_blocks(watched, dtype=np.uint8)
    out = np.memmap(tmp_path / "labels", np.int32, "w+", shape=large.image.shape)
    out[:] = 7
    np.testing.assert_array_equal(in_tiles(lazy, 700, data_bar=large.data_bar, out=out), whole)
    np.testing.assert_array_equal(out, whole)
    assert 0 < most <= 300 * 300
    np.testing.assert_array_equal(segment_particles(mapped, data_bar=large.data_bar), whole)


def test_zarr_is_read_in_pieces(sample):
    zarr = pytest.importorskip("zarr")
    stored = zarr.array(sample.image, chunks=(100, 100))
    np.testing.assert_array_equal(
        segment_particles(stored, data_bar=sample.data_bar),
        segment_particles(sample.image, data_bar=sample.data_bar),
    )


def test_progress_rises_and_stopping_is_stopping(sample):
    reads = 0

    class Counted:
        shape, dtype, ndim = sample.image.shape, sample.image.dtype, 2

        def __getitem__(self, key):
            nonlocal reads
            reads += 1
            return sample.image[key]

    fractions = []
    work = iter_segment(Counted(), tile_px=100)
    for event in work:
        if isinstance(event, SegmentProgress):
            fractions.append(event.fraction)
            if event.fraction > 0.4:
                break
    work.close()
    before = reads
    assert fractions == sorted(fractions)
    assert 0.4 < fractions[-1] < 0.8
    list(iter_segment(Counted(), tile_px=100))
    assert reads > 2 * before - 10


def test_a_look_is_used_again(sample):
    look = look_at(sample.image, data_bar=sample.data_bar)
    assert 8 < look.width_px < 30
    for parameters, serves in (
        (SegmentationParameters(sensitivity=0.3, min_diameter=5), True),
        (SegmentationParameters(method="global", split_touching=True), True),
        (SegmentationParameters(polarity="dark"), False),
        (SegmentationParameters(smoothing=2), False),
    ):
        assert look.serves(parameters) is serves
        same = in_tiles(sample.image, 1024, parameters, data_bar=sample.data_bar, look=look)
        np.testing.assert_array_equal(
            same, segment_particles(sample.image, parameters, data_bar=sample.data_bar)
        )


@given(data=st.data())
@settings(
    max_examples=16, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_preview_is_what_will_be_found(sample, data):
    height, width = sample.image.shape
    top = data.draw(st.integers(0, height - 60))
    left = data.draw(st.integers(0, width - 60))
    region = (
        slice(top, data.draw(st.integers(top + 50, height))),
        slice(left, data.draw(st.integers(left + 50, width))),
    )
    parameters = SegmentationParameters(sensitivity=data.draw(st.sampled_from([0.0, 0.3, -0.3])))
    look = look_at(sample.image, parameters, data_bar=sample.data_bar)
    seen = preview(sample.image, look, parameters, region)
    found = segment_particles(sample.image, parameters, data_bar=sample.data_bar)[region]
    assert seen.shape == found.shape
    cut = set(np.concatenate([found[0], found[-1], found[:, 0], found[:, -1]]).tolist())
    inside = (found > 0) & ~np.isin(found, list(cut))
    np.testing.assert_array_equal(seen[inside] > 0, True)
    rim = np.unique(np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]]))
    np.testing.assert_array_equal((seen > 0) & ~np.isin(seen, rim), inside & ~np.isin(seen, rim))


def test_a_coarse_preview_is_nearly_the_same(sample):
    look = look_at(sample.image, data_bar=sample.data_bar)
    found = segment_particles(sample.image, data_bar=sample.data_bar)
    for step in (2, 3):
        seen = preview(sample.image, look, step=step)
        assert seen.shape == tuple(-(-n // step) for n in found.shape)
        truth = found[step // 2 :: step, step // 2 :: step]
        seen = seen[: truth.shape[0], : truth.shape[1]]
        assert match_particles(seen, truth[: seen.shape[0], : seen.shape[1]]).f1 > 0.9


def test_a_preview_of_something_else_is_refused(sample):
    look = look_at(sample.image)
    with pytest.raises(InputError, match="look at the image again"):
        preview(sample.image[:-1], look)
    with pytest.raises(InputError, match="other settings"):
        preview(sample.image, look, SegmentationParameters(smoothing=3))
    beyond = preview(sample.image, look, None, (slice(-50, 40), slice(10, 99_999)))
    assert beyond.shape == (40, sample.image.shape[1] - 10)


def test_filters_keep_what_they_should():
    y, x = np.mgrid[:300, :400]
    image = np.random.default_rng(0).normal(40, 3, (300, 400))
    disc = np.hypot(y - 60, x - 60) < 15
    large = np.hypot(y - 60, x - 200) < 40
    rod = (np.abs(y - 200) < 5) & (np.abs(x - 100) < 60)
    cross = ((np.abs(y - 220) < 5) & (np.abs(x - 300) < 40)) | (
        (np.abs(x - 300) < 5) & (np.abs(y - 220) < 40)
    )
    image[disc | large | rod | cross] += 120

    def found(**how):
        labels = segment_particles(image, SegmentationParameters(**how))
        kept = {"disc": disc, "large": large, "rod": rod, "cross": cross}
        assert len(np.unique(labels)) - 1 == labels.max()
        return {name for name, mask in kept.items() if labels[mask].mean() > 0.5}

    assert found() == {"disc", "large", "rod", "cross"}
    assert found(max_diameter=60.0) == {"disc", "rod", "cross"}
    assert found(min_diameter=60.0) == {"large"}
    assert found(max_elongation=4.0) == {"disc", "large", "cross"}
    assert found(min_solidity=0.8) == {"disc", "large", "rod"}


def test_settings_in_nanometres(sample):
    nm = SegmentationParameters(min_diameter=40.0, max_diameter=120.0, unit="nm")
    px = SegmentationParameters(min_diameter=20.0, max_diameter=60.0)
    found = segment_particles(sample.image, nm, data_bar=sample.data_bar, pixel_size_nm=2.0)
    np.testing.assert_array_equal(
        found, segment_particles(sample.image, px, data_bar=sample.data_bar)
    )
    assert nm.in_pixels(2.0) == px
    assert px.in_nanometres(2.0) == nm
    with pytest.raises(InputError, match="pixel size"):
        segment_particles(sample.image, nm)
    assert SegmentationParameters(unit="nm").in_pixels(None) == SegmentationParameters()


def test_a_least_diameter_above_the_greatest_is_refused():
    with pytest.raises(ValidationError, match="above the greatest"):
        SegmentationParameters(min_diameter=30, max_diameter=20)


def test_settings_of_earlier_versions_are_understood():
    old = SegmentationParameters(**{"method": "local", "min_area_px": 400, "smoothing_px": 1.5})
    assert old.min_diameter == pytest.approx(22.57, abs=0.01)
    assert old.smoothing == 1.5
    assert SegmentationParameters(**{"min_area_px": None}).min_diameter is None


def test_damaged_numbers_are_refused_in_pieces():
    image = np.ones((50, 50), np.float32)
    image[20, 20] = np.nan
    with pytest.raises(InputError, match="not finite"):
        segment_particles(da.from_array(image, chunks=10))
    wide = np.random.default_rng(0).normal(size=(80, 80)) * 1e300
    wide[20:40, 20:40] += 1e301
    assert segment_particles(wide).max() >= 1
