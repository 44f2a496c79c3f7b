"""Masks edited by hand: acts like all others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_up import act_of, change_by_hand, cut, fill, grid_mask, measured, picture

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import (
    AssignClass,
    EditMask,
    ParticleLibrary,
    PixelRuns,
    RemoveClass,
    act_from_json,
    act_to_json,
    export_library,
)
from napari_ssrvae.workflow.editing import delete_particles, paint_particle, split_particle

ACROSS = [(0, 9), (30, 9)]  # through particle 1 of the grid, 4 columns to its left


def whole(library: ParticleLibrary) -> tuple[np.ndarray, dict, dict, bytes]:
    """Mask, measurements, labels and patches as plain things that can be compared."""
    ids, images = library.patches()
    table = library.particles()
    assert table.index.tolist() == ids.tolist()
    return library.mask(1), table.to_dict("index"), library.labels().to_dict(), images.tobytes()


def same(a: tuple, b: tuple) -> bool:
    return np.array_equal(a[0], b[0]) and a[1:] == b[1:]


def test_a_deleted_particle_is_gone_everywhere(library: ParticleLibrary) -> None:
    library.do(AssignClass((2, 3), 1))
    result = change_by_hand(library, 1, "delete", [2, 7])
    assert result.text == "delete 2 particles"
    assert result.mask is not None
    assert result.mask.particles.retired == (2, 7)
    assert result.mask.particles.retired_labelled == (2,)
    assert result.mask.particles.added == ()
    assert result.mask.particles.region == (slice(5, 35), slice(25, 55))
    left = [1, 3, 4, 5, 6, 8, 9, 10, 11, 12]
    assert np.array_equal(library.mask(1), np.where(np.isin(grid_mask(), left), grid_mask(), 0))
    assert library.particles().index.tolist() == left
    ids, images = library.patches()
    assert ids.tolist() == left
    np.testing.assert_array_equal(images, cut(library.mask(1)).images)
    assert library.labels().to_dict() == {3: 1}
    assert library.label_counts()[1] == 1
    gone = library.retired()
    assert gone.index.tolist() == [2, 7]
    assert gone["by_hand"].all()
    assert gone.loc[2, "class_id"] == 1
    assert gone.loc[2, "area_px"] == 100
    assert gone.loc[2, ["centroid_y_px", "centroid_x_px"]].tolist() == [9.5, 29.5]
    with pytest.raises(InputError, match="7"):
        library.patches([7])
    with pytest.raises(InputError, match="2"):
        library.do(AssignClass((2,), 1))


@pytest.mark.parametrize(
    ("kind", "arguments", "removed", "n_added", "text"),
    [
        ("delete", ([4, 5],), (4, 5), 0, "delete 2 particles"),
        ("merge", ([1, 2],), (1, 2), 1, "merge 2 particles"),
        ("split", (1, ACROSS), (1,), 2, "split a particle into 2"),
        ("paint", ([(19, 20)], 3), (), 1, "paint a particle"),
    ],
)
def test_every_edit_is_undone_and_redone_also_after_reopening(
    library: ParticleLibrary,
    kind: str,
    arguments: tuple,
    removed: tuple[int, ...],
    n_added: int,
    text: str,
) -> None:
    library.do(AssignClass((1, 4), 2))
    before = whole(library)
    result = change_by_hand(library, 1, kind, *arguments)
    new = tuple(range(13, 13 + n_added))
    assert result.text == text
    assert result.mask is not None
    assert (result.mask.particles.retired, result.mask.particles.added) == (removed, new)
    done = whole(library)
    np.testing.assert_array_equal(library.patches()[1], _patches_by_id(library))
    assert not set(new) & set(done[2])
    for number in range(2):
        library.close()
        library = ParticleLibrary.open(library.folder)
        assert same(whole(library), done)
        assert library.undo_text == text
        back = library.undo()
        assert back is not None
        assert back.mask is not None
        assert (back.mask.particles.added, back.mask.particles.retired) == (removed, new)
        assert same(whole(library), before), number
        again = library.redo()
        assert again is not None
        assert isinstance(again.act, EditMask)
        assert again.act.removed == removed
        assert same(whole(library), done)
    library.close()


def _patches_by_id(library: ParticleLibrary) -> np.ndarray:
    """What `cut` says of the mask, in the order of the particle ids."""
    found = cut(library.mask(1))
    rows = library.particles()["label_id"].map({i: n for n, i in enumerate(found.label_ids)})
    return found.images[rows.to_numpy()]


def test_the_result_can_be_shown_in_place(library: ParticleLibrary) -> None:
    shown = library.mask(1)
    results = [change_by_hand(library, 1, "split", 1, ACROSS)]
    results += [change_by_hand(library, 1, "merge", [2, 3]), library.undo(), library.undo()]
    for result, last in zip(results, (False, False, False, True), strict=True):
        assert result is not None
        assert result.mask is not None
        result.mask.pixels.write(shown)
        assert not last or np.array_equal(shown, library.mask(1))


def test_measurements_of_new_particles_stand_beside_the_others(library: ParticleLibrary) -> None:
    types = library.particles().dtypes.to_dict()
    change_by_hand(library, 1, "split", 1, ACROSS)
    table = library.particles()
    assert table.dtypes.to_dict() == types
    expected = measured(library.mask(1))
    for row in table.itertuples():
        assert row.area_px == expected.loc[row.label_id, "area_px"]
        assert row.centroid_x_px == expected.loc[row.label_id, "centroid_x_px"]


def test_a_new_pixel_size_reaches_edited_particles_also_undone_ones(
    library: ParticleLibrary,
) -> None:
    change_by_hand(library, 1, "split", 1, ACROSS)
    change_by_hand(library, 1, "paint", [(19, 20)], 3)
    library.undo()
    library.set_pixel_size(1, 10.0, "typed")
    library.redo()
    table = library.particles()
    np.testing.assert_allclose(table["area_nm2"], table["area_px"] * 100)
    library.undo()
    library.undo()
    assert library.particles().loc[1, "area_nm2"] == 100 * 100


def test_predictions_go_and_come_with_the_particle(predicted: ParticleLibrary) -> None:
    before = predicted.predictions()
    change_by_hand(predicted, 1, "merge", [5, 6])
    assert predicted.predictions().index.tolist() == [i for i in range(1, 13) if i not in (5, 6)]
    assert predicted.predictions(particle_ids=[4, 5]).index.tolist() == [4]
    predicted.undo()
    assert predicted.predictions().equals(before)


def test_labels_on_new_particles_are_undone_before_them(library: ParticleLibrary) -> None:
    change_by_hand(library, 1, "split", 1, ACROSS)
    library.do(AssignClass((13, 14, 2), 3))
    library.do(RemoveClass(3, labels_to=2))
    after = whole(library)
    for _ in range(3):
        assert library.undo() is not None
    assert library.labels().empty
    assert library.particles().index.tolist() == list(range(1, 13))
    for _ in range(3):
        assert library.redo() is not None
    assert same(whole(library), after)
    assert library.labels().to_dict() == {2: 2, 13: 2, 14: 2}


def test_the_number_of_an_undone_particle_is_not_given_out_again(library: ParticleLibrary) -> None:
    change_by_hand(library, 1, "paint", [(19, 20)], 3)
    library.undo()
    result = change_by_hand(library, 1, "paint", [(39, 40)], 3)
    assert result.mask is not None
    assert result.mask.particles.added == (14,)
    assert not library.can_redo


def test_a_new_segmentation_ends_edits_but_not_labels(library: ParticleLibrary) -> None:
    library.do(AssignClass((1, 2, 3), 1))
    change_by_hand(library, 1, "delete", [3])
    library.do(AssignClass((2,), 4))
    change_by_hand(library, 1, "split", 1, ACROSS)
    edited = library.mask(1)
    change = fill(library, 1, grid_mask())
    # All twelve are there again: 1 and 3, which an edit had taken away, under their old numbers.
    assert set(change.kept) == set(range(1, 13))
    assert set(change.retired) == {13, 14}
    assert not np.array_equal(library.mask(1), edited)
    assert library.particles().index.tolist() == list(range(1, 13))
    assert library.labels().to_dict() == {1: 1, 2: 4, 3: 1}
    assert library.undo_text == "label 1 particle as cluster"
    library.undo()
    assert library.undo_text == "label 3 particles as single"
    library.undo()
    assert not library.can_undo
    assert library.labels().empty
    assert np.array_equal(library.mask(1), grid_mask())


def test_a_new_segmentation_of_the_edited_mask_keeps_its_particles(
    library: ParticleLibrary,
) -> None:
    change_by_hand(library, 1, "split", 1, ACROSS)
    library.do(AssignClass((13,), 2))
    change = fill(library, 1, library.mask(1))
    assert set(change.kept) == {*range(2, 13), 13, 14}
    assert library.labels().to_dict() == {13: 2}
    assert library.undo_text == "label 1 particle as dimer"


def test_what_was_undone_upon_an_edit_goes_with_it(library: ParticleLibrary) -> None:
    library.do(AssignClass((2,), 1))
    change_by_hand(library, 1, "split", 1, ACROSS)
    library.do(AssignClass((13,), 1))
    for _ in range(3):
        library.undo()
    fill(library, 1, grid_mask())
    assert library.redo() is not None
    assert library.redo() is None
    assert library.labels().to_dict() == {2: 1}


def test_edits_of_another_micrograph_stay(library: ParticleLibrary) -> None:
    other = library.add_micrograph(picture(seed=5))
    fill(library, other, grid_mask())
    change_by_hand(library, other, "delete", [1])
    change_by_hand(library, 1, "delete", [2])
    fill(library, other, grid_mask(shift=1))
    assert library.undo_text == "delete 1 particle"
    library.undo()
    assert np.array_equal(library.mask(1), grid_mask())
    assert not library.can_undo


def test_all_particles_can_be_deleted(library: ParticleLibrary) -> None:
    columns = list(library.particles().columns)
    change_by_hand(library, 1, "delete", list(range(1, 13)))
    assert library.particles().empty
    assert list(library.particles().columns) == columns
    assert not library.mask(1).any()
    change_by_hand(library, 1, "paint", [(19, 20)], 3)
    assert len(library.particles()) == len(library.patches()[0]) == 1


def test_the_files_of_the_segmentation_are_not_written_again(library: ParticleLibrary) -> None:
    def files() -> dict[str, tuple[int, int]]:
        found = [*library.folder.glob("masks/*"), *library.folder.glob("patches/*")]
        return {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in found}

    before = files()
    change_by_hand(library, 1, "split", 1, ACROSS)
    change_by_hand(library, 1, "delete", [2])
    assert files() == before


def _other_particle(edit: EditMask) -> EditMask:
    return EditMask(1, edit.kind, (3,), edit.pixels, edit.table, edit.patches)


def _other_micrograph(edit: EditMask) -> EditMask:
    return EditMask(9, edit.kind, edit.removed, edit.pixels, edit.table, edit.patches)


def _no_pixels(edit: EditMask) -> EditMask:
    return act_from_json(act_to_json(edit))  # type: ignore[return-value]


def _other_shape(edit: EditMask) -> EditMask:
    mask = np.pad(grid_mask(), ((0, 1), (0, 0)))
    pixels = split_particle(mask, 1, ACROSS).pixels
    return EditMask(1, edit.kind, edit.removed, pixels, edit.table, edit.patches)


def _no_table(edit: EditMask) -> EditMask:
    assert edit.table is not None
    return EditMask(1, edit.kind, edit.removed, edit.pixels, edit.table.iloc[:1], edit.patches)


def _small_patches(edit: EditMask) -> EditMask:
    new = np.zeros((60, 80), np.int32)
    assert edit.pixels is not None
    edit.pixels.write(new)
    return EditMask(1, edit.kind, edit.removed, edit.pixels, edit.table, cut(new, size=4))  # type: ignore[arg-type]


def _taken_number(edit: EditMask) -> EditMask:
    pixels = split_particle(grid_mask(), 1, ACROSS, first_new=12).pixels
    return EditMask(1, edit.kind, edit.removed, pixels, edit.table, edit.patches)


def _nothing(edit: EditMask) -> EditMask:
    none = np.zeros(0, np.int64)
    pixels = PixelRuns.of((60, 80), none, none, none)
    return EditMask(1, edit.kind, (), pixels, edit.table, edit.patches)


@pytest.mark.parametrize(
    "spoil",
    [
        _other_particle,
        _other_micrograph,
        _no_pixels,
        _other_shape,
        _no_table,
        _small_patches,
        _taken_number,
        _nothing,
    ],
)
def test_an_edit_that_does_not_fit_changes_nothing(
    library: ParticleLibrary, spoil: Callable[[EditMask], EditMask]
) -> None:
    before = whole(library)
    edit = act_of(library, 1, split_particle(library.mask(1), 1, ACROSS))
    with pytest.raises(InputError):
        library.do(spoil(edit))
    assert same(whole(library), before)
    assert not library.can_undo
    assert library.do(edit).particle_ids == ()


def test_an_edit_of_a_mask_that_has_changed_is_refused(library: ParticleLibrary) -> None:
    late = act_of(library, 1, delete_particles(library.mask(1), [1]))
    change_by_hand(library, 1, "split", 1, ACROSS)
    with pytest.raises(InputError, match="again"):
        library.do(late)


def test_a_micrograph_without_particles_cannot_be_edited(empty: ParticleLibrary) -> None:
    number = empty.add_micrograph(picture())
    edit = paint_particle(np.zeros((60, 80), np.int32), [(9, 9)], 3)
    with pytest.raises(InputError, match="find particles first"):
        empty.do(act_of(empty, number, edit))


def test_the_record_of_an_edit_is_small_and_readable(library: ParticleLibrary) -> None:
    act = act_of(library, 1, split_particle(library.mask(1), 1, ACROSS))
    text = act_to_json(act)
    assert json.loads(text) == {
        "act": "edit_mask",
        "micrograph_id": 1,
        "kind": "split",
        "removed": [1],
    }


def test_runs_of_pixels_are_exact_both_ways() -> None:
    chance = np.random.default_rng(3)
    before = chance.integers(0, 4, (23, 31)).astype(np.int32)
    after = np.where(chance.random(before.shape) < 0.3, 7, before).astype(np.int32)
    runs = PixelRuns.from_bytes(PixelRuns.between(before.shape, 0, 0, before, after).to_bytes())
    mask = before.copy()
    runs.write(mask)
    assert np.array_equal(mask, after)
    part = before[5:11, 7:20].copy()
    runs.write(part, top=5, left=7)
    assert np.array_equal(part, after[5:11, 7:20])
    runs.inverse().write(mask)
    assert np.array_equal(mask, before)
    assert runs.n_pixels == int((before != after).sum())
    (shape,) = runs.shapes().values()
    assert np.array_equal(shape.pixels, ((after == 7) & (before != 7))[shape.window])


def test_exports_show_the_edited_state(library: ParticleLibrary, tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    library.do(AssignClass((1, 4), 2))
    change_by_hand(library, 1, "split", 1, ACROSS)
    change_by_hand(library, 1, "delete", [12])
    change_by_hand(library, 1, "paint", [(19, 20)], 3)
    library.do(AssignClass((15,), 3))
    out = export_library(library, tmp_path / "out")
    instances = tifffile.imread(out / "labels" / "gold_instances.tif")
    assert np.array_equal(instances, library.mask(1))
    classes = tifffile.imread(out / "labels" / "gold_classes.tif")
    assert np.array_equal(classes == 3, library.mask(1) == 15)
    with np.load(out / "patches.npz") as kept:
        ids = kept["particle_ids"].tolist()
        assert ids == [*range(2, 12), 13, 14, 15]
        assert kept["label_ids"].tolist() == library.particles()["label_id"].tolist()
        np.testing.assert_array_equal(kept["images"], library.patches()[1])
    coco = json.loads((out / "coco.json").read_text(encoding="utf-8"))
    areas = {a["id"]: a["area"] for a in coco["annotations"]}
    assert areas == {i: int(a) for i, a in library.particles()["area_px"].items()}
    assert len((out / "particles.csv").read_text(encoding="utf-8").splitlines()) == 1 + len(ids)
