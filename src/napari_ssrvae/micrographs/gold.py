"""The real sample: gold nanoparticles on glass, fetched once."""

from __future__ import annotations

from pathlib import Path

from napari_ssrvae.errors import InputError

__all__ = ["GOLD_PIXEL_SIZE_NM", "GOLD_PIXEL_SIZE_SOURCE", "fetch_gold"]

GOLD_URL = (
    "https://raw.githubusercontent.com/hughesadam87/pyparty/"
    "0501cc0096ef3fa4c3499db5e621b3d50eab9613/pyparty/data/nanogold.tif"
)
GOLD_SHA256 = "388e1c097f6c52df1f94beaa2aa630dd458d9ad7c5cc7b2141ae2079d8ae9a1d"
GOLD_PIXEL_SIZE_NM = 2.78
GOLD_PIXEL_SIZE_SOURCE = (
    "pyparty's authors' calibration (Hughes, J. Open Research Software, 10.5334/jors.bh)"
)


def fetch_gold(progress: bool = False) -> Path:
    """Return the path of the gold micrograph, fetching it into the user's cache the first time.

    About 22 nm gold on glass, Zeiss SEM, 1 kV; package data of pyparty (BSD-3-Clause). The file has no
    usable pixel size of its own: take `GOLD_PIXEL_SIZE_NM`.

    Raises
    ------
    InputError
        It is not in the cache and cannot be fetched.
    """
    import logging

    import platformdirs
    import pooch

    folder = Path(platformdirs.user_cache_dir("napari-ssrvae", appauthor=False))
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)  # its cheerful lines would land in the middle of our own
    try:
        return Path(
            pooch.retrieve(
                GOLD_URL,
                known_hash=f"sha256:{GOLD_SHA256}",
                fname="nanogold.tif",
                path=folder,
                progressbar=progress,
            )
        )
    except Exception as error:
        raise InputError(
            f"The gold micrograph could not be fetched ({type(error).__name__}): connect to the internet once, "
            f"or put the file from {GOLD_URL} into {folder}."
        ) from error
    finally:
        logger.setLevel(level)
