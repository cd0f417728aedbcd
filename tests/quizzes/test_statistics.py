from __future__ import annotations

import math
import random
import statistics as plain
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes import statistics
from quizzes.statistics import UNIT, Figures, Item, Option, OptionFigures, QuizFigures, Sat, hundredths, units, work_out

ABC = (Option("a", "Đúng", True), Option("b", "Sai", False), Option("c", "Sai nữa", False))


def item(version: int, *, question: int | None = None, options: tuple[Option, ...] = (), **known: Any) -> Item:
    return Item(version=version, question=question or version, kind="single" if options else "number", options=options, **known)


Paper = Sequence[tuple[int, Fraction]]  # (version, share) of each question of one attempt, all worth one mark


def sat(papers: Sequence[Paper]) -> tuple[list[Sat], Counter[int]]:
    rows, scores = [], Counter[int]()
    for paper in papers:
        marks = [units(share) for _version, share in paper]
        scores[hundredths(sum(marks), len(paper) * UNIT)] += 1
        rows += [
            Sat(version, one, UNIT, sum(marks), len(paper) * UNIT, len(paper))
            for (version, _share), one in zip(paper, marks, strict=True)
        ]
    return rows, scores


def figures_of(papers: Sequence[Paper], **known: Any) -> QuizFigures:
    rows, scores = sat(papers)
    items = {row.version: item(row.version, **known) for row in rows}
    return work_out(rows=rows, items=items, scores=scores)


def whole(*shares: int) -> Paper:
    return [(version, Fraction(share)) for version, share in enumerate(shares, 1)]


def of(found: QuizFigures, version: int = 1) -> Figures:
    figures = next(one for one in found.versions if one.version == version).figures
    assert figures
    return figures


# --- worked out by hand ------------------------------------------------------------------------------------------------

# Ten people, three questions. Sums 3 3 3 3 2 2 1 1 0 0.
TEN = [whole(1, 1, 1)] * 4 + [whole(1, 1, 0), whole(1, 0, 1), whole(1, 0, 0), whole(0, 1, 0), whole(0, 0, 0), whole(0, 0, 0)]


def test_a_question_by_hand() -> None:
    """Question 1: 7 of 10 right. Rests 2 2 2 2 1 1 0 1 0 0 have the sum 11, squares 19, and 10 where question 1 is right."""
    found = of(figures_of(TEN))
    assert (found.n, found.answered, found.facility) == (10, 10, 70)
    assert found.deviation == pytest.approx(100 * math.sqrt(10 * 0.7 * 0.3 / 9))
    assert found.discrimination == pytest.approx((10 * 10 - 7 * 11) / math.sqrt((10 * 7 - 49) * (10 * 19 - 121)))
    # In the best order the three who were wrong are the three with the smallest rests, which are all 0: 11 instead of 10.
    assert found.efficiency == pytest.approx((10 * 10 - 7 * 11) / (10 * 11 - 7 * 11))


def test_alpha_by_hand() -> None:
    """Variances of the questions 2.1/9, 2.4/9, 2.5/9; of the sums 1,8 · 10/9 from the squares 46 - 18²/10."""
    found = figures_of(TEN)
    parts, total = (2.1 + 2.4 + 2.5) / 9, (46 - 18**2 / 10) / 9
    assert found.consistency.variant == "alpha"
    assert found.consistency.value == pytest.approx(3 / 2 * (1 - parts / total))
    assert found.spread and found.spread.deviation and found.consistency.value
    assert found.error == pytest.approx(found.spread.deviation * math.sqrt(1 - found.consistency.value))


def test_the_scores_by_hand() -> None:
    spread = figures_of(TEN).spread
    assert spread
    scores = [10] * 4 + [6.67] * 2 + [3.33] * 2 + [0] * 2
    assert spread.mean == pytest.approx(6)
    assert spread.median == pytest.approx(6.67)
    assert spread.deviation == pytest.approx(plain.stdev(scores))
    assert spread.bins == (2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 4)


def test_skewness_and_kurtosis_of_known_numbers() -> None:
    """1 … 10 by one hundredth each: no skewness, excess kurtosis -1.2 in the form corrected for small samples."""
    spread = statistics.spread(dict.fromkeys(range(1, 11), 1))
    assert spread
    assert spread.skewness == pytest.approx(0)
    assert spread.kurtosis == pytest.approx(-1.2)
    leaning = statistics.spread(Counter([100] * 9 + [1000]))
    assert leaning
    assert leaning.skewness == pytest.approx(math.sqrt(10))  # one far from nine that are equal
    assert leaning.kurtosis == pytest.approx(10)


