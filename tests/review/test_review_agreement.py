"""Agreement beyond chance, held against published examples, and silence where there is too little to say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import BadInputError
from witnessmark.review.agreement import Answer, agreement, cohen_kappa, krippendorff_alpha, met_of, wilson

KRIPPENDORFF_2011 = (
    ("1", "2", "3", "3", "2", "1", "4", "1", "2", None, None, None),
    ("1", "2", "3", "3", "2", "2", "4", "1", "2", "5", None, "3"),
    (None, "3", "3", "3", "2", "3", "4", "2", "2", "5", "1", None),
    ("1", "2", "3", "3", "2", "4", "4", "1", "2", "5", "1", None),
)
"""Example C of Krippendorff (2011): four observers, twelve units, gaps; its nominal alpha is 0.743."""


def answers(*pairs: tuple[str, str], per_subject: int = 1) -> list[Answer]:
    return [
        Answer(f"S{index // per_subject}", f"Q{index}", rater, category)
        for index, pair in enumerate(pairs)
        for rater, category in zip(("a", "b"), pair, strict=True)
    ]


def test_krippendorffs_own_example() -> None:
    units = [[value for value in column if value is not None] for column in zip(*KRIPPENDORFF_2011, strict=True)]
    alpha = krippendorff_alpha(units)
    assert alpha is not None and round(alpha, 3) == 0.743


def test_binary_example_of_two_observers() -> None:
    """Example A of Krippendorff (2011): ten units, two observers, alpha 0.095."""
    first, second = "0100000000", "1110010100"
    alpha = krippendorff_alpha([list(pair) for pair in zip(first, second, strict=True)])
    assert alpha is not None and round(alpha, 3) == 0.095


def test_kappa_where_chance_explains_everything_and_where_it_explains_nothing() -> None:
    assert cohen_kappa([("x", "x"), ("y", "y"), ("x", "y"), ("y", "x")]) == pytest.approx(0.0)
    assert cohen_kappa([("x", "x"), ("y", "y")]) == pytest.approx(1.0)
    assert cohen_kappa([("x", "y"), ("y", "x")]) == pytest.approx(-1.0)
    assert cohen_kappa([("x", "x")] * 5) is None
    assert cohen_kappa([]) is None and krippendorff_alpha([]) is None and krippendorff_alpha([["x"], ["y"]]) is None


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("xyz")), min_size=1, max_size=30))
def test_coefficients_never_leave_their_range_and_names_do_not_matter(pairs: list[tuple[str, str]]) -> None:
    kappa, alpha = cohen_kappa(pairs), krippendorff_alpha([list(pair) for pair in pairs])
    swapped = [(other, one) for one, other in pairs]
    assert kappa is None or -1.0 <= kappa <= 1.0
    assert alpha is None or alpha <= 1.0
    assert kappa == pytest.approx(cohen_kappa(swapped)) if kappa is not None else cohen_kappa(swapped) is None
    renamed = [["q" + one, "q" + other] for one, other in pairs]
    assert krippendorff_alpha(renamed) == alpha


def test_few_questions_are_said_to_be_too_few() -> None:
    made = agreement(answers(("x", "x"), ("y", "y"), ("x", "y")))
    assert made.questions == 3 and not made.enough and "too few" in made.said
    assert made.simple.value == pytest.approx(2 / 3)
    nothing = agreement([Answer("S", "Q", "a", "x")])
    assert nothing.questions == 0 and nothing.simple.value is None and "Nobody" in nothing.said


def test_always_the_same_answer_gives_no_coefficient() -> None:
    made = agreement(answers(*[("x", "x")] * 20))
    assert made.simple.value == 1.0 and made.cohen_kappa.value is None and not made.enough


def test_many_answers_on_one_subject_are_not_many_subjects() -> None:
    same = [("x", "x"), ("y", "y"), ("x", "x"), ("y", "x")] * 5
    apart, together = agreement(answers(*same)), agreement(answers(*same, per_subject=10))
    assert apart.cohen_kappa.value == together.cohen_kappa.value
    assert apart.cohen_kappa.low is not None and together.cohen_kappa.low is None
    assert "2 subjects" in together.cohen_kappa.said and not together.enough


def test_enough_and_consistent_answers_get_a_word() -> None:
    made = agreement(answers(*[("x", "x"), ("y", "y"), ("z", "z")] * 20))
    assert made.enough and "firm conclusions" in made.said
    mixed = agreement(answers(*[("x", "y"), ("y", "x"), ("x", "x"), ("y", "y")] * 15))
    assert mixed.enough and "too little" in mixed.said
    assert made == agreement(answers(*[("x", "x"), ("y", "y"), ("z", "z")] * 20))


def test_three_persons_have_alpha_and_no_kappa() -> None:
    three = [Answer(f"S{i}", "Q", rater, "xy"[i % 2]) for i in range(12) for rater in "abc"]
    made = agreement(three)
    assert made.raters == 3 and made.cohen_kappa.value is None and "two persons" in made.cohen_kappa.said
    assert made.krippendorff_alpha.value == 1.0


def test_answering_twice_is_refused() -> None:
    with pytest.raises(BadInputError, match="twice"):
        agreement([Answer("S", "Q", "a", "x"), Answer("S", "Q", "a", "y")])


@pytest.mark.parametrize("true", [0.3, 0.7])
def test_the_interval_of_alpha_covers_the_truth_about_as_often_as_it_says(true: float) -> None:
    """Raters copy the truth with probability `true`, else guess among two: alpha is true**2."""
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(40):
        truth = rng.integers(0, 2, 60)
        rows = [np.where(rng.random(60) < true, truth, rng.integers(0, 2, 60)) for _ in range(2)]
        made = agreement(
            answers(*[(str(one), str(other)) for one, other in zip(*rows, strict=True)])
        ).krippendorff_alpha
        assert made.low is not None and made.high is not None
        held += made.low <= true**2 <= made.high
    assert held >= 33  # of 40; fewer has a chance below 0.5 % at 95 % coverage


def test_the_share_of_regions_that_met() -> None:
    few = met_of([True, False])
    assert (few.n, few.met) == (2, 1) and "too few" in few.said
    assert met_of([]).share.value is None
    low, high = wilson(15, 20)
    assert met_of([True] * 15 + [False] * 5).share == type(few.share)(0.75, low, high)
    assert (round(low, 3), round(high, 3)) == (0.531, 0.888)
