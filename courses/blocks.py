"""Blocks in which the learner does something: a question, a task, a lab."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from pages.blocks import COMMON


class OptionBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Phương án"))
    correct = blocks.BooleanBlock(required=False, label=_("Đúng"))
    feedback = blocks.TextBlock(required=False, rows=2, label=_("Nói với người chọn phương án này"))

    class Meta:
        icon = "radio-full"
        label = _("Phương án")


class QuestionBlock(blocks.StructBlock):
    """A formative question. `name` is stable: it is what the learner's evidence refers to."""

    name = blocks.RegexBlock(r"^[a-z0-9-]{1,40}$", label=_("Mã câu"), help_text=_("Chữ thường không dấu, không đổi về sau."))
    prompt = blocks.TextBlock(rows=2, label=_("Câu hỏi"))
    kind = blocks.ChoiceBlock(
        choices=[("single", _("Chọn một")), ("multiple", _("Chọn nhiều"))], default="single", label=_("Kiểu")
    )
    options = blocks.ListBlock(OptionBlock(), min_num=2, max_num=6, label=_("Các phương án"))

    class Meta:
        icon = "help"
        label = _("Câu hỏi trong bài")
        template = "blocks/question.html"
        preview_value = {
            "name": "q1",
            "prompt": "Cuộc gọi giọng người thân xin tiền gấp. Việc nên làm đầu tiên?",
            "kind": "single",
            "options": [
                {"text": "Chuyển trước một nửa", "correct": False, "feedback": "Tiền đã chuyển rất khó lấy lại."},
                {"text": "Cúp máy, gọi lại số đã lưu", "correct": True, "feedback": "Đổi đường liên lạc là chắc nhất."},
            ],
        }
        description = _("Câu hỏi có phản hồi ngay, không tính điểm.")

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        right = sum(1 for option in cleaned["options"] if option["correct"])
        if right == 0 or (cleaned["kind"] == "single" and right != 1):
            raise ValidationError(_("Câu chọn một cần đúng một phương án đúng; câu chọn nhiều cần ít nhất một."))
        return cleaned


class TaskBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Việc"))
    body = blocks.RichTextBlock(features=["bold", "ul", "ol"], label=_("Cách làm"))
    placeholder = blocks.CharBlock(required=False, label=_("Chữ mờ trong ô viết"), help_text=_("Để trống thì không có ô viết."))
    hint = blocks.RichTextBlock(required=False, features=["bold", "ul", "ol"], label=_("Gợi ý, mở khi cần"))

    class Meta:
        icon = "edit"
        label = _("Việc nhỏ")
        template = "blocks/task.html"
        preview_value = {
            "title": "Viết lại một câu hỏi", "body": "<p>Thêm người nhận và thời gian.</p>", "placeholder": "Viết ở đây",
            "hint": "",
        }  # fmt: skip
        description = _("Việc làm với chữ của chính mình; không gửi đi đâu.")


LABS = [("next-word", _("Máy đoán chữ")), ("shape-classifier", _("Dạy máy nhận hình"))]


class LabBlock(blocks.StructBlock):
    lab = blocks.ChoiceBlock(choices=LABS, label=_("Phòng thử"))
    title = blocks.CharBlock(label=_("Tiêu đề"))
    intro = blocks.TextBlock(required=False, rows=2, label=_("Lời dẫn"))

    class Meta:
        icon = "code"
        label = _("Phòng thử")
        template = "blocks/lab.html"
        preview_value = {"lab": "next-word", "title": "Máy đoán chữ", "intro": "Cho máy đọc thơ rồi xem nó đoán."}
        description = _("Thử ngay trên trang, không cần mạng.")

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context)
        context["lab"] = {"id": f"lab-{value['lab']}", "title": value["title"], "intro": value["intro"], "seed": ""}
        return context


LESSON_BLOCKS: list[tuple[str, blocks.Block]] = [
    *COMMON,
    ("question", QuestionBlock()),
    ("task", TaskBlock()),
    ("lab", LabBlock()),
]
