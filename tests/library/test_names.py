from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ssrvae.library.names import FileNames, clean_text, safe_file_name

ANY = st.text(st.characters(), max_size=300)  # every code point, surrogates included


@given(ANY)
def test_every_name_becomes_one_harmless_component(name: str) -> None:
    safe = safe_file_name(name)
    assert safe
    assert len(safe.encode("utf-8")) <= 121
    assert not set(safe) & set('<>:"/\\|?*\x00\n')
    assert not safe.startswith(".")
    assert not safe.endswith((".", " "))
    assert Path("base", safe).resolve().parent == Path("base").resolve()
    assert safe_file_name(safe) == safe


@given(st.lists(ANY, max_size=8), st.sampled_from(["a", "A", "ａ", "", "..", "/"]))
def test_names_given_out_differ_in_every_letter_case(names: list[str], again: str) -> None:
    given_out = FileNames()
    found = [given_out.new(name) for name in [*names, again, again, again.upper()]]
    assert len({name.casefold() for name in found}) == len(found)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "unnamed"),
        ("CON", "_CON"),
        ("com1.txt", "_com1.txt"),
        ("C:\\x", "C__x"),
        ("金 粒子", "金 粒子"),
        ("a\u202egpj", "agpj"),
        ("dimer.", "dimer"),
        ("", "unnamed"),
    ],
)
def test_some_names(name: str, safe: str) -> None:
    assert safe_file_name(name) == safe


@given(ANY)
def test_text_can_always_be_stored(text: str) -> None:
    clean_text(text).encode("utf-8")
