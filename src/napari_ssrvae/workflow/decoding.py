"""What a trained model can draw: pictures of a class at chosen latents, and the particles most like them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow.model_card import read_model_card

if TYPE_CHECKING:
    from napari_ssrvae.ssrvae import SSRVAE

__all__ = [
    "Decoder",
    "DecodingStopped",
    "Tiles",
    "nearest_particles",
    "prior_place",
    "prior_quantiles",
    "turned",
]

Floats = NDArray[np.float32]

# Between two looks at whether anybody still wants the tiles: the paper's decoder draws one in some milliseconds.
CHUNK = 16
# A latent whose values spread less than this tells nothing of the particles: the prior's spread is 1.
LEAST_SPREAD = 0.1


class Tiles(NamedTuple):
    """Pictures on a row or a grid of latents.

    Attributes
    ----------
    images : (..., S, S) float32
        Upright, in [0, 1].
    z : (..., d) float32
        The latents of each.
    """

    images: Floats
    z: Floats


class DecodingStopped(Exception):  # noqa: N818 - no error: nobody wants the tiles any more
    """The tiles are not wanted any more."""


class Decoder:
    """The generative half of a saved model, p(x | y, z): class and latents to an upright picture.

    It has its own copy of the weights on the CPU, without gradients, so it draws while another model trains and
    after its own was removed. One decoder may be used from several threads.

    Parameters
    ----------
    model : SSRVAE
        A trained model with classes, not used by anybody else.
    class_ids : tuple of int, length K
        The library's numbers of the model's classes.
    class_names : tuple of str, length K
        As they were called when the model was trained.
    """

    def __init__(
        self, model: SSRVAE, class_ids: tuple[int, ...], class_names: tuple[str, ...]
    ) -> None:
        self._model = model
        self.class_ids = class_ids
        self.class_names = class_names

    @classmethod
    def of_model(cls, folder: Path, class_ids: tuple[int, ...] | None = None) -> Self:
        """Read the model in a folder of a library.

        Parameters
        ----------
        folder : Path
        class_ids : tuple of int, optional
            The library's numbers of its classes, in the model's order; by default those of its traversals.

        Raises
        ------
        InputError
            It is not there, is damaged, or has other classes.
        """
        from napari_ssrvae.ssrvae import SSRVAE

        model = SSRVAE.load(folder, device="cpu")
        names = read_model_card(folder).class_names
        ids = _kept_class_ids(folder) if class_ids is None else tuple(map(int, class_ids))
        if not len(ids) == len(names) == model.n_classes:
            raise InputError(
                f"The model in {folder} has {model.n_classes} classes and the library knows {len(ids)} of them: "
                "train again."
            )
        return cls(model, ids, names)

    @property
    def n_latents(self) -> int:
        """Number d of content latents."""
        return self._model.n_latents

    @property
    def patch_size(self) -> int:
        """Edge S of the pictures in pixels."""
        return self._model.patch_size

    def picture(self, class_id: int, z: ArrayLike, angle_rad: float = 0.0) -> Floats:
        """Return the picture (S, S) of a class at latents (d,), turned counter-clockwise on the screen.

        Raises
        ------
        InputError
            The model does not know the class, or these are no d latents.
        """
        upright = self._decode(class_id, np.asarray(z, np.float32).reshape(1, -1))[0]
        return turned(upright, angle_rad) if angle_rad else upright

    def traversal(
        self,
        class_id: int,
        latent: int,
        n: int = 9,
        *,
        at: ArrayLike | None = None,
        values: ArrayLike | None = None,
        wanted: Callable[[], bool] | None = None,
    ) -> Tiles:
        """Return a class (n, S, S) as one latent changes, and the latents (n, d).

        Parameters
        ----------
        class_id, latent : int
        n : int
            How many pictures, at as many quantiles of the prior.
        at : (d,), optional
            Where the other latents stay; by default 0, the middle of the prior.
        values : (n,), optional
            Values of the latent instead of the quantiles.
        wanted : callable, optional
            Asked every few pictures; no ends the work with `DecodingStopped`.
        """
        self._check_latent(latent)
        steps = prior_quantiles(n) if values is None else np.asarray(values, np.float32)
        z = np.tile(self._place(at), (len(steps), 1))
        z[:, latent] = steps
        return Tiles(self._decode(class_id, z, wanted), z)

    def manifold(
        self,
        class_id: int,
        n: int = 9,
        latents: tuple[int, int] = (0, 1),
        *,
        at: ArrayLike | None = None,
        wanted: Callable[[], bool] | None = None,
    ) -> Tiles:
        """Return a class (n, n, S, S) over two latents, the first from row to row, and the latents (n, n, d).

        See `traversal` for `at` and `wanted`.

        Raises
        ------
        InputError
            The model does not know the class, or has no such two latents.
        """
        first, second = latents
        self._check_latent(first)
        self._check_latent(second)
        if first == second:
            raise InputError("The two latents of a manifold are the same: choose another.")
        steps = prior_quantiles(n)
        z = np.tile(self._place(at), (n, n, 1))
        z[:, :, first] = steps[:, None]
        z[:, :, second] = steps[None, :]
        images = self._decode(class_id, z.reshape(n * n, -1), wanted)
        return Tiles(images.reshape(n, n, *images.shape[1:]), z)

    def reach(self, class_id: int) -> float:
        """Return how far from the middle, in pixels, the class is drawn, however it is turned; at most S / 2.

        Of the class in the middle of the prior and 3 standard deviations away along each latent, that is the
        farthest pixel that differs from the background by a tenth of the most that any does.
        """
        steps = [
            self.traversal(class_id, latent, values=(-3.0, 0.0, 3.0)).images
            for latent in range(self.n_latents)
        ]
        images = np.concatenate(steps)
        rim = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]])
        drawn = np.abs(images - np.median(rim)).max(axis=0)
        size = self.patch_size
        rows, columns = np.nonzero(drawn > 0.1 * max(float(drawn.max()), 1e-6))
        if not len(rows):
            return size / 2
        middle = (size - 1) / 2
        return float(min(size / 2, np.hypot(rows - middle, columns - middle).max() + 1))

    def _place(self, at: ArrayLike | None) -> Floats:
        if at is None:
            return np.zeros(self.n_latents, np.float32)
        place = np.asarray(at, np.float32)
        if place.shape != (self.n_latents,):
            raise InputError(
                f"The model has {self.n_latents} latents, not {place.size}: give a value for each."
            )
        return place

    def _check_latent(self, latent: int) -> None:
        if not 0 <= latent < self.n_latents:
            raise InputError(
                f"The model has {self.n_latents} latents, and none with the number {latent}: choose another."
            )

    def _decode(self, class_id: int, z: Floats, wanted: Callable[[], bool] | None = None) -> Floats:
        if class_id not in self.class_ids:
            raise InputError(
                f"The model did not learn the class number {class_id}: label some of it and train again."
            )
        k = self.class_ids.index(class_id)
        parts = []
        for start in range(0, len(z), CHUNK):
            if wanted is not None and not wanted():
                raise DecodingStopped
            part = z[start : start + CHUNK]
            parts.append(self._model.decode(part, np.full(len(part), k)))
        return np.concatenate(parts) if parts else self._model.decode(z, np.zeros(0, np.int64))


def _kept_class_ids(folder: Path) -> tuple[int, ...]:
    try:
        with np.load(folder / "traversals.npz", allow_pickle=False) as kept:
            return tuple(int(key) for key in kept.files)
    except (OSError, ValueError, EOFError, BadZipFile, NotImplementedError) as error:
        raise InputError(
            f"The model in {folder} does not say which classes it has: train again."
        ) from error


def prior_quantiles(n: int) -> Floats:
    """Return n values (n,) of a latent between which the prior N(0, 1) has equally much."""
    from scipy.special import ndtri

    if n < 1:
        raise InputError(f"{n} pictures are none: choose at least 1.")
    return np.asarray(ndtri((np.arange(n) + 0.5) / n), np.float32)


def prior_place(value: float, n: int) -> float:
    """Return where a value lies among `prior_quantiles(n)`: 0 is the first, n - 1 the last, and between them parts."""
    from scipy.special import ndtr

    return float(ndtr(value) * n - 0.5)


def turned(picture: Floats, angle_rad: float) -> Floats:
    """Return a picture (S, S) turned about its middle, counter-clockwise on the screen (rows down).

    What comes in at the corners has the grey of the rim.
    """
    from scipy.ndimage import affine_transform

    c, s = np.cos(angle_rad), np.sin(angle_rad)
    # From where a pixel of the result comes: turned back, rows counted downwards.
    back = np.array([[c, s], [-s, c]])
    middle = (np.array(picture.shape) - 1) / 2
    rim = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    found = affine_transform(
        picture, back, middle - back @ middle, order=1, cval=float(np.median(rim))
    )
    return np.asarray(found, np.float32)


class Described(Protocol):
    """Particles as columns (N, ...), as the session's catalogue has them."""

    @property
    def particle_ids(self) -> NDArray[np.int64]: ...
    @property
    def by_hand(self) -> NDArray[np.uint8]: ...
    @property
    def by_model(self) -> NDArray[np.uint8]: ...
    @property
    def latents(self) -> Floats: ...


