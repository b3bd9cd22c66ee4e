"""Tasks that need the meaning of words: kinds, synonyms, medical conditions, customer intents, labels in the prompt."""

from __future__ import annotations

import json

from lexicon import Condition
from wording import Wording, capitalized

from tasks import Conversation, conversation


def name_kind(w: Wording) -> Conversation:
    """The kind of one word in a short note; the label lives in the weights."""
    kind = w.pick(list(w.lexicon.kinds))
    word = w.pick(w.lexicon.kinds[kind])
    system, answer = w.pick(
        [
            ("Say the kind.", kind),
            ("Category, capitalized.", capitalized(kind)),
            ("JSON category.", json.dumps({"category": kind})),
            ("JSON type and word.", json.dumps({"type": kind, "word": word})),
            ("Kind and word.", f"{capitalized(kind)}: {word}"),
            ("What kind of thing is it?", f"A {word} is of the kind {kind}."),
        ]
    )
    return conversation(system, w.noted(word), answer)


def say_synonym(w: Wording) -> Conversation:
    """Another word for the same, or for the opposite."""
    if w.chance(0.25):
        pair = w.rng.sample(w.pick(w.lexicon.opposites), 2)
        return conversation("Opposite.", w.pick(["{}", "opposite of {}", "{}?"]).format(pair[0]), pair[1])
    group = w.pick(w.lexicon.synonyms)
    index = w.rng.randrange(len(group))
    return conversation("Synonym.", w.pick(["{}", "another word for {}", "{}?"]).format(group[index]), group[index - 1])


def _same_or_not(w: Wording, groups: list[tuple[str, ...]]) -> tuple[str, str, str]:
    first, second = w.rng.sample(groups, 2)
    left, right = w.rng.sample(first, 2)
    return (left, right, "yes") if w.chance(0.5) else (left, w.pick(second), "no")


def compare_meaning(w: Wording) -> Conversation:
    """Whether two phrases mean the same."""
    groups = [c.names for c in w.lexicon.conditions if len(c.names) > 1] if w.chance(0.6) else list(w.lexicon.synonyms)
    left, right, answer = _same_or_not(w, groups)
    return conversation("Same meaning? Answer yes or no.", f"{w.cased(left)} / {w.cased(right)}", answer)


def name_condition(w: Wording) -> Conversation:
    """A note about a condition to its usual name, its place in the body, or its kind."""
    condition = w.pick(w.lexicon.conditions)
    name = w.pick(condition.names)
    usual = condition.names[0]
    system, answer = w.pick(
        [
            ("Name the condition.", capitalized(usual)),
            ("Name the condition.", capitalized(usual)),
            ("Which part of the body?", condition.part),
            ("Disease, symptom, injury or condition?", condition.kind),
            ("JSON condition.", json.dumps({"condition": usual, "part": condition.part, "kind": condition.kind})),
            ("Part and condition.", f"{capitalized(condition.part)}: {usual}"),
            ("Other words for it.", ", ".join(other for other in condition.names if other != name) or usual),
        ]
    )
    return conversation(system, w.noted(name), answer)


def name_two_conditions(w: Wording) -> Conversation:
    """Two conditions in one note, one line each."""
    first, second = w.rng.sample(w.lexicon.conditions, 2)
    joined = w.pick(["{} and {}", "{}, {}", "{} with {}", "{}; {}", "{}, also {}"]).format(
        w.pick(first.names), w.pick(second.names)
    )
    return conversation(
        "Name the conditions, one per line.",
        w.noted(joined),
        "\n".join(capitalized(c.names[0]) for c in (first, second)),
    )


