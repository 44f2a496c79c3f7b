"""The authors' schedule, and that no label is ever left out."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae import SSRVAEParameters
from napari_ssrvae.ssrvae.model import Clock
from napari_ssrvae.ssrvae.paper_recipe import PaperRecipe
from napari_ssrvae.ssrvae.training import Fit, TrainingData
from napari_ssrvae.ssrvae.variants import recipe_of
from tests.ssrvae.paper_models import pictures, shape

QUICK = SSRVAEParameters.of_preset("ss-vae").model_copy(update={"hidden": 8, "epochs": 3})


def begun(p: SSRVAEParameters, classes: torch.Tensor, n_classes: int = 2, *, warm: bool = False):
    """Return a recipe that has begun with these labels, its model, and its generator."""
    generator = torch.Generator().manual_seed(0)
    recipe = PaperRecipe(p, warm=warm)
    model = recipe.build(shape(n_classes=n_classes, invariance="none", hidden=8), generator)
    pool = torch.nonzero(classes >= 0).flatten()
    list(recipe.begin((model,), pictures(len(classes)).float(), classes, pool, anew=True))
    return recipe, model, pool, generator


def epoch_of(n_labels: int, n_free: int, p: SSRVAEParameters = QUICK) -> list[str]:
    """Return what each step of one epoch minimises: U, L and A."""
    n = n_labels + n_free
    classes = torch.full((n,), -1)
    classes[:n_labels] = torch.arange(n_labels) % 2
    recipe, model, pool, generator = begun(p, classes)
    steps, found = math.ceil(n / p.batch_size), []
    for step in range(steps):
        batch = torch.arange(step * p.batch_size, min(n, (step + 1) * p.batch_size))
        fresh = bool((batch >= n_labels).any())
        clock = Clock(1, step + 1, steps, 0.0)
        letters = [
            "A" if terms.reconstruction is None else "U" if fresh and i == 0 else "L"
            for i, terms in enumerate(recipe.losses(model, batch, pool, clock, generator))
        ]
        found.append("".join(letters))
    return found


@given(st.integers(1, 60), st.integers(0, 60), st.integers(2, 20), st.integers(2, 20))
@settings(deadline=None, max_examples=30)
def test_labels_are_used_in_every_epoch_whatever_the_counts(n_labels, n_free, batch, few):
    p = QUICK.model_copy(update={"batch_size": batch, "labelled_batch_size": few})
    found = "".join(epoch_of(n_labels, n_free, p))
    assert found.count("L") == found.count("A") == found.count("LA") >= 1
    assert ("U" in found) == (n_free > 0)


def test_at_the_papers_counts_the_period_is_the_papers():
    # 800 labelled and 12,000 others in batches of 64 are 13 and 188.
    p = QUICK.model_copy(update={"batch_size": 4, "labelled_batch_size": 4})
    found = epoch_of(13 * 4, 188 * 4, p)
    taught = [step for step, letters in enumerate(found, start=1) if "LA" in letters]
    assert taught == list(range(15, 202, 15))


def test_a_single_batch_of_unlabelled_is_followed_by_labels():
    assert epoch_of(4, 40, QUICK.model_copy(update={"batch_size": 64})) == ["ULA"]


def test_many_labels_and_few_others():
    p = QUICK.model_copy(update={"batch_size": 16, "labelled_batch_size": 16})
    assert epoch_of(60, 4, p) == ["LA", "LA", "LA", "ULA"]


def test_without_labels_there_is_only_u():
    assert epoch_of(0, 32, QUICK.model_copy(update={"batch_size": 8})) == ["U"] * 4


def test_beta_rises_in_a_straight_line():
    p = QUICK.model_copy(update={"beta_start": 1.0, "beta": 2.0, "beta_epochs": 30})

    def weight(epoch: int, *, warm: bool = False) -> float:
        recipe, model, pool, generator = begun(p, torch.full((8,), -1), 1, warm=warm)
        (terms,) = recipe.losses(model, torch.arange(8), pool, Clock(epoch, 1, 1, 0.0), generator)
        return ((terms.total - terms.reconstruction) / terms.kl).item()

    found = [weight(epoch) for epoch in (1, 2, 30, 31, 100)]
    assert found == pytest.approx([1, 1 + 1 / 29, 2, 2, 2], abs=1e-3)
    assert weight(1, warm=True) == pytest.approx(2, abs=1e-3)


def test_rare_classes_are_drawn_as_often_as_others(monkeypatch):
    seen = []
    cross_entropy = torch.nn.functional.cross_entropy

    def spy(logits, classes, **rest):
        seen.append(classes)
        return cross_entropy(logits, classes, **rest)

    monkeypatch.setattr(torch.nn.functional, "cross_entropy", spy)
    classes = torch.zeros(100, dtype=torch.int64)
    classes[:5] = 1
    recipe, model, pool, generator = begun(QUICK, classes)
    for step in range(8):
        clock = Clock(1, step + 1, 8, 0.0)
        list(recipe.losses(model, torch.arange(8), pool, clock, generator))
    assert 0.4 < torch.cat(seen).float().mean().item() < 0.6


def fit_of(seed: int = 0) -> Fit:
    p = QUICK.model_copy(update={"batch_size": 8})
    recipe = PaperRecipe(p)
    live, student = (
        recipe.build(
            shape(n_classes=2, invariance="none", hidden=8), torch.Generator().manual_seed(seed)
        )
        for _ in range(2)
    )
    live.requires_grad_(False)
    classes = torch.where(torch.arange(64) < 20, torch.arange(64) % 2, -1)
    data = TrainingData(pictures(64).float(), classes, torch.zeros(64, dtype=torch.bool))
    return Fit(live, student, recipe, data, torch.Generator().manual_seed(seed))


def test_a_fit_with_several_steps_per_batch_goes_on_to_the_same_result():
    whole, first, second = fit_of(), fit_of(), fit_of()
    list(whole.run())
    for i, _ in enumerate(first.run()):
        if i == 21:
            break
    kept = {name: value.clone() for name, value in first.tensors().items()}
    second.go_on_from(kept, first.numbers)
    list(second.run())
    for name, value in whole.student.state_dict().items():
        torch.testing.assert_close(second.student.state_dict()[name], value, rtol=0, atol=0)


@pytest.mark.parametrize(
    "change",
    [{"invariance": "none"}, {"likelihood": "gaussian"}, {"angle_prior": "uniform"}, {"beta_start": 1.0}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_the_default_model_refuses_what_it_cannot_do(change):
    p = SSRVAEParameters(**change)
    with pytest.raises(InputError, match=next(iter(change))) as caught:
        recipe_of("default", p)
    assert "\n" not in str(caught.value)
    assert isinstance(recipe_of("paper", p), PaperRecipe)
