"""Text from instruments in whatever encoding they wrote."""

from __future__ import annotations

__all__ = ["decode_text"]

_MOST_ZEROS = 0.3


def decode_text(raw: bytes) -> str:
    """Return text from UTF-8, UTF-16 (with or without a byte order mark), Shift-JIS or Latin-1.

    >>> decode_text("PixelSize=1".encode("utf-16-le"))
    'PixelSize=1'
    """
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    # Latin letters in UTF-16 are every second byte zero.
    half = max(1, len(raw) // 2)
    if raw[1::2].count(0) > _MOST_ZEROS * half:
        return raw.decode("utf-16-le", "replace")
    if raw[0::2].count(0) > _MOST_ZEROS * half:
        return raw.decode("utf-16-be", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    # A lone 0xB5 before an m is the micro sign of Western machines, not half-width katakana.
    if b"\xb5m" not in raw:
        try:
            return raw.decode("cp932")
        except UnicodeDecodeError:
            pass
    return raw.decode("latin-1")
