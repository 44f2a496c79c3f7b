"""U, L and A against pyro, which enumerates the classes itself, and against sums written down."""

from __future__ import annotations

import math

import numpy as np
import pyro
import pyro.distributions as dist
import pytest
import torch
from pyro.infer import Trace_ELBO, TraceEnum_ELBO
from scipy import stats

from napari_ssrvae.ssrvae.paper_objective import classification, labelled_bound, unlabelled_bound
from tests.ssrvae.paper_models import network, pictures

N, S, ALPHA = 4, 6, 30.0
INVARIANCES = ("none", "rotation", "translation", "both")
LIKELIHOODS = ("bernoulli", "continuous-bernoulli", "gaussian")
CLASSES = torch.tensor([2, 0, 1, 0])


class Oracle:
    """The same weights, put together from the formulas of the paper, one pixel after another."""

    def __init__(self, net) -> None:
        self.w = {name: value.detach() for name, value in net.state_dict().items()}
        self.shape = net.shape
        at = [(2 * i + 1) / S - 1 for i in range(S)]
        self.x = torch.tensor([at[i % S] for i in range(S * S)], dtype=torch.float64)
        self.y = torch.tensor([at[i // S] for i in range(S * S)], dtype=torch.float64)

    def dense(self, name, h):
        bias = self.w.get(f"{name}.bias", torch.tensor(0.0))
        return h @ self.w[f"{name}.weight"].T + bias

    def class_probabilities(self, x):
        h = torch.tanh(self.dense("classifier.0", x))
        h = torch.tanh(self.dense("classifier.2", h))
        return torch.softmax(self.dense("classifier.4", h), dim=-1)

    def told(self, x, onehot):
        """Return the encoder's numbers for x (N, P) and onehot (..., N or 1, K)."""
        wide = (*torch.broadcast_shapes(x.shape[:-1], onehot.shape[:-1]), -1)
        joined = torch.cat([x.expand(wide), onehot.expand(wide)], dim=-1)
        W = torch.cat([self.w["encoder.image.weight"], self.w["encoder.label"].T], dim=1)
        h = torch.tanh(joined @ W.T + self.w["encoder.image.bias"])
        return self.dense("encoder.rest.3", torch.tanh(self.dense("encoder.rest.1", h)))

    def posterior(self, x, onehot):
        told = self.told(x, onehot)
        mean, raw = told.chunk(2, dim=-1)
        return mean, torch.log1p(torch.exp(raw))

    def prior_mean(self):
        first = [1.0, 0.0] if self.angle == "projected-normal" else [0.0] * (self.angle is not None)
        return torch.tensor(first + [0.0] * (2 * self.moves + self.shape.n_latents)).double()

    @property
    def angle(self):
        return self.shape.angle_prior if self.shape.invariance in ("rotation", "both") else None

    @property
    def moves(self):
        return self.shape.invariance in ("translation", "both")

    def logits(self, z, onehot):
        """Return (..., P): each pixel's coordinates are turned, moved, and sent through the layers."""
        onehot = onehot.expand(*z.shape[:-1], onehot.shape[-1])
        phi = torch.zeros(z.shape[:-1]).double()
        if self.angle == "projected-normal":
            phi, z = torch.atan2(z[..., 1], z[..., 0]), z[..., 2:]
        elif self.angle is not None:
            phi, z = z[..., 0], z[..., 1:]
        tx = ty = torch.zeros(z.shape[:-1]).double()
        if self.moves:
            tx, ty, z = z[..., 0] * 0.1, z[..., 1] * 0.1, z[..., 2:]
        said = torch.cat([z, onehot], dim=-1)
        if self.angle is None and not self.moves:
            h = torch.tanh(self.dense("decoder.layers.0", said))
            h = torch.tanh(self.dense("decoder.layers.2", h))
            return self.dense("decoder.layers.4", h)
        c, s = torch.cos(phi)[..., None], torch.sin(phi)[..., None]
        there = torch.stack(
            [c * self.x - s * self.y + tx[..., None], s * self.x + c * self.y + ty[..., None]],
            dim=-1,
        )
        h = torch.tanh(
            self.dense("decoder.coordinate", there)
            + self.dense("decoder.latent", said)[..., None, :]
        )
        h = torch.tanh(self.dense("decoder.first", h))
        h = torch.tanh(self.dense("decoder.second", h))
        return self.dense("decoder.out", h)[..., 0]

    def scatter(self, logits):
        if self.shape.likelihood == "bernoulli":
            return dist.Bernoulli(logits=logits, validate_args=False)
        if self.shape.likelihood == "gaussian":
            return dist.Normal(torch.sigmoid(logits), self.shape.noise_sd)
        return dist.ContinuousBernoulli(logits=logits, validate_args=False)

    # ---------------------------------------------------------------- as programs for pyro

    def model(self, x, beta, onehot=None):
        K, mean = self.shape.n_classes, self.prior_mean()
        with pyro.plate("images", len(x)):
            y = pyro.sample("y", dist.OneHotCategorical(torch.ones(K).double() / K), obs=onehot)
            with pyro.poutine.scale(scale=beta):
                z = pyro.sample("z", dist.Normal(mean, torch.ones_like(mean)).to_event(1))
            pyro.sample("x", self.scatter(self.logits(z, y)).to_event(1), obs=x)

    def guide(self, x, beta, onehot=None):
        with pyro.plate("images", len(x)):
            y = onehot
            if y is None:
                q = dist.OneHotCategorical(self.class_probabilities(x))
                y = pyro.sample("y", q, infer={"enumerate": "parallel"})
            mean, sd = self.posterior(x, y)
            with pyro.poutine.scale(scale=beta):
                pyro.sample("z", dist.Normal(mean, sd).to_event(1))


def signs(*size: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randint(0, 2, size, generator=generator).double() * 2 - 1


def asked_of_pyro(monkeypatch, oracle, noise, *args) -> float:
    """Return pyro's loss per image, averaged over the noise and its opposite.

    For noise of +1 and -1 the mean of log q(z) - log p(z) over both is the Kullback-Leibler term itself:
    pyro samples what we know in closed form.
    """
    found = []
    for sign in (1, -1):
        with monkeypatch.context() as patch, pyro.validation_enabled(False):
            patch.setattr(
                "torch.distributions.normal._standard_normal",
                lambda shape, dtype, device, sign=sign: sign * noise.view(shape),
            )
            loss = TraceEnum_ELBO(max_plate_nesting=1).loss(oracle.model, oracle.guide, *args)
        found.append(loss / N)
    return sum(found) / 2


CASES = [(i, k, "normal") for i in INVARIANCES for k in LIKELIHOODS]
CASES += [("both", "bernoulli", "projected-normal"), ("rotation", "gaussian", "projected-normal")]


@pytest.mark.parametrize(("invariance", "likelihood", "angle_prior"), CASES)
@pytest.mark.parametrize("beta", [1.0, 1.7])
def test_unlabelled_and_labelled_bounds_are_pyros(
    monkeypatch, invariance, likelihood, angle_prior, beta
):
    net = network(invariance=invariance, likelihood=likelihood, angle_prior=angle_prior)
    oracle, x = Oracle(net), pictures(N)
    noise = signs(3, N, len(oracle.prior_mean()))
    with torch.no_grad():
        ours = [unlabelled_bound(net, x, sign * noise, beta).loss.item() for sign in (1, -1)]
        theirs = asked_of_pyro(monkeypatch, oracle, noise, x.flatten(1), beta)
        assert np.mean(ours) == pytest.approx(theirs, rel=1e-7)
        assert abs(ours[0] - ours[1]) > 1e-3  # the noise matters

        onehot = torch.nn.functional.one_hot(CLASSES, 3).double()
        ours = [labelled_bound(net, x, CLASSES, sign * noise[0], beta).loss for sign in (1, -1)]
        theirs = asked_of_pyro(monkeypatch, oracle, noise[0], x.flatten(1), beta, onehot)
        assert np.mean(ours) == pytest.approx(theirs, rel=1e-7)


def test_in_single_precision_the_terms_are_as_exact_as_promised(monkeypatch):
    net = network()
    oracle, x, noise = Oracle(net), pictures(N), signs(3, N, 5)
    theirs = asked_of_pyro(monkeypatch, oracle, noise, x.flatten(1), 2.0)
    net = net.float()
    ours = [unlabelled_bound(net, x.float(), s * noise.float(), 2.0).loss.item() for s in (1, -1)]
    assert np.mean(ours) == pytest.approx(theirs, rel=1e-5)


def test_classification_is_pyros():
    net = network()
    oracle, x = Oracle(net), pictures(N)
    onehot = torch.nn.functional.one_hot(CLASSES, 3).double()

    def model():
        with pyro.plate("images", N), pyro.poutine.scale(scale=ALPHA):
            q = dist.OneHotCategorical(oracle.class_probabilities(x.flatten(1)))
            pyro.sample("y", q, obs=onehot)

    theirs = Trace_ELBO().loss(model, lambda: None) / N
    assert ALPHA * classification(net, x, CLASSES).item() == pytest.approx(theirs, rel=1e-7)


@pytest.mark.parametrize("invariance", ["none", "both"])
def test_without_classes_the_bound_is_pyros(monkeypatch, invariance):
    net = network(n_classes=1, invariance=invariance)
    oracle, x = Oracle(net), pictures(N)
    oracle.w["encoder.label"] = torch.zeros((0, 7)).double()
    nothing = torch.zeros((N, 0)).double()

    def model(x):
        mean = oracle.prior_mean()
        with pyro.plate("images", N):
            z = pyro.sample("z", dist.Normal(mean, torch.ones_like(mean)).to_event(1))
            pyro.sample("x", oracle.scatter(oracle.logits(z, nothing)).to_event(1), obs=x)

    def guide(x):
        with pyro.plate("images", N):
            pyro.sample("z", dist.Normal(*oracle.posterior(x, nothing)).to_event(1))

    oracle.model, oracle.guide = model, guide
    noise = signs(1, N, len(oracle.prior_mean()))
    theirs = asked_of_pyro(monkeypatch, oracle, noise, x.flatten(1))
    ours = [unlabelled_bound(net, x, sign * noise, 1.0).loss.item() for sign in (1, -1)]
    assert np.mean(ours) == pytest.approx(theirs, rel=1e-7)


def wrapped_entropy(sd: float) -> float:
    """Return the entropy of a wrapped normal by adding up its windings all around the circle."""
    angle = np.linspace(-np.pi, np.pi, 2000, endpoint=False)
    density = sum(stats.norm.pdf(angle + 2 * np.pi * k, 0, sd) for k in range(-12, 13))
    return -float((density * np.log(density)).mean()) * 2 * np.pi


def test_uniform_angles_against_a_sum_written_down():
    beta = 1.3
    net = network(angle_prior="uniform")
    oracle, x, noise = Oracle(net), pictures(N), signs(3, N, 5)
    expected = 0.0
    for i in range(N):
        pixels = x[i].flatten()[None]
        q = oracle.class_probabilities(pixels)[0]
        for k in range(3):
            onehot = torch.eye(3).double()[k][None]
            told = oracle.told(pixels, onehot)[0]
            mean = torch.cat([torch.atan2(told[1], told[0])[None], told[2:6]])
            sd = torch.log1p(torch.exp(told[6:]))
            z = (mean + sd * noise[k, i])[None]
            p = torch.sigmoid(oracle.logits(z, onehot))[0]
            nll = -(pixels[0] * p.log() + (1 - pixels[0]) * (1 - p).log()).sum()
            kl = math.log(2 * math.pi) - wrapped_entropy(float(sd[0]))
            kl += 0.5 * float((mean[1:] ** 2 + sd[1:] ** 2 - 1 - 2 * sd[1:].log()).sum())
            expected += float(q[k] * (nll + q[k].log() + math.log(3) + beta * kl)) / N
    assert unlabelled_bound(net, x, noise, beta).loss.item() == pytest.approx(expected, rel=1e-8)


def test_reported_parts_add_up_to_the_bound():
    net, x = network(), pictures(N)
    noise = signs(3, N, 5)
    for beta in (0.0, 2.5):
        bound = labelled_bound(net, x, CLASSES, noise[0], beta)
        expected = float(bound.reconstruction) + beta * float(bound.kl) + math.log(3)
        assert bound.loss.item() == pytest.approx(expected)
    q = torch.softmax(net.class_logits(x), dim=1)
    bound = unlabelled_bound(net, x, noise, 2.5)
    entropy = (q * q.log()).sum(dim=1).mean().item() + math.log(3)
    expected = float(bound.reconstruction) + 2.5 * float(bound.kl) + entropy
    assert bound.loss.item() == pytest.approx(expected)


def test_a_decided_classifier_saves_pictures_and_changes_nothing(monkeypatch):
    net, x, noise = network(), pictures(N), signs(3, N, 5)
    with torch.no_grad():
        net.classifier[-1].weight.mul_(40)
    drawn = []
    weighted_nll = net.weighted_nll

    def spy(weight, *rest):
        drawn.append(len(weight))
        return weighted_nll(weight, *rest)

    monkeypatch.setattr(net, "weighted_nll", spy)
    found = unlabelled_bound(net, x, noise, 1.0)
    found.loss.backward()
    slopes = [value.grad.clone() for value in net.parameters()]
    net.zero_grad()
    monkeypatch.setattr("napari_ssrvae.ssrvae.paper_objective._NEGLIGIBLE", -1.0)
    whole = unlabelled_bound(net, x, noise, 1.0)
    whole.loss.backward()
    assert drawn[0] < drawn[1] == 3 * N
    torch.testing.assert_close(found, whole, rtol=1e-7, atol=1e-7)
    for slope, value in zip(slopes, net.parameters(), strict=True):
        torch.testing.assert_close(slope, value.grad, rtol=1e-5, atol=1e-5)


def test_what_is_no_number_is_seen():
    net, x = network(), pictures(N)
    with torch.no_grad():
        net.classifier[-1].bias.fill_(math.nan)
    assert math.isnan(unlabelled_bound(net, x, signs(3, N, 5), 1.0).loss.item())
