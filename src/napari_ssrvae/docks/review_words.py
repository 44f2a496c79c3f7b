"""What the review says in words: why a particle is asked for, and how often the model was right."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_ssrvae.session.queue import Pick, RunningAccuracy

__all__ = ["ENOUGH", "accuracy_words", "place_words", "probability_words", "reason_words"]

ENOUGH = 10
"""Answers below which a share says nothing."""

REASONS = {
    "typical": "Typical: many others look like it.",
    "uncertain": "Uncertain: the model cannot decide.",
    "random": "Check: drawn at random, to judge the model.",
}


def reason_words(pick: Pick) -> str:
    """Return why this particle was picked."""
    if pick.reason == "random" and pick.class_id is None:
        return "Drawn at random, so that nothing is overlooked."
    if pick.reason == "uncertain" and pick.class_id is None:
        return "Unlike what is labelled so far."
    return REASONS[pick.reason]


def probability_words(probability: float) -> str:
    """Return a probability as text, never surer than it is."""
    if math.isnan(probability):
        return ""
    return "over 0.99" if probability > 0.99 else f"{probability:.2f}"


def place_words(position: int, remaining: int) -> str:
    """Return where the review is."""
    left = "the last one" if remaining == 0 else f"{remaining:,} more to go"
    return f"Number {position:,}; {left}"


def accuracy_words(accuracy: RunningAccuracy | None) -> str:
    """Return how often the model was right on random picks, with the 95 % Wilson interval; no more than is known."""
    if accuracy is None:
        return ""
    if not accuracy.judged:
        return (
            "Not checked yet: about one particle in seven is drawn at random, "
            "and your answers to those tell how often the model is right."
        )
    right = f"Checks: {accuracy.right:,} of {accuracy.judged:,} random particles right"
    if accuracy.judged < ENOUGH:
        return f"{right}: too few to say more, {ENOUGH} are needed."
    # Outwards, so that rounding never makes the interval narrower than it is.
    low, high = math.floor(100 * accuracy.low), math.ceil(100 * accuracy.high)
    return f"{right}. Of all of them {low} to {high} % (95 %)."
