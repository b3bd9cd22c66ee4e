"""Rules about what should not leave the house: secrets, and data that belongs to a person.

Only formats with a prefix, a check digit or a fixed form are looked for, so that ordinary numbers are left alone. A
plain example is looked into only when it holds signs of one; every pattern takes time in proportion to the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from ftdesk.validation.record import Example, Line
from ftdesk.validation.rule import Problem, text_rule
from ftdesk.validation.scanning import Passage, Scanner
from ftdesk.validation.texts import texts_of
from ftdesk.validation.wording import counted, visible

_GOOD = (
    b'{"messages": [{"role": "user", "content": "Ticket 2026-03-09-4711 by user@example.com: call +1 555 0100?"},'
    b' {"role": "assistant", "content": "E11.22, AKIAIOSFODNN7EXAMPLE, 4111 1111 1111 1111, sk-xxxxxxxxxxxxxxxx"}]}\n'
)

# Formats as the vendors' documentation or secret scanners (GitHub secret scanning, gitleaks) give them.
_SECRETS = {
    "an AWS access key": r"(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])",
    "a Google API key": r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])",
    "a Google OAuth secret": r"GOCSPX-[A-Za-z0-9_-]{28}",
    "a GitHub token": r"(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{82})",
    "a GitLab token": r"glpat-[A-Za-z0-9_-]{20}",
    "an Anthropic key": r"sk-ant-[a-z0-9]{2,10}-[A-Za-z0-9_-]{80}",
    "an OpenAI key": r"sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40}|[A-Za-z0-9]{48}(?![A-Za-z0-9]))",
    "a Slack token": r"(?:xox[abeprs]-[A-Za-z0-9-]{24}|xapp-1-[A-Z0-9]{8,14}-[0-9]{10,14}-[a-f0-9]{64})",
    "a Stripe key": r"[rs]k_live_[A-Za-z0-9]{24}",
    "a SendGrid key": r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    "a Hugging Face token": r"hf_[A-Za-z0-9]{34}(?![A-Za-z0-9])",
    "an npm token": r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])",
    "a PyPI token": r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50}",
    "a Groq key": r"gsk_[A-Za-z0-9]{52}",
    "an NVIDIA key": r"nvapi-[A-Za-z0-9_-]{60}",
    "a Replicate token": r"r8_[A-Za-z0-9]{37}",
    "a Databricks token": r"dapi[a-f0-9]{32}(?![a-z0-9])",
    "a DigitalOcean token": r"do[opr]_v1_[a-f0-9]{64}",
    "a Shopify token": r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    "a signed token (JWT)": r"(?<![_-])eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{20}",
    "an Azure storage key": r"AccountKey=[A-Za-z0-9+/]{86}==",
    "a private key": r"-----BEGIN (?:[A-Z]{2,9} ){0,2}PRIVATE KEY-----(?:\\n|\s){0,4}[A-Za-z0-9+/]{40}",
}
_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?=[-A-Zd-hnprsx])(?:" + "|".join(f"({pattern})" for pattern in _SECRETS.values()) + ")"
)
_SECRET_NAMES = tuple(_SECRETS)
_SHORTEST_SECRET = 20
_FEWEST_DIFFERENT = 8

_EMAIL_HOST = re.compile(r"@((?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24})(?![A-Za-z0-9-])")
_EMAIL_LOCAL = re.compile(r"[A-Za-z0-9._%+-]{1,64}\Z")
_NOBODYS_HOSTS = re.compile(
    r"(?:^|\.)(?:example|test|invalid|localhost|domain|email|yourcompany|company|acme)(?:\.|$)", re.IGNORECASE
)
# What a company gives to everybody, and what looks like an address and is none.
_NOBODYS_NAMES = frozenset({
    "admin", "contact", "git", "hello", "help", "hr", "info", "jobs", "mail", "noreply", "no-reply", "office",
    "press", "privacy", "sales", "service", "support", "team", "user", "username", "you", "your", "your.name",
    "yourname", "name", "email", "someone", "firstname.lastname", "first.last",
})  # fmt: skip
# A pattern that begins with one character, and looks back only behind it, skips all others at the speed of a search.
_PHONES = (
    re.compile(r"\+(?<![\w+.-]\+)[1-9][0-9 ().-]{7,20}[0-9](?![\w-])"),
    re.compile(r"[(2-9](?<![\w+.-].)(?:(?<=\()[2-9]\d\d\) ?|(?<=\d)\d\d[ .-])[2-9]\d\d[.-]\d{4}(?![\w-])", re.ASCII),
)
_CARD = re.compile(r"[2-6](?<![\w.-].)\d{3}(?:([ -]?)\d{4}\1\d{4}\1\d{4}|([ -]?)\d{6}\2\d{5})(?![\w-])", re.ASCII)
_ISSUER = re.compile(r"4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}", re.ASCII)
_IBAN = re.compile(r"[A-Z](?<![A-Za-z0-9].)[A-Z][0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
# Lengths by country: SWIFT's IBAN registry.
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26,
    "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25,
    "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "TR": 26, "UA": 29,
}  # fmt: skip
# Numbers that payment providers and standards publish for trying out.
_TEST_NUMBERS = frozenset({
    "4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556", "5555555555554444",
    "5105105105105100", "5200828282828210", "2223003122003222", "378282246310005", "371449635398431",
    "6011111111111117", "6011000990139424", "DE89370400440532013000", "GB82WEST12345698765432",
    "GB29NWBK60161331926819", "FR1420041010050500013M02606", "CH9300762011623852957", "NL91ABNA0417164300",
    "ES9121000418450200051332", "AT611904300234573201",
})  # fmt: skip

# What every secret begins with, or holds. Few and short: more literals than the engine can look for at once cost more.
_SECRET_SIGNS = Scanner(
    "AKIA|ASIA|AIza|GOCSPX-|gh[pousr]_|_pat_|glpat-|sk-[A-Za-z0-9_-]{20}|xox|xapp-|k_live_|SG\\.|hf_|npm_|pypi-|gsk_"
    "|nvapi-|r8_|dapi|_v1_|shp|eyJ|AccountKey=|PRIVATE KEY-----"
)
# Nine digits, with a little between them, are the least of a number that belongs to a person.
_PERSONAL_SIGNS = Scanner(r"@[A-Za-z0-9-]+\.[A-Za-z]|[0-9](?:[ ./()-]{0,3}[0-9]){8}|\+[1-9][0-9 ().-]{7}")


def _notices_secrets(passage: Passage) -> bool:
    return _SECRET_SIGNS.found_in(passage.ascii) or passage.escapes_ascii


def _may_hold_secret(line: Line) -> bool:
    return _notices_secrets(Passage.of((line.raw,)))


@text_rule(
    "secret-in-text",
    "warning",
    "The text holds a secret",
    why="A key or a private key in a training file goes to the host, and a model may say it to anybody later. Withdraw "
    "it where it was made, too.",
    good=_GOOD,
    bad=_GOOD.replace(b"AKIAIOSFODNN7EXAMPLE", b"AKIAQ3EGRT2WZ5LPM7NB"),
    suspects=_may_hold_secret,
    notices=_notices_secrets,
    reads_bytes=True,
)
def secret_in_text(example: Example) -> Iterator[Problem]:
    for path, text in texts_of(example):
        for match in _SECRET.finditer(_long_words(text)) if _SECRET_SIGNS.found_in(text) else ():
            secret = match.group()
            if len(set(secret[4:])) >= _FEWEST_DIFFERENT and "EXAMPLE" not in secret:
                name = _SECRET_NAMES[(match.lastindex or 1) - 1]
                yield Problem(f"The text holds {name} ({_masked(secret)}).", path)


def _long_words(text: str) -> str:
    """What is long enough for a secret. A private key has spaces in its first line."""
    if "PRIVATE KEY-----" in text:
        return text
    return " ".join([word for word in text.split() if len(word) >= _SHORTEST_SECRET])


def _notices_personal_data(passage: Passage) -> bool:
    return _PERSONAL_SIGNS.found_in(passage.ascii) or passage.escapes_ascii


def _may_hold_personal_data(line: Line) -> bool:
    return _notices_personal_data(Passage.of((line.raw,)))


@text_rule(
    "personal-data",
    "hint",
    "The text holds data of a person",
    why="E-mail addresses, phone, card and account numbers of real people go to the host with the file, and a model "
    "may say them to others.",
    good=_GOOD,
    bad=_GOOD.replace(b"user@example.com", b"jane.doe@gmail.com"),
    suspects=_may_hold_personal_data,
    notices=_notices_personal_data,
    reads_bytes=True,
)
def personal_data(example: Example) -> Iterator[Problem]:
    for path, text in texts_of(example):
        if not _PERSONAL_SIGNS.found_in(text):
            continue
        kinds: dict[str, list[str]] = {}
        for kind, datum in _personal(text):
            kinds.setdefault(kind, []).append(datum)
        for kind, data in kinds.items():
            yield Problem(f"The text holds {counted(len(data), kind)} ({_masked(data[0])}).", path)


def _personal(text: str) -> Iterator[tuple[str, str]]:
    if "@" in text:
        yield from (("e-mail address", address) for address in _addresses(text))
    taken: list[tuple[int, int]] = []  # in order, and apart from each other
    for kind, pattern, is_real in (
        ("account number", _IBAN, _is_iban),
        ("card number", _CARD, _is_card),
        *(("phone number", phone, _is_phone) for phone in _PHONES),
    ):
        for match in pattern.finditer(text):
            start, end = match.span()
            place = bisect_left(taken, (start, end))
            is_free = (place == 0 or taken[place - 1][1] <= start) and (place == len(taken) or end <= taken[place][0])
            if is_free and is_real(match.group()):
                taken.insert(place, (start, end))
                yield kind, match.group()


def _addresses(text: str) -> Iterator[str]:
    for match in _EMAIL_HOST.finditer(text):
        start = match.start()
        local = _EMAIL_LOCAL.search(text, max(0, start - 64), start)
        if local is None or text[local.start() - 1 : local.start()] in {"/", ":"}:
            continue
        name = local.group().strip(".").lower()
        if name and name not in _NOBODYS_NAMES and not _NOBODYS_HOSTS.search(match.group(1)):
            yield local.group() + match.group()


def _is_phone(number: str) -> bool:
    digits = "".join(filter(str.isdigit, number))
    # 555 is the exchange that North America keeps for stories.
    return 9 <= len(digits) <= 15 and "555" not in digits[-10:-4] and len(set(digits)) > 3


def _is_card(number: str) -> bool:
    """Whether the last digit checks the others: Luhn's formula (ISO/IEC 7812-1)."""
    digits = [int(character) for character in number if character.isdigit()]
    card = "".join(map(str, digits))
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    is_real = _ISSUER.fullmatch(card) is not None and card not in _TEST_NUMBERS and len(set(digits)) > 3
    return is_real and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(number: str) -> bool:
    """Whether length and check digits are right: modulo 97 (ISO 13616)."""
    account = number.replace(" ", "")
    if _IBAN_LENGTHS.get(account[:2]) != len(account) or account in _TEST_NUMBERS:
        return False
    return int("".join(str(int(character, 36)) for character in account[4:] + account[:4])) % 97 == 1


def _masked(datum: str) -> str:
    """The beginning, so that it can be found; a report is no place for the rest."""
    return f"“{visible(datum[: min(6, len(datum) // 3)])}…”"
