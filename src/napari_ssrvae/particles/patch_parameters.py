"""The settings of the patches: forms, command line and API are made from this one model."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["LARGEST_SIZE", "LEAST_SIZE", "PatchParameters"]

LEAST_SIZE, LARGEST_SIZE = 4, 512


class PatchParameters(BaseModel):
    """How particles are cut out for the model: the same for training and prediction."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(
        48,
        title="Patch size",
        description=(
            "Edge of the small image of each particle, in its own pixels. All particles of a project are shown at "
            "one scale, and the largest that is kept fills the image; more pixels show more detail and train longer."
        ),
        ge=LEAST_SIZE,
        le=LARGEST_SIZE,
        json_schema_extra={"unit": "px", "advanced": True},
    )
    mask_neighbours: bool = Field(
        True,
        title="Hide neighbours and background",
        description=(
            "Show each particle alone on black, with a soft edge of three pixels. "
            "Off: what lies around the particle stays in its image."
        ),
    )
    normalise: Literal["micrograph", "particle"] = Field(
        "micrograph",
        title="Brightness relative to",
        description=(
            "micrograph: one scale for all particles of a micrograph, so that a faint particle stays faint. "
            "particle: each by its own bright parts, where brightness tells nothing about the class, as with "
            "charging or uneven thickness."
        ),
    )
