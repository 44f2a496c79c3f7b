from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from made_up import fill, grid_mask, picture
from PIL import Image

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import (
    DEFAULT_CLASS_NAMES,
    EXPORT_FORMATS,
    AddClass,
    AssignClass,
    ParticleLibrary,
    RemoveClass,
    RenameClass,
    export_library,
)

PLAIN = ("bundle", "csv", "images", "tiff", "coco")


@pytest.fixture
def labelled(predicted: ParticleLibrary) -> ParticleLibrary:
    """Particles 1 and 2 are trimers by hand, whatever the model says (2 and 3)."""
    predicted.do(AssignClass((1, 2), 3))
    return predicted


def read_csv(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "particles.csv", index_col="particle_id")


def test_the_table_has_the_promised_columns(labelled: ParticleLibrary, tmp_path: Path) -> None:
    to = export_library(labelled, tmp_path / "out", "csv")
    with (to / "particles.csv").open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    assert header == [
        "particle_id", "micrograph", "micrograph_sha256", "label_id",
        "centroid_y_px", "centroid_x_px", "area_px", "area_nm2", "equivalent_diameter_nm",
        "clipped", "class", "class_source", "probability",
        "p_single", "p_dimer", "p_trimer", "p_cluster",
        "novelty", "angle_deg", "offset_y_px", "offset_x_px", "z_0", "z_1",
    ]  # fmt: skip


def test_the_hand_wins_over_the_model(labelled: ParticleLibrary, tmp_path: Path) -> None:
    labelled.do(RemoveClass(4))
    table = read_csv(export_library(labelled, tmp_path / "out", "csv"))
    assert table["class_source"].to_dict() == {
        i: "hand" if i < 3 else "none" if i % 4 == 3 else "model" for i in range(1, 13)
    }
    assert table["class"].fillna("").to_dict() == {
        i: "trimer" if i < 3 else ["single", "dimer", "trimer", ""][i % 4] for i in range(1, 13)
    }
    # What the model said stays, of a class that is no more too.
    assert table.loc[1, "p_dimer"] == 0.7
    assert table.loc[3, "p_cluster"] == 0.7
    assert table.loc[3, "novelty"] == 0.03
    assert table["angle_deg"].tolist() == [90.0] * 12
    labelled.do(AddClass("cluster"))
    labelled.current_model = "first"
    assert "p_cluster" in read_csv(export_library(labelled, tmp_path / "out", "csv"))


def test_a_class_name_used_again_does_not_hide_a_probability(
    labelled: ParticleLibrary, tmp_path: Path
) -> None:
    labelled.do(RemoveClass(1))
    labelled.do(RenameClass(2, "single"))
    table = read_csv(export_library(labelled, tmp_path / "out", "csv"))
    assert table.loc[1, "p_single"] == 0.7
    assert table.loc[4, "p_single (removed 1)"] == 0.7


def test_without_a_model_there_are_labels_only(library: ParticleLibrary, tmp_path: Path) -> None:
    library.do(AssignClass((5,), 1))
    to = export_library(library, tmp_path / "out")
    table = read_csv(to)
    assert table["class_source"].value_counts().to_dict() == {"none": 11, "hand": 1}
    assert table["probability"].isna().all()
    assert not (to / "model").exists()
    assert json.loads((to / "library.json").read_text())["model"] is None


