"""Where a pixel size is found, and what happens where two places contradict each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from napari_ssrvae.micrographs import describe, read_micrograph
from napari_ssrvae.micrographs.pixel_size import PixelSize, settle
from tests.micrographs import instrument_files as made
from tests.micrographs.instrument_files import TRUE_NM, WRITERS, pixels, tagged


@pytest.mark.parametrize("kind", WRITERS)
def test_every_kind_of_file_tells_its_scale(tmp_path, kind):
    m = read_micrograph(WRITERS[kind](tmp_path / "a.tif"))
    assert m.pixel_size_nm == pytest.approx(TRUE_NM, rel=2e-3)
    assert m.pixel_size_choices == ()
    words = {"fei xl": "FEI XL", "ome": "OME", "imagej": "ImageJ", "plain": "check it"}
    assert words.get(kind, kind).lower() in m.pixel_size_source.lower()
    np.testing.assert_array_equal(m.image, pixels())


def contradiction(m, *nm: float) -> None:
    """Assert that these values are to choose from, none is taken, and all are said."""
    assert m.pixel_size_nm is None
    assert m.pixel_size_source == ""
    assert sorted(c.nm for c in m.pixel_size_choices) == pytest.approx(sorted(nm), rel=5e-3)
    assert len({c.source for c in m.pixel_size_choices}) == len(nm)
    told = " ".join(m.notes)
    assert all(f"{c.nm:.4g} nm" in told and c.source in told for c in m.pixel_size_choices)
    said = describe(m)
    assert said["pixel_size_nm"] is None
    assert [c["nm"] for c in said["pixel_size_choices"]] == [c.nm for c in m.pixel_size_choices]


def test_zeiss_places_are_compared(tmp_path):
    path = tagged(tmp_path / "a.tif", 34118, made.zeiss_text(field_um=1.6))
    contradiction(read_micrograph(path), 2.5, 25.0)
    path = tagged(tmp_path / "b.tif", 34118, made.zeiss_text(number_m=9.0e-9))
    contradiction(read_micrograph(path), 2.5, 9.0 * 1024 / 64)
    raw = made.zeiss_text().replace(b"Image Pixel Size = 2.5 nm", b"Image Pixel Size = 7.5 nm")
    contradiction(read_micrograph(tagged(tmp_path / "c.tif", 34118, raw)), 2.5, 7.5)


def test_old_zeiss_files_without_the_image_pixel_size(tmp_path):
    raw = made.zeiss_text().replace(b"AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 2.5 nm\r\n", b"")
    m = read_micrograph(tagged(tmp_path / "a.tif", 34118, raw))
    assert m.pixel_size_nm == pytest.approx(2.5)
    assert "AP_WIDTH" in m.pixel_size_source


def test_an_instrument_image_that_was_resampled_or_cut_out(tmp_path):
    raw = made.zeiss_text(columns=128, rows=96)
    m = read_micrograph(tagged(tmp_path / "a.tif", 34118, raw))
    contradiction(m, 2.5, 5.0)
    assert any("resampled" in note for note in m.notes)
    m = read_micrograph(tagged(tmp_path / "b.tif", 34118, raw, pixels(shape=(60, 64))))
    assert m.pixel_size_nm == pytest.approx(2.5)
    assert any("cut out" in note for note in m.notes)
    raw = made.fei_text(columns=128, rows=96)
    contradiction(read_micrograph(tagged(tmp_path / "c.tif", 34682, raw)), 2.5, 5.0)
    # A data bar below is neither.
    m = read_micrograph(tagged(tmp_path / "d.tif", 34682, made.fei_text(rows=44)))
    assert m.pixel_size_nm == pytest.approx(2.5)
    assert m.notes == ()


@pytest.mark.parametrize(
    ("old", "new", "sizes"),
    [
        (b"PixelWidth=2.5e-09", b"PixelWidth=8.5e-09", (2.5, 8.5)),
        (b"HorFieldsize=1.6e-07", b"HorFieldsize=1.9e-07", (2.5, 2.96875)),
        (b"ResolutionX=64", b"ResolutionX=94", (2.5, 1.702)),
    ],
)
def test_fei_places_are_compared(tmp_path, old, new, sizes):
    raw = made.fei_text()
    assert old in raw
    m = read_micrograph(tagged(tmp_path / "a.tif", 34682, raw.replace(old, new, 1)))
    contradiction(m, *sizes)


def test_fei_pixels_that_are_not_square(tmp_path):
    raw = made.fei_text().replace(b"PixelHeight=2.5e-09", b"PixelHeight=3.5e-09")
    m = read_micrograph(tagged(tmp_path / "a.tif", 34682, raw))
    assert m.pixel_size_nm == pytest.approx(2.5)
    assert any("not square" in note for note in m.notes)
    # With nothing to confirm the width, one of the two may just be wrong.
    raw = b"[Scan]\r\nPixelWidth=2.5e-09\r\nPixelHeight=3.5e-09\r\n"
    contradiction(read_micrograph(tagged(tmp_path / "b.tif", 34682, raw)), 2.5, 3.5)


def test_fei_camera_with_its_field_only(tmp_path):
    raw = b"[Beam]\r\nBeam=IRBeam\r\n[Image]\r\nResolutionX=64\r\nResolutionY=48\r\n[IRBeam]\r\nHFW=0.0128\r\n"
    m = read_micrograph(tagged(tmp_path / "a.tif", 34682, raw))
    assert m.pixel_size_nm == pytest.approx(200_000)


def test_fei_xl_magnification_is_compared(tmp_path):
    raw = made.fei_xl_text()
    magnification = 235e6 * 1.333 / (2.5 * 64)
    wrong = raw.replace(
        f"Magnification = {magnification:.3f}".encode(), b"Magnification = 400000.0"
    )
    assert wrong != raw
    m = read_micrograph(tagged(tmp_path / "a.tif", 34680, wrong))
    contradiction(m, 2.5, 235e6 * 1.333 / 400_000 / 64)
    m = read_micrograph(
        tagged(tmp_path / "b.tif", 34680, raw.replace(b"RatioXY = 1.333", b"RatioXY = 7.333"))
    )
    assert m.pixel_size_nm is None
    assert min(abs(c.nm - 2.5) for c in m.pixel_size_choices) < 0.05


def test_olympus_across_and_down(tmp_path):
    contradiction(read_micrograph(made.olympus(tmp_path / "a.tif", 2.5, 9.5)), 2.5, 9.5)


def test_jeol_in_a_jpeg(tmp_path):
    picture = Image.fromarray(pixels())
    exif = picture.getexif()
    exif.get_ifd(0x8769)[37500] = made.jeol_text().encode("utf-16-le")
    picture.save(tmp_path / "a.jpg", exif=exif, quality=95)
    m = read_micrograph(tmp_path / "a.jpg")
    assert m.pixel_size_nm == pytest.approx(2.5)
    assert "MakerNote" in m.pixel_size_source


def test_tescan_and_digital_micrograph(tmp_path):
    raw = b"[MAIN]\r\nPixelSizeX=2.5e-009\r\nPixelSizeY=2.5e-009\r\n"
    m = read_micrograph(tagged(tmp_path / "t.tif", 50431, raw))
    assert m.pixel_size_nm == pytest.approx(2.5)
    assert "Tescan" in m.pixel_size_source
    extra = [(65003, "s", 0, "nm", True), (65004, "s", 0, "nm", True)]
    extra += [(code, "d", 1, 2.5, True) for code in (65009, 65010)]
    tifffile.imwrite(tmp_path / "d.tif", pixels(), extratags=extra, metadata=None)
    m = read_micrograph(tmp_path / "d.tif")
    assert m.pixel_size_nm == pytest.approx(2.5)
    assert "DigitalMicrograph" in m.pixel_size_source


def test_an_instrument_and_imagej_that_contradict(tmp_path):
    raw = made.zeiss_text()
    tifffile.imwrite(
        tmp_path / "a.tif",
        pixels(),
        imagej=True,
        resolution=(0.1, 0.1),
        metadata={"unit": "nm"},
        extratags=[(34118, "B", len(raw), raw, True)],
    )
    contradiction(read_micrograph(tmp_path / "a.tif"), 2.5, 10.0)


def test_an_instrument_and_its_text_file_that_contradict(tmp_path):
    path = made.fei(tmp_path / "a.tif")
    (tmp_path / "a.txt").write_text(made.hitachi_text("a.tif", nm=4.0))
    contradiction(read_micrograph(path), 2.5, 4.0)
    (tmp_path / "a.txt").write_text(made.hitachi_text("a.tif", nm=2.52))
    assert read_micrograph(path).pixel_size_nm == pytest.approx(2.5)


def test_plain_resolution_tags_never_contradict(tmp_path):
    raw = made.zeiss_text()
    tifffile.imwrite(
        tmp_path / "a.tif",
        pixels(),
        resolution=(4e4, 4e4),
        resolutionunit="CENTIMETER",
        metadata=None,
        extratags=[(34118, "B", len(raw), raw, True)],
    )
    m = read_micrograph(tmp_path / "a.tif")
    assert (m.pixel_size_nm, m.pixel_size_choices) == (pytest.approx(2.5), ())


@pytest.mark.parametrize("unit", ["inch", "cm"])
def test_imagej_keeps_the_size_of_a_print_to_itself(tmp_path, unit):
    tifffile.imwrite(
        tmp_path / "a.tif", pixels(), imagej=True, resolution=(300, 300), metadata={"unit": unit}
    )
    assert read_micrograph(tmp_path / "a.tif").pixel_size_nm is None


def test_imagej_and_ome_pixels_that_are_not_square(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", pixels(), imagej=True, resolution=(0.4, 0.2), metadata={"unit": "nm"}
    )
    contradiction(read_micrograph(tmp_path / "a.tif"), 2.5, 5.0)
    size = {"axes": "YX", "PhysicalSizeX": 2.5, "PhysicalSizeXUnit": "nm"}
    size |= {"PhysicalSizeY": 2.5, "PhysicalSizeYUnit": "µm"}
    tifffile.imwrite(tmp_path / "o.ome.tif", pixels(), ome=True, metadata=size)
    contradiction(read_micrograph(tmp_path / "o.ome.tif"), 2.5, 2500.0)


lengths = st.floats(1e-3, 1e6, allow_nan=False)


@given(st.lists(lengths, min_size=1, max_size=5))
def test_a_value_is_taken_exactly_where_all_agree(values):
    sizes = [PixelSize(nm, f"place {n}") for n, nm in enumerate(values)]
    settled = settle(sizes, PixelSize(1.0, "last resort"))
    agreeing = all(abs(nm - values[0]) <= 0.02 * min(nm, values[0]) for nm in values)
    if agreeing:
        assert (settled.nm, settled.source, settled.choices) == (values[0], "place 0", ())
    else:
        assert settled.nm is None
        assert len(settled.choices) >= 2
        assert settled.choices[0] == sizes[0]
        assert len(settled.notes) == 1


def test_nothing_trusted_leaves_the_last_resort():
    assert settle([]).nm is None
    assert settle([], PixelSize(3.0, "tags")).nm == 3.0
    assert math.isclose(settle([PixelSize(2.0, "a")], PixelSize(3.0, "tags")).nm or 0, 2.0)
