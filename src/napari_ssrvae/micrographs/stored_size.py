"""The size that an instrument says it stored, against that of the image in hand."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["StoredSize", "fits"]

# A data bar adds to the rows below, or was cut away.
TALLEST_BAR = 0.16
SAME_ASPECT = 0.01


def fits(stored: tuple[int, int], shape: tuple[int, int]) -> bool:
    """Whether an image of `shape` can be the one of `stored` rows and columns, with or without its data bar."""
    return stored[1] == shape[1] and abs(shape[0] - stored[0]) <= TALLEST_BAR * stored[0]


@dataclass(frozen=True)
class StoredSize:
    """Over how many columns a field of view was stored, and what to tell about it."""

    columns: int
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, stored: tuple[int, int] | None, shape: tuple[int, int]) -> StoredSize:
        """Judge the image in hand.

        An image of another size with the same aspect was resampled: the field of view is that of its own
        columns, and a pixel size written beside it contradicts that. One of another aspect was cut out, and
        its pixels kept their size.

        Parameters
        ----------
        stored : (int, int) or None
            Rows and columns that the instrument says it stored.
        shape : (int, int)
            Rows and columns of the image.
        """
        if stored is None or fits(stored, shape):
            return cls(shape[1])
        zoom = shape[1] / stored[1]
        tall = (shape[0] / stored[0]) / zoom
        if abs(tall - 1) <= SAME_ASPECT or zoom > 1:
            return cls(
                shape[1],
                (
                    f"the image has {shape[1]} x {shape[0]} pixels, "
                    f"but the microscope stored {stored[1]} x {stored[0]}: it was resampled",
                ),
            )
        return cls(
            stored[1],
            (
                f"{shape[1]} x {shape[0]} of the {stored[1]} x {stored[0]} pixels that the microscope stored: "
                "taken as cut out, not resampled",
            ),
        )
