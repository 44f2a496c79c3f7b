"""Hundreds of damaged files: never a crash, never a hang, never another scale without a word.

Not damaged here is what no reader can check, because the file says it once and nothing else depends on it:
the unit of an ImageJ calibration (`unit=nm` against `unit=mm`) and the power of ten of an Olympus SIS block.
The plain resolution tags say their unit once, too; their source says "check it". A magnification that does not
fit the pixel size beside a Hitachi or JEOL image may be that of another print: that is noted, not refused.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs import read_micrograph
from tests.micrographs.instrument_files import TRUE_NM, WRITERS, pixels
from tests.shared_data import shared_data

VARIANTS = 40
HOW = ("any bytes", "cut", "one byte of metadata", "a digit", "a tag less")
REAL = {
    "formats/kit_cc0_1-as-cast_17_Sch_10k_SESI.tif": 11.165,
    "formats/nanoBALLS_R5_K3Me3_SiO2_3-2.TIF": 17.6,
}


def damaged(raw: bytes, where: np.ndarray, rng: np.random.Generator) -> bytes:
    """Return one damaged copy; `where` says which bytes may be hit."""
    how = HOW[int(rng.integers(len(HOW)))]
    out = bytearray(raw)
    if how == "cut":
        return raw[: int(rng.uniform(0.05, 0.995) * len(raw))]
    if how == "a tag less":
        ifd = int.from_bytes(raw[4:8], "little")
        n = int.from_bytes(raw[ifd : ifd + 2], "little")
        at = ifd + 2 + 12 * int(rng.integers(n))
        out[at : at + 2] = (64000 + int(rng.integers(500))).to_bytes(2, "little")
        return bytes(out)
    hit = where
    if how == "a digit":
        hit = np.array([i for i in where if raw[i] in b"0123456789"], int)
        if len(hit):
            at = int(rng.choice(hit))
            out[at] = ord(str((int(chr(raw[at])) + int(rng.integers(1, 10))) % 10))
            return bytes(out)
        hit = where
    for _ in range(int(rng.integers(1, 4)) if how == "any bytes" else 1):
        out[int(rng.choice(hit))] ^= int(rng.integers(1, 256))
    return bytes(out)


def may_be_hit(kind: str, raw: bytes) -> np.ndarray:
    """Return the bytes of metadata, without those that are there once and cannot be checked."""
    may = np.ones(len(raw), bool)
    at = raw.find(pixels().tobytes())
    if at >= 0:
        may[at + 64 : at + pixels().size] = False
    if kind == "imagej":
        unit = raw.index(b"unit=")
        may[unit : unit + 8] = False
    if kind == "olympus":
        block = raw.index(b"SIS0") + 100
        may[block + 10 : block + 12] = False
    return np.flatnonzero(may)


def check(path: Path, true_nm: float, what: str) -> str:
    """Read a damaged file; return how it ended, fail where that is not allowed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            m = read_micrograph(path)
    except InputError as error:
        sentence = str(error)
        assert re.fullmatch(r"[^\n]{20,500}\.", sentence), (what, sentence)
        assert path.name in sentence, (what, sentence)
        return "refused"
    if m.pixel_size_choices:
        assert m.pixel_size_nm is None, what
        return "asked"
    if m.pixel_size_nm is None:
        return "unknown"
    if m.pixel_size_nm == pytest.approx(true_nm, rel=0.021):
        return "true"
    told = m.pixel_size_source + " ".join(m.notes)
    assert "check" in told, (what, m.pixel_size_nm, m.pixel_size_source, m.notes)
    return "doubted"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", WRITERS)
def test_no_damage_goes_unnoticed(tmp_path, kind, capfd):
    path = WRITERS[kind](tmp_path / "damaged.tif")
    beside = path.with_suffix(".txt")
    raw, text = path.read_bytes(), beside.read_bytes() if beside.exists() else b""
    ends: dict[str, int] = {}
    for seed in range(VARIANTS):
        rng = np.random.default_rng([seed, *kind.encode()])
        path.write_bytes(raw)
        if text and seed % 2:
            changed = bytearray(text)
            if seed % 4 == 1:
                digits = [i for i, c in enumerate(text) if c in b"0123456789"]
                at = int(rng.choice(digits))
                changed[at] = ord(str((int(chr(text[at])) + int(rng.integers(1, 10))) % 10))
            else:
                changed[int(rng.integers(len(text)))] ^= int(rng.integers(1, 256))
            beside.write_bytes(bytes(changed))
        else:
            path.write_bytes(damaged(raw, may_be_hit(kind, raw), rng))
            if text:
                beside.write_bytes(text)
        end = check(path, TRUE_NM, f"{kind}, seed {seed}")
        ends[end] = ends.get(end, 0) + 1
    # The damage is real, and not every file is lost to it.
    assert sum(ends.values()) == VARIANTS
    assert ends.get("refused", 0) >= 3, ends
    assert ends.get("true", 0) >= 3, ends
    assert capfd.readouterr().err == ""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", REAL)
def test_real_files_damaged(tmp_path, name):
    raw = shared_data(name).read_bytes()
    path = tmp_path / "damaged.tif"
    # Metadata lie before the pixels in these files.
    where = np.arange(5300 if name.endswith(".TIF") else 31_800)
    for seed in range(20):
        path.write_bytes(damaged(raw, where, np.random.default_rng([seed, 77])))
        check(path, REAL[name], f"{name}, seed {seed}")
