"""A form made from a pydantic model: title, help, unit, bounds and choices all come from its fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from napari_ssrvae.docks.fields import AUTOMATIC, Field, Length, field_of
from napari_ssrvae.docks.widgets import Fold
from napari_ssrvae.errors import InputError

__all__ = ["AUTOMATIC", "ParameterForm"]

Parameters = TypeVar("Parameters", bound=BaseModel)


class ParameterForm(QWidget, Generic[Parameters]):
    """Shows the fields of a model; fields marked `advanced` are folded away, those marked `hidden` left out.

    Fields marked `length` are shown in nm or px (`set_pixel_size`), those marked `slider` have one, those marked
    `variant` are shown for this variant only (`show_variant`).

    Parameters
    ----------
    model : subclass of pydantic.BaseModel
        Its fields are numbers, booleans or choices; a number that may be None shows "automatic" at the low end.
        A model with lengths has a field `unit`, "px" or "nm".
    first : sequence of str
        Fields that stand at the top, in this order.

    Attributes
    ----------
    rows : QFormLayout
        What is in view, for rows that belong to no field.
    """

    changed = Signal()

    def __init__(
        self, model: type[Parameters], parent: QWidget | None = None, *, first: Sequence[str] = ()
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._fields: dict[str, Field] = {}
        self._unit = "px"
        plain, advanced = _form(), _form()
        self._notes: list[QLabel] = []
        self._of_variant: dict[str, list[QWidget]] = {}
        self._help, self._variant = False, ""
        schemas = model.model_json_schema()["properties"]
        for name in [*first, *(name for name in schemas if name not in first)]:
            schema = schemas[name]
            if schema.get("hidden"):
                continue
            field = field_of(name, schema, lambda *_: self.changed.emit())
            label = QLabel(schema.get("title", name))
            label.setToolTip(schema.get("description", ""))
            label.setBuddy(field.editor)
            rows = advanced if schema.get("advanced") else plain
            rows.addRow(label, field.widget)
            note = self.add_note(rows, schema.get("description", ""))
            if variant := schema.get("variant"):
                self._of_variant.setdefault(variant, []).extend((label, field.widget, note))
            self._fields[name] = field

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.rows = plain
        layout.addLayout(plain)
        if advanced.rowCount():
            inside = QWidget()
            inside.setLayout(advanced)
            layout.addWidget(Fold("More", inside))

    def add_note(self, rows: QFormLayout, text: str) -> QLabel:
        """Add a row of help, seen while help is asked for."""
        note = QLabel(text)
        note.setTextFormat(Qt.TextFormat.PlainText)
        note.setWordWrap(True)
        note.setEnabled(False)
        note.hide()
        rows.addRow(note)
        self._notes.append(note)
        return note

    def show_help(self, shown: bool) -> None:
        """Show below each field what it is for, or leave it to the tooltips."""
        self._help = shown
        self._show_rows()

    def show_variant(self, variant: str) -> None:
        """Leave out the fields that are of another variant only; their values stay."""
        self._variant = variant
        self._show_rows()

    def _show_rows(self) -> None:
        for note in self._notes:
            note.setVisible(self._help)
        for variant, widgets in self._of_variant.items():
            for widget in widgets:
                here = not self._variant or variant == self._variant
                widget.setVisible(here and (self._help or widget not in self._notes))

    @property
    def unit(self) -> str:
        """What lengths are shown in: "nm" or "px"."""
        return self._unit

    def _lengths(self) -> list[Length]:
        return [field for field in self._fields.values() if isinstance(field, Length)]

    def set_pixel_size(self, nm: float | None, *, same_micrograph: bool) -> None:
        """Show lengths in nm where the scale is known, else in px.

        A length that the user set is a length of what he looked at then: nm stay the same nm on the next
        micrograph, and px stay px there. Only on the same micrograph, when its scale becomes known, are px
        turned into the nm that they are.

        Parameters
        ----------
        nm : float or None
            Edge of a pixel of the current micrograph.
        same_micrograph : bool
            Whether the lengths were set for this one.
        """
        unit = "nm" if nm is not None else "px"
        lengths = self._lengths()
        if unit == self._unit or not lengths:
            return
        if any(field.value() is not None for field in lengths):
            if nm is None or not same_micrograph:
                return
            for field in lengths:
                field.scale(nm)
        self._unit = unit
        for field in lengths:
            field.show_unit(unit)

    def values(self) -> Parameters:
        """Return the parameters as they stand.

        Raises
        ------
        InputError
            Values that exclude each other.
        """
        raw: dict[str, Any] = {name: field.value() for name, field in self._fields.items()}
        if self._lengths():
            raw["unit"] = self._unit
        try:
            return self._model(**raw)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "The settings"
            reason = str(first["msg"]).removeprefix("Value error, ")
            raise InputError(f"{field}: {reason}; choose another value.") from error

    def set_values(self, parameters: Parameters) -> None:
        """Show these parameters."""
        if self._lengths():
            self._unit = getattr(parameters, "unit", self._unit)
            for length in self._lengths():
                length.show_unit(self._unit)
        for name, field in self._fields.items():
            field.show_value(getattr(parameters, name))


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    return form
