"""Kinds of micrographs that the segmentation is measured on, after what microscopes and specimens do."""

from __future__ import annotations

from typing import Any

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.agglomerates import GeneratedMicrograph, generate_micrograph
from napari_ssrvae.evaluation.aggregates import Aggregates as Agg
from napari_ssrvae.evaluation.artefacts import Artefacts as Art

__all__ = ["KINDS", "generate_kind"]

# Arguments of `generate_micrograph`. The first group is of 1 to 4 spheres or crystals.
_FEW: dict[str, dict[str, Any]] = {
    "plain": {},
    "even faces": {"edge": 0.2},
    "dark faces": {"edge": 0.7, "sphere_diameter_px": (24, 40)},
    "dark faces, large": {"edge": 0.85, "sphere_diameter_px": (40, 60), "n_particles": 120},
    "facets": {"style": "faceted", "sphere_diameter_px": (22, 40)},
    "dark on bright": {"polarity": "dark"},
    "dense": {"coverage": 0.3},
    "dense, dark": {"coverage": 0.3, "polarity": "dark", "edge": 0.3},
    "sparse": {"coverage": 0.005, "n_particles": 40},
    "sparse, noisy": {"coverage": 0.01, "n_particles": 40, "noise": 0.12},
    "gradient": {"gradient": 0.5, "contrast": 0.4},
    "gradient, saturated": {"gradient": 0.8, "contrast": 0.35},
    "low contrast": {"contrast": 0.2, "noise": 0.04},
    "low contrast, noisy": {"contrast": 0.22, "noise": 0.08},
    "noisy": {"noise": 0.2},
    "noise above contrast": {"contrast": 0.3, "noise": 0.3, "sphere_diameter_px": (20, 30)},
    "5 px": {"sphere_diameter_px": (5, 6.5)},
    "70 px": {"sphere_diameter_px": (60, 80), "n_particles": 100},
    "8 to 40 px": {"sphere_diameter_px": (8, 40)},
    "blurred": {"blur_px": 2.0},
    "3 px apart": {"gap_px": 3.0, "coverage": 0.2},
}

_TITANIA = Agg(
    primaries=(1, 60),
    habit="irregular",
    fractal_dimension=2.3,
    sintering=0.2,
    roughness=0.14,
    polydispersity=0.22,
    overlap=0.1,
)
_SILICA = Agg(primaries=(1, 40), fractal_dimension=1.8, sintering=0.12, overlap=0.1)
_SOOT = Agg(primaries=(20, 100), fractal_dimension=1.75, sintering=0.15, occlusion=0.35)


def _many(aggregates: Agg, **more: Any) -> dict[str, Any]:
    return {
        "n_particles": 30,
        "sphere_diameter_px": (22, 30),
        "edge": 0.5,
        "coverage": 0.15,
        "noise": 0.06,
        "aggregates": aggregates,
    } | more


