"""The networks of the paper: two fully connected encoders, and a decoder that is asked pixel by pixel.

After Ziatdinov, Yaman, Liu, Ginger, Kalinin, arXiv 2105.11475; the decoder of coordinates after Bepler
et al., arXiv 1909.11663. All hidden layers are tanh. Weights begin as torch's linear layers do, which
is what the authors trained from, but from a local generator.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_ssrvae.ssrvae.geometry import pixel_centres
from napari_ssrvae.ssrvae.likelihood import Likelihood
from napari_ssrvae.ssrvae.model import Explained, Model, Shape
from napari_ssrvae.ssrvae.paper_latents import Latents, ObjectPose, Posterior
from napari_ssrvae.ssrvae.paper_pixels import Cost, PixelLayers, hidden_layers, weighted_cost

__all__ = ["PaperNetwork"]

_DRAWN_AT_ONCE = 32
"""Pictures decoded together when nothing is learnt: 40 MB per hidden layer at 48 x 48."""


class PaperNetwork(Model):
    """x ~ p(x | decoder(R(phi) u + t; c, y)), with q(y | x) q(phi, t, c | x, y).

    With one class there is no y and no classifier: a VAE, or with pose an rVAE. Without pose the
    decoder is fully connected, as the authors' is.
    """

    grid: Tensor
    at_once = 32

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__()
        self.shape = shape
        self.latents = Latents.of(shape)
        self.likelihood = Likelihood(shape.likelihood, shape.noise_sd)
        pixels, hidden = shape.size**2, shape.hidden
        self.n_labels = shape.n_classes if shape.n_classes > 1 else 0
        if self.n_labels:
            self.classifier = nn.Sequential(
                *_tanh_layers(pixels, hidden, 2, generator),
                _linear(hidden, self.n_labels, generator),
            )
        self.encoder = _Encoder(pixels, self.n_labels, hidden, self.latents.n_told, generator)
        n_in = self.latents.n_content + self.n_labels
        self.decoder: _CoordinateDecoder | _PictureDecoder = (
            _CoordinateDecoder(n_in, hidden, generator)
            if self.latents.n_pose
            else _PictureDecoder(n_in, hidden, pixels, generator)
        )
        u = pixel_centres(shape.size)
        grid = torch.stack([u.repeat(shape.size), u.repeat_interleave(shape.size)], dim=1)
        self.register_buffer("grid", grid, persistent=False)

    def class_logits(self, images: Tensor) -> Tensor:
        """Return (N, K), whose softmax is q(y | x), for images (N, S, S): the classifier alone."""
        if not self.n_labels:
            return images[:, 0, :1] * 0
        logits: Tensor = self.classifier(images.flatten(1))
        return logits

    def posteriors(self, images: Tensor) -> Posterior:
        """Return q(z | x, y) for every class: (K, N, L)."""
        return self.latents.posterior(self.encoder.of_every_class(images.flatten(1)))

    def posterior(self, images: Tensor, classes: Tensor) -> Posterior:
        """Return q(z | x, y), (N, L), for images (N, S, S) of classes (N,)."""
        return self.latents.posterior(self.encoder(images.flatten(1), classes))

    def decode(self, z: Tensor, classes: Tensor) -> Tensor:
        """Return the logits (M, S, S) of the pictures of z (M, L) and classes (M,)."""
        logits: Tensor = self.decoder(*self._say(z, classes), self.grid)
        return logits.view(-1, self.shape.size, self.shape.size)

    def weighted_nll(
        self, weight: Tensor, z: Tensor, classes: Tensor, images: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the sum of weight (M,) times -log p(x | z, y), and -log p (M,) without gradient.

        For images (M, S, S), z (M, L) and classes (M,); in nats.
        """
        said = self._say(z, classes)
        return self.decoder.weighted_cost(weight, *said, self.grid, images, self.likelihood.nll)

    def explain(self, images: Tensor, *, picture: bool) -> Explained:
        """Return the best explanation of images (N, S, S)."""
        class_logits = self.class_logits(images)
        classes = class_logits.argmax(dim=1)
        q = self.posterior(images, classes)
        z = q.mean
        pose = self.latents.pose(z)
        if picture:
            drawn = self._decode_in_parts(z, classes)
            grey = self.likelihood.grey(drawn)
            cost = self.likelihood.excess(drawn, images) + self.latents.kl(q)
        else:
            grey, cost = images[:, :0, :0], images[:, 0, 0] * 0
        return Explained(
            class_logits,
            self.latents.angle_of(z),
            _image_offset(pose),
            self.latents.content(z),
            grey,
            cost,
        )

    def upright(self, content: Tensor, classes: Tensor) -> Tensor:
        """Return grey values (M, S, S) of the upright objects."""
        pose = content.new_zeros((len(content), self.latents.n_pose))
        if self.latents.angle == "projected-normal":
            pose[:, 0] = 1
        z = torch.cat([pose, content], dim=1)
        return self.likelihood.grey(self._decode_in_parts(z, classes))

    def _decode_in_parts(self, z: Tensor, classes: Tensor) -> Tensor:
        parts = zip(
            torch.split(z, _DRAWN_AT_ONCE), torch.split(classes, _DRAWN_AT_ONCE), strict=True
        )
        return torch.cat([self.decode(*part) for part in parts])

    def _say(self, z: Tensor, classes: Tensor) -> tuple[Tensor, ObjectPose]:
        """Return what the decoder is told: [c; onehot(y)] and the pose."""
        content = self.latents.content(z)
        if self.n_labels:
            label = functional.one_hot(classes, self.n_labels).to(content.dtype)
            content = torch.cat([content, label], dim=1)
        return content, self.latents.pose(z)


