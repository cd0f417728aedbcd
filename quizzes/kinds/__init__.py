"""The kinds of questions, each in one place: how it is read, shown, taken, marked and told. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from quizzes.kinds import base
from quizzes.kinds.arranging import Matching, Ordering
from quizzes.kinds.base import Bad, Kind, Plain
from quizzes.kinds.by_hand import Essay, File, Likert, Practical
from quizzes.kinds.choice import Hotspot, Multiple, Single
from quizzes.kinds.gaps import Gaps
from quizzes.kinds.truth import TrueFalse
from quizzes.kinds.typed import Number, ShortText

__all__ = ["BY_HAND", "DIFFICULTIES", "KINDS", "Bad", "Content", "read_question", "tell_question"]

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Single(), Multiple(), TrueFalse(), ShortText(), Number(), Matching(), Ordering(), Gaps(), Hotspot(), Essay(), File(),
        Practical(), Likert(),
    )
}  # fmt: skip
# Which a person marks.
BY_HAND = tuple(name for name, kind in KINDS.items() if kind.by_hand)
DIFFICULTIES = ("easy", "medium", "hard")
_TAG_LIMIT = 40


@dataclass(frozen=True, kw_only=True)
class Content:
    """A checked question: `code` and `tags` belong to the question, `fields` are those of its version."""

    code: str
    tags: tuple[str, ...]
    fields: dict[str, Any]


def read_question(plain: Plain) -> Content:
    """What a plain form says (content/README.md). Raises Bad."""
    kind = plain.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise Bad(_("không có kiểu câu hỏi “%(kind)s”.") % {"kind": kind})
    difficulty = plain.get("difficulty", "medium")
    if difficulty not in DIFFICULTIES:
        raise Bad(_("không có mức khó “%(difficulty)s”.") % {"difficulty": difficulty})
    stem = base.paragraphs_of(plain.get("stem"))
    if not stem:
        raise Bad(_("chưa có lời hỏi (stem)."))
    mark = base.number_of(plain.get("mark", 1), "mark")
    if not 0 < mark <= 100:
        raise Bad(_("điểm của câu phải lớn hơn 0 và không quá 100."))
    fields = {
        "kind": kind, "difficulty": difficulty, "stem": stem, "feedback": base.paragraphs_of(plain.get("feedback")), "mark": mark,
        **{name: base.text_of(plain.get(name))[:limit] for name, limit in _SHORT.items()},
    }  # fmt: skip
    return Content(code=str(plain.get("id") or "").strip(), tags=_tags(plain), fields={**fields, "body": KINDS[kind].read(plain)})


_SHORT = {"name": 200, "competency": 60, "lesson": 255}


def _tags(plain: Plain) -> tuple[str, ...]:
    tags = plain.get("tags") or []
    if not isinstance(tags, list):
        raise Bad(_("“tags” là một danh sách nhãn."))
    read = [base.text_of(one)[:_TAG_LIMIT] for one in tags]
    return tuple(dict.fromkeys(filter(None, read)))


def tell_question(*, code: str, tags: tuple[str, ...], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The plain form of a question and a version of it; `read_question` of it says the same."""
    mark = fields["mark"]
    return {
        **base.given({"id": code}), "kind": fields["kind"], "difficulty": fields["difficulty"],
        **base.given({name: fields[name] for name in ("name", "competency", "lesson")} | {"tags": list(tags)}),
        **({"mark": base.digits(f"{mark.normalize():f}")} if mark != 1 else {}),
        "stem": fields["stem"], **KINDS[fields["kind"]].tell(fields["body"]), **base.given({"feedback": fields["feedback"]}),
    }  # fmt: skip
