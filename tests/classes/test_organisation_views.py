"""The pages of the tree: who may open what, two steps for every operation, and no query more for thirty rows than for three."""

from __future__ import annotations

import io
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import load_workbook

from classes import queries
from people.models import Organisation, OrganisationOperation
from tests import world
from tests.classes.reorganising import DAY, assert_sound, do, people, unit

TREE = "/agencies/tree/"
READ = [TREE, "/agencies/tree/P-BC/", "/agencies/operations/"]
WRITE = [f"/agencies/tree/P-BC/{what}/" for what in ("move", "merge", "split", "close")]
FILES = ["/agencies/import/", "/agencies/import/template.csv", "/agencies/import/template.xlsx"]


@pytest.fixture
def auditor(city):
    user = world.make_user("thu", "Hồ Minh Thu", audience="cbccvc_nld")
    world.grant(user, "auditor", city.city)
    return user


def statuses(client, user, urls):
    client.force_login(user)
    return {client.get(url).status_code for url in urls}


def test_who_may_open_what(client, city, an, binh, chi, dung, outsider, auditor):
    for url in [*READ, *WRITE, *FILES]:
        assert "/accounts/login/" in client.get(url)["Location"]
    rename = ["/agencies/tree/P-BC/rename/"]
    assert statuses(client, dung, [*READ, *rename, *WRITE, *FILES]) == {200}
    assert statuses(client, auditor, READ) == {200} and statuses(client, auditor, [*rename, *WRITE, *FILES]) == {404}
    assert statuses(client, chi, [*READ, *rename]) == {200} and statuses(client, chi, [*WRITE, *FILES]) == {404}
    for nobody in (an, binh):
        assert statuses(client, nobody, [*READ, *rename, *WRITE, *FILES]) == {404}
    assert statuses(client, outsider, ["/agencies/tree/P-BC/", *rename, *WRITE, *FILES]) == {404}
    assert "Bến Cỏ" not in client.get(TREE + "?q=ben").content.decode()


def fill(**more):
    return {"key": str(uuid.uuid4()), "on": f"{timezone.localdate()}", "reason": "QĐ 12/QĐ-UBND", **more}


MERGE = {"target": "P-AK", "roles": "follow", "classes": "follow", "requirements": "follow"}


def seen(page):
    return re.search(r'name="seen" value="([0-9a-f]{64})"', page)[1]


def test_a_merger_in_two_steps(client, city, chi, dung, outsider):
    client.force_login(dung)
    url, data = "/agencies/tree/P-BC/merge/", fill(**MERGE)
    page = client.post(url, {**data, "preview": "1"}).content.decode()
    assert "Chưa có gì được ghi" in page and "sang Ủy ban nhân dân phường An Khúc" in page
    assert not OrganisationOperation.objects.exists()
    confirmed = {**data, "seen": seen(page), "confirm": "1"}
    done = client.post(url, confirmed, follow=True)
    assert done.redirect_chain[-1][0] == f"/agencies/operations/{data['key']}/"
    assert "Hoàn tác việc này" in done.content.decode()
    assert people("P-AK") == {"chi", "khanh"}
    assert client.post(url, confirmed).status_code in {200, 302} and OrganisationOperation.objects.count() == 1
    history = client.get("/agencies/tree/P-AK/").content.decode()
    assert "Tiếp nhận Ủy ban nhân dân phường Bến Cỏ" in history
    old = client.get("/agencies/tree/P-BC/").content.decode()
    assert "Đơn vị kế thừa" in old and "Giải thể</a>" not in old
    listed = client.get("/agencies/operations/").content.decode()
    assert "Sáp nhập" in listed and "QĐ 12/QĐ-UBND" in listed
    undone = client.post(f"/agencies/operations/{data['key']}/undo/", follow=True).content.decode()
    assert "Đã hoàn tác" in undone and people("P-BC") == {"chi"}


def test_going_back_keeps_what_was_filled_in(client, city, dung):
    client.force_login(dung)
    page = client.post("/agencies/tree/P-BC/merge/", {**fill(**MERGE), "edit": "1"}).content.decode()
    assert 'value="P-AK"' in page and 'value="QĐ 12/QĐ-UBND"' in page and "Chưa có gì được ghi" not in page


def test_a_change_meanwhile_is_told_and_nothing_is_done(client, city, dung):
    client.force_login(dung)
    url, data = "/agencies/tree/P-BC/merge/", fill(**MERGE)
    page = client.post(url, {**data, "preview": "1"}).content.decode()
    world.join(world.make_user("moi", "Người Mới"), city.ward)
    again = client.post(url, {**data, "seen": seen(page), "confirm": "1"}).content.decode()
    assert "Có gì đó đã thay đổi từ lúc bạn xem trước" in again and not OrganisationOperation.objects.exists()
    client.post(url, {**data, "seen": seen(again), "confirm": "1"})
    assert OrganisationOperation.objects.count() == 1


