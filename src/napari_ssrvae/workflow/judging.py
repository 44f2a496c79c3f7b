"""How far a model can be trusted: from labels it had not learned from when it was asked, never from others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.metrics import Confusion, confusion, wilson_interval
from napari_ssrvae.workflow.reliability import Reliability, reliability

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary

__all__ = ["FEW", "FEW_OF_CLASS", "Answers", "Judgement", "Source", "answers_of", "judge"]

Source: TypeAlias = Literal["held_out", "random"]
Floats: TypeAlias = NDArray[np.float64]
Ids: TypeAlias = NDArray[np.int64]

# Under these, an interval is so wide that the number in it only misleads.
FEW, FEW_OF_CLASS = 10, 5


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model said of M particles and what the hand says, both as class ids of today.

    Attributes
    ----------
    model : str
    source : {"held_out", "random"}
        Labels kept aside in its training, or answers to particles picked at random.
    particle_ids, true, predicted : (M,) int64
    probability : (M,) float64
        Of the predicted class; NaN where it is not known.
    left_out : int
        Answers that count no more: the particle, its label or the class that was predicted is gone.
    begun_from : str or None
        The model that gave the answers, where `model` went on from it: it had no labels kept aside itself.
    """

    model: str
    source: Source
    particle_ids: Ids
    true: Ids
    predicted: Ids
    probability: Floats
    left_out: int = 0
    begun_from: str | None = None

    def __len__(self) -> int:
        return len(self.true)


@dataclass(frozen=True, eq=False)
class Judgement:
    """A model judged by M answers over K classes. Intervals are of 95 %.

    Attributes
    ----------
    answers : Answers
    class_ids : tuple of int, length K
        Rows and columns of `confusion`: those that occur, in the order of the library.
    confusion : Confusion
        Rows true, columns predicted.
    recall, precision : (K,) float64
        NaN where there is no such particle; `recall_low` ... `precision_high` are Wilson intervals.
    accuracy, low, high : float
        Share that is right and its Wilson interval.
    balanced, balanced_low, balanced_high : float
        Mean recall of the classes with answers; its interval by the method of variance estimates recovery
        from the Wilson intervals of the recalls (Zou and Donner, Stat. Med. 27, 1693, 2008).
    reliability : Reliability
        Of the confidence.
    words : tuple of str
        What must be said with the numbers.
    """

    answers: Answers
    class_ids: tuple[int, ...]
    confusion: Confusion
    recall: Floats
    recall_low: Floats
    recall_high: Floats
    precision: Floats
    precision_low: Floats
    precision_high: Floats
    accuracy: float
    low: float
    high: float
    balanced: float
    balanced_low: float
    balanced_high: float
    reliability: Reliability
    words: tuple[str, ...]

    @property
    def source(self) -> Source:
        """Where the answers come from."""
        return self.answers.source

    @property
    def too_few(self) -> bool:
        """Whether there are too few answers to say anything."""
        return len(self.answers) < FEW

    @property
    def support(self) -> NDArray[np.int64]:
        """Answers (K,) of each true class."""
        return np.asarray(self.confusion.counts.sum(axis=1))

    @property
    def few(self) -> NDArray[np.bool_]:
        """Of each class (K,), whether it has too few answers for its recall to mean much."""
        return np.asarray(self.support < FEW_OF_CLASS)

    def particles(self, true: int, predicted: int) -> Ids:
        """Return the particles of one cell, by class ids."""
        a = self.answers
        return np.asarray(a.particle_ids[(a.true == true) & (a.predicted == predicted)])


def answers_of(library: ParticleLibrary, model: str, source: Source) -> Answers:
    """Return what a model said of labels that it had not learned from.

    What was labelled otherwise since counts as it is labelled now, and merged classes count as one.

    Raises
    ------
    InputError
        There are none; the sentence says how to get some.
    """
    return _held_out(library, model) if source == "held_out" else _random(library, model)


def judge(answers: Answers, order: Sequence[int]) -> Judgement:
    """Return how good a model is.

    Parameters
    ----------
    answers : Answers
        At least one.
    order : sequence of int
        The class ids of the library in their order.
    """
    occurring = {*answers.true.tolist(), *answers.predicted.tolist()}
    class_ids = tuple(c for c in order if c in occurring)
    class_ids += tuple(sorted(occurring - set(class_ids)))
    place = {class_id: k for k, class_id in enumerate(class_ids)}
    true, predicted = (
        np.array([place[c] for c in column.tolist()], np.int64)
        for column in (answers.true, answers.predicted)
    )
    found = confusion(true, predicted, len(class_ids))
    hits, rows, columns = np.diag(found.counts), found.counts.sum(axis=1), found.counts.sum(axis=0)
    recall_low, recall_high = wilson_interval(hits, rows)
    precision_low, precision_high = wilson_interval(hits, columns)
    recall, precision = _share(hits, rows), _share(hits, columns)
    low, high = wilson_interval(hits.sum(), len(answers))
    balanced, balanced_low, balanced_high = _mean(recall, recall_low, recall_high)
    return Judgement(
        answers,
        class_ids,
        found,
        recall,
        recall_low,
        recall_high,
        precision,
        precision_low,
        precision_high,
        float(hits.sum() / len(answers)),
        float(low),
        float(high),
        balanced,
        balanced_low,
        balanced_high,
        reliability(answers.probability, true == predicted),
        _words(answers, rows),
    )


