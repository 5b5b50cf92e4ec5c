"""A library of Arduino's format 1.5, with an example sketch."""

from __future__ import annotations

from tinydeploy.codegen.integrations.package import Integration, Package, rendered
from tinydeploy.codegen.writer import Content
from tinydeploy.ir.op import Isa

_NAMES = ("library.properties", "examples/inference/inference.ino", "README.md")
_ARM = "mbed,mbed_nano,mbed_portenta,renesas_portenta,renesas_uno,sam,samd,stm32,teensy"
# AVR is not among them: the kernels count on an int of 32 bits.
_ARCHITECTURES = {
    Isa.GENERIC: f"esp32,esp8266,{_ARM},rp2040",
    Isa.DSP: _ARM,
    Isa.MVE: "stm32",
}


def _files(package: Package) -> Content:
    # Arduino compiles everything below src/, and adds no other folder to the include path.
    sources = {f"src/{name}": text for name, text in package.library.files.items()}
    values = {"architectures": _ARCHITECTURES[package.isa]}
    return {**sources, **rendered(package, "arduino", _NAMES, **values)}


ARDUINO = Integration("arduino", "an Arduino library", _files)
