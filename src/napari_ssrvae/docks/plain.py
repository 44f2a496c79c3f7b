"""Names from outside as plain text, wherever Qt would read markup or mnemonics into them."""

from __future__ import annotations

import html

__all__ = ["button_text", "plain_tip"]


def plain_tip(text: str) -> str:
    """Return a tooltip that shows the text as it is: Qt guesses whether one is markup, this leaves no guess."""
    return f"<span>{html.escape(text)}</span>"


def button_text(text: str) -> str:
    """Return the text of a button or a menu entry that shows `text` as it is: one & would mark a key."""
    return text.replace("&", "&&")
