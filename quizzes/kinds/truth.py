"""True or false."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes.kinds import base
from quizzes.kinds.base import Bad, Body, Choice, Fields, Kind, Plain, Response, ResponseError, Shown


class TrueFalse(Kind):
    """body: {"answer": bool, "feedback_true", "feedback_false"}; response: {"value": true}"""

    name = "true_false"
    label = gettext_lazy("Đúng hay sai")
    interaction = "true-false"

    def read(self, plain: Plain) -> dict[str, Any]:
        if not isinstance(plain.get("answer"), bool):
            raise Bad(_("“answer” phải là true hoặc false."))
        return {
            "answer": plain["answer"],
            "feedback_true": base.paragraphs_of(plain.get("feedback_true")),
            "feedback_false": base.paragraphs_of(plain.get("feedback_false")),
        }

    def tell(self, body: Body) -> dict[str, Any]:
        return {"answer": body["answer"], **base.given({name: body[name] for name in ("feedback_true", "feedback_false")})}

    def show(self, body: Body, order: Sequence[str], response: Response) -> Shown:
        said = response.get("value")
        choices = (
            Choice(value="true", text=_("Đúng"), chosen=said is True),
            Choice(value="false", text=_("Sai"), chosen=said is False),
        )
        return Shown(kind=self.name, choices=choices)

    def parse(self, body: Body, order: Sequence[str], fields: Fields) -> Response:
        said = base.one(fields, "answer")
        if said not in {"", "true", "false"}:
            raise ResponseError(_("Câu này chỉ có hai phương án: Đúng và Sai. Bạn chọn lại một trong hai."))
        return {"value": said == "true"} if said else {}

    def fits(self, body: Body, response: Response) -> bool:
        return type(response["value"]) is bool

    def mark(self, body: Body, response: Response) -> Fraction:
        return Fraction(response.get("value") is body["answer"])

    def summarise(self, body: Body, response: Response) -> list[str]:
        return [_("Đúng") if response["value"] else _("Sai")]

    def right(self, body: Body) -> Response:
        return {"value": body["answer"]}

    def remarks(self, body: Body, response: Response) -> list[str]:
        said = body.get("feedback_true" if response.get("value") else "feedback_false") if response else ""
        return [said] if said else []

    def explain(self, body: Body) -> str:
        return _("Chọn đúng thì được trọn điểm, chọn sai thì không có điểm.")

    def spoken(self, body: Body, response: Response, *, right: bool) -> str | None:
        return "true" if response["value"] else "false"
