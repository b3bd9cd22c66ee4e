"""Amounts as a person reads them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def amount(dollars: float | None) -> str:
    """``$0.15``; small ones with the digits that matter. An en dash where it is not known."""
    if dollars is None:
        return "–"
    if dollars == 0:
        return QCoreApplication.translate("Prices", "free")
    return f"${dollars:,.2f}" if dollars >= 0.1 else f"${dollars:.2g}" if dollars >= 0.0001 else "< $0.0001"
