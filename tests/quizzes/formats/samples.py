"""Questions of every kind, with what real ones have: marks on letters, signs that XML and Markdown need, pictures."""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import Any


def picture(width: int = 400, height: int = 200) -> bytes:
    """A PNG of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + bytes(3 * width) for _row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PICTURE = picture()
NAME = f"{hashlib.sha256(PICTURE).hexdigest()}.png"
MATH = "<math><msup><mi>x</mi><mn>2</mn></msup></math>"

# By kind: one that says as little as it can, and one that says all there is.
KINDS: dict[str, list[dict[str, Any]]] = {
    "single": [
        {"kind": "single", "stem": "Chọn một?", "options": [{"text": "Phải", "correct": True}, {"text": "Trái"}]},
        {
            "id": "cd1-01", "kind": "single", "name": "Quy chế", "difficulty": "hard", "competency": "UNESCO 4.1.1",
            "lesson": "ai-la-gi", "tags": ["an-toàn", "dữ liệu"], "mark": 2,
            "stem": f"Vì sao **máy** học? a < b & “c”\n\n- một\n- hai\n\n![Cái *cây*](media:{NAME}) và {MATH}.",
            "options": [
                {"text": "Vì *dữ liệu*", "correct": True, "feedback": "Đúng vậy.\n\nHai đoạn."},
                {"text": f"Vì {MATH}", "share": "1/3", "feedback": "Gần đúng"},
                {"text": "Vì trời mưa", "share": "-1/4"},
                {"text": "Không phương án nào đúng", "last": True},
            ],
            "feedback": "Xem lại bài 1.",
        },
    ],
    "multiple": [
        {"kind": "multiple", "stem": "Chọn nhiều?", "options": [
            {"text": "A", "correct": True}, {"text": "B", "correct": True}, {"text": "C"}]},
        {"kind": "multiple", "stem": "Tất cả?", "rule": "all", "mark": "2.5", "options": [
            {"text": "A", "correct": True, "feedback": "Ừ."}, {"text": "B"}, {"text": "C", "correct": True}], "feedback": "Vậy."},
        {"kind": "multiple", "stem": "Tỷ lệ?", "rule": "shares", "least": "-1/2", "options": [
            {"text": "A", "correct": True, "share": "1/3"}, {"text": "B", "correct": True, "share": "2/3"},
            {"text": "C", "share": "-1/2", "feedback": "Không phải."}, {"text": "D", "share": 0}]},
    ],
    "true_false": [
        {"kind": "true_false", "stem": "Trái đất phẳng.", "answer": False},
        {"kind": "true_false", "stem": "Sôi ở 100 °C.", "answer": True, "feedback_true": "Phải.", "feedback_false": "Chưa đúng."},
    ],
    "short_text": [
        {"kind": "short_text", "stem": "Máy lệch về đâu?", "accept": ["thiên kiến"]},
        {
            "kind": "short_text", "stem": "Thủ đô?", "accents": "keep", "case": "keep", "mark": 3,
            "accept": ["Hà Nội", {"text": "Thăng Long", "share": "1/2", "feedback": "Tên cũ."}],
        },
        {"kind": "short_text", "stem": "Bắt đầu bằng gì?", "accept": ["trí*"], "wildcards": True},
    ],
    "number": [
        {"kind": "number", "stem": "Bao nhiêu?", "answer": 7},
        {
            "kind": "number", "stem": "Dài bao nhiêu?", "answer": "7.25", "tolerance": "0.5", "unit": "km", "remark": "Giỏi.",
            "also": [{"answer": 80, "share": "1/2", "feedback": "Thừa."}],
        },
        {"kind": "number", "stem": "Đổi?", "answer": 2, "unit": "km", "units": [{"unit": "m", "factor": "0.001"}]},
    ],
    "matching": [
        {"kind": "matching", "stem": "Nối?", "pairs": [{"left": "mèo", "right": "thú"}, {"left": "gà", "right": "chim"}]},
        {
            "kind": "matching", "stem": "Nối nữa?", "extra": ["cá & tôm"],
            "pairs": [{"left": "mèo", "right": "thú"}, {"left": "chó <nhà>", "right": "thú"}, {"left": "gà", "right": "chim"}],
        },
    ],
    "ordering": [
        {"kind": "ordering", "stem": "Xếp?", "items": ["một", "hai", "ba"]},
        {"kind": "ordering", "stem": "Xếp cả?", "items": ["một", "hai", "ba"], "rule": "all"},
        {"kind": "ordering", "stem": "Xếp chỗ?", "items": ["một", "hai"], "rule": "exact"},
    ],
    "gaps": [
        {"kind": "gaps", "stem": "Điền:", "text": "Máy học từ [[1]].", "gaps": {"1": {"kind": "typed", "accept": ["dữ liệu"]}}},
        {
            "kind": "gaps", "stem": "Điền hết:", "text": "Máy [[1]] từ **[[2]]** và [[3]].\n\nHết.", "mark": 4,
            "gaps": {
                "1": {"kind": "typed", "accept": ["học", {"text": "đọc", "share": "1/2"}], "case": "keep", "accents": "keep"},
                "2": {"kind": "chosen", "options": [{"text": "dữ liệu", "correct": True}, {"text": "mưa"}]},
                "3": {"kind": "number", "answer": 7, "tolerance": "0.5", "weight": 2},
            },
        },
    ],
    "hotspot": [
        {
            "kind": "hotspot", "stem": "Chỉ đi.", "image": f"media:{NAME}", "alt": "Bản đồ",
            "areas": [
                {"name": "Góc", "shape": "rect", "coords": [0, 0, 300, 200], "correct": True, "feedback": "Đó."},
                {"name": "Giữa", "shape": "circle", "coords": [500, 500, 100]},
                {"name": "Tam giác", "shape": "poly", "coords": [0, 0, 100, 100, 200, 0], "share": "1/2"},
            ],
        },
        {
            "kind": "hotspot", "stem": "Chỉ hai chỗ.", "image": f"media:{NAME}", "alt": "Bản đồ",
            "pick": "several", "rule": "all",
            "areas": [
                {"name": "Góc", "shape": "rect", "coords": [0, 0, 300, 200], "correct": True},
                {"name": "Giữa", "shape": "circle", "coords": [500, 500, 100], "correct": True},
                {"name": "Đáy", "shape": "rect", "coords": [0, 800, 1000, 1000]},
            ],
        },
    ],
    "essay": [
        {"kind": "essay", "stem": "Kể lại.", "lines": 10},
        {
            "kind": "essay", "stem": "Phân tích.", "lines": 20, "words": [50, 300], "start": "Theo tôi, ",
            "for_markers": "Có ví dụ.",
            "rubric": [{"criterion": "Rủi ro", "levels": [{"text": "Không nêu", "points": 0}, {"text": "Nêu đủ", "points": 4}]}],
        },
    ],
    "file": [
        {"kind": "file", "stem": "Nộp bài.", "files": 2, "types": ["pdf", "docx"], "for_markers": "Xem trang 1."},
    ],
    "practical": [
        {
            "kind": "practical", "stem": "Làm đi.", "evidence": "text", "self_check": ["Đã bỏ tên thật."], "for_markers": "Kỹ.",
            "rubric": [{"criterion": "Sạch", "levels": [{"text": "Chưa", "points": 0}, {"text": "Rồi", "points": 1}]}],
        },
    ],
    "likert": [
        {"kind": "likert", "stem": "Bạn thấy sao?", "statements": ["Tôi hiểu.", "Tôi thích."], "scale": ["Không", "Có"]},
    ],
}  # fmt: skip
EVERY = [plain for plains in KINDS.values() for plain in plains]
# What an item of QTI cannot say: without the companion it is gone.
UNSAID = ("id", "difficulty", "competency", "lesson", "tags", "units", "rubric", "self_check", "evidence")