def test_the_outer_groups_take_everybody_who_is_level() -> None:
    assert statistics.outer_groups(dict.fromkeys(range(100), 1)) == (26, 73)
    assert statistics.outer_groups(Counter([0] * 5 + [500] * 2 + [1000] * 3)) == (0, 1000)
    assert statistics.outer_groups({700: 50}) is None
    assert statistics.outer_groups({}) is None


def test_options_by_group() -> None:
    """Twelve strong of whom 9 pick the key; twelve weak, 3 each of a and c and 6 of b; sixteen between who pick a."""
    rows = [Sat(1, UNIT * (one == "a"), UNIT, total * UNIT, 10 * UNIT, 10, (one,)) for total, picked in (
        (9, "aaaaaaaaabbb"), (5, "a" * 16), (1, "aaabbbbbbccc")
    ) for one in picked]  # fmt: skip
    found = of(work_out(rows=rows, items={1: item(1, options=ABC)}, scores=Counter({900: 12, 500: 16, 100: 12})))
    assert [(one.option.id, one.chosen, one.upper, one.lower) for one in found.options] == [
        ("a", 70, 75, 25), ("b", 22.5, 25, 50), ("c", 7.5, 0, 25),
    ]  # fmt: skip
    assert found.never_chosen == ()


def test_times_are_told_from_ten_people_on() -> None:
    rows, scores = sat([whole(1, 0)] * 12)
    timed = [row._replace(seconds=(3, 5, 10)[place % 3]) if row.version == 1 else row for place, row in enumerate(rows)]
    timed = [row._replace(seconds=8) if row.version == 2 and place < 10 else row for place, row in enumerate(timed)]
    found = work_out(rows=timed, items={1: item(1), 2: item(2)}, scores=scores)
    assert (of(found).timed, of(found).median_seconds, of(found).mean_seconds) == (12, 5, 6)
    assert (of(found, 2).timed, of(found, 2).median_seconds) == (5, None)


# --- questions drawn at random -----------------------------------------------------------------------------------------


def test_alpha_gives_way_where_questions_are_drawn() -> None:
    """Ten people, two of four questions each: MSB and MSW by hand."""
    papers = [[(place % 4 + 1, Fraction(1)), ((place + 1) % 4 + 1, Fraction(place < 5))] for place in range(10)]
    found = figures_of(papers).consistency
    # Means 1 (five times) and a half: SSB = 2 · 10 · 0.25², 9 degrees; SSW = 5 · 0.5, 10 degrees.
    between, within = 2 * 10 * 0.0625 / 9, 2.5 / 10
    assert found.variant == "one_way"
    assert found.value == pytest.approx(1 - within / between)
    assert "rút ngẫu nhiên" in found.note


def test_where_nobody_differs_in_luck_the_variant_is_one() -> None:
    """Everybody has all of the drawn questions right or none."""
    papers = [[(place % 3 + 1, Fraction(place < 5)), (4, Fraction(place < 5))] for place in range(10)]
    assert figures_of(papers).consistency.value == pytest.approx(1)


def test_different_marks_in_a_drawn_quiz_are_not_forced_into_a_coefficient() -> None:
    rows = []
    for place in range(12):
        right = UNIT * (place % 2)
        rows += [Sat(1 + place % 3, right, UNIT, right, 3 * UNIT, 2), Sat(4 + place % 3, 0, 2 * UNIT, right, 3 * UNIT, 2)]
    found = work_out(rows=rows, items={v: item(v) for v in range(1, 7)}, scores={0: 6, 333: 6})
    assert (found.consistency.value, found.consistency.variant, found.error) == (None, "none", None)
    assert found.consistency.note


