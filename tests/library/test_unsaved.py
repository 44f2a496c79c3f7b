"""Acts that cannot be written are done in memory; what is saved later is what was done."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import kill_edits
import numpy as np
import pytest
from faults import CODES, PLACES, Faults, installed
from made_up import change_by_hand, fill, grid_mask, new_library, picture
from processes import run_python

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import AddClass, AssignClass, ParticleLibrary, RemoveClass


@pytest.fixture
def faults() -> Iterator[Faults]:
    with installed() as faults:
        yield faults


def on_the_disk(library: ParticleLibrary, folder: Path) -> dict[int, int]:
    """The labels that a program finds after this one was killed."""
    shutil.copytree(library.folder, folder, ignore=shutil.ignore_patterns("*.lock", "*-shm"))
    with ParticleLibrary.open(folder) as copy:
        return {int(i): int(c) for i, c in copy.labels().items()}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", CODES)
def test_an_act_is_done_whatever_the_disk_says(
    faults: Faults, library: ParticleLibrary, tmp_path: Path, kind: str, place: str
) -> None:
    library.do(AssignClass((1,), 2))
    faults.fail(kind, place)
    done = library.do(AssignClass((2, 3), 4))
    assert (done.particle_ids, done.text) == ((2, 3), "label 2 particles as cluster")
    assert library.unsaved == 1
    assert str(library.unsaved_reason).startswith(f"The library {library.folder} cannot be saved")
    assert "\n" not in str(library.unsaved_reason)
    assert library.labels().to_dict() == {1: 2, 2: 4, 3: 4}
    assert not library.read_only
    assert not library.save_unsaved()
    assert on_the_disk(library, tmp_path / "killed") == {1: 2}
    faults.heal()
    assert library.save_unsaved()
    assert (library.unsaved, library.unsaved_reason) == (0, None)
    assert on_the_disk(library, tmp_path / "saved") == {1: 2, 2: 4, 3: 4}
    assert library.undo_text == "label 2 particles as cluster"


def test_a_database_that_must_not_grow(faults: Faults, library: ParticleLibrary) -> None:
    """SQLite's own "full", which ends the transaction by itself."""
    (pages,) = faults.connections[-1].execute("PRAGMA page_count").fetchone()
    faults.connections[-1].execute(f"PRAGMA max_page_count = {pages}")
    for number in range(60):
        library.do(AddClass("x" * 50 + str(number)))
    assert "disk is full" in str(library.unsaved_reason)
    assert 0 < library.unsaved <= 60
    faults.connections[-1].execute("PRAGMA max_page_count = 1000000")
    library.undo()
    assert library.unsaved == 0
    with ParticleLibrary.open(library.folder, read_only=True) as reader:
        assert reader.classes() == library.classes()
        assert len(reader.classes()) == 4 + 59 + 1


def test_the_next_act_saves_all_in_their_order(faults: Faults, library: ParticleLibrary) -> None:
    faults.fail("full")
    library.do(AddClass("rod"))
    library.do(AssignClass((1, 2), 5))
    library.do(RemoveClass(5, 1))
    library.undo()
    assert library.unsaved == 4
    faults.heal()
    library.do(AssignClass((3,), 5))
    assert library.unsaved == 0
    library.close()
    with ParticleLibrary.open(library.folder) as again:
        assert again.labels().to_dict() == {1: 5, 2: 5, 3: 5}
        for _ in range(3):
            again.undo()
        assert not again.can_undo
        assert again.labels().empty
        for _ in range(3):
            again.redo()
        assert not again.can_redo
        assert again.labels().to_dict() == {1: 5, 2: 5, 3: 5}


def test_closing_saves_if_it_can(faults: Faults, library: ParticleLibrary) -> None:
    faults.fail("I/O error")
    library.do(AssignClass((1,), 2))
    faults.heal()
    library.close()

    def lose_an_act() -> None:
        with ParticleLibrary.open(library.folder) as again:
            assert again.labels().to_dict() == {1: 2}
            faults.fail("I/O error")
            again.do(AssignClass((1,), 3))

    # A program has no window that asks before it closes.
    with pytest.raises(
        InputError, match=r"1 act on .* could not be saved because the disk reports"
    ):
        lose_an_act()
    faults.heal()
    with ParticleLibrary.open(library.folder) as again:
        assert again.labels().to_dict() == {1: 2}


def test_what_is_refused_leaves_nothing_unsaved(faults: Faults, library: ParticleLibrary) -> None:
    faults.fail("full")
    for act in (AssignClass((99,), 1), AddClass("dimer")):
        with pytest.raises(InputError, match=r"no particle 99|already"):
            library.do(act)
    library.do(AssignClass((1,), None))
    assert library.undo() is None
    assert (library.unsaved, library.unsaved_reason) == (0, None)


