"""Files as instruments wrote them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs import gold, read_micrograph
from tests.shared_data import shared_data


@pytest.mark.parametrize(
    ("name", "nm"),
    [
        ("formats/kit_cc0_1-as-cast_17_Sch_10k_SESI.tif", 11.16),
        ("formats/kit_cc0_FeMoOx_AntiA_04_1k5x_CN.tif", 74.43),
        # 2 um are 114 px in its scale bar.
        ("formats/nanoBALLS_R5_K3Me3_SiO2_3-2.TIF", 17.6),
        ("gold/nanobinary.tif", 2.777),
    ],
)
def test_pixel_sizes(name, nm):
    assert read_micrograph(shared_data(name)).pixel_size_nm == pytest.approx(nm, rel=2e-3)


@pytest.mark.parametrize(
    ("name", "printed_nm", "ink"),
    [
        ("kit_cc0_1-as-cast_17_Sch_10k_SESI.tif", 1000, "dark"),
        ("kit_cc0_FeMoOx_AntiA_04_1k5x_CN.tif", 10_000, "dark"),
        ("nanoBALLS_R5_K3Me3_SiO2_3-2.TIF", 2000, "bright"),
        ("nanoBALLS_R5_K4Me3_SiO2_3-1.TIF", 2000, "bright"),
    ],
)
def test_the_scale_bar_drawn_into_the_picture_is_as_long_as_it_says(name, printed_nm, ink):
    """The bar between two ticks, measured from tick to tick, against the length printed beside it."""
    m = read_micrograph(shared_data(f"formats/{name}"))
    assert m.data_bar is not None
    assert m.pixel_size_nm is not None
    start, stop = m.data_bar
    band = m.image[start + 4 : stop - 4, :620]
    drawn = band < 128 if ink == "dark" else band > 128
    lengths = []
    for row in range(4, len(band) - 4):
        ends = np.flatnonzero(np.diff(drawn[row].astype(np.int8), prepend=0, append=0))
        for first, last in zip(ends[::2], ends[1::2], strict=True):
            # The line joins two ticks, 2 pixels wide, that stand out of it above and below.
            ticks = [drawn[row - 4 : row + 5, x : x + 2].all() for x in (first, last - 2)]
            if last - first > 60 and all(ticks):
                lengths.append(last - first - 2)
    assert len(set(lengths)) == 1, lengths
    # It is drawn in whole pixels.
    assert lengths[0] == pytest.approx(printed_nm / m.pixel_size_nm, abs=1.0)


def test_pixels_that_are_not_square_are_noted():
    m = read_micrograph(shared_data("formats/nanoBALLS_R5_K3Me3_SiO2_3-2.TIF"))
    assert "not square" in " ".join(m.notes)


def test_the_damaged_file_gets_one_sentence():
    with pytest.raises(InputError, match="damaged"):
        read_micrograph(shared_data("formats/nist_quad1image_001_no_beam_scan_or_system_meta.tif"))


def test_gold_has_no_scale_of_its_own():
    m = read_micrograph(shared_data("gold/nanogold.tif"))
    assert m.image.shape == (614, 1012)
    assert m.pixel_size_nm is None
    assert m.sha256 == gold.GOLD_SHA256


def test_gold_without_a_network(monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *args, **how: str(tmp_path / "cache"))
    monkeypatch.setattr(gold, "GOLD_URL", "http://127.0.0.1:9/nanogold.tif")
    with pytest.raises(InputError, match="could not be fetched"):
        gold.fetch_gold()
