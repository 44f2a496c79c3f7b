"""A form made from a pydantic model: title, help, unit, bounds and choices all come from its fields."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.widgets import Fold
from napari_ssrvae.errors import InputError

__all__ = ["ParameterForm"]

Parameters = TypeVar("Parameters", bound=BaseModel)

AUTOMATIC = "automatic"


class ParameterForm(QWidget, Generic[Parameters]):
    """Shows the fields of a model; fields marked `advanced` are folded away, those marked `hidden` left out.

    Parameters
    ----------
    model : subclass of pydantic.BaseModel
        Its fields are numbers, booleans or choices; a number that may be None shows "automatic" at the low end.
    """

    changed = Signal()

    def __init__(self, model: type[Parameters], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._fields: dict[str, QWidget] = {}
        plain, advanced = _form(), _form()
        for name, schema in model.model_json_schema()["properties"].items():
            if schema.get("hidden"):
                continue
            widget = self._widget(schema)
            widget.setObjectName(name)
            widget.setToolTip(schema.get("description", ""))
            widget.setAccessibleName(schema.get("title", name))
            label = QLabel(schema.get("title", name))
            label.setToolTip(schema.get("description", ""))
            label.setBuddy(widget)
            (advanced if schema.get("advanced") else plain).addRow(label, widget)
            self._fields[name] = widget

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(plain)
        if advanced.rowCount():
            inside = QWidget()
            inside.setLayout(advanced)
            layout.addWidget(Fold("More", inside))

    def _widget(self, schema: dict[str, Any]) -> QWidget:
        options = schema.get("anyOf", [schema])
        kinds = [o for o in options if o.get("type") != "null"]
        optional = len(kinds) < len(options)
        kind = kinds[0] if kinds else {}
        default = schema.get("default")
        if "enum" in kind or "const" in kind:
            box = QComboBox()
            for choice in kind.get("enum", [kind.get("const")]):
                box.addItem(str(choice).replace("_", " "), choice)
            box.setCurrentIndex(max(0, box.findData(default)))
            box.currentIndexChanged.connect(self.changed)
            return box
        if kind.get("type") == "boolean":
            check = QCheckBox()
            check.setChecked(bool(default))
            check.toggled.connect(self.changed)
            return check
        number = QSpinBox() if kind.get("type") == "integer" else QDoubleSpinBox()
        low = kind.get("minimum", kind.get("exclusiveMinimum", 0))
        high = kind.get("maximum", kind.get("exclusiveMaximum", 1_000_000))
        if isinstance(number, QDoubleSpinBox):
            number.setDecimals(4 if isinstance(default, float) and 0 < default < 0.01 else 2)
            number.setSingleStep(0.05 if high <= 1 else 0.5)
        step = number.singleStep()
        number.setRange(low - step if optional else low, high)
        if optional:
            # One step under the least value stands for None.
            number.setSpecialValueText(AUTOMATIC)
            number.setProperty("automatic", True)
        number.setValue(number.minimum() if default is None else default)
        if unit := schema.get("unit"):
            number.setSuffix(f" {unit}")
        # A wheel that scrolls the dock must not change a value on its way.
        number.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        number.setKeyboardTracking(False)
        number.valueChanged.connect(self.changed)
        return number

    def values(self) -> Parameters:
        """Return the parameters as they stand.

        Raises
        ------
        InputError
            Values that exclude each other.
        """
        raw: dict[str, Any] = {}
        for name, widget in self._fields.items():
            if isinstance(widget, QComboBox):
                raw[name] = widget.currentData()
            elif isinstance(widget, QCheckBox):
                raw[name] = widget.isChecked()
            elif isinstance(widget, QSpinBox | QDoubleSpinBox):
                automatic = (
                    bool(widget.property("automatic")) and widget.value() == widget.minimum()
                )
                raw[name] = None if automatic else widget.value()
        try:
            return self._model(**raw)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "the parameters"
            raise InputError(f"{field}: {first['msg']}; choose another value.") from error

    def set_values(self, parameters: Parameters) -> None:
        """Show these parameters."""
        for name, widget in self._fields.items():
            value = getattr(parameters, name)
            if isinstance(widget, QComboBox):
                widget.setCurrentIndex(max(0, widget.findData(value)))
            elif isinstance(widget, QCheckBox):
                widget.setChecked(bool(value))
            elif isinstance(widget, QSpinBox | QDoubleSpinBox):
                widget.setValue(widget.minimum() if value is None else value)


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    return form
