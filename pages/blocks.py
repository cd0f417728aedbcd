"""The blocks every kind of page may hold. Each shows editors what it looks like before they choose it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from pages.svg import clean_svg

RICH_TEXT = ["h2", "h3", "bold", "ol", "ul", "link", "document-link", "hr"]


class TextBlock(blocks.RichTextBlock):
    class Meta:
        icon = "pilcrow"
        label = _("Đoạn văn")
        template = "blocks/text.html"
        preview_value = "<h2>Tiêu đề là một câu</h2><p>Đoạn văn ngắn, câu dưới 25 chữ.</p>"
        description = _("Chữ, tiêu đề, danh sách, liên kết.")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"features": RICH_TEXT, **kwargs})


class NoteBlock(blocks.StructBlock):
    tone = blocks.ChoiceBlock(
        choices=[("info", _("Lưu ý")), ("warn", _("Cẩn thận")), ("ok", _("Yên tâm"))], default="info", label=_("Giọng")
    )
    body = blocks.RichTextBlock(features=["bold", "link", "ul", "ol"], label=_("Nội dung"))

    class Meta:
        icon = "info-circle"
        label = _("Lưu ý")
        template = "blocks/note.html"
        preview_value = {"tone": "info", "body": "<p>Điều làm người học đổi cách làm ngay bây giờ.</p>"}
        description = _("Điều làm thay đổi việc người học sắp làm.")


class RememberBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Tiêu đề"))
    body = blocks.RichTextBlock(features=["bold", "ul", "ol"], label=_("Nội dung"))

    class Meta:
        icon = "pin"
        label = _("Cần nhớ")
        template = "blocks/remember.html"
        preview_value = {"title": "Ba dấu hiệu nên dừng lại", "body": "<ol><li>Gấp</li><li>Kín</li><li>Tiền</li></ol>"}
        description = _("Quy tắc mang về, mỗi bài một lần.")


class RevealBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Câu hỏi đoán trước"))
    body = blocks.RichTextBlock(features=RICH_TEXT, label=_("Mở ra sẽ thấy"))

    class Meta:
        icon = "help"
        label = _("Đoán rồi mở")
        template = "blocks/reveal.html"
        preview_value = {"title": "Bạn đoán xem vì sao?", "body": "<p>Vì máy chỉ thấy ảnh ban ngày.</p>"}
        description = _("Người học đoán trước, rồi mở xem.")


class ExampleBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Tiêu đề"))
    body = blocks.RichTextBlock(features=["bold", "ul", "ol"], label=_("Tình huống"))

    class Meta:
        icon = "openquote"
        label = _("Tình huống")
        template = "blocks/example.html"
        preview_value = {"title": "Ở sạp rau nhà bà Sáu", "body": "<p>Bà Sáu hỏi máy giá rau hôm nay.</p>"}
        description = _("Một cảnh ngắn hoặc lời thoại.")


class TableBlock(blocks.StructBlock):
    caption = blocks.CharBlock(required=False, label=_("Chú thích"))
    rows = blocks.TextBlock(label=_("Các dòng"), help_text=_("Mỗi dòng một hàng, ô cách nhau bằng dấu |. Dòng đầu là tiêu đề."))

    class Meta:
        icon = "table"
        label = _("Bảng")
        template = "blocks/table.html"
        preview_value = {"caption": "Ai làm gì", "rows": "Việc | Người | Máy\nQuyết định | có | không"}
        description = _("Bảng nhỏ, dòng đầu là tiêu đề cột.")

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context)
        lines = [[cell.strip() for cell in line.split("|")] for line in value["rows"].splitlines() if line.strip()]
        context["head"], context["body"] = (lines[0], lines[1:]) if lines else ([], [])
        return context


class DrawingBlock(blocks.TextBlock):
    """SVG text; what could run or load is removed when the page is saved."""

    def value_from_form(self, value: str) -> str:
        """One line end, as clean_svg keeps it. With the browser's own the drawing would look edited at every save, and
        approving a draft would make a newer one that waits for approval again."""
        return super().value_from_form(value).replace("\r\n", "\n")

    def clean(self, value: str) -> str:
        try:
            return clean_svg(super().clean(value))
        except ValueError as error:
            raise ValidationError(_("Đây không phải hình SVG.")) from error


class FigureBlock(blocks.StructBlock):
    svg = DrawingBlock(label=_("Hình SVG"), rows=6)
    alt = blocks.CharBlock(label=_("Hình nói gì"), help_text=_("Ý của hình, cho người không nhìn thấy."))
    caption = blocks.CharBlock(required=False, label=_("Chú thích"))
    ai_made = blocks.BooleanBlock(required=False, label=_("Do AI tạo"), help_text=_("Luật 134/2025/QH15: phải ghi nhãn."))
    source = blocks.CharBlock(required=False, label=_("Tệp nguồn"), help_text=_("Đường dẫn trong thư mục content/."))

    class Meta:
        icon = "image"
        label = _("Hình vẽ")
        template = "blocks/figure.html"
        preview_value = {
            "svg": '<svg viewBox="0 0 640 120" role="img"><rect class="f-leafs" width="640" height="120" rx="8"/>'
            '<text x="320" y="70" text-anchor="middle" font-size="26">Ví dụ → Máy học → Dự đoán</text></svg>',
            "alt": "Ba bước",
            "caption": "Từ ví dụ đến dự đoán",
            "ai_made": False,
            "source": "",
        }
        description = _("Hình giải thích, theo màu của trang, đọc được trong nền tối.")

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context)
        context["drawing"] = safe_drawing(value["svg"])
        return context


def safe_drawing(svg: str) -> SafeString:
    """Cleaned once more on the way out: stored text may predate the rules."""
    try:
        return mark_safe(clean_svg(svg))  # noqa: S308
    except ValueError:
        return mark_safe("")


COMMON: list[tuple[str, blocks.Block]] = [
    ("text", TextBlock()),
    ("note", NoteBlock()),
    ("remember", RememberBlock()),
    ("reveal", RevealBlock()),
    ("example", ExampleBlock()),
    ("table", TableBlock()),
    ("figure", FigureBlock()),
]