# Agglomerates of 1 to 100 primary particles in relief.
_MANY: dict[str, dict[str, Any]] = {
    "silica aggregates": _many(_SILICA),
    "silica, crowded": _many(
        Agg(primaries=(1, 25), fractal_dimension=1.9, overlap=0.3), coverage=0.4, n_particles=60
    ),
    "silica, dark faces": _many(_SILICA, edge=0.95, sphere_diameter_px=(30, 44)),
    "silica, faces below substrate": _many(
        Agg(primaries=(1, 12), occlusion=0.2), edge=1.2, sphere_diameter_px=(36, 56), noise=0.04
    ),
    "titania": _many(_TITANIA),
    "titania, low dose": _many(_TITANIA, noise=0.22),
    "titania, low contrast": _many(_TITANIA, contrast=0.2, noise=0.06),
    "titania on membrane": _many(_TITANIA, support="membrane", support_strength=0.25),
    "titania, mixed sizes": _many(
        Agg(primaries=(1, 100), habit="irregular", fractal_dimension=2.5, polydispersity=0.4),
        sphere_diameter_px=(9, 34),
        n_particles=60,
    ),
    "titania, large": _many(_TITANIA, sphere_diameter_px=(60, 80), n_particles=14),
    "soot": _many(_SOOT, sphere_diameter_px=(11, 15), n_particles=24),
    "soot, thin": _many(
        Agg(primaries=(10, 100), fractal_dimension=1.5, mass_contrast=0.3, occlusion=0.1),
        sphere_diameter_px=(7, 9),
        n_particles=40,
        coverage=0.1,
    ),
    "soot on carbon film": _many(
        _SOOT,
        sphere_diameter_px=(12, 16),
        n_particles=24,
        support="carbon film",
        support_strength=0.045,
        contrast=0.4,
    ),
    "fumed oxide, pores": _many(
        Agg(primaries=(40, 100), fractal_dimension=1.9, monolayer=True, sintering=0.15),
        sphere_diameter_px=(14, 18),
        n_particles=16,
    ),
    "compact lumps": _many(
        Agg(primaries=(20, 100), fractal_dimension=2.8, occlusion=0.8), n_particles=18
    ),
    "cubes": _many(Agg(primaries=(1, 12), habit="cube", fractal_dimension=2.0), edge=0.6),
    "cubes, faces at substrate": _many(
        Agg(primaries=(1, 12), habit="cube", fractal_dimension=2.0), edge=1.0, contrast=0.6
    ),
    "octahedra": _many(
        Agg(primaries=(1, 10), habit="octahedron"), sphere_diameter_px=(36, 56), edge=0.65
    ),
    "crystals": _many(
        Agg(primaries=(1, 25), habit="crystal", polydispersity=0.3), sphere_diameter_px=(26, 44)
    ),
    "rods": _many(
        Agg(primaries=(1, 15), habit="rod", aspect=4.0, polydispersity=0.15),
        sphere_diameter_px=(9, 13),
    ),
    "rods, dark faces": _many(
        Agg(primaries=(1, 10), habit="rod", aspect=3.0), sphere_diameter_px=(16, 22), edge=0.85
    ),
    "plates": _many(
        Agg(primaries=(1, 12), habit="plate", monolayer=True, sintering=0.3),
        sphere_diameter_px=(36, 60),
        edge=0.75,
    ),
    "gold on wafer": _many(
        Agg(primaries=(1, 8), mass_contrast=0.4, fractal_dimension=2.2, occlusion=0.3, shadow=0.4),
        sphere_diameter_px=(10, 14),
        edge=0.1,
        n_particles=250,
        coverage=0.25,
        gap_px=3.0,
        blur_px=1.2,
    ),
    "charging streaks, dark": _many(
        _SILICA, artefacts=Art(charging_streaks=-0.22, line_jitter=0.01)
    ),
    "charging streaks, bright": _many(
        _TITANIA, artefacts=Art(charging_streaks=0.18, line_jitter=0.01)
    ),
    "halo, dark": _many(_SILICA, artefacts=Art(charging_halo=-0.18)),
    "halo, bright": _many(_TITANIA, artefacts=Art(charging_halo=0.22, halo_width_px=8)),
    "charging, all": _many(
        _SILICA,
        edge=0.8,
        sphere_diameter_px=(26, 40),
        artefacts=Art(
            charging_halo=-0.12, charging_streaks=0.2, slow_scan_drift=0.15, line_jitter=0.015
        ),
    ),
    "slow-scan drift": _many(_TITANIA, artefacts=Art(slow_scan_drift=0.25), contrast=0.4),
    "strong shadow": _many(
        Agg(primaries=(1, 40), fractal_dimension=2.5, shadow=0.8, occlusion=0.9), contrast=0.4
    ),
    "blotchy substrate": _many(
        _TITANIA, contrast=0.35, support="blotchy", support_strength=0.06, gradient=0.2
    ),
    "rough tape": _many(_SILICA, support="rough", support_strength=0.05),
    "scratched substrate": _many(_TITANIA, support="scratched", support_strength=0.12),
    "fibres": _many(_SILICA, support="fibres", support_strength=0.3),
    "defocus gradient": _many(_TITANIA, artefacts=Art(defocus_px=4.0)),
    "fast scan": _many(
        _SILICA, noise=0.25, artefacts=Art(bandwidth_px=1.5, line_jitter=0.015), edge=0.6
    ),
    "JPEG": _many(_SILICA, noise=0.1, artefacts=Art(jpeg_quality=35)),
    "saturated": _many(_TITANIA, contrast=0.6, artefacts=Art(gain=2.2, offset=0.1)),
    "black substrate": _many(_SILICA, artefacts=Art(gain=1.7, offset=-0.12), noise=0.1),
    "16 bit": _many(_TITANIA, artefacts=Art(bits=16), noise=0.04),
    "negative": _many(_TITANIA, polarity="dark", artefacts=Art(slow_scan_drift=0.1)),
    "one large": _many(
        Agg(primaries=(80, 100), fractal_dimension=2.4), n_particles=1, coverage=0.35
    ),
    "sparse aggregates": _many(_SILICA, n_particles=8, coverage=0.01),
    "small, low dose": _many(
        Agg(primaries=(1, 20), sintering=0.15),
        sphere_diameter_px=(6, 8),
        n_particles=120,
        noise=0.18,
    ),
    "large, crowded": _many(
        Agg(primaries=(1, 8), habit="irregular", roughness=0.06, overlap=0.25),
        sphere_diameter_px=(50, 70),
        coverage=0.4,
        n_particles=30,
    ),
    "nearly touching": _many(
        Agg(primaries=(1, 6), fractal_dimension=2.0), gap_px=2.0, coverage=0.35, n_particles=80
    ),
}

KINDS: dict[str, dict[str, Any]] = _FEW | _MANY


def generate_kind(kind: str, seed: int = 0) -> GeneratedMicrograph:
    """Generate a micrograph of one of `KINDS`.

    Raises
    ------
    InputError
        There is no such kind.
    """
    if kind not in KINDS:
        raise InputError(f"There is no kind {kind!r}: choose one of {', '.join(KINDS)}.")
    # Each kind has layouts of its own, or one lucky layout would count many times.
    return generate_micrograph(seed=seed + 1000 * list(KINDS).index(kind), **KINDS[kind])