@pytest.mark.parametrize(
    ("what", "data", "told"),
    [
        ("merge", {**MERGE, "target": "KHONG-CO"}, "Không có đơn vị nào mã hoặc tên"),
        ("merge", {**MERGE, "target": ""}, "Hãy chọn một"),
        ("merge", {**MERGE, "target": "", "new_code": "P 1", "new_name": "x"}, "Mã chỉ gồm chữ"),
        ("merge", {**MERGE, "target": "TYT-BC"}, "Hãy chuyển cấp trên"),
        ("merge", {**MERGE, "on": "2100-01-01"}, "phía trước"),
        ("move", {"parent": "TYT-BC"}, "nằm trong"),
        ("close", {"classes": "follow", "roles": "follow", "requirements": "follow"}, "chỉ đi theo được"),
        ("rename", {"name": ""}, "Cần sửa một chỗ"),
        ("split", {"code_1": "P-B1", "name_1": "Một", "code_2": "P-B2"}, "cần cả mã và tên"),
    ],
)
def test_what_is_wrong_is_told_beside_the_form(what, data, told, client, city, dung):
    client.force_login(dung)
    page = client.post(f"/agencies/tree/P-BC/{what}/", {**fill(), **data, "preview": "1"}).content.decode()
    assert told in page and 'name="confirm"' not in page and not OrganisationOperation.objects.exists()


def test_a_unit_is_named_by_its_code_or_its_name_without_marks(client, city, dung):
    client.force_login(dung)
    for typed in ("p-ak", "uy ban nhan dan phuong an khuc"):
        page = client.post("/agencies/tree/P-BC/merge/", {**fill(**MERGE), "target": typed, "preview": "1"}).content.decode()
        assert 'name="confirm"' in page


def test_an_owner_of_one_ward_cannot_name_another(client, city):
    son = world.make_owner("son", "Đinh Văn Sơn", city.ward)
    client.force_login(son)
    page = client.post("/agencies/tree/TYT-BC/move/", {**fill(parent="P-AK"), "preview": "1"}).content.decode()
    assert "Không có đơn vị nào mã hoặc tên" in page and "An Khúc" not in page


def test_what_reaches_outside_is_told_before_it_is_confirmed(client, city):
    son = world.make_owner("son", "Đinh Văn Sơn", city.ward)
    client.force_login(son)
    parts = fill(code_1="P-B1", name_1="Phường Bến Một", code_2="P-B2", name_2="Phường Bến Hai", preview="1")
    page = client.post("/agencies/tree/P-BC/split/", parts).content.decode()
    assert "ngoài phạm vi bạn phụ trách" in page and 'name="confirm"' not in page
    assert client.post("/agencies/tree/P-BC/split/", {**parts, "confirm": "1", "seen": seen(page)}).status_code == 404


def test_a_split_asks_for_each_person_and_class(client, city, chi, dung):
    ha = world.make_user("ha", "Đặng Thu Hà")
    world.join(ha, city.ward)
    client.force_login(dung)
    url = "/agencies/tree/P-BC/split/"
    parts = fill(code_1="P-B1", name_1="Phường Bến Một", code_2="P-B2", name_2="Phường Bến Hai")
    page = client.post(url, {**parts, "divide": "1"}).content.decode()
    assert f'name="person-{ha.pk}"' in page and 'name="child-TYT-BC"' in page and "Lê Thị Chi, Cán bộ theo dõi" in page
    chosen = {**parts, "default": "P-B1", f"person-{ha.pk}": "P-B2", "child-TYT-BC": "P-B2"}
    preview = client.post(url, {**chosen, "preview": "1"}).content.decode()
    assert preview.count("Phường Bến Hai") >= 2
    client.post(url, {**chosen, "seen": seen(preview), "confirm": "1"})
    assert people("P-B1") == {"chi"} and people("P-B2") == {"ha"}
    assert_sound(timezone.now())


def test_the_owner_imports_a_file_and_takes_it_back(client, city, dung, outsider):
    client.force_login(dung)
    text = "Mã,Tên đầy đủ,Loại,Mã cấp trên\nP-SM,Phường Sao Mai,Phường,UBND-TP\nP-BC,Phường Bến Lau,,\nX,Sai,Tàu bay,UBND-TP\n"
    file = SimpleUploadedFile("danh-muc.csv", text.encode("utf-8-sig"))
    sent = client.post("/agencies/import/", {"key": str(uuid.uuid4()), "file": file})
    page = client.get(sent["Location"]).content.decode()
    assert "Phường Sao Mai" in page and "Phường Bến Lau" in page and "Loại chưa có" in page
    client.force_login(outsider)
    assert client.get(sent["Location"]).status_code == 404
    client.force_login(dung)
    done = client.post(sent["Location"], {"seen": seen(page), "reason": "Danh mục"}, follow=True).content.decode()
    assert unit("P-SM").name == "Phường Sao Mai" and "Hoàn tác việc này" in done
    assert client.post(sent["Location"], {"seen": seen(page), "reason": "Danh mục"}).status_code == 302
    operation = OrganisationOperation.objects.get()
    client.post(f"/agencies/operations/{operation.pk}/undo/")
    assert not Organisation.objects.filter(code="P-SM").exists()
    assert client.get(f"/agencies/operations/{operation.pk}/").status_code == 200


