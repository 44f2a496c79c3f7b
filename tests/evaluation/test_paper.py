"""The paper's experiments, at tiny sizes, as a user of the package runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.cards import draw_suits
from napari_ssrvae.evaluation.paper.assembly import draw_labels
from napari_ssrvae.evaluation.paper.degradation import noisy, speckled
from napari_ssrvae.evaluation.paper.experiments import EXPERIMENTS, Done, reproduce
from napari_ssrvae.evaluation.paper.figures import montage
from napari_ssrvae.evaluation.paper.glyphs import read_glyphs
from napari_ssrvae.evaluation.paper.lab import Lab, Trained, shear_of_percent, trained
from napari_ssrvae.evaluation.paper.latent_spaces import separation
from napari_ssrvae.evaluation.paper.numbers import CONFUSION, GRID
from napari_ssrvae.evaluation.paper.output import write_experiment
from napari_ssrvae.evaluation.paper.particles_data import Particles, generated_particles
from napari_ssrvae.evaluation.paper.rows import row
from napari_ssrvae.evaluation.paper.settings import PaperSettings
from napari_ssrvae.evaluation.paper.traversals import explained
from napari_ssrvae.ssrvae import SSRVAE, FitFailed, FitNotice

TINY = PaperSettings(
    n_seeds=1,
    device="cpu",
    max_steps=2,
    changes={
        "hidden": 16,
        "n_rotations": 8,
        "n_pairs": 1,
        "batch_size": 4,
        "labelled_batch_size": 4,
    },
    n_labelled=3,
    n_unlabelled=12,
    n_test=5,
    angles_deg=(60,),
    grid_shear_deg=(0, 20),
    grid_angles_deg=(60,),
    n_tiles=3,
    cnn_steps=2,
    agglomerates=(8, 7, 6, 5),
    labels_per_class=3,
    patch_size=16,
)


def finish(name: str, folder: Path, settings: PaperSettings = TINY, **more: Any) -> list[Done]:
    events = list(reproduce(name, folder, settings, **more))
    return [event for event in events if isinstance(event, Done)]


def read(path: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Done]]:
    folder = tmp_path_factory.mktemp("paper") / "out"
    return folder, finish("all", folder)


def test_all_leaves_a_figure_and_numbers_for_each(everything: tuple[Path, list[Done]]) -> None:
    folder, done = everything
    assert tuple(d.name for d in done) == EXPERIMENTS
    total = 0
    for name in EXPERIMENTS:
        assert sorted(p.name for p in (folder / name).iterdir()) == [f"{name}.png", "results.json"]
        picture = iio.imread(folder / name / f"{name}.png")
        assert min(picture.shape[:2]) > 300
        assert picture[..., :3].std() > 5, "an empty figure"
        results = read(folder / name / "results.json")
        assert results["experiment"] == name
        assert results["settings"]["seeds"] == [0]
        total += len(results["rows"])
        for line in results["rows"]:
            assert line["mean"] == pytest.approx(np.mean(line["values"]), abs=2e-5)
            assert (line["sd"] is None) == (len(line["values"]) == 1)
            assert (line["paper"] is None) == ("paper_source" not in line)
    whole = read(folder / "results.json")
    assert whole["experiment"] == "all"
    assert len(whole["rows"]) == total
    assert {line["experiment"] for line in whole["rows"]} == set(EXPERIMENTS)


def rows_of(everything: tuple[Path, list[Done]], name: str) -> list[dict[str, Any]]:
    return next(d.rows for d in everything[1] if d.name == name)


def test_accuracy_is_told_for_both_offsets_and_beside_the_paper(
    everything: tuple[Path, list[Done]],
) -> None:
    for name in ("fig3a", "fig4a", "fig4bc", "fig4e", "fig4f"):
        lines = [r for r in rows_of(everything, name) if r["quantity"] == "accuracy"]
        assert {r["offset"] for r in lines} == {"vertical", "2d"}
        assert any(r["paper"] is not None for r in lines), name
        # The paper's numbers are its own model's.
        assert all(r["model"] == "ss-rVAE" for r in lines if r["paper"] is not None)
    grid = [r for r in rows_of(everything, "fig4a") if r["model"] == "ss-rVAE"]
    assert {(r["s_deg"], r["a_deg"]): r["paper"] for r in grid} == {
        (s, 60): GRID[s, 60] for s in (0, 20)
    }


def test_both_models_are_retrained_for_each_angle(everything: tuple[Path, list[Done]]) -> None:
    lines = rows_of(everything, "fig3a")
    assert {r["model"] for r in lines} == {"ss-rVAE", "ss-VAE", "CNN"}
    bins = [r for r in lines if r["quantity"] == "accuracy by |angle|"]
    assert all(r["to_deg"] - r["from_deg"] == 15 for r in bins)
    assert max(r["to_deg"] for r in bins) == 180


def test_confusions_are_shares_of_the_true_class(everything: tuple[Path, list[Done]]) -> None:
    for name in ("fig4bc", "fig6"):
        shares: dict[tuple[Any, ...], float] = {}
        for r in rows_of(everything, name):
            if r["quantity"] == "share of the true class":
                key = (r["model"], r.get("offset"), r.get("a_deg"), r["true"])
                shares[key] = shares.get(key, 0.0) + r["mean"]
        assert shares
        np.testing.assert_allclose(list(shares.values()), 1, atol=1e-3)


def test_the_same_seed_gives_the_same_numbers(
    everything: tuple[Path, list[Done]], tmp_path: Path
) -> None:
    """Alone, without models of other experiments at hand, and again."""
    for name in ("fig4a", "fig6"):
        again = finish(name, tmp_path / name)
        assert again[0].rows == rows_of(everything, name)


def test_nothing_is_written_before_the_end(tmp_path: Path) -> None:
    events = reproduce("fig6", tmp_path / "out", TINY)
    for _ in range(3):
        next(events)
    events.close()
    assert list((tmp_path / "out").iterdir()) == []


def test_another_experiment_in_the_same_folder_keeps_the_numbers(tmp_path: Path) -> None:
    for name, mean in (("fig5", 0.5), ("fig6", 0.6), ("fig6", 0.7)):
        write_experiment(tmp_path, name, b"picture", {}, [row("accuracy", [mean])])
    results = read(tmp_path / "results.json")
    assert (results["experiment"], results["rows"][0]["mean"]) == ("fig6", 0.7)
    assert read(tmp_path / "results-fig5.json")["experiment"] == "fig5"
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "fig5.png", "fig6.png", "results-fig5.json", "results.json",
    ]  # fmt: skip


def test_numbers_that_cannot_be_written_leave_the_old_figure(tmp_path: Path) -> None:
    write_experiment(tmp_path, "fig5", b"old", {}, [])
    with pytest.raises(ValueError, match="JSON"):
        write_experiment(tmp_path, "fig5", b"new", {}, [row("accuracy", [np.nan])])
    assert (tmp_path / "fig5.png").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2


def test_cards_are_those_of_the_definition() -> None:
    with Lab(TINY) as lab:
        X, y, factors = lab.test_cards("vertical", 30, 10)
        assert len(X) == 4 * TINY.n_test
        assert np.abs(factors["angle_deg"]).max() <= 30
        assert np.abs(factors["shear_deg"]).max() <= 10
        assert (factors["offset_px"][:, 1] == 0).all()
        np.testing.assert_array_equal(np.bincount(y), [TINY.n_test] * 4)
    assert shear_of_percent(30) == pytest.approx(19.2)
    np.testing.assert_allclose(np.sum(CONFUSION, axis=1), 1, atol=0.002)


def test_a_model_at_home_is_trained_once() -> None:
    with Lab(TINY) as lab:
        wanted = Trained("default", "2d")
        assert len(list(lab.model(wanted))) > 0
        assert list(lab.model(wanted)) == []
        assert len(list(lab.model(replace(wanted, seed=1)))) > 0


def test_what_a_training_tells_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    notice = FitNotice("Batches are smaller from here on.")

    def iter_fit(self: SSRVAE, X: Any, y: Any = None) -> Iterator[FitNotice | FitFailed]:
        yield notice
        yield FitFailed("There is no memory left.")

    monkeypatch.setattr(SSRVAE, "iter_fit", iter_fit)
    events = trained(4, "default", 0, TINY, np.zeros((4, 8, 8), np.float32))
    assert next(events) is notice
    with pytest.raises(InputError, match="no memory"):
        next(events)


def test_own_glyphs_reach_the_cards(tmp_path: Path) -> None:
    square = np.zeros((4, 64, 64), np.float32)
    square[:, 24:40, 24:40] = 1
    with Lab(TINY, square) as own, Lab(TINY) as drawn:
        assert not np.array_equal(own.test_cards("2d")[0], drawn.test_cards("2d")[0])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "not there"),
        (b"club spade heart diamond", "no array"),
        (b"", "no array"),
        (np.zeros((4, 32, 32), np.float32), "(4, 32, 32)"),
        (np.full((4, 64, 64), "a"), "(4, 64, 64)"),
        (np.array([{"a": 1}], dtype=object), "no array"),
        (np.full((4, 64, 64), np.nan, np.float32), "NaN"),
        (255 * draw_suits(), "255"),
        (draw_suits() * np.array([1, 1, 0, 1])[:, None, None], "heart"),
    ],
)
def test_glyphs_are_checked(tmp_path: Path, content: Any, words: str) -> None:
    path = tmp_path / "glyphs.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.save(path, content, allow_pickle=True)
    with pytest.raises(InputError, match="glyphs") as told:
        read_glyphs(path)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_an_archive_is_no_glyphs_and_good_ones_are_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", draw_suits())
    with pytest.raises(InputError, match="archive"):
        read_glyphs(tmp_path / "a.npz")
    np.save(tmp_path / "b.npy", draw_suits().astype(np.float64))
    read_back = read_glyphs(tmp_path / "b.npy")
    assert read_back.dtype == np.float32
    np.testing.assert_array_equal(read_back, draw_suits())


def test_wishes_that_cannot_be_met_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="fig9"):
        finish("fig9", tmp_path)
    with pytest.raises(InputError, match="knows no classes"):
        replace(TINY, preset="rvae")
    with pytest.raises(InputError, match="at least one"):
        replace(TINY, n_seeds=0)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="another folder"):
        finish("fig4a", tmp_path / "file")
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(InputError, match=r"napari-ssrvae\[figures\]"):
        finish("fig4a", tmp_path / "out")
    assert not (tmp_path / "out").exists(), "told before anything is done"


def test_particles_need_two_classes_that_are_known() -> None:
    images = np.zeros((6, 16, 16), np.float32)
    with pytest.raises(InputError, match="label more"):
        Particles(images, np.array([0, 0, 0, 1, -1, -1]), ("a", "b"), "mine")
    with pytest.raises(InputError, match="label more"):
        Particles(images, np.full(6, -1), (), "mine")


def test_generated_particles_are_as_many_as_asked() -> None:
    made = generated_particles((9, 7, 5, 3), 20)
    assert made.images.shape == (24, 20, 20)
    np.testing.assert_array_equal(np.bincount(made.classes), [9, 7, 5, 3])
    # Larger agglomerates cover more.
    cover = (made.images > 0.2).mean(axis=(1, 2))
    means = [cover[made.classes == k].mean() for k in range(4)]
    assert means == sorted(means)


@given(st.integers(0, 3), st.integers(1, 20), st.lists(st.integers(2, 30), min_size=2, max_size=4))
def test_labels_are_drawn_from_every_class_and_never_all(
    seed: int, n: int, counts: list[int]
) -> None:
    classes = np.repeat(np.arange(-1, len(counts)), [5, *counts])
    labels = draw_labels(classes, n, seed)
    given_ = labels >= 0
    np.testing.assert_array_equal(labels[given_], classes[given_])
    for k, count in enumerate(counts):
        assert (labels == k).sum() == min(n, max(1, count // 2)) < count


@given(st.floats(0, 1), st.floats(0, 1))
def test_wrong_pixels_are_as_many_and_as_bright_as_asked(density: float, intensity: float) -> None:
    X = np.full((4, 48, 48), -1, np.float32)
    changed = speckled(X, density, intensity)
    assert (changed != X).mean() == pytest.approx(density, abs=0.03)
    assert set(np.unique(changed)) <= {np.float32(-1), np.float32(intensity)}


def test_noise_is_not_clipped() -> None:
    X = np.zeros((4, 48, 48), np.float32)
    np.testing.assert_array_equal(noisy(X, 0), X)
    made = noisy(X, 0.7)
    assert made.std() == pytest.approx(0.7, rel=0.05)
    assert made.min() < -1


def test_a_row_has_its_spread() -> None:
    line = row("accuracy", [0.5, 0.7], paper=0.6, source="here", a_deg=5)
    assert (line["mean"], line["paper"], line["paper_source"]) == (0.6, 0.6, "here")
    assert line["sd"] == pytest.approx(0.2 / np.sqrt(2), abs=1e-5)
    assert row("accuracy", [0.5])["sd"] is None


def test_measures_of_latents_know_when_there_is_something_to_know() -> None:
    rng = np.random.default_rng(0)
    latents = rng.normal(size=(200, 2)).astype(np.float32)
    assert explained(latents, latents[:, 0]) > 0.8
    assert explained(latents, rng.normal(size=200).astype(np.float32)) < 0.1
    assert separation(latents, (latents[:, 0] > 0).astype(np.int64)) > 0.9
    assert 0.3 < separation(latents, rng.integers(0, 2, 200)) < 0.7


def test_a_montage_keeps_its_order() -> None:
    tiles = np.arange(6, dtype=np.float32).reshape(2, 3, 1, 1) * np.ones((1, 1, 4, 4), np.float32)
    whole = montage(tiles)
    assert whole.shape == (9, 14)
    np.testing.assert_array_equal(whole[2::5, 2::5], [[0, 1, 2], [3, 4, 5]])
