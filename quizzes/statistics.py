"""Item statistics by classical test theory: pure, one row at a time, whatever the order of the rows.

Sums are whole numbers, so a million rows lose nothing to rounding and the same rows in another order give the very
same figures; only the last step divides. A row is one question in one finished attempt. Of each person only the first
finished attempt is to be given: the answers of a second try were learnt from the first, and would count one person
twice.

Figures of fewer than SMALLEST people are not told at all, and below ENOUGH people nothing is judged.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from quizzes.marking import mark

UNIT = 10_000_000  # marks are kept to seven places; a share of 1 is so many units
SMALLEST = 10  # people
ENOUGH = 20  # people
BINS = 20
OUTER = Fraction(27, 100)  # the upper and lower group: at 27 % their means differ most surely (Kelley 1939)

_WEAK, _WEAK_FROM = 0.1, 30
_HARD, _EASY = 20, 95  # percent
_BLANK = 20  # percent
_MISLED = 10  # percent of the upper group
_SYLLABLES = 5  # read in a second by a quick reader
_GLANCE = 6  # seconds of reading below which speed says nothing
_RESTS = 1000  # steps of the rest of an attempt, for the best order there could be
_GUESSES = 5040  # answers tried for the mark of a guess
_PENDING = 50_000  # different rows held before they go into the sums


class Sat(NamedTuple):
    """One question as one person sat it. Marks are in units of a mark (`units`).

    `total` and `max_total` are those of the whole attempt, which had `served` questions. `chosen` are the ids of the
    options picked (`picks`). `seconds` is None where nobody can know them.
    """

    version: int
    mark: int
    max_mark: int
    total: int
    max_total: int
    served: int
    chosen: tuple[str, ...] = ()
    answered: bool = True
    seconds: int | None = None


class Option(NamedTuple):
    id: str
    text: str
    right: bool


@dataclass(frozen=True, kw_only=True)
class Item:
    """What is known of a question version before anybody sat it.

    `guess` is the share (0..1) that blind guessing earns, None where it cannot be said. `reading` is in seconds.
    """

    version: int
    question: int
    kind: str
    options: tuple[Option, ...] = ()
    guess: float | None = None
    reading: float = 0


@dataclass(frozen=True, kw_only=True)
class Suspicion:
    """Why somebody should look at a question again. `kind` is stable, `reason` is for a teacher."""

    kind: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class OptionFigures:
    """In percent. `upper` and `lower` are None when those groups are too small to be told."""

    option: Option
    chosen: float
    upper: float | None
    lower: float | None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """`facility` is the mean share, `deviation` its standard deviation, both in percent.

    `discrimination` is the correlation (-1..1) of the share with that of the rest of the attempt. `efficiency` is its
    covariance over the most that the same shares and the same rests could have, had the better always been better
    here too: it says what discrimination cannot of very easy and very hard questions. Both are None where nothing varies.
    """

    n: int
    answered: int
    facility: float
    deviation: float
    discrimination: float | None
    efficiency: float | None
    guess: float | None
    options: tuple[OptionFigures, ...]
    timed: int
    median_seconds: float | None
    mean_seconds: float | None

    @property
    def never_chosen(self) -> tuple[Option, ...]:
        return tuple(one.option for one in self.options if one.chosen == 0)


@dataclass(frozen=True, kw_only=True)
class ItemFigures:
    """A version, or a whole question (`version` None). `figures` is None for fewer than SMALLEST people.

    A question's figures join those versions that may be told, so that no other is found by taking away; when none may,
    all of them. Options are told of a question only where all its joined versions have the same ones.
    """

    question: int
    version: int | None
    figures: Figures | None
    suspicions: tuple[Suspicion, ...] = ()

    @property
    def judged(self) -> bool:
        return self.figures is not None and self.figures.n >= ENOUGH

    @property
    def note(self) -> str:
        """Why nothing is said; empty when something is."""
        if self.judged:
            return ""
        least = ENOUGH if self.figures else SMALLEST
        return _("Chưa đủ số liệu: cần ít nhất %(least)s người làm câu này.") % {"least": least}


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """The coefficient of internal consistency. `variant` is "alpha", "one_way" or "none"; `note` says why, to a teacher."""

    value: float | None
    variant: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Scores of the first attempts, on the scale of 10. `bins` counts them by half points; 10 falls into the last.

    Skewness and excess kurtosis are corrected for small samples (G1 and G2); None where they are not defined.
    """

    mean: float
    mean_error: float | None
    median: float
    deviation: float | None
    skewness: float | None
    kurtosis: float | None
    bins: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class QuizFigures:
    """`attempts` are all finished ones, `people` those who finished one. `error` is the standard error of a score (of 10)."""

    attempts: int
    people: int
    spread: Spread | None
    consistency: Consistency
    error: float | None
    versions: tuple[ItemFigures, ...]
    questions: tuple[ItemFigures, ...]


