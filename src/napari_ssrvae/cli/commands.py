"""What each command does. Each returns what `--json` prints and the text for people."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow import (
    TYPED,
    Classified,
    Failed,
    ParticlesFound,
    Progress,
    Trained,
    TrainingSet,
    broken_off_like,
    classify_particles,
    find_particles,
    free_model_name,
    guarded,
    label_from_csv,
    project_window,
    read_model_card,
    register_training,
    store_particles,
    store_predictions,
    train_model,
)

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary
    from napari_ssrvae.micrographs import Micrograph

__all__ = [
    "classify",
    "demo",
    "export",
    "label",
    "open_window",
    "segment",
    "train",
]

Answer = tuple[dict[str, Any], str]
Event = TypeVar("Event")
Parameters = TypeVar("Parameters", bound=BaseModel)


def say(options: Namespace, text: str) -> None:
    """Put one line of progress on standard error."""
    if not options.quiet:
        print(text, file=sys.stderr, flush=True)


def follow(options: Namespace, events: Iterable[Event]) -> Iterator[Event]:
    """Pass events on, show progress, and turn a failure into the sentence that ends the command."""
    doing = ""
    for event in guarded(iter(events)):
        if isinstance(event, Failed):
            raise InputError(event.message)
        if isinstance(event, Progress):
            if event.text != doing:
                say(options, f"  {event.text}")
            doing = event.text
        elif type(event).__name__ == "FitNotice":
            say(options, f"  {event.message}")  # type: ignore[attr-defined]
        elif type(event).__name__ == "EpochEvent":
            e: Any = event
            held_out = (
                "" if e.held_out_accuracy is None else f", held out {e.held_out_accuracy:.3f}"
            )
            say(
                options,
                f"  epoch {e.epoch}/{e.epochs}: loss {e.loss:.1f}, labels {e.train_accuracy:.3f}{held_out}",
            )
        yield event


def parameters_from(model: type[Parameters], settings: list[str], **more: Any) -> Parameters:
    """Return parameters with NAME=VALUE settings applied; pydantic reads the values."""
    values: dict[str, Any] = {k: v for k, v in more.items() if v is not None}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or name not in model.model_fields:
            raise InputError(
                f"{setting!r} is no setting: write NAME=VALUE with one of {', '.join(model.model_fields)}."
            )
        choices = {str(c): c for c in _choices(model.model_fields[name].annotation)}
        # A choice may be a number, which pydantic does not read out of a text, or be called "none".
        nothing = value.lower() in ("none", "automatic")
        values[name] = choices.get(value, None if nothing else value)
    try:
        return model(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "The settings"
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise InputError(f"{where}: {reason}.") from error


def _choices(annotation: Any) -> tuple[Any, ...]:
    """Return the values of a Literal, also of one that may be None; none of any other type."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(choice for part in get_args(annotation) for choice in _choices(part))