def test_alpha_with_questions_of_different_worth() -> None:
    """Question 2 counts three marks: alpha of the marks, as a plain computation has it."""
    shares = [(1, 1), (1, 1), (1, 0), (0, 1), (0, 0), (0, 0), (1, 1), (0, 0), (1, 0), (0, 1)]
    rows = []
    for one, other in shares:
        total = one + 3 * other
        rows += [
            Sat(1, one * UNIT, UNIT, total * UNIT, 4 * UNIT, 2),
            Sat(2, 3 * other * UNIT, 3 * UNIT, total * UNIT, 4 * UNIT, 2),
        ]
    scores = Counter(hundredths((one + 3 * other) * UNIT, 4 * UNIT) for one, other in shares)
    parts = plain.variance([one for one, _other in shares]) + plain.variance([3 * other for _one, other in shares])
    whole_variance = plain.variance([one + 3 * other for one, other in shares])
    found = work_out(rows=rows, items={1: item(1), 2: item(2)}, scores=scores)
    assert found.consistency.value == pytest.approx(2 * (1 - parts / whole_variance))


# --- empty, small, all alike -------------------------------------------------------------------------------------------


def test_a_quiz_nobody_finished() -> None:
    found = work_out(rows=[], items={}, scores={})
    assert (found.attempts, found.people, found.spread, found.error, found.versions, found.questions) == (
        0,
        0,
        None,
        None,
        (),
        (),
    )
    assert found.consistency.value is None


def test_of_nine_people_nothing_is_told() -> None:
    found = figures_of(TEN[:9])
    assert found.spread is None and found.consistency.value is None
    assert [one.figures for one in (*found.versions, *found.questions)] == [None] * 6
    assert all(not one.suspicions and "10 người" in one.note for one in found.versions)
    assert figures_of(TEN[:1]).people == 1


def test_below_twenty_people_nothing_is_judged() -> None:
    nineteen, twenty = figures_of([whole(0, 1)] * 19), figures_of([whole(0, 1)] * 20)
    assert all(one.figures and not one.judged and not one.suspicions and "20 người" in one.note for one in nineteen.versions)
    assert [[mark.kind for mark in one.suspicions] for one in twenty.versions] == [["hard"], ["easy"]]
    assert all(one.judged and not one.note for one in twenty.versions)


@pytest.mark.parametrize("share", [Fraction(0), Fraction(1), Fraction(1, 3), Fraction(2, 3)])
@pytest.mark.parametrize("people", [1, 10, 40])
def test_everybody_equal(share: Fraction, people: int) -> None:
    found = figures_of([[(version, share) for version in (1, 2, 3)]] * people)
    assert found.consistency.value is None and found.error is None
    for one in found.versions:
        assert (one.figures is None) == (people < 10)
        if one.figures:
            assert (one.figures.deviation, one.figures.discrimination, one.figures.efficiency) == (0, None, None)
    if found.spread:
        assert (found.spread.deviation, found.spread.skewness, found.spread.kurtosis) == (0, None, None)


def test_attempts_of_one_question_have_no_rest() -> None:
    found = figures_of([whole(place % 2) for place in range(40)])
    assert (of(found).facility, of(found).discrimination, of(found).efficiency) == (50, None, None)
    assert "một câu" in found.consistency.note


# --- versions and questions --------------------------------------------------------------------------------------------


def versions_of(counts: dict[int, int], options: dict[int, tuple[Option, ...]] | None = None) -> QuizFigures:
    papers = [[(version, Fraction(1)), (9, Fraction(0))] for version, times in counts.items() for _time in range(times)]
    rows, scores = sat(papers)
    known = {version: item(version, question=5, options=(options or {}).get(version, ABC)) for version in counts}
    return work_out(rows=rows, items={**known, 9: item(9)}, scores=scores)


def test_a_question_joins_its_versions() -> None:
    found = versions_of({1: 12, 2: 30})
    assert [(one.question, one.version, one.figures and one.figures.n) for one in found.questions] == [
        (5, None, 42),
        (9, None, 42),
    ]
    assert found.questions[0].figures and len(found.questions[0].figures.options) == 3


def test_a_version_too_small_to_be_told_is_not_found_by_taking_away() -> None:
    found = versions_of({1: 12, 2: 4})
    assert [one.figures and one.figures.n for one in found.versions] == [12, None, 16]
    assert found.questions[0].figures and found.questions[0].figures.n == 12
    both = versions_of({1: 7, 2: 8})
    assert [one.figures and one.figures.n for one in both.versions] == [None, None, 15]
    assert both.questions[0].figures and both.questions[0].figures.n == 15