# --- what a question is before it was sat ------------------------------------------------------------------------------


def units(value: Any) -> int:
    """A mark (Decimal, Fraction, float or int) in units, to the nearest."""
    return round(value * UNIT)


def options_of(kind: str, body: Mapping[str, Any]) -> tuple[Option, ...]:
    """What can be picked, in the order of the question; empty for kinds without options."""
    if kind in {"single", "multiple"}:
        return tuple(Option(one["id"], one["text"], bool(one.get("correct"))) for one in body["options"])
    if kind == "true_false":
        return (Option("true", _("Đúng"), body["answer"] is True), Option("false", _("Sai"), body["answer"] is False))
    return ()


def picks(kind: str, response: Mapping[str, Any]) -> tuple[str, ...]:
    """The options that a response picked, as `options_of` calls them."""
    if kind == "single" and "choice" in response:
        return (response["choice"],)
    if kind == "multiple":
        return tuple(sorted(response.get("choices", ())))
    if kind == "true_false" and "value" in response:
        return ("true" if response["value"] else "false",)
    return ()


def describe(*, version: int, question: int, kind: str, stem: str, body: Mapping[str, Any]) -> Item:
    return Item(
        version=version,
        question=question,
        kind=kind,
        options=options_of(kind, body),
        guess=guess_share(kind, body),
        reading=len(" ".join([stem, *_texts(body)]).split()) / _SYLLABLES,
    )


def _texts(body: Mapping[str, Any]) -> Iterator[str]:
    for name in ("options", "items", "pairs", "extra"):
        for part in body.get(name) or []:
            yield from (str(part[side]) for side in ("text", "left", "right") if part.get(side))


def guess_share(kind: str, body: Mapping[str, Any]) -> float | None:
    """The mean share of all answers that could be picked blindly; of a fixed sample of them where they are too many.

    Nothing is picked blindly where one writes: 0. None for a kind that a person marks.
    """
    if kind in {"short_text", "number"}:
        return 0.0
    blind = _blind_answers(kind, body)
    if blind is None:
        return None
    shares = [share for answer in blind if (share := mark(kind, body, answer)) is not None]
    return float(sum(shares, Fraction(0)) / len(shares)) if shares else None


def _blind_answers(kind: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]] | None:
    if kind == "single":
        return ({"choice": one["id"]} for one in body["options"])
    if kind == "multiple":
        return _blind_sets([one["id"] for one in body["options"]])
    if kind == "true_false":
        return ({"value": said} for said in (True, False))
    if kind == "matching":
        lefts = [pair["id"] for pair in body["pairs"]]
        return _blind_pairs(lefts, [*lefts, *(one["id"] for one in body.get("extra", []))])
    if kind == "ordering":
        return _blind_orders([one["id"] for one in body["items"]])
    return None