def segment(options: Namespace) -> Answer:
    """Find the particles of micrographs and put them into a library."""
    from napari_ssrvae.cli.info import settle_hint
    from napari_ssrvae.cli.patch_settings import ContradictionError, patches_for
    from napari_ssrvae.micrographs import list_micrographs, read_micrograph
    from napari_ssrvae.particles import PatchParameters, SegmentationParameters

    parameters = parameters_from(SegmentationParameters, options.set)
    asked = parameters_from(PatchParameters, options.patch)
    counts: dict[str, int] = {}
    lost: dict[str, int] = {}
    failed: list[dict[str, str]] = []
    contradictory: dict[str, list[float]] = {}
    images = list_micrographs(options.images)
    with LibraryAtNeed(options.library) as at_need:
        for path in images:
            say(options, str(path))
            try:
                micrograph = with_pixel_size(read_micrograph(path), options.pixel_size)
                if choices := [(c.nm, c.source) for c in micrograph.pixel_size_choices]:
                    contradictory[str(path)] = [nm for nm, _ in choices]
                    print(
                        f"napari-ssrvae: {settle_hint(path, choices)} Going on in pixels.",
                        file=sys.stderr,
                    )
                # Found first, and the library made then: an image without particles leaves nothing behind.
                patches = patches_for(at_need.library, micrograph, asked)
                window = project_window(at_need.library, micrograph)
                events = find_particles(micrograph, parameters, patches=patches, window=window)
                found = last_of(options, events, ParticlesFound)
                _, change = store_particles(at_need.make(), micrograph, found)
            except ContradictionError:
                raise
            except InputError as error:
                if len(images) == 1:
                    raise
                failed.append({"path": str(path), "error": str(error)})
                print(f"napari-ssrvae: {path}: {error}", file=sys.stderr)
                continue
            counts[str(path)] = len(found.table)
            if change.retired_labelled:
                lost[str(path)] = len(change.retired_labelled)
                say(
                    options,
                    f"  {lost[str(path)]} labelled particles are not there any more; their labels are kept",
                )
    total = sum(counts.values())
    answer: dict[str, Any] = {
        "library": str(options.library),
        "particles": total,
        "micrographs": counts,
    }
    if lost:
        answer["labelled_particles_gone"] = lost
    if contradictory:
        answer["pixel_size_contradictory"] = contradictory
    if failed:
        answer["failed"] = failed
    return answer, f"{total:,} particles of {len(counts)} micrographs in {options.library}"


class LibraryAtNeed:
    """A library that is opened if it is there, and made only when something goes into it."""

    def __init__(self, folder: Path) -> None:
        from napari_ssrvae.library import ParticleLibrary

        self._folder = folder
        self.library: ParticleLibrary | None = None
        if (folder / "library.sqlite").exists():
            self.library = ParticleLibrary.open(folder)
            if self.library.read_only:
                reason = self.library.read_only_reason
                self.library.close()
                raise InputError(f"{folder} is open read-only: {reason}")

    def make(self) -> ParticleLibrary:
        """Return the library, made now if it was not there."""
        from napari_ssrvae.library import ParticleLibrary

        if self.library is None:
            self.library = ParticleLibrary.create(self._folder)
        return self.library

    def __enter__(self) -> LibraryAtNeed:
        return self

    def __exit__(self, *_: object) -> None:
        if self.library is not None:
            self.library.close()


def last_of(options: Namespace, events: Iterable[Any], kind: type[Event]) -> Event:
    """Follow the events of a step and return its result."""
    result: Event | None = None
    for event in follow(options, events):
        if isinstance(event, kind):
            result = event
    assert result is not None, "a step ends with its result or a failure"
    return result


def with_pixel_size(micrograph: Micrograph, nm: float | None) -> Micrograph:
    """Return the micrograph with a pixel size that was typed."""
    if nm is None:
        return micrograph
    if not 0 < nm < 1e7:
        raise InputError(f"{nm:g} nm per pixel is not a length: give a number greater than 0.")
    return replace(micrograph, pixel_size_nm=nm, pixel_size_source=TYPED, pixel_size_choices=())


def label(options: Namespace) -> Answer:
    """Label particles from a table."""
    from napari_ssrvae.library import ParticleLibrary

    with ParticleLibrary.open(options.library) as library:
        counts = label_from_csv(library, options.csv)
    text = ", ".join(f"{count} {name}" for name, count in counts.items()) or "labels taken off"
    return {"library": str(options.library), "labelled": counts}, f"labelled: {text}"


def train(options: Namespace) -> Answer:
    """Train a model on a library."""
    from napari_ssrvae.library import ParticleLibrary
    from napari_ssrvae.ssrvae import SSRVAEParameters

    usual = SSRVAEParameters.of_preset(options.preset).model_dump()
    parameters = parameters_from(
        SSRVAEParameters, options.set, **usual | {"epochs": options.epochs or usual["epochs"]}
    )
    with ParticleLibrary.open(options.library) as library:
        if library.read_only:
            raise InputError(f"{options.library} is open read-only: {library.read_only_reason}")
        data = TrainingSet.from_library(library)
        if options.classes is not None and len(data.class_ids) != options.classes:
            raise InputError(
                f"{len(data.class_ids)} classes have labels, not {options.classes}: label the others or omit --classes."
            )
        trained = train_one(options, library, data, parameters)
    record = trained.record
    answer = {
        "library": str(options.library),
        "model": str(trained.folder),
        "name": trained.name,
        "epochs": record["epochs"],
        "held_out": record["held_out"],
        "n_labels": int((data.y >= 0).sum()),
    }
    return answer, f"model {trained.name} after {record['epochs']} epochs: {trained.folder}"


