"""The tables of library.sqlite, as steps from each version to the next.

A new library goes through all steps, an older one through those it lacks, so both end up alike.
"""

from __future__ import annotations

import json
import sqlite3

from napari_ssrvae.library.classes import (
    NONE_OF_THESE,
    NONE_OF_THESE_COLOUR,
    NONE_OF_THESE_ID,
    name_key,
)

__all__ = ["APPLICATION_ID", "SCHEMA_VERSION", "create_tables", "upgrade_tables"]

APPLICATION_ID = 0x73735641  # "ssVA": tells a library from any other SQLite file

_VERSION_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE classes (
    class_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    colour TEXT NOT NULL,
    position INTEGER NOT NULL,
    removed INTEGER NOT NULL DEFAULT 0       -- kept, so that its number is never given out again
);

CREATE TABLE micrographs (
    micrograph_id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    path TEXT,                               -- where it was; never needed again
    height INTEGER NOT NULL,
    width INTEGER NOT NULL,
    pixel_size_nm REAL,
    pixel_size_source TEXT,
    data_bar_start INTEGER,
    data_bar_stop INTEGER,
    metadata TEXT NOT NULL,                  -- JSON
    notes TEXT NOT NULL,                     -- JSON
    parameters TEXT,                         -- JSON, of the last segmentation
    revision INTEGER NOT NULL DEFAULT 0,     -- of mask and patches; part of their file names
    patch_size INTEGER,
    window_px INTEGER
);

CREATE TABLE particles (
    particle_id INTEGER PRIMARY KEY,
    micrograph_id INTEGER NOT NULL REFERENCES micrographs,
    label_id INTEGER NOT NULL,               -- its number in the mask
    place INTEGER NOT NULL,                  -- its row in patches and measurements; -1: `hand_made`
    clipped INTEGER NOT NULL,
    -- 0 live, 1 without a successor in a segmentation, 2 taken away by hand, 3 made by an edit
    -- that was undone (kept, so that its number is never given out again).
    retired INTEGER NOT NULL DEFAULT 0,
    -- Only when 1 or 2: where it was, so that it can come back.
    top INTEGER, left INTEGER, height INTEGER, width INTEGER, shape BLOB,
    centroid_y_px REAL, centroid_x_px REAL, area_px INTEGER
);
CREATE INDEX particles_of_micrograph ON particles (micrograph_id, retired);

CREATE TABLE measurements (
    micrograph_id INTEGER NOT NULL REFERENCES micrographs,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    dtype TEXT NOT NULL,                     -- numpy's, little-endian; or "text" for JSON
    data BLOB NOT NULL,
    PRIMARY KEY (micrograph_id, name)
) WITHOUT ROWID;

CREATE TABLE labels (
    particle_id INTEGER PRIMARY KEY REFERENCES particles,
    class_id INTEGER NOT NULL REFERENCES classes
);

CREATE TABLE acts (
    number INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    act TEXT NOT NULL,                       -- JSON
    text TEXT NOT NULL,                      -- for people
    change TEXT NOT NULL,                    -- JSON: what was before, for the inverse
    state TEXT NOT NULL CHECK (state IN ('done', 'undone', 'dropped'))
);
CREATE INDEX acts_by_state ON acts (state, number);

CREATE TABLE models (
    name TEXT PRIMARY KEY,
    created TEXT NOT NULL,
    parameters TEXT NOT NULL,
    seed INTEGER NOT NULL,
    class_ids TEXT NOT NULL,
    n_labels INTEGER NOT NULL,
    versions TEXT NOT NULL,
    metrics TEXT NOT NULL
);

CREATE TABLE predictions (
    model TEXT NOT NULL REFERENCES models ON DELETE CASCADE,
    particle_id INTEGER NOT NULL REFERENCES particles,
    stale INTEGER NOT NULL DEFAULT 0,        -- the particle's picture has changed since
    novelty REAL,
    angle_rad REAL,
    offset_y_px REAL,
    offset_x_px REAL,
    probabilities BLOB NOT NULL,             -- float64 in the order of the model's class_ids
    latents BLOB NOT NULL,                   -- float64
    PRIMARY KEY (model, particle_id)
) WITHOUT ROWID;
"""


# 2: masks edited by hand, data bars corrected by hand.
_VERSION_2 = """
ALTER TABLE micrographs ADD COLUMN data_bar_by_hand INTEGER NOT NULL DEFAULT 0;

