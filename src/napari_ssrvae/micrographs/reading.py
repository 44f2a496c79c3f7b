"""One door for every kind of file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs.banner import find_data_bar
from napari_ssrvae.micrographs.model import Micrograph
from napari_ssrvae.micrographs.pixel_size import settle
from napari_ssrvae.micrographs.pixels import grey_plane, usable_pixels
from napari_ssrvae.micrographs.raw import RawPlane
from napari_ssrvae.micrographs.sidecars import find_sidecar

__all__ = ["SUFFIXES", "read_micrograph"]

VENDORS = "vendors"

SUFFIXES: dict[str, str | None] = {
    ".tif": None,
    ".tiff": None,
    ".png": None,
    ".jpg": None,
    ".jpeg": None,
    ".bmp": None,
    ".dm3": VENDORS,
    ".dm4": VENDORS,
    ".emd": VENDORS,
    ".ser": VENDORS,
    ".hspy": VENDORS,
}
"""Endings that are read, each with the extra it needs (None: none)."""

_TIFF_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def read_micrograph(path: str | Path, *, plane: int | None = None) -> Micrograph:
    """Read one micrograph.

    TIFF (8, 16, 32 bit, floating point, palette, LZW, deflate, several pages; the tags of Zeiss,
    FEI/Thermo, JEOL, Olympus SIS and Tescan instruments, ImageJ, OME), PNG, JPEG, BMP, each with the text
    file that Hitachi and JEOL write beside it; with `napari-ssrvae[vendors]` also dm3, dm4, emd, ser and
    hspy. What is in a file is judged by its first bytes, not by its ending. The pixel size is taken where
    all places that tell it agree; where they contradict, `pixel_size_choices` has each of them. A large
    TIFF without compression is memory-mapped.

    Parameters
    ----------
    path : path
    plane : int, optional
        Which plane of a stack, from 0. By default the first of a stack of separate pages is taken,
        and the notes say so; a file with several channels is refused until one is chosen.

    Returns
    -------
    Micrograph

    Raises
    ------
    InputError
        There is no such file, it is empty, cut off, damaged, not an image, claims more pixels than it
        can hold, or shows nothing.
    """
    path = Path(path)
    raw = _read_raw(path, plane)
    image, said = grey_plane(raw.image, path.name)
    image, more = usable_pixels(image, path.name)
    # A file that tells its scale is not searched for in text files of other names.
    shape = (int(image.shape[0]), int(image.shape[1]))
    beside = find_sidecar(path, shape, search=not raw.scales.sizes)
    scales = raw.scales + beside.scales
    settled = settle(scales.sizes, raw.last_resort)
    return Micrograph(
        image=image,
        name=path.stem if not plane else f"{path.stem} plane {plane}",
        pixel_size_nm=settled.nm,
        pixel_size_source=settled.source,
        pixel_size_choices=settled.choices,
        data_bar=find_data_bar(image),
        metadata={**raw.metadata, "sidecar": beside.record} if beside.record else raw.metadata,
        path=path,
        sha256=_sha256(path, plane),
        notes=(*raw.notes, *said, *more, *scales.notes, *settled.notes),
    )


def _read_raw(path: Path, plane: int | None) -> RawPlane:
    if _is_endless(path):
        raise InputError(f"{path} is not a file but a pipe or a device: choose an image file.")
    try:
        with path.open("rb") as handle:
            start = handle.read(16)
    except FileNotFoundError:
        raise InputError(f"There is no file {path}: check the name and the folder.") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder: choose a file in it.") from None
    except OSError as error:
        raise InputError(
            f"{path} could not be opened ({(error.strerror or 'unreadable').lower()}): "
            "check that you may read it."
        ) from None
    if not start:
        raise InputError(f"{path.name} is empty: copy it from the microscope again.")
    if start[:4] in _TIFF_MAGIC:
        from napari_ssrvae.micrographs.tiff import read_tiff

        return read_tiff(path, plane)
    if SUFFIXES.get(path.suffix.lower()) == VENDORS:
        from napari_ssrvae.micrographs.vendors import read_vendor

        return read_vendor(path, plane)
    from napari_ssrvae.micrographs.pictures import read_picture

    return read_picture(path, plane)


def _is_endless(path: Path) -> bool:
    """Tell pipes and devices: opening a pipe waits for whoever writes into it, and a device need not end."""
    try:
        return path.exists() and not path.is_file() and not path.is_dir()
    except OSError:
        return False  # opening it will say what is wrong


def _sha256(path: Path, plane: int | None) -> str:
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256")
    if plane:
        digest.update(f"plane {plane}".encode())
    return digest.hexdigest()
