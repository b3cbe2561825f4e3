"""Serial ports of this machine and what is plugged in there, from the kernel's own lists in /sys; elsewhere pyserial's.

Tells a board by its USB ids, as far as they tell: a bridge chip says nothing of what is behind it.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

_ESPRESSIF, _RASPBERRY, _SILICON_LABS, _WCH, _FTDI = "303a", "2e8a", "10c4", "1a86", "0403"
# Bridges that boards with an ESP32 have. Prolific and others are left out: they are on radios and meters, too.
_BRIDGES = {_SILICON_LABS: "CP210x", _WCH: "CH340/CH9102", _FTDI: "FTDI"}
DRIVERS = {_SILICON_LABS: "cp210x", _WCH: "ch341", _FTDI: "ftdi_sio", _ESPRESSIF: "cdc_acm", _RASPBERRY: "cdc_acm"}


class SerialPort(NamedTuple):
    """`path` is like /dev/ttyUSB0; `vendor` and `product` are USB ids, four hexadecimal digits, empty without USB."""

    path: str
    vendor: str = ""
    product: str = ""
    text: str = ""
    driver: str = ""

    @property
    def kind(self) -> str:
        """The board that its ids tell: `esp32`, `pico`, or empty."""
        return {_ESPRESSIF: "esp32", _RASPBERRY: "pico"}.get(self.vendor, "")

    @property
    def may_be_board(self) -> bool:
        return self.vendor in DRIVERS

    def named(self) -> str:
        """The port for a line of a list."""
        what = self.text or _BRIDGES.get(self.vendor, "")
        ids = f" ({self.vendor}:{self.product})" if self.vendor else ""
        return f"{self.path}  {what or 'a serial port'}{ids}"


def listed(sys: Path = Path("/sys"), dev: Path = Path("/dev")) -> list[SerialPort]:
    """Every port with a device behind it, by name."""
    if not (sys / "class" / "tty").is_dir():
        return [*_by_pyserial()]
    return sorted(_by_kernel(sys, dev))


def _by_kernel(sys: Path, dev: Path) -> Iterator[SerialPort]:
    for entry in (sys / "class" / "tty").iterdir():
        device = entry / "device"
        if not device.exists():
            continue  # a terminal, not a port
        usb = _usb(device.resolve(), sys.resolve())
        if usb:
            text = " ".join(filter(None, (_text(usb / "manufacturer"), _text(usb / "product"))))
            driver = (device / "driver").resolve().name
            yield SerialPort(str(dev / entry.name), _text(usb / "idVendor"), _text(usb / "idProduct"), text, driver)


def _usb(device: Path, top: Path) -> Path | None:
    """The folder of the USB device that a port belongs to; ports on the mainboard have none."""
    for folder in (device, *device.parents):
        if (folder / "idVendor").exists():
            return folder
        if folder == top:
            break
    return None


def _by_pyserial() -> Iterator[SerialPort]:
    if not find_spec("serial"):
        return
    from serial.tools import list_ports

    for port in list_ports.comports():
        if port.vid is not None:
            yield SerialPort(port.device, f"{port.vid:04x}", f"{port.pid:04x}", port.description or "")


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