def _blind_sets(ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Every set but the empty one, which is no answer."""
    most = 2 ** len(ids) - 1
    rng = random.Random(0)  # noqa: S311  a sample that is the same every time
    numbers = range(1, most + 1) if most <= _GUESSES else (rng.randint(1, most) for _time in range(_GUESSES))
    for number in numbers:
        yield {"choices": [one for place, one in enumerate(ids) if number >> place & 1]}


def _blind_pairs(lefts: Sequence[str], rights: Sequence[str]) -> Iterator[dict[str, Any]]:
    if len(rights) ** len(lefts) <= _GUESSES:
        for given in itertools.product(rights, repeat=len(lefts)):
            yield {"pairs": dict(zip(lefts, given, strict=True))}
        return
    rng = random.Random(0)  # noqa: S311
    for _time in range(_GUESSES):
        yield {"pairs": {left: rng.choice(rights) for left in lefts}}


def _blind_orders(ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    if math.factorial(len(ids)) <= _GUESSES:
        for order in itertools.permutations(range(1, len(ids) + 1)):
            yield {"places": dict(zip(ids, order, strict=True))}
        return
    rng = random.Random(0)  # noqa: S311
    for _time in range(_GUESSES):
        yield {"places": dict(zip(ids, rng.sample(range(1, len(ids) + 1), len(ids)), strict=True))}


# --- the scores of a quiz ----------------------------------------------------------------------------------------------


def hundredths(total: int, max_total: int) -> int:
    """The score on the scale of 10 in hundredths, a half up, as marking.total gives it."""
    return _ratio(total, max_total, 1000)


def _ratio(part: int, whole: int, scale: int) -> int:
    return (2 * part * scale + whole) // (2 * whole) if whole else 0


class Bounds(NamedTuple):
    """Who is at most `lower` is of the lower group, who has at least `upper` of the upper one; in hundredths."""

    lower: int
    upper: int


def outer_groups(scores: Mapping[int, int]) -> Bounds | None:
    """The bounds of the upper and the lower 27 %; all who are level with the last belong too. None if the groups meet.

    `scores` says how many people have each score, in hundredths.
    """
    size = math.ceil(OUTER * sum(scores.values()))
    if not size:
        return None
    lower, upper = _nth(scores, size), _nth(scores, sum(scores.values()) - size + 1)
    return Bounds(lower, upper) if lower < upper else None


def _nth(counts: Mapping[int, int], place: int) -> int:
    """The value on `place`, from 1, when all are laid in a row."""
    for value in sorted(counts):
        place -= counts[value]
        if place <= 0:
            return value
    raise IndexError(place)


def _median(counts: Mapping[int, int]) -> float:
    n = sum(counts.values())
    return (_nth(counts, (n + 1) // 2) + _nth(counts, n // 2 + 1)) / 2


def spread(scores: Mapping[int, int]) -> Spread | None:
    """None for fewer than SMALLEST people. `scores` as in `outer_groups`."""
    n = sum(scores.values())
    if n < SMALLEST:
        return None
    mean = Fraction(sum(score * times for score, times in scores.items()), n)
    second, third, fourth = (sum((score - mean) ** power * times for score, times in scores.items()) for power in (2, 3, 4))
    deviation = math.sqrt(second / (n - 1))
    skewness = kurtosis = None
    if second:
        skewness = math.sqrt(n * (n - 1)) / (n - 2) * float(third / n) / float(second / n) ** 1.5
        kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (float(n * fourth / second**2) - 3) + 6)
    bins = [0] * BINS
    for score, times in scores.items():
        bins[min(max(score, 0) * BINS // 1000, BINS - 1)] += times
    return Spread(
        mean=float(mean) / 100,
        mean_error=deviation / math.sqrt(n) / 100,
        median=_median(scores) / 100,
        deviation=deviation / 100,
        skewness=skewness,
        kurtosis=kurtosis,
        bins=tuple(bins),
    )


# --- the sums of a version -----------------------------------------------------------------------------------------------


@dataclass
class _Sums:
    """`x` is the share, `r` the rest of the attempt, `b` the rest in steps; `p` are the rows that have a rest."""

    n: int = 0
    answered: int = 0
    x: int = 0
    xx: int = 0
    p: int = 0
    px: int = 0
    pxx: int = 0
    r: int = 0
    rr: int = 0
    xr: int = 0
    xb: int = 0
    shares: Counter[int] = field(default_factory=Counter)
    rests: Counter[int] = field(default_factory=Counter)
    groups: Counter[int] = field(default_factory=Counter)
    chosen: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: Counter[int] = field(default_factory=Counter)
    weights: set[int] = field(default_factory=set)

    def add(self, sat: Sat, times: int, group: int) -> None:
        share = _ratio(sat.mark, sat.max_mark, UNIT)
        self.n += times
        self.answered += times if sat.answered else 0
        self.x += share * times
        self.xx += share * share * times
        self.weights.add(sat.max_mark)
        self.groups[group] += times
        for option in sat.chosen:
            self.chosen[option, group] += times
        rest_max = sat.max_total - sat.max_mark
        if rest_max <= 0:  # the only question of its attempt
            return
        rest = _ratio(sat.total - sat.mark, rest_max, UNIT)
        step = _ratio(rest, UNIT, _RESTS)
        self.p += times
        self.px += share * times
        self.pxx += share * share * times
        self.r += rest * times
        self.rr += rest * rest * times
        self.xr += share * rest * times
        self.xb += share * step * times
        self.shares[share] += times
        self.rests[step] += times

    def join(self, other: _Sums) -> None:
        for name in ("n", "answered", "x", "xx", "p", "px", "pxx", "r", "rr", "xr", "xb"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("shares", "rests", "groups", "chosen", "seconds"):
            getattr(self, name).update(getattr(other, name))
        self.weights |= other.weights

    def variance(self) -> Fraction:
        """Of the shares, in squared units."""
        return Fraction(self.n * self.xx - self.x**2, self.n * (self.n - 1)) if self.n > 1 else Fraction(0)

    def discrimination(self) -> float | None:
        across, own, rest = self.p * self.xr - self.px * self.r, self.p * self.pxx - self.px**2, self.p * self.rr - self.r**2
        return across / (math.sqrt(own) * math.sqrt(rest)) if own and rest else None

    def efficiency(self) -> float | None:
        """The best order pairs the highest share with the highest rest, and so on down."""
        steps = sum(step * times for step, times in self.rests.items())
        best = self.p * _paired(self.shares, self.rests) - self.px * steps
        return (self.p * self.xb - self.px * steps) / best if best else None


def _paired(ones: Mapping[int, int], others: Mapping[int, int]) -> int:
    """The sum of products when both are laid side by side in rising order. Both hold as many."""
    total, rising = 0, iter(sorted(others.items()))
    other, left = 0, 0
    for one, times in sorted(ones.items()):
        while times:
            if not left:
                other, left = next(rising)
            taken = min(times, left)
            total += one * other * taken
            times, left = times - taken, left - taken
    return total


# --- all rows -----------------------------------------------------------------------------------------------------------


class Tally:
    """Takes rows one by one and holds only sums. `scores` are those of the attempts the rows are of (`outer_groups`)."""

    def __init__(self, scores: Mapping[int, int]) -> None:
        self._scores = dict(scores)
        self._bounds = outer_groups(scores)
        self._sums: dict[int, _Sums] = {}
        self._pending: dict[tuple[Any, ...], int] = {}
        self._served: Counter[int] = Counter()
        # The shares of whole attempts and their squares, once for each row.
        self._total = self._totals = 0
        self._max_totals: set[int] = set()

    def add(self, sat: Sat) -> None:
        # People who answer alike are many: equal rows are counted first and worked out once.
        seconds, key = sat[8], sat[:8]
        pending = self._pending
        pending[key] = pending.get(key, 0) + 1
        if seconds is not None:
            self._of(sat[0]).seconds[seconds] += 1
        if len(pending) >= _PENDING:
            self._settle()

    def _of(self, version: int) -> _Sums:
        found = self._sums.get(version)
        if found is None:
            found = self._sums[version] = _Sums()
        return found

    def _settle(self) -> None:
        for key, times in self._pending.items():
            sat = Sat(*key)
            self._of(sat.version).add(sat, times, self._group(sat))
            self._served[sat.served] += times
            total = _ratio(sat.total, sat.max_total, UNIT)
            self._total += total * times
            self._totals += total * total * times
            self._max_totals.add(sat.max_total)
        self._pending.clear()

    def _group(self, sat: Sat) -> int:
        if self._bounds is None:
            return 0
        score = hundredths(sat.total, sat.max_total)
        return -1 if score <= self._bounds.lower else 1 if score >= self._bounds.upper else 0

    def of_versions(self, items: Mapping[int, Item]) -> tuple[ItemFigures, ...]:
        """Of every version somebody sat, in the order of their numbers."""
        self._settle()
        return tuple(
            _figure(items[version], items[version].version, self._sums[version], items[version].options)
            for version in sorted(self._sums)
        )

    def of_questions(self, items: Mapping[int, Item]) -> tuple[ItemFigures, ...]:
        self._settle()
        by_question: dict[int, list[int]] = {}
        for version in sorted(self._sums):
            by_question.setdefault(items[version].question, []).append(version)
        return tuple(self._of_question(items, versions) for _question, versions in sorted(by_question.items()))

    def _of_question(self, items: Mapping[int, Item], versions: list[int]) -> ItemFigures:
        joined = [version for version in versions if self._sums[version].n >= SMALLEST] or versions
        whole = _Sums()
        for version in joined:
            whole.join(self._sums[version])
        latest = items[joined[-1]]
        same = len({items[version].options for version in joined}) == 1
        return _figure(latest, None, whole, latest.options if same else ())

    def consistency(self) -> Consistency:
        """Cronbach's alpha where everybody had the same questions.

        Where they were drawn at random, alpha's items do not exist; questions are then nested in people, and the
        coefficient is that of a one-way analysis of variance, (MSB - MSW) / MSB. For a drawn quiz it also counts how
        hard the drawn questions were as chance, as it should.
        """
        self._settle()
        people = sum(self._scores.values())
        if people < SMALLEST:
            note = _("Chưa đủ số liệu: cần ít nhất %(least)s người làm bài.") % {"least": SMALLEST}
            return Consistency(value=None, variant="none", note=note)
        rows = sum(self._served.values())
        if len(self._served) == 1 and rows == people * len(self._sums) and all(one.n == people for one in self._sums.values()):
            return self._alpha(people)
        return self._one_way()

    def _alpha(self, people: int) -> Consistency:
        count = len(self._sums)
        if count < 2:
            return _not_computed(_("Bài chỉ có một câu, nên không tính được độ tin cậy."))
        if any(len(one.weights) > 1 for one in self._sums.values()) or len(self._max_totals) > 1:
            return _not_computed(_("Điểm tối đa của câu đã thay đổi giữa các lượt, nên không tính được độ tin cậy."))
        (max_total,) = self._max_totals
        parts = sum((one.variance() * next(iter(one.weights)) ** 2 for one in self._sums.values()), Fraction(0))
        # Each attempt has `count` rows, and every one of them brought its total.
        whole = (Fraction(self._totals, count) - Fraction(self._total, count) ** 2 / people) / (people - 1) * max_total**2
        if whole <= 0:
            return _not_computed(_("Mọi người cùng một điểm, nên không tính được độ tin cậy."))
        value = float(Fraction(count, count - 1) * (1 - parts / whole))
        return Consistency(value=value, variant="alpha", note=_("Hệ số alpha của Cronbach: mọi người làm cùng các câu."))

    def _one_way(self) -> Consistency:
        if len({weight for one in self._sums.values() for weight in one.weights}) > 1:
            return _not_computed(_("Câu được rút ngẫu nhiên với điểm khác nhau, nên không tính được độ tin cậy."))
        rows = sum(self._served.values())
        people = sum((Fraction(times, served) for served, times in self._served.items()), Fraction(0))
        if people <= 1 or rows <= people:
            return _not_computed(_("Mỗi lượt chỉ có một câu, nên không tính được độ tin cậy."))
        between = (self._totals - Fraction(self._total**2, rows)) / (people - 1)
        within = (sum(one.xx for one in self._sums.values()) - self._totals) / (rows - people)
        if between <= 0:
            return _not_computed(_("Mọi người cùng một điểm, nên không tính được độ tin cậy."))
        note = _(
            "Câu được rút ngẫu nhiên, mỗi người một đề, nên không dùng được hệ số alpha. "
            "Thay vào đó là hệ số từ phân tích phương sai một chiều."
        )
        return Consistency(value=float(1 - within / between), variant="one_way", note=note)


def _not_computed(note: str) -> Consistency:
    return Consistency(value=None, variant="none", note=note)


def work_out(
    *, rows: Iterable[Sat], items: Mapping[int, Item], scores: Mapping[int, int], attempts: int | None = None
) -> QuizFigures:
    """Everything of a quiz. `rows` is read once; `attempts` counts all finished ones where people tried again.

    `scores` says how many people have each score in hundredths (`hundredths`).
    """
    tally = Tally(scores)
    for row in rows:
        tally.add(row)
    people, shape, consistency = sum(scores.values()), spread(scores), tally.consistency()
    error = None
    if shape and shape.deviation is not None and consistency.value is not None:
        error = shape.deviation * math.sqrt(1 - min(1.0, max(0.0, consistency.value)))
    return QuizFigures(
        attempts=people if attempts is None else attempts,
        people=people,
        spread=shape,
        consistency=consistency,
        error=error,
        versions=tally.of_versions(items),
        questions=tally.of_questions(items),
    )


# --- what is told --------------------------------------------------------------------------------------------------------


def _figure(item: Item, version: int | None, sums: _Sums, options: tuple[Option, ...]) -> ItemFigures:
    if sums.n < SMALLEST:
        return ItemFigures(question=item.question, version=version, figures=None)
    timed = sum(sums.seconds.values())
    told = timed >= SMALLEST
    figures = Figures(
        n=sums.n,
        answered=sums.answered,
        facility=100 * sums.x / (sums.n * UNIT),
        deviation=100 * math.sqrt(sums.variance()) / UNIT,
        discrimination=sums.discrimination(),
        efficiency=sums.efficiency(),
        guess=None if item.guess is None else 100 * item.guess,
        options=tuple(_option(option, sums) for option in options),
        timed=timed,
        median_seconds=_median(sums.seconds) if told else None,
        mean_seconds=sum(second * times for second, times in sums.seconds.items()) / timed if told else None,
    )
    suspicions = tuple(suspect(item, figures, sums.groups))
    return ItemFigures(question=item.question, version=version, figures=figures, suspicions=suspicions)


def _option(option: Option, sums: _Sums) -> OptionFigures:
    def share(group: int) -> float | None:
        people = sums.groups[group]
        return 100 * sums.chosen[option.id, group] / people if people >= SMALLEST else None

    everybody = sum(sums.chosen[option.id, group] for group in (-1, 0, 1))
    return OptionFigures(option=option, chosen=100 * everybody / sums.n, upper=share(1), lower=share(-1))


def suspect(item: Item, figures: Figures, groups: Mapping[int, int]) -> Iterator[Suspicion]:
    """What is wrong with a question, as far as numbers tell. Nothing for fewer than ENOUGH people.

    `groups` says how many are in the upper (1) and lower (-1) group.
    """
    if figures.n < ENOUGH:
        return
    yield from _of_discrimination(figures)
    yield from _of_facility(figures)
    if figures.answered >= ENOUGH:
        yield from _of_options(figures, groups)
    yield from _of_time(item, figures)
    blank = 100 * (figures.n - figures.answered) / figures.n
    if blank >= _BLANK:
        reason = _("%(share)s%% số người bỏ trống câu này. Lời hỏi có thể khó hiểu, hoặc bài thiếu thời gian.")
        yield Suspicion(kind="blank", reason=reason % {"share": _number(blank)})


def _of_discrimination(figures: Figures) -> Iterator[Suspicion]:
    value = figures.discrimination
    if value is None or value >= _WEAK or figures.n < _WEAK_FROM:
        return
    told = {"value": _number(value, 2)}
    if value < 0:
        reason = _(
            "Người làm bài tốt lại sai câu này nhiều hơn người làm bài kém (độ phân biệt %(value)s). "
            "Hãy xem lại đáp án và lời hỏi."
        )
        yield Suspicion(kind="negative", reason=reason % told)
    else:
        reason = _("Câu này hầu như không phân biệt được người làm bài tốt với người làm bài kém (độ phân biệt %(value)s).")
        yield Suspicion(kind="weak", reason=reason % told)


def _of_facility(figures: Figures) -> Iterator[Suspicion]:
    told = {"share": _number(figures.facility)}
    if figures.facility < _HARD:
        reason = _("Trung bình mỗi người chỉ được %(share)s%% điểm của câu. Câu có thể quá khó, hoặc đáp án bị sai.")
        yield Suspicion(kind="hard", reason=reason % told)
    elif figures.facility > _EASY:
        reason = _("Trung bình mỗi người được %(share)s%% điểm của câu. Gần như ai cũng làm được, nên câu ít giúp đánh giá.")
        yield Suspicion(kind="easy", reason=reason % told)


def _of_options(figures: Figures, groups: Mapping[int, int]) -> Iterator[Suspicion]:
    best = max((one.chosen for one in figures.options if one.option.right), default=None)
    for one in figures.options:
        if one.option.right or best is None:
            continue
        told = {"option": _short(one.option.text)}
        if one.chosen > best:
            reason = _("Phương án sai “%(option)s” được chọn nhiều hơn phương án đúng. Hãy kiểm tra lại đáp án.")
            yield Suspicion(kind="wrong_preferred", reason=reason % told)
        if one.chosen == 0:
            reason = _("Không ai chọn phương án sai “%(option)s”. Hãy viết lại cho dễ lầm hơn, hoặc bỏ đi.")
            yield Suspicion(kind="unchosen", reason=reason % told)
        if _misleads(one, groups):
            reason = _("Người làm bài tốt chọn phương án sai “%(option)s” nhiều hơn người làm bài kém. Có thể nó cũng đúng.")
            yield Suspicion(kind="strong_misled", reason=reason % told)


def _misleads(one: OptionFigures, groups: Mapping[int, int]) -> bool:
    """Whether the upper group picks it more, by more than two standard errors of the difference."""
    if one.upper is None or one.lower is None or one.upper < _MISLED or one.upper <= one.lower:
        return False
    up, low = groups[1], groups[-1]
    both = (one.upper * up + one.lower * low) / (up + low)
    return one.upper - one.lower > 2 * math.sqrt(both * (100 - both) * (1 / up + 1 / low))


def _of_time(item: Item, figures: Figures) -> Iterator[Suspicion]:
    """Half of all answers in less than a third of the time it takes to read the question."""
    median = figures.median_seconds
    if median is None or figures.timed < ENOUGH or item.reading < _GLANCE or 3 * median >= item.reading:
        return
    told = {"seconds": _number(median), "reading": _number(item.reading)}
    if figures.facility >= (figures.guess or 0) + 30:
        reason = _(
            "Một nửa số người trả lời trong %(seconds)s giây, mà đọc câu này cần khoảng %(reading)s giây. "
            "Phần lớn vẫn đúng, nên đáp án có thể đã lộ."
        )
    else:
        reason = _(
            "Một nửa số người trả lời trong %(seconds)s giây, mà đọc câu này cần khoảng %(reading)s giây. "
            "Có thể họ chọn mà không đọc."
        )
    yield Suspicion(kind="fast", reason=reason % told)


def _number(value: float, places: int = 0) -> str:
    """As the reader's language writes it. No "-0"."""
    return str(number_format(round(value, places) + 0.0, decimal_pos=places))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57].rstrip()}…"
