"""Rules about answers that were hardly meant: empty phrases, repeated prompts, templates that nobody filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ftdesk.validation.record import Example, Line
from ftdesk.validation.rule import Problem, text_rule
from ftdesk.validation.scanning import Passage, Scanner, signs
from ftdesk.validation.texts import answers_of
from ftdesk.validation.wording import quoted

_GOOD = (
    b'{"messages": [{"role": "user", "content": "Write TODO [1] for {name} in JSON: {\\"a\\": {\\"b\\": 1}}"},'
    b' {"role": "assistant", "content": "Sorry, no rooms are left. {\\"a\\": [\\"TODO later\\"]}"}]}\n'
)
_FEWEST_REPEATED = 24
_BLANKS = " \t"
"""At the end, where a line feed is how files and code end."""

_OPENINGS = (
    "I'm ", "I’m ", "I am ", "I can", "Sorry", "I apolog", "As an ", "As a ", "Unfortunately, I", "My apologies",
)  # fmt: skip
_REFUSAL = re.compile(
    r"(?:as an? (?:ai|artificial intelligence)(?: language)?(?: model| assistant)?(?=[,.;]| i\b)"
    r"|as a (?:large )?language model\b"
    r"|i(?:['’]m| am) (?:just |only )?an ai\b"
    r"|(?:(?:i(?:['’]m| am) (?:very |so )?)?sorry,? (?:but )?|i apologi[sz]e,? (?:but )?|unfortunately,? )?"
    r"i(?: can(?:['’]|no)t| can not|(?: am|['’]m) (?:not able|unable) to) "
    r"(?:assist|help|comply|fulfil|provide assistance|continue)(?: you)?(?: with (?:that|this)|\.|$))",
    re.IGNORECASE,
)
_REFUSAL_WITHIN = 200

# {{name}} of template languages, [Your name] of letters that a model wrote, <insert date>.
_PLACEHOLDER = re.compile(
    r"\{\{ ?[A-Za-z_][A-Za-z0-9_. ]{0,40}\}\}"
    r"|\[(?:Your|Insert|Enter|Company|Customer|Recipient|Client)(?: [A-Za-z'’/-]{1,20}){1,4}\]"
    r"|<(?:insert|your|enter)[ _-][a-z _-]{2,30}>",
    re.IGNORECASE,
)
_PLACEHOLDER_SIGNS = Scanner(
    r"\{\{ ?[A-Za-z_]|\[(?i:your|insert|enter|company|customer|recipient|client) |<(?i:insert|your|enter)[ _-]"
)
# What these look for, in lines: any character may be escaped there, and ſ, an s in another case, is two NULs.
_NOTICES_PLACEHOLDERS = signs(
    r"\\u|\{\{ ?[A-Za-z_]|\[(?i:your|in(?:s|\x00\x00)ert|enter|company|cu(?:s|\x00\x00)tomer|recipient|client) "
    r"|<(?i:in(?:s|\x00\x00)ert|your|enter)[ _-]"
)
_NOTICES_UNWRITTEN = signs(r"\"(?: |\\[fnrt]|\x00)*(?i:tod|tbd|fix|lor|pla|xxx)")
_NOTICES_BLANKS = signs(r"\\u|(?: |\t|\\t)\"[ \t\r]*[,}]|\"content\"[ \t\r]*:[ \t\r]*\"(?:[ \t\x00]|\\[fnrt])")
_NOTICES_OPENINGS = signs(r"\\u|\"(?:I['\x00]|I am |I can|I apolog|Sorry|As an? |Unfortunately, I|My apologies)")
_UNWRITTEN = re.compile(
    r"\s*(?:todo|tbd|fixme|lorem ipsum|placeholder|\[placeholder\]|xxx+)\b[\s:.…!-]*", re.IGNORECASE
)
_UNWRITTEN_STARTS = frozenset({"tod", "tbd", "fix", "lor", "pla", "xxx"})
_UNWRITTEN_WITHIN = 60
# Where templates are written on purpose.
_TEMPLATE_CODE = re.compile(r"```|\{%|</|\{\{ ?[#/]|\$\{|=>|;\n|\bf[\"']|\bdef \w+\(|\bimport \w+\n")


def _has_outer_space(line: Line) -> bool:
    return any(
        message["role"] == "assistant" and (message["content"][0].isspace() or message["content"][-1] in _BLANKS)
        for message in line.value["messages"]
    )


@text_rule(
    "surrounding-space",
    "hint",
    "An answer begins or ends with blanks",
    why="The model learns to write them as well. A blank in front is left over from the format of older models, which "
    "needed one.",
    good=_GOOD,
    bad=_GOOD.replace(b'"Sorry', b'" Sorry'),
    suspects=_has_outer_space,
    notices=_NOTICES_BLANKS,
)
def surrounding_space(example: Example) -> Iterator[Problem]:
    for path, text, _ in answers_of(example):
        if text.strip() and (text[0].isspace() or text[-1] in _BLANKS):
            where = "begins" if text[0].isspace() else "ends"
            yield Problem(f"The answer {where} with blanks.", path, fix="trim-text")


def _opens_like_refusal(line: Line) -> bool:
    return any(
        message["role"] == "assistant" and message["content"].startswith(_OPENINGS)
        for message in line.value["messages"]
    )


@text_rule(
    "refusal-in-answer",
    "hint",
    "The answer refuses",
    why="Answers taken over from another model often refuse or speak of being an AI. A few of them teach a model to "
    "refuse what it should do.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "user", "content": "Which code is it?"},'
    b' {"role": "assistant", "content": "I\'m sorry, but I can\'t assist with that."}]}\n',
    suspects=_opens_like_refusal,
    notices=_NOTICES_OPENINGS,
)
def refusal_in_answer(example: Example) -> Iterator[Problem]:
    for path, answer, _ in answers_of(example):
        if answer.startswith(_OPENINGS) and _REFUSAL.match(answer[:_REFUSAL_WITHIN]):
            yield Problem(f"The answer refuses ({quoted(answer)}); if that is not meant, write a real one.", path)


def _repeats(line: Line) -> bool:
    asked = None
    for message in line.value["messages"]:
        content = message["content"]
        if message["role"] == "user":
            asked = content[:_FEWEST_REPEATED].strip()
        elif asked and message["role"] == "assistant" and asked in content[: 2 * _FEWEST_REPEATED]:
            return True
    return False


@text_rule(
    "answer-repeats-prompt",
    "hint",
    "The answer repeats the prompt",
    why="A model that learns to say the question again before it answers costs tokens and time with every call; often "
    "the prompt was pasted in by mistake.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "user", "content": "Where can I return a pair of shoes?"},'
    b' {"role": "assistant", "content": "Where can I return a pair of shoes?"}]}\n',
    suspects=_repeats,
)
def answer_repeats_prompt(example: Example) -> Iterator[Problem]:
    for path, answer, asked in answers_of(example):
        question = asked.strip()
        if len(question) >= _FEWEST_REPEATED and answer.lstrip().startswith(question):
            whole = "is the same text as" if len(answer.strip()) == len(question) else "begins with all of"
            yield Problem(f"The answer {whole} the user's message before it.", path)


def _notices_unfilled(passage: Passage) -> bool:
    return _NOTICES_PLACEHOLDERS(passage) or _NOTICES_UNWRITTEN(passage)


def _may_be_unfilled(line: Line) -> bool:
    for message in line.value["messages"]:
        if message["role"] == "assistant":
            content = message["content"]
            if content.lstrip()[:3].lower() in _UNWRITTEN_STARTS or _PLACEHOLDER_SIGNS.found_in(content):
                return True
    return False


@text_rule(
    "placeholder-text",
    "hint",
    "A placeholder was left in the answer",
    why="A placeholder such as {{name}}, [Your name] or TODO that nobody filled in is learned like any other word, and "
    "will be said to users.",
    good=_GOOD,
    bad=_GOOD.replace(b"Sorry,", b"Dear {{customer_name}}, sorry,"),
    suspects=_may_be_unfilled,
    notices=_notices_unfilled,
)
def placeholder_text(example: Example) -> Iterator[Problem]:
    for path, answer, asked in answers_of(example):
        found = _placeholder(answer)
        # Who is asked with a placeholder may answer with it.
        if found and found not in asked:
            yield Problem(f"The answer holds the placeholder {quoted(found)}.", path)


def _placeholder(answer: str) -> str | None:
    head = answer[:_UNWRITTEN_WITHIN]
    unwritten = _UNWRITTEN.match(head)
    if unwritten and (unwritten.end() == len(answer) or head.lstrip()[:5].lower() == "lorem"):
        return unwritten.group().strip()
    match = _PLACEHOLDER.search(answer) if _PLACEHOLDER_SIGNS.found_in(answer) else None
    return match.group() if match and not _TEMPLATE_CODE.search(answer) else None