def test_options_that_changed_are_not_told_of_the_question() -> None:
    found = versions_of({1: 12, 2: 12}, {2: ABC[:2]})
    assert found.questions[0].figures and found.questions[0].figures.options == ()


# --- suspicions --------------------------------------------------------------------------------------------------------


def figures(**changes: Any) -> Figures:
    plainly: dict[str, Any] = {
        "n": 100, "answered": 100, "facility": 60.0, "deviation": 40.0, "discrimination": 0.4, "efficiency": 0.5, "guess": 25.0,
        "options": (), "timed": 100, "median_seconds": 30.0, "mean_seconds": 30.0,
    }  # fmt: skip
    return Figures(**{**plainly, **changes})


def kinds(found: Figures, **known: Any) -> list[str]:
    known.setdefault("reading", 20)
    return [one.kind for one in statistics.suspect(item(1, **known), found, {1: 27, -1: 27, 0: 46})]


def told(**shares: tuple[float, float, float]) -> tuple[OptionFigures, ...]:
    return tuple(
        OptionFigures(option=option, chosen=shares[option.id][0], upper=shares[option.id][1], lower=shares[option.id][2])
        for option in ABC
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"discrimination": -0.02}, ["negative"]),
        ({"discrimination": 0.0}, ["weak"]),
        ({"discrimination": 0.099}, ["weak"]),
        ({"discrimination": 0.1}, []),
        ({"discrimination": -0.5, "n": 29, "answered": 29}, []),
        ({"discrimination": -0.5, "n": 30, "answered": 30}, ["negative"]),
        ({"discrimination": None}, []),
        ({"facility": 19.9}, ["hard"]),
        ({"facility": 20.0}, []),
        ({"facility": 95.0}, []),
        ({"facility": 95.1}, ["easy"]),
        ({"answered": 80}, ["blank"]),
        ({"answered": 81}, []),
        ({"median_seconds": 6.0}, ["fast"]),
        ({"median_seconds": 7.0}, []),
        ({"median_seconds": 2.0, "timed": 19}, []),
        ({"n": 19, "answered": 2, "facility": 1.0, "discrimination": -1.0}, []),
        ({"options": told(a=(60, 80, 40), b=(30, 10, 40), c=(10, 10, 20))}, []),
        ({"options": told(a=(40, 60, 20), b=(41, 30, 50), c=(19, 10, 30))}, ["wrong_preferred"]),
        ({"options": told(a=(40, 60, 20), b=(40, 30, 50), c=(20, 10, 30))}, []),
        ({"options": told(a=(60, 80, 40), b=(40, 20, 60), c=(0, 0, 0))}, ["unchosen"]),
        ({"options": told(a=(0, 0, 0), b=(90, 90, 90), c=(10, 10, 10))}, ["wrong_preferred", "wrong_preferred"]),
        ({"options": told(a=(50, 40, 60), b=(40, 55, 20), c=(10, 5, 20))}, ["strong_misled"]),
        # 15 against 7 percent of 27 people are four against two: chance.
        ({"options": told(a=(80, 80, 80), b=(10, 15, 7), c=(10, 5, 13))}, []),
    ],
)  # fmt: skip
def test_what_is_suspected(changes: dict[str, Any], expected: list[str]) -> None:
    assert kinds(figures(**changes)) == expected


def test_answering_in_a_glance_is_told_by_whether_it_was_right() -> None:
    def reason(facility: float) -> str:
        (found,) = statistics.suspect(item(1, reading=60), figures(median_seconds=5.0, facility=facility), {})
        return found.reason

    assert "đã lộ" in reason(80)
    assert "không đọc" in reason(40)
    assert kinds(figures(median_seconds=1.0), reading=5) == []


def test_reasons_name_the_option_and_say_numbers_as_the_reader_writes_them() -> None:
    options = told(a=(40, 60, 20), b=(60, 40, 80), c=(0, 0, 0))
    reasons = [one.reason for one in statistics.suspect(item(1), figures(options=options, discrimination=0.054), {1: 27, -1: 27})]
    assert "(độ phân biệt 0,05)" in reasons[0]
    assert "“Sai” được chọn nhiều hơn" in reasons[1]
    assert "“Sai nữa”" in reasons[2]
    assert all("%" not in reason.replace(" %", "") for reason in reasons)
    long = Option("b", "x" * 200, False)
    one = OptionFigures(option=long, chosen=0, upper=0, lower=0)
    right = OptionFigures(option=ABC[0], chosen=100, upper=100, lower=100)
    (found,) = statistics.suspect(item(1), figures(options=(right, one)), {})
    assert len(found.reason) < 160


