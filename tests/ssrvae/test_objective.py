from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from napari_ssrvae.ssrvae.encoder import Explanations, all_rotations
from napari_ssrvae.ssrvae.geometry import centroid, polar_view, warp
from napari_ssrvae.ssrvae.likelihood import bernoulli_nll, kl_to_prior
from napari_ssrvae.ssrvae.network import Network, Shape
from napari_ssrvae.ssrvae.objective import draw_pairs, evidence

SHAPE = Shape(
    n_classes=3, size=16, n_latents=2, n_rotations=8, hidden=16, offset_prior=0.1,
    grey_sd=0.2, background=0.1,
)  # fmt: skip


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def network(generator):
    return Network(SHAPE, generator)


@pytest.fixture
def images(generator):
    x = torch.full((4, 16, 16), 0.1)
    x[:, 4:11, 6:10] = torch.rand((4, 7, 4), generator=generator)
    return x


def test_bernoulli_against_numpy(generator):
    logits = torch.randn((2, 5, 5), generator=generator)
    x = torch.rand((2, 5, 5), generator=generator)
    p = 1 / (1 + np.exp(-logits.numpy().astype(float)))
    expected = -(x.numpy() * np.log(p) + (1 - x.numpy()) * np.log(1 - p)).sum(axis=(1, 2))
    np.testing.assert_allclose(bernoulli_nll(logits, x), expected, rtol=1e-5)


def test_kl_against_numerical_integration():
    mean, sd = torch.tensor([[0.7, -1.2]]), torch.tensor([[0.4, 1.9]])
    expected = 0.0
    for m, s in ((0.7, 0.4), (-1.2, 1.9)):
        q = stats.norm(m, s)
        expected += q.expect(lambda v, q=q: q.logpdf(v) - stats.norm.logpdf(v))
    np.testing.assert_allclose(float(kl_to_prior(mean, sd)), expected, rtol=1e-4)


def test_pairs_are_distinct_and_follow_the_weights(generator):
    log_q = torch.log(torch.tensor([[0.7, 0.2, 0.1, 1e-12]])).expand(4000, 4)
    first = draw_pairs(log_q, 1, generator)[:, 0]
    counts = torch.bincount(first, minlength=4) / 4000
    np.testing.assert_allclose(counts, [0.7, 0.2, 0.1, 0], atol=0.03)
    three = draw_pairs(log_q, 3, generator)
    assert all(len(set(row.tolist())) == 3 for row in three)


def _all_terms(network, images, q, look, classes):
    """Compute U or L by plain loops over every rotation and class, with z at its mean."""
    n, R, K = q.logits.shape
    values = []
    for i in range(n):
        chosen = range(K) if classes is None else [int(classes[i])]
        log_q = {
            (r, k): float(q.logits[i, r, k])
            for r in range(R) for k in chosen
        }  # fmt: skip
        total = math.log(sum(math.exp(v) for v in log_q.values()))
        value = math.log(R) + math.log(K)
        for (r, k), logit in log_q.items():
            z = q.mean[i, r, k][None]
            picture = network.decode(
                z, torch.tensor([r]), torch.tensor([k]), look.centre[i : i + 1],
                look.ground[i : i + 1],
            )  # fmt: skip
            p = 1 / (1 + np.exp(-picture[0].numpy().astype(float)))
            x = images[i].numpy()
            nll = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum()
            m, s = q.mean[i, r, k].numpy(), q.sd[i, r, k].numpy()
            kl = 0.5 * (m**2 + s**2 - 1 - np.log(s**2)).sum()
            value += math.exp(logit - total) * (nll + 2.0 * kl + logit - total)
        values.append(value)
    return values


@pytest.mark.parametrize("labelled", [False, True])
@torch.no_grad()
def test_evidence_against_loops_over_all_pairs(network, images, generator, labelled):
    look = network.look(images)
    q = network.encode(look)
    # A posterior without spread makes the bound a sum that can be written down.
    q = Explanations(q.logits * 5, q.mean, torch.full_like(q.sd, 1e-6))
    classes = torch.tensor([0, 1, 2, 1]) if labelled else None
    found = evidence(
        network, images, look, q, classes,
        n_pairs=24, beta=2.0, class_evidence=1.0, generator=generator,
    )  # fmt: skip
    np.testing.assert_allclose(found.loss, _all_terms(network, images, q, look, classes), rtol=1e-4)


