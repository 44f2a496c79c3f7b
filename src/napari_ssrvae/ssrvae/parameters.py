"""The parameters of the model and its training: one source for docks, command line and API."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from napari_ssrvae.errors import InputError

__all__ = ["PRESETS", "SHAPING", "UNLABELLED", "SSRVAEParameters"]

PRESETS = ("default", "paper", "ss-vae", "rvae", "vae")
UNLABELLED = ("rvae", "vae")
"""Presets without classes: labels mean nothing to them."""

SHAPING = (
    "n_latents",
    "n_rotations",
    "hidden",
    "offset_prior",
    "invariance",
    "likelihood",
    "noise_sd",
    "angle_prior",
)
"""What makes another network: a model can only go on from one in which all of these are the same."""

_ADVANCED: dict[str, Any] = {"advanced": True}
_OURS: dict[str, Any] = {"variant": "default"}
"""Only for the default model: a form for the variants of the paper leaves these out."""
_OURS_ADVANCED = _OURS | _ADVANCED
_PAPER: dict[str, Any] = {"variant": "paper"}
"""Only for the variants of the paper: a form for the default model leaves these out."""
_PAPER_ADVANCED = _PAPER | _ADVANCED


class SSRVAEParameters(BaseModel):
    """How the model is built and trained; every default is meant to be left alone at first."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Training")

    epochs: int = Field(
        20,
        ge=1,
        le=1000,
        title="Epochs",
        description="Passes over all particles; more is slower and, up to a point, better.",
    )
    max_steps: int = Field(
        1000,
        ge=1,
        le=1_000_000,
        title="Longest training",
        description="Batches after which training ends, however many epochs are left.",
        json_schema_extra=_ADVANCED,
    )
    early_stopping: bool = Field(
        True,
        title="Stop early",
        description="End before the last epoch when the loss no longer falls.",
        json_schema_extra=_ADVANCED,
    )
    n_latents: int = Field(
        2,
        ge=1,
        le=32,
        title="Latents",
        description="Numbers that describe a particle's shape beside its class and pose.",
    )
    held_out_fraction: float = Field(
        0.2,
        ge=0.0,
        le=0.5,
        title="Held-out labels",
        description=(
            "Fraction of the labels kept aside to estimate accuracy and calibrate probabilities; "
            "they join the training for its last third. Classes with fewer than 10 labels keep "
            "none aside."
        ),
        json_schema_extra=_ADVANCED,
    )
    mirror: bool = Field(
        True,
        title="Mirror images are the same class",
        description="Off when left- and right-handed particles are different classes.",
        json_schema_extra=_OURS,
    )
    shear: float = Field(
        0.15,
        ge=0.0,
        le=1.0,
        title="Shear of labels",
        description="Largest random shear given to a labelled particle, as a fraction.",
        json_schema_extra=_OURS_ADVANCED,
    )
    scale: float = Field(
        0.05,
        ge=0.0,
        le=0.5,
        title="Scaling of labels",
        description=(
            "Largest random change of size given to a labelled particle, as a fraction; small "
            "where size tells the class."
        ),
        json_schema_extra=_OURS_ADVANCED,
    )
    brightness: float = Field(
        0.25,
        ge=0.0,
        le=0.9,
        title="Brightness of labels",
        description="Largest random change of contrast of a labelled particle, as a fraction.",
        json_schema_extra=_OURS_ADVANCED,
    )
    shift_px: float = Field(
        1.0,
        ge=0.0,
        le=32.0,
        title="Shift of labels",
        description="Standard deviation of the random shift of a labelled particle, in pixels.",
        json_schema_extra=_OURS_ADVANCED,
    )
    neighbours: bool = Field(
        True,
        title="Learn from look-alikes",
        description=(
            "With few labels, particles that look like labelled ones in some pose are taken as "
            "labelled too, where the classes are clearly separate shapes."
        ),
        json_schema_extra=_OURS_ADVANCED,
    )
    outline: bool = Field(
        True,
        title="Use size and outline",
        description="With few labels, size and outline of a particle have a say in its class.",
        json_schema_extra=_OURS_ADVANCED,
    )
    noise: float = Field(
        0.8,
        ge=0.0,
        le=1.0,
        title="Noise on labels",
        description="Share of the labelled particles that are shown with random noise added.",
        json_schema_extra=_OURS_ADVANCED,
    )
    n_rotations: Literal[8, 16, 32] = Field(
        16,
        title="Rotations",
        description="Angles at which every particle is tried; finer angles are a correction.",
        json_schema_extra=_OURS_ADVANCED,
    )
    n_pairs: int = Field(
        3,
        ge=1,
        le=32,
        title="Explanations per particle",
        description="Pairs of rotation and class that are decoded for each particle and step.",
        json_schema_extra=_OURS_ADVANCED,
    )
    offset_prior: float = Field(
        0.05,
        gt=0.0,
        le=1.0,
        title="Offset prior",
        description="One standard deviation of the offset from the centroid, in half patch widths.",
        json_schema_extra=_ADVANCED,
    )
    hidden: int = Field(
        128,
        ge=8,
        le=2048,
        title="Hidden units",
        description="Width of the hidden layers of encoder and decoder.",
        json_schema_extra=_ADVANCED,
    )
    alpha: float = Field(
        50.0,
        ge=0.0,
        le=1e5,
        title="Weight of the labels",
        description="Weight of the classification term (alpha) against one particle's evidence.",
        json_schema_extra=_ADVANCED,
    )
    beta: float = Field(
        1.0,
        ge=0.0,
        le=100.0,
        title="Weight of the latent prior",
        description="Weight of the Kullback-Leibler term (beta) of pose and shape.",
        json_schema_extra=_ADVANCED,
    )
    beta_start: float | None = Field(
        None,
        ge=0.0,
        le=100.0,
        title="Weight of the latent prior at the start",
        description="From here beta rises in a straight line; empty: it is the same throughout.",
        json_schema_extra=_PAPER_ADVANCED,
    )
    beta_epochs: int = Field(
        30,
        ge=1,
        le=1000,
        title="Epochs until the full weight",
        description="Epochs in which beta rises to its final value.",
        json_schema_extra=_PAPER_ADVANCED,
    )
    invariance: Literal["none", "rotation", "translation", "both"] = Field(
        "both",
        title="Invariance",
        description="What of the pose is a latent of its own and not part of the shape.",
        json_schema_extra=_PAPER,
    )
    likelihood: Literal["bernoulli", "continuous-bernoulli", "gaussian"] = Field(
        "bernoulli",
        title="Likelihood",
        description="How grey values scatter about the decoder's picture.",
        json_schema_extra=_PAPER_ADVANCED,
    )
    noise_sd: float = Field(
        0.3,
        gt=0.0,
        le=10.0,
        title="Noise",
        description="Standard deviation of the Gaussian likelihood, in grey values.",
        json_schema_extra=_PAPER_ADVANCED,
    )
    angle_prior: Literal["normal", "projected-normal", "uniform"] = Field(
        "normal",
        title="Prior of the angle",
        description="What is expected of the angles before an image is seen.",
        json_schema_extra=_PAPER_ADVANCED,
    )
    class_evidence: float = Field(
        1.0,
        ge=0.0,
        le=1.0,
        title="Evidence of unlabelled particles",
        description=(
            "How far an unlabelled particle's reconstruction may move its class: 1 is the exact "
            "objective, 0 leaves the class to the labels."
        ),
        json_schema_extra=_OURS_ADVANCED,
    )
    learning_rate: float = Field(
        2e-3,
        gt=0.0,
        le=0.1,
        title="Learning rate",
        description="Largest step of Adam; it rises at the start and falls to the end.",
        json_schema_extra=_ADVANCED,
    )
    weight_decay: float = Field(
        1e-3,
        ge=0.0,
        le=1.0,
        title="Weight decay",
        description="Pull of the encoder's weights towards zero.",
        json_schema_extra=_ADVANCED,
    )
    batch_size: int = Field(
        64,
        ge=2,
        le=4096,
        title="Batch size",
        description="Unlabelled particles per step.",
        json_schema_extra=_ADVANCED,
    )
    labelled_batch_size: int = Field(
        48,
        ge=2,
        le=4096,
        title="Labelled batch size",
        description="Labelled particles per step, all classes equally often.",
        json_schema_extra=_ADVANCED,
    )

    @classmethod
    def of_preset(cls, preset: str) -> SSRVAEParameters:
        """Return the parameters that a preset starts from.

        "default" is our own model. "paper" is the ss-rVAE with the authors' settings (Ziatdinov et
        al., arXiv 2105.11475, and their code): "ss-vae" is the same without pose, "rvae" without
        class, "vae" without either.

        Raises
        ------
        InputError
            There is no such preset.
        """
        if preset not in PRESETS:
            raise InputError(f"There is no preset {preset!r}: choose one of {', '.join(PRESETS)}.")
        if preset == "default":
            return cls()
        return cls(
            epochs=100,
            max_steps=1_000_000,
            early_stopping=False,
            held_out_fraction=0.0,
            offset_prior=0.1,
            alpha=30.0,
            beta=2.0,
            beta_start=1.0,
            learning_rate=5e-4,
            weight_decay=0.0,
            labelled_batch_size=64,
            invariance="none" if preset in ("vae", "ss-vae") else "both",
        )
