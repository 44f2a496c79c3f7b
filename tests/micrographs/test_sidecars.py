"""Text files beside an image: whose they are, in which encoding, and when they are not believed."""

from __future__ import annotations

import pytest
import tifffile

from napari_ssrvae.micrographs import read_micrograph
from tests.micrographs.instrument_files import hitachi_text, jeol_text, pixels
from tests.shared_data import shared_data


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "SU_0001.tif"
    tifffile.imwrite(path, pixels(), metadata=None)
    return path


ENCODINGS = {
    "utf-8": lambda text: text.encode(),
    "utf-8 with mark": lambda text: text.encode("utf-8-sig"),
    "utf-16 with mark": lambda text: text.encode("utf-16"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "shift-jis": lambda text: text.replace("é", "e").encode("shift-jis"),
    "latin-1": lambda text: text.replace("粒子", "ß").encode("latin-1"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("ending", [".txt", ".TXT", ".Txt"])
def test_hitachi_in_every_encoding(image, encoding, ending):
    image.with_suffix(ending).write_bytes(ENCODINGS[encoding](hitachi_text(image.name)))
    m = read_micrograph(image)
    assert m.pixel_size_nm == pytest.approx(2.5)
    assert "Hitachi" in m.pixel_size_source
    assert m.metadata["sidecar"]["InstructName"] == "SU8230"
    assert m.notes == ()


@pytest.mark.parametrize(
    ("written", "nm"), [("2.5", 2.5), ("2.5 nm", 2.5), ("2.5um", 2500.0), ("890 pm", 0.89)]
)
def test_units_of_hitachi(image, written, nm):
    image.with_suffix(".txt").write_text(f"[SemImageFile]\nPixelSize={written}\n")
    assert read_micrograph(image).pixel_size_nm == pytest.approx(nm)


def test_a_renamed_image_keeps_the_text_of_its_name_and_says_so(image):
    image.with_suffix(".txt").write_text(hitachi_text("as_it_was.tif"))
    m = read_micrograph(image)
    assert m.pixel_size_nm == pytest.approx(2.5)
    assert any("as_it_was.tif" in note and "renamed" in note for note in m.notes)


def test_a_text_of_another_name_that_names_the_image_is_found(image):
    (image.parent / "export 7.txt").write_text(hitachi_text(image.name.upper()))
    (image.parent / "notes.txt").write_text("PixelSize=99\nnot from an instrument")
    (image.parent / "of another.txt").write_text(hitachi_text("other.tif", nm=7.0))
    m = read_micrograph(image)
    assert m.pixel_size_nm == pytest.approx(2.5)
    assert any("export 7.txt" in note for note in m.notes)


def test_a_renamed_image_whose_text_was_not_is_only_told_of(image):
    (image.parent / "SU_0009.txt").write_text(hitachi_text("SU_0009.tif"))
    m = read_micrograph(image)
    assert m.pixel_size_nm is None
    assert len(m.notes) == 1
    assert "SU_0009.txt" in m.notes[0]
    assert "2.5 nm" in m.notes[0]
    # Which of two is meant nobody can know.
    (image.parent / "SU_0008.txt").write_text(hitachi_text("SU_0008.tif"))
    assert read_micrograph(image).notes == ()


def test_a_text_of_an_image_of_another_size_is_not_used(image):
    image.with_suffix(".txt").write_text(hitachi_text(image.name, columns=1280, rows=960))
    m = read_micrograph(image)
    assert m.pixel_size_nm is None
    assert m.pixel_size_choices == ()
    assert any("1280 x 960" in note and "not used" in note for note in m.notes)
    image.with_suffix(".txt").write_text(jeol_text(columns=1280, rows=960))
    assert read_micrograph(image).pixel_size_nm is None


@pytest.mark.parametrize("rows", [48, 42])
def test_a_data_bar_below_is_no_other_image(image, rows):
    image.with_suffix(".txt").write_text(hitachi_text(image.name, rows=rows))
    assert read_micrograph(image).pixel_size_nm == pytest.approx(2.5)


def test_a_text_whose_own_image_is_there_is_not_used_for_another(image):
    other = image.with_name("other.tif")
    tifffile.imwrite(other, pixels(1), metadata=None)
    image.with_suffix(".txt").write_text(hitachi_text("other.tif"))
    m = read_micrograph(image)
    assert m.pixel_size_nm is None
    assert any("other.tif" in note for note in m.notes)
    assert read_micrograph(other).pixel_size_nm == pytest.approx(2.5)
    # A copy of the pair under another name is a pair, too.
    other.with_suffix(".txt").write_text(hitachi_text("other.tif"))
    assert read_micrograph(image).pixel_size_nm == pytest.approx(2.5)


def test_old_hitachi_instruments_write_the_magnification_alone(image):
    image.with_suffix(".txt").write_text(
        "[SemImageFile]\nInstructName=S-4700\nDataSize=64x48\nMagnification=15000\n"
    )
    m = read_micrograph(image)
    assert m.pixel_size_nm == pytest.approx(127e6 / 15000 / 64)
    assert "magnification" in m.pixel_size_source


def test_a_magnification_that_cannot_be_is_a_contradiction(image):
    text = hitachi_text(image.name).replace("PixelSize=2.5", "PixelSize=92.5")
    image.with_suffix(".txt").write_text(text)
    m = read_micrograph(image)
    assert m.pixel_size_nm is None
    assert [c.nm for c in m.pixel_size_choices] == pytest.approx([92.5, 2.5], rel=1e-3)
    # That of another print is not, but is noted.
    image.with_suffix(".txt").write_text(hitachi_text(image.name).replace("=2.5", "=5.0"))
    m = read_micrograph(image)
    assert m.pixel_size_nm == pytest.approx(5.0)
    assert any("check the scale" in note for note in m.notes)


def test_jeol_places_are_compared(image):
    text = jeol_text()
    image.with_suffix(".txt").write_text(text)
    assert read_micrograph(image).pixel_size_nm == pytest.approx(2.5)
    image.with_suffix(".txt").write_text(text.replace("BAR 200", "BAR 800"))
    m = read_micrograph(image)
    assert sorted(c.nm for c in m.pixel_size_choices) == pytest.approx([0.625, 2.5])
    view = text.replace("$CM_PIXEL_SIZE 2.5000nm", "$CM_FIELD_OF_VIEW 0.160 0.120")
    image.with_suffix(".txt").write_text(view)
    assert read_micrograph(image).pixel_size_nm == pytest.approx(2.5)


def test_tescan_beside_the_image(image):
    image.with_name("SU_0001-tif.hdr").write_text("[MAIN]\nPixelSizeX=2.5e-9\nPixelSizeY=2.5e-9\n")
    assert read_micrograph(image).pixel_size_nm == pytest.approx(2.5)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 100, b"\xff\xfe", b"PixelSize=", b"PixelSize=nan", b"PixelSize=-1", b"$CM_"],
)
def test_texts_that_say_nothing(image, content):
    image.with_suffix(".txt").write_bytes(content)
    m = read_micrograph(image)
    assert (m.pixel_size_nm, m.notes) == (None, ())


def test_the_real_text_of_a_jeol(tmp_path):
    raw = shared_data("formats/JSM-7800F_sidecar_nist.txt").read_bytes()
    (tmp_path / "a.txt").write_bytes(raw)
    tifffile.imwrite(tmp_path / "a.tif", pixels(shape=(1024, 1280)), metadata=None)
    m = read_micrograph(tmp_path / "a.tif")
    # 10 um are 106 whole pixels; the text beside its cursors gives 93.75 nm.
    assert m.pixel_size_nm == pytest.approx(93.75, rel=1 / 106)
    tifffile.imwrite(tmp_path / "a.tif", pixels(shape=(512, 640)), metadata=None)
    assert read_micrograph(tmp_path / "a.tif").pixel_size_nm is None
