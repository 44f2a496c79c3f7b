"""PNG, JPEG and other everyday pictures."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs.limits import MOST_OF_DEFLATE, MOST_OF_OTHERS, check_claim
from napari_ssrvae.micrographs.pixel_size import Scales
from napari_ssrvae.micrographs.plain import plain
from napari_ssrvae.micrographs.planes import choose_plane
from napari_ssrvae.micrographs.raw import RawPlane
from napari_ssrvae.micrographs.scale_jeol import jeol_scales_in_bytes

__all__ = ["read_picture"]

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_AS_THEY_ARE = ("L", "LA", "I", "F", "RGB", "RGBA", "1")
_EXIF, _MAKER_NOTE = 0x8769, 37500


def read_picture(path: Path, plane: int | None) -> RawPlane:
    """Read a picture; of these only JEOL's say how large a pixel is, in the EXIF MakerNote.

    Raises
    ------
    InputError
        It is not a picture, it is cut off, claims more than it holds, or is too large for this kind of file.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Large micrographs are normal; what would fill the memory is refused by its own claim.
            warnings.simplefilter("ignore")
            if _is_huge_png(path, Image.MAX_IMAGE_PIXELS):
                return _read_huge_png(path, plane)
            return _read(path, plane)
    except InputError:
        raise
    except UnidentifiedImageError:
        raise InputError(
            f"{path.name} is not an image of a known kind: choose a TIFF, PNG or JPEG file."
        ) from None
    except Image.DecompressionBombError:
        raise InputError(
            f"{path.name} is too large for this kind of file: save it as TIFF."
        ) from None
    except Exception as error:  # noqa: BLE001 - decoders raise whatever they like on damaged files
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(
            f"The pixels of {path.name} cannot be read, the file is cut off or damaged ({reason}): "
            "copy it from the microscope again."
        ) from None


def _read(path: Path, plane: int | None) -> RawPlane:
    from PIL import Image

    with Image.open(path) as picture:
        index, notes = choose_plane(getattr(picture, "n_frames", 1), plane, path.name)
        if index:
            picture.seek(index)
        kept = picture.mode in _AS_THEY_ARE or picture.mode.startswith("I;16")
        kind = picture.format or path.suffix.lstrip(".").upper()
        _check(path, (picture.height, picture.width), len(picture.getbands()), kind)
        image = np.array(picture if kept else picture.convert("RGB"))
        info = {
            str(k): plain(v) for k, v in picture.info.items() if k not in ("exif", "icc_profile")
        }
        scales = _scales(picture)
    if kind == "JPEG":
        notes = (*notes, "JPEG has lost detail: use the TIFF where there is one")
    return RawPlane(image, {"format": kind, **info}, scales, notes=notes)


def _scales(picture: Any) -> Scales:
    try:
        note = picture.getexif().get_ifd(_EXIF).get(_MAKER_NOTE)
    except Exception:  # noqa: BLE001 - damaged EXIF is no reason to lose the pixels
        return Scales()
    return jeol_scales_in_bytes(note, "the EXIF MakerNote (JEOL)")


def _check(path: Path, shape: tuple[int, int], n_bands: int, kind: str) -> None:
    most = MOST_OF_DEFLATE if kind == "PNG" else MOST_OF_OTHERS
    check_claim(path, shape, shape[0] * shape[1] * n_bands, path.stat().st_size, most=most)


def _is_huge_png(path: Path, usual: int | None) -> bool:
    """Whether it is a PNG beyond what Pillow opens; one that claims more than it holds is refused."""
    with path.open("rb") as handle:
        head = handle.read(26)
    if head[:8] != PNG_MAGIC or head[12:16] != b"IHDR" or len(head) < 26:
        return False
    columns, rows = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    n_bytes = rows * columns * max(1, head[24] // 8) // (1 if head[24] >= 8 else 8)
    check_claim(path, (rows, columns), n_bytes, path.stat().st_size, most=MOST_OF_DEFLATE)
    return usual is not None and rows * columns > usual


def _read_huge_png(path: Path, plane: int | None) -> RawPlane:
    import imagecodecs

    _, notes = choose_plane(1, plane, path.name)
    image = np.asarray(imagecodecs.png_decode(path.read_bytes()))
    return RawPlane(image, {"format": "PNG"}, notes=notes)
