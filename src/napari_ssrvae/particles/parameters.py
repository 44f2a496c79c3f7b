"""The settings of the segmentation: forms, command line and API are made from this one model."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["SegmentationParameters"]


class SegmentationParameters(BaseModel):
    """How to tell particles from the background. The defaults suit most micrographs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["auto", "global", "local"] = Field(
        "auto",
        title="Method",
        description=(
            "local: a particle is also brighter than its close surroundings, which keeps crowded particles apart. "
            "global: one level for the whole image once the background is flat. auto: local."
        ),
    )
    polarity: Literal["auto", "bright", "dark"] = Field(
        "auto",
        title="Particles are",
        description="Whether particles are brighter or darker than the background; auto looks at the image.",
    )
    smoothing_px: float | None = Field(
        None,
        title="Smoothing",
        description="Width (sigma) of the Gaussian that takes out noise before the threshold; auto follows the noise.",
        ge=0.0,
        le=20.0,
        json_schema_extra={"unit": "px", "auto": True, "advanced": True},
    )
    sensitivity: float = Field(
        0.0,
        title="Sensitivity",
        description="Above 0 finds fainter and larger particles, below 0 only the clear ones.",
        ge=-1.0,
        le=1.0,
        json_schema_extra={"unit": ""},
    )
    min_area_px: int | None = Field(
        None,
        title="Least size",
        description="Smaller objects are dropped; auto follows the particles of this image.",
        ge=1,
        le=1_000_000,
        json_schema_extra={"unit": "px²", "auto": True},
    )
    remove_border: bool = Field(
        False,
        title="Drop particles at the edge",
        description="Drop particles that the edge of the image or the data bar cuts.",
        json_schema_extra={"advanced": True},
    )
    split_touching: bool = Field(
        False,
        title="Split touching particles",
        description="Cut agglomerates at their necks. Off: the agglomerate is the object.",
    )
    flatten_background: bool = Field(
        True,
        title="Flatten the background",
        description="Take out a background that changes slowly across the image before the threshold.",
        json_schema_extra={"advanced": True},
    )
    fill_holes: bool = Field(
        True,
        title="Fill holes",
        description="Fill what is enclosed by a particle, such as a dark face inside a bright edge.",
        json_schema_extra={"advanced": True},
    )
