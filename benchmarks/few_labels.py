"""How far few labels go: the generated sample of 300 agglomerates, labelled in the order that the queue proposes.

    python -m benchmarks.few_labels [--samples 1 2 3] [--labels 18] [--reviewed 3] [--answers 31] [--draws 2]

What a person does who answers every particle as it is: so many labels in the order "helpful", a training, a review of
a few in the order "doubt"; then they look at the coloured picture and correct what they see to be wrong. If that is
more than their answers allow, they train again after half of them. Prints labels per class, the share of all 300 that
is right after the first training and at the end, how often the random picks were, answers, trainings and the processor
time. Particles that match no true one would be junk.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from time import process_time

import numpy as np

from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.evaluation.matching import match_particles
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.session import Session
from napari_ssrvae.ssrvae.parameters import SSRVAEParameters
from napari_ssrvae.workflow import ParticlesFound, Trained, find_particles, train_model


def opened(session: Session, seed: int) -> dict[int, int]:
    """Find the particles of a sample; return the class id that a person would give each."""
    made = generate_micrograph(300, seed=seed)
    state = session.add_micrograph(
        Micrograph.from_array(
            made.image,
            name="agglomerates",
            pixel_size_nm=made.pixel_size_nm,
            data_bar=made.data_bar,
        )
    )
    found = next(e for e in find_particles(state.micrograph) if isinstance(e, ParticlesFound))
    session.accept_particles(state, found)
    assert state.labels is not None
    matching = match_particles(state.labels, made.labels)
    *ordinary, reserved = [c.class_id for c in session.classes]
    truth = dict.fromkeys(state.particle_ids[state.label_ids].tolist(), reserved)
    for label_id, true_id in zip(matching.label_ids, matching.truth_ids, strict=True):
        truth[int(state.particle_ids[label_id])] = ordinary[made.classes[true_id - 1] - 1]
    return truth


def answer(session: Session, truth: dict[int, int], order: str, n: int) -> None:
    """Answer the next `n` particles of the queue."""
    session.queue.start("doubt" if order == "doubt" else "helpful")
    for _ in range(n):
        pick = session.queue.current
        if pick is None:
            break
        session.queue.answer(truth[pick.particle_id])


def wrong(session: Session, truth: dict[int, int]) -> list[int]:
    """Return the particles whose class, by hand or by the model, is not the true one, the largest first."""
    catalogue = session.catalogue
    shown = np.where(catalogue.by_hand > 0, catalogue.by_hand, catalogue.by_model)
    largest_first = np.argsort(-catalogue.size, kind="stable")
    particles = zip(catalogue.particle_ids[largest_first], shown[largest_first], strict=True)
    return [int(p) for p, class_id in particles if truth[int(p)] != class_id]


def train(session: Session, name: str) -> None:
    """Train with the defaults and take the model over."""
    library = session.need_library()
    events = train_model(
        session.training_set(), SSRVAEParameters(), name=name, folder=library.model_folder(name)
    )
    session.accept_training(next(event for event in events if isinstance(event, Trained)))


def work(session: Session, truth: dict[int, int], options: argparse.Namespace) -> str:
    """Go the whole way; return what is printed of it."""
    answer(session, truth, "helpful", options.labels)
    per_class = session.need_library().labels().value_counts().sort_index().tolist()
    train(session, "model-1")
    trained = 1 - len(wrong(session, truth)) / len(truth)
    answer(session, truth, "doubt", options.reviewed)
    said = session.queue.accuracy
    judged = "-" if said is None else f"{said.right} of {said.judged}"
    left, trainings = options.answers - options.labels - options.reviewed, 1
    if len(seen := wrong(session, truth)) > left:
        for particle in seen[: left // 2]:
            session.assign([particle], truth[particle])
        train(session, "model-2")
        # Pressing Train is an action too.
        left, trainings = left - left // 2 - 1, 2
    for particle in wrong(session, truth)[:left]:
        session.assign([particle], truth[particle])
        left -= 1
    right = 1 - len(wrong(session, truth)) / len(truth)
    answers = options.answers - left
    return f"{per_class!s:>18}{trained:9.3f}{judged:>9}{right:7.3f}{answers:9}{trainings:11}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--labels", type=int, default=18)
    parser.add_argument("--reviewed", type=int, default=3)
    parser.add_argument("--answers", type=int, default=31)
    parser.add_argument("--draws", type=int, default=2)
    options = parser.parse_args()
    print(
        "sample  draw  labels per class  trained   random  right  answers  trainings  processor, s"
    )
    for sample in options.samples:
        for draw in range(options.draws):
            start = process_time()
            with tempfile.TemporaryDirectory() as home:
                session = Session(Path(home), seed=draw)
                truth = opened(session, sample)
                row = work(session, truth, options)
                session.close()
            print(f"{sample:6}{draw:6}{row}{process_time() - start:14.1f}", flush=True)


if __name__ == "__main__":
    main()
