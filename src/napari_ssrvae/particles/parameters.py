"""The settings of the segmentation: forms, command line and API are made from this one model."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from napari_ssrvae.errors import InputError

__all__ = ["SegmentationParameters"]

# Fields that are lengths, in `unit`.
_LENGTHS = ("min_diameter", "max_diameter", "smoothing", "background_width")


class SegmentationParameters(BaseModel):
    """How to tell particles from the background. The defaults suit most micrographs.

    Lengths are in `unit`: pixels, or nanometres, which `in_pixels` turns into pixels of one micrograph.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["auto", "local", "global", "hysteresis", "blobs"] = Field(
        "auto",
        title="Method",
        description=(
            "local: a particle is also brighter than its close surroundings, which keeps crowded particles apart. "
            "global: one level for the whole image once the background is flat. "
            "hysteresis: whatever hangs together with something clearly bright, down to a low level, for particles "
            "with faint parts. blobs: round spots of the particles' size (Laplacian of Gaussian), for small ones in "
            "strong noise. auto: chosen by the image."
        ),
    )
    polarity: Literal["auto", "bright", "dark"] = Field(
        "auto",
        title="Particles are",
        description="Whether particles are brighter or darker than the background; auto looks at the image.",
    )
    sensitivity: float = Field(
        0.0,
        title="Sensitivity",
        description="Above 0 finds fainter and larger particles, below 0 only the clear ones.",
        ge=-1.0,
        le=1.0,
        json_schema_extra={"unit": "", "slider": True},
    )
    min_diameter: float | None = Field(
        None,
        title="Least diameter",
        description="Smaller objects (diameter of the circle of the same area) are dropped; auto follows this image.",
        gt=0.0,
        le=1_000_000,
        json_schema_extra={"length": True, "auto": True},
    )
    max_diameter: float | None = Field(
        None,
        title="Greatest diameter",
        description="Larger objects (diameter of the circle of the same area) are dropped; automatic: none is.",
        gt=0.0,
        le=1_000_000,
        json_schema_extra={"length": True, "auto": True},
    )
    split_touching: bool = Field(
        False,
        title="Split touching particles",
        description="Cut agglomerates at their necks. Off: the agglomerate is the object.",
    )
    remove_border: bool = Field(
        False,
        title="Drop particles at the edge",
        description="Drop particles that the edge of the image or the data bar cuts.",
    )
    min_solidity: float = Field(
        0.0,
        title="Least solidity",
        description="Drop objects that fill less than this part of their convex hull, such as scratches and debris.",
        ge=0.0,
        le=1.0,
        json_schema_extra={"unit": "", "advanced": True},
    )
    max_elongation: float | None = Field(
        None,
        title="Greatest elongation",
        description="Drop objects whose length is more than so many times their width; automatic: none is.",
        ge=1.0,
        le=1000.0,
        json_schema_extra={"unit": "", "auto": True, "advanced": True},
    )
    smoothing: float | None = Field(
        None,
        title="Smoothing",
        description="Width (sigma) of the Gaussian that takes out noise before the threshold; auto follows the noise.",
        ge=0.0,
        le=1_000_000,
        json_schema_extra={"length": True, "auto": True, "advanced": True},
    )
    flatten_background: bool = Field(
        True,
        title="Flatten the background",
        description="Take out a background that changes slowly across the image before the threshold.",
        json_schema_extra={"advanced": True},
    )
    background_width: float | None = Field(
        None,
        title="Background width",
        description="What changes over less than this is no background; auto: an eighth of the image.",
        gt=0.0,
        le=1_000_000,
        json_schema_extra={"length": True, "auto": True, "advanced": True},
    )
    fill_holes: bool = Field(
        True,
        title="Fill holes",
        description="Fill what is enclosed by a particle, such as a dark face inside a bright edge.",
        json_schema_extra={"advanced": True},
    )
    unit: Literal["px", "nm"] = Field(
        "px",
        title="Unit of lengths",
        description="Whether lengths above are pixels or nanometres.",
        json_schema_extra={"hidden": True},
    )

    @model_validator(mode="before")
    @classmethod
    def _from_earlier(cls, raw: Any) -> Any:
        """Read what earlier versions wrote into libraries and models: a least area, and smoothing in pixels."""
        if isinstance(raw, Mapping) and ("min_area_px" in raw or "smoothing_px" in raw):
            raw = dict(raw)
            area, smoothing = raw.pop("min_area_px", None), raw.pop("smoothing_px", None)
            if area is not None:
                raw.setdefault("min_diameter", (4 * float(area) / 3.141592653589793) ** 0.5)
            if smoothing is not None:
                raw.setdefault("smoothing", float(smoothing))
        return raw

    @model_validator(mode="after")
    def _least_below_greatest(self) -> Self:
        if (
            self.min_diameter is not None
            and self.max_diameter is not None
            and self.min_diameter > self.max_diameter
        ):
            raise ValueError(
                f"the least diameter, {self.min_diameter:g} {self.unit}, is above the greatest, "
                f"{self.max_diameter:g} {self.unit}"
            )
        return self

    def in_pixels(self, pixel_size_nm: float | None) -> Self:
        """Return the same settings with lengths in pixels.

        Parameters
        ----------
        pixel_size_nm : float or None
            Edge of a pixel of the micrograph.

        Raises
        ------
        InputError
            Lengths are in nm and the pixel size is not known, or none.
        """
        if self.unit == "px":
            return self
        if pixel_size_nm is not None and not (isfinite(pixel_size_nm) and pixel_size_nm > 0):
            raise InputError(
                f"The pixel size is {pixel_size_nm:g} nm: give a positive number of nanometres."
            )
        if pixel_size_nm is None:
            if all(getattr(self, name) is None for name in _LENGTHS):
                return self.model_copy(update={"unit": "px"})
            raise InputError(
                "The settings are in nm, but the pixel size of the micrograph is not known: "
                "type it in or give the settings in pixels."
            )
        return self.model_copy(update=self._scaled(1 / pixel_size_nm) | {"unit": "px"})

    def in_nanometres(self, pixel_size_nm: float) -> Self:
        """Return the same settings with lengths in nm, `pixel_size_nm` to a pixel."""
        if self.unit == "nm":
            return self
        return self.model_copy(update=self._scaled(pixel_size_nm) | {"unit": "nm"})

    def _scaled(self, factor: float) -> dict[str, float | None]:
        values = {name: getattr(self, name) for name in _LENGTHS}
        return {name: None if v is None else v * factor for name, v in values.items()}
