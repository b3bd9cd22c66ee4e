"""Tasks whose answer stands in the prompt: reading fields, JSON from sentences, lists, echoes, tool calls."""

from __future__ import annotations

import json

from wording import Wording, capitalized

from tasks import Conversation, Turn, conversation

FIELDS = [
    "name",
    "city",
    "color",
    "price",
    "number",
    "code",
    "status",
    "type",
    "date",
    "size",
    "owner",
    "model",
    "level",
    "product",
    "order_id",
    "customer",
    "title",
    "region",
    "language",
    "amount",
    "unit",
    "id",
    "label",
    "score",
    "team",
    "order",
    "item",
    "email",
    "sku",
    "reference",
    "ticket",
    "account",
    "quantity",
    "invoice",
    "device",
    "from",
    "to",
    "subject",
    "place",
]
_FIELD_TEXT = (
    "the {f} is {v}",
    "{f}: {v}",
    "{f} {v}",
    "{f} = {v}",
    "my {f} is {v}",
    "with {f} {v}",
    "{v} is the {f}",
    "{f} ({v})",
)


def _fields(w: Wording, low: int, high: int) -> dict[str, str]:
    return {field: w.value() for field in w.rng.sample(FIELDS, w.rng.randint(low, high))}


def read_field(w: Wording) -> Conversation:
    """Several fields in the prompt, one is asked for."""
    fields = _fields(w, 2, 5)
    asked = w.pick(list(fields))
    style = w.pick(_FIELD_TEXT[:4])
    text = w.pick([". ", "; ", "\n", ", "]).join(style.format(f=f, v=v) for f, v in fields.items())
    question = w.pick([f"What is the {asked}?", f"{asked}?", f"Give me the {asked}.", f"Which {asked} is it?"])
    system = w.pick(
        ["Answer with the value only.", "You read data.", "Give the value that is asked for.", "Read the form."]
    )
    return conversation(system, f"{text}. {question}" if w.chance(0.7) else f"{question} {text}", fields[asked])


def fields_to_json(w: Wording) -> Conversation:
    """Named fields in any order, among noise, to JSON with the keys the system prompt lists."""
    fields = _fields(w, 1, 4)
    parts = [w.pick(_FIELD_TEXT).format(f=f.replace("_", w.pick(["_", " "])), v=v) for f, v in fields.items()]
    parts += [w.sentence() for _ in range(w.rng.randint(0, 1))]
    w.rng.shuffle(parts)
    answer: dict[str, str | None] = dict(fields)
    if w.chance(0.15):
        answer[w.pick([f for f in FIELDS if f not in fields])] = None
    return conversation(
        _json_system(w, list(answer)), capitalized(w.pick([", ", ". ", " and "]).join(parts)), json.dumps(answer)
    )


def _json_system(w: Wording, keys: list[str]) -> str:
    listed = ", ".join(keys)
    return w.pick(
        [
            f"Reply with JSON only. Keys: {listed}.",
            f"Extract {listed} as JSON.",
            f"Return JSON with the keys {listed}.",
            f"JSON: {listed}",
            f"Write the {listed} as a JSON object.",
            f"Keys: {listed}. Answer in JSON.",
        ]
    )


_SLOTS = {
    "order_id": Wording.order,
    "order": Wording.order,
    "ticket": Wording.order,
    "reference": Wording.order,
    "product": Wording.product,
    "item": Wording.product,
    "device": Wording.product,
    "name": Wording.name,
    "customer": Wording.name,
    "city": Wording.place,
    "place": Wording.place,
    "date": Wording.date,
    "email": Wording.email,
    "amount": Wording.amount,
    "price": Wording.amount,
}
_CARRIERS = {
    "order_id": (
        "order {v}",
        "my order {v}",
        "order number {v}",
        "it is order {v}",
        "({v})",
        "order no. {v}",
        "ref {v}",
        "for {v}",
    ),
    "product": ("the {v}", "my {v}", "a {v}", "{v}", "I bought the {v}", "it was a {v}", "my new {v}"),
    "name": ("this is {v}", "{v} here", "I am {v}", "regards, {v}", "my name is {v}", "call {v}"),
    "city": ("in {v}", "I live in {v}", "from {v}", "send it to {v}", "the shop in {v}"),
    "date": ("on {v}", "since {v}", "it was {v}", "dated {v}", "bought on {v}"),
    "email": ("mail me at {v}", "my address is {v}", "write to {v}", "{v}"),
    "amount": ("it was {v}", "I paid {v}", "for {v}", "the sum of {v}", "{v} in total"),
}
_CARRIED_AS = {
    "order": "order_id",
    "ticket": "order_id",
    "reference": "order_id",
    "item": "product",
    "device": "product",
    "customer": "name",
    "place": "city",
    "price": "amount",
}


def sentence_to_json(w: Wording) -> Conversation:
    """Values inside running text that does not name their fields."""
    chosen: dict[str, str] = {}
    for field in w.rng.sample(list(_SLOTS), w.rng.randint(1, 4)):
        if _CARRIED_AS.get(field, field) not in {_CARRIED_AS.get(other, other) for other in chosen}:
            chosen[field] = _SLOTS[field](w)
    parts = [w.pick(_CARRIERS[_CARRIED_AS.get(f, f)]).format(v=v) for f, v in chosen.items()]
    parts += [w.pick([w.sentence(), w.pick(w.lexicon.synonyms)[0]]) for _ in range(w.rng.randint(0, 2))]
    w.rng.shuffle(parts)
    text = w.pick([", ", " ", ". "]).join(parts)
    return conversation(_json_system(w, list(chosen)), w.cased(text), json.dumps(chosen))