def test_wrong_lines_come_back_as_a_file_and_go_in_when_they_are_mended(client, city, dung, outsider):
    client.force_login(dung)
    text = "Mã,Tên đầy đủ,Loại,Mã cấp trên,Ghi chú\nP-SM,Phường Sao Mai,Phường,UBND-TP,\nX,Sai,Tàu bay,KHONG-CO,=1+1\n"
    file = SimpleUploadedFile("danh-muc.csv", text.encode("utf-8-sig"))
    sent = client.post("/agencies/import/", {"key": str(uuid.uuid4()), "file": file})["Location"]
    assert f"{sent}errors.xlsx" in client.get(sent).content.decode()
    given = client.get(f"{sent}errors.xlsx")
    assert "dong-loi-danh-muc.xlsx" in given["Content-Disposition"] and "no-store" in given["Cache-Control"]
    book = load_workbook(io.BytesIO(given.content))
    header, wrong = list(book.active.iter_rows(values_only=True))
    assert header[-1] == "Vì sao lỗi" and wrong[:4] == ("X", "Sai", "Tàu bay", "KHONG-CO") and "Loại chưa có" in wrong[-1]
    assert not wrong[4].startswith("=")
    book.active["C2"], book.active["D2"] = "Phường", "UBND-TP"
    mended = io.BytesIO()
    book.save(mended)
    file = SimpleUploadedFile("da-sua.xlsx", mended.getvalue())
    again = client.post("/agencies/import/", {"key": str(uuid.uuid4()), "file": file})["Location"]
    page = client.get(again).content.decode()
    assert "errors.xlsx" not in page
    client.post(again, {"seen": seen(page), "reason": "Sửa dòng lỗi"})
    assert unit("X").name == "Sai" and not Organisation.objects.filter(code="P-SM").exists()
    client.force_login(outsider)
    assert client.get(f"{sent}errors.xlsx").status_code == 404


def test_a_file_that_is_no_table_is_refused_beside_its_field(client, city, dung):
    client.force_login(dung)
    file = SimpleUploadedFile("anh.png", b"\x89PNG\x00\x00")
    page = client.post("/agencies/import/", {"key": str(uuid.uuid4()), "file": file}).content.decode()
    assert "không phải tệp CSV" in page or "Tệp anh.png" in page


def test_the_template_is_a_workbook_and_a_csv(client, city, dung):
    client.force_login(dung)
    sheet = load_workbook(io.BytesIO(client.get("/agencies/import/template.xlsx").content)).active
    assert [cell.value for cell in sheet[1]][:2] == ["Mã", "Tên đầy đủ"]
    assert client.get("/agencies/import/template.csv").content.decode("utf-8-sig").startswith("Mã,Tên đầy đủ")


def test_only_its_own_operations_are_shown_to_a_ward(client, city, chi, dung, outsider, now):
    operation = do(queries.Rename(code="P-BC", name="Phường Bến Lau", short_name="", on=DAY), dung, now)
    client.force_login(chi)
    assert client.get(f"/agencies/operations/{operation.pk}/").status_code == 200
    client.force_login(outsider)
    assert client.get(f"/agencies/operations/{operation.pk}/").status_code == 404
    assert client.post(f"/agencies/operations/{operation.pk}/undo/").status_code == 404
    assert "Bến Lau" not in client.get("/agencies/operations/").content.decode()


@pytest.mark.parametrize("size", [3, 30])
def test_pages_take_as_many_queries_for_three_units_as_for_thirty(size, client, city, dung, now, django_assert_max_num_queries):
    for number in range(size):
        Organisation.objects.get(pk=city.ward.pk).add_child(code=f"KP-{number}", name=f"Khu phố {number}", kind="unit")
        do(queries.Rename(code=f"KP-{number}", name=f"Khu phố Mới {number}", short_name="", on=DAY), dung, now)
        do(queries.Rename(code="P-BC", name=f"Phường Bến Lau {number}", short_name="", on=DAY), dung, now)
    client.force_login(dung)
    for url in (TREE, TREE + "?q=khu pho", "/agencies/tree/P-BC/", "/agencies/operations/", "/agencies/tree/P-BC/merge/"):
        with django_assert_max_num_queries(24):
            page = client.get(url).content.decode()
    assert "Sáp nhập" in page
