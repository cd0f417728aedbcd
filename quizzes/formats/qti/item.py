"""One item of QTI as the plain form of a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from people.text import nfc
from quizzes.formats.items import Item, Refusal
from quizzes.formats.qti.interactions import Reader, Size, read_body
from quizzes.formats.qti.sheet import Refused, Sheet, decimal, head_of
from quizzes.formats.qti.tree import is_true, line_of, within
from quizzes.formats.qti_text import Find, Markdown

_LONGEST_NAME = 200

# A text that several items share, by where its file is; None when it is not there.
Stimulus = Callable[[str], Element | None]


def read_item(root: Element, *, find: Find, size: Size, stimulus: Stimulus, about: Mapping[str, Any]) -> Item | Refusal:
    """`about` is what the manifest says: category, tags, difficulty, competency."""
    title, identifier = nfc(root.get("title", "")), nfc(root.get("identifier", ""))
    name, line = (title or identifier)[:_LONGEST_NAME], line_of(root)
    sheet = Sheet(root)
    try:
        plain = _plain(root, sheet, find=find, size=size, stimulus=stimulus)
    except Refused as refused:
        return Refusal(line=refused.line or line, reason=str(refused), name=name)
    named = {"name": title[:_LONGEST_NAME]} if title not in {"", identifier, plain["stem"]} else {}
    extras = {key: value for key, value in about.items() if key in {"difficulty", "competency", "tags"} and value}
    kind = plain.pop("kind")
    return Item(
        line=line, plain={"kind": kind, **named, **extras, **plain}, name=name, category=tuple(about.get("category", ())),
        lost=tuple(sheet.lost),
    )  # fmt: skip


def _plain(root: Element, sheet: Sheet, *, find: Find, size: Size, stimulus: Stimulus) -> dict[str, Any]:
    if any(one.tag in {"templateDeclaration", "templateProcessing"} for one in root):
        raise Refused(_("Câu này là khuôn tự đổi số liệu (template), ở đây không có. Hãy xuất một câu với số liệu cụ thể."))
    if is_true(root, "adaptive"):
        raise Refused(_("Câu này đổi theo từng lần trả lời (adaptive), ở đây không có. Hãy tách thành nhiều câu."))
    body = root.find("itemBody")
    if body is None:
        raise Refused(_("Câu này không có nội dung (itemBody)."))
    reader = Reader(sheet=sheet, find=find, size=size)
    reader.before = _shared_text(reader, stimulus)
    plain = read_body(reader)
    if not plain["stem"]:
        raise Refused(_("Câu này không có lời hỏi. Hãy thêm lời hỏi ở hệ thống cũ rồi xuất lại."))
    if plain["kind"] in {"essay", "file"}:
        notes = _notes(reader, body)
        plain |= {"for_markers": notes} if notes else {}
    elif _notes(reader, body):
        sheet.lose(_("Ghi chú cho người chấm không có chỗ ở kiểu câu này nên bị bỏ."))
    if reader.general:
        plain["feedback"] = "\n\n".join(dict.fromkeys(reader.general))
    _put_mark(plain, sheet)
    for source in dict.fromkeys(reader.markdown.missing):
        sheet.lose(_missing(source))
    return plain


def _missing(source: str) -> str:
    said = {"source": head_of(source.partition(",")[0])}
    if source.lower().startswith(("http:", "https:", "//")):
        return _("Hình hoặc âm thanh ở trang khác không được tải về: %(source)s") % said
    return _("Không tìm thấy trong gói, hoặc không phải hình hay âm thanh: %(source)s") % said


def _shared_text(reader: Reader, stimulus: Stimulus) -> str:
    parts = []
    for element in reader.sheet.item.iter("assessmentStimulusRef"):
        shared = stimulus(element.get("href", ""))
        if shared is None:
            reader.sheet.lose(_("Đoạn đọc chung không có trong gói: %(source)s") % {"source": element.get("href", "")})
        else:
            parts.append(reader.markdown.blocks(shared))
    return "\n\n".join(part for part in parts if part)


def _notes(reader: Reader, body: Element) -> str:
    """What only who marks gets to see."""
    markdown = Markdown(find=reader.find)
    found = [
        markdown.blocks(one) for one in within(body, "rubricBlock") if "candidate" not in one.get("view", "candidate").split()
    ]
    return "\n\n".join(part for part in found if part)


def _put_mark(plain: dict[str, Any], sheet: Sheet) -> None:
    mark = sheet.mark
    if not 0 < mark <= 100:
        sheet.lose(_("Điểm của câu trong tệp (%(mark)s) ngoài khoảng cho phép nên được ghi là 1.") % {"mark": decimal(mark, 3)})
    elif mark != 1 and plain["kind"] != "likert":
        plain["mark"] = int(mark) if mark.denominator == 1 else decimal(mark, 4)


def stimulus_body(root: Element) -> Element | None:
    """What a file of shared text shows."""
    return next(within(root, "stimulusBody"), None) if root.tag == "assessmentStimulus" else None
