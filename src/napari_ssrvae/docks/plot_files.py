"""Plots as files: PNG and SVG of what is seen, CSV of the numbers behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QPoint, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPen
from qtpy.QtWidgets import (
    QFileDialog,
    QGraphicsView,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.plot_theme import PAPER, Theming
from napari_ssrvae.docks.widgets import Hint
from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_file
from napari_ssrvae.workflow.tables import write_table

if TYPE_CHECKING:
    import pandas as pd

    from napari_ssrvae.session import Session

__all__ = ["SaveButtons", "save_csv", "save_png", "save_svg"]

# Times the size on the screen, and never narrower than this.
FINER, LEAST_WIDTH = 2, 1600
LEAST_PLOT = QSize(420, 320)
TIPS = {
    "png": "A picture on white, at least twice as fine as on the screen",
    "svg": "A drawing on white that stays sharp at every size",
    "csv": "The numbers behind the picture as a table",
}
ENDINGS = tuple(TIPS)
NOTHING = "There is nothing to save yet: the plot is empty."


class SaveButtons(QWidget):
    """PNG, SVG and CSV of one plot.

    Parameters
    ----------
    name : str
        Of the files that are offered, without ending.
    pictures : QWidget or sequence of QWidget
        A plot, a widget that holds several, or several that are drawn below each other.
    table : callable
        Returns the numbers behind the picture, units in the headers; empty if there are none.
    session : Session, optional
        In whose library's folder the dialog begins.
    endings : sequence of {"png", "svg", "csv"}
        What can be saved.
    """

    def __init__(
        self,
        name: str,
        pictures: QWidget | Sequence[QWidget],
        table: Callable[[], pd.DataFrame],
        session: Session | None = None,
        parent: QWidget | None = None,
        *,
        endings: Sequence[str] = ENDINGS,
    ) -> None:
        super().__init__(parent)
        self.name, self.session = name, session
        self.pictures = (pictures,) if isinstance(pictures, QWidget) else tuple(pictures)
        self.table = table
        self.hint = Hint()
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(QLabel("Save"))
        self.buttons: dict[str, QPushButton] = {}
        for ending in endings:
            button = QPushButton(ending.upper())
            button.setToolTip(TIPS[ending])
            button.setAccessibleName(f"Save {name} as {ending.upper()}")
            button.clicked.connect(lambda _=False, ending=ending: self.ask(ending))
            row.addWidget(button)
            self.buttons[ending] = button
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.hint)

    def ask(self, ending: str) -> None:
        """Ask where to, then save."""
        library = None if self.session is None else self.session.library
        folder = Path.home() if library is None else Path(library.folder)
        name, _ = QFileDialog.getSaveFileName(
            self,
            f"Save as {ending.upper()}",
            str(folder / f"{self.name}.{ending}"),
            f"{ending.upper()} (*.{ending})",
        )
        if name:
            path = Path(name)
            self.save_to(path if path.suffix.lower() == f".{ending}" else Path(f"{name}.{ending}"))

    def save_to(self, path: Path) -> bool:
        """Save as what the ending says and tell how it went; False if it could not be done."""
        try:
            self.write(path)
        except InputError as error:
            self.hint.say(str(error), error=True)
            return False
        self.hint.say(f"Written to {path}")
        return True

    def write(self, path: Path) -> None:
        """Save as what the ending says.

        Raises
        ------
        InputError
            There is nothing to save, or the file cannot be written.
        """
        ending = path.suffix.lower()
        if ending == ".csv":
            save_csv(path, self.table())
        elif ending == ".svg":
            save_svg(path, self.pictures)
        else:
            save_png(path, self.pictures)


def save_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table that is safe to open in a spreadsheet; see `workflow.tables.write_table`."""
    if not len(table):
        raise InputError(NOTHING)
    write_table(path, table)


def save_png(path: Path, pictures: Sequence[QWidget]) -> None:
    """Write what the widgets show, below each other, on white; raises `InputError` if that cannot be done."""
    with _roomy(pictures):
        image = _painted(pictures)
    with atomic_file(path) as draft:
        # Qt does not say why it could not write.
        draft.touch()
        if not image.save(str(draft), "PNG"):
            raise OSError("the disk took only a part of it")


def _painted(pictures: Sequence[QWidget]) -> QImage:
    size = _size(pictures)
    scale = max(FINER, LEAST_WIDTH / size.width())
    image = QImage(
        round(size.width() * scale), round(size.height() * scale), QImage.Format.Format_RGB32
    )
    image.fill(QColor("white"))
    # Not by scaling the painter: legends ignore that.
    image.setDevicePixelRatio(scale)
    painter = QPainter(image)
    try:
        _draw(painter, pictures, scale)
    finally:
        painter.end()
    return image


