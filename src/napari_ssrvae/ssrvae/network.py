"""The generative model and its inference network, as one module."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from napari_ssrvae.ssrvae.alignment import Templates, common_upright
from napari_ssrvae.ssrvae.decoder import CanvasDecoder
from napari_ssrvae.ssrvae.encoder import N_POSE, Explanations, PoseEncoder
from napari_ssrvae.ssrvae.geometry import (
    background,
    centroid,
    lay_upright,
    polar_view,
    smoothed,
    softened,
    warp,
)
from napari_ssrvae.ssrvae.likelihood import excess_cost, kl_to_prior
from napari_ssrvae.ssrvae.model import Explained, Model, Shape
from napari_ssrvae.ssrvae.silhouette import N_MEASURES, fit_line, silhouette

__all__ = ["Look", "Network"]


_MOST_FOR_MEAN, _MOST_TO_ALIGN = 2048, 32
_DARKEST = 0.002
"""A background is never quite black or white: its logit must be finite."""


@dataclass(frozen=True)
class Look:
    """What is seen of N images without any weights.

    Centre (N, 2), grey value of the background (N,), polar view (N, n_radii, n_angles), outline
    (N, N_MEASURES).
    """

    centre: Tensor
    ground: Tensor
    view: Tensor
    outline: Tensor

    def pick(self, which: Tensor | slice) -> Look:
        """Return the look at some of the images."""
        return Look(self.centre[which], self.ground[which], self.view[which], self.outline[which])


class Network(Model):
    """x ~ p(x | warp(decoder(c, y); phi, t)), with q(r, y | x) q(z | x, r, y)."""

    outline_mean: Tensor
    outline_sd: Tensor
    line_weight: Tensor
    line_bias: Tensor
    encoder_share: Tensor

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("outline_mean", torch.zeros(N_MEASURES))
        self.register_buffer("outline_sd", torch.ones(N_MEASURES))
        self.register_buffer("line_weight", torch.zeros(shape.n_classes, N_MEASURES))
        self.register_buffer("line_bias", torch.zeros(shape.n_classes))
        self.register_buffer("encoder_share", torch.ones(()))
        self.encoder = PoseEncoder(
            shape.n_classes, shape.n_latents, shape.n_rotations, shape.hidden, generator
        )
        self.decoder = CanvasDecoder(
            shape.n_classes,
            shape.n_latents,
            shape.size,
            shape.hidden,
            generator,
        )

    def look(self, images: Tensor) -> Look:
        """Return what is seen of images (N, S, S) without any weights."""
        centre, ground = centroid(images), background(smoothed(images))
        soft = softened(images)
        polar = polar_view(soft, centre, self.encoder.n_radii, self.encoder.n_angles)
        view = (polar - ground[:, None, None]) / self.shape.grey_sd
        return Look(centre, ground, view, silhouette(images))

    def encode(self, look: Look) -> Explanations:
        """Return q(r, y, z | x)."""
        explanations: Explanations = self.encoder(look.view)
        return explanations

    def line_logits(self, look: Look) -> Tensor:
        """Return (N, K): what the outline says of the class."""
        measures = (look.outline - self.outline_mean) / self.outline_sd
        return functional.linear(measures.clamp(-4, 4), self.line_weight, self.line_bias)

    @torch.no_grad()
    def fit_line(self, look: Look, which: Tensor, classes: Tensor) -> None:
        """Fit the line through the outlines of those images whose classes are known."""
        self.outline_mean.copy_(look.outline.mean(dim=0))
        self.outline_sd.copy_(look.outline.std(dim=0).clamp_min(1e-3))
        measures = ((look.outline[which] - self.outline_mean) / self.outline_sd).clamp(-4, 4)
        weight, bias = fit_line(
            measures.double().cpu().numpy(), classes.cpu().numpy(), self.shape.n_classes
        )
        self.line_weight.copy_(torch.from_numpy(weight))
        self.line_bias.copy_(torch.from_numpy(bias))
        self.encoder_share.fill_(0.5 if weight.any() else 1.0)

    @torch.no_grad()
    def drop_line(self) -> None:
        """Leave the classes to the encoder alone."""
        self.line_weight.zero_()
        self.line_bias.zero_()
        self.encoder_share.fill_(1.0)

    @torch.no_grad()
    def start_at(self, images: Tensor, look: Look, classes: Tensor) -> None:
        """Let every canvas begin as the mean of the class's labels, laid upon one another.

        From an empty canvas the first steps would only learn that there is an object at all, and
        saturate the decoder with it; from one mean of everything a class settles on several
        uprights. A class without labels begins as the mean of all images, unturned.

        Parameters
        ----------
        images : Tensor, shape (N, S, S)
        look : Look
            Of these images.
        classes : Tensor of int64, shape (N,)
            -1 where there is no label.
        """
        ground = look.ground.mean()

        def mean_of(which: Tensor, angle: Tensor) -> Tensor:
            above = images[which] - look.ground[which, None, None]
            return lay_upright(above, angle, look.centre[which]).mean(dim=0)

        every = torch.arange(min(len(images), _MOST_FOR_MEAN), device=images.device)
        means = []
        for k in range(self.shape.n_classes):
            own = torch.nonzero(classes == k).flatten()[:_MOST_TO_ALIGN]
            if len(own):
                means.append(mean_of(own, common_upright(look.view[own])))
            else:
                means.append(mean_of(every, torch.zeros(len(every), device=images.device)))
        upright = (torch.stack(means) + ground).clamp(0, 1)
        self.decoder.start_at(_logit(upright) - _logit(ground))

    @torch.no_grad()
    def templates(self) -> Templates:
        """Return what tells the rotations before the encoder can: the canvases without content."""
        classes = torch.arange(self.shape.n_classes, device=self.decoder.canvas.weight.device)
        content = torch.zeros((len(classes), self.shape.n_latents), device=classes.device)
        return Templates(self.look(self.upright(content, classes)).view, self.shape.n_rotations)

    def pose(self, z: Tensor, rotation: Tensor, centre: Tensor) -> tuple[Tensor, Tensor]:
        """Return angle (M,) and offset (M, 2), x then y, of latents z (M, 3 + d)."""
        step = 2 * math.pi / self.shape.n_rotations
        angle = (rotation + 0.5 * z[:, 0]) * step
        u = z[:, 1:N_POSE] * self.shape.offset_prior
        c, s = torch.cos(angle), torch.sin(angle)
        turned = torch.stack([c * u[:, 0] + s * u[:, 1], -s * u[:, 0] + c * u[:, 1]], dim=1)
        return angle, centre + turned

    def decode(
        self, z: Tensor, rotation: Tensor, classes: Tensor, centre: Tensor, ground: Tensor
    ) -> Tensor:
        """Return the logits (M, S, S) of the images that latents, rotation and class explain."""
        angle, offset = self.pose(z, rotation, centre)
        canvas = self.decoder(z[:, N_POSE:], classes)
        return warp(canvas, angle, offset) + _logit(ground)[:, None, None]

    def class_logits(self, images: Tensor) -> Tensor:
        """Return (N, K), whose softmax is q(y | x)."""
        look = self.look(images)
        return self.blended(self.encode(look), look)

    def blended(self, q: Explanations, look: Look) -> Tensor:
        """Return class logits (N, K) of the encoder and the outline together.

        A product of experts: beside a line the encoder, fitted until its labels are certain,
        counts half.
        """
        return q.class_logits * self.encoder_share + self.line_logits(look)

    def explain(self, images: Tensor, *, picture: bool) -> Explained:
        """Return the best explanation of images (N, S, S)."""
        here = torch.arange(len(images), device=images.device)
        look = self.look(images)
        q = self.encode(look)
        logits = self.blended(q, look)
        classes = logits.argmax(dim=1)
        rotation = q.logits[here, :, classes].argmax(dim=1)
        z, sd = q.mean[here, rotation, classes], q.sd[here, rotation, classes]
        angle, offset = self.pose(z, rotation, look.centre)
        if picture:
            drawn = self.decode(z, rotation, classes, look.centre, look.ground)
            grey = torch.sigmoid(drawn)
            cost = excess_cost(drawn, images) + kl_to_prior(z, sd)
        else:
            grey, cost = images[:, :0, :0], images[:, 0, 0] * 0
        return Explained(logits, angle, offset, z[:, N_POSE:], grey, cost)

    def upright(self, content: Tensor, classes: Tensor) -> Tensor:
        """Return grey values (M, S, S) of the upright objects."""
        canvas: Tensor = self.decoder(content, classes)
        return torch.sigmoid(canvas + _logit(torch.full_like(canvas, self.shape.background)))


def _logit(grey: Tensor) -> Tensor:
    return torch.logit(grey, eps=_DARKEST)
