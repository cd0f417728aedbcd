"""Find the Chromium the browser tests drive; install it where that is possible, else say what to do and fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen if shutil.which(chosen) else None
    return next((path for path in map(shutil.which, NAMES) if path), None)


def main() -> int:
    path = find()
    if path is None and shutil.which("apt-get"):
        prefix = [] if os.geteuid() == 0 else (["sudo", "-n"] if shutil.which("sudo") else None)
        if prefix is not None:
            print("No Chromium found; installing Debian's …", file=sys.stderr, flush=True)
            subprocess.run([*prefix, "apt-get", "update", "-qq"], check=False, stdout=subprocess.DEVNULL)
            subprocess.run(
                [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
                check=False, stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )  # fmt: skip
            path = find()
    if path is None:
        print(
            "The browser tests need Chromium and none was found.\n"
            "Install one (Debian, Ubuntu: apt-get install chromium) or set CHROMIUM to its path, then run again.",
            file=sys.stderr,
        )
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
