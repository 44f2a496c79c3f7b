"""The classifier alone, as a file that other programs run: ONNX or torch.export.

Patches in, calibrated probabilities out. The polar view, and with it every rotation, is part of
the graph; decoder, pose and latents are not.
"""

from __future__ import annotations

import contextlib
import copy
import importlib.util
import io
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram

from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_file
from napari_ssrvae.ssrvae.model import Model

__all__ = ["INPUT", "OUTPUT", "checked_target", "export_classifier"]

INPUT, OUTPUT = "patches", "probabilities"
"""Names of what goes into the graph, (N, S, S) float32 in [0, 1], and comes out, (N, K)."""

_SUFFIXES = (".onnx", ".pt2")
_NEEDED = ("onnx", "onnxscript")
_OPSET = 20
_METADATA_FILE = "metadata.json"
_TALKERS = ("torch.onnx", "torch.export", "torch._dynamo", "onnxscript", "onnx_ir")


def export_classifier(model: Model, temperature: float, path: str | Path) -> Path:
    """Write the classifier of a trained model to `path`, `.onnx` or `.pt2` by the suffix.

    The graph takes `patches`, (N, S, S) float32 in [0, 1] for any N >= 1, and gives
    `probabilities`, (N, K): the softmax of the model's class logits over `temperature`. Class
    count, patch edge and version lie beside it: in ONNX as the model's metadata properties, in
    .pt2 as the extra file "metadata.json".

    Parameters
    ----------
    model : Model
        Only `class_logits` and `shape` are used; it is copied to the CPU and left as it is.
    temperature : float
        From the calibration; 1 without one.
    path : path-like
        Ends in .onnx or .pt2.

    Returns
    -------
    Path
        The file, whole.

    Raises
    ------
    InputError
        Another suffix, a single class, the folder must not be written to, or ONNX is not installed.

    Notes
    -----
    This loads torch's compiler, and with it Triton where torch has CUDA: in a process with a window
    use `apart.export_apart`.
    """
    path = checked_target(path)
    write = _write_onnx if path.suffix.lower() == ".onnx" else _write_pt2
    shape = model.shape
    if shape.n_classes < 2:
        raise InputError(
            "The model knows one class only, there is nothing to classify: "
            "train one of two classes or more, with labels."
        )
    metadata = {
        "producer": "napari-ssrvae",
        "version": _version(),
        "n_classes": str(shape.n_classes),
        "patch_size": str(shape.size),
        "temperature": repr(float(temperature)),
        "input": f"{INPUT}: float32 (N, {shape.size}, {shape.size}) in [0, 1]",
        "output": f"{OUTPUT}: float32 (N, {shape.n_classes})",
    }
    # The draft is opened before the work: a folder that must not be written to is told at once.
    with atomic_file(path) as draft:
        draft.touch()
        with _quiet(), torch.no_grad():
            graph = _graph_of(model, temperature, pruned=write is _write_pt2)
            write(graph, draft, metadata)
    return path


def checked_target(path: str | Path) -> Path:
    """Return `path`, or say why no classifier can be written there."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise InputError(
            f'A classifier cannot be written as "{path.name}": end the name in .onnx or .pt2.'
        )
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if suffix == ".onnx" and missing:
        raise InputError(
            f"Writing ONNX needs {' and '.join(missing)}: "
            'pip install "napari-ssrvae[export]", or choose a name that ends in .pt2.'
        )
    return path


class _Classifier(nn.Module):
    def __init__(self, model: Model, temperature: float) -> None:
        super().__init__()
        self.model = model
        self.temperature = float(temperature)

    def forward(self, patches: Tensor) -> Tensor:
        # At the door of predict_proba noise is clipped; here the graph is its own door.
        logits = self.model.class_logits(patches.clamp(0, 1))
        return torch.softmax(logits / self.temperature, dim=1)


def _graph_of(model: Model, temperature: float, *, pruned: bool) -> ExportedProgram:
    alone = _Classifier(copy.deepcopy(model), temperature).cpu().float().eval()
    alone.requires_grad_(False)
    program: ExportedProgram = _traced(alone, model.shape.size)
    if pruned:
        # The decoder's weights would travel with the .pt2 although nothing asks for them.
        for name in _unused(alone, program):
            owner, _, leaf = name.rpartition(".")
            delattr(alone.get_submodule(owner), leaf)
        program = _traced(alone, model.shape.size)
    # ONNX has no median: the middle of the sorted is the same.
    program = program.run_decompositions({torch.ops.aten.median.dim: _median})
    for node in program.graph.nodes:
        # Where on this computer the source lies is nobody's business.
        for trace in ("stack_trace", "nn_module_stack", "source_fn_stack", "from_node"):
            node.meta.pop(trace, None)
    return program


def _traced(alone: _Classifier, edge: int) -> ExportedProgram:
    # Of the example only its shape reaches the graph; two, since one would be taken for fixed.
    example = torch.linspace(0, 1, 2 * edge * edge).view(2, edge, edge)
    return torch.export.export(
        alone,
        (example,),
        dynamic_shapes=({0: torch.export.Dim("n", min=1)},),
        strict=True,  # Python's len() of a tensor stays a symbol only here.
    )


def _unused(alone: _Classifier, program: ExportedProgram) -> list[str]:
    """Return the names of the parameters and buffers that the graph never reads."""
    every: dict[str, Tensor] = dict(alone.named_parameters(remove_duplicate=False))
    every |= dict(alone.named_buffers(remove_duplicate=False))
    read = {node.name for node in program.graph.nodes if node.op == "placeholder" and node.users}
    signature = program.graph_signature
    names = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
    used = {id(every[name]) for node, name in names.items() if node in read}
    return [name for name, tensor in every.items() if id(tensor) not in used]


def _median(values: Tensor, dim: int, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """Return torch's median: of an even number of values the lower middle one."""
    middle = (values.shape[dim] - 1) // 2
    ordered, order = torch.sort(values, dim=dim)
    found, where = ordered.narrow(dim, middle, 1), order.narrow(dim, middle, 1)
    return (found, where) if keepdim else (found.squeeze(dim), where.squeeze(dim))


def _write_pt2(program: ExportedProgram, draft: Path, metadata: dict[str, str]) -> None:
    # Through memory: torch would write the draft's name into the archive.
    whole = io.BytesIO()
    extra = {_METADATA_FILE: json.dumps(metadata, indent=1)}
    torch.export.save(program, whole, extra_files=extra)
    draft.write_bytes(whole.getbuffer())


def _write_onnx(program: ExportedProgram, draft: Path, metadata: dict[str, str]) -> None:
    made = torch.onnx.export(
        program,
        (),
        dynamo=True,
        opset_version=_OPSET,
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_shapes=({0: "N"},),
        verbose=False,
        optimize=True,
    )
    assert made is not None
    proto = made.model_proto
    for node in proto.graph.node:
        del node.metadata_props[:]
    for name, value in metadata.items():
        proto.metadata_props.add(key=name, value=value)
    draft.write_bytes(proto.SerializeToString())


def _version() -> str:
    from napari_ssrvae import __version__

    return __version__


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporters' progress and warnings, meant for torch's developers, from the user."""
    loggers = [logging.getLogger(name) for name in _TALKERS]
    levels = [logger.level for logger in loggers]
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
