from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_up import fill, grid_mask, picture

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import ParticleLibrary, RemoveClass

ABOUT: dict[str, Any] = {
    "parameters": {"lr": np.float32(0.5), "sizes": (1, 2)},
    "seed": 7,
    "class_ids": [1, 2],
    "n_labels": 5,
    "versions": {"torch": "2"},
    "metrics": {"accuracy": np.float64(0.5)},
}


def said(n: int, k: int = 2, d: int = 2, seed: int = 0) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    return {
        "probabilities": random.dirichlet(np.ones(k), n),
        "novelty": random.uniform(size=n),
        "angle_rad": random.uniform(-3, 3, n),
        "offset_px": random.normal(size=(n, 2)),
        "latents": random.normal(size=(n, d)),
    }


def test_predictions_come_back_as_they_went_in(library: ParticleLibrary) -> None:
    library.add_model("a", **ABOUT)
    values = said(3)
    library.set_predictions("a", [7, 2, 5], class_ids=[1, 2], **values)
    table = library.predictions().loc[[7, 2, 5]]
    assert list(table.columns) == [
        "class_id", "probability", "novelty", "angle_deg", "offset_y_px", "offset_x_px",
        "z_0", "z_1", "p_1", "p_2",
    ]  # fmt: skip
    np.testing.assert_array_equal(table[["p_1", "p_2"]], values["probabilities"])
    np.testing.assert_array_equal(table[["z_0", "z_1"]], values["latents"])
    np.testing.assert_array_equal(table[["offset_y_px", "offset_x_px"]], values["offset_px"])
    np.testing.assert_allclose(np.deg2rad(table["angle_deg"]), values["angle_rad"])
    np.testing.assert_array_equal(table["class_id"], values["probabilities"].argmax(1) + 1)
    np.testing.assert_array_equal(table["probability"], values["probabilities"].max(1))
    assert list(library.predictions().index) == [2, 5, 7]


def test_classes_in_another_order_are_the_same(library: ParticleLibrary) -> None:
    library.add_model("a", **ABOUT)
    values = said(2)
    library.set_predictions("a", [1, 2], class_ids=[1, 2], **values)
    before = library.predictions()
    values["probabilities"] = values["probabilities"][:, ::-1]
    library.set_predictions("a", [1, 2], class_ids=[2, 1], **values)
    assert library.predictions().equals(before)


def test_some_predicted_anew_the_others_stay(library: ParticleLibrary) -> None:
    library.add_model("a", **ABOUT)
    library.set_predictions("a", range(1, 13), class_ids=[1, 2], **said(12))
    before = library.predictions()
    library.set_predictions("a", [3], class_ids=[1, 2], **said(1, seed=1))
    after = library.predictions()
    assert after.drop(index=3).equals(before.drop(index=3))
    assert not after.loc[[3]].equals(before.loc[[3]])


def test_models_are_listed_and_one_is_current(library: ParticleLibrary) -> None:
    assert library.current_model is None
    assert library.predictions().empty
    assert library.models().empty
    library.add_model("a", **ABOUT)
    library.add_model("b", **ABOUT)
    assert library.current_model == "b"
    library.current_model = "a"
    table = library.models()
    assert list(table.index) == ["a", "b"]
    assert table.loc["a", "parameters"] == {"lr": 0.5, "sizes": [1, 2]}
    assert table.loc["a", "class_ids"] == [1, 2]
    library.model_folder("a").mkdir()
    library.remove_model("a")
    assert library.current_model is None
    assert list(library.models().index) == ["b"]
    assert not library.model_folder("a").exists()
    with pytest.raises(InputError, match="no model"):
        library.current_model = "a"
    with pytest.raises(InputError, match="no model"):
        library.predictions("a")
    library.current_model = None


def test_a_model_of_the_same_name_starts_without_predictions(library: ParticleLibrary) -> None:
    library.add_model("a", **ABOUT)
    library.set_predictions("a", [1], class_ids=[1, 2], **said(1))
    library.add_model("a", **ABOUT | {"seed": 8})
    assert library.predictions("a").empty
    assert library.models()["seed"].tolist() == [8]
    library.set_predictions("a", [1], class_ids=[1, 2], **said(1, d=5))


@pytest.mark.parametrize(
    "name", ["", "..", ".", "../x", "a/b", "a\\b", "con", "NUL.txt", "x.", " x", "a\x00", "x" * 200]
)
def test_names_that_no_folder_may_have(library: ParticleLibrary, name: str) -> None:
    with pytest.raises(InputError):
        library.model_folder(name)
    with pytest.raises(InputError):
        library.add_model(name, **ABOUT)


@pytest.mark.parametrize(
    "harm", ["particle", "class", "shape", "nan", "latents", "offset", "other d", "model"]
)
def test_predictions_that_make_no_sense_change_nothing(library: ParticleLibrary, harm: str) -> None:
    library.add_model("a", **ABOUT)
    library.set_predictions("a", [1], class_ids=[1, 2], **said(1))
    before = library.predictions()
    values, ids, classes = said(2, seed=1), [1, 2], [1, 2]
    if harm == "particle":
        ids = [1, 99]
    if harm == "class":
        classes = [1, 3]
    if harm == "shape":
        values["probabilities"] = values["probabilities"][:1]
    if harm == "nan":
        values["novelty"][0] = np.nan
    if harm == "latents":
        values["latents"] = values["latents"][0]
    if harm == "offset":
        values["offset_px"] = values["offset_px"][:, :1]
    if harm == "other d":
        values["latents"] = np.zeros((2, 7))
    with pytest.raises(InputError):
        library.set_predictions("b" if harm == "model" else "a", ids, class_ids=classes, **values)
    assert library.predictions().equals(before)


def test_predictions_outlive_classes_and_particles(predicted: ParticleLibrary) -> None:
    before = predicted.predictions()
    predicted.do(RemoveClass(2))
    assert predicted.predictions().equals(before)
    assert [c["by_model"] for c in predicted.summary()["classes"]] == [3, 3, 3, 0]
    mask = grid_mask()
    mask[mask == 4] = 0
    fill(predicted, 1, mask)
    assert predicted.predictions().equals(before.drop(index=4))
    # A prediction may arrive for a particle that went while the model was at work.
    values = said(1, k=4)
    predicted.set_predictions("first", [4], class_ids=[1, 2, 3, 4], **values)


def test_a_changed_picture_makes_its_prediction_stale(predicted: ParticleLibrary) -> None:
    mask = grid_mask()
    mask[5, 5:15] = 0  # particle 1 lost a row, so its patch is another one
    fill(predicted, 1, mask)
    assert sorted(set(range(1, 13)) - set(predicted.predictions().index)) == [1]
    assert len(predicted.predictions(stale=True)) == 12
    predicted.set_predictions("first", [1], class_ids=[1, 2, 3, 4], **said(1, k=4))
    assert len(predicted.predictions()) == 12


def test_the_summary_counts(predicted: ParticleLibrary) -> None:
    from napari_ssrvae.library import AssignClass

    predicted.add_micrograph(picture(1))
    predicted.do(AssignClass((1, 2), 4))
    summary = predicted.summary()
    assert (summary["micrographs"], summary["particles"], summary["labelled"]) == (2, 12, 2)
    assert [(c["by_hand"], c["by_model"]) for c in summary["classes"]] == [
        (0, 3), (0, 3), (0, 3), (2, 3), (0, 0),
    ]  # fmt: skip
    import json

    json.dumps(summary)
