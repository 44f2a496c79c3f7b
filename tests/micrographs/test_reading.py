"""Files of every kind, fabricated here, through the one door."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs import SUFFIXES, Micrograph, describe, read_micrograph


@pytest.fixture
def grey() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (60, 80)).astype(np.uint8)


def write(path: Path, image: np.ndarray, **how) -> Path:
    tifffile.imwrite(path, image, **how)
    return path


def zeiss(size: str) -> bytes:
    lines = [
        "0",
        "0",
        "AP_PIXEL_SIZE",
        "Pixel Size = 99.0 nm",
        "AP_IMAGE_PIXEL_SIZE",
        f"Image Pixel Size = {size}",
    ]
    return "\r\n".join(lines).encode("cp1252") + b"\r\n"


FEI = b"[User]\r\nDate=01/01/2020\r\n\r\n[Scan]\r\nPixelWidth=2.5e-09\r\nPixelHeight=2.5e-09\r\n"


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i2", "f4", "f8"])
@pytest.mark.parametrize("compression", [None, "lzw", "deflate"])
def test_tiff_keeps_values_and_dtype(tmp_path, grey, dtype, compression):
    image = grey.astype(dtype)
    m = read_micrograph(write(tmp_path / "a.tif", image, compression=compression))
    assert m.image.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(m.image, image)
    assert m.notes == ()


@pytest.mark.parametrize("ending", [".png", ".bmp"])
def test_pictures_keep_values(tmp_path, grey, ending):
    path = tmp_path / f"a{ending}"
    Image.fromarray(grey).save(path)
    np.testing.assert_array_equal(read_micrograph(path).image, grey)


def test_png_of_16_bits(tmp_path, grey):
    image = grey.astype(np.uint16) * 200
    Image.fromarray(image).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_micrograph(tmp_path / "a.png").image, image)


def test_jpeg_is_read_and_its_loss_said(tmp_path, grey):
    Image.fromarray(grey).save(tmp_path / "a.jpg", quality=95)
    m = read_micrograph(tmp_path / "a.jpg")
    assert m.image.shape == grey.shape
    assert any("JPEG" in note for note in m.notes)


def test_content_counts_not_the_ending(tmp_path, grey):
    Image.fromarray(grey).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.tif")
    np.testing.assert_array_equal(read_micrograph(tmp_path / "a.tif").image, grey)


@pytest.mark.parametrize(
    ("size", "nm"),
    [("11.16 nm", 11.16), ("890.0 pm", 0.89), ("1.25 µm", 1250.0), ("1.25 um", 1250.0)],
)
def test_zeiss_pixel_size_in_every_unit(tmp_path, grey, size, nm):
    raw = zeiss(size)
    path = write(tmp_path / "z.tif", grey, extratags=[(34118, "B", len(raw), raw, True)])
    m = read_micrograph(path)
    assert m.pixel_size_nm == pytest.approx(nm)
    assert "Zeiss" in m.pixel_size_source


@pytest.mark.parametrize("code", [34680, 34682])
def test_fei_pixel_size(tmp_path, grey, code):
    m = read_micrograph(
        write(tmp_path / "f.tif", grey, extratags=[(code, "B", len(FEI), FEI, True)])
    )
    assert m.pixel_size_nm == pytest.approx(2.5)
    assert "FEI" in m.pixel_size_source


def test_damaged_vendor_metadata_is_no_reason_to_fail(tmp_path, grey):
    path = write(tmp_path / "z.tif", grey, extratags=[(34118, "B", 6, b"\xff\x00junk"[:6], True)])
    m = read_micrograph(path)
    np.testing.assert_array_equal(m.image, grey)
    assert m.pixel_size_nm is None


def test_imagej_pixel_size(tmp_path, grey):
    path = write(
        tmp_path / "j.tif", grey, imagej=True, resolution=(0.5, 0.5), metadata={"unit": "um"}
    )
    assert read_micrograph(path).pixel_size_nm == pytest.approx(2000.0)


def test_ome_pixel_size(tmp_path, grey):
    path = write(
        tmp_path / "o.ome.tif", grey, metadata={"PhysicalSizeX": 3.0, "PhysicalSizeXUnit": "nm"}
    )
    m = read_micrograph(path)
    assert m.pixel_size_nm == pytest.approx(3.0)
    assert "OME" in m.pixel_size_source


@pytest.mark.parametrize("dpi", [72, 96, 300, 600])
def test_print_resolutions_are_no_pixel_sizes(tmp_path, grey, dpi):
    path = write(tmp_path / "p.tif", grey, resolution=(dpi, dpi), resolutionunit="INCH")
    assert read_micrograph(path).pixel_size_nm is None


def test_plain_resolution_is_a_last_resort_and_says_so(tmp_path, grey):
    path = write(tmp_path / "p.tif", grey, resolution=(4e6, 4e6), resolutionunit="CENTIMETER")
    m = read_micrograph(path)
    assert m.pixel_size_nm == pytest.approx(2.5)
    assert "check it" in m.pixel_size_source


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_text_files_beside_the_image(tmp_path, grey, encoding):
    path = write(tmp_path / "h.tif", grey)
    (tmp_path / "h.txt").write_text(
        "[SemImageFile]\nImageName=other.tif\nPixelSize=4.96\n", encoding=encoding
    )
    assert read_micrograph(path).pixel_size_nm == pytest.approx(4.96)
    (tmp_path / "h.txt").write_text(
        "$$SM_MICRON_BAR 250\n$$SM_MICRON_MARKER 1um\n", encoding=encoding
    )
    assert read_micrograph(path).pixel_size_nm == pytest.approx(4.0)


def test_planes(tmp_path, grey):
    stack = np.stack([grey, grey[::-1], grey.T[:60, :60].repeat(2, axis=1)[:, :80]])
    path = write(tmp_path / "s.tif", stack, photometric="minisblack")
    first, third = read_micrograph(path), read_micrograph(path, plane=2)
    np.testing.assert_array_equal(first.image, stack[0])
    np.testing.assert_array_equal(third.image, stack[2])
    assert first.notes == ("plane 0 of 3 taken",)
    assert first.sha256 != third.sha256
    with pytest.raises(InputError, match="no plane 3"):
        read_micrograph(path, plane=3)


def test_channels_must_be_chosen(tmp_path, grey):
    path = write(
        tmp_path / "c.tif", np.stack([grey, 255 - grey]), imagej=True, metadata={"axes": "CYX"}
    )
    with pytest.raises(InputError, match="2 channels"):
        read_micrograph(path)
    np.testing.assert_array_equal(read_micrograph(path, plane=1).image, 255 - grey)


def test_colour_and_alpha(tmp_path, grey):
    colour = np.stack([grey, grey // 2, grey // 4], axis=-1)
    m = read_micrograph(write(tmp_path / "c.tif", colour, photometric="rgb"))
    assert m.image.dtype == np.uint8
    assert m.notes == ("colour converted to grey",)
    same = np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=-1)
    Image.fromarray(same, "RGBA").save(tmp_path / "a.png")
    m = read_micrograph(tmp_path / "a.png")
    np.testing.assert_array_equal(m.image, grey)
    assert m.notes == ("transparency dropped", "three equal colour channels read as one")


def test_palettes(tmp_path, grey):
    ramp = np.tile(np.arange(256, dtype=np.uint16) * 257, (3, 1))
    path = write(tmp_path / "p.tif", grey, photometric="palette", colormap=ramp)
    np.testing.assert_array_equal(read_micrograph(path).image, grey)
    path = write(tmp_path / "q.tif", grey, photometric="palette", colormap=ramp[:, ::-1])
    np.testing.assert_array_equal(read_micrograph(path).image, 255 - grey)


def test_white_is_zero_is_turned_round(tmp_path, grey):
    m = read_micrograph(write(tmp_path / "w.tif", grey, photometric="miniswhite"))
    np.testing.assert_array_equal(m.image, 255 - grey)
    assert "turned round" in m.notes[0]


def test_hash_is_of_the_bytes(tmp_path, grey):
    path = write(tmp_path / "a.tif", grey)
    assert read_micrograph(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_floats_outside_the_unit_range_and_holes(tmp_path):
    image = np.random.default_rng(1).normal(0, 1e30, (40, 40))
    np.testing.assert_array_equal(read_micrograph(write(tmp_path / "f.tif", image)).image, image)
    image[3, 4], image[9, 9] = np.nan, np.inf
    m = read_micrograph(write(tmp_path / "g.tif", image))
    assert np.isfinite(m.image).all()
    assert m.notes == ("2 pixels without a finite value filled from their neighbours",)
    image[:20] = np.nan
    with pytest.raises(InputError, match="no finite value in 5"):
        read_micrograph(write(tmp_path / "h.tif", image))


@pytest.mark.parametrize("value", [0, 7])
def test_constant_images_are_refused(tmp_path, value):
    with pytest.raises(InputError, match="all black" if value == 0 else "the same everywhere"):
        read_micrograph(write(tmp_path / "k.tif", np.full((40, 40), value, np.uint8)))


@pytest.mark.parametrize("ending", [".tif", ".png", ".jpg", ".xyz"])
@pytest.mark.parametrize(
    "content", [b"", b"hello, this is no image at all", b"II*\x00\x08\x00", b"\x89PNG\r\n\x1a\n12"]
)
def test_what_is_no_image_gets_one_sentence(tmp_path, ending, content):
    path = tmp_path / f"bad{ending}"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_micrograph(path)
    assert "bad" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("how", [{}, {"compression": "lzw"}, {"compression": "deflate"}])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_cut_off_tiff_is_refused(tmp_path, how, share):
    image = np.random.default_rng(0).integers(0, 255, (300, 300)).astype(np.uint8)
    path = write(tmp_path / "t.tif", image, rowsperstrip=20, **how)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(share * len(raw))])
    with pytest.raises(InputError, match=r"t\.tif"):
        read_micrograph(path)


def test_a_cut_off_png_is_refused(tmp_path, grey):
    path = tmp_path / "t.png"
    Image.fromarray(grey).save(path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match="cut off"):
        read_micrograph(path)


def test_missing_files_folders_and_vendors(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="There is no file"):
        read_micrograph(tmp_path / "none.tif")
    with pytest.raises(InputError, match="is a folder"):
        read_micrograph(tmp_path)
    assert SUFFIXES[".dm4"] == "vendors"
    for module in ("rsciio", "rsciio.digitalmicrograph"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    (tmp_path / "a.dm4").write_bytes(b"\x00\x00\x00\x04 not really")
    with pytest.raises(InputError, match=r"napari-ssrvae\[vendors\]"):
        read_micrograph(tmp_path / "a.dm4")


def test_from_array(grey):
    m = Micrograph.from_array(grey, name="mine", pixel_size_nm=2, data_bar=(50, 60))
    assert (m.name, m.pixel_size_nm, m.data_bar) == ("mine", 2.0, (50, 60))
    assert m.sha256 == Micrograph.from_array(grey.copy(), name="other").sha256
    assert m.sha256 != Micrograph.from_array(grey.astype(np.uint16), name="mine").sha256
    assert m.sha256 != Micrograph.from_array(grey.reshape(80, 60), name="mine").sha256


@pytest.mark.parametrize(
    ("array", "more"),
    [
        (np.zeros((3, 30, 30)), {}),
        (np.zeros((4, 4)), {}),
        (np.eye(20, dtype=complex), {}),
        (np.array([["a"] * 20] * 20), {}),
        (np.eye(20), {"pixel_size_nm": -1}),
        (np.eye(20), {"pixel_size_nm": float("nan")}),
        (np.eye(20), {"data_bar": (10, 30)}),
    ],
)
def test_from_array_refuses(array, more):
    with pytest.raises(InputError):
        Micrograph.from_array(array, name="bad", **more)


def test_describe_is_plain(tmp_path, grey):
    raw = zeiss("11.16 nm")
    m = read_micrograph(
        write(tmp_path / "z.tif", grey, extratags=[(34118, "B", len(raw), raw, True)])
    )
    said = json.loads(json.dumps(describe(m)))
    assert (said["width_px"], said["height_px"], said["dtype"]) == (80, 60, "uint8")
    assert said["pixel_size_nm"] == pytest.approx(11.16)
    json.dumps(m.metadata, allow_nan=False)
