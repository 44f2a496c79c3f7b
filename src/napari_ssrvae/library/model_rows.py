"""The models of a library and what they predict. A model is a name and a folder here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.class_rows import merged_classes
from napari_ssrvae.library.database import Database

__all__ = [
    "PredictionColumns",
    "add_model",
    "add_to_metrics",
    "model_class_ids",
    "model_table",
    "prediction_table",
    "set_predictions",
]


class PredictionColumns(NamedTuple):
    """What a model says of N particles; K classes, d latents. See `ParticleLibrary.set_predictions`."""

    particle_ids: Sequence[int] | NDArray[np.integer]
    class_ids: Sequence[int] | NDArray[np.integer]
    probabilities: ArrayLike
    novelty: ArrayLike
    angle_rad: ArrayLike
    offset_px: ArrayLike
    latents: ArrayLike


_JSON = ("parameters", "class_ids", "versions", "metrics")


def add_model(
    database: Database,
    name: str,
    *,
    parameters: Mapping[str, Any],
    seed: int,
    class_ids: Sequence[int],
    n_labels: int,
    versions: Mapping[str, str],
    metrics: Mapping[str, Any],
    predictions: PredictionColumns | None = None,
    current: bool = True,
) -> None:
    """Note a model and what it says; one of the same name is replaced and its predictions go."""
    with database.transaction():
        database.run("DELETE FROM models WHERE name = ?", (name,))
        database.run(
            "INSERT INTO models VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                name,
                datetime.now(UTC).isoformat(timespec="milliseconds"),
                _dumped(dict(parameters)),
                int(seed),
                json.dumps([int(i) for i in class_ids]),
                int(n_labels),
                _dumped(dict(versions)),
                _dumped(dict(metrics)),
            ),
        )
        if current:
            database.run(
                "INSERT OR REPLACE INTO meta VALUES ('current_model', ?)", (json.dumps(name),)
            )
        if predictions is not None:
            _insert(database, name, predictions)


def add_to_metrics(database: Database, name: str, more: Mapping[str, Any]) -> None:
    """Note something more about a model."""
    with database.transaction():
        row = database.row("SELECT metrics FROM models WHERE name = ?", (name,))
        if row is None:
            raise InputError(f"There is no model “{name}” in the library: choose another.")
        metrics = _dumped(json.loads(row[0]) | dict(more))
        database.run("UPDATE models SET metrics = ? WHERE name = ?", (metrics, name))


def model_table(database: Database) -> pd.DataFrame:
    """All models, index name, the oldest first."""
    columns = ["name", "created", "parameters", "seed", "class_ids", "n_labels", "versions"]
    columns.append("metrics")
    rows = database.rows(f"SELECT {', '.join(columns)} FROM models ORDER BY created, rowid")
    table = pd.DataFrame(rows, columns=columns).set_index("name")
    for column in _JSON:
        table[column] = pd.Series(
            [json.loads(text) for text in table[column]], index=table.index, dtype=object
        )
    return table


def set_predictions(database: Database, model: str, predictions: PredictionColumns) -> None:
    """Write what a model says about some particles; see `ParticleLibrary.set_predictions`."""
    with database.transaction():
        _insert(database, model, predictions)


def _insert(database: Database, model: str, said: PredictionColumns) -> None:
    ids = np.asarray(said.particle_ids, np.int64).ravel().tolist()
    n = len(ids)
    mine = _class_ids(database, model)
    order = _order([int(i) for i in said.class_ids], mine, model)
    p = _checked("probabilities", said.probabilities, (n, len(mine)))[:, order]
    columns = [
        _checked("novelty", said.novelty, (n,)),
        _checked("angle_rad", said.angle_rad, (n,)),
        _checked("offset_px", said.offset_px, (n, 2)),
    ]
    z = np.asarray(said.latents, dtype="<f8")
    z = _checked("latents", z, (n, z.shape[1] if z.ndim == 2 else 0))
    _check_particles(database, ids)
    _check_latents(database, model, z.shape[1], ids)
    numbers = np.column_stack(columns).T.tolist()
    database.run_many(
        "INSERT OR REPLACE INTO predictions VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?)",
        zip(repeat(model), ids, *numbers, _blobs(p), _blobs(z), strict=False),
    )


def _blobs(rows: NDArray[np.float64]) -> list[bytes]:
    """Return the bytes of each row (N, m)."""
    packed, width = rows.tobytes(), rows.shape[1] * 8
    return [packed[i * width : (i + 1) * width] for i in range(len(rows))]


def prediction_table(
    database: Database,
    model: str | None,
    *,
    stale: bool,
    particle_ids: Iterable[int] | None = None,
) -> pd.DataFrame:
    """Return what a model says about the live particles (or some of them), index particle_id."""
    if model is None:
        return _empty()
    class_ids = _class_ids(database, model)
    where, values = "", [model]
    if particle_ids is not None:
        where = "AND particle_id IN (SELECT value FROM json_each(?))"
        values.append(json.dumps([int(i) for i in particle_ids]))
    rows = database.rows(
        "SELECT particle_id, novelty, angle_rad, offset_y_px, offset_x_px, probabilities, latents "
        "FROM predictions JOIN particles USING (particle_id) "
        f"WHERE model = ? AND retired = 0 {'' if stale else 'AND stale = 0'} {where} "
        "ORDER BY particle_id",
        values,
    )
    if not rows:
        return _empty()
    ids, novelty, angle, y, x, probabilities, latents = zip(*rows, strict=True)
    p = np.frombuffer(b"".join(probabilities), "<f8").reshape(len(rows), -1)
    z = np.frombuffer(b"".join(latents), "<f8").reshape(len(rows), -1)
    class_ids, p = _merged(database, class_ids, p)
    best = p.argmax(axis=1)
    columns: dict[str, Any] = {
        "class_id": np.array(class_ids, dtype=np.int64)[best],
        "probability": p[np.arange(len(p)), best],
        "novelty": np.array(novelty, dtype=float),
        "angle_deg": np.rad2deg(np.array(angle, dtype=float)),
        "offset_y_px": np.array(y, dtype=float),
        "offset_x_px": np.array(x, dtype=float),
    }
    columns |= {f"z_{i}": z[:, i] for i in range(z.shape[1])}
    columns |= {f"p_{class_id}": p[:, i] for i, class_id in enumerate(class_ids)}
    return pd.DataFrame(columns, index=pd.Index(ids, name="particle_id", dtype="int64"))


def _merged(
    database: Database, class_ids: list[int], p: NDArray[np.float64]
) -> tuple[list[int], NDArray[np.float64]]:
    """Give the probability (N, K) of a class that was merged into another since to the other."""
    now = merged_classes(database, class_ids)
    if now == class_ids:
        return class_ids, p
    kept = list(dict.fromkeys(now))
    return kept, np.column_stack([p[:, np.array(now) == class_id].sum(axis=1) for class_id in kept])


def _empty() -> pd.DataFrame:
    numbers = ("probability", "novelty", "angle_deg", "offset_y_px", "offset_x_px")
    columns = {"class_id": np.empty(0, np.int64), **{name: np.empty(0) for name in numbers}}
    return pd.DataFrame(columns, index=pd.Index([], name="particle_id", dtype="int64"))


def model_class_ids(database: Database, model: str) -> list[int] | None:
    """Return the classes that a model was trained with; None if it is not in the library."""
    row = database.row("SELECT class_ids FROM models WHERE name = ?", (model,))
    return None if row is None else [int(i) for i in json.loads(row[0])]


def _class_ids(database: Database, model: str) -> list[int]:
    found = model_class_ids(database, model)
    if found is None:
        raise InputError(f"There is no model “{model}” in the library: train or add it first.")
    return found


def _order(given: list[int], mine: list[int], model: str) -> list[int]:
    if sorted(given) != sorted(mine):
        raise InputError(
            f"The probabilities are for classes {given}, the model “{model}” has {mine}: "
            "classify with that model."
        )
    return [given.index(class_id) for class_id in mine]


def _checked(what: str, values: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    array = np.asarray(values, dtype="<f8")
    if array.shape != shape:
        raise InputError(f"The {what} have the shape {array.shape}: they must be {shape}.")
    if not np.isfinite(array).all():
        raise InputError(f"The {what} contain numbers that are not finite: train the model again.")
    return array


def _check_particles(database: Database, ids: list[int]) -> None:
    known = database.rows(
        "SELECT particle_id FROM particles WHERE particle_id IN (SELECT value FROM json_each(?))",
        (json.dumps(ids),),
    )
    # Retired ones are welcome: a segmentation may come while a model is at work.
    if missing := sorted(set(ids) - {particle_id for (particle_id,) in known}):
        raise InputError(f"There is no particle {missing[0]} in the library: predict for its own.")


def _check_latents(database: Database, model: str, d: int, ids: list[int]) -> None:
    row = database.row(
        "SELECT length(latents) / 8 FROM predictions WHERE model = ? LIMIT 1", (model,)
    )
    if row is not None and row[0] != d:
        raise InputError(
            f"The model “{model}” has {row[0]} latents in the library, not {d}: "
            f"add it again under this or another name before storing {len(ids)} predictions."
        )


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return str(value)