def test_gradients_are_finite_even_for_a_blank_image(network, images, generator):
    images[0] = 0.0
    look = network.look(images)
    q = network.encode(look)
    for classes in (None, torch.tensor([0, 1, 2, 1])):
        network.zero_grad()
        found = evidence(
            network, images, look, q, classes,
            n_pairs=3, beta=1.0, class_evidence=1.0, generator=generator,
        )  # fmt: skip
        found.loss.sum().backward(retain_graph=True)
        for name, value in network.named_parameters():
            assert value.grad is not None, name
            assert torch.isfinite(value.grad).all(), name
            assert value.grad.abs().sum() > 0, name


def test_class_evidence_scales_the_gradient_of_the_choice_not_the_value(network, images):
    look = network.look(images)
    seen = {}
    for share in (0.0, 0.5, 1.0):
        network.zero_grad()
        found = evidence(
            network, images, look, network.encode(look), None, n_pairs=3, beta=1.0,
            class_evidence=share, generator=torch.Generator().manual_seed(1),
        )  # fmt: skip
        found.loss.sum().backward()
        seen[share] = float(found.loss.detach().sum()), network.encoder.score.weight.grad.clone()
    assert seen[0.0][0] == pytest.approx(seen[1.0][0], rel=1e-5)
    assert seen[0.0][1].abs().max() == 0
    torch.testing.assert_close(seen[0.5][1] * 2, seen[1.0][1])


def test_warp_turns_counter_clockwise_and_moves_right():
    canvas = torch.zeros((1, 17, 17))
    canvas[0, 8, 13] = 1.0  # to the right of the middle
    up = warp(canvas, torch.tensor([math.pi / 2]), torch.zeros((1, 2)))
    assert np.unravel_index(int(up.argmax()), (17, 17)) == (3, 8)
    right = warp(canvas, torch.zeros(1), torch.tensor([[2 * 2 / 17, 0.0]]))
    assert np.unravel_index(int(right.argmax()), (17, 17)) == (8, 15)
    assert float(warp(canvas, torch.zeros(1), torch.tensor([[2.0, 2.0]])).abs().max()) == 0


def test_polar_view_of_a_turned_image_is_shifted(images):
    middle = torch.zeros((4, 2))
    straight = polar_view(images, middle, 6, 16)
    turned = polar_view(torch.rot90(images, 1, (1, 2)), middle, 6, 16)
    torch.testing.assert_close(turned, straight.roll(4, dims=2), atol=1e-5, rtol=0)


def test_centroid_finds_the_object():
    image = torch.full((1, 20, 20), 0.2)
    image[0, 3:6, 12:15] = 0.9
    x, y = centroid(image)[0].tolist()
    assert (y + 1) * 10 - 0.5 == pytest.approx(4)
    assert (x + 1) * 10 - 0.5 == pytest.approx(13)
    torch.testing.assert_close(centroid(torch.full((2, 9, 9), 0.3)), torch.zeros((2, 2)))


def test_turning_the_view_by_one_step_turns_the_explanations(network, generator):
    view = torch.randn((2, network.encoder.n_radii, network.encoder.n_angles), generator=generator)
    step = network.encoder.n_angles // SHAPE.n_rotations
    before = network.encoder(view)
    after = network.encoder(view.roll(step, dims=2))
    for one, two in zip(before, after, strict=True):
        np.testing.assert_allclose(two.detach(), one.detach().roll(1, dims=1), atol=2e-5)


def test_all_rotations_are_one_layer_seen_from_each(generator):
    layer = torch.nn.Linear(3 * 8, 5)
    h = torch.randn((2, 8, 3), generator=generator)
    seen = torch.stack([h.roll(-r, dims=1).transpose(1, 2).flatten(1) for r in range(8)], dim=1)
    np.testing.assert_allclose(
        all_rotations(h, layer).detach(), layer(seen).detach(), rtol=1e-4, atol=1e-5
    )
