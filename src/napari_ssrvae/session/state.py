"""What the session holds in memory of one micrograph, and its numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.session.showing import NOVEL_ABOVE, Shown, Why, show

if TYPE_CHECKING:
    import pandas as pd

    from napari_ssrvae.library import ParticleLibrary, PixelRuns
    from napari_ssrvae.micrographs import Micrograph
    from napari_ssrvae.particles.cutter import PatchCutter

__all__ = ["Known", "MicrographState", "read_known"]


@dataclass(eq=False)
class MicrographState:
    """What the session holds in memory of one micrograph.

    Attributes
    ----------
    micrograph : Micrograph
        The image with its calibration.
    data_bar_by_hand : bool
        Whether the micrograph's data bar (or that it has none) is what a person said.
    labels : ndarray of int32, shape (H, W), or None
        The particles' masks, 0 = background; None before they are found. An edit by hand changes it in
        place. Label ids need not be without gaps: an edit takes some away and adds higher ones, so that
        L, the highest, may be more than the number of particles.
    table : DataFrame or None
        Measurements, index particle_id, with the column label_id.
    particle_ids : ndarray of int64, shape (L + 1,)
        The particle of each label id; 0 where there is none.
    boxes : ndarray of int64, shape (L + 1, 4)
        Bounding box of each label id: top, left, bottom, right, half open; 0 where there is none.
    by_hand, by_model : ndarray of uint8, shape (L + 1,)
        Class id of each label id, 0 = none.
    probability : ndarray of float32, shape (L + 1,)
        The model's probability of its class; NaN where there is no prediction.
    novelty : ndarray of float32, shape (L + 1,)
        How little the model explains of it, in [0, 1]; NaN where there is no prediction.
    cutter : PatchCutter or None
        Cuts patches of edited particles like the others; made when it is first needed.
    """

    micrograph: Micrograph
    micrograph_id: int | None = None
    data_bar_by_hand: bool = False
    labels: NDArray[np.int32] | None = None
    table: pd.DataFrame | None = None
    particle_ids: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    boxes: NDArray[np.int64] = field(default_factory=lambda: np.zeros((1, 4), np.int64))
    by_hand: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(1, np.uint8))
    by_model: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(1, np.uint8))
    probability: NDArray[np.float32] = field(default_factory=lambda: np.full(1, np.nan, np.float32))
    novelty: NDArray[np.float32] = field(default_factory=lambda: np.full(1, np.nan, np.float32))
    cutter: PatchCutter | None = field(default=None, repr=False)

    def clear(self) -> None:
        """Forget the particles."""
        self.labels = None
        self.table = None
        self.cutter = None
        self._make_room(1)

    def take(self, labels: NDArray[np.int32], table: pd.DataFrame) -> None:
        """Show these particles, no class known yet; `table` has the index particle_id and a column label_id."""
        from scipy import ndimage

        size = int(table["label_id"].max()) + 1 if len(table) else 1
        self._make_room(size)
        self.labels, self.table = labels, table
        self.particle_ids[table["label_id"].to_numpy()] = table.index.to_numpy()
        for label_id, box in enumerate(ndimage.find_objects(labels, max_label=size - 1), start=1):
            if box is not None:
                self.boxes[label_id] = (box[0].start, box[1].start, box[0].stop, box[1].stop)

    def edit(self, pixels: PixelRuns, table: pd.DataFrame, gone: Iterable[int]) -> None:
        """Change the mask in place; `table` tells of the particles that come, `gone` are those that go."""
        import pandas as pd

        assert self.labels is not None
        assert self.table is not None
        gone = list(gone)
        pixels.write(self.labels)
        self._forget(self.table.loc[gone, "label_id"].to_numpy())
        boxes = pixels.boxes()
        self._grow(max(boxes, default=0) + 1)
        for label_id, box in boxes.items():
            self.boxes[label_id] = box
        self.particle_ids[table["label_id"].to_numpy()] = table.index.to_numpy()
        left = self.table.drop(index=gone)
        self.table = pd.concat([left, table]).sort_index() if len(table) else left

    def _forget(self, label_ids: NDArray[np.int64]) -> None:
        for numbers in (self.particle_ids, self.boxes, self.by_hand, self.by_model):
            numbers[label_ids] = 0
        self.probability[label_ids] = self.novelty[label_ids] = np.nan

    def _grow(self, size: int) -> None:
        more = size - len(self.particle_ids)
        if more > 0:
            self.particle_ids = np.pad(self.particle_ids, (0, more))
            self.boxes = np.pad(self.boxes, ((0, more), (0, 0)))
            self.by_hand = np.pad(self.by_hand, (0, more))
            self.by_model = np.pad(self.by_model, (0, more))
            self.probability = np.pad(self.probability, (0, more), constant_values=np.nan)
            self.novelty = np.pad(self.novelty, (0, more), constant_values=np.nan)

    def _make_room(self, size: int) -> None:
        self.particle_ids = np.zeros(size, np.int64)
        self.boxes = np.zeros((size, 4), np.int64)
        self.by_hand = np.zeros(size, np.uint8)
        self.by_model = np.zeros(size, np.uint8)
        self.probability = np.full(size, np.nan, np.float32)
        self.novelty = np.full(size, np.nan, np.float32)

    @property
    def n_particles(self) -> int:
        """How many particles the micrograph has."""
        return int(np.count_nonzero(self.particle_ids))

    @property
    def label_ids(self) -> NDArray[np.int64]:
        """Label ids that are in use, rising."""
        return np.flatnonzero(self.particle_ids)

    def label_at(self, row: float, column: float) -> int:
        """Return the label id at a position in pixels, 0 outside of every particle."""
        if self.labels is None:
            return 0
        r, c = round(row), round(column)
        if 0 <= r < self.labels.shape[0] and 0 <= c < self.labels.shape[1]:
            return int(self.labels[r, c])
        return 0

    def shown(self, unsure_below: float = 0.0, novel_above: float = NOVEL_ABOVE) -> Shown:
        """Return what is shown of each label id: class and why; see `showing.show`."""
        return show(
            self.by_hand,
            self.by_model,
            self.probability,
            self.novelty,
            unsure_below=unsure_below,
            novel_above=novel_above,
        )

    def shown_classes(
        self, unsure_below: float = 0.0, novel_above: float = NOVEL_ABOVE
    ) -> NDArray[np.uint8]:
        """Return the class of each label id as shown: the hand's where there is one, else the model's.

        Predictions with a probability under `unsure_below` are left out.
        """
        shown = self.shown(unsure_below, novel_above)
        return np.where(shown.why == Why.UNSURE, np.uint8(0), shown.class_ids)


@dataclass(frozen=True, eq=False)
class Known:
    """What a library knows of a micrograph."""

    micrograph_id: int
    pixel_size_nm: float | None
    pixel_size_source: str
    data_bar: tuple[int, int] | None
    data_bar_by_hand: bool
    labels: NDArray[np.int32] | None
    table: pd.DataFrame


def read_known(library: ParticleLibrary, micrograph: Micrograph) -> Known | None:
    """Return what a library knows of a micrograph, None if it is not in it.

    Raises
    ------
    InputError
        Its mask is missing or damaged.
    """
    import pandas as pd

    rows = library.micrographs()
    same = rows[rows["sha256"] == micrograph.sha256]
    if same.empty:
        return None
    micrograph_id, row = int(same.index[0]), same.iloc[0]
    nm, start, stop = row["pixel_size_nm"], row["data_bar_start"], row["data_bar_stop"]
    table = library.particles(micrograph_id)
    # A micrograph whose particles were all deleted has a mask, an empty one.
    found = isinstance(row["parameters"], str)
    return Known(
        micrograph_id,
        float(nm) if nm is not None and np.isfinite(nm) else None,
        str(row["pixel_size_source"] or ""),
        None if pd.isna(start) or pd.isna(stop) else (int(start), int(stop)),
        bool(row["data_bar_by_hand"]),
        library.mask(micrograph_id) if found else None,
        table,
    )
