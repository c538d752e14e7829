"""The windows that pages are looked at in."""

from __future__ import annotations

from typing import Any

DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}
NARROW = {"viewport": {"width": 320, "height": 640}}
SHAPES: dict[str, dict[str, Any]] = {
    "light": DESK | {"color_scheme": "light"},
    "dark": DESK | {"color_scheme": "dark"},
    "phone": PHONE | {"color_scheme": "light"},
    "phone-dark": PHONE | {"color_scheme": "dark"},
    "narrow": NARROW,
    "no-script": DESK | {"java_script_enabled": False},
    "no-script-phone": PHONE | {"java_script_enabled": False},
    "forced-colors": DESK | {"forced_colors": "active"},
}
