"""What we write to somebody who asked about her data: the same letter in both languages, Vietnamese first."""

from __future__ import annotations

import datetime as dt

from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _


def about_request(*, what: str, kind: str, due_at: dt.datetime, note: str, url: str) -> tuple[str, str]:
    """Subject and text. `kind` is the request as the person chose it, `what` the step that was taken."""
    subjects, texts = [], []
    for language in ("vi", "en"):
        with translation.override(language):
            subjects.append(_("Yêu cầu về dữ liệu của bạn"))
            texts.append(_text(what, kind, due_at, note, url))
    return "Học AI: " + " / ".join(subjects), "\n\n---\n\n".join(texts)


def _text(what: str, kind: str, due_at: dt.datetime, note: str, url: str) -> str:
    day = formats.date_format(timezone.localtime(due_at), "d/m/Y")
    said = {
        "filed": _("Chúng tôi đã nhận được yêu cầu này. Hạn trả lời: %(day)s.") % {"day": day},
        "acknowledged": _("Có người đang giải quyết yêu cầu này. Hạn trả lời: %(day)s.") % {"day": day},
        "extended": _("Chúng tôi cần thêm thời gian. Hạn mới: %(day)s.") % {"day": day},
        "accepted": _(
            "Chúng tôi xóa tài khoản của bạn ngay sau thư này: tên, địa chỉ, năm sinh, câu trả lời. "
            "Số đếm chung vẫn còn, không còn gắn với bạn. Bạn không đăng nhập được nữa."
        ),
        "done": _("Yêu cầu này đã làm xong."),
        "refused": _("Chúng tôi không làm được điều này."),
        "cancelled": _("Bạn đã rút yêu cầu này."),
    }[what]
    parts = [_("Chào bạn,"), _("Bạn yêu cầu: %(kind)s.") % {"kind": _KINDS[kind]()}, said]
    if note:
        parts.append(note)
    if what != "accepted":
        parts += [_("Xem ở đây:") + "\n" + url]
    return "\n\n".join([*parts, _("Học AI, Thành phố Hồ Chí Minh")])


_KINDS = {
    "see": lambda: _("Cho tôi xem dữ liệu về tôi"),
    "correct": lambda: _("Sửa dữ liệu sai về tôi"),
    "export": lambda: _("Gửi tôi một bản sao"),
    "restrict": lambda: _("Hạn chế dùng dữ liệu của tôi"),
    "withdraw": lambda: _("Rút sự đồng ý của tôi"),
    "erase": lambda: _("Xóa tài khoản và dữ liệu của tôi"),
}
