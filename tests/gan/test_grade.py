"""What a recipe's word is, by its headline figure's distance from the floor."""

import pytest

from forger.evaluation.grade import grade


def graded(found, floor=0.5, half=0.02, floor_half=0.0, precision=0.9):
    """The grade of a figure whose interval, and its floor's, has such a half width."""
    return grade(
        {
            "quality": {"c2st": found, "precision": precision},
            "floor": {"c2st": floor, "precision": 0.9},
            "interval": {"c2st": [found - half, found + half]},
            "floor_interval": {"c2st": [floor - floor_half, floor + floor_half]},
        }
    )


@pytest.mark.parametrize(
    ("excess", "half", "expected"),
    [
        # By half widths, where the figure itself is small: 1, 5 and 20.
        (0.009, 0.01, "indistinguishable"),
        (0.011, 0.01, "close"),
        (0.049, 0.01, "close"),
        (0.051, 0.01, "far"),
        (0.039, 0.002, "far"),
        (0.041, 0.002, "failed"),
        # By itself, where few examples make wide intervals: 0.1, 0.2 and 0.4.
        (0.09, 0.1, "indistinguishable"),
        (0.11, 0.2, "close"),
        (0.19, 0.2, "close"),
        (0.21, 0.3, "far"),
        (0.39, 0.3, "far"),
        (0.41, 0.5, "failed"),
        # On either side of the floor.
        (-0.009, 0.01, "indistinguishable"),
        (-0.051, 0.01, "far"),
    ],
)
def test_grades_by_both_bounds(excess, half, expected):
    found = graded(0.5 + excess, half=half)
    assert found.grade == expected
    assert found.figure == "c2st"
    assert found.gap == pytest.approx(abs(excess) / half)


def test_the_floors_interval_counts_too():
    assert graded(0.55, half=0.03, floor_half=0.04).gap == pytest.approx(1)


def test_samples_that_have_little_to_do_with_the_data_have_failed_however_wide_the_interval():
    assert graded(0.55, half=0.4, precision=0.08).grade == "failed"
    assert graded(0.55, half=0.4, precision=0.1).grade == "indistinguishable"


def test_nothing_can_be_graded_beside_real_data_of_another_kind():
    assert graded(1.0, floor=1.0).grade == "failed"
    assert graded(0.79, floor=0.79).grade == "indistinguishable"


def test_without_a_width_any_distance_is_beyond_it():
    assert graded(0.5, half=0.0).grade == "indistinguishable"
    assert graded(0.5, half=0.0).gap == 0
    assert graded(0.5001, half=0.0).grade == "failed"
    assert graded(0.5001, half=0.0).gap == 1e6
    assert graded(0.6, half=1e-9).gap == 1e6


def test_what_is_at_a_bound_is_within_it():
    """Of numbers that floating point has, so that they are."""
    assert graded(0.5625, half=0.0625).gap == 1
    assert graded(0.5625, half=0.0625).grade == "indistinguishable"
    assert graded(0.1, floor=0.0, half=1.0).grade == "indistinguishable"
    assert graded(0.2, floor=0.0, half=1.0).grade == "close"