def save_svg(path: Path, pictures: Sequence[QWidget]) -> None:
    """Write what the widgets show as a drawing, below each other; raises `InputError` if that cannot be done."""
    from qtpy.QtSvg import QSvgGenerator

    with atomic_file(path) as draft, _roomy(pictures):
        size = _size(pictures)
        draft.touch()
        generator = QSvgGenerator()
        generator.setFileName(str(draft))
        generator.setSize(size)
        # Without it Qt takes 72 dots per inch, and texts and axes come out smaller than the rest.
        generator.setResolution(pictures[0].logicalDpiX())
        generator.setViewBox(QRect(QPoint(0, 0), size))
        generator.setTitle(path.stem)
        painter = QPainter(generator)
        try:
            painter.fillRect(QRect(QPoint(0, 0), size), QColor("white"))
            _draw(painter, pictures, 1.0)
        finally:
            painter.end()


def _size(pictures: Sequence[QWidget]) -> QSize:
    width = max((widget.width() for widget in pictures), default=0)
    height = sum(widget.height() for widget in pictures)
    if width < 8 or height < 8:
        raise InputError(NOTHING)
    return QSize(width, height)


@contextmanager
def _roomy(pictures: Sequence[QWidget]) -> Iterator[None]:
    """Give plots the room that a figure needs while they are drawn: a dock may be flat."""
    before = [widget.geometry() for widget in pictures]
    for widget in pictures:
        plots = [view for view in _views(widget) if isinstance(view[0], QGraphicsView)]
        if not plots or not widget.isVisible():
            continue
        beside = len({at.x() for _, at in plots})
        below = len({at.y() for _, at in plots})
        least = QSize(LEAST_PLOT.width() * beside, LEAST_PLOT.height() * below)
        widget.setUpdatesEnabled(False)
        widget.resize(widget.size().expandedTo(least))
    try:
        yield
    finally:
        for widget, geometry in zip(pictures, before, strict=True):
            widget.setGeometry(geometry)
            widget.setUpdatesEnabled(True)


def _draw(painter: QPainter, pictures: Sequence[QWidget], scale: float) -> None:
    top = 0
    for widget in pictures:
        with _on_white(widget):
            for view, at in _views(widget):
                painter.save()
                painter.translate(at.x(), at.y() + top)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                _draw_view(painter, view, scale)
                painter.restore()
        top += widget.height()


def _draw_view(painter: QPainter, view: QWidget, scale: float) -> None:
    if not isinstance(view, QGraphicsView):
        view.render(painter, QPoint(0, 0))
        return
    viewport, scene = view.viewport(), view.scene()
    if viewport is None or scene is None:
        return
    # As before a painting on the screen: ranges that follow the data are settled there.
    if (settle := getattr(scene, "prepareForPaint", None)) is not None:
        settle()
    # pyqtgraph draws symbols and lines for the screen otherwise, as small pictures.
    items: list[Any] = [item for item in scene.items() if hasattr(item, "setExportMode")]
    for item in items:
        item.setExportMode(True, {"antialias": True, "resolutionScale": 1.0, "painter": painter})
    try:
        with _thicker(scene.items(), scale):
            view.render(
                painter,
                QRectF(viewport.rect()),
                viewport.rect(),
                Qt.AspectRatioMode.IgnoreAspectRatio,
            )
    finally:
        for item in items:
            item.setExportMode(False)


@contextmanager
def _thicker(items: Sequence[Any], scale: float) -> Iterator[None]:
    """Let lines of so and so many pixels keep their width on the picture, whose pixels are smaller."""
    pens = [
        (item.opts, item.opts["pen"])
        for item in items
        if isinstance(getattr(item, "opts", None), dict) and isinstance(item.opts.get("pen"), QPen)
    ]
    for options, pen in pens:
        if pen.isCosmetic():
            thick = QPen(pen)
            thick.setWidthF(max(pen.widthF(), 1.0) * scale)
            options["pen"] = thick
    try:
        yield
    finally:
        for options, pen in pens:
            options["pen"] = pen


def _views(widget: QWidget) -> Iterator[tuple[QWidget, QPoint]]:
    """Yield what is drawn one by one, with its place: plots within other widgets draw as lines, not as pixels."""
    inner = [view for view in widget.findChildren(QGraphicsView) if view.isVisibleTo(widget)]
    if isinstance(widget, QGraphicsView) or not inner:
        yield widget, QPoint(0, 0)
        return
    for view in inner:
        yield view, view.mapTo(widget, QPoint(0, 0))


@contextmanager
def _on_white(widget: QWidget) -> Iterator[None]:
    """Draw plots in black on white, as papers want them, and in the theme's colours again afterwards."""
    followers = widget.findChildren(Theming)
    before = [theming.tint for theming in followers]
    for theming in followers:
        theming.apply(PAPER)
    try:
        yield
    finally:
        for theming, tint in zip(followers, before, strict=True):
            theming.apply(tint)
