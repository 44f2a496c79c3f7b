"""The particles of a library: set by a segmentation, kept through the next ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.arrays import ArrayFiles
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.hand_made import hand_made_patches
from napari_ssrvae.library.mask_edits import end_edits
from napari_ssrvae.library.matching import Match, Shape, match_particles_to_masks, shapes_of
from napari_ssrvae.library.micrograph_rows import unknown_micrograph, write_measurements
from napari_ssrvae.library.particle_change import ParticleChange
from napari_ssrvae.library.particle_checks import checked_labels, checked_patches
from napari_ssrvae.library.particle_tables import micrograph_mask, particle_table
from napari_ssrvae.library.retired import retired_shapes, write_retired

if TYPE_CHECKING:
    from napari_ssrvae.particles import Patches

__all__ = ["set_particles"]


def set_particles(
    database: Database,
    files: ArrayFiles,
    micrograph_id: int,
    labels: NDArray[np.int32],
    table: pd.DataFrame,
    patches: Patches,
    parameters: Mapping[str, Any],
) -> ParticleChange:
    """Make a segmentation the one that counts. See `ParticleLibrary.set_particles`."""
    labels = checked_labels(database, micrograph_id, labels)
    images, label_ids, clipped = checked_patches(database, micrograph_id, labels, table, patches)
    revision = _revision(database, micrograph_id)

    live = database.rows(
        "SELECT label_id, particle_id, place FROM particles "
        "WHERE micrograph_id = ? AND retired = 0 ORDER BY particle_id",
        (micrograph_id,),
    )
    particle_of = {label_id: particle_id for label_id, particle_id, _ in live}
    place_of = {particle_id: place for _, particle_id, place in live}
    shapes = _live_shapes(database, files, micrograph_id, particle_of) if live else {}
    labelled = {
        particle_id
        for (particle_id,) in database.rows(
            "SELECT particle_id FROM labels JOIN particles USING (particle_id) "
            "WHERE micrograph_id = ?",
            (micrograph_id,),
        )
    }
    matches = _matches(shapes, retired_shapes(database, micrograph_id), labelled, labels)
    gone = [particle_id for particle_id in place_of if particle_id not in matches]

    files.write(micrograph_id, revision + 1, labels, images)
    before = _Pictures(database, files, micrograph_id, revision, place_of)
    same = _unchanged_pictures(before, images, label_ids, matches)
    with database.transaction():
        end_edits(database, micrograph_id)
        ids = _write_live(database, micrograph_id, label_ids, clipped, matches)
        write_retired(database, [(i, shapes.get(i)) for i in gone])
        database.run_many(
            "UPDATE predictions SET stale = 1 WHERE particle_id = ?",
            [(i,) for i in matches if i not in same],
        )
        write_measurements(database, micrograph_id, table.loc[label_ids])
        database.run(
            "UPDATE micrographs SET revision = ?, patch_size = ?, window_px = ?, parameters = ? "
            "WHERE micrograph_id = ?",
            (
                revision + 1,
                int(images.shape[1]),
                int(patches.window_px),
                json.dumps(dict(parameters), default=str),
                micrograph_id,
            ),
        )
    return ParticleChange(
        kept=tuple(sorted(matches)),
        added=tuple(sorted(set(ids) - matches.keys())),
        retired=tuple(sorted(gone)),
        retired_labelled=tuple(sorted(labelled.intersection(gone))),
        doubtful=tuple(
            sorted(
                m.particle_id for m in matches.values() if m.iou < 0.5 and m.particle_id in labelled
            )
        ),
    )


def _live_shapes(
    database: Database,
    files: ArrayFiles,
    micrograph_id: int,
    particle_of: Mapping[int, int],
) -> dict[int, Shape]:
    try:
        old = micrograph_mask(database, files, micrograph_id)
        return {particle_of[i]: shape for i, shape in shapes_of(old, particle_of).items()}
    except InputError:
        # The mask is lost. Segmenting again is the way out, so it must not fail: what covers a
        # particle's old centre is its successor then (and "doubtful").
        table = particle_table(database, micrograph_id)
        if not {"centroid_y_px", "centroid_x_px"} <= set(table):
            return {}
        centres = table[["centroid_y_px", "centroid_x_px"]].to_numpy(dtype=float).round()
        return {
            particle_id: Shape(int(y), int(x), np.ones((1, 1), bool))
            for particle_id, (y, x) in zip(table.index.tolist(), centres.tolist(), strict=True)
        }


def _matches(
    live: Mapping[int, Shape],
    retired: Mapping[int, Shape],
    labelled: set[int],
    labels: NDArray[np.int32],
) -> dict[int, Match]:
    """Particle id to its match. A retired particle may come back, with care for the labels.

    Labelled retired ones compete with the live ones; the others only get masks that are left,
    lest an unlabelled particle of long ago take the place of a labelled one.
    """
    first = [*live.items(), *((i, shape) for i, shape in retired.items() if i in labelled)]
    matches = match_particles_to_masks(first, labels)
    rest = [(i, shape) for i, shape in retired.items() if i not in labelled]
    matches += match_particles_to_masks(rest, labels, taken=[m.label_id for m in matches])
    return {match.particle_id: match for match in matches}


class _Pictures:
    """The patches of the particles as they were, from the file or made by hand."""

    def __init__(
        self,
        database: Database,
        files: ArrayFiles,
        micrograph_id: int,
        revision: int,
        place_of: Mapping[int, int],
    ) -> None:
        self._place_of = place_of
        self._file: NDArray[np.float32] | None = None
        if any(place >= 0 for place in place_of.values()):
            # Lost: nothing is known to be the same.
            with suppress(InputError):
                self._file = files.patches(micrograph_id, revision)
        by_hand = [i for i, place in place_of.items() if place < 0]
        size = database.row(
            "SELECT patch_size FROM micrographs WHERE micrograph_id = ?", (micrograph_id,)
        )
        self._by_hand = (
            hand_made_patches(database, by_hand, int(size[0])) if by_hand and size else {}
        )

    def of(self, particle_id: int) -> NDArray[np.float32] | None:
        """Return a particle's patch (S, S), None where it is not known."""
        place = self._place_of.get(particle_id)
        if place is None or (place >= 0 and self._file is None):
            return None
        if place < 0:
            return self._by_hand.get(particle_id)
        assert self._file is not None
        found: NDArray[np.float32] = self._file[place]
        return found


