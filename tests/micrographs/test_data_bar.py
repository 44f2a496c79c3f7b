"""The banner: found where it is, not found where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.micrographs import find_data_bar, read_micrograph
from tests.micrographs.banners import KINDS, with_banner, without_banner
from tests.shared_data import shared_data


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "how", [{}, {"polarity": "dark"}, {"noise": 0.0}, {"coverage": 0.3}, {"contrast": 0.2}]
)
def test_generated(seed, how):
    with_bar = generate_micrograph(60, seed=seed, **how)
    assert find_data_bar(with_bar.image) == with_bar.data_bar
    assert find_data_bar(with_bar.image.astype(np.float32) / 255) == with_bar.data_bar
    assert find_data_bar(255 - with_bar.image) == with_bar.data_bar
    without = generate_micrograph(60, seed=seed, data_bar=False, **how)
    assert find_data_bar(without.image) is None


def test_a_clean_flat_background_is_no_banner():
    image = np.zeros((400, 400), np.uint8)
    image[50:80, 50:80] = image[200:230, 300:330] = 200
    assert find_data_bar(image) is None


def test_smooth_noise_is_no_banner():
    noise = gaussian_filter(np.random.default_rng(0).normal(size=(400, 500)), 6)
    assert find_data_bar((noise - noise.min()) * 50) is None


def test_banners_of_every_kind_are_found_within_two_rows():
    """A ramp over a picture without any noise is the one kind that is missed."""
    missed = []
    for number, kind in enumerate(KINDS):
        for seed in range(12):
            drawn = with_banner(kind, 100 * number + seed)
            found = find_data_bar(drawn.image)
            if not (
                found
                and drawn.text_from - 2 <= found[0] <= drawn.start + 2
                and abs(found[1] - drawn.stop) <= 2
            ):
                missed.append((kind, seed, found, drawn.start, drawn.stop))
    assert {kind for kind, *_ in missed} <= {"gradient"}, missed
    assert len(missed) <= 0.05 * 12 * len(KINDS), missed


def test_no_banner_is_invented():
    invented = {seed: find_data_bar(without_banner(seed)) for seed in range(104)}
    assert not {seed: rows for seed, rows in invented.items() if rows}


def test_only_the_lowest_part_of_a_lazy_image_is_read():
    drawn = with_banner("full", 3)

    class Watched:
        shape, dtype, ndim = drawn.image.shape, drawn.image.dtype, 2
        pixels = 0

        def __getitem__(self, key):
            part = drawn.image[key]
            self.pixels += part.size
            return part

    big = np.repeat(np.repeat(drawn.image, 6, axis=0), 6, axis=1)
    assert find_data_bar(Watched()) == find_data_bar(drawn.image)
    Watched.shape, drawn = big.shape, type(drawn)(big, 0, 0, 0)
    watched = Watched()
    assert find_data_bar(watched) is not None
    assert watched.pixels < 0.8 * big.size


@pytest.mark.parametrize(
    ("name", "start", "stop"),
    [
        ("kit_cc0_1-as-cast_17_Sch_10k_SESI.tif", 690, 768),
        ("kit_cc0_FeMoOx_AntiA_04_1k5x_CN.tif", 690, 768),
        ("nanoBALLS_R5_K3Me3_SiO2_3-2.TIF", 423, 463),
        ("nanoBALLS_R5_K4Me3_SiO2_3-1.TIF", 423, 463),
    ],
)
def test_instruments(name, start, stop):
    found = read_micrograph(shared_data(f"formats/{name}")).data_bar
    assert found is not None
    assert abs(found[0] - start) <= 2
    assert abs(found[1] - stop) <= 2


@pytest.mark.parametrize(
    "name", ["gold/nanogold.tif", "nmers/test_noise.png", "nmers/test_raster.png"]
)
def test_real_images_without_one(name):
    assert read_micrograph(shared_data(name)).data_bar is None


def test_text_burnt_in_above_the_banner_goes_with_it():
    hits, early = 0, []
    for seed in range(40):
        drawn = with_banner("text above", 7000 + seed)
        found = find_data_bar(drawn.image)
        hits += found is not None and abs(found[0] - drawn.text_from) <= 6
    for number, kind in enumerate(k for k in KINDS if k != "text above"):
        for seed in range(8):
            drawn = with_banner(kind, 8000 + 100 * number + seed)
            found = find_data_bar(drawn.image)
            if found and found[0] < drawn.start - 2:
                early.append((kind, seed))
    assert hits >= 34
    assert len(early) <= 1, early
