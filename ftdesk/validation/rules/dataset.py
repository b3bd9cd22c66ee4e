"""Rules about what an example has to do with the others, and about the file as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ftdesk.validation.indexes import SCRIPTS, Copies, Sizes, Traits, Twins, has_short_answer
from ftdesk.validation.likenesses import Likenesses
from ftdesk.validation.problem import Measure
from ftdesk.validation.rule import LineOf, Problem, dataset_rule, likeness_rule
from ftdesk.validation.wording import counted

_Found = Iterator[tuple[int | None, Problem]]

# Below so many examples nothing can be said about what is usual in a file.
_ENOUGH = 20
_DOMINANT_SHARE = 0.9
_RARE_SHARE = 0.05
_MUCH_LONGER = 10  # half octaves: 32 times
_MUCH_SHORTER = 12  # 64 times


def _example(question: str, answer: str, system: str = "") -> bytes:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    if system:
        messages.insert(0, {"role": "system", "content": system})
    return json.dumps({"messages": messages}).encode() + b"\n"


_TEN = b"".join(_example(f"{number} + {number}?", f"{2 * number}.") for number in range(10))
_TWENTY = b"".join(
    _example(f"{number} + {number}?", f"That makes {2 * number}, as one can count.", "Add.") for number in range(20)
)


@dataset_rule(
    "too-few-examples",
    "error",
    "There are too few examples",
    why="OpenAI trains on ten examples at least, and recommends to start with fifty good ones.",
    good=_TEN,
    bad=_TEN[: _TEN.rindex(b"\n", 0, -1) + 1],
    index=Sizes,
)
def too_few_examples(sizes: Sizes, line_of: LineOf) -> _Found:  # noqa: ARG001 - of the file, not of a line
    yield (
        None,
        Problem(
            f"The file has {counted(sizes.examples, 'example')}; at least {{limit}} are needed.",
            measure=Measure("min_examples", sizes.examples),
        ),
    )


@dataset_rule(
    "file-too-large",
    "error",
    "The file is larger than the host takes",
    why="A host refuses a file above its limit, often only after the whole of it was uploaded.",
    good=_TWENTY,
    bad=_TEN,  # for a host that takes less
    index=Sizes,
)
def file_too_large(sizes: Sizes, line_of: LineOf) -> _Found:  # noqa: ARG001
    yield (
        None,
        Problem(
            f"The file has {sizes.bytes:,} bytes; the host takes {{limit}}.",
            measure=Measure("max_file_bytes", sizes.bytes),
        ),
    )


@dataset_rule(
    "too-many-images",
    "error",
    "Too many examples hold images",
    why="Hosts limit how many examples of a file hold images: OpenAI takes 50,000.",
    good=_TWENTY,
    bad=_TEN.replace(b'"0 + 0?"', b'[{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]'),
    index=Sizes,
)
def too_many_images(sizes: Sizes, line_of: LineOf) -> _Found:  # noqa: ARG001
    yield (
        None,
        Problem(
            f"The file has {counted(sizes.with_images, 'example')} with images; the host takes {{limit}}.",
            measure=Measure("max_image_examples", sizes.with_images),
        ),
    )


@dataset_rule(
    "duplicate-example",
    "warning",
    "An example stands in the file twice",
    why="A copy is paid for again and weighs double. Copies that end up on both sides of a split make scores look too "
    "good.",
    good=_TEN,
    bad=_TEN + _TEN[: _TEN.index(b"\n") + 1],
    index=Copies,
)
def duplicate_example(copies: Copies, line_of: LineOf) -> _Found:
    for keys in copies.same_examples():
        first, *others = sorted(keys, key=line_of)
        for key in others:
            yield key, Problem(f"The example is the same as on line {line_of(first):,}.", fix="remove-duplicate")


_LONG = (
    "My parcel with the order number 4711 has not come yet, although the shop wrote a week ago that it was on its way."
    " Where is it now, and when will it be here at last?"
)


@likeness_rule(
    "near-duplicate-example",
    "hint",
    "An example is almost the same as another",
    why="Examples that differ in a word or two teach little more than one of them, and weigh double. On both sides of "
    "a split they make scores look too good.",
    good=_TEN + _example(_LONG, "It comes on Monday."),
    bad=_TEN + _example(_LONG, "It comes on Monday.") + _example(_LONG.replace("week", "month"), "It comes on Monday!"),
)
def near_duplicate_example(likenesses: Likenesses, line_of: LineOf) -> _Found:
    earlier: dict[int, list[int]] = {}
    for one, other in likenesses.alike():
        first, second = sorted((min(one, key=line_of), min(other, key=line_of)), key=line_of)
        earlier.setdefault(second, []).append(first)
    found: set[int] = set()
    for second in sorted(earlier, key=line_of):
        # What may go itself is no reason for another to go.
        staying = [first for first in earlier[second] if first not in found]
        if staying:
            found.add(second)
            message = f"The example is almost the same as on line {min(map(line_of, staying)):,}."
            yield second, Problem(message, fix="remove-near-duplicate")


@dataset_rule(
    "contradicting-examples",
    "warning",
    "The same prompt has different answers",
    why="Two answers to one prompt pull the model in two directions. Of labels and codes, at most one is right.",
    good=_TEN,
    bad=_TEN + _example("1 + 1?", "3."),
    index=Twins,
)
def contradicting_examples(twins: Twins, line_of: LineOf) -> _Found:
    for lines in twins.same_prompts():
        first, *others = sorted(lines, key=line_of)
        different = [key for key in others if lines[key] != lines[first]]
        # Long answers may differ in words and agree in what they say.
        is_label = all(map(has_short_answer, lines.values()))
        for key in different:
            yield (
                key,
                Problem(
                    f"The prompt is the same as on line {line_of(first):,}, and the answer is another.",
                    severity="warning" if is_label else "hint",
                ),
            )


@likeness_rule(
    "leaked-into-test",
    "error",
    "The question of an example is in the test file",
    why="A model that was trained on a question of the test knows its answer by heart, and the score says nothing.",
    good=_TWENTY,
    bad=_TEN,  # where the test file asks one of them
)
def leaked_into_test(likenesses: Likenesses, line_of: LineOf) -> _Found:
    found = likenesses.leaks.found
    for key in sorted(found, key=line_of):
        line, same = found[key]
        if same:
            yield key, Problem(f"The question is also on line {line:,} of the test file.", fix="remove-leak")
        else:
            message = f"The question is almost the same as on line {line:,} of the test file."
            yield key, Problem(message, severity="warning", fix="remove-leak")


@dataset_rule(
    "system-prompt-varies",
    "hint",
    "A system message differs from that of the others",
    why="Where nearly all examples begin alike, another system message, or none, is mostly a slip. Later the model "
    "answers best under the words that it was trained with.",
    good=_TWENTY,
    bad=_TWENTY.replace(b'"Add."', b'"Ad."', 1),
    index=Traits,
)
def system_prompt_varies(traits: Traits, line_of: LineOf) -> _Found:
    usual, keys = traits.systems.largest()
    others = [(number, key) for number, rare in traits.systems.items() if number != usual for key in rare]
    if not others or not _prevails(keys, traits.systems.total):
        return
    first = min(map(line_of, keys))
    for number, key in others:
        if not usual:
            message = "Nearly all examples have no system message; this one has."
        else:
            here = "here is another" if number else "here is none"
            message = f"Nearly all examples have the same system message as line {first:,}; {here}."
        yield key, Problem(message, "messages[0].content" if number else "messages")


@dataset_rule(
    "unbalanced-answers",
    "hint",
    "Nearly all answers are the same",
    why="A model that always gives the most frequent answer is right nearly always, and that is what it learns first.",
    good=b"".join(_example(f"Mail {number}?", "spam" if number % 3 else "fine") for number in range(30)),
    bad=b"".join(_example(f"Mail {number}?", "fine" if number % 15 else "spam") for number in range(30)),
    index=Traits,
)
def unbalanced_answers(traits: Traits, line_of: LineOf) -> _Found:
    label, keys = traits.labels.largest()
    if label and _prevails(keys, traits.labels.total):
        first = min(map(line_of, keys))
        yield None, Problem(f"Of {traits.labels.total:,} answers {len(keys):,} are the same as on line {first:,}.")


@dataset_rule(
    "script-mixed",
    "hint",
    "An answer is in another script than the others",
    why="Where nearly all answers are in one script, one in another was mostly not meant, and teaches the model to "
    "switch languages.",
    good=_TWENTY,
    bad=_TWENTY + _example("20 + 20?", "Это будет ровно сорок, считая правильно.", "Add."),
    index=Traits,
)
def script_mixed(traits: Traits, line_of: LineOf) -> _Found:  # noqa: ARG001
    written = traits.scripts.total - len(traits.scripts.keys(0))
    for number, keys in traits.scripts.items():
        if number and written >= _ENOUGH and len(keys) <= _RARE_SHARE * written:
            for key in keys:
                yield key, Problem(f"The answer is in {SCRIPTS[number]} script; nearly all others are not.")


@dataset_rule(
    "unusual-length",
    "hint",
    "An answer is far longer or shorter than the others",
    why="One answer of quite another length is often cut off, pasted twice, or of another file.",
    good=_TWENTY,
    bad=_TWENTY + _example("20 + 20?", "That makes 40. " * 160, "Add."),
    index=Traits,
)
def unusual_length(traits: Traits, line_of: LineOf) -> _Found:  # noqa: ARG001
    groups = sorted(traits.lengths.items())
    if traits.lengths.total < _ENOUGH:
        return
    median = _median(groups, traits.lengths.total)
    for word, unusual in (
        ("longer", [keys for length, keys in groups if length >= median + _MUCH_LONGER]),
        ("shorter", [keys for length, keys in groups if length <= median - _MUCH_SHORTER]),
    ):
        if sum(map(len, unusual)) <= _RARE_SHARE * traits.lengths.total:
            for keys in unusual:
                for key in keys:
                    yield key, Problem(f"The answer is far {word} than most of the others.")


def _prevails(keys: Sequence[int], total: int) -> bool:
    return total >= _ENOUGH and len(keys) >= _DOMINANT_SHARE * total


def _median(groups: list[tuple[int, Sequence[int]]], total: int) -> int:
    """The number to which the middle one of all keys belongs."""
    seen = 0
    for number, keys in groups:
        seen += len(keys)
        if 2 * seen >= total:
            return number
    return 0
