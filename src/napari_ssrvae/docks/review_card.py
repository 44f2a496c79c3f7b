"""The particle under review: its picture, what the model says of it, and why it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtGui import QImage, QPixmap
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from napari_ssrvae.docks.review_words import place_words, probability_words, reason_words
from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from napari_ssrvae.session import Session
    from napari_ssrvae.session.queue import Pick

__all__ = ["ReviewCard"]

PICTURE_PX = 96


class ReviewCard(QFrame):
    """Shows what the queue has come to."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.picture = QLabel()
        self.picture.setFixedSize(PICTURE_PX, PICTURE_PX)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setAccessibleName("The particle under review")
        self.what, self.why, self.place = QLabel(), QLabel(), QLabel()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        for label in (self.what, self.why, self.place):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            words.addWidget(label)
        words.addStretch(1)
        font = self.what.font()
        font.setBold(True)
        self.what.setFont(font)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 4, 4, 4)
        row.addWidget(self.picture)
        row.addLayout(words, 1)

    def refresh(self) -> None:
        """Show the current particle."""
        queue = self._session.queue
        pick = queue.current
        for label in (self.picture, self.why, self.place):
            label.setVisible(pick is not None)
        if pick is None:
            self.what.setText("Nothing is left: every particle has a label or was shown.")
            return
        names = {c.class_id: c.name for c in self._session.classes}
        by_hand = self._by_hand(pick.particle_id)
        if by_hand:
            self.what.setText(f"Labelled {names.get(by_hand, '')} by you")
        elif pick.class_id is None:
            self.what.setText("What is it?")
        else:
            sure = probability_words(pick.probability)
            self.what.setText(f"{names.get(pick.class_id, '')}?  {sure}")
        self.why.setText(self._second(pick, names) or reason_words(pick))
        self.place.setText(place_words(queue.position, queue.remaining))
        self.picture.setPixmap(self._picture(pick.particle_id))

    def _second(self, pick: Pick, names: dict[int, str]) -> str:
        """Return between which two classes the model wavers, empty where that is not why it was picked."""
        catalogue = self._session.catalogue
        row = int(catalogue.rows([pick.particle_id])[0])
        if pick.reason != "uncertain" or pick.class_id is None or row < 0:
            return ""
        p, ids = catalogue.probabilities[row], catalogue.model_class_ids
        others = [
            (float(p[k]), names[int(i)])
            for k, i in enumerate(ids)
            if int(i) != pick.class_id and int(i) in names
        ]
        if not others:
            return ""
        probability, name = max(others)
        return f"Uncertain: or is it {name} ({probability:.2f})?"

    def _by_hand(self, particle_id: int) -> int:
        catalogue = self._session.catalogue
        row = int(catalogue.rows([particle_id])[0])
        return int(catalogue.by_hand[row]) if row >= 0 else 0

    def _picture(self, particle_id: int) -> QPixmap:
        try:
            patch = self._session.patches([particle_id])[0]
        except InputError:
            return QPixmap()
        return pixmap_of(patch).scaled(
            PICTURE_PX,
            PICTURE_PX,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )


def pixmap_of(patch: NDArray[np.float32]) -> QPixmap:
    """Return a patch (S, S) as a grey picture that uses all greys."""
    low, high = float(np.nanmin(patch)), float(np.nanmax(patch))
    scaled = (np.nan_to_num(patch) - low) / max(high - low, 1e-6)
    grey = np.ascontiguousarray((255 * scaled).clip(0, 255), dtype=np.uint8)
    height, width = grey.shape
    # The pixmap copies, so the array may go.
    image = QImage(grey.tobytes(), width, height, width, QImage.Format.Format_Grayscale8)
    return QPixmap.fromImage(image)