def _unchanged_pictures(
    before: _Pictures,
    images: NDArray[np.float32],
    label_ids: Sequence[int],
    matches: Mapping[int, Match],
) -> set[int]:
    """Return the matched particles whose patch is the same: their predictions still hold."""
    place = {label_id: place for place, label_id in enumerate(label_ids)}
    same = set()
    for particle_id, match in matches.items():
        old = before.of(particle_id)
        if old is not None and np.array_equal(old, images[place[match.label_id]]):
            same.add(particle_id)
    return same


def _write_live(
    database: Database,
    micrograph_id: int,
    label_ids: Sequence[int],
    clipped: NDArray[np.bool_],
    matches: Mapping[int, Match],
) -> list[int]:
    (last,) = database.row("SELECT coalesce(max(particle_id), 0) FROM particles") or (0,)
    known = {match.label_id: match.particle_id for match in matches.values()}
    ids: list[int] = []
    for label_id in label_ids:
        if label_id not in known:
            last += 1
        ids.append(known.get(label_id, last))
    database.run_many(
        "INSERT INTO particles (particle_id, micrograph_id, label_id, place, clipped) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT (particle_id) DO UPDATE SET "
        "label_id = excluded.label_id, place = excluded.place, clipped = excluded.clipped, "
        "retired = 0, top = NULL, left = NULL, height = NULL, width = NULL, shape = NULL",
        [
            (particle_id, micrograph_id, label_id, place, int(cut))
            for place, (particle_id, label_id, cut) in enumerate(
                zip(ids, label_ids, clipped.tolist(), strict=True)
            )
        ],
    )
    return ids


def _revision(database: Database, micrograph_id: int) -> int:
    row = database.row("SELECT revision FROM micrographs WHERE micrograph_id = ?", (micrograph_id,))
    if row is None:
        raise unknown_micrograph(micrograph_id)
    return int(row[0])
