"""Vietnamese text at the edges: one normal form, a form without marks to search by, and words kept whole."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise


def nfc(text: str) -> str:
    """`text` composed (NFC), without NUL, outer space trimmed and inner runs of space made one.

    Everything typed, imported or posted passes here: decomposed Vietnamese is drawn wrongly in PDFs
    and found by no search.
    """
    return " ".join(unicodedata.normalize("NFC", text.replace("\x00", "")).split())


def unmarked(text: str) -> str:
    """`text` without tone and vowel marks, đ as d: "Đạo đức" becomes "Dao duc"."""
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(character for character in decomposed if unicodedata.category(character) != "Mn")
    return bare.replace("đ", "d").replace("Đ", "D")


def fold(text: str) -> str:
    """`text` without marks and in lower case, to search by: "Đạo đức" becomes "dao duc"."""
    return " ".join(unmarked(text).casefold().split())


def is_person_name(text: str) -> bool:
    """2 to 120 characters of letters (any script, with their marks), spaces and ' ’ . -; no digits.

    Expects composed text (`nfc`). Names go into letters and certificates, so nothing that makes a link is let through.
    """
    letters = sum(unicodedata.category(character)[0] == "L" for character in text)
    allowed = all(unicodedata.category(character)[0] in "LM" or character in " '’.-" for character in text)
    return allowed and letters >= 2 and len(text) <= 120


def is_username(text: str) -> bool:
    """3 to 30 of a-z 0-9 . _ -; never like an e-mail address, so that the two cannot be mistaken for each other."""
    return re.fullmatch(r"[a-z0-9._-]{3,30}", text) is not None


# Words of two syllables that our titles and headings are made of, and whose halves mean something else.
_WORDS = (
    "an toàn|buổi sáng|bài học|báo cáo|bảo vệ|bắt đầu|bệnh viện|chuyển đổi|chương trình|con người|con số|cuối khóa|"
    "cá nhân|câu hỏi|công chức|công nghệ|công việc|công vụ|cơ quan|danh sách|dùng được|dữ liệu|giáo dục|giáo viên|"
    "giấy tờ|giọng nói|hiểu đúng|hoàn thành|hoạt động|hành chính|hình ảnh|học sinh|học tập|khoa học|khóa học|"
    "kiểm tra|kế hoạch|kết quả|lãnh đạo|lừa đảo|máy học|máy nghe|máy nhìn|mật khẩu|nguồn gốc|nhiệm vụ|nhân dân|"
    "nhân tạo|nâng cao|nền tảng|phân loại|phòng khám|phòng thử|phần mềm|phục vụ|quyết định|quản lý|ra sao|ranh giới|"
    "sinh hoạt|sáng tạo|số liệu|thành phố|thông tin|thế nào|thử nghiệm|thực tế|tiếp tục|trung tâm|truy cập|"
    "trách nhiệm|trí tuệ|trò chuyện|trạm y|trả lời|trợ giúp|trợ lý|tuyên bố|tài khoản|tài liệu|viên chức|việc làm|"
    "vì sao|ví dụ|văn bản|văn phòng|xe buýt|xác nhận|xác thực|xử lý|y tế|yêu cầu|đào tạo|đăng nhập|đơn vị|đầu tiên|"
    "ủy ban|ứng dụng"
)
WORDS_OF_TWO = frozenset(_WORDS.split("|"))
_MARKS = "“”\"'(),.:;?!…"


def whole_words(text: str) -> str:
    """No-break spaces inside words of two syllables and before the last word: no line ends on half a word."""
    words = text.split(" ")
    kept = words[0]
    for place, (before, word) in enumerate(pairwise(words), 2):
        pair = f"{before.lstrip(_MARKS)} {word.rstrip(_MARKS)}".lower()
        kept += ("\u00a0" if pair in WORDS_OF_TWO or place == len(words) else " ") + word
    return kept