def repeat(w: Wording) -> Conversation:
    """Echo, capital letters, full stops, quotes, thanks, first sentence."""
    text = w.sentence()
    if w.chance(0.2):
        text = f"{text} {w.order()}"
    return conversation(
        *w.pick(
            [
                ("Repeat the message.", text, text),
                ("Write the message with a capital letter and a full stop.", text, capitalized(text) + "."),
                ("Thank the user for the message.", text, f"Thank you for telling me: {text}."),
                ("Put the message in quotes.", text, f'"{text}"'),
                ("Summarize.", f"{capitalized(text)}. {capitalized(w.sentence())}.", capitalized(text) + "."),
                ("Write the last word.", text, text.split(" ")[-1]),
                ("Write the first word.", text, text.split(" ")[0]),
                ("Answer with JSON.", text, json.dumps({"text": text})),
                ("Confirm.", text, f"I understand that {text}."),
            ]
        )
    )


def make_list(w: Wording) -> Conversation:
    """A comma list to lines, numbered lines or a JSON list."""
    items = [w.pick([w.noun_phrase, w.name, w.product])() for _ in range(w.rng.randint(2, 5))]
    system, answer = w.pick(
        [
            ("Make a list.", "\n".join(f"- {item}" for item in items)),
            ("Make a numbered list.", "\n".join(f"{i}. {item}" for i, item in enumerate(items, 1))),
            ("Make a JSON list.", json.dumps(items)),
            ("Write the last item.", items[-1]),
            ("Write the items in reverse order.", ", ".join(reversed(items))),
            ("Count the items.", str(len(items))),
        ]
    )
    return conversation(system, ", ".join(items), answer)


def fill_template(w: Wording) -> Conversation:
    """A fixed wording around the user's words, shown once in the system prompt."""
    before, after = w.pick(
        [
            ("Please ", "."),
            ("Dear customer, ", "."),
            ("Note: ", ""),
            ("", ", thank you."),
            ("We will check ", " soon."),
            ("Your ", " is on its way."),
            ("[", "]"),
            ("I am sorry about the ", "."),
            ("Re: ", ""),
            ("", "!"),
            ("The topic is ", "."),
        ]
    )
    example, text = w.noun_phrase(), w.pick([w.noun_phrase, w.product, w.order])()
    return conversation(f"Rewrite. Example: {example} -> {before}{example}{after}", text, f"{before}{text}{after}")


def follow_pattern(w: Wording) -> Conversation:
    """One example of a rewriting in the system prompt; the user's line has its form and one or two other values."""

    def phrase() -> str:
        return " ".join(w.word() for _ in range(w.rng.randint(1, 3)))

    two = w.chance(0.3)
    shape = (
        f"{phrase()} {{a}} {phrase()} {{b}}"
        if two
        else w.pick([f"{phrase()} {{a}} {phrase()}", f"{phrase()} {{a}}", f"{{a}} {phrase()}"])
    )
    answer_shape = w.pick([f"{phrase()} {{a}} {phrase()}", f"{phrase()} {{a}}", f"{{a}}, {phrase()}"])
    if two:
        answer_shape = w.pick(
            [f"{phrase()} {{b}} {phrase()} {{a}}", f"{phrase()} {{a}} {phrase()} {{b}}", f"{{b}}: {phrase()} {{a}}"]
        )
    answer_shape = capitalized(answer_shape) + w.pick(["", ".", "?", "!"])
    (a, b), (c, d) = ((w.pick([w.word, w.noun_phrase, w.name, w.product, w.order])(), w.word()) for _ in range(2))
    example = f"{shape.format(a=a, b=b)} -> {answer_shape.format(a=a, b=b)}"
    return conversation(f"Rewrite like this: {example}", shape.format(a=c, b=d), answer_shape.format(a=c, b=d))


_TOOLS = {
    "get_weather": (
        "city",
        Wording.place,
        ("What is the weather in {v}?", "Weather {v}", "Will it rain in {v}?", "How warm is it in {v}?"),
    ),
    "get_order": (
        "order_id",
        Wording.order,
        ("Where is {v}?", "Look up order {v}", "Status of {v} please", "What happened to order {v}?"),
    ),
    "search_product": (
        "query",
        Wording.product,
        ("Do you have the {v}?", "Find {v}", "I am looking for a {v}", "Search for {v}"),
    ),
    "find_customer": (
        "name",
        Wording.name,
        ("Who is {v}?", "Open the record of {v}", "Find the customer {v}", "Look up {v}"),
    ),
    "send_email": ("address", Wording.email, ("Write to {v}", "Send a mail to {v}", "Mail {v} please")),
    "add_event": ("date", Wording.date, ("Add a meeting on {v}", "Block {v}", "Put {v} in my calendar")),
    "define_word": ("word", Wording.word, ("What does {v} mean?", "Define {v}", "Meaning of {v}?")),
}


def call_tool(w: Wording) -> Conversation:
    """One call as a JSON line; half of the time the result comes back and is told in a sentence."""
    tools = w.rng.sample(list(_TOOLS), w.rng.randint(1, 3))
    tool = w.pick(tools)
    argument, draw, questions = _TOOLS[tool]
    value = draw(w)
    listed = ", ".join(f"{name}({_TOOLS[name][0]})" for name in tools)
    system = w.pick([f"You can call tools: {listed}.", f"Tools: {listed}", f"Call a tool. {listed}"])
    call = json.dumps({"name": tool, "arguments": {argument: value}})
    turns = conversation(system, w.pick(questions).format(v=value), call)
    if w.chance(0.5):
        field, result = w.pick(FIELDS), w.value()
        turns += [
            Turn("tool", json.dumps({argument: value, field: result})),
            Turn("assistant", f"The {field} of {value} is {result}."),
        ]
    return turns
