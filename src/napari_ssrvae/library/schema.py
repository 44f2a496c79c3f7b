"""The tables of library.sqlite."""

from __future__ import annotations

import sqlite3

__all__ = ["APPLICATION_ID", "SCHEMA_VERSION", "create_tables"]

SCHEMA_VERSION = 1
APPLICATION_ID = 0x73735641  # "ssVA": tells a library from any other SQLite file

_TABLES = """
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
    place INTEGER NOT NULL,                  -- its row in patches and measurements
    clipped INTEGER NOT NULL,
    retired INTEGER NOT NULL DEFAULT 0,
    -- Only when retired: where it was, so that it can come back.
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


def create_tables(connection: sqlite3.Connection) -> None:
    """Make the tables of an empty library and mark the file as one."""
    connection.executescript(_TABLES)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
