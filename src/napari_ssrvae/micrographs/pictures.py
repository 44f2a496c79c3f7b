"""PNG, JPEG and other everyday pictures."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs.plain import plain
from napari_ssrvae.micrographs.planes import choose_plane
from napari_ssrvae.micrographs.raw import RawPlane

__all__ = ["read_picture"]

_AS_THEY_ARE = ("L", "LA", "I", "F", "RGB", "RGBA", "1")


def read_picture(path: Path, plane: int | None) -> RawPlane:
    """Read a picture with Pillow; none of these formats says how large a pixel of a specimen is.

    Raises
    ------
    InputError
        It is not a picture, it is cut off, or it is too large for this kind of file.
    """
    from PIL import Image, UnidentifiedImageError

    notes: tuple[str, ...] = ()
    try:
        with warnings.catch_warnings():
            # Large micrographs are normal; Pillow still refuses what would fill the memory.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                index, notes = choose_plane(getattr(picture, "n_frames", 1), plane, path.name)
                if index:
                    picture.seek(index)
                info = {
                    str(k): plain(v)
                    for k, v in picture.info.items()
                    if k not in ("exif", "icc_profile")
                }
                kept = picture.mode in _AS_THEY_ARE or picture.mode.startswith("I;16")
                image = np.array(picture if kept else picture.convert("RGB"))
                kind = picture.format or path.suffix.lstrip(".").upper()
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
    if kind == "JPEG":
        notes = (*notes, "JPEG has lost detail: use the TIFF where there is one")
    return RawPlane(image, None, "", {"format": kind, **info}, notes)
