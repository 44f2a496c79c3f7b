"""Micrographs of agglomerates with known truth: the built-in sample and the measure of the segmentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.aggregates import Aggregates
from napari_ssrvae.evaluation.artefacts import Artefacts, charged, defocused, drifted, saturated
from napari_ssrvae.evaluation.banner_drawing import banner_height, draw_banner
from napari_ssrvae.evaluation.placing import Spheres, agglomerate, place
from napari_ssrvae.evaluation.recording import recorded
from napari_ssrvae.evaluation.relief_picture import relief_specimen
from napari_ssrvae.evaluation.sem_picture import draw_particles, substrate
from napari_ssrvae.evaluation.substrates import Support, surface

__all__ = ["CLASS_NAMES", "GeneratedMicrograph", "generate_micrograph"]

CLASS_NAMES = ("single", "dimer", "trimer", "tetramer")
LEAST_COVERAGE = 1e-3


@dataclass(frozen=True, eq=False)
class GeneratedMicrograph:
    """A micrograph and the truth about it.

    Attributes
    ----------
    image : ndarray of uint8 or uint16, shape (H, W)
    labels : ndarray of int32, shape (H, W)
        True instances, 1..N; an agglomerate is one.
    classes : ndarray of int64, shape (N,)
        Number of primary particles in agglomerate `i + 1`, from 1.
    class_names : tuple of str
        Name of class `k` at `k - 1`; empty for agglomerates of any number.
    pixel_size_nm : float
    data_bar : (int, int) or None
    seed : int
    """

    image: NDArray[np.uint8] | NDArray[np.uint16]
    labels: NDArray[np.int32]
    classes: NDArray[np.int64]
    class_names: tuple[str, ...]
    pixel_size_nm: float
    data_bar: tuple[int, int] | None
    seed: int


def generate_micrograph(
    n_particles: int = 300,
    *,
    seed: int = 0,
    shape: tuple[int, int] | None = None,
    sphere_diameter_px: tuple[float, float] = (14.0, 18.0),
    class_fractions: Sequence[float] = (0.55, 0.25, 0.12, 0.08),
    style: Literal["spheres", "faceted"] = "spheres",
    polarity: Literal["bright", "dark"] = "bright",
    contrast: float = 0.5,
    edge: float = 0.45,
    gradient: float = 0.15,
    noise: float = 0.05,
    blur_px: float = 0.8,
    coverage: float = 0.13,
    gap_px: float | None = None,
    pixel_size_nm: float = 2.0,
    data_bar: bool = True,
    aggregates: Aggregates | None = None,
    support: Support = "wafer",
    support_strength: float = 0.05,
    artefacts: Artefacts | None = None,
) -> GeneratedMicrograph:
    """Generate a SEM-like micrograph of agglomerates of 1 to 4 touching spheres.

    Rims are brighter than faces, the substrate is uneven, darker beside the particles, grainy; the beam is a
    little blurred, the counts are Poisson. Agglomerates do not touch each other. The same arguments give the
    same picture.

    Parameters
    ----------
    n_particles : int
        How many agglomerates.
    seed : int
    shape : (int, int), optional
        Rows and columns with the data bar; by default what gives `coverage`.
    sphere_diameter_px : (float, float)
        Least and largest diameter of a sphere.
    class_fractions : sequence of up to 4 float
        Share of agglomerates of 1, 2, 3 and 4 spheres; scaled to sum to 1.
    style : "spheres" or "faceted"
        Spheres, or crystals with flat faces.
    polarity : "bright" or "dark"
        Particles on the background.
    contrast : float
        Rim of a particle against the background, as a share of the grey range.
    edge : float
        How much darker the face is than the rim, 0 to 1.
    gradient : float
        Unevenness of the background, as a share of the grey range.
    noise : float
        Standard deviation of the shot noise at middle grey, as a share of the grey range.
    blur_px : float
        Sigma of the beam.
    coverage : float
        Share of the area that particles cover, where `shape` is not given; less where so many do not fit.
    gap_px : float, optional
        Least distance between agglomerates; by default a third of a sphere.
    pixel_size_nm : float
    data_bar : bool
        Whether to write a banner with a scale bar at the bottom.
    aggregates : Aggregates, optional
        Agglomerates of many primary particles in relief, in place of `class_fractions` and `style`.
    support : str
        Structure of the substrate, see `substrates.surface`.
    support_strength : float
        Its amplitude as a share of the grey range.
    artefacts : Artefacts, optional
        Charging, drift, defocus, saturation, compression, depth in bits.

    Returns
    -------
    GeneratedMicrograph

    Raises
    ------
    InputError
        The particles do not fit, or an argument is out of range.
    """
    fractions = _checked(n_particles, sphere_diameter_px, class_fractions, pixel_size_nm)
    rng = np.random.default_rng(seed)
    faults = artefacts or Artefacts()
    names: tuple[str, ...] = ()
    gap = max(3.0, sum(sphere_diameter_px) / 6) if gap_px is None else float(gap_px)
    if aggregates is None:
        names = CLASS_NAMES[: len(fractions)]
        classes = _classes(n_particles, fractions, rng)
        groups = [agglomerate(int(n), sphere_diameter_px, rng) for n in classes]
        shape, rows, spheres = _laid_out(groups, shape, coverage, gap, data_bar, rng)
        specimen, labels = _specimen(
            spheres, (rows, shape[1]), style == "faceted", contrast, edge, gradient, rng
        )
    else:
        shape, specimen, labels, classes = relief_specimen(
            n_particles,
            sphere_diameter_px,
            aggregates,
            shape,
            lambda s: s[0] - (banner_height(s[0]) if data_bar else 0),
            coverage=coverage,
            gap=gap,
            contrast=contrast,
            edge=edge,
            gradient=gradient,
            rng=rng,
        )
        rows = len(labels)
    if support != "wafer":
        # Particles hide what they lie on.
        structure = surface(support, labels.shape, support_strength, rng)
        specimen = specimen + structure * (labels == 0)
    specimen = charged(specimen, labels, faults, rng)
    specimen = _levelled(specimen, polarity, blur_px)
    specimen = drifted(saturated(defocused(specimen, faults, rng), faults), faults, rng)
    top = recorded(specimen, noise, faults, rng)
    image = np.zeros(shape, top.dtype)
    image[:rows] = top
    truth = np.zeros(shape, np.int32)
    truth[:rows] = labels
    if data_bar:
        text = "EHT 5.00 kV   WD 4.1 mm   SE2   generated"
        banner = draw_banner(shape[0] - rows, shape[1], pixel_size_nm, text)
        image[rows:] = banner.astype(top.dtype) * (257 if top.dtype == np.uint16 else 1)
    return GeneratedMicrograph(
        image=image,
        labels=truth,
        classes=classes,
        class_names=names,
        pixel_size_nm=float(pixel_size_nm),
        data_bar=(rows, shape[0]) if data_bar else None,
        seed=seed,
    )


def _checked(
    n_particles: int,
    diameters: tuple[float, float],
    fractions: Sequence[float],
    pixel_size_nm: float,
) -> NDArray[np.float64]:
    shares = np.asarray(fractions, dtype=np.float64)
    if n_particles < 1:
        raise InputError(f"{n_particles} particles make no micrograph: ask for at least one.")
    if not 3 <= diameters[0] <= diameters[1]:
        raise InputError(
            f"Diameters from {diameters[0]} to {diameters[1]} px cannot be drawn: start at 3 or above."
        )
    if not 1 <= len(shares) <= len(CLASS_NAMES) or (shares < 0).any() or shares.sum() <= 0:
        raise InputError(
            f"Class fractions {tuple(fractions)} are none: give 1 to 4 numbers that are not negative."
        )
    if not pixel_size_nm > 0:
        raise InputError(
            f"The pixel size is {pixel_size_nm} nm: give a positive number of nanometres."
        )
    scaled: NDArray[np.float64] = shares / shares.sum()
    return scaled


def _classes(n: int, fractions: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the class of each agglomerate: the fractions to within one, in random order."""
    edges = np.rint(np.cumsum(fractions) * n).astype(np.int64)
    classes = np.repeat(np.arange(1, len(fractions) + 1), np.diff(edges, prepend=0))
    return rng.permutation(classes).astype(np.int64)


