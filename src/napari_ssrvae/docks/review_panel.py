"""Label next and review: one particle after the other, answered with one key or button each."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from napari_ssrvae.docks.answer_buttons import AnswerButtons
from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.docks.elided import ElidedButton
from napari_ssrvae.docks.later import Later
from napari_ssrvae.docks.review_card import ReviewCard
from napari_ssrvae.docks.review_words import accuracy_words
from napari_ssrvae.docks.widgets import Hint, primary_button

__all__ = ["ReviewPanel"]


class ReviewPanel(QWidget):
    """Two buttons that begin, and while a review is on the particle with all answers to it."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self.canvas, self.session, self.commands = canvas, canvas.session, canvas.commands
        self.next = primary_button(
            "Label next", "Go to the particle whose label helps the model most (N)"
        )
        self.next.clicked.connect(lambda: self.commands.next())
        self.review = primary_button(
            "Review", "Go through the predictions, the most doubtful first (R)"
        )
        self.review.clicked.connect(lambda: self.commands.review())

        self.card = ReviewCard(self.session)
        self.accept = ElidedButton("Accept")
        self.accept.setMinimumHeight(32)
        self.accept.setToolTip("The prediction is right: label it so and go on (Enter or Space)")
        self.accept.clicked.connect(lambda: self.commands.accept())
        self.answers = AnswerButtons()
        self.answers.answered.connect(self._answer)
        self.back = _button("Back", "Go back to the one before (Shift+N)", self.commands.back)
        self.skip = _button("Skip", "Leave it and go on (N or Tab)", self.commands.next)
        self.clear = _button(
            "No label", "Take its label off, or leave it without one and go on (0)", self._clear
        )
        self.end = _button("End", "End the review (Esc)", self.commands.leave)
        self.accuracy = Hint()
        self.accuracy.setToolTip(
            "Only random particles tell how often the model is right: those that you or the model choose "
            "are easier or harder than most. Interval: Wilson, 95 %."
        )

        begin, ways = QHBoxLayout(), QHBoxLayout()
        begin.addWidget(self.next, 1)
        begin.addWidget(self.review, 1)
        for button in (self.back, self.skip, self.clear, self.end):
            ways.addWidget(button, 1)
        ways.setSpacing(4)
        self.asked = QWidget()
        asked = QVBoxLayout(self.asked)
        asked.setContentsMargins(0, 0, 0, 0)
        asked.setSpacing(4)
        asked.addWidget(self.card)
        asked.addWidget(self.accept)
        asked.addWidget(self.answers)
        asked.addLayout(ways)
        for button in (self.accept, self.back, self.skip, self.clear, self.end):
            # A click leaves the keys where they were: Enter and Space shall mean the same all the time.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(begin)
        column.addWidget(self.asked)
        column.addWidget(self.accuracy)

        self._later = Later(self.refresh, self)
        self._look = Later(self._bring_into_view, self)
        self.session.queue.changed.connect(self._later.ask)
        self.session.classes_changed.connect(self._later.ask)
        self.session.library_changed.connect(self._later.ask)
        self.session.catalogue_changed.connect(self._later.ask)
        self.refresh()

    def refresh(self) -> None:
        """Show the queue as it is."""
        queue, library = self.session.queue, self.session.library
        on, pick = queue.order is not None, queue.current
        here = library is not None and len(self.session.catalogue) > 0
        self.next.setEnabled(here)
        self.review.setEnabled(here and bool(self.session.catalogue.by_model.any()))
        self.next.setVisible(not on)
        self.review.setVisible(not on)
        begins = on and self.asked.isHidden()
        self.asked.setVisible(on)
        self.accuracy.say(accuracy_words(queue.accuracy) if library is not None else "")
        if not on:
            return
        classes = self.session.classes
        self.card.refresh()
        self.answers.show_classes(classes)
        predicted = pick.class_id if pick is not None else None
        self.answers.mark(predicted)
        name = next((c.name for c in classes if c.class_id == predicted), "")
        self.accept.show_text(f"Accept: {name}  (Enter)")
        self.accept.setVisible(predicted is not None)
        for widget in (self.answers, self.skip, self.clear):
            widget.setEnabled(pick is not None)
        self.back.setEnabled(queue.position > 1)
        if begins:
            self._look.ask()

    def _bring_into_view(self) -> None:
        """Scroll the dock to the question: a key may have begun the review while another step was looked at."""
        area: QObject | None = self.parent()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parent()
        if isinstance(area, QScrollArea) and self.isVisible():
            area.ensureWidgetVisible(self.asked, 0, 4)

    def _answer(self, class_id: int) -> None:
        pick = self.session.queue.current
        if pick is not None:
            self.commands.assign(class_id, [pick.particle_id])

    def _clear(self) -> None:
        pick = self.session.queue.current
        if pick is not None:
            self.commands.clear([pick.particle_id])


def _button(text: str, tip: str, act: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setMinimumWidth(10)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.clicked.connect(lambda: act())
    return button
