"""Prices of a host by the name that the user gave it, and amounts as a person reads them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from ftdesk.app import App
from ftdesk.errors import FtdeskError
from ftdesk.validation.prices import PriceList, prices_of


def prices_for(app: App, host: str) -> PriceList | None:
    """``None`` where none are known. Raises ``InputError`` for a price file of the user that cannot be used."""
    try:
        profile = app.hosts.profile(host).name
    except FtdeskError:  # a job may outlive the connection to its host
        profile = host
    return prices_of(profile)


def amount(dollars: float | None) -> str:
    """``$0.15``; small ones with the digits that matter. An en dash where it is not known."""
    if dollars is None:
        return "–"
    if dollars == 0:
        return QCoreApplication.translate("Prices", "free")
    return f"${dollars:,.2f}" if dollars >= 0.1 else f"${dollars:.2g}" if dollars >= 0.0001 else "< $0.0001"
