"""The judgement that the pages on accuracy and calibration share, and where its answers come from."""

from __future__ import annotations

from typing import cast

from qtpy.QtWidgets import QComboBox

from napari_ssrvae.errors import InputError
from napari_ssrvae.session import Session
from napari_ssrvae.workflow.judging import Judgement, Source, answers_of, judge

__all__ = ["SourceChoice", "judgement_of"]

SOURCES: tuple[tuple[str, Source], ...] = (
    ("labels kept aside in training", "held_out"),
    ("answers to random picks", "random"),
)


class SourceChoice(QComboBox):
    """Which answers the model is judged by."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Judged by")
        self.setToolTip(
            "Labels that the model was not shown in the first part of its training, or answers to particles that "
            "were picked at random while labelling, given before the model learned from them"
        )
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(22)
        for text, source in SOURCES:
            self.addItem(text, source)

    @property
    def source(self) -> Source:
        """What is chosen."""
        return cast(Source, self.currentData())


def judgement_of(session: Session, source: Source) -> Judgement:
    """Judge the model that is shown; `InputError` says what is missing."""
    if session.library_model is None:
        raise InputError("There is no model yet: label a few particles of each class, then train.")
    answers = answers_of(session.need_library(), session.library_model, source)
    return judge(answers, [c.class_id for c in session.classes])
