"""The screens of lists: who may open them, a list from upload to undoing, and papers that nobody keeps."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook

from people.models import Membership, OpenedAccount, RosterImport, User
from tests import world

pytestmark = pytest.mark.django_db

HEAD = "Mã cán bộ;Họ và tên;Năm sinh;Thư điện tử;Mã đơn vị;Nhóm\n"


@pytest.fixture
def her(chi: Any, client: Client) -> Client:
    client.force_login(chi)
    return client


def upload(client: Client, content: bytes | str, code: str = "P-BC", name: str = "ds.csv", **more: str) -> Any:
    if isinstance(content, str):
        content = (HEAD + content).encode()
    data = {"key": str(uuid.uuid4()), "kind": "staff", "file": SimpleUploadedFile(name, content), **more}
    return client.post(reverse("agencies:rosters", args=[code]), data)


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_a_list_from_upload_to_undoing(her: Client, city: Any) -> None:
    address = upload(her, "A1;Nguyễn Một;1980;mot@;;CC\nA2;Lê Hai;1990;;TYT-BC;VC\n").url
    shown = page(her, address)
    assert "Chưa có gì được ghi vào hệ thống" in shown
    assert "mot@" in shown
    assert "Nhập 1 thay đổi, bỏ qua 1 dòng lỗi" in shown
    row = RosterImport.objects.get().rows.get(number=2)
    her.post(f"{address}mend/", {f"fix-{row.pk}-email": "mot@example.vn"})
    assert "Nhập 2 thay đổi" in page(her, address)
    for _turn in range(2):
        assert her.post(f"{address}apply/").url == address
    assert "Đã nhập ds.csv" in page(her, address)
    assert User.objects.filter(full_name__in=["Nguyễn Một", "Lê Hai"]).count() == 2
    waiting = page(her, reverse("agencies:waiting", args=["P-BC"]))
    assert "Nguyễn Một" in waiting
    her.post(f"{address}undo/")
    assert "Đã hoàn tác" in page(her, address)
    assert not User.objects.filter(full_name__in=["Nguyễn Một", "Lê Hai"]).exists()


def test_columns_that_are_not_known_are_chosen_by_hand(her: Client) -> None:
    address = upload(her, "Danh xưng;Nhóm\nNguyễn Một;CC\n".encode()).url
    assert "Có cột chưa nhận ra" in page(her, address)
    her.post(f"{address}columns/", {"column-0": "", "column-1": "category"})
    assert "Chưa cột nào là họ và tên" in page(her, address)
    her.post(f"{address}columns/", {"column-0": "full_name", "column-1": "category"})
    assert "Nhập 1 thay đổi" in page(her, address)


def test_namesakes_are_asked(her: Client, city: Any) -> None:
    lan = world.make_user("lan", "Ngô Thị Lan", birth_year=1985)
    world.join(lan, city.ward)
    address = upload(her, ";Ngô Thị Lan;1985;;;CC\n").url
    assert "có phải cùng một người" in page(her, address)
    her.post(f"{address}mend/", {"all-known": "1"})
    assert "Không có gì để nhập" in page(her, address)
    assert Membership.objects.filter(user__full_name="Ngô Thị Lan").count() == 1


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.xlsx", "Tệp trống"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "a.xls", "dạng cũ"),
        (b"%PDF-1.4", "a.pdf", "Chỉ nhận tệp"), (b"PK\x03\x04xxxxxxxx", "a.xlsx", "Tệp hỏng"),
    ],
)  # fmt: skip
def test_a_file_that_is_refused_says_why(her: Client, content: bytes, name: str, words: str) -> None:
    answer = upload(her, content, name=name)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not RosterImport.objects.exists()


def test_a_form_sent_twice_is_one_list(her: Client) -> None:
    key = str(uuid.uuid4())
    first, second = (upload(her, "A1;Nguyễn Một;1980;;;CC\n", key=key).url for _turn in range(2))
    assert first == second
    assert RosterImport.objects.count() == 1


def test_templates_come_with_headings_that_are_understood(her: Client) -> None:
    for kind, name in (("staff", "Nguyễn Thị An"), ("pupils", "Nguyễn Thị An"), ("teachers", "Nguyễn Thị An")):
        for extension in ("xlsx", "csv"):
            answer = her.get(reverse("agencies:roster_template", args=["P-BC", kind, extension]))
            assert answer.headers["Content-Disposition"].endswith(f'.{extension}"')
            address = upload(her, answer.content, name=f"a.{extension}", kind=kind).url
            found = RosterImport.objects.get(pk=address.split("/")[-2])
            assert (found.state, found.rows.get(number=2).values["full_name"], found.counts["wrong"]) == ("checked", name, 0)


def test_wrong_rows_come_as_a_spreadsheet(her: Client) -> None:
    address = upload(her, "A1;=cmd|x;1980;;;CC\n").url
    answer = her.get(f"{address}errors.xlsx")
    assert answer.headers["Cache-Control"] == "private, no-store"
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert [cell.value for cell in sheet[1]][-1] == "Lỗi"
    assert sheet["B2"].data_type == "s"


def test_papers_are_kept_by_nobody(her: Client) -> None:
    her.post(upload(her, "A1;Nguyễn Một;1980;mot@example.vn;;CC\n").url + "apply/")
    for paper in ("slip", "letter"):
        answer = her.post(reverse("agencies:waiting_papers", args=["P-BC"]), {"paper": paper})
        assert answer.content.startswith(b"%PDF")
        assert "no-store" in answer.headers["Cache-Control"]
    assert her.get(reverse("agencies:waiting_papers", args=["P-BC"])).status_code == 405
    assert not OpenedAccount.objects.get().letter_owed
    her.post(reverse("agencies:waiting_letters", args=["P-BC"]))
    assert OpenedAccount.objects.get().letter_owed


def test_nobody_else_opens_any_of_it(chi: Any, her: Client, outsider: Any, binh: Any, an: Any, city: Any) -> None:
    address = upload(her, "A1;Nguyễn Một;1980;;;CC\n").url
    auditor = world.make_user("kiem", "Lý Kiểm")
    world.grant(auditor, "auditor", city.city)
    base = reverse("agencies:rosters", args=["P-BC"])
    reads = [base, f"{base}template-staff.xlsx", f"{base}waiting/", address, f"{address}errors.xlsx", f"{address}progress.json"]
    writes = [f"{base}waiting/papers.pdf", f"{base}waiting/letters/",
              *(f"{address}{name}/" for name in ("columns", "mend", "apply", "undo", "drop"))]  # fmt: skip
    other = Client()
    for user in (outsider, binh, an, auditor):
        other.force_login(user)
        assert {one: other.get(one).status_code for one in reads} == dict.fromkeys(reads, 404)
        assert {one: other.post(one).status_code for one in writes} == dict.fromkeys(writes, 404)
    assert RosterImport.objects.get().state == "checked"
    stranger = Client()
    assert {stranger.get(one).status_code for one in reads} == {302}
    # Nor through an organisation of one's own.
    other.force_login(outsider)
    assert other.get(address.replace("P-BC", "P-AK")).status_code == 404


@pytest.mark.parametrize("count", [3, 30])
def test_a_list_takes_the_same_queries_for_30_rows_as_for_3(her: Client, count: int, django_assert_max_num_queries: Any) -> None:
    address = upload(her, "".join(f"A{place};Nguyễn Một;x;;;CC\n" for place in range(count))).url
    with django_assert_max_num_queries(24):
        page(her, address)


def test_the_page_of_work_under_way_needs_no_script(her: Client, city: Any, chi: Any, now: Any) -> None:
    one = RosterImport.objects.create(
        organisation=city.ward, kind="staff", state="applying", file_name="ds.csv", total=200, done=50, sent_by=chi, sent_at=now
    )
    address = reverse("agencies:roster", args=["P-BC", one.pk])
    shown = page(her, address)
    assert 'aria-valuenow="25"' in shown
    assert "Tải lại trang" in shown
    assert her.get(f"{address}progress.json").json() == {"busy": True, "percent": 25, "done": "50"}


def test_english(her: Client) -> None:
    address = upload(her, "A1;Nguyễn Một;x;;;CC\n").url
    her.cookies["django_language"] = "en"
    with translation.override("en"):  # and back to Vietnamese for who comes next
        shown = page(her, address)
    assert "Nothing has been written yet" in shown
    assert "The year of birth is not understood" in shown