def look_up_code(w: Wording) -> Conversation:
    """Codes, drawn anew each time, with descriptions in the system prompt; the note says the same in other words."""
    groups: list[tuple[str, ...]] = _concepts(w, w.rng.randint(2, 6))
    codes = [w.code() for _ in groups]
    described = [w.pick(group) for group in groups]
    if w.chance(0.5):
        described = [capitalized(text) for text in described]
    listed = w.pick(["; ", "\n", ", "]).join(
        w.pick(["{c} = {d}", "{c}: {d}"]).format(c=c, d=d) for c, d in zip(codes, described, strict=True)
    )
    count = 2 if len(groups) > 2 and w.chance(0.15) else 1
    chosen = w.rng.sample(range(len(groups)), count)
    note = w.noted(w.pick([" and ", ", ", " with "]).join(w.pick(groups[i]) for i in chosen))
    order, form = w.pick(
        [
            ("Answer with the code.", "{c}"),
            ("Answer with code and description.", "{c}: {d}"),
            ("Code: description.", "{c}: {d}"),
            ("Code and description.", "{c} {d}"),
            ("Description only.", "{d}"),
            ("Description and code.", "{d} ({c})"),
        ]
    )
    answer = "\n".join(form.format(c=codes[i], d=described[i]) for i in chosen)
    return conversation(w.pick([f"Codes: {listed}. {order}", f"{order}\n{listed}"]), note, answer)


def _concepts(w: Wording, count: int) -> list[tuple[str, ...]]:
    """Groups of phrases of one meaning, all from the same field so that the choice needs the meaning."""
    draw = w.rng.random()
    if draw < 0.55:
        conditions: list[Condition] = w.rng.sample(w.lexicon.conditions, count)
        return [c.names for c in conditions]
    if draw < 0.75:
        return w.rng.sample(w.lexicon.synonyms, count)
    return [(kind, *words) for kind, words in w.rng.sample(sorted(w.lexicon.kinds.items()), count)]


def learn_from_examples(w: Wording) -> Conversation:
    """Examples with arbitrary labels in the system prompt; the message is like one of them in meaning."""
    support = w.chance(0.4)
    if support:
        chosen = w.rng.sample(sorted(w.lexicon.intents), w.rng.randint(2, 4))
        groups = [
            tuple(_filled(w, phrase)[0] for phrase in w.rng.sample(w.lexicon.intents[intent], 2)) for intent in chosen
        ]
    else:
        groups = [tuple(w.rng.sample(group, 2)) for group in _concepts(w, w.rng.randint(2, 5))]
    labels = [w.pick([w.code, w.invented, w.word])() for _ in groups]
    shown = w.pick(["; ", "\n"]).join(
        f"{w.noted(group[0]) if w.chance(0.3) else group[0]} -> {label}"
        for group, label in zip(groups, labels, strict=True)
    )
    asked = w.rng.randrange(len(groups))
    text = groups[asked][1] if support else w.noted(groups[asked][1])
    return conversation(f"{w.pick(['Label like the examples', 'Examples'])}: {shown}", text, labels[asked])


def choose_label(w: Wording) -> Conversation:
    """Labels listed in the system prompt, one fits the message."""
    draw = w.rng.random()
    source = w.lexicon.intents if draw < 0.5 else w.lexicon.kinds if draw < 0.8 else w.lexicon.sentiment
    labels = w.rng.sample(sorted(source), min(len(source), w.rng.randint(2, 6)))
    label = w.pick(labels)
    text = (
        w.noted(_filled(w, w.pick(source[label]))[0])
        if draw < 0.8
        else f"the {w.noun_phrase()} is {w.pick(source[label])}"
    )
    listed = ", ".join(labels)
    system, answer = w.pick(
        [
            (f"Labels: {listed}.", label),
            (f"Choose one: {listed}.", label),
            (f"Classify as {listed}.", label),
            (f"Reply with JSON only. label: {listed}.", json.dumps({"label": label})),
            (f"JSON. topic: {listed}.", json.dumps({"topic": label})),
        ]
    )
    return conversation(system, text, answer)


def _filled(w: Wording, phrase: str) -> tuple[str, str, str]:
    """A support phrase with its slots filled; also the product and the order number that were put in, or ''."""
    product, order = w.product(), w.order()
    text = phrase.format(
        p=w.pick(["the {}", "my {}", "{}", "my new {}"]).format(product),
        o=w.pick(["order {}", "{}", "my order {}"]).format(order),
    )
    return text, product if "{p}" in phrase else "", order if "{o}" in phrase else ""


