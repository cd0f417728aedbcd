"""One item of QTI as it is marked: what an answer earns, and which remarks it shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from quizzes.formats.qti.processing import (
    Answer,
    Declaration,
    NotUnderstood,
    Run,
    Value,
    declarations,
    items_of,
    run,
    same,
    spoken,
)
from quizzes.formats.qti.tree import local, text_of, within

FEEDBACK = ("feedbackInline", "feedbackBlock", "modalFeedback")
_MOST_STEPS = 60_000  # of all answers tried for one item
_NEAR = Fraction(1, 5000)


class Refused(ValueError):
    """The item cannot be a question here; the message says why, to the author. `line` is where, 0 if the whole item."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


def tidy(share: Fraction) -> Fraction:
    """Thirds that were written as 0.333333 are thirds."""
    near = share.limit_denominator(60)
    return near if abs(near - share) < _NEAR else share.limit_denominator(10**6)


def told(share: Fraction) -> int | str:
    """A share as plain forms say it: 1, "1/3"."""
    return int(share) if share.denominator == 1 else f"{share.numerator}/{share.denominator}"


def decimal(number: Fraction, places: int = 12) -> str:
    """`number` with a decimal point, without zeros at its end."""
    sign, whole = ("-" if number < 0 else ""), round(abs(number) * 10**places)
    text = f"{sign}{whole // 10**places}.{whole % 10**places:0{places}d}"
    return text.rstrip("0").rstrip(".")


class Sheet:
    """An item, its answers and its rule. `lost` collects what is not kept; `mark` is what the whole item is worth."""

    def __init__(self, item: Element) -> None:
        self.item = item
        self.declared = declarations(item)
        self.remarks = list(within(item, *FEEDBACK))
        self.lost: list[str] = []
        self.mark = Fraction(1)
        self.understood = item.find("responseProcessing") is not None
        self._simple = not self.understood
        self._steps = 0

    def lose(self, sentence: str) -> None:
        if sentence not in self.lost:
            self.lost.append(sentence)

    def declaration(self, interaction: Element) -> Declaration:
        """Raises Refused."""
        found = self.declared.get(interaction.get("responseIdentifier", ""))
        if found is None:
            raise Refused(_("Câu này không khai báo câu trả lời (responseDeclaration) cho ô trả lời của nó."))
        return found

    def right(self, identifiers: Iterable[str]) -> dict[str, Value]:
        """The correct response of each."""
        return {one: self.declared[one].correct for one in identifiers}

    # --- shares ---

    def weigh(self, answers: Sequence[Answer]) -> list[Fraction]:
        """What each answer earns, the best of them 1. All 0 when the item does not say what is correct."""
        known = []
        for answer in answers:
            score = self._score(answer)
            if score is None:
                break
            known.append(score)
        if len(known) < len(answers) or max(known, default=Fraction(0)) <= 0:
            if not self._simple and any(one.correct is not None or one.mapping for one in self.declared.values()):
                self.lose(_("Cách chấm riêng của tệp không đọc được; câu được chấm theo đáp án đúng ghi trong tệp."))
            self._simple = True
            known = [self._simple_score(answer) for answer in answers]
        best = max(known, default=Fraction(0))
        if best <= 0:
            return [Fraction(0) for _one in known]
        self.mark = tidy(best)
        return [tidy(one / best) for one in known]

    def _score(self, answer: Answer) -> Fraction | None:
        if self._simple:
            return self._simple_score(answer)
        ran = self._run(answer)
        return None if ran is None else ran.score()

    def _run(self, answer: Answer) -> Run | None:
        if self._steps > _MOST_STEPS:
            return None
        try:
            ran = run(self.item, self.declared, answer)
        except NotUnderstood:
            # Once not understood, never: what was spent is spent, and the correct response counts from here.
            self._steps = _MOST_STEPS + 1 if self.understood else 0
            return None
        self._steps += ran.steps
        return ran

    def _simple_score(self, answer: Answer) -> Fraction:
        """By the mapping if the item has one and no rule says otherwise, else by the correct response alone."""
        total = Fraction(0)
        for identifier, value in answer.items():
            declared = self.declared[identifier]
            if declared.mapping and (not self.understood or declared.correct is None):
                total += declared.mapped(value)
            elif is_correct(declared, value):
                total += 1
        return total

    # --- remarks ---

    def shown(self, answer: Answer) -> set[int]:
        """The places in `remarks` that who answers so gets to see."""
        ran = self._run(answer)
        outcomes = {} if ran is None else ran.outcomes
        found = set()
        for place, element in enumerate(self.remarks):
            values = [spoken(one) for one in items_of(outcomes.get(element.get("outcomeIdentifier", "")))]
            fits = element.get("identifier", "") in values
            if fits == (element.get("showHide", "show") != "hide"):
                found.add(place)
        return found if ran is not None else set()


def is_correct(declared: Declaration, value: Value) -> bool:
    given, right = [spoken(one) for one in items_of(value)], [spoken(one) for one in declared.corrects]
    if not given or not right:
        return False
    if declared.cardinality == "single":
        return any(same(given[0], one, declared.base) for one in right)
    if declared.cardinality == "ordered":
        return given == right
    return sorted(given) == sorted(right)


def name_of(tag: str) -> str:
    """An interaction in the author's words."""
    return {
        "associateInteraction": _("ghép cặp tự do"),
        "customInteraction": _("dạng riêng của hệ thống cũ"),
        "drawingInteraction": _("vẽ lên hình"),
        "endAttemptInteraction": _("nút kết thúc hoặc gợi ý"),
        "graphicAssociateInteraction": _("nối các điểm trên hình"),
        "graphicGapMatchInteraction": _("kéo hình vào chỗ trống trên hình"),
        "graphicOrderInteraction": _("sắp thứ tự trên hình"),
        "hottextInteraction": _("chọn chữ trong đoạn văn"),
        "mediaInteraction": _("xem hoặc nghe tệp"),
        "portableCustomInteraction": _("dạng riêng của hệ thống cũ"),
        "positionObjectInteraction": _("đặt vật lên hình"),
        "selectPointInteraction": _("chỉ một điểm trên hình"),
        "sliderInteraction": _("thanh trượt"),
        "choiceInteraction": _("chọn phương án"),
        "textEntryInteraction": _("điền chữ"),
        "inlineChoiceInteraction": _("chọn từ danh sách trong câu"),
        "matchInteraction": _("ghép đôi"),
        "orderInteraction": _("sắp thứ tự"),
        "gapMatchInteraction": _("kéo chữ vào chỗ trống"),
        "hotspotInteraction": _("chọn chỗ trên hình"),
        "extendedTextInteraction": _("tự luận"),
        "uploadInteraction": _("nộp tệp"),
    }.get(local(tag), local(tag))


def head_of(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60].rstrip()}…"


def words_of(element: Element) -> str:
    return head_of(text_of(element))