def nearest_particles(
    particles: Described, class_id: int, z: ArrayLike, n: int
) -> NDArray[np.int64]:
    """Return the at most n particles of a class whose latents are nearest to z (d,), the nearest first.

    Of the class is what the hand says, else the model. Each latent is divided by the spread of its values
    over all particles; one that hardly differs between them (spread below 0.1 of the prior's 1) tells nothing
    and is taken as it is, else its noise would decide.

    Returns
    -------
    (m,) int64
        Particle ids; those that the model has not seen are left out.
    """
    shown = np.where(particles.by_hand > 0, particles.by_hand, particles.by_model)
    latents = particles.latents
    place = np.asarray(z, np.float32)
    if latents.shape[1:] != place.shape or not len(place):
        return np.zeros(0, np.int64)
    known = np.isfinite(latents).all(axis=1)
    rows = np.flatnonzero(known & (shown == class_id))
    if not len(rows) or n < 1:
        return np.zeros(0, np.int64)
    spread = latents[known].std(axis=0, dtype=np.float64)
    spread[spread < LEAST_SPREAD] = 1.0
    far = (((latents[rows] - place) / spread) ** 2).sum(axis=1)
    # Equally near ones in the order of their ids, so that the answer is always the same.
    first = np.argsort(far, kind="stable")[:n] if len(far) <= n else _smallest(far, n)
    return np.asarray(particles.particle_ids[rows[first]])


def _smallest(far: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Return where the n smallest are, the smallest first, without putting all into an order."""
    bound = np.partition(far, n - 1)[n - 1]
    few = np.flatnonzero(far <= bound)
    return np.asarray(few[np.argsort(far[few], kind="stable")][:n], np.int64)
