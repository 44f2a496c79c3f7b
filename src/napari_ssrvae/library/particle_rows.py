"""The particles of a library: set by a segmentation, kept through the next ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.arrays import ArrayFiles
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.matching import Match, Shape, match_particles_to_masks, shapes_of
from napari_ssrvae.library.micrograph_rows import unknown_micrograph, write_measurements
from napari_ssrvae.library.particle_checks import checked_labels, checked_patches
from napari_ssrvae.library.particle_tables import particle_table
from napari_ssrvae.library.retired import retired_shapes, write_retired

if TYPE_CHECKING:
    from napari_ssrvae.particles import Patches

__all__ = ["ParticleChange", "set_particles"]


@dataclass(frozen=True)
class ParticleChange:
    """What a segmentation did to the particles of a micrograph, as particle ids.

    Attributes
    ----------
    kept : tuple of int
        There before or back again, and there now; label and history followed.
    added : tuple of int
        New ones.
    retired : tuple of int
        There before, without a successor now.
    retired_labelled : tuple of int
        Those of `retired` that have a hand label; it is kept with them.
    doubtful : tuple of int
        Those of `kept` that have a hand label but overlap their old mask by less than half (IoU):
        worth a look.
    """

    kept: tuple[int, ...]
    added: tuple[int, ...]
    retired: tuple[int, ...]
    retired_labelled: tuple[int, ...]
    doubtful: tuple[int, ...] = ()


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
    shapes = _live_shapes(database, files, micrograph_id, revision, particle_of) if live else {}
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
    same = _unchanged_pictures(files, micrograph_id, revision, images, label_ids, matches, place_of)
    with database.transaction():
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
    revision: int,
    particle_of: Mapping[int, int],
) -> dict[int, Shape]:
    try:
        old = files.mask(micrograph_id, revision)
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


def _unchanged_pictures(
    files: ArrayFiles,
    micrograph_id: int,
    revision: int,
    images: NDArray[np.float32],
    label_ids: Sequence[int],
    matches: Mapping[int, Match],
    place_of: Mapping[int, int],
) -> set[int]:
    """Return the matched particles whose patch is the same: their predictions still hold."""
    if not place_of:
        return set()
    try:
        before = files.patches(micrograph_id, revision)
    except InputError:  # lost: nothing is known to be the same
        return set()
    if before.shape[1:] != images.shape[1:]:
        return set()
    place = {label_id: place for place, label_id in enumerate(label_ids)}
    return {
        i
        for i, match in matches.items()
        if i in place_of and np.array_equal(before[place_of[i]], images[place[match.label_id]])
    }


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
