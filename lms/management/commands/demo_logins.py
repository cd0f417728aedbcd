from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lms.simulation.demo import LOGINS, demo_password, is_made


class Command(BaseCommand):
    help = "Say where the site is and how to sign in to the demo city."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", default="http://127.0.0.1:8000")

    def handle(self, *, address: str, **options: Any) -> None:
        self.stdout.write(f"\nHọc AI: {address}   (Ctrl-C để dừng)\n")
        if not is_made():
            return
        self.stdout.write(f"Mật khẩu chung của các tài khoản mẫu: {demo_password()}\n")
        for login in LOGINS:
            self.stdout.write(f"  {login.username:<7} {login.who:<42} {address}{login.opens}")
        self.stdout.write("")
