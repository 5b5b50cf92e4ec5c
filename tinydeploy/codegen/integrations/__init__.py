"""The C library in the shape that other build systems expect: one file for each of them."""

from __future__ import annotations

from tinydeploy.codegen.integrations.arduino import ARDUINO
from tinydeploy.codegen.integrations.cmake import CMAKE
from tinydeploy.codegen.integrations.cmsis_pack import CMSIS_PACK
from tinydeploy.codegen.integrations.esp_idf import ESP_IDF
from tinydeploy.codegen.integrations.package import Integration
from tinydeploy.codegen.integrations.platformio_lib import PLATFORMIO_LIB
from tinydeploy.codegen.integrations.zephyr import ZEPHYR
from tinydeploy.errors import UsageError, did_you_mean

INTEGRATIONS: tuple[Integration, ...] = (
    ZEPHYR,
    ESP_IDF,
    ARDUINO,
    CMAKE,
    CMSIS_PACK,
    PLATFORMIO_LIB,
)


def find_integration(name: str) -> Integration:
    """Return the integration with this name. Raises UsageError."""
    known = {integration.name: integration for integration in INTEGRATIONS}
    if name not in known:
        raise UsageError(f"there is no export for {name!r}", did_you_mean(name, known))
    return known[name]
