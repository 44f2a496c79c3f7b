"""The fields of a form: each shows one value of a pydantic model and gives it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QWidget,
)

__all__ = ["AUTOMATIC", "Choice", "Field", "Length", "Number", "Switch", "field_of"]

AUTOMATIC = "automatic"
# One step of a slider, as a part of its range.
SLIDER_STEPS = 200


class Field:
    """One value of a form.

    Attributes
    ----------
    widget : QWidget
        What is shown, with name, tooltip and unit.
    """

    def __init__(self, editor: QWidget, widget: QWidget | None = None) -> None:
        self.editor = editor
        self.widget = editor if widget is None else widget

    def value(self) -> Any:
        """Return the value as it stands."""
        raise NotImplementedError

    def show_value(self, value: Any) -> None:
        """Show this value."""
        raise NotImplementedError


class Choice(Field):
    """One of several words."""

    def __init__(self, options: list[Any], default: Any, changed: Callable[..., None]) -> None:
        box = QComboBox()
        for option in options:
            box.addItem(str(option).replace("_", " "), option)
        box.setCurrentIndex(max(0, box.findData(default)))
        box.currentIndexChanged.connect(changed)
        super().__init__(box)
        self._box = box

    def value(self) -> Any:
        """Return the chosen word."""
        return self._box.currentData()

    def show_value(self, value: Any) -> None:
        """Show this value."""
        self._box.setCurrentIndex(max(0, self._box.findData(value)))


class Switch(Field):
    """On or off."""

    def __init__(self, default: Any, changed: Callable[..., None]) -> None:
        self._check = QCheckBox()
        self._check.setChecked(bool(default))
        self._check.toggled.connect(changed)
        super().__init__(self._check)

    def value(self) -> bool:
        """Return whether it is on."""
        return self._check.isChecked()

    def show_value(self, value: Any) -> None:
        """Show this value."""
        self._check.setChecked(bool(value))


class Number(Field):
    """A number in bounds, by spin box and, where asked for, by slider; None shows as "automatic"."""

    def __init__(
        self, schema: dict[str, Any], kind: dict[str, Any], optional: bool, changed: Callable
    ) -> None:
        whole = kind.get("type") == "integer"
        spin = QSpinBox() if whole else QDoubleSpinBox()
        default = schema.get("default")
        self._spin, self._optional = spin, optional
        low = kind.get("minimum", kind.get("exclusiveMinimum", 0))
        high = kind.get("maximum", kind.get("exclusiveMaximum", 1_000_000))
        if isinstance(spin, QDoubleSpinBox):
            spin.setDecimals(4 if isinstance(default, float) and 0 < default < 0.01 else 2)
            spin.setSingleStep(0.05 if high <= 1 else 0.5)
        step = spin.singleStep()
        if optional and "exclusiveMinimum" not in kind:
            # One step under the least value stands for None; a bound that is itself excluded does so already.
            low -= step
        elif not optional and "exclusiveMinimum" in kind:
            low += 1 if whole else 10.0 ** -spin.decimals()
        spin.setRange(low, high)
        if optional:
            spin.setSpecialValueText(AUTOMATIC)
        spin.setValue(spin.minimum() if default is None else default)
        if unit := schema.get("unit"):
            spin.setSuffix(f" {unit}")
        # A wheel that scrolls the dock must not change a value on its way.
        spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        spin.setKeyboardTracking(False)
        spin.valueChanged.connect(changed)
        row = self._with_slider(schema, low, high) if schema.get("slider") else None
        super().__init__(spin, row)

    def _with_slider(self, schema: dict[str, Any], low: float, high: float) -> QWidget:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, SLIDER_STEPS)
        slider.setPageStep(SLIDER_STEPS // 10)
        slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        slider.setToolTip(schema.get("description", ""))
        slider.setAccessibleName(f"{schema.get('title', '')} slider")
        slider.setMinimumWidth(60)
        slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        spin = self._spin

        def to_spin(position: int) -> None:
            spin.setValue(low + (high - low) * position / SLIDER_STEPS)

        def to_slider(value: float) -> None:
            slider.blockSignals(True)
            slider.setValue(round(SLIDER_STEPS * (value - low) / (high - low)))
            slider.blockSignals(False)

        slider.valueChanged.connect(to_spin)
        spin.valueChanged.connect(to_slider)
        to_slider(spin.value())
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(slider, 1)
        layout.addWidget(spin)
        self.slider = slider
        return row

    def value(self) -> Any:
        """Return the number, None for "automatic"."""
        if self._optional and self._spin.value() == self._spin.minimum():
            return None
        return self._spin.value()

    def show_value(self, value: Any) -> None:
        """Show this value."""
        self._spin.setValue(self._spin.minimum() if value is None else value)


class Length(Number):
    """A length in the unit that the form gives it."""

    def __init__(
        self, schema: dict[str, Any], kind: dict[str, Any], optional: bool, changed: Callable
    ) -> None:
        super().__init__(schema, kind, optional, changed)
        assert isinstance(self._spin, QDoubleSpinBox)
        self._spin.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.show_unit("px")

    def show_unit(self, unit: str) -> None:
        """Write this unit behind the number; the number stays."""
        self._spin.setSuffix(f" {unit}")

    def scale(self, factor: float) -> None:
        """Multiply the length, without telling anybody: it is the same length in another unit."""
        value = self.value()
        if value is not None:
            self._spin.blockSignals(True)
            self.show_value(value * factor)
            self._spin.blockSignals(False)


def field_of(name: str, schema: dict[str, Any], changed: Callable[..., None]) -> Field:
    """Return the field for one property of a model's JSON schema."""
    options = schema.get("anyOf", [schema])
    kinds = [o for o in options if o.get("type") != "null"]
    optional = len(kinds) < len(options)
    kind = kinds[0] if kinds else {}
    default = schema.get("default")
    made: Field
    if "enum" in kind or "const" in kind:
        made = Choice(kind.get("enum", [kind.get("const")]), default, changed)
    elif kind.get("type") == "boolean":
        made = Switch(default, changed)
    elif schema.get("length"):
        made = Length(schema, kind, optional, changed)
    else:
        made = Number(schema, kind, optional, changed)
    made.editor.setObjectName(name)
    made.editor.setToolTip(schema.get("description", ""))
    made.editor.setAccessibleName(schema.get("title", name))
    return made
