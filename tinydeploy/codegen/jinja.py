"""Templates: strict (an unknown variable is an error), and errors name template and line.

Values in `.html.j2` are escaped.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2

from tinydeploy.errors import InternalError
from tinydeploy.resources import templates_dir


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates_dir()),
        autoescape=jinja2.select_autoescape(["html.j2"], default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, **values: Any) -> str:
    """Render firmware_templates/`template` with `values`."""
    try:
        return _environment().get_template(template).render(**values)
    except jinja2.TemplateSyntaxError as error:
        raise InternalError(f"template {error.name}, line {error.lineno}: {error}") from error
    except jinja2.TemplateError as error:
        raise InternalError(f"template {template}: {error}") from error


def read_template(name: str) -> str:
    """Return the text of firmware_templates/`name` as it stands."""
    try:
        return (templates_dir() / name).read_text(encoding="utf-8")
    except OSError as error:
        raise InternalError(f"template {name} can't be read: {error}") from error