def test_edits_of_masks_in_memory(faults: Faults, tmp_path: Path) -> None:
    """Step by step as in a library whose disk is well: mask, patches, measurements, labels, history."""
    with new_library(tmp_path / "well") as well, new_library(tmp_path / "ill") as ill:
        for number in range(36):
            if number == 4:
                faults.fail("full", "INSERT")
            kill_edits.step(ill, number)
            code, faults.code = faults.code, None
            kill_edits.step(well, number)
            assert kill_edits.state(ill) == kill_edits.state(well), number
            faults.code = code
        assert ill.unsaved > 20
        faults.heal()
        assert ill.save_unsaved()
        assert kill_edits.state(ill) == kill_edits.state(well)
        ill.close()
        with ParticleLibrary.open(ill.folder) as again:
            assert kill_edits.state(again) == kill_edits.state(well)
            while again.undo():
                well.undo()
                assert kill_edits.state(again) == kill_edits.state(well)


@pytest.mark.parametrize(
    "work",
    [
        lambda library: fill(library, 1, grid_mask(shift=1)),
        lambda library: library.add_micrograph(picture(5)),
        lambda library: library.set_pixel_size(1, 4.0, "by hand"),
        lambda library: library.set_data_bar(1, None),
        lambda library: library.remove_model("first"),
        lambda library: setattr(library, "current_model", None),
    ],
    ids=["set_particles", "add_micrograph", "set_pixel_size", "set_data_bar", "model", "current"],
)
def test_what_needs_the_disk_is_refused_and_goes_on_later(
    faults: Faults, predicted: ParticleLibrary, work: Callable[[ParticleLibrary], object]
) -> None:
    faults.fail("full")
    predicted.do(AssignClass((1,), 2))
    files = sorted(predicted.folder.rglob("*.*"))
    with pytest.raises(InputError, match=r"1 act on .* must be saved first, but the disk is full"):
        work(predicted)
    assert sorted(predicted.folder.rglob("*.*")) == files
    assert predicted.current_model == "first"
    faults.heal()
    work(predicted)
    assert predicted.unsaved == 0
    assert predicted.labels().to_dict() == {1: 2}


def test_many_threads_and_a_disk_that_comes_and_goes(
    faults: Faults, library: ParticleLibrary
) -> None:
    def work(particle: int) -> None:
        for class_id in (1, 2, 3):
            (faults.heal if particle % 2 else lambda: faults.fail("full"))()
            library.do(AssignClass((particle,), class_id))
            library.labels()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(1, 13)))
    faults.heal()
    assert library.save_unsaved()
    library.close()
    with ParticleLibrary.open(library.folder) as again:
        assert again.labels().to_dict() == dict.fromkeys(range(1, 13), 3)
        count = 0
        while again.undo():
            count += 1
        assert count == 36
        assert again.labels().empty


def test_a_disk_that_cannot_be_read_is_told_in_a_sentence(
    faults: Faults, library: ParticleLibrary
) -> None:
    faults.fail("I/O error", "SELECT")
    for work in (library.labels, library.undo, lambda: library.do(AssignClass((1,), 2))):
        with pytest.raises(InputError, match="could not be read"):
            work()
    assert library.unsaved == 0
    faults.heal()
    library.do(AssignClass((1,), 2))
    assert library.labels().to_dict() == {1: 2}


def test_others_see_what_is_saved(faults: Faults, library: ParticleLibrary) -> None:
    library.do(AssignClass((1,), 2))
    faults.fail("full")
    library.do(AssignClass((2,), 2))
    code = (
        "import sys; from napari_ssrvae.library import ParticleLibrary\n"
        "library = ParticleLibrary.open(sys.argv[1])\n"
        "print(library.takes_acts, library.read_only_reason, library.labels().to_dict())"
    )
    done = run_python(code, library.folder)
    assert done.stdout.strip() == "False another program or window has it open for writing {1: 2}"
    faults.heal()
    assert library.save_unsaved()
    assert "{1: 2, 2: 2}" in run_python(code, library.folder).stdout


def test_a_disk_that_was_taken_out_and_put_back(faults: Faults, library: ParticleLibrary) -> None:
    """The old connection never works again; a new one does."""
    broken = faults.connections[-1]
    faults.fail("I/O error")
    library.do(AssignClass((2,), 2))
    faults.heal()
    broken.execute("PRAGMA query_only = ON")
    assert library.save_unsaved()
    library.do(AssignClass((3,), 2))
    with ParticleLibrary.open(library.folder, read_only=True) as reader:
        assert reader.labels().to_dict() == {2: 2, 3: 2}


def test_a_copy_has_what_is_not_saved(
    faults: Faults, predicted: ParticleLibrary, tmp_path: Path
) -> None:
    change_by_hand(predicted, 1, "delete", [5])
    faults.fail("full")
    predicted.do(AssignClass((2,), 3))
    mask = predicted.mask(1)
    faults.heal()  # of that disk the copy takes nothing
    to = predicted.save_copy(tmp_path / "copy")
    assert predicted.unsaved == 1
    with ParticleLibrary.open(to) as copy:
        assert copy.labels().to_dict() == {2: 3}
        assert np.array_equal(copy.mask(1), mask)
        assert len(copy.patches()[0]) == 11
        assert (copy.model_folder("first") / "config.json").exists()
        assert copy.undo_text == "label 1 particle as trimer"
    for bad in (predicted.folder / "in", tmp_path / "copy"):
        with pytest.raises(InputError):
            predicted.save_copy(bad)
    assert not (predicted.folder / "in").exists()
