"""How particles are cut out: asked while nothing fixes it, then shown as the project has it."""

from __future__ import annotations

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_ssrvae.docks.forms import ParameterForm
from napari_ssrvae.docks.widgets import Hint
from napari_ssrvae.particles.patch_parameters import PatchParameters
from napari_ssrvae.session import Session
from napari_ssrvae.workflow import patches_of, project_patches

__all__ = ["PatchForm"]


class PatchForm(QWidget):
    """The settings of the patches; locked, with the reason, as soon as another micrograph fixes them.

    All patches of a project are cut alike, since a model compares them.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: object = None
        self.form: ParameterForm[PatchParameters] = ParameterForm(PatchParameters)
        self.reason = Hint()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.reason)
        column.addWidget(self.form)
        session.current_changed.connect(self.refresh)
        session.library_changed.connect(self.refresh)
        session.particles_changed.connect(self._on_particles)
        self.refresh()

    @property
    def locked(self) -> bool:
        """Whether the project says how patches are cut."""
        return not self.form.isEnabled()

    def values(self) -> PatchParameters:
        """Return the settings as they stand.

        Raises
        ------
        InputError
            Values that exclude each other.
        """
        return self.form.values()

    def refresh(self) -> None:
        """Show what the library says of the current micrograph; what the user chose stays where it says nothing."""
        state, library = self._session.current, self._session.library
        fixed = own = None
        if state is not None and library is not None:
            fixed = project_patches(library, state.micrograph)
            if fixed is None:
                known = library.micrographs()
                same = known["sha256"] == state.micrograph.sha256
                rows = known[same & known["window_px"].notna()].to_dict("records")
                own = patches_of(rows[0]) if rows else None
        self.form.setEnabled(fixed is None)
        self.reason.say("" if fixed is None else _reason(fixed))
        said = fixed or own
        # Once for each micrograph and answer: what the user changes afterwards is his next wish.
        shown = (library, state, said)
        if said is not None and shown != self._shown:
            self.form.set_values(said)
        self._shown = shown

    def _on_particles(self, _state: object, change: object) -> None:
        if getattr(change, "region", None) is None:
            self.refresh()


def _reason(fixed: PatchParameters) -> str:
    around = "alone" if fixed.mask_neighbours else "with what surrounds it"
    return (
        f"The project's patches were cut so: {fixed.size} px, each particle {around}, brightness relative to the "
        f"{fixed.normalise}; all of a project are cut alike."
    )
