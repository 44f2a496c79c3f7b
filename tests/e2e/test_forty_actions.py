"""From the sample to an exported library in forty actions: every click, key and choice in a menu is counted."""

from __future__ import annotations

import csv
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import tifffile
from tests.conftest import Bench
from tests.e2e.test_the_whole_way import check_picture, check_reopened, check_table, screenshot
from tests.e2e.user import User

from napari_ssrvae.docks.samples import SAMPLE_SEED
from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.evaluation.matching import match_particles

LABELS, REVIEWED = 18, 3
MOST_ACTIONS = 40
TO_EXPORT = 2
WANTED = 0.98


def test_forty_actions_make_a_labelled_library(bench: Bench) -> None:
    user = User(bench)
    session, canvas, workbench = bench.session, bench.canvas, bench.workbench
    start, used = perf_counter(), process_time()

    user.choose(
        bench.viewer.window.file_menu,
        "Open Sample",
        "ss-rVAE",
        "Agglomerates (generated SEM micrograph)",
    )
    with bench.qtbot.waitSignal(session.particles_changed, timeout=60_000):
        user.press(workbench.segment.find)
    bench.qtbot.waitUntil(lambda: not canvas.segmentation.running, timeout=10_000)
    state = session.current

    # What a person sees: the truth of the sample; what is no particle of it would be none of these.
    made = generate_micrograph(300, seed=SAMPLE_SEED)
    matching = match_particles(state.labels, made.labels)
    keys = dict.fromkeys(state.particle_ids[state.label_ids].tolist(), "X")
    for label_id, true_id in zip(matching.label_ids, matching.truth_ids, strict=True):
        keys[int(state.particle_ids[label_id])] = str(made.classes[true_id - 1])

    user.key("N")
    answer(user, keys, LABELS, accept=False)
    assert len(session.library.labels()) == LABELS

    train(user)
    user.key("R")
    answer(user, keys, REVIEWED, accept=True)
    assert len(session.library.labels()) == LABELS + REVIEWED
    user.key("Escape")
    assert session.queue.order is None
    # Now the whole picture is looked at, and what is seen to be wrong is corrected.
    user.key("Ctrl+R")
    left = MOST_ACTIONS - TO_EXPORT - len(user.actions)
    if len(wrong := seen_to_be_wrong(bench, keys)) > left:
        correct(user, keys, wrong[: left // 2])
        train(user)
        left = MOST_ACTIONS - TO_EXPORT - len(user.actions)
    correct(user, keys, seen_to_be_wrong(bench, keys)[:left])
    screenshot(bench.viewer, "forty-actions")

    target = Path(user.press_and_confirm_file(workbench.export.export))
    assert target.is_dir(), workbench.export.hint.text()
    seconds, processor = perf_counter() - start, process_time() - used

    right = share_right(target, made.labels, made.classes)
    judged = session.queue.accuracy
    print(
        f"\n{len(user.actions)} actions, {right:.1%} of {len(keys)} particles right, "
        f"{seconds:.0f} s ({processor:.0f} s of processor time); "
        f"random picks: {judged.right} of {judged.judged} right"
    )
    assert right >= WANTED
    assert len(user.actions) <= MOST_ACTIONS

    session.set_unsure_below(0.0)
    check_picture(bench)
    check_table(bench, target)
    check_reopened(bench)


def train(user: User) -> None:
    bench = user.bench
    with bench.qtbot.waitSignal(bench.session.predictions_changed, timeout=240_000):
        user.press(bench.workbench.train.train)
    bench.qtbot.waitUntil(lambda: not bench.canvas.training.running, timeout=10_000)


def class_of(bench: Bench, key: str) -> int:
    """Return the class that a key stands for."""
    *ordinary, reserved = bench.session.classes
    return reserved.class_id if key == "X" else ordinary[int(key) - 1].class_id


def seen_to_be_wrong(bench: Bench, keys: dict[int, str]) -> list[int]:
    """Return the label ids of particles that are shown in the colour of another class, the largest first."""
    state = bench.session.current
    shown, sizes = state.shown_classes(0.0), np.bincount(state.labels.ravel())
    wrong = [
        label_id
        for label_id in state.label_ids.tolist()
        if shown[label_id] != class_of(bench, keys[int(state.particle_ids[label_id])])
    ]
    return sorted(wrong, key=lambda label_id: -sizes[label_id])


def correct(user: User, keys: dict[int, str], label_ids: list[int]) -> None:
    """Point at each particle and press the key of its class."""
    bench = user.bench
    state = bench.session.current
    for label_id in label_ids:
        key = keys[int(state.particle_ids[label_id])]
        user.key_at(*bench.label_position(label_id), key)
        assert state.by_hand[label_id] == class_of(bench, key)


def answer(user: User, keys: dict[int, str], n: int, *, accept: bool) -> None:
    """Answer the particles under review one after the other; accept what is right if asked to."""
    session = user.bench.session
    for _ in range(n):
        pick = session.queue.current
        assert pick is not None
        key = keys[pick.particle_id]
        class_id = class_of(user.bench, key)
        user.key("Enter" if accept and pick.class_id == class_id else key)
        assert session.library.labels()[pick.particle_id] == class_id


def share_right(exported: Path, instances: np.ndarray, classes: np.ndarray) -> float:
    """Return the share of all particles of an exported library that are of their true class; junk is none of these."""
    (mask_path,) = (exported / "labels").glob("*_instances.tif")
    matching = match_particles(tifffile.imread(mask_path).astype(np.int32), instances)
    names = ("single", "dimer", "trimer", "cluster")
    truth = {
        int(label_id): names[classes[true_id - 1] - 1]
        for label_id, true_id in zip(matching.label_ids, matching.truth_ids, strict=True)
    }
    with (exported / "particles.csv").open(newline="", encoding="utf-8-sig") as handle:
        rows = list(csv.DictReader(handle))
    right = [row["class"] == truth.get(int(row["label_id"]), "none of these") for row in rows]
    # A particle that was not found at all is not right either.
    return sum(right) / max(len(rows), len(classes))


def test_the_yardstick_notices_wrong_classes(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    mask = np.zeros((20, 40), np.int32)
    mask[5:15, 5:15], mask[5:15, 25:35] = 1, 2
    tifffile.imwrite(tmp_path / "labels" / "x_instances.tif", mask)
    for said, share in ((("dimer", "single"), 1.0), (("dimer", "dimer"), 0.5)):
        rows = "".join(f"{i},{name}\n" for i, name in enumerate(said, start=1))
        (tmp_path / "particles.csv").write_text(f"label_id,class\n{rows}")
        assert share_right(tmp_path, mask, np.array([2, 1])) == share
    # One that matches nothing is junk, and one that was not found counts as wrong.
    assert share_right(tmp_path, np.where(mask == 1, 1, 0).astype(np.int32), np.array([2])) == 0.5
    only = np.where(mask == 1, 1, 0) + 2 * np.roll(mask == 1, 3, axis=0) * (mask == 0)
    assert share_right(tmp_path, only.astype(np.int32), np.array([2, 1, 1, 1])) < 0.5
