"""The banner: found where it is, not found where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.micrographs import find_data_bar, read_micrograph
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
