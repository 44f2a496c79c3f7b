"""Files that claim what they do not hold: refused in one sentence before memory is taken."""

from __future__ import annotations

import contextlib
import struct
import tracemalloc
import zlib

import numpy as np
import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs import limits, read_micrograph

BODY = bytes(range(256)) * 16


def tiff(width, height, *, compression=1, more=(), without=(), following=0, counts=1000):
    """Return a TIFF made by hand: tags as they are said, then bytes that are not many."""
    tags = {256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, compression)}
    tags |= {262: (3, 1, 1), 273: (4, 1, 400), 277: (3, 1, 1), 278: (4, 1, height)}
    tags |= {279: (4, 1, counts)} | dict(more)
    tags = {code: tag for code, tag in sorted(tags.items()) if code not in without}
    out = b"II*\0" + struct.pack("<IH", 8, len(tags))
    for code, (kind, count, value) in tags.items():
        out += struct.pack("<HHII", code, kind, count, value)
    return out + struct.pack("<I", following) + BODY


def png(width, height):
    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(100_000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + pixels + chunk(b"IEND", b"")


HUGE = {
    "tiff.tif": tiff(100_000, 100_000),
    "tiff count.tif": tiff(100_000, 100_000, counts=2**32 - 1),
    "deflate.tif": tiff(100_000, 100_000, compression=8),
    "lzw.tif": tiff(100_000, 100_000, compression=5),
    "zstd.tif": tiff(100_000, 100_000, compression=50000),
    "rows.tif": tiff(100_000, 100_000, compression=8, more={278: (4, 1, 1)}),
    "samples.tif": tiff(2000, 2000, compression=8, more={277: (3, 1, 60_000)}),
    "tiles.tif": tiff(
        64,
        64,
        compression=8,
        more={322: (4, 1, 100_000), 323: (4, 1, 100_000), 324: (4, 1, 400), 325: (4, 1, 900)},
        without=(273, 278, 279),
    ),
    "png.png": png(100_000, 100_000),
    "smaller png.png": png(12_000, 12_000),
    "bmp.bmp": b"BM"
    + struct.pack("<IHHIIiiHHIIiiII", 1000, 0, 0, 54, 40, 13_000, 13_000, 1, 24, 0, 0, 0, 0, 0, 0)
    + BODY,
}


@pytest.mark.parametrize("name", HUGE)
def test_a_claim_that_the_file_cannot_hold(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(HUGE[name])
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            read_micrograph(path)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_does_not_fit_the_machine_is_refused_before_it_is_read(tmp_path, monkeypatch):
    import tifffile

    path = tmp_path / "a.tif"
    image = np.random.default_rng(0).integers(0, 9, (400, 400)).astype(np.uint8)
    tifffile.imwrite(path, image, compression="deflate")
    assert read_micrograph(path).image.shape == (400, 400)
    monkeypatch.setattr(limits, "machine_memory", lambda: 100_000)
    with pytest.raises(InputError, match="this machine has"):
        read_micrograph(path)


OMES = '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
OMES += '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="20" '
OMES += 'SizeY="20" SizeZ="1000000000" SizeC="1" SizeT="1"><TiffData/></Pixels></Image></OME>'
ENDLESS = {
    "a directory that follows itself": tiff(20, 20, following=8),
    "four thousand million bytes of a tag": tiff(20, 20, more={34118: (1, 4_000_000_000, 300)}),
    "four thousand million strips": tiff(20, 20, more={273: (4, 4_000_000_000, 300)}),
    "ImageJ with endless planes": b"ImageJ=1.53\nimages=100000000\nslices=100000000\nunit=nm\n",
    "OME with endless planes": OMES.encode(),
    "tifffile's own shape": b'{"shape": [100000000, 20, 20]}',
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", ENDLESS)
def test_what_would_go_on_for_ever(tmp_path, name):
    raw = ENDLESS[name]
    if raw[:2] != b"II":
        text = raw + b"\0"
        raw = tiff(20, 20, more={270: (2, len(text), 2000)})
        raw = raw[:2000] + text + raw[2000 + len(text) :]
    path = tmp_path / "a.tif"
    path.write_bytes(raw)
    with contextlib.suppress(InputError):
        m = read_micrograph(path)
        assert m.image.shape == (20, 20)
        assert m.pixel_size_nm is None
