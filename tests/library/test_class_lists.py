from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import new_library

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import (
    DEFAULT_CLASS_NAMES,
    export_library,
    read_class_list,
    write_class_list,
)
from napari_ssrvae.library.classes import checked_class_name, name_key

FORMULA = ("=", "+", "-", "@")


def good(name: str) -> str | None:
    try:
        return checked_class_name(name)
    except InputError:
        return None


texts = st.text(max_size=20) | st.sampled_from(
    [
        "=1+1",
        "'=x",
        "'",
        "''a",
        "+a",
        "-",
        "@b",
        "a;=1+1",
        'q"uo,te',
        "name",
        "棒",
        "a\u2028b",
        "'name",
    ]
)
entries = st.lists(
    st.tuples(texts.map(good).filter(bool), st.none() | st.just("#0a0b0c")),
    min_size=1,
    max_size=8,
    unique_by=lambda entry: name_key(entry[0]),
)


@given(entries)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_list_reads_back_the_same_and_is_safe(tmp_path: Path, entries: list) -> None:
    path = tmp_path / "classes.csv"
    write_class_list(path, entries)
    assert read_class_list(path) == tuple(entries)
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert not [c for row in csv.reader(file) for c in row if c.startswith(FORMULA)]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", "name,colour\nrod,#FF0000\ncube,\n", [("rod", "#ff0000"), ("cube", None)]),
        ("a.csv", "Class;Color\nrod;#ff0000\n", [("rod", "#ff0000")]),
        ("a.CSV", "rod\ncube\n\n  \nRod\n", [("rod", None), ("cube", None)]),
        ("a.csv", "class 1\t#010203\tmore\n", [("class 1", "#010203")]),
        (
            "a.txt",
            "\ufeffrod\r\n\r\n a,b \r\nname\n",
            [("rod", None), ("a,b", None), ("name", None)],
        ),
        ("a.json", '{"classes": [{"name": "rod", "colour": "#010203"}]}', [("rod", "#010203")]),
    ],
)
def test_lists_of_all_kinds(tmp_path: Path, name: str, text: str, expected: list) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    assert read_class_list(tmp_path / name) == tuple(expected)


def test_what_a_spreadsheet_calls_unicode_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("name\tcolour\n棒\t#010203\n".encode("utf-16"))
    assert read_class_list(tmp_path / "a.csv") == (("棒", "#010203"),)


def test_the_classes_of_an_export(tmp_path: Path) -> None:
    with new_library(tmp_path / "lib") as library:
        to = export_library(library, tmp_path / "out", "csv")
        classes = library.classes()
        listed = read_class_list(to / "library.json")
        assert listed == tuple((c.name, c.colour) for c in classes)
        write_class_list(tmp_path / "own.csv", classes)
    assert [name for name, _ in read_class_list(tmp_path / "own.csv")] == [*DEFAULT_CLASS_NAMES]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.xlsx", b"PK", "choose a"),
        ("a.csv", b"", "no classes"),
        ("a.csv", b"name,colour\n", "no classes"),
        ("a.csv", b"rod,red\n", "line 1"),
        ("a.csv", b"rod\nb\x01d\n", "line 2"),
        ("a.csv", b"rod\n" + b"x" * 65, "line 2"),
        ("a.csv", b"\xff\xfa\xfb", "UTF-8"),
        ("a.csv", b'"' + b"x" * 200_000, "table|characters"),
        ("a.csv", b"x" * (1 << 21), "too large"),
        ("a.txt", "\n".join(f"c{i}" for i in range(255)).encode(), "254"),
        ("a.json", b"[]", "no classes"),
        ("a.json", b'{"classes": 3}', "no classes"),
        ("a.json", b'{"classes": [{"name": 3}]}', "text"),
        ("a.json", b"[" * 100_000, "no classes"),
        ("missing.csv", None, "no file"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else None,
)
def test_what_is_no_list(tmp_path: Path, name: str, data: bytes | None, words: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=words) as caught:
        read_class_list(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_folder_and_a_list_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(InputError, match="no file"):
        read_class_list(tmp_path / "a.csv")
    with pytest.raises(InputError, match="no classes"):
        write_class_list(tmp_path / "b.csv", [])
    assert json.dumps(sorted(p.name for p in tmp_path.iterdir())) == '["a.csv"]'