class _Encoder(nn.Module):
    """Two tanh layers on [x; onehot(y)]; what of the first belongs to x is computed once."""

    def __init__(
        self, pixels: int, n_labels: int, hidden: int, n_told: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.image = _linear(pixels, hidden, generator, fan_in=pixels + n_labels)
        self.label = nn.Parameter(
            _uniform((max(n_labels, 1), hidden), pixels + n_labels, generator)
        )
        self.n_labels = n_labels
        self.rest = nn.Sequential(
            nn.Tanh(),
            *_tanh_layers(hidden, hidden, 1, generator),
            _linear(hidden, n_told, generator),
        )

    def forward(self, pixels: Tensor, classes: Tensor) -> Tensor:
        """Return (N, n_told) for pixels (N, P) and classes (N,)."""
        h = self.image(pixels)
        told: Tensor = self.rest(h + self.label[classes] if self.n_labels else h)
        return told

    def of_every_class(self, pixels: Tensor) -> Tensor:
        """Return (K, N, n_told) for pixels (N, P)."""
        h = self.image(pixels)
        told: Tensor = self.rest(h + self.label[:, None] if self.n_labels else h[None])
        return told


class _CoordinateDecoder(nn.Module):
    """Two tanh layers on h0 = tanh(W_x u' + b + W_z [c; y]), for every pixel u of every picture."""

    def __init__(self, n_in: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        self.coordinate = _linear(2, hidden, generator)
        self.latent = _linear(n_in, hidden, generator, bias=False)
        self.first = _linear(hidden, hidden, generator)
        self.second = _linear(hidden, hidden, generator)
        self.out = _linear(hidden, 1, generator)

    def forward(self, content: Tensor, pose: ObjectPose, grid: Tensor) -> Tensor:
        """Return logits (M, P) for content (M, n_in), a pose, and points (P, 2), x then y."""
        *_, logits = hidden_layers(*self._begin(content, pose), grid, self._layers())
        return logits.view(len(content), len(grid))

    def weighted_cost(
        self,
        weight: Tensor,
        content: Tensor,
        pose: ObjectPose,
        grid: Tensor,
        images: Tensor,
        cost: Cost,
    ) -> tuple[Tensor, Tensor]:
        """Return the sum of weight (M,) times cost, and the costs (M,) of images (M, S, S)."""
        begin = self._begin(content, pose)
        return weighted_cost(weight, *begin, grid, self._layers(), images, cost)

    def _begin(self, content: Tensor, pose: ObjectPose) -> tuple[Tensor, Tensor]:
        """Return what the first layer adds at each pixel (M, H), what it does to x and y (M, 2, H).

        W (R u + t) = (W R) u + W t: the pose costs a few numbers per picture and none per pixel,
        forwards and backwards.
        """
        turn = torch.stack(
            [torch.stack([pose.cos, -pose.sin], 1), torch.stack([pose.sin, pose.cos], 1)], dim=1
        )
        turned = (self.coordinate.weight @ turn).transpose(1, 2)
        return self.coordinate(pose.shift) + self.latent(content), turned

    def _layers(self) -> PixelLayers:
        return PixelLayers(
            *(
                value
                for layer in (self.first, self.second, self.out)
                for value in layer.parameters()
            )
        )


class _PictureDecoder(nn.Module):
    """Two tanh layers from content to all pixels at once."""

    def __init__(self, n_in: int, hidden: int, pixels: int, generator: torch.Generator) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_tanh_layers(n_in, hidden, 2, generator), _linear(hidden, pixels, generator)
        )

    def forward(self, content: Tensor, pose: ObjectPose, grid: Tensor) -> Tensor:  # noqa: ARG002
        """Return logits (M, P) for content (M, n_in)."""
        logits: Tensor = self.layers(content)
        return logits

    def weighted_cost(
        self,
        weight: Tensor,
        content: Tensor,
        pose: ObjectPose,
        grid: Tensor,
        images: Tensor,
        cost: Cost,
    ) -> tuple[Tensor, Tensor]:
        """Return the sum of weight (M,) times cost, and the costs (M,) of images (M, S, S)."""
        costs = cost(self(content, pose, grid).view_as(images), images)
        return weight @ costs, costs.detach()


def _image_offset(pose: ObjectPose) -> Tensor:
    """Return the offset (M, 2) in the image's frame: R u + t = R (u - offset)."""
    c, s, (x, y) = pose.cos, pose.sin, pose.shift.unbind(dim=1)
    return torch.stack([-c * x - s * y, s * x - c * y], dim=1)


def _tanh_layers(
    n_in: int, hidden: int, n_layers: int, generator: torch.Generator
) -> list[nn.Module]:
    widths = [n_in] + [hidden] * n_layers
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [_linear(before, after, generator), nn.Tanh()]
    return layers


def _linear(
    n_in: int,
    n_out: int,
    generator: torch.Generator,
    *,
    fan_in: int | None = None,
    bias: bool = True,
) -> nn.Linear:
    layer = nn.Linear(n_in, n_out, bias=bias, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        for values in layer.parameters():
            values.copy_(_uniform(tuple(values.shape), fan_in or n_in, generator))
    return layer


def _uniform(shape: tuple[int, ...], fan_in: int, generator: torch.Generator) -> Tensor:
    bound = 1 / math.sqrt(fan_in)
    return (torch.rand(shape, generator=generator) * 2 - 1) * bound