def test_the_bundle_is_whole(labelled: ParticleLibrary, tmp_path: Path) -> None:
    to = export_library(labelled, tmp_path / "out" / "deeper")
    names = {p.relative_to(to).as_posix() for p in to.rglob("*") if p.is_file()}
    assert {n for n in names if not n.startswith("images/")} == {
        "particles.csv", "patches.npz", "patches.tif", "coco.json", "library.json",
        "labels/gold_instances.tif", "labels/gold_classes.tif", "model/config.json",
    }  # fmt: skip
    table = read_csv(to)
    assert {n for n in names if n.startswith("images/")} == {
        f"images/{row['class']}/{i}.png" for i, row in table.iterrows()
    }
    about = json.loads((to / "library.json").read_text(encoding="utf-8"))
    assert about["schema_version"] == 3
    assert about["seed"] == 3
    assert about["parameters"] == {"preset": "default"}
    assert about["classes"][1] | {"folder": ""} == {
        "class_id": 2, "name": "dimer", "colour": "#56b4e9", "folder": "",
    }  # fmt: skip
    assert about["micrographs"][0]["pixel_size_nm"] == 2.5
    assert about["micrographs"][0]["segmentation"] == {"method": "made up"}
    assert about["software"]["numpy"] == np.__version__
    assert set(about["files"]) == names - {"library.json"}
    ids, images = labelled.patches()
    with np.load(to / "patches.npz", allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["particle_ids"], ids)
        np.testing.assert_array_equal(stored["images"], images)
        assert stored["class_ids"].tolist()[:4] == [3, 3, 4, 1]
    one = np.asarray(Image.open(to / "images" / "trimer" / "2.png"))
    np.testing.assert_array_equal(one, np.rint(images[1] * 255))


def test_the_stack_is_calibrated_for_imagej(labelled: ParticleLibrary, tmp_path: Path) -> None:
    path = export_library(labelled, tmp_path / "out", "tiff") / "patches.tif"
    with tifffile.TiffFile(path) as file:
        assert file.is_imagej
        about: dict[str, Any] = file.imagej_metadata or {}
        assert about["unit"] == "nm"
        numerator, denominator = file.pages[0].tags["XResolution"].value
        # A window of 16 px at 2.5 nm in a patch of 8 px.
        assert denominator / numerator == pytest.approx(5.0)
        assert about["Labels"][1] == "particle 2"
        np.testing.assert_array_equal(file.asarray(), labelled.patches()[1])


def test_no_calibration_where_micrographs_differ(labelled: ParticleLibrary, tmp_path: Path) -> None:
    fill(labelled, labelled.add_micrograph(picture(1, pixel_size_nm=9.0)), grid_mask(), 9.0)
    to = export_library(labelled, tmp_path / "out", "tiff")
    with tifffile.TiffFile(to / "patches.tif") as file:
        assert (file.imagej_metadata or {}).get("unit") != "nm"
    assert json.loads((to / "library.json").read_text())["patch_pixel_size_nm"] is None


def test_masks_of_numbers_and_classes(labelled: ParticleLibrary, tmp_path: Path) -> None:
    labelled.do(RemoveClass(4))
    folder = export_library(labelled, tmp_path / "out", "tiff") / "labels"
    mask = labelled.mask(1)
    np.testing.assert_array_equal(tifffile.imread(folder / "gold_instances.tif"), mask)
    class_of = np.array([0] + [3 if i < 3 else [1, 2, 3, 0][i % 4] for i in range(1, 13)])
    np.testing.assert_array_equal(tifffile.imread(folder / "gold_classes.tif"), class_of[mask])


def test_coco_can_be_decoded_to_the_mask(labelled: ParticleLibrary, tmp_path: Path) -> None:
    mask = grid_mask()
    mask[8:11, 8:11] = 0  # a hole
    mask[50:60, 70:80] = mask[45, 65]  # to the last pixel of the micrograph
    fill(labelled, 1, mask)
    to = export_library(labelled, tmp_path / "out", "coco")
    coco = json.loads((to / "coco.json").read_text(encoding="utf-8"))
    assert {c["id"]: c["name"] for c in coco["categories"]}[3] == "trimer"
    (image,) = coco["images"]
    assert (image["file_name"], image["height"], image["width"]) == ("gold.tif", 60, 80)
    particles = labelled.particles()
    assert [a["id"] for a in coco["annotations"]] == list(particles.index)
    for annotation in coco["annotations"]:
        counts = annotation["segmentation"]["counts"]
        assert sum(counts) == mask.size
        flat = np.repeat(np.arange(len(counts)) % 2, counts)
        decoded = flat.reshape(mask.shape, order="F").astype(bool)
        mine = mask == particles.loc[annotation["id"], "label_id"]
        np.testing.assert_array_equal(decoded, mine)
        assert annotation["area"] == mine.sum()
        y, x = np.nonzero(mine)
        assert annotation["bbox"] == [
            x.min(), y.min(), x.max() - x.min() + 1, y.max() - y.min() + 1,
        ]  # fmt: skip
        assert annotation["category_id"] in {c["id"] for c in coco["categories"]}