def _held_out(library: ParticleLibrary, model: str) -> Answers:
    metrics = library.models().to_dict("index")[model]["metrics"]
    held_out = metrics.get("held_out")
    if not isinstance(held_out, Mapping):
        raise InputError(
            f"{model} kept no labels aside: label some more of each class, then train again."
        )
    told = held_out.get("particles")
    if not isinstance(told, Mapping):
        raise InputError(
            f"{model} did not note which labels it kept aside: train again to see them."
        )
    ids, said = (np.asarray(told[name], np.int64) for name in ("particle_ids", "predicted"))
    p = np.asarray(told["probability"], np.float64)
    if not len(ids):
        raise InputError(
            f"{model} did not note which labels it kept aside: train it from the beginning to see them."
        )
    begun_from = metrics.get("warm_from")
    found = _today(library, model, "held_out", ids, said, p)
    return found if begun_from is None else replace(found, begun_from=str(begun_from))


def _random(library: ParticleLibrary, model: str) -> Answers:
    table = library.checks(model)
    if not len(table):
        raise InputError(
            f"Nothing that {model} says was checked by random picks yet: answer some with “Next to label” (N)."
        )
    ids = table.index.to_numpy(np.int64)
    said = table["predicted"].to_numpy(np.int64)
    now = library.predictions(model, particle_ids=ids.tolist())
    # What it said then and says now is the same, unless the mask was changed since.
    p = now["probability"].where(now["class_id"] == table["predicted"].reindex(now.index))
    return _today(library, model, "random", ids, said, p.reindex(table.index).to_numpy(np.float64))


def _today(
    library: ParticleLibrary, model: str, source: Source, ids: Ids, said: Ids, p: Floats
) -> Answers:
    by_hand = library.labels(particle_ids=ids.tolist()).reindex(ids).fillna(0).to_numpy(np.int64)
    predicted = np.array(library.classes_now(said.tolist()), np.int64)
    live = np.array([c.class_id for c in library.classes()], np.int64)
    counts = np.isin(by_hand, live) & np.isin(predicted, live)
    if not counts.any():
        raise InputError(
            f"None of the labels that could judge {model} is left: label some particles, then train again."
        )
    return Answers(
        model,
        source,
        ids[counts],
        by_hand[counts],
        predicted[counts],
        p[counts],
        int((~counts).sum()),
    )


def _share(hits: Any, trials: Any) -> Floats:
    return np.where(trials > 0, hits / np.maximum(trials, 1), np.nan)


def _mean(p: Floats, low: Floats, high: Floats) -> tuple[float, float, float]:
    some = np.isfinite(p)
    n, middle = int(some.sum()), float(p[some].mean())
    down = float(np.sqrt(((p - low)[some] ** 2).sum()) / n)
    up = float(np.sqrt(((high - p)[some] ** 2).sum()) / n)
    return middle, max(0.0, middle - down), min(1.0, middle + up)


def _words(answers: Answers, support: NDArray[np.int64]) -> tuple[str, ...]:
    n = len(answers)
    words = [
        "Judged by labels kept aside before the model learned from them."
        if answers.source == "held_out"
        else "Judged by answers to particles picked at random, before the model learned from them."
    ]
    if n < FEW:
        words.append(f"Only {n} {'answer' if n == 1 else 'answers'}: too few to say.")
    elif (few := int(((support < FEW_OF_CLASS) & (support > 0)).sum())) > 0:
        which = "1 class has" if few == 1 else f"{few} classes have"
        words.append(f"{which} fewer than {FEW_OF_CLASS} answers: too few to say for these.")
    if answers.source == "held_out":
        words.append("Labels that were not chosen at random may be easier or harder than the rest.")
    if answers.begun_from is not None:
        words.append(
            f"{answers.model} went on from {answers.begun_from}: the answers are from before it did."
        )
    if answers.left_out:
        words.append(f"{answers.left_out} left out: their label, particle or class is gone.")
    return tuple(words)
