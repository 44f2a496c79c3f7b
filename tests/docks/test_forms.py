"""Forms made from pydantic models."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from napari_ssrvae.docks.forms import AUTOMATIC, ParameterForm
from napari_ssrvae.particles import SegmentationParameters
from napari_ssrvae.ssrvae import SSRVAEParameters


class Example(BaseModel):
    kind: Literal["one", "two words"] = "one"
    count: int = Field(
        5, ge=1, le=10, title="How many", description="help", json_schema_extra={"unit": "px"}
    )
    size: float | None = Field(None, ge=0.0, le=4.0)
    on: bool = Field(True, json_schema_extra={"advanced": True})
    secret: int = Field(3, json_schema_extra={"hidden": True})


@pytest.mark.parametrize("model", [Example, SegmentationParameters, SSRVAEParameters])
def test_an_untouched_form_gives_the_defaults(qtbot: Any, model: type[BaseModel]) -> None:
    form = ParameterForm(model)
    qtbot.addWidget(form)
    assert form.values() == model()


def test_unit_bounds_help_and_automatic(qtbot: Any) -> None:
    form = ParameterForm(Example)
    qtbot.addWidget(form)
    count = form.findChild(object, "count")
    assert (count.minimum(), count.maximum()) == (1, 10)
    assert count.suffix() == " px"
    assert count.toolTip() == "help"
    size = form.findChild(object, "size")
    assert size.text() == AUTOMATIC
    size.setValue(0.0)
    assert form.values().size == 0.0
    assert form.findChild(object, "secret") is None


def test_values_go_in_and_come_out(qtbot: Any) -> None:
    form = ParameterForm(Example)
    qtbot.addWidget(form)
    for wanted in (
        Example(kind="two words", count=9, size=2.5, on=False),
        Example(size=None),
        Example(size=4.0, count=1),
    ):
        with qtbot.waitSignal(form.changed):
            form.set_values(wanted)
        assert form.values() == wanted
