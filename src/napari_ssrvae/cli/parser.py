"""The words of the command line. Imports nothing heavy: `--help` answers at once."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from napari_ssrvae import __version__

__all__ = ["make_parser"]

FORMATS = ("bundle", "csv", "images", "tiff", "coco", "hdf5", "zarr", "anndata")
# Fewer agglomerates need not hold every class.
LEAST_SAMPLE = 50
PRESETS = ("default", "paper", "ss-vae", "rvae", "vae")
EXPERIMENTS = (
    "fig3a", "fig3bc", "fig4a", "fig4bc", "fig4e", "fig4f", "fig5", "fig6", "all",
)  # fmt: skip


def _command(
    name: str, module: str = "commands"
) -> Callable[[argparse.Namespace], tuple[dict[str, Any], str]]:
    def run(options: argparse.Namespace) -> tuple[dict[str, Any], str]:
        answer: tuple[dict[str, Any], str] = getattr(
            import_module(f"napari_ssrvae.cli.{module}"), name
        )(options)
        return answer

    return run


def make_parser() -> argparse.ArgumentParser:
    """Return the parser; each command's `run` does it."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--json", action="store_true", help="print one JSON object on standard output"
    )
    common.add_argument("--quiet", action="store_true", help="no progress on standard error")

    parser = argparse.ArgumentParser(
        prog="napari-ssrvae",
        description="From SEM micrographs to a labelled nanoparticle library.",
    )
    parser.add_argument("--version", action="version", version=f"napari-ssrvae {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(
        name: str, text: str, function: str | None = None, module: str = "commands"
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, parents=[common])
        sub.set_defaults(run=_command(function or name, module))
        return sub

    demo = add("demo", "the whole way on the built-in sample; a window where there is a screen")
    demo.add_argument("--headless", action="store_true", help="without a window")
    demo.add_argument("--out", type=Path, metavar="DIR", help="a new folder for the library")
    demo.add_argument(
        "--particles", type=_enough, default=300, metavar="N", help="particles in the sample"
    )
    demo.add_argument("--seed", type=_not_negative, default=0)

    window = add("open", "napari with the docks and these in it", "open_window")
    window.add_argument("paths", nargs="+", type=Path, metavar="LIB|IMAGE|FOLDER")

    info = add(
        "info",
        "what the reader sees: size, type, pixel size and where it comes from, data bar",
        module="info",
    )
    info.add_argument("paths", nargs="+", type=Path, metavar="FILE|FOLDER")

    segment = add("segment", "find the particles of micrographs")
    segment.add_argument("images", nargs="+", type=Path, metavar="IMAGE|FOLDER")
    segment.add_argument(
        "--library", type=Path, required=True, metavar="DIR", help="a new library or one to add to"
    )
    segment.add_argument(
        "--pixel-size",
        type=float,
        metavar="NM",
        help="nm per pixel, where the files do not say it or contradict themselves",
    )
    segment.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the segmentation",
    )
    segment.add_argument(
        "--patch",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="how particles are cut out (size, mask_neighbours, normalise), the same for all of a library",
    )

    label = add("label", "labels from a table: micrograph, label_id (or y, x), class")
    label.add_argument("library", type=Path, metavar="LIB")
    label.add_argument("--csv", type=Path, required=True, metavar="FILE")

    train = add("train", "train the ss-rVAE on a library's particles and labels")
    train.add_argument("library", type=Path, metavar="LIB")
    train.add_argument("--preset", choices=PRESETS, default="default")
    train.add_argument("--seed", type=_not_negative, default=0)
    train.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    train.add_argument(
        "--classes", type=_positive, metavar="N", help="how many classes must have labels"
    )
    train.add_argument("--epochs", type=_positive, metavar="N")
    train.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the training",
    )

    classify = add(
        "classify", "let a trained model name the particles of a library or of new micrographs"
    )
    classify.add_argument("paths", nargs="+", type=Path, metavar="LIB|IMAGE")
    classify.add_argument(
        "--model",
        type=Path,
        metavar="DIR",
        help="a model's folder; else the library's current one",
    )
    classify.add_argument(
        "--library", type=Path, metavar="DIR", help="where the particles of the images go"
    )
    classify.add_argument(
        "--scheduler", metavar="ADDRESS", help="a Dask cluster; this machine without"
    )

    export = add("export", "take the library out")
    export.add_argument("library", type=Path, metavar="LIB")
    export.add_argument("--to", type=Path, required=True, metavar="DIR")
    export.add_argument("--format", choices=FORMATS, default="bundle")

    bench = add("bench", "the benchmarks, as a table", module="bench")
    bench.add_argument("names", nargs="*", metavar="NAME", help="rows to measure; all without")
    bench.add_argument("--list", action="store_true", help="say what can be measured, and end")
    bench.add_argument("--seeds", type=_positive, metavar="N", help="5, and 10 on gold, without")
    bench.add_argument("--first-seed", type=_not_negative, default=0, metavar="N")
    bench.add_argument(
        "--out", type=Path, metavar="DIR", help="where results.json goes, after every row"
    )
    bench.add_argument(
        "--glyphs", type=Path, metavar="FILE.npy", help="(4, 64, 64) in [0, 1] instead of the suits"
    )
    bench.add_argument("--data", type=Path, metavar="FOLDER", help="holds gold/ and nmers/")
    bench.add_argument(
        "--quick", action="store_true", help="tiny sizes: shows that it runs, measures nothing"
    )

    reproduce = add(
        "reproduce", "the experiments of the paper, as figures and numbers", module="reproduce"
    )
    reproduce.add_argument("experiment", choices=EXPERIMENTS)
    reproduce.add_argument("--out", type=Path, required=True, metavar="DIR")
    reproduce.add_argument(
        "--quick", action="store_true", help="small sizes: a first look within minutes"
    )
    reproduce.add_argument(
        "--data",
        metavar="cards|nmers|LIB",
        help="particles for fig5 and fig6; generated agglomerates without",
    )
    reproduce.add_argument(
        "--glyphs", type=Path, metavar="FILE.npy", help="(4, 64, 64) in [0, 1] instead of the suits"
    )
    with_classes = PRESETS[:3]
    reproduce.add_argument(
        "--preset", choices=with_classes, default="default", help="of the ss-rVAE"
    )
    reproduce.add_argument("--seeds", type=_positive, metavar="N", help="5, quick 1, without")
    reproduce.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    reproduce.add_argument(
        "--max-steps", type=_positive, metavar="N", help="batches after which a training ends"
    )
    reproduce.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of every training",
    )
    return parser


def _not_negative(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**31:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 to {2**31 - 1}")
    return value


def _enough(text: str) -> int:
    value = int(text)
    if value < LEAST_SAMPLE:
        raise argparse.ArgumentTypeError(
            f"{text} particles are too few for four classes: at least {LEAST_SAMPLE}"
        )
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 on")
    return value
