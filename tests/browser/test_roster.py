"""Giang sends in the list of her ward: wrong rows are mended, the list is applied, accounts are handed out, all is undone."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser import acts
from tests.browser.accessible import Barriers
from tests.browser.conftest import OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

HEAD = ["STT", "Mã cán bộ", "Họ và tên", "Ngày sinh", "Thư điện tử", "Nhóm"]
ROWS = [
    [1, "HS001", "Trần Văn Cường", "05/03/1980", "cuong@example.vn", "công chức"],
    [2, "HS002", "Lê Thị Diệu", 1990, "dieu.le@", "viên chức"],
    [3, "HS003", "Phạm Văn Én", "năm mèo", "", "người lao động"],
]  # fmt: skip


def test_giang_imports_a_list_with_errors_mends_it_applies_it_and_undoes_it(
    site: Site, open_page: OpenPage, tmp_path: Path
) -> None:
    page, barriers = open_page(), Barriers()
    acts.sign_in(page, "giang", site.demo_password)
    page.goto("/agencies/")
    page.get_by_text("Phạm vi:").get_by_role("link").first.click()
    page.get_by_role("link", name="Danh sách và tài khoản").click()
    barriers.look(page, "lists")
    _send(page, tmp_path)
    expect(page.get_by_text("Chưa có gì được ghi vào hệ thống.")).to_be_visible()
    expect(page.get_by_role("button", name="Nhập 1 thay đổi, bỏ qua 2 dòng lỗi")).to_be_visible()
    address = page.url
    barriers.look(page, "trial run")
    _takes_errors_along(page, tmp_path)
    page.get_by_label("Giá trị đúng cho dòng 4, cột Thư điện tử").fill("dieu.le@example.vn")
    page.get_by_label("Giá trị đúng cho dòng 5, cột Năm sinh").fill("1987")
    page.get_by_role("button", name="Kiểm lại sau khi sửa").click()
    page.get_by_role("button", name="Nhập 3 thay đổi").click()
    expect(page.get_by_text("Đã nhập can-bo.xlsx")).to_be_visible()
    barriers.look(page, "imported")
    _hand_out(page, tmp_path)
    barriers.look(page, "accounts not taken over")
    _en_takes_hers_over(open_page(phone=True), _code(tmp_path))
    page.goto(address)
    page.get_by_text("Hoàn tác lần nhập này").click()
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.get_by_text(re.compile("^Đã hoàn tác lúc"))).to_be_visible()
    expect(page.get_by_text("1 người đã nhận tài khoản hoặc đã học")).to_be_visible()
    barriers.none()
    _nobody_else_sees_it(site, open_page(), address)


def _send(page: Page, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [["ỦY BAN NHÂN DÂN PHƯỜNG"], HEAD, *ROWS]:
        book.active.append(row)
    book.save(tmp_path / "can-bo.xlsx")
    page.get_by_label("Tệp danh sách").set_input_files(tmp_path / "can-bo.xlsx")
    page.get_by_role("button", name="Tải lên và kiểm tra thử").click()


def _takes_errors_along(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải 2 dòng lỗi (XLSX)").click()
    download.value.save_as(tmp_path / "loi.xlsx")
    cells = [[cell.value for cell in row] for row in openpyxl.load_workbook(tmp_path / "loi.xlsx").active.iter_rows()]
    assert cells[0][-1] == "Lỗi"
    assert [row[1] for row in cells[1:]] == ["Lê Thị Diệu", "Phạm Văn Én"]


def _hand_out(page: Page, tmp_path: Path) -> None:
    page.get_by_role("link", name="In giấy, gửi thư mời").click()
    expect(page.get_by_role("row", name=re.compile("Phạm Văn Én"))).to_be_visible()
    page.get_by_label("Phạm Văn Én").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="In thẻ").click()
    download.value.save_as(tmp_path / "the.pdf")


def _code(tmp_path: Path) -> tuple[str, str]:
    text = PdfReader(tmp_path / "the.pdf").pages[0].extract_text()
    username, code = re.search(r"\ben\.\d{6}\b", text), re.search(r"\b[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}\b", text)
    assert username
    assert code
    return username[0], code[0]


def _en_takes_hers_over(page: Page, paper: tuple[str, str]) -> None:
    page.goto("/account/activate/")
    page.get_by_label("Tên đăng nhập").fill(paper[0])
    page.get_by_label("Mã nhận tài khoản").fill(paper[1])
    page.get_by_label("Mật khẩu mới", exact=True).fill("hoa-sen-mua-ha-7")
    page.get_by_role("button", name="Nhận tài khoản").click()
    expect(page.get_by_text("Tài khoản đã là của bạn.")).to_be_visible()
    acts.sign_in(page, paper[0], "hoa-sen-mua-ha-7")
    page.goto("/account/")
    expect(page.get_by_text("Luật 91/2025/QH15, Điều 19")).to_be_visible()


def _nobody_else_sees_it(site: Site, page: Page, address: str) -> None:
    acts.sign_in(page, "binh", site.demo_password)
    for one in (address, f"{address}errors.xlsx", address.rsplit("/", 2)[0] + "/"):
        assert page.request.get(one).status == 404, one
