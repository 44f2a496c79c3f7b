"""Small files as instruments and programs write them, with every redundancy of the real ones."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

ROWS, COLUMNS = 48, 64
TRUE_NM = 2.5


def pixels(seed: int = 0, shape: tuple[int, int] = (ROWS, COLUMNS)) -> np.ndarray:
    """Return noise, which no decoder can mistake for a constant."""
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def tagged(path: Path, code: int, raw: bytes, image: np.ndarray | None = None) -> Path:
    """Write a TIFF with one more tag of bytes."""
    image = pixels() if image is None else image
    tifffile.imwrite(path, image, extratags=[(code, "B", len(raw), raw, True)], metadata=None)
    return path


def zeiss_text(
    nm: float = TRUE_NM,
    columns: int = COLUMNS,
    rows: int = ROWS,
    *,
    field_um: float | None = None,
    number_m: float | None = None,
) -> bytes:
    """Return the text of tag 34118: nameless numbers, pixel size, width of the field, stored size."""
    field = nm * columns / 1000 if field_um is None else field_um
    number = nm * 1e-9 * columns / 1024 if number_m is None else number_m
    lines = ["0", "0", "0", f"{number:.6e}", "4.000000e+004", "6", "724"]
    for name, text in (
        ("AP_MAG", "Mag =   40.00 K X"),
        ("AP_WIDTH", f"Width = {field:.4g} µm"),
        ("DP_IMAGE_STORE", f"Store resolution = {columns} * {rows}"),
        ("AP_PIXEL_SIZE", f"Pixel Size = {nm * columns / 1024:.4g} nm"),
        ("AP_IMAGE_PIXEL_SIZE", f"Image Pixel Size = {nm:.4g} nm"),
    ):
        lines += [name, text]
    return "\r\n".join(lines).encode("cp1252") + b"\r\n"


def fei_text(nm: float = TRUE_NM, columns: int = COLUMNS, rows: int = ROWS) -> bytes:
    """Return the text of tag 34682."""
    m = nm * 1e-9
    scan = (
        f"PixelWidth={m:.6g}\r\nPixelHeight={m:.6g}\r\n"
        f"HorFieldsize={m * columns:.6g}\r\nVerFieldsize={m * rows:.6g}\r\n"
    )
    return (
        "[User]\r\nDate=01/01/2020\r\n\r\n[Beam]\r\nBeam=EBeam\r\nScan=EScan\r\n\r\n"
        f"[Scan]\r\nDwelltime=1e-05\r\n{scan}\r\n[EScan]\r\n{scan}\r\n"
        f"[Image]\r\nResolutionX={columns}\r\nResolutionY={rows}\r\n"
    ).encode()


def fei_xl_text(nm: float = TRUE_NM, columns: int = COLUMNS) -> bytes:
    """Return the text of tag 34680 of an XL, whose screen is 235 mm high."""
    magnification = 235e6 * 1.333 / (nm * columns)
    return (
        f"[DatabarData]\r\nflAccV = 5000.0\r\nflMagn = {117.5 / magnification:.9f}\r\n\r\n"
        "[ImageDevice]\r\nDeviceName = 2\r\nSizeY = 235.00000\r\nRatioXY = 1.33300\r\n\r\n"
        f"[Vector]\r\nMagnification = {magnification:.3f}\r\nHighTension = 5000.0\r\n"
    ).encode()


def zeiss(path: Path) -> Path:
    """Write a Zeiss file."""
    return tagged(path, 34118, zeiss_text())


def fei(path: Path) -> Path:
    """Write an FEI file."""
    return tagged(path, 34682, fei_text())


def fei_xl(path: Path) -> Path:
    """Write an FEI XL file."""
    return tagged(path, 34680, fei_xl_text())


def olympus(path: Path, across: float = TRUE_NM, down: float = TRUE_NM) -> Path:
    """Write an Olympus SIS file: the block points into itself by absolute offsets."""
    mark = b"SIS0" + b"?" * 400
    tagged(path, 33560, mark)
    raw = bytearray(path.read_bytes())
    start = raw.index(mark)
    head = struct.pack("<4s6xhhhhh6x32sH", b"SIS0", 30, 12, 1, 5, 118, b"image", 1)
    calibration = struct.pack(
        "<10xhdd8xd2x34s32s", -9, across, down, 40000.0, b"camera", b"SEM picture"
    )
    entry = struct.pack("<hhI", 1, 1, start + 100)
    raw[start : start + 404] = bytes(404)
    raw[start : start + len(head)] = head
    raw[start + len(head) : start + len(head) + len(entry)] = entry
    raw[start + 100 : start + 100 + len(calibration)] = calibration
    path.write_bytes(bytes(raw))
    return path


def jeol_text(nm: float = TRUE_NM, columns: int = COLUMNS, rows: int = ROWS) -> str:
    """Return the lines of a JEOL text file."""
    magnification = round(120e6 / (nm * columns))
    return (
        "$SEM_DATA_VERSION 1\r\n$CM_FORMAT JEOL-SEM\r\n"
        f"$CM_MAG {magnification}\r\n$CM_FULL_SIZE {columns} {rows}\r\n"
        f"$$SM_MICRON_BAR {round(500 / nm)}\r\n$$SM_MICRON_MARKER 500nm\r\n"
        f"$CM_PIXEL_SIZE {nm:.4f}nm\r\n"
    )


def jeol(path: Path) -> Path:
    """Write a TIFF with JEOL's lines in the EXIF MakerNote."""
    picture = Image.fromarray(pixels())
    exif = picture.getexif()
    exif.get_ifd(0x8769)[37500] = jeol_text().encode()
    exif[0x8769] = 0  # Pillow writes only what is named in the main part
    picture.save(path, exif=exif)
    return path