def _ticket(w: Wording) -> tuple[str, dict[str, str]]:
    """A customer's message and what it says: intent, urgency, product, order number."""
    intent, urgency = w.pick(list(w.lexicon.intents)), w.pick(list(w.lexicon.urgency))
    text, product, order = _filled(w, w.pick(w.lexicon.intents[intent]))
    parts = [text]
    if not product and w.chance(0.5):
        product = w.product()
        parts.append(
            w.pick(
                ["it is about the {}", "I bought the {}", "product: {}", "{}", "this is for my {}", "I have a {}"]
            ).format(product)
        )
    if not order and w.chance(0.7):
        order = w.order()
        parts.append(
            w.pick(
                ["order {}", "my order is {}", "order number {}", "order no. {}", "see {}", "ref {}", "it was {}"]
            ).format(order)
        )
    if w.chance(0.3):
        parts.append(
            w.pick([f"{w.name()} here", w.sentence(), f"I live in {w.place()}", "hello", "dear team", "good morning"])
        )
    if w.chance(0.3):
        w.rng.shuffle(parts)
    body = parts[0] if len(parts) == 1 else w.pick([", ", ". ", " - ", "; "]).join(parts)
    if w.chance(0.85):
        tone = w.pick(w.lexicon.urgency[urgency])
        body = f"{body}. {capitalized(tone)}" if w.chance(0.75) else f"{tone}, {body}"
    else:
        urgency = "normal"
    return capitalized(body) + w.pick(["", ".", ".", "!"]), {
        "intent": intent,
        "urgency": urgency,
        "product": product,
        "order": order,
    }


_KEYS = {
    "intent": ("category", "intent", "topic", "type", "class", "kind", "label"),
    "urgency": ("priority", "urgency", "level", "importance"),
    "product": ("product", "item", "device", "product_name"),
    "order": ("order_id", "order", "order_number", "reference", "id"),
}


def read_ticket(w: Wording) -> Conversation:
    """A customer's message to labels and copied values, in JSON, with keys and labels from the system prompt."""
    text, facts = _ticket(w)
    wanted = [fact for fact in facts if facts[fact] and w.chance(0.75)] or ["intent"]
    w.rng.shuffle(wanted)
    keys = {fact: w.pick(_KEYS[fact]) for fact in wanted}
    answer = json.dumps({keys[fact]: facts[fact] for fact in wanted})
    if w.chance(0.4):
        return conversation(f"Customer message to JSON: {', '.join(keys.values())}.", text, answer)
    described = {
        "intent": _some_labels(w, facts["intent"], sorted(w.lexicon.intents)),
        "urgency": "low, normal or high",
        "product": "what it is about",
        "order": "the number",
    }
    listed = w.pick(["; ", "\n", ". "]).join(f"{keys[fact]}: {described[fact]}" for fact in wanted)
    return conversation(w.pick([f"Reply with JSON only. {listed}.", f"Fill in JSON.\n{listed}"]), text, answer)


def _some_labels(w: Wording, label: str, labels: list[str]) -> str:
    others = w.rng.sample([other for other in labels if other != label], w.rng.randint(2, 5))
    shown = [label, *others]
    w.rng.shuffle(shown)
    return ", ".join(shown)


def read_intent(w: Wording) -> Conversation:
    """Intent, urgency or sentiment alone, as a word; the labels live in the weights."""
    text, facts = _ticket(w)
    if w.chance(0.2):
        label = w.pick(list(w.lexicon.sentiment))
        return conversation(
            "Sentiment?", w.cased(f"the {w.noun_phrase()} is {w.pick(w.lexicon.sentiment[label])}"), label
        )
    return conversation(
        *w.pick(
            [
                ("Intent?", text, facts["intent"]),
                ("Urgency?", text, facts["urgency"]),
                ("Intent and urgency.", text, f"{facts['intent']}, {facts['urgency']}"),
            ]
        )
    )
