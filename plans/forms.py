from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans import evidence as evidence_files
from plans.models import Indicator, ReportingPeriod


class MeasurementForm(forms.Form):
    """The running total of an indicator at the end of the period that runs, with where it comes from."""

    period = forms.ChoiceField(label=gettext_lazy("Kỳ"))
    value = forms.DecimalField(label=gettext_lazy("Con số, lũy kế đến nay"), max_digits=14, decimal_places=2, localize=True)
    evidence = forms.CharField(
        label=gettext_lazy("Minh chứng"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Số, ngày và tên văn bản; ai cung cấp. Lời này hiện công khai, đừng ghi tên người học."),
    )  # fmt: skip
    evidence_url = forms.URLField(
        label=gettext_lazy("Địa chỉ trang có văn bản"), required=False, assume_scheme="https", max_length=200
    )
    evidence_file = forms.FileField(
        label=gettext_lazy("Tệp minh chứng"), required=False, max_length=90,
        help_text=gettext_lazy("PDF, PNG, JPG, DOCX hoặc XLSX, nhiều nhất 10 MB. Chỉ người có vai trò theo dõi mới mở được."),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(f".{one}" for one in evidence_files.EXTENSIONS)}),
    )  # fmt: skip

    def __init__(self, *args: Any, indicator: Indicator, periods: Sequence[ReportingPeriod], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.periods = {period.code: period for period in periods}
        self.fields["period"].choices = [(period.code, period.name) for period in periods]  # type: ignore[attr-defined]
        if indicator.yes_or_no:
            self.fields["value"] = forms.TypedChoiceField(
                label=gettext_lazy("Tình trạng"), coerce=Decimal, choices=[("0", _("Chưa đạt")), ("1", _("Đạt"))],
                widget=forms.RadioSelect,
            )  # fmt: skip
        else:
            self.fields["value"].help_text = _("Đơn vị: %(unit)s") % {"unit": indicator.unit}

    def clean_period(self) -> ReportingPeriod:
        return self.periods[self.cleaned_data["period"]]

    def clean_evidence_file(self) -> Any:
        file = self.cleaned_data["evidence_file"]
        if file:
            try:
                evidence_files.check(name=file.name, size=file.size, file=file.file)
            except evidence_files.EvidenceRefused as error:
                raise forms.ValidationError(str(error)) from error
        return file
