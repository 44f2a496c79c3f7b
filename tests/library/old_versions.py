"""Libraries as earlier versions wrote them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from made_up import change_by_hand, new_library

from napari_ssrvae.library import AssignClass, RenameClass

# As they were; never to be changed with the program.
TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE classes (class_id INTEGER PRIMARY KEY, name TEXT NOT NULL, colour TEXT NOT NULL,
    position INTEGER NOT NULL, removed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE micrographs (micrograph_id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL, path TEXT, height INTEGER NOT NULL, width INTEGER NOT NULL,
    pixel_size_nm REAL, pixel_size_source TEXT, data_bar_start INTEGER, data_bar_stop INTEGER,
    metadata TEXT NOT NULL, notes TEXT NOT NULL, parameters TEXT, revision INTEGER NOT NULL DEFAULT 0,
    patch_size INTEGER, window_px INTEGER);
CREATE TABLE particles (particle_id INTEGER PRIMARY KEY,
    micrograph_id INTEGER NOT NULL REFERENCES micrographs, label_id INTEGER NOT NULL,
    place INTEGER NOT NULL, clipped INTEGER NOT NULL, retired INTEGER NOT NULL DEFAULT 0,
    top INTEGER, left INTEGER, height INTEGER, width INTEGER, shape BLOB,
    centroid_y_px REAL, centroid_x_px REAL, area_px INTEGER);
CREATE INDEX particles_of_micrograph ON particles (micrograph_id, retired);
CREATE TABLE measurements (micrograph_id INTEGER NOT NULL REFERENCES micrographs,
    position INTEGER NOT NULL, name TEXT NOT NULL, dtype TEXT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (micrograph_id, name)) WITHOUT ROWID;
CREATE TABLE labels (particle_id INTEGER PRIMARY KEY REFERENCES particles,
    class_id INTEGER NOT NULL REFERENCES classes);
CREATE TABLE acts (number INTEGER PRIMARY KEY, time TEXT NOT NULL, act TEXT NOT NULL,
    text TEXT NOT NULL, change TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('done', 'undone', 'dropped')));
CREATE INDEX acts_by_state ON acts (state, number);
CREATE TABLE models (name TEXT PRIMARY KEY, created TEXT NOT NULL, parameters TEXT NOT NULL,
    seed INTEGER NOT NULL, class_ids TEXT NOT NULL, n_labels INTEGER NOT NULL,
    versions TEXT NOT NULL, metrics TEXT NOT NULL);
CREATE TABLE predictions (model TEXT NOT NULL REFERENCES models ON DELETE CASCADE,
    particle_id INTEGER NOT NULL REFERENCES particles, stale INTEGER NOT NULL DEFAULT 0,
    novelty REAL, angle_rad REAL, offset_y_px REAL, offset_x_px REAL,
    probabilities BLOB NOT NULL, latents BLOB NOT NULL,
    PRIMARY KEY (model, particle_id)) WITHOUT ROWID;
"""
NAMES = [
    "meta",
    "classes",
    "micrographs",
    "particles",
    "measurements",
    "labels",
    "acts",
    "models",
    "predictions",
]
# What the first version wrote of an act: no field that came later.
CHANGE = '{"labels_before": [[null, [1, 2]]], "labels_after": 2, "classes": []}'


# The second version: masks edited by hand.
TABLES_2 = (
    TABLES
    + """
ALTER TABLE micrographs ADD COLUMN data_bar_by_hand INTEGER NOT NULL DEFAULT 0;
CREATE TABLE mask_edits (number INTEGER PRIMARY KEY REFERENCES acts,
    micrograph_id INTEGER NOT NULL REFERENCES micrographs, active INTEGER NOT NULL,
    pixels BLOB NOT NULL);
CREATE INDEX mask_edits_of_micrograph ON mask_edits (micrograph_id, active);
CREATE TABLE hand_made (particle_id INTEGER PRIMARY KEY REFERENCES particles,
    number INTEGER NOT NULL, micrograph_id INTEGER NOT NULL REFERENCES micrographs,
    measured TEXT NOT NULL, patch BLOB NOT NULL);
CREATE INDEX hand_made_of_micrograph ON hand_made (micrograph_id);
"""
)
NAMES_2 = [*NAMES, "mask_edits", "hand_made"]


def old_library(folder: Path, version: int = 1) -> Path:
    """Make an old library: twelve particles, 1 and 2 labelled, a class renamed and that undone.

    One of version 2 has particle 5 deleted by hand before the rename.
    """
    with new_library(folder) as library:
        library.do(AssignClass((1, 2), 2))
        if version == 2:
            change_by_hand(library, 1, "delete", [5])
        library.do(RenameClass(1, "rod"))
        library.undo()
    database = folder / "library.sqlite"
    old = folder / "old.sqlite"
    with closing(sqlite3.connect(old, isolation_level=None)) as connection:
        connection.executescript(TABLES if version == 1 else TABLES_2)
        connection.execute("ATTACH ? AS new", (str(database),))
        for name in NAMES if version == 1 else NAMES_2:
            columns = [row[1] for row in connection.execute(f"PRAGMA main.table_info({name})")]
            listed = ", ".join(columns)
            connection.execute(
                f"INSERT INTO main.{name} ({listed}) SELECT {listed} FROM new.{name}"
            )
        connection.execute("DELETE FROM main.classes WHERE class_id = 255")
        connection.execute("UPDATE main.acts SET change = ? WHERE number = 1", (CHANGE,))
        connection.execute("PRAGMA main.application_id = 1936938561")
        connection.execute(f"PRAGMA main.user_version = {version}")
        connection.execute("PRAGMA main.journal_mode = WAL")
    old.replace(database)
    return folder
