"""Numbers of the report as people read them, and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from napari_ssrvae.session import Session
    from napari_ssrvae.workflow.judging import Judgement
    from napari_ssrvae.workflow.reliability import Reliability

__all__ = [
    "class_table",
    "confusion_table",
    "headline",
    "names_of",
    "reliability_table",
    "with_interval",
]


def with_interval(value: float, low: float, high: float) -> str:
    """Return "0.83 (0.55\u20130.95)", or a dash where there is no value."""
    return f"{value:.2f} ({low:.2f}\u2013{high:.2f})" if np.isfinite(value) else "\u2013"


def headline(judgement: Judgement) -> str:
    """Return the accuracy in a sentence; only what may be said."""
    right = int(np.diag(judgement.confusion.counts).sum())
    n = len(judgement.answers)
    if judgement.too_few:
        return f"{judgement.answers.model}: {right} of {n} right"
    return (
        f"{judgement.answers.model}: {right} of {n} right, accuracy "
        f"{with_interval(judgement.accuracy, judgement.low, judgement.high)}; mean over classes "
        f"{with_interval(judgement.balanced, judgement.balanced_low, judgement.balanced_high)} "
        "(95 % intervals)"
    )


def names_of(session: Session, class_ids: Sequence[int]) -> list[str]:
    """Return the names of classes, of those that are gone as well."""
    ever = {} if session.library is None else session.library.class_names_ever()
    now = {c.class_id: c.name for c in session.classes}
    return [now.get(c, ever.get(c, f"class {c}")) for c in class_ids]


def class_table(judgement: Judgement, names: Sequence[str]) -> pd.DataFrame:
    """Return recall and precision of each class with their intervals."""
    import pandas as pd

    j = judgement
    return pd.DataFrame(
        {
            "class": list(names),
            "true (particles)": j.support,
            "predicted (particles)": j.confusion.counts.sum(axis=0),
            "right (particles)": np.diag(j.confusion.counts),
            "recall": j.recall,
            "recall low (95 %)": j.recall_low,
            "recall high (95 %)": j.recall_high,
            "precision": j.precision,
            "precision low (95 %)": j.precision_low,
            "precision high (95 %)": j.precision_high,
            "too few to say": j.few,
            "source": j.source,
        }
    )


def confusion_table(judgement: Judgement, names: Sequence[str]) -> pd.DataFrame:
    """Return each cell of the matrix as a row."""
    import pandas as pd

    found = judgement.confusion
    rows, columns = (place.ravel() for place in np.indices(found.counts.shape))
    return pd.DataFrame(
        {
            "true": [names[int(k)] for k in rows],
            "predicted": [names[int(k)] for k in columns],
            "particles": found.counts.ravel(),
            "share of row (%)": 100 * found.fraction.ravel(),
            "low (95 %)": 100 * found.low.ravel(),
            "high (95 %)": 100 * found.high.ravel(),
            "source": judgement.source,
        }
    )


def reliability_table(found: Reliability) -> pd.DataFrame:
    """Return each bin of the reliability diagram as a row."""
    import pandas as pd

    return pd.DataFrame(
        {
            "confidence from": found.left,
            "confidence to": found.right,
            "mean confidence": found.confidence,
            "accuracy": found.accuracy,
            "accuracy low (95 %)": found.low,
            "accuracy high (95 %)": found.high,
            "answers (particles)": found.n,
        }
    )
