from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import Cuttings, cut, fill, grid_mask, measured, picture

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import AssignClass, ParticleLibrary, RemoveClass
from napari_ssrvae.library.matching import match_particles_to_masks, shapes_of


def without(mask: np.ndarray, *labels: int) -> np.ndarray:
    return np.where(np.isin(mask, labels), 0, mask).astype(np.int32)


def test_labels_follow_the_particles_whatever_the_new_numbers(library: ParticleLibrary) -> None:
    for particle in range(1, 13):
        library.do(AssignClass((particle,), particle % 4 + 1))
    labels = library.labels().to_dict()
    where = library.particles()[["centroid_y_px", "centroid_x_px"]]
    moved = grid_mask(shift=2, first=20)[:, ::1]
    moved = np.where(moved, 60 - moved, 0).astype(np.int32)  # numbered backwards
    change = fill(library, 1, moved)
    assert change.kept == tuple(range(1, 13))
    assert (change.added, change.retired, change.doubtful) == ((), (), ())
    assert library.labels().to_dict() == labels
    now = library.particles()[["centroid_y_px", "centroid_x_px"]]
    assert (now["centroid_y_px"] - where["centroid_y_px"] == 2).all()
    assert (now["centroid_x_px"] == where["centroid_x_px"]).all()
    # Patches and mask are those of the same particle.
    ids, images = library.patches([7, 2])
    mask = library.mask(1)
    for particle, image in zip(ids, images, strict=True):
        label = library.particles().loc[particle, "label_id"]
        assert image[0, 0] == np.float32(np.flatnonzero(mask == label)[0] / mask.size)
    assert library.undo() is not None
    assert 12 not in library.labels()


def test_what_is_gone_is_retired_with_its_label_and_comes_back(library: ParticleLibrary) -> None:
    library.do(AssignClass((3, 4), 2))
    change = fill(library, 1, without(grid_mask(), 3, 5))
    assert (change.retired, change.retired_labelled) == ((3, 5), (3,))
    assert library.labels().to_dict() == {4: 2}
    assert library.label_counts()[2] == 1
    retired = library.retired()
    assert list(retired.index) == [3, 5]
    assert retired["class_id"].dropna().to_dict() == {3: 2}
    assert retired.loc[3, ["centroid_y_px", "centroid_x_px", "area_px"]].tolist() == [
        9.5,
        49.5,
        100,
    ]
    with pytest.raises(InputError, match="no particle 3"):
        library.do(AssignClass((3,), 1))
    with pytest.raises(InputError, match="no particle 3"):
        library.patches([1, 3])
    change = fill(library, 1, grid_mask(shift=1))
    assert change.kept == tuple(range(1, 13))
    assert library.labels().to_dict() == {3: 2, 4: 2}
    assert library.retired().empty


def test_acts_on_retired_particles_can_still_be_undone(library: ParticleLibrary) -> None:
    library.do(AssignClass((3,), 2))
    library.do(AssignClass((3,), 4))
    fill(library, 1, without(grid_mask(), 3))
    library.undo()
    assert library.retired()["class_id"].to_dict() == {3: 2}
    library.do(RemoveClass(2, 1))
    fill(library, 1, grid_mask())
    assert library.labels().to_dict() == {3: 1}


def test_an_unlabelled_particle_of_long_ago_does_not_displace_a_labelled_one(
    library: ParticleLibrary,
) -> None:
    # 1 goes; 13 comes in its place, a bit off, and is labelled; then the first mask again.
    fill(library, 1, without(grid_mask(), 1))
    odd = without(grid_mask(), 1)
    odd[8:18, 5:15] = 1
    fill(library, 1, odd)
    assert 13 in library.particles().index or 1 in library.particles().index
    mine = int(library.particles().query("label_id == 1").index[0])
    library.do(AssignClass((mine,), 4))
    change = fill(library, 1, grid_mask())
    assert mine in change.kept
    assert library.labels().to_dict() == {mine: 4}


def test_two_that_became_one_and_two_again(library: ParticleLibrary) -> None:
    library.do(AssignClass((1,), 1))
    library.do(AssignClass((2,), 2))
    merged = grid_mask()
    merged[5:15, 5:35] = 1
    change = fill(library, 1, merged)
    assert change.retired_labelled == (1, 2)
    assert change.added == (13,)
    assert library.labels().empty
    fill(library, 1, grid_mask())
    assert library.labels().to_dict() == {1: 1, 2: 2}


def test_a_label_on_something_much_larger_now_is_doubtful(library: ParticleLibrary) -> None:
    library.do(AssignClass((1, 2), 1))
    grown = grid_mask()
    grown[2:18, 2:18] = 1
    change = fill(library, 1, grown)
    assert change.doubtful == (1,)
    assert library.labels().to_dict() == {1: 1, 2: 1}


def test_a_large_one_that_swallowed_a_speck_stays_itself(library: ParticleLibrary) -> None:
    speck = grid_mask()
    speck[16, 8:10] = 13
    fill(library, 1, speck)
    library.do(AssignClass((1,), 3))
    joined = grid_mask()
    joined[15:17, 8:10] = 1
    change = fill(library, 1, joined)
    assert change.retired == (13,)
    assert library.labels().to_dict() == {1: 3}


def test_micrographs_do_not_mix(library: ParticleLibrary) -> None:
    other = library.add_micrograph(picture(1, name="other.tif"))
    assert fill(library, other, grid_mask(shift=3)).added == tuple(range(13, 25))
    assert list(library.particles(other).index) == list(range(13, 25))
    assert len(library.particles()) == 24
    ids, images = library.patches([20, 1, 24])
    assert ids.tolist() == [20, 1, 24]
    mask, mask_other = library.mask(1), library.mask(other)
    for image, (m, label) in zip(
        images, [(mask_other, 8), (mask, 1), (mask_other, 12)], strict=True
    ):
        assert image[0, 0] == np.float32(np.flatnonzero(m == label)[0] / m.size)
    assert fill(library, other, without(grid_mask(), 8)).retired == (20,)
    assert len(library.particles(1)) == 12


