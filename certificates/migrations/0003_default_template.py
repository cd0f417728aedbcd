"""The wording certificates begin with. Title and notice: dossier B6 ("chứng chỉ" is for authorised institutions)."""

from django.db import migrations

NOTICE = (
    "Văn bản này xác nhận việc hoàn thành khóa học trên nền tảng; không phải là chứng chỉ bồi dưỡng theo quy định "
    "của pháp luật về đào tạo, bồi dưỡng cán bộ, công chức, viên chức."
)


def make(apps, schema_editor):
    template = apps.get_model("certificates", "CertificateTemplate")
    if template.objects.filter(is_default=True).exists():
        return
    template.objects.create(
        name="Mẫu chung",
        title="Xác nhận hoàn thành khóa học trực tuyến",
        issuer="Nền tảng Học AI, Thành phố Hồ Chí Minh",
        statement="đã hoàn thành khóa học",
        notice=NOTICE,
        is_default=True,
    )


class Migration(migrations.Migration):
    dependencies = [("certificates", "0002_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