def hitachi_text(name: str, nm: float = TRUE_NM, columns: int = COLUMNS, rows: int = ROWS) -> str:
    """Return the text beside a Hitachi image; the magnification is that on 127 mm."""
    magnification = round(127e6 / (nm * columns))
    return (
        "[SemImageFile]\r\nInstructName=SU8230\r\nSampleName=é粒子\r\nFormat=tif\r\n"
        f"ImageName={name}\r\nDirectory=C:\\images\\\r\nDate=2019/03/12\r\nDataSize={columns}x{rows}\r\n"
        f"PixelSize={nm:.6f}\r\nSignalName=SE(U)\r\nMagnification={magnification}\r\n"
    )


def hitachi(path: Path) -> Path:
    """Write an image with the text beside it."""
    tifffile.imwrite(path, pixels(), metadata=None)
    path.with_suffix(".txt").write_text(hitachi_text(path.name), encoding="utf-8", newline="")
    return path


def imagej(path: Path) -> Path:
    """Write an ImageJ file."""
    per_nm = 1 / TRUE_NM
    tifffile.imwrite(
        path, pixels(), imagej=True, resolution=(per_nm, per_nm), metadata={"unit": "nm"}
    )
    return path


def ome(path: Path) -> Path:
    """Write an OME-TIFF."""
    size = {
        "axes": "YX",
        "PhysicalSizeX": TRUE_NM,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": TRUE_NM,
        "PhysicalSizeYUnit": "nm",
    }
    tifffile.imwrite(path, pixels(), ome=True, metadata=size)
    return path


def plain(path: Path) -> Path:
    """Write a TIFF whose resolution tags alone tell the pixel size."""
    per_cm = 1e7 / TRUE_NM
    tifffile.imwrite(
        path,
        pixels(),
        resolution=(per_cm, per_cm),
        resolutionunit="CENTIMETER",
        metadata=None,
        compression="lzw",
    )
    return path


WRITERS: dict[str, Callable[[Path], Path]] = {
    "zeiss": zeiss,
    "fei": fei,
    "fei xl": fei_xl,
    "olympus": olympus,
    "jeol": jeol,
    "hitachi": hitachi,
    "imagej": imagej,
    "ome": ome,
    "plain": plain,
}
