"""Labels whose particles a new segmentation did not find again."""

from __future__ import annotations

import numpy as np
import pytest
from made_up import change_by_hand, fill, grid_mask

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import (
    AssignClass,
    ForgetLostLabels,
    ParticleLibrary,
    act_from_json,
    act_to_json,
)


@pytest.fixture
def losing(library: ParticleLibrary) -> ParticleLibrary:
    """1, 2 and 3 labelled; 1 deleted by hand; 2, 3 and 4 not found again."""
    library.do(AssignClass((1, 2), 2))
    library.do(AssignClass((3,), 3))
    change_by_hand(library, 1, "delete", [1])
    mask = grid_mask()
    mask[mask <= 4] = 0
    fill(library, 1, mask)
    return library


def test_labels_that_a_segmentation_lost(losing: ParticleLibrary) -> None:
    table = losing.lost_labels()
    assert table.index.tolist() == [2, 3]
    assert table["class_id"].tolist() == [2, 3]
    assert set(table["micrograph"]) == {"gold.tif"}
    assert set(table["micrograph_id"]) == {1}
    assert table[["centroid_y_px", "centroid_x_px"]].to_numpy().tolist() == [
        [9.5, 29.5],
        [9.5, 49.5],
    ]
    assert table["area_px"].tolist() == [100, 100]


def test_nothing_is_lost_at_first(library: ParticleLibrary) -> None:
    assert library.lost_labels().empty
    assert "micrograph" in library.lost_labels()


def test_forgetting_is_an_act(losing: ParticleLibrary) -> None:
    done = losing.do(ForgetLostLabels((2, 3)))
    assert (done.text, done.particle_ids) == ("forget 2 lost labels", (2, 3))
    assert losing.lost_labels().empty
    losing.undo()
    assert losing.lost_labels()["class_id"].to_dict() == {2: 2, 3: 3}
    losing.redo()
    # Forgotten is forgotten, also when the particle is found again.
    assert set(fill(losing, 1, grid_mask()).kept) >= {2, 3}
    assert not {2, 3} & set(losing.labels().index)
    losing.undo()
    assert {2: 2, 3: 3}.items() <= losing.labels().to_dict().items()


def test_a_particle_found_again_has_its_label(losing: ParticleLibrary) -> None:
    fill(losing, 1, grid_mask())
    assert losing.lost_labels().empty
    assert {2: 2, 3: 3}.items() <= losing.labels().to_dict().items()


@pytest.mark.parametrize("ids", [(), (1,), (4,), (5,), (2, 99)])
def test_only_lost_labels_are_forgotten(losing: ParticleLibrary, ids: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        losing.do(ForgetLostLabels(ids))
    assert len(losing.lost_labels()) == 2


def test_it_travels_as_json() -> None:
    act = ForgetLostLabels(tuple(np.array([1, 2])))  # type: ignore[arg-type]
    assert act_from_json(act_to_json(act)) == act
