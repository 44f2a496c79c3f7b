from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_ssrvae.ssrvae import SSRVAE
from napari_ssrvae.ssrvae.alignment import Templates, common_upright
from napari_ssrvae.ssrvae.decoder import CanvasDecoder
from napari_ssrvae.ssrvae.encoder import Explanations
from napari_ssrvae.ssrvae.geometry import lay_upright, polar_view, warp
from napari_ssrvae.ssrvae.objective import pose_lesson
from tests.ssrvae.conftest import SMALL, after_preparing, some_labels

MIDDLE = torch.zeros((1, 2))


def wedge(size: int = 32) -> torch.Tensor:
    """Return (1, size, size): a blunt arrow that looks like itself at one angle only."""
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    inside = (columns > -8) & (columns < 10) & (np.abs(rows) < 0.35 * (10 - columns))
    return torch.from_numpy(inside.astype(np.float32))[None]


def turned(image: torch.Tensor, angles: list[float]) -> torch.Tensor:
    many = image.expand(len(angles), -1, -1)
    return warp(many, torch.tensor(angles), torch.zeros((len(angles), 2)))


def views(images: torch.Tensor) -> torch.Tensor:
    return polar_view(images, MIDDLE.expand(len(images), 2), 16, 64)


@given(
    st.floats(-math.pi, math.pi), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_laying_upright_undoes_the_pose(angle, x, y):
    upright = wedge()
    offset = torch.tensor([[x, y]])
    back = lay_upright(warp(upright, torch.tensor([angle]), offset), torch.tensor([angle]), offset)
    # Interpolated twice: edges soften, nothing moves.
    assert (back - upright).abs().mean() < 0.03
    assert float((back * upright).sum() / upright.sum()) > 0.85


@given(st.lists(st.floats(-math.pi, math.pi), min_size=2, max_size=9))
@settings(max_examples=30, deadline=None)
def test_turned_copies_agree_on_one_upright(angles):
    found = common_upright(views(turned(wedge(), angles))).numpy()
    away = np.angle(np.exp(1j * (found - np.array(angles))))
    spread = np.angle(np.exp(1j * (away - away[0])))
    assert np.abs(spread).max() < np.deg2rad(12)  # two steps of the polar view


def test_one_image_stands_as_it_is():
    assert common_upright(views(wedge())).tolist() == [0.0]


def test_templates_tell_the_rotation_and_admit_when_there_is_none():
    rows, columns = np.mgrid[:32, :32] - 15.5
    soft = 1 / (1 + np.exp(np.hypot(rows, columns) - 8))  # hard pixels would have four corners
    disc = torch.from_numpy(soft.astype(np.float32))[None]
    templates = Templates(views(torch.cat([wedge(), disc])), 16)
    steps = [0, 3, 8, 13]
    found = templates.rotations(views(turned(wedge(), [r * math.pi / 8 for r in steps])))
    assert found.shape == (4, 16, 2)
    torch.testing.assert_close(found.sum(dim=1), torch.ones((4, 2)))
    assert found[:, :, 0].argmax(dim=1).tolist() == steps
    assert found[:, :, 0].amax(dim=1).min() > 0.9
    assert templates.rotations(views(disc))[0, :, 1].max() < 0.2


@pytest.mark.parametrize("n_classes", [1, 4, 40])
def test_the_decoder_starts_at_given_canvases(n_classes):
    generator = torch.Generator().manual_seed(0)
    decoder = CanvasDecoder(n_classes, 2, 8, 64, generator)
    wanted = torch.randn((n_classes, 8, 8), generator=generator)
    decoder.start_at(wanted)
    with torch.no_grad():
        found = decoder(torch.zeros((n_classes, 2)), torch.arange(n_classes))
    assert float((found - wanted).abs().mean()) < (0.01 if n_classes < 40 else 0.2)


def test_the_lesson_against_loops_and_without_pull_on_the_class():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn((3, 8, 2), generator=generator).requires_grad_()
    nothing = torch.zeros((3, 8, 2, 5))
    q = Explanations(logits, nothing, nothing + 1)
    target = torch.randn((3, 8, 2), generator=generator).softmax(dim=1)
    lesson = pose_lesson(q, target, torch.tensor([1]))
    x = logits.detach().numpy().astype(float)
    for i in range(3):
        per_class = np.exp(x[i]).sum(axis=0)
        share = per_class / per_class.sum() if i < 2 else np.array([0.0, 1.0])
        given = x[i] - np.log(per_class)
        expected = -(share * (target[i].numpy() * given).sum(axis=0)).sum()
        assert float(lesson[i].detach()) == pytest.approx(expected, rel=1e-4)
    lesson.sum().backward()
    # The pull within a class sums to nothing: the class's own score stays where it is.
    torch.testing.assert_close(logits.grad.sum(dim=1), torch.zeros((3, 2)), atol=1e-5, rtol=0)


def test_before_the_first_step_a_class_already_looks_like_its_labels(data):
    X, y, _ = data
    model = SSRVAE(2, parameters=SMALL, device="cpu")
    next(after_preparing(model.iter_fit(X, some_labels(y, 8))))
    lengths = []
    for canvas in model.decode(np.zeros((2, 2)), [0, 1]):
        rows, columns = np.nonzero(canvas > 0.5)
        smaller, larger = np.linalg.eigvalsh(np.cov(rows, columns))
        lengths.append(np.sqrt(larger / smaller))
    rod, disc = lengths
    assert rod > 2.5  # 3.2 as drawn
    assert disc < 1.2