# --- what a guess is worth ---------------------------------------------------------------------------------------------


def options(*right: bool) -> dict[str, Any]:
    return {"options": [{"id": chr(97 + place), "text": "x", "correct": one} for place, one in enumerate(right)]}


def pairs(count: int, extra: int = 0) -> dict[str, Any]:
    return {
        "pairs": [{"id": chr(97 + place), "left": f"l{place}", "right": f"r{place}"} for place in range(count)],
        "extra": [{"id": f"x{place}", "text": f"s{place}"} for place in range(extra)],
    }


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("single", options(True, False, False, False), 1 / 4),
        ("true_false", {"answer": False}, 1 / 2),
        # Of the seven sets of {right, right, wrong}: one right 1/2 twice, both 1, all three 1/2, the others nothing.
        ("multiple", options(True, True, False), (0.5 + 0.5 + 1 + 0.5) / 7),
        ("matching", pairs(2), 1 / 2),
        ("matching", pairs(3, 1), 1 / 4),
        ("ordering", {"items": [{"id": one, "text": one} for one in "ab"]}, 1 / 2),
        # Longest rising chains of the six orders of three: 3, 2, 2, 2, 2, 1.
        ("ordering", {"items": [{"id": one, "text": one} for one in "abc"]}, (1 + 4 * 0.5) / 6),
        ("short_text", {"accept": ["a"]}, 0),
        ("number", {"answer": "7"}, 0),
        ("essay", {}, None),
    ],
)  # fmt: skip
def test_a_guess_earns(kind: str, body: dict[str, Any], expected: float | None) -> None:
    assert statistics.guess_share(kind, body) == pytest.approx(expected)


def test_a_guess_among_too_many_answers_is_sampled_and_always_the_same() -> None:
    assert statistics.guess_share("matching", pairs(8)) == pytest.approx(1 / 8, abs=0.01)
    many = {"items": [{"id": chr(97 + place), "text": "x"} for place in range(9)]}
    assert statistics.guess_share("ordering", many) == statistics.guess_share("ordering", many)
    assert 0 < (statistics.guess_share("multiple", options(*[True] * 7, *[False] * 7)) or 0) < 0.5


def test_what_a_response_picked() -> None:
    assert statistics.picks("single", {"choice": "b"}) == ("b",)
    assert statistics.picks("multiple", {"choices": ["c", "a"]}) == ("a", "c")
    assert statistics.picks("true_false", {"value": False}) == ("false",)
    assert statistics.picks("number", {"number": "7"}) == statistics.picks("single", {}) == ()
    described = statistics.describe(version=3, question=2, kind="true_false", stem="Một hai ba.", body={"answer": True})
    assert [(one.id, one.right) for one in described.options] == [("true", True), ("false", False)]
    assert (described.guess, described.reading) == (0.5, pytest.approx(3 / 5))


def test_marks_become_whole_numbers() -> None:
    assert units(Decimal("0.3333333")) == units(0.3333333) == 3_333_333
    assert units(Fraction(1, 3)) == 3_333_333
    assert hundredths(2 * UNIT, 3 * UNIT) == 667
    assert hundredths(0, 0) == 0


# --- against a plain implementation ------------------------------------------------------------------------------------

SHARES = st.sampled_from([Fraction(0), Fraction(1), Fraction(1, 2), Fraction(1, 3), Fraction(2, 3)])


@st.composite
def papers(draw: st.DrawFn) -> list[Paper]:
    """Everybody the same questions, or each a draw of them."""
    bank, ask = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    fixed, people = draw(st.booleans()), draw(st.integers(0, 45))
    rng = random.Random(draw(st.integers(0, 10**6)))
    shares = draw(st.lists(SHARES, min_size=1, max_size=5))
    asked = range(1, bank + 1) if fixed else None
    return [
        [(version, rng.choice(shares)) for version in asked or rng.sample(range(1, bank + 1), min(ask, bank))]
        for _person in range(people)
    ]  # fmt: skip


