"""The tags of a TIFF page, as far as they can be read."""

from __future__ import annotations

from typing import Any

from napari_ssrvae.micrographs.plain import plain

__all__ = ["metadata_of", "tag_values"]

# Tags that say where the bytes lie, or repeat pixels and colours: of no use to a reader of metadata.
# 33471 repeats what 33560 says, in a text that can ask for any amount of memory.
_NOT_METADATA = frozenset(
    {273, 279, 288, 289, 290, 291, 320, 324, 325, 330, 33471, 34675, 37724, 50839}
)
_NEEDLESS = _NOT_METADATA - {37724}
LARGEST = 16 << 20


def tag_values(page: Any) -> dict[int, Any]:
    """Return the values of a page's tags by their code, without those that are damaged or huge."""
    found: dict[int, Any] = {}
    for tag in page.tags.values():
        if tag.code in _NEEDLESS:
            continue
        try:
            if tag.valuebytecount <= LARGEST:
                found[int(tag.code)] = tag.value
        except Exception:  # noqa: BLE001 - decoders raise whatever they like on damaged tags
            continue
    return found


def metadata_of(page: Any, values: dict[int, Any], imagej: dict[str, Any] | None) -> dict[str, Any]:
    """Return the tags by their names, as plain values."""
    names = {int(tag.code): str(tag.name) for tag in page.tags.values()}
    found = {
        names[code]: plain(value) for code, value in values.items() if code not in _NOT_METADATA
    }
    if imagej:
        found["ImageJ"] = plain(imagej)
    return found