def train_one(
    options: Namespace, library: ParticleLibrary, data: TrainingSet, parameters: Any
) -> Trained:
    """Train and put model and predictions into the library."""
    device, preset = getattr(options, "device", "auto"), getattr(options, "preset", "default")
    again = broken_off_like(
        library, data, parameters, random_state=options.seed, device=device, preset=preset
    )
    name = free_model_name(library) if again is None else again.name
    events = train_model(
        data,
        parameters,
        name=name,
        folder=library.model_folder(name),
        random_state=options.seed,
        device=device,
        preset=preset,
    )
    trained = last_of(options, events, Trained)
    register_training(library, trained)
    return trained


def classify(options: Namespace) -> Answer:
    """Classify a library's particles, or the particles of new micrographs."""
    from napari_ssrvae.library import ParticleLibrary

    first = options.paths[0]
    if len(options.paths) == 1 and first.is_dir():
        with ParticleLibrary.open(first) as library:
            count = classify_library(options, library)
            answer = {**library.summary(), "library": str(first), "classified": count}
        return answer, f"{count:,} particles of {first} classified"
    return classify_images(options)


def classify_library(options: Namespace, library: ParticleLibrary) -> int:
    """Let a model predict every particle of a library; return how many."""
    before = name = library.current_model
    learnt_in = options.model or (library.model_folder(name) if name is not None else None)
    if learnt_in is not None:
        read_model_card(learnt_in).check_library(library, any_size=True)
    if options.model is not None:
        name = adopt_model(library, options.model)
    try:
        if name is None:
            raise InputError(
                f"{library.folder} has no model yet: train one, or name one with --model."
            )
        class_ids = tuple(int(i) for i in library.models().to_dict("index")[name]["class_ids"])
        ids, images = library.patches()
        if not len(ids):
            raise InputError(f"{library.folder} has no particles yet: segment micrographs first.")
        events = classify_particles(library.model_folder(name), ids, images, class_ids)
        store_predictions(library, name, last_of(options, events, Classified).predictions)
    except InputError:
        # The predictions that were shown stay in view.
        library.current_model = before
        raise
    library.current_model = name
    return len(ids)


