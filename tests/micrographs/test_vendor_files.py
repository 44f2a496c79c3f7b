"""Files of electron microscopes' makers, through RosettaSciIO; skipped where it is not installed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs import list_micrographs, read_micrograph
from tests.micrographs.instrument_files import pixels

rsciio = pytest.importorskip("rsciio", reason="needs napari-ssrvae[vendors]")
h5py = pytest.importorskip("h5py", reason="needs napari-ssrvae[vendors] with h5py")


def signal(image: np.ndarray, scale: float, units: str) -> dict:
    """Return what RosettaSciIO writes: the data and an axis for each dimension."""
    axes = [
        {
            "name": name,
            "scale": scale,
            "offset": 0.0,
            "units": units,
            "size": size,
            "navigate": False,
            "index_in_array": n,
            "_type": "UniformDataAxis",
            "is_binned": False,
        }
        for n, (name, size) in enumerate(zip("yx", image.shape, strict=True))
    ]
    return {
        "data": image,
        "axes": axes,
        "metadata": {"General": {"title": "made"}, "Signal": {"signal_type": ""}},
        "original_metadata": {},
        "learning_results": {},
        "attributes": {"_lazy": False, "ragged": False},
        "package": "hyperspy",
        "package_version": "2",
        "package_info": {},
        "models": None,
        "tmp_parameters": {},
    }


@pytest.mark.parametrize(("units", "nm"), [("nm", 2.5), ("um", 2500.0), ("µm", 2500.0)])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_hspy(tmp_path, units, nm, dtype):
    from rsciio.hspy import file_writer

    image = pixels().astype(dtype)
    path = tmp_path / "a.hspy"
    file_writer(str(path), signal(image, 2.5, units))
    m = read_micrograph(path)
    np.testing.assert_array_equal(m.image, image)
    assert m.pixel_size_nm == pytest.approx(nm)
    assert "hspy" in m.pixel_size_source
    assert list_micrographs(tmp_path) == [path]


def test_emd(tmp_path):
    path = tmp_path / "a.emd"
    with h5py.File(path, "w") as file:
        file.attrs["version_major"], file.attrs["version_minor"] = 0, 2
        group = file.create_group("data/image")
        group.attrs["emd_group_type"] = 1
        group["data"] = pixels().T  # this format counts columns first
        for n, size in enumerate(pixels().T.shape):
            dim = group.create_dataset(f"dim{n + 1}", data=np.arange(size) * 2.5)
            dim.attrs["name"], dim.attrs["units"] = "xy"[n], "nm"
    m = read_micrograph(path)
    np.testing.assert_array_equal(m.image, pixels())
    assert m.pixel_size_nm == pytest.approx(2.5)


def test_emd_of_velox(tmp_path):
    path = tmp_path / "a.emd"
    image = pixels()
    metadata = {
        "Core": {"MetadataDefinitionVersion": "7.9", "MetadataSchemaVersion": "v1/2013/07"},
        "Instrument": {"InstrumentClass": "Scios"},
        "Acquisition": {"AcquisitionStartDatetime": {"DateTime": "1500000000"}},
        "BinaryResult": {
            "PixelSize": {"width": "2.5e-09", "height": "2.5e-09"},
            "PixelUnitX": "m",
            "PixelUnitY": "m",
            "Detector": "SE",
            "Offset": {"x": "0", "y": "0"},
        },
        "Detectors": {},
        "Optics": {},
        "Sample": "",
        "Stage": {},
        "Scan": {},
        "Vacuum": {},
    }
    text = np.frombuffer(json.dumps(metadata).encode(), np.uint8)
    with h5py.File(path, "w") as file:
        file["Version"] = np.array([b'{"format": "Velox", "version": "1.1"}'])
        image_group = file.create_group("Data/Image/0123456789abcdef0123456789abcdef")
        image_group["Data"] = image[:, :, None]
        padded = np.zeros((60_000, 1), np.uint8)
        padded[: len(text), 0] = text
        image_group["Metadata"] = padded
    m = read_micrograph(path)
    np.testing.assert_array_equal(m.image, image)
    assert m.pixel_size_nm == pytest.approx(2.5)


@pytest.mark.parametrize("ending", [".dm3", ".dm4", ".emd", ".ser", ".hspy"])
@pytest.mark.parametrize("content", [b"", b"x" * 1000, b"\x89HDF\r\n\x1a\n" + b"\0" * 500])
def test_damaged_vendor_files_get_one_sentence(tmp_path, ending, content):
    path = tmp_path / f"bad{ending}"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_micrograph(path)
    assert "bad" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_claim_that_an_hdf5_file_cannot_hold(tmp_path):
    path = tmp_path / "a.emd"
    with h5py.File(path, "w") as file:
        file.attrs["version_major"], file.attrs["version_minor"] = 0, 2
        group = file.create_group("data/image")
        group.attrs["emd_group_type"] = 1
        size = 100_000
        group.create_dataset("data", shape=(size, size), dtype="u1", chunks=(1000, 1000))
        for n in (1, 2):
            group.create_dataset(f"dim{n}", data=np.arange(size) * 2.5)
    with pytest.raises(InputError, match="cannot hold"):
        read_micrograph(path)