def _laid_out(
    groups: list[NDArray[np.float64]],
    shape: tuple[int, int] | None,
    coverage: float,
    gap: float,
    data_bar: bool,
    rng: np.random.Generator,
) -> tuple[tuple[int, int], int, Spheres]:
    """Return the shape of the picture, the rows above the banner, and the spheres in them."""
    wished = shape
    while True:
        shape = wished or _shape_for(groups, coverage, data_bar)
        rows = shape[0] - (banner_height(shape[0]) if data_bar else 0)
        try:
            return shape, rows, place(groups, (rows, shape[1]), gap, rng)
        except InputError:
            # Laid down one after the other, particles jam long before the area is full.
            if wished is not None or coverage < LEAST_COVERAGE:
                raise
            coverage *= 0.85


def _shape_for(
    groups: list[NDArray[np.float64]], coverage: float, data_bar: bool
) -> tuple[int, int]:
    area = sum(float(np.pi * (group[:, 2] ** 2).sum()) for group in groups) / coverage
    width = max(96, 4 * int(np.ceil(np.sqrt(area * 4 / 3) / 4)))
    rows = max(72, int(np.ceil(area / width)))
    return (round(rows / 0.935) + 1 if data_bar and rows > 345 else rows + 24 * data_bar), width


def _specimen(
    spheres: Spheres,
    shape: tuple[int, int],
    faceted: bool,
    contrast: float,
    edge: float,
    gradient: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the signal and the true labels."""
    brightness, cover, labels = draw_particles(spheres, shape, faceted=faceted, edge=edge, rng=rng)
    ground = substrate(shape, gradient, rng)
    # Electrons from the substrate are caught by the particles beside it.
    shade = ndimage.gaussian_filter(cover, 0.45 * float(np.mean(spheres.radius)) + 1)
    dark = -0.25 * contrast * shade
    particles = contrast * brightness * cover
    # The signal adds up where a thin particle lets the substrate through only outside its cover.
    picture = ground * (1 - 0.5 * cover) + dark * (1 - cover) + particles
    return picture, labels


def _levelled(picture: NDArray[np.float32], polarity: str, blur_px: float) -> NDArray[np.float32]:
    """Return the grey values in [0, 1] before any noise."""
    if polarity == "dark":
        picture = -picture
    picture = picture - 0.5 * (np.percentile(picture, 1) + np.percentile(picture, 99)) + 0.48
    blurred: NDArray[np.float32] = ndimage.gaussian_filter(picture.astype(np.float32), blur_px)
    return blurred
