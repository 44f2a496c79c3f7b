"""Cutting a large image into tiles that see enough of their surroundings."""

from __future__ import annotations

from dataclasses import dataclass

from napari_ssrvae.particles.grey import Region

__all__ = ["Tile", "cut_tiles", "surrounded"]


@dataclass(frozen=True)
class Tile:
    """A piece of an image.

    Attributes
    ----------
    core : (slice, slice)
        What this tile answers for; cores cover the image once.
    outer : (slice, slice)
        What it looks at: the core and a margin, less where the image ends.
    """

    core: Region
    outer: Region

    @property
    def inner(self) -> Region:
        """The core as a part of `outer`."""
        rows, columns = (
            slice(c.start - o.start, c.stop - o.start)
            for c, o in zip(self.core, self.outer, strict=True)
        )
        return rows, columns


def cut_tiles(shape: tuple[int, int], edge: int, margin: int, grid: int = 1) -> list[Tile]:
    """Return tiles in raster order.

    Parameters
    ----------
    shape : (int, int)
    edge : int
        Edge of a core in pixels.
    margin : int
    grid : int
        Outer edges lie on multiples of this (or where the image ends), so that blocks of so many pixels are
        the same blocks in every tile.
    """
    return [
        surrounded(
            (slice(r, min(r + edge, shape[0])), slice(c, min(c + edge, shape[1]))),
            shape,
            margin,
            grid,
        )
        for r in range(0, shape[0], edge)
        for c in range(0, shape[1], edge)
    ]


def surrounded(core: Region, shape: tuple[int, int], margin: int, grid: int = 1) -> Tile:
    """Return the tile with this core."""
    rows, columns = (
        slice(
            max(0, (c.start - margin) // grid * grid),
            min(n, -(-(c.stop + margin) // grid) * grid),
        )
        for c, n in zip(core, shape, strict=True)
    )
    return Tile(core, (rows, columns))
