"""What a learner may see of an attempt she handed in, and from when (quiz-engine Q26). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class When(TextChoices):
    AT_ONCE = "at_once", _("ngay khi nộp")
    # So that what is told cannot be copied into the next attempt.
    SETTLED = "settled", _("khi đã đạt hoặc đã hết lượt")
    CLOSED = "closed", _("sau giờ đóng")
    NEVER = "never", _("không bao giờ")


class Item(TextChoices):
    SCORE = "score", _("điểm và nhận xét chung")
    ANSWERS = "answers", _("câu hỏi và câu trả lời")
    VERDICTS = "verdicts", _("câu nào đúng, câu nào sai")
    REMARKS = "remarks", _("lời nhắn theo câu trả lời")
    EXPLANATIONS = "explanations", _("lời giải thích và bài nên đọc lại")
    KEYS = "keys", _("đáp án")


# What holds where a quiz says nothing else.
USUAL: Mapping[Item, When] = {
    Item.SCORE: When.AT_ONCE, Item.ANSWERS: When.AT_ONCE, Item.VERDICTS: When.AT_ONCE, Item.REMARKS: When.AT_ONCE,
    Item.EXPLANATIONS: When.AT_ONCE, Item.KEYS: When.SETTLED,
}  # fmt: skip


def visible(policy: Mapping[str, str], *, busy: bool, settled: bool, closed: bool) -> frozenset[Item]:
    """The items that may be shown now. `busy`: another attempt at the quiz is open, and nothing but the score may help it;
    `settled`: passed, or no attempt left. What stands on a question (all but the score) needs the question to be shown."""
    reached = {When.AT_ONCE: True, When.SETTLED: settled, When.CLOSED: closed, When.NEVER: False}
    found = {item for item, usual in USUAL.items() if reached[When(policy.get(item, usual))]}
    if busy or Item.ANSWERS not in found:
        found &= {Item.SCORE}
    return frozenset(found)


def when_told(policy: Mapping[str, str], item: Item) -> str:
    """In words when an item is shown; empty for never."""
    when = When(policy.get(item, USUAL[item]))
    return "" if when is When.NEVER else str(when.label)
