"""What holds for the package as a whole: lazy imports, the manifest, the versions that are said to be tested."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import napari_ssrvae

ROOT = Path(__file__).parents[1]


def modules_after(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after running this code."""
    script = f"{code}\nimport sys; print(' '.join(sys.modules))"
    out = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return set(out.stdout.split())


def test_importing_the_package_is_light() -> None:
    loaded = modules_after("import napari_ssrvae")
    assert not loaded & {
        "torch",
        "napari",
        "qtpy",
        "numpy",
        "pandas",
        "skimage",
        "scipy",
        "pydantic",
    }


def test_docks_import_no_torch_and_no_plots() -> None:
    loaded = modules_after("import napari_ssrvae.docks.workbench")
    assert not loaded & {"torch", "pyqtgraph", "skimage.segmentation", "sklearn"}


@pytest.mark.parametrize("name", [n for n in napari_ssrvae.__all__ if n != "__version__"])
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(napari_ssrvae, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = napari_ssrvae.nothing  # type: ignore[attr-defined]


def test_the_manifest_at_the_top_is_the_packages_own() -> None:
    assert (ROOT / "napari.yaml").resolve() == (ROOT / "src/napari_ssrvae/napari.yaml").resolve()


def test_every_command_of_the_manifest_is_there() -> None:
    from importlib import import_module

    from npe2 import PluginManifest

    manifest = PluginManifest.from_file(ROOT / "src/napari_ssrvae/napari.yaml")
    commands = manifest.contributions.commands or []
    assert len(commands) >= 12
    for command in commands:
        module, name = str(command.python_name).split(":")
        assert callable(getattr(import_module(module), name))


def test_the_tested_versions_are_the_installed_ones() -> None:
    from importlib.metadata import version

    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    assert pins["torch"] == "2.13.0"
    for name in ("torch", "napari", "numpy", "scikit-image", "pydantic"):
        if sys.version_info[:2] == (3, 11):
            assert version(name).split("+")[0] == pins[name]


def test_heavy_formats_are_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = " ".join(project["dependencies"])
    for name, extra in (
        ("h5py", "hdf5"),
        ("zarr", "zarr"),
        ("anndata", "anndata"),
        ("rosettasciio", "vendors"),
    ):
        assert name not in required
        assert any(r.startswith(name) for r in project["optional-dependencies"][extra])