def adopt_model(library: ParticleLibrary, folder: Path) -> str:
    """Copy a model from elsewhere into the library and return its name there."""
    from napari_ssrvae.files import atomic_folder
    from napari_ssrvae.library import AddClass
    from napari_ssrvae.ssrvae import SSRVAE

    read_model_card(folder)

    weights = _hash(folder / "weights.safetensors")
    for inside in library.models().index:
        # The same model again is the same model, wherever it was copied to.
        if _hash(library.model_folder(str(inside)) / "weights.safetensors") == weights:
            return str(inside)
    card = read_model_card(folder)
    SSRVAE.load(folder)
    known = {c.name for c in library.classes()}
    for class_name in card.class_names:
        if class_name not in known:
            library.do(AddClass(class_name))
    class_ids = {c.name: c.class_id for c in library.classes()}
    name = free_model_name(library)
    with atomic_folder(library.model_folder(name)) as draft:
        for path in folder.iterdir():
            if path.is_file():
                shutil.copyfile(path, draft / path.name)
    library.add_model(
        name,
        parameters={},
        seed=0,
        class_ids=[class_ids[n] for n in card.class_names],
        n_labels=0,
        versions={},
        metrics={"from": folder.name},
    )
    return name


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def classify_images(options: Namespace) -> Answer:
    """Segment and classify new micrographs with a model."""
    from napari_ssrvae.batch import classify_micrographs

    if options.library is None:
        raise InputError(
            "Say where the particles of these images shall go: --library DIR, a new or an existing one."
        )
    known = (options.library / "library.sqlite").exists()
    if not known and options.model is None:
        raise InputError(
            f"{options.library} has no model to classify with: name one with --model DIR."
        )
    # A folder that is no model must not leave a library behind.
    card = None if options.model is None else read_model_card(options.model)
    with LibraryAtNeed(options.library) as at_need:
        library = at_need.make()
        if card is not None:
            card.check_library(library)
        name = (
            adopt_model(library, options.model)
            if options.model is not None
            else library.current_model
        )
        if name is None:
            raise InputError(
                f"{options.library} has no model yet: train one, or name one with --model."
            )
        library.current_model = name
        counts, failed = {}, []
        results = classify_micrographs(
            options.paths,
            library,
            library.model_folder(name),
            model_name=name,
            scheduler=options.scheduler,
        )
        for result in results:
            if result.error:
                failed.append({"path": str(result.path), "error": result.error})
                print(f"napari-ssrvae: {result.path}: {result.error}", file=sys.stderr)
            else:
                assert result.found is not None
                counts[str(result.path)] = len(result.found.table)
                say(options, f"{result.path.name}: {len(result.found.table):,} particles")
        summary = library.summary()
    if not known and not counts:
        # Made for this alone, and nothing came of it.
        shutil.rmtree(options.library)
        raise InputError(
            f"None of the {len(failed)} images could be classified: {failed[0]['error']}"
        )
    answer: dict[str, Any] = {**summary, "library": str(options.library), "micrographs": counts}
    if failed:
        answer["failed"] = failed
    return (
        answer,
        f"{sum(counts.values()):,} particles of {len(counts)} micrographs in {options.library}",
    )


def export(options: Namespace) -> Answer:
    """Take a library out."""
    from napari_ssrvae.library import ParticleLibrary, export_library

    with ParticleLibrary.open(options.library, read_only=True) as library:
        target = export_library(library, options.to, format=options.format)
    return {
        "library": str(options.library),
        "to": str(target),
        "format": options.format,
    }, f"written to {target}"


def demo(options: Namespace) -> Answer:
    """Do the main job on the built-in sample."""
    if not options.headless and has_screen():
        load_torch_before_qt()
        from napari_ssrvae.docks.window import run_demo

        run_demo(options.out, options.particles, options.seed)
        return {"window": True}, ""
    from napari_ssrvae.cli.demo import run_headless

    return run_headless(options)


def open_window(options: Namespace) -> Answer:
    """Open napari with the docks."""
    for path in options.paths:
        if not path.exists():
            raise InputError(f"{path} is not there: check the name.")
    if not has_screen():
        raise InputError(
            "There is no screen to open a window on: use segment, train, classify and export instead."
        )
    paths = [one for path in options.paths for one in _library_or_micrographs(path)]
    load_torch_before_qt()
    from napari_ssrvae.docks.window import run_with

    run_with(paths)
    return {"window": True}, ""


def _library_or_micrographs(path: Path) -> list[Path]:
    from napari_ssrvae.micrographs import list_micrographs

    library = path.is_dir() and (path / "library.sqlite").exists()
    return [path] if library else list_micrographs(path)


def load_torch_before_qt() -> None:
    """On Windows torch must be loaded first (pytorch issue 166628); elsewhere it can wait until it is needed."""
    if sys.platform == "win32":
        import torch  # noqa: F401


def has_screen() -> bool:
    """Whether a window can be shown here.

    Tried in a process of its own: Qt aborts the program at a display that does not answer or a library that lacks.
    """
    if sys.platform == "linux" and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return False
    attempt = "from qtpy.QtWidgets import QApplication; QApplication([])"
    tried = subprocess.run([sys.executable, "-c", attempt], capture_output=True, check=False)
    return tried.returncode == 0