def plain_correlation(ones: list[float], others: list[float]) -> float | None:
    if len(ones) < 2 or plain.pvariance(ones) < 1e-12 or plain.pvariance(others) < 1e-12:
        return None
    return plain.correlation(ones, others)


def plain_efficiency(ones: list[float], others: list[float]) -> float | None:
    if plain_correlation(ones, others) is None:
        return None
    return plain.covariance(ones, others) / plain.covariance(sorted(ones), sorted(others))


@settings(max_examples=150, deadline=None)
@given(papers())
def test_the_same_as_a_plain_implementation(given_papers: list[Paper]) -> None:
    found = figures_of(given_papers)
    totals = [sum(share for _version, share in paper) / len(paper) for paper in given_papers]
    assert found.people == len(given_papers)
    for one in found.versions:
        took = [(float(share), paper) for paper in given_papers for version, share in paper if version == one.version]
        if len(took) < 10:
            assert one.figures is None
            continue
        assert one.figures
        shares = [share for share, _paper in took]
        assert one.figures.n == len(took)
        assert one.figures.facility == pytest.approx(100 * plain.mean(shares), abs=1e-4)
        assert one.figures.deviation == pytest.approx(100 * plain.stdev(shares), abs=1e-4)
        rests = [
            (share, float(sum(part for _version, part in paper) - Fraction(share).limit_denominator(9)) / (len(paper) - 1))
            for share, paper in took if len(paper) > 1
        ]  # fmt: skip
        ones, others = [share for share, _rest in rests], [rest for _share, rest in rests]
        assert one.figures.discrimination == pytest.approx(plain_correlation(ones, others), abs=1e-4)
        steps = [float(math.floor(rest * 1000 + 0.5)) for rest in others]
        assert one.figures.efficiency == pytest.approx(plain_efficiency(ones, steps), abs=1e-3)
    if len(totals) >= 10:
        scores = [float(math.floor(total * 1000 + Fraction(1, 2))) / 100 for total in totals]
        assert found.spread and found.spread.mean == pytest.approx(plain.mean(scores), abs=1e-9)
        assert found.spread.median == pytest.approx(plain.median(scores))
        assert found.spread.deviation == pytest.approx(plain.stdev(scores), abs=1e-9)
        assert sum(found.spread.bins) == len(totals)
    assert_consistency(found, given_papers)


def assert_consistency(found: QuizFigures, given_papers: list[Paper]) -> None:
    if found.consistency.variant == "alpha":
        columns = list(zip(*([float(share) for _v, share in sorted(paper)] for paper in given_papers), strict=True))
        total = plain.variance([sum(row) for row in zip(*columns, strict=True)])
        expected = len(columns) / (len(columns) - 1) * (1 - sum(plain.variance(column) for column in columns) / total)
        assert found.consistency.value == pytest.approx(expected, abs=1e-4)
    if found.consistency.variant == "one_way":
        k, n = len(given_papers[0]), len(given_papers)
        means = [plain.mean([float(share) for _version, share in paper]) for paper in given_papers]
        between = k * plain.variance(means)
        within = sum(
            sum((float(share) - mean) ** 2 for _version, share in paper) for paper, mean in zip(given_papers, means, strict=True)
        ) / (n * (k - 1))
        assert found.consistency.value == pytest.approx(1 - within / between, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(papers(), st.randoms(use_true_random=False), st.integers(1, 40))
def test_the_order_of_the_rows_changes_nothing(given_papers: list[Paper], rng: random.Random, pending: int) -> None:
    rows, scores = sat(given_papers)
    items = {row.version: item(row.version) for row in rows}
    first = work_out(rows=rows, items=items, scores=scores)
    rng.shuffle(rows)
    before = statistics._PENDING
    statistics._PENDING = pending  # and neither does when rows go into the sums
    try:
        assert work_out(rows=rows, items=items, scores=scores) == first
    finally:
        statistics._PENDING = before


def test_better_is_better() -> None:
    """A question that orders people as the rest does has the whole efficiency, a reversed one the opposite."""
    same = figures_of([whole(place >= 20, place >= 20, place >= 10, place >= 30) for place in range(40)])
    assert of(same).efficiency == pytest.approx(1)
    against = figures_of([whole(place < 20, place >= 20, place >= 20) for place in range(40)])
    assert of(against).discrimination == pytest.approx(-1)
    assert [one.kind for one in against.versions[0].suspicions] == ["negative"]