def test_hdf5_holds_it_all(labelled: ParticleLibrary, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="the extra [hdf5] is not installed")
    labelled.do(RenameClass(1, "a/b 棒"))
    to = export_library(labelled, tmp_path / "out", "hdf5")
    with h5py.File(to / "library.h5") as file:
        np.testing.assert_array_equal(file["patches"], labelled.patches()[1])
        assert file["patches"].attrs["pixel_size_nm"] == 5.0
        np.testing.assert_array_equal(file["masks/1"], labelled.mask(1))
        assert file["masks/1"].attrs["name"] == "gold.tif"
        assert file["particles/particle_id"][:].tolist() == list(range(1, 13))
        assert file["particles/class"].asstr()[:4].tolist() == [
            "trimer", "trimer", "cluster", "a/b 棒",
        ]  # fmt: skip
        assert file["particles/p_a_b 棒"].attrs["name"] == "p_a/b 棒"
        assert file["classes/name"].asstr()[0] == "a/b 棒"


def test_zarr_holds_it_all(labelled: ParticleLibrary, tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr", reason="the extra [zarr] is not installed")
    to = export_library(labelled, tmp_path / "out", "zarr")
    root = zarr.open_group(to / "library.zarr", mode="r")
    np.testing.assert_array_equal(root["patches"][:], labelled.patches()[1])
    np.testing.assert_array_equal(root["masks/1"][:], labelled.mask(1))
    np.testing.assert_array_equal(root["particles/class_id"][:4], [3, 3, 4, 1])
    assert root["particles"].attrs["class"][0] == "trimer"
    assert root["classes"].attrs["name"] == [*DEFAULT_CLASS_NAMES, "none of these"]
    assert root["masks/1"].attrs["pixel_size_nm"] == 2.5


@pytest.mark.parametrize("with_model", [True, False])
def test_anndata_holds_it_all(labelled: ParticleLibrary, tmp_path: Path, with_model: bool) -> None:
    anndata = pytest.importorskip("anndata", reason="the extra [anndata] is not installed")
    if not with_model:
        labelled.current_model = None
    labelled.do(RenameClass(1, "a/b 棒"))
    to = export_library(labelled, tmp_path / "out", "anndata")
    data = anndata.read_h5ad(to / "library.h5ad")
    assert list(data.obs_names) == [str(i) for i in range(1, 13)]
    assert data.obs["class"].tolist()[:2] == ["trimer", "trimer"]
    np.testing.assert_array_equal(data.obsm["patches"].reshape(12, 8, 8), labelled.patches()[1])
    np.testing.assert_array_equal(data.obsm["spatial"][:, 0], labelled.particles()["centroid_x_px"])
    if with_model:
        assert list(data.var_names) == ["z_0", "z_1"]
        np.testing.assert_allclose(data.X[:, 1], np.arange(1, 13) * 2.0)
    else:
        assert "area_px" in data.obs
        assert np.isfinite(data.X).all()


@pytest.mark.parametrize(("format", "module"), [("hdf5", "h5py"), ("zarr", "zarr")])
def test_a_missing_extra_is_named(
    labelled: ParticleLibrary,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    format: str,
    module: str,
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=rf"napari-ssrvae\[{format}\]"):
        export_library(labelled, tmp_path / "out", format)
    assert list(tmp_path.glob("*out*")) == []


HOSTILE = ["../../up", "=1+1", "@x", "CON", "a/b", "a\\b", "..", "金", "x" * 64, 'q"uo,te', "None"]


@pytest.mark.parametrize("format", PLAIN)
def test_hostile_names_stay_inside(tmp_path: Path, format: str) -> None:
    with ParticleLibrary.create(tmp_path / "lib", class_names=HOSTILE) as library:
        for seed, name in enumerate(["../x.tif", "../x.tif", "=2+2", "nul", "X", "x", "金.tif"]):
            number = library.add_micrograph(picture(seed, name=name))
            fill(library, number, grid_mask())
        for particle in range(1, 80):
            library.do(AssignClass((particle,), particle % len(HOSTILE) + 1))
        to = export_library(library, tmp_path / "a" / "b" / "out", format)
        assert {p.name for p in tmp_path.iterdir()} == {"lib", "a"}
        assert [p.name for p in (tmp_path / "a").iterdir()] == ["b"]
        assert [p.name for p in (tmp_path / "a" / "b").iterdir()] == ["out"]
        if format in ("tiff", "bundle"):
            assert len(list((to / "labels").iterdir())) == 14
        if format in ("images", "bundle"):
            assert len(list((to / "images").iterdir())) == len(HOSTILE) + 2
            assert len(list((to / "images").rglob("*.png"))) == 84
        if format in ("csv", "bundle"):
            with (to / "particles.csv").open(encoding="utf-8", newline="") as file:
                rows = list(csv.reader(file))
            assert not [c for row in rows for c in row if c.startswith(("=", "+", "@"))]
            names = [row[rows[0].index("class")] for row in rows[1:]]
            assert {"'=1+1", "'@x", "金", 'q"uo,te', "None"} <= set(names)
            assert len(rows) == 85


def test_numbers_below_zero_stay_numbers(labelled: ParticleLibrary, tmp_path: Path) -> None:
    table = read_csv(export_library(labelled, tmp_path / "out", "csv"))
    assert table["offset_x_px"].tolist() == [-float(i) for i in range(1, 13)]


@pytest.mark.parametrize("first", EXPORT_FORMATS[:5])
def test_an_earlier_export_is_replaced(
    labelled: ParticleLibrary, tmp_path: Path, first: str
) -> None:
    to = export_library(labelled, tmp_path / "out", first)
    (to / ".DS_Store").write_text("")
    export_library(labelled, tmp_path / "out", "csv")
    assert {p.name for p in to.iterdir()} == {"particles.csv", "library.json"}
    assert {p.name for p in tmp_path.iterdir()} == {"gold", "out"}


@pytest.mark.parametrize("what", ["own file", "file in an export", "a file", "own json", "list"])
def test_what_is_not_an_export_stays(labelled: ParticleLibrary, tmp_path: Path, what: str) -> None:
    to = tmp_path / "out"
    if what == "file in an export":
        export_library(labelled, to)
        (to / "images" / "mine.txt").write_text("mine")
    elif what == "a file":
        to.write_text("mine")
    else:
        to.mkdir()
        name = "mine.txt" if what == "own file" else "library.json"
        (to / name).write_text('["mine"]' if what == "list" else '{"mine": 1}')
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("out*/**/*")}
    with pytest.raises(InputError, match="choose a new"):
        export_library(labelled, to)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("out*/**/*")} == before


def test_the_library_itself_is_no_target(labelled: ParticleLibrary, tmp_path: Path) -> None:
    for to in (labelled.folder, labelled.folder / "models" / "x", tmp_path):
        with pytest.raises(InputError, match="library itself"):
            export_library(labelled, to)


def test_nothing_to_export(empty: ParticleLibrary, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no particles"):
        export_library(empty, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_unknown_format(labelled: ParticleLibrary, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="bundle"):
        export_library(labelled, tmp_path / "out", "pickle")


def test_a_read_only_library_can_be_exported(labelled: ParticleLibrary, tmp_path: Path) -> None:
    with ParticleLibrary.open(labelled.folder, read_only=True) as reader:
        assert len(read_csv(export_library(reader, tmp_path / "out", "csv"))) == 12
