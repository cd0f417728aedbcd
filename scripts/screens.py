"""Pictures of every main page at 360 and 1280 pixels, light and dark:

    python scripts/screens.py http://127.0.0.1:8000 FOLDER [--only NAME ...] [--tall 2400]

The site must hold the demo city (`make run`); its pass phrase is read from var/demo-password or given by --password.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.browser import find

ROOT = Path(__file__).resolve().parent.parent
SIZES = {360: 740, 1280: 900}
COURSE, LESSON = "/khoa-hoc/ai-quanh-ta/", "/khoa-hoc/ai-quanh-ta/ai-la-gi/"
Way = str | Callable[[Page], None]


def _answered(page: Page) -> None:
    page.goto(LESSON)
    form = page.locator("form[data-practice]").first
    form.locator(".opt label").nth(1).click()
    form.get_by_role("button", name="Trả lời").click()
    page.locator(".feedback .note").first.wait_for()
    form.locator(".feedback").evaluate("box => box.scrollIntoView({block: 'end'})")


def _lab(lesson: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(COURSE + lesson)
        page.locator("[data-lab] [data-app]").first.evaluate("box => box.scrollIntoView()")

    return go


def _simple(address: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto("/")
        page.locator("main").get_by_role("button", name="Chế độ đơn giản").click()
        page.goto(address)

    return go


def _sign_up(page: Page) -> None:
    page.goto("/account/sign-up/")
    page.get_by_label("Bạn sinh năm nào?").fill("1956")
    page.get_by_label("Người dân").check()
    page.get_by_role("button", name="Tiếp tục").click()


def _sign_up_wrong(page: Page) -> None:
    _sign_up(page)
    page.get_by_role("button", name="Tạo tài khoản").click()


def _question(page: Page) -> None:
    page.goto(f"{COURSE}kiem-tra/")
    page.get_by_role("button", name="Bắt đầu làm bài").or_(page.get_by_role("link", name="Làm tiếp")).or_(
        page.get_by_role("button", name="Làm lại")
    ).first.click()


def _review(page: Page) -> None:
    _question(page)
    page.goto(f"{page.url.split('?')[0]}?cau=xem-lai")


def _certificate(page: Page) -> None:
    page.goto("/learn/")
    page.locator("main").get_by_role("link", name="Giấy xác nhận").first.click()


def _verify(page: Page) -> None:
    _certificate(page)
    address = page.url
    page.context.clear_cookies()
    page.goto(address)


def _class(rest: str = "") -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto("/classes/")
        page.get_by_role("link", name="10A1").first.click()
        page.goto(page.url + rest)

    return go


def _agency(page: Page) -> None:
    page.goto("/agencies/")
    page.locator("table.agency tbody th a").first.click()


# name: (who looks, "" for nobody; the address or the way there)
PAGES: dict[str, tuple[str, Way]] = {
    "home": ("", "/"),
    "catalogue": ("", "/khoa-hoc/"),
    "course": ("", COURSE),
    "lesson": ("", LESSON),
    "lesson-answered": ("", _answered),
    "home-simple": ("", _simple("/")),
    "lesson-simple": ("", _simple(f"{LESSON}?y=2")),
    "lab": ("", _lab("khi-ai-noi-sai/")),
    "lab-shapes": ("", _lab("may-hoc-tu-vi-du/")),
    "quiz": ("", f"{COURSE}kiem-tra/"),
    "help": ("", "/tro-giup/"),
    "counting": ("", "/so-nay-dem-the-nao/"),
    "login": ("", "/accounts/login/"),
    "sign-up-age": ("", "/account/sign-up/"),
    "sign-up": ("", _sign_up),
    "sign-up-errors": ("", _sign_up_wrong),
    "lookup": ("", "/certificates/"),
    "not-found": ("", "/khong-co/"),
    "plans": ("", "/plans/"),
    "plan": ("", "/plans/4738/"),
    "learn": ("an", "/learn/"),
    "account": ("an", "/account/"),
    "two-steps": ("an", "/accounts/2fa/"),
    "question": ("an", _question),
    "review": ("an", _review),
    "certificate": ("an", _certificate),
    "verify": ("an", _verify),
    "classes": ("binh", "/classes/"),
    "class": ("binh", _class()),
    "class-new": ("binh", "/classes/new/"),
    "class-add": ("binh", _class("members/add/")),
    "class-assign": ("binh", _class("assign/")),
    "class-member": ("binh", _class("members/3/")),
    "agencies": ("chi", "/agencies/"),
    "agency": ("chi", _agency),
    "agency-require": ("chi", "/agencies/SNV/require/"),
    "plan-owner": ("dung", "/plans/4738/"),
    "indicator": ("dung", "/plans/4738/indicators/TG-0403/"),
    "cms": ("em", "/cms/"),
}


def _signed_in(browser: Browser, address: str, username: str, password: str) -> list[dict]:
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.get_by_label("Thư điện tử hoặc tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu", exact=True).fill(password)
    page.get_by_role("button", name="Đăng nhập", exact=True).click()
    page.wait_for_load_state()
    cookies = context.cookies()
    context.close()
    return cookies


def draw(browser: Browser, address: str, password: str, folder: Path, only: list[str], tall: int, grounds: list[str]) -> None:
    cookies = {who: _signed_in(browser, address, who, password) for who in {who for who, _way in PAGES.values()} if who}
    for width, height in SIZES.items():
        for ground in grounds:
            for name, (who, way) in PAGES.items():
                if only and name not in only:
                    continue
                context = browser.new_context(
                    base_url=address, viewport={"width": width, "height": height}, color_scheme=ground, locale="vi-VN",
                    timezone_id="Asia/Ho_Chi_Minh", reduced_motion="reduce",
                )  # fmt: skip
                context.set_default_timeout(15_000)
                context.add_cookies(cookies.get(who, []))
                page = context.new_page()
                try:
                    page.goto(way) if isinstance(way, str) else way(page)
                    page.wait_for_load_state()
                    _picture(page, folder / f"{name}-{width}{'-dark' if ground == 'dark' else ''}.png", width, tall or height)
                except Exception as error:  # noqa: BLE001  one page that fails must not hide the others
                    print(f"{name} at {width}, {ground}: {str(error).splitlines()[0]}")
                context.close()


def _picture(page: Page, path: Path, width: int, tall: int) -> None:
    """As the window shows it, or of the page from its top when that may be taller than the window."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        print(f"{path.name}: {wide - width} pixels too wide")
    if tall <= SIZES[width]:
        page.screenshot(path=path)
        return
    high = page.evaluate("document.documentElement.scrollHeight")
    page.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": min(high, tall)})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--password", default="")
    parser.add_argument("--only", nargs="*", default=[], help=", ".join(PAGES))
    parser.add_argument("--tall", type=int, default=0, help="how much of a long page; without it the window alone")
    parser.add_argument("--ground", choices=["light", "dark"], nargs="*", default=["light", "dark"])
    asked = parser.parse_args()
    password = asked.password or (Path(os.environ.get("VAR_DIR", ROOT / "var")) / "demo-password").read_text().strip()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-gpu"])
        draw(browser, asked.address, password, asked.folder, asked.only, asked.tall, asked.ground)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
