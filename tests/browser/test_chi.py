"""Chi sees who has finished, agency by agency, and takes the same figures away as a file."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.conftest import OpenPage
from tests.browser.site import Site

pytestmark = pytest.mark.browser

Table = list[list[str]]


def test_chi_goes_from_the_city_to_the_people_of_a_ward_and_takes_the_figures_along(
    site: Site, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page()
    acts.sign_in(page, "chi", site.demo_password)
    page.get_by_role("link", name="Cơ quan").click()
    expect(page.get_by_text("Cộng (mỗi người một lần)")).to_be_visible()
    _same_in_files(page, "Hoàn thành theo cơ quan", "table.agency", tmp_path)
    wards = [link.get_attribute("href") or "" for link in page.get_by_role("link", name=re.compile("^Phường ")).all()]
    page.get_by_role("link", name="Phường Hoa Sen").click()
    ward = page.url
    expect(page.get_by_role("heading", name="Người ở")).to_be_visible()
    expect(page.locator("#people table tbody")).to_contain_text("Võ Hương Giang")
    _same_people_in_files(page, tmp_path)
    _giang_sees_her_ward_only(site, open_page(), ward, [one for one in wards if one not in ward])
    _an_outsider_sees_no_agency(site, open_page(), ward)


def _cells(page: Page, table: str) -> Table:
    """As a reader sees them; the bar of a rate is left out."""
    rows = page.locator(f"{table} tbody tr").all()
    return [[" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()] for row in rows]


def _files(page: Page, heading: str, tmp_path: Path) -> tuple[Table, Table]:
    box = page.locator("section").filter(has=page.get_by_role("heading", name=heading))
    found: list[Path] = []
    for kind in ("CSV", "XLSX"):
        with page.expect_download() as download:
            box.get_by_role("link", name=kind).first.click()
        found.append(tmp_path / f"bang.{kind.lower()}")
        download.value.save_as(found[-1])
    assert found[0].read_bytes().startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(found[0].read_text(encoding="utf-8-sig"))))
    sheet = openpyxl.load_workbook(found[1]).active
    cells = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    return lines, cells


def _same_in_files(page: Page, heading: str, table: str, tmp_path: Path) -> None:
    shown = _cells(page, table)
    lines, cells = _files(page, heading, tmp_path)
    assert [row[1:4] for row in lines[1:]] == [row[1:4] for row in shown]
    assert [row[1:4] for row in cells[1:]] == [row[1:4] for row in shown]
    assert len(shown) > 10


def _same_people_in_files(page: Page, tmp_path: Path) -> None:
    shown = {row[0] for row in _cells(page, "#people table")}
    lines, cells = _files(page, "Người ở", tmp_path)
    assert shown <= {cell for row in lines for cell in row}
    assert shown <= {cell for row in cells for cell in row}


def _giang_sees_her_ward_only(site: Site, page: Page, ward: str, others: list[str]) -> None:
    acts.sign_in(page, "giang", site.demo_password)
    page.goto("/agencies/")
    expect(page.get_by_text("Phạm vi:")).to_contain_text("Hoa Sen")
    assert page.request.get(ward).status == 200
    assert others
    files = ["/agencies/SNV/people.csv", "/agencies/UBND-TP/export.xlsx"]
    for other in [*others[:3], "/agencies/SNV/", "/agencies/UBND-TP/", *files]:
        assert page.request.get(other).status == 404, other


def _an_outsider_sees_no_agency(site: Site, page: Page, ward: str) -> None:
    assert "/accounts/login/" in page.request.get("/agencies/").url
    acts.sign_in(page, "binh", site.demo_password)
    for address in ("/agencies/", ward, f"{ward}people.csv", "/agencies/export.csv"):
        assert page.request.get(address).status == 404, address