def test_tables_with_other_columns_stand_side_by_side(library: ParticleLibrary) -> None:
    other = library.add_micrograph(picture(1))
    mask = grid_mask()
    table = measured(mask).drop(columns="area_nm2").assign(round=True, note="=1")
    library.set_particles(other, mask, table[::-1], cut(mask), parameters={"a": 1})
    particles = library.particles()
    assert particles.loc[13:, "area_nm2"].isna().all()
    assert particles.loc[:12, "area_nm2"].notna().all()
    assert library.particles(other)["note"].tolist() == ["=1"] * 12
    assert library.particles(other)["label_id"].tolist() == list(range(1, 13))
    assert (
        library.particles(other)["centroid_y_px"].tolist()
        == library.particles(1)["centroid_y_px"].tolist()
    )


def test_no_particles_at_all(library: ParticleLibrary) -> None:
    library.do(AssignClass((1,), 1))
    change = fill(library, 1, np.zeros((60, 80), np.int32))
    assert (change.kept, change.added) == ((), ())
    assert change.retired_labelled == (1,)
    assert library.particles().empty
    assert library.patches()[1].shape == (0, 8, 8)
    assert (library.patch_size, library.window_px) == (8, 16)
    assert fill(library, 1, grid_mask()).kept == tuple(range(1, 13))


def test_readers_see_one_segmentation_or_the_other(library: ParticleLibrary) -> None:
    """A thread of the writer and a read-only opening, while the writer segments again."""
    shifts = [cut(grid_mask(shift=shift)).images[:, 0, 0] for shift in (0, 1)]
    masks = [grid_mask(shift=shift) for shift in (0, 1)]

    def read(opened: ParticleLibrary) -> int:
        seen = set()
        while not written.is_set() or not seen:
            first = opened.patches()[1][:, 0, 0]
            assert any((first == shift).all() for shift in shifts)
            mask = opened.mask(1)
            assert any((mask == one).all() for one in masks)
            seen.add(float(first[0]))
        return len(seen)

    written = Event()
    with (
        ParticleLibrary.open(library.folder, read_only=True) as other,
        ThreadPoolExecutor(2) as pool,
    ):
        readers = [pool.submit(read, opened) for opened in (library, other)]
        try:
            for number in range(40):
                fill(library, 1, masks[number % 2])
        finally:
            written.set()
        assert max(reader.result() for reader in readers) == 2


def test_before_the_first_segmentation(empty: ParticleLibrary) -> None:
    assert (empty.patch_size, empty.window_px) == (None, None)
    assert empty.particles().empty
    assert empty.patches()[1].shape[0] == 0
    assert empty.summary()["particles"] == 0
    with pytest.raises(InputError, match="no micrograph"):
        empty.mask(1)


@pytest.mark.parametrize(
    "harm", ["shape", "float", "negative", "no row", "extra row", "no patch", "patch size", "huge"]
)
def test_what_does_not_fit_together_is_refused(library: ParticleLibrary, harm: str) -> None:
    other = library.add_micrograph(picture(1))
    mask = grid_mask()
    table, patches = measured(mask), cut(mask)
    if harm == "shape":
        mask = mask[:-1]
    if harm == "float":
        mask = mask.astype(float)
    if harm == "negative":
        mask = np.where(mask == 1, -1, mask)
    if harm == "huge":
        mask = np.where(mask == 1, 2**31 - 1, mask)
    if harm == "no row":
        table = table[1:]
    if harm == "extra row":
        table.loc[77] = 1.0
    if harm == "no patch":
        patches = Cuttings(patches.images[1:], patches.label_ids[1:], 16, patches.clipped[1:])
    if harm == "patch size":
        patches = cut(mask, size=10)
    with pytest.raises(InputError):
        library.set_particles(other, mask, table, patches, parameters={})
    assert len(library.particles()) == 12
    assert library.micrographs().loc[other, "patch_size"] is not None
    assert not library.mask(other).any()


@given(st.integers(0, 2**32 - 1), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_matching_is_one_to_one_and_keeps_what_did_not_change(seed: int, gone: int) -> None:
    random = np.random.default_rng(seed)
    old = np.zeros((30, 30), np.int32)
    for label in range(1, 9):
        y, x = random.integers(0, 24, 2)
        h, w = random.integers(1, 7, 2)
        old[y : y + h, x : x + w] = label
    present = [int(i) for i in np.unique(old) if i]
    renumber = np.concatenate([[0], random.permutation(8) + 1]).astype(np.int32)
    lost = set(present[:gone])
    new = renumber[without(old, *lost)]
    matches = match_particles_to_masks(list(shapes_of(old, present).items()), new)
    assert {m.particle_id: m.label_id for m in matches} == {
        i: renumber[i] for i in present if i not in lost
    }
    assert all(m.iou == 1 for m in matches)
    # Any other mask: no mask twice, no particle twice, and every match has its reason.
    other = random.integers(0, 6, (30, 30)).astype(np.int32)
    matches = match_particles_to_masks(list(shapes_of(old, present).items()), other)
    assert len({m.label_id for m in matches}) == len(matches)
    assert len({m.particle_id for m in matches}) == len(matches)
    for m in matches:
        overlap = np.sum((old == m.particle_id) & (other == m.label_id))
        union = np.sum((old == m.particle_id) | (other == m.label_id))
        assert m.iou == pytest.approx(overlap / union)
        assert m.iou >= 0.5 or overlap > np.sum(old == m.particle_id) / 2
