"""The photograph or scan of a signed list: judged by what is in it, and cleaned of where and with what it was taken."""

from __future__ import annotations

import io
from typing import IO, Any

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_SIDE = 2400


class PaperRefused(ValueError):
    """Says to the person what is wrong with the file and how to mend it."""


def clean(file: IO[Any], size: int) -> tuple[bytes, str]:
    """What to keep, and its extension: a PDF as it is, a picture drawn anew without its metadata. Raises PaperRefused."""
    if size > MAX_BYTES:
        raise PaperRefused(_("Tệp lớn hơn 10 MB. Hãy chụp lại cỡ nhỏ hơn hoặc chỉ gửi những trang cần."))
    file.seek(0)
    content = file.read(MAX_BYTES + 1)
    if content.startswith(b"%PDF-"):
        return content, "pdf"
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP"]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise PaperRefused(_("Ảnh quá lớn. Hãy chụp lại ở cỡ nhỏ hơn."))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            upright.thumbnail((MAX_SIDE, MAX_SIDE))
            kept = io.BytesIO()
            upright.save(kept, "JPEG", quality=85)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, PaperRefused):
            raise
        raise PaperRefused(_("Không đọc được tệp. Chỉ nhận ảnh JPG, PNG, WEBP hoặc PDF.")) from error
    return kept.getvalue(), "jpg"
