"""Answers to particles that were picked at random: how often a model was right, told honestly."""

from __future__ import annotations

import pandas as pd

from napari_ssrvae.library.acts import AssignClass
from napari_ssrvae.library.class_rows import merged_classes
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.model_rows import model_class_ids, prediction_table

__all__ = ["check_table", "store_check"]


def store_check(database: Database, number: int, act: AssignClass) -> None:
    """Keep what the model of `act.check` says of the particles, inside the transaction of the act.

    An answer counts as a label whatever becomes of the model: without a prediction there is no check.
    """
    if act.check is None or act.class_id is None or model_class_ids(database, act.check) is None:
        return
    said = prediction_table(database, act.check, stale=False, particle_ids=act.particle_ids)
    database.run_many(
        "INSERT INTO checks VALUES (?, ?, ?, ?)",
        [
            (number, particle_id, act.check, class_id)
            for particle_id, class_id in zip(
                said.index.tolist(), said["class_id"].tolist(), strict=True
            )
        ],
    )


def check_table(database: Database, model: str | None) -> pd.DataFrame:
    """Return the answers that count, the last for each model and particle. See `ParticleLibrary.checks`."""
    rows = database.rows(
        "SELECT particle_id, model, predicted, class_id FROM checks "
        "JOIN acts USING (number) JOIN labels USING (particle_id) "
        f"WHERE state = 'done' {'' if model is None else 'AND model = ?'} "
        "ORDER BY particle_id, model, number",
        () if model is None else (model,),
    )
    columns = ["particle_id", "model", "predicted", "answer"]
    table = pd.DataFrame(rows, columns=columns).astype(
        {"particle_id": "int64", "model": "object", "predicted": "int64", "answer": "int64"}
    )
    table = table.drop_duplicates(["particle_id", "model"], keep="last").set_index("particle_id")
    predicted = table["predicted"].tolist()
    counts_as = dict(zip(predicted, merged_classes(database, predicted), strict=True))
    table["predicted"] = table["predicted"].map(counts_as).astype("int64")
    table["right"] = table["predicted"] == table["answer"]
    return table