-- The mask that counts is the file with the edits whose act is done on it, in their order.
CREATE TABLE mask_edits (
    number INTEGER PRIMARY KEY REFERENCES acts,
    micrograph_id INTEGER NOT NULL REFERENCES micrographs,
    active INTEGER NOT NULL,                 -- 1 done, 0 undone
    pixels BLOB NOT NULL                     -- PixelRuns
);
CREATE INDEX mask_edits_of_micrograph ON mask_edits (micrograph_id, active);

-- Particles that an edit made: what the files know of the others.
CREATE TABLE hand_made (
    particle_id INTEGER PRIMARY KEY REFERENCES particles,
    number INTEGER NOT NULL,                 -- the edit
    micrograph_id INTEGER NOT NULL REFERENCES micrographs,
    measured TEXT NOT NULL,                  -- JSON, column name to value
    patch BLOB NOT NULL                      -- float32, (S, S)
);
CREATE INDEX hand_made_of_micrograph ON hand_made (micrograph_id);
"""

# 3: the reserved class, answers that judge a model.
_VERSION_3 = """
ALTER TABLE classes ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0;

-- What a model said of particles picked at random, when a person answered.
CREATE TABLE checks (
    number INTEGER NOT NULL REFERENCES acts, -- the answer; it counts while its act is done
    particle_id INTEGER NOT NULL REFERENCES particles,
    model TEXT NOT NULL REFERENCES models ON DELETE CASCADE,
    predicted INTEGER NOT NULL,
    PRIMARY KEY (number, particle_id)
) WITHOUT ROWID;
CREATE INDEX checks_of_model ON checks (model);
"""

_STEPS = (_VERSION_1, _VERSION_2, _VERSION_3)
SCHEMA_VERSION = len(_STEPS)


def create_tables(connection: sqlite3.Connection) -> None:
    """Make the tables of an empty library and mark the file as one."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    upgrade_tables(connection, 0)


def upgrade_tables(connection: sqlite3.Connection, version: int) -> None:
    """Take the tables from a version to the newest, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for script in _STEPS[version:]:
            for statement in _statements(script):
                connection.execute(statement)
        if version < 3:
            _add_reserved_class(connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _add_reserved_class(connection: sqlite3.Connection) -> None:
    if connection.execute(
        "SELECT 1 FROM classes WHERE class_id = ?", (NONE_OF_THESE_ID,)
    ).fetchone():
        return  # the number is spent: such a library has no reserved class
    taken = _names_ever(connection)
    name, number = NONE_OF_THESE, 1
    while name_key(name) in taken:
        number += 1
        name = f"{NONE_OF_THESE} ({number})"
    connection.execute(
        "INSERT INTO classes VALUES (?, ?, ?, 0, 0, 1)",
        (NONE_OF_THESE_ID, name, NONE_OF_THESE_COLOUR),
    )


def _names_ever(connection: sqlite3.Connection) -> set[str]:
    """Names that classes have, or get again when acts are undone or redone."""
    names = {name for (name,) in connection.execute("SELECT name FROM classes")}
    changes = connection.execute(
        "SELECT change FROM acts WHERE state IN ('done', 'undone') "
        "AND json_extract(act, '$.act') IN ('add_class', 'rename_class')"
    )
    for (change,) in changes:
        for _, before, after in json.loads(change)["classes"]:
            names |= {row[0] for row in (before, after) if row is not None}
    return {name_key(name) for name in names}


def _statements(script: str) -> list[str]:
    # Not executescript: it commits whatever transaction is under way.
    lines = [line.split("--")[0] for line in script.splitlines()]
    return [statement for text in "\n".join(lines).split(";") if (statement := text.strip())]
