"""A form that is sent before the page's script has loaded must not put its CSRF token into an address."""

from __future__ import annotations

import re
from pathlib import Path

import console

TEMPLATES = Path(console.__file__).parent / "templates"


def test_every_form_posts_even_without_a_script() -> None:
    forms = [form for path in TEMPLATES.glob("*.html") for form in re.findall(r"<form\b[^>]*>", path.read_text())]
    assert len(forms) > 5
    assert [form for form in forms if 'method="post"' not in form or "action=" not in form] == []
