from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates import queries
from certificates.models import Certificate


class LookupForm(forms.Form):
    """Finds a certificate by a code typed from paper; `certificate` is set when the form is valid."""

    code = forms.CharField(
        label=gettext_lazy("Mã tra cứu"),
        help_text=gettext_lazy("28 chữ và số in cạnh mã QR. Chữ hoa hay chữ thường, có gạch hay không đều được."),
        max_length=200,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "style": "max-width:32rem"}
        ),
        error_messages={"required": gettext_lazy("Hãy gõ mã in trên giấy.")},
    )
    certificate: Certificate

    def clean_code(self) -> str:
        found = queries.by_code(self.cleaned_data["code"])
        if found is None:
            raise forms.ValidationError(
                _("Không có giấy xác nhận nào mang mã này. Hãy đối chiếu lại từng nhóm bốn ký tự với tờ giấy.")
            )
        self.certificate = found
        return found.code
