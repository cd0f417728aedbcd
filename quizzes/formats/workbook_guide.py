"""What the spreadsheet of questions says about itself: an example of each kind, and how to fill it in."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

_NO_PICTURE = "media:" + "0" * 64 + ".png"


def examples() -> list[dict[str, Any]]:
    """A question of each kind, as plain forms."""
    return [
        {
            "kind": "single", "difficulty": "easy", "stem": _("Trợ lý AI trả lời sai về luật. Bạn làm gì trước?"),
            "options": [
                {"text": _("Tra lại văn bản gốc"), "correct": True, "feedback": _("Đúng: văn bản gốc là căn cứ.")},
                {"text": _("Gửi ngay cho người dân")}, {"text": _("Hỏi lại trợ lý cho đến khi nó đổi ý")},
            ],
            "feedback": _("Người dùng chịu trách nhiệm về nội dung mình gửi đi."),
        },
        {
            "kind": "multiple", "stem": _("Những gì không được dán vào trợ lý AI công cộng?"),
            "options": [
                {"text": _("Số định danh cá nhân"), "correct": True}, {"text": _("Mật khẩu"), "correct": True},
                {"text": _("Một câu ca dao")},
            ],
        },
        {"kind": "true_false", "stem": _("Máy luôn hiểu đúng ý người viết."), "answer": False},
        {"kind": "short_text", "stem": _("Viết tắt của trí tuệ nhân tạo trong tiếng Anh?"), "accept": ["AI"]},
        {"kind": "number", "stem": _("Một tá có bao nhiêu chiếc?"), "answer": 12},
        {
            "kind": "matching", "stem": _("Ghép việc với công cụ."),
            "pairs": [
                {"left": _("Viết thư"), "right": _("Soạn thảo")}, {"left": _("Tính tổng"), "right": _("Bảng tính")},
            ],
        },
        {
            "kind": "ordering", "stem": _("Xếp các bước kiểm tra một câu trả lời."),
            "items": [_("Đọc kỹ"), _("Tra nguồn"), _("Sửa lại"), _("Gửi đi")],
        },
        {
            "kind": "gaps", "stem": _("Điền vào chỗ trống."), "text": _("Máy học từ [[1]], con người học từ [[2]]."),
            "gaps": {
                "1": {"kind": "typed", "accept": [_("dữ liệu")]},
                "2": {"kind": "chosen", "options": [{"text": _("trải nghiệm"), "correct": True}, {"text": _("dòng điện")}]},
            },
        },
        {
            "kind": "hotspot", "stem": _("Chỉ vào nút gửi."), "image": _NO_PICTURE, "alt": _("Ảnh chụp một hộp thư"),
            "areas": [
                {"name": _("Nút gửi"), "shape": "rect", "coords": [800, 900, 1000, 1000], "correct": True},
                {"name": _("Nút xóa"), "shape": "rect", "coords": [0, 900, 200, 1000]},
            ],
        },
        {
            "kind": "essay", "stem": _("Nêu một rủi ro khi dùng AI ở cơ quan bạn."), "words": [50, 300],
            "for_markers": _("Có rủi ro cụ thể và cách phòng."),
        },
        {"kind": "file", "stem": _("Nộp bản nháp đã sửa."), "types": ["pdf", "docx"]},
        {
            "kind": "practical", "stem": _("Soạn một thông báo với trợ lý AI."),
            "self_check": [_("Tôi đã bỏ tên người thật khỏi câu lệnh.")],
            "rubric": [
                {"criterion": _("Câu lệnh rõ"), "levels": [{"text": _("Chưa rõ"), "points": 0}, {"text": _("Rõ"), "points": 2}]},
            ],
        },
        {
            "kind": "likert", "stem": _("Bạn đồng ý đến đâu?"), "statements": [_("Tôi biết khi nào không nên dùng AI.")],
            "scale": [_("Không đồng ý"), _("Phân vân"), _("Đồng ý")],
        },
    ]  # fmt: skip


def guide() -> list[tuple[str, str]]:
    """The second sheet: what a line is about, and what it says."""
    return [
        (_("Cách dùng"), _("Mỗi dòng là một câu hỏi. Bắt buộc có “Câu hỏi”; các cột khác tùy kiểu câu.")),
        (_("Dòng ví dụ"), _("Dòng có Mã bắt đầu bằng VÍ DỤ không được đọc. Bạn có thể xóa hoặc để đó.")),
        (_("Mã"), _("Mã giữ nguyên mãi mãi: gửi lại câu cùng mã là sửa câu ấy. Để trống thì hệ thống tự đặt.")),
        (_("Chủ đề"), _("Đường dẫn của chủ đề, cách nhau bằng dấu /, ví dụ: Dữ liệu / An toàn.")),
        (_("Kiểu, Mức khó"), _("Chọn trong danh sách thả xuống. Kiểu để trống thì hệ thống đoán theo đáp án.")),
        (_("Chọn một, Chọn nhiều"), _("Ghi phương án vào các cột. Đáp án đúng là số hoặc chữ: 1, hoặc 1;3, hoặc A, C.")),
        (_("Chấm câu chọn nhiều"), _("Muốn chỉ cho điểm khi đúng và đủ, ghi vào Chi tiết: rule: all")),
        (_("Tỷ lệ điểm"), _("Phương án được nửa điểm: ghi vào Chi tiết, theo số phương án: options: {'2': {share: 1/2}}")),
        (_("Đúng hay sai"), _("Đáp án đúng ghi Đúng hoặc Sai. Phản hồi 1 cho người chọn Đúng, Phản hồi 2 cho người chọn Sai.")),
        (_("Viết vài chữ"), _("Ghi các câu trả lời được chấp nhận vào Đáp án đúng, cách nhau bằng dấu chấm phẩy.")),
        (_("Điền số"), _("Đáp án đúng là một số, có thể kèm sai số: 7,5 ± 0,1. Đơn vị ghi vào Chi tiết: unit: km")),
        (_("Ghép cặp"), _("Mỗi phương án là một cặp: vế trái = vế phải. Vế phải thừa ghi vào Chi tiết: extra: [cá, tôm]")),
        (_("Sắp thứ tự"), _("Ghi các mục theo thứ tự đúng vào các cột phương án. Hệ thống tự trộn.")),
        (_("Các kiểu còn lại"), _("Ghi phần riêng vào cột Chi tiết, như dòng ví dụ. Mỗi dòng có dạng tên: giá trị.")),
        (_("Hình và âm thanh"), _("Bảng tính không chứa hình. Ghi ![lời tả](media:TÊN) và đưa tệp vào ngân hàng trước.")),
        (_("Gõ số và ngày"), _("Các ô đã là kiểu Văn bản để Excel không đổi 1/2 thành ngày. Khi dán, chọn Dán giá trị.")),
        (_("Công thức"), _("Ô có công thức không được đọc. Hãy dán giá trị thay cho công thức.")),
    ]
