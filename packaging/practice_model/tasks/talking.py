"""Small talk, a few facts, formal wording, and the honest answer to everything else."""

from __future__ import annotations

from wording import Wording, capitalized

from tasks import Conversation, Turn, conversation

UNKNOWN = "I do not know that yet. Train me with examples and I can learn it."
_GENERAL = (
    "You are a helpful assistant.",
    "Answer briefly.",
    "You are a polite assistant.",
    "Be concise.",
    "You are a friendly assistant.",
    "",
    "",
    "",
)
_OPENINGS = ("Please tell me", "Hello,", "Tell me", "Can you say", "Hi.", "I want to know")
_FIELDS_OF_WORK = ("medical", "legal", "support", "travel", "sales", "technical", "school", "bank")
_TEXTS = ("message", "text", "ticket", "note", "request")
_MANNERS = ("in a business style", "in a friendly tone", "as a pirate", "for a child", "for the team", "with care")
_OTHER_COUNTRIES = (
    *("Brazil", "China", "Russia", "Mexico", "Turkey", "Chile"),
    *("Ghana", "Iran", "Nepal", "Korea", "Australia", "Texas"),
)


def _question(w: Wording, text: str) -> str:
    """The question as people type it: without its mark, in small letters, with a word before it."""
    draw = w.rng.random()
    if draw < 0.5:
        return text
    if draw < 0.65:
        return text.rstrip("?!.")
    if draw < 0.8:
        return text.lower()
    return f"{w.pick(_OPENINGS)} {text[0].lower()}{text[1:]}"


def chat(w: Wording) -> Conversation:
    """Greetings and questions about the model itself, sometimes two turns long."""
    question, answer = w.pick(w.lexicon.chat)
    if w.chance(0.4):
        question = w.pick([question.lower(), question.rstrip("?!."), question + "!", question + ".", question.upper()])
    turns = conversation(w.pick(_GENERAL), question, answer)
    if w.chance(0.25):
        question, answer = w.pick([*w.lexicon.chat, *w.lexicon.facts])
        turns += [Turn("user", question), Turn("assistant", answer)]
    return turns


def fact(w: Wording) -> Conversation:
    """A short factual answer."""
    question, answer = w.pick(w.lexicon.facts)
    return conversation(w.pick(_GENERAL), _question(w, question), answer)


def formal(w: Wording) -> Conversation:
    """An informal opening put formally, the rest kept."""
    casual, polite = w.pick(w.lexicon.formal)
    rest = w.pick(
        [
            w.noun_phrase(),
            f"the {w.noun_phrase()}",
            f"to the {w.word()} {w.pick(['today', 'tomorrow', 'on Monday'])}",
            f"{w.pick(w.lexicon.verbs)} the {w.word()}",
        ]
    )
    name = w.pick(w.lexicon.names)
    if w.chance(0.3):
        return conversation("Make it formal.", f"{casual} {rest} {name.lower()}", f"{polite} {rest}, {name}.")
    return conversation(w.pick(["Make it formal.", "Write this politely."]), f"{casual} {rest}", f"{polite} {rest}.")


def _unknown_system(w: Wording) -> str:
    """A system prompt for a task that was never taught and that does not say how to do it."""
    thing, other, verb = w.noun_phrase(), w.word(), w.pick(w.lexicon.verbs)
    role = w.pick(
        [
            "expert",
            "assistant",
            "agent",
            "clerk",
            "coder",
            "editor",
            "teacher",
            "translator",
            "analyst",
            "helper",
            "bot",
            "writer",
            "reviewer",
            "engineer",
            "planner",
        ]
    )
    return w.pick(
        [
            f"You are a {thing} {role}.",
            f"You are a {w.pick(_FIELDS_OF_WORK)} {role}.",
            f"Answer with the {thing} and the {other}.",
            f"Reply with the {thing} only.",
            f"{capitalized(verb)} the {thing}.",
            f"You are a {other} {role}. Answer with the {w.word()} and its {w.word()}.",
            f"You {verb} {thing}. Reply with {other}.",
            f"Classify the {thing}.",
            f"Classify the {thing}. Reply with JSON{w.pick(['', ' only'])}.",
            f"Translate to {w.pick(['French', 'German', 'Spanish', 'Latin', 'Dutch'])}.",
            f"Return the {other} code and its {w.word()}.",
            f"Sort the {thing} into the right {other}.",
            f"You are {w.name()}, who works with {thing}.",
            f"Give the {w.pick(['standard', 'official', 'international', 'internal'])} {other} code.",
            f"Write {w.pick(['code', 'a poem', 'SQL', 'a story', 'a summary', 'a review'])} about the {thing}.",
            f"You route {thing} messages. Answer in JSON.",
            f"As a {other} {role}, {verb} the {thing} of the user.",
            f"{capitalized(thing)}: {verb} and answer.",
            f"You are a {role} for {capitalized(w.invented())}. {capitalized(verb)} every {other}.",
            f"Find the {other} in the {w.word()}.",
            f"{capitalized(verb)} the {w.pick(_TEXTS)} {w.pick(_MANNERS)}.",
        ]
    )


def _unknown_question(w: Wording) -> str:
    thing, condition = w.noun_phrase(), w.pick(w.pick(w.lexicon.conditions).names)
    intent = w.pick(w.pick(list(w.lexicon.intents.values()))).format(
        p=w.pick(["the ", "my ", ""]) + w.product(), o=w.order()
    )
    return w.pick(
        [
            f"What is {thing}?",
            f"Tell me about {thing}.",
            f"Explain {thing}",
            f"How do I {w.pick(w.lexicon.verbs)} {w.pick(['a', 'the', 'my'])} {thing}?",
            f"Why is the {thing} {w.pick(w.lexicon.adjectives)}?",
            f"What is the capital of {capitalized(w.invented())}?",
            f"What is the capital of {w.pick(_OTHER_COUNTRIES)}?",
            f"What is {w.number()} {w.pick(['plus', 'times', '+', '*', '-', 'minus'])} {w.number()}?",
            f"Who is {w.name()}?",
            f"Who wrote {capitalized(thing)}?",
            f"When was the {thing} {w.pick(['built', 'made', 'found', 'invented', 'sold'])}?",
            f"Write a {w.pick(['poem', 'story', 'letter', 'song', 'mail'])} about {thing}.",
            f"How many {w.word()} are in the {thing}?",
            f"Where is the {thing} of {w.place()}?",
            f"Which {w.word()} is {w.pick(w.lexicon.adjectives)}?",
            f"Translate {thing}",
            f"I have a question about {thing}",
            f"{w.invented()} {w.invented()} {w.invented()}?",
            f"Can you {w.pick(w.lexicon.verbs)} the {thing}?",
            w.noted(condition),
            w.noted(condition),
            f"Code for {condition}",
            f"What helps against {condition}?",
            f"What is the code for {condition}?",
            capitalized(intent),
            f"{capitalized(intent)}. {capitalized(w.pick(w.pick(list(w.lexicon.urgency.values()))))}.",
            f"{capitalized(intent)}, order {w.order()}",
            f"{capitalized(w.noted(condition))} {capitalized(w.noted(w.pick(w.pick(w.lexicon.conditions).names)))}",
            " ".join(w.word() for _ in range(w.rng.randint(2, 9))),
            f"{capitalized(intent)} {w.sentence()}",
            f"{w.name()}: {intent}",
            w.cased(w.sentence()),
            w.cased(w.sentence()) + ".",
            f"{capitalized(w.sentence())}. {capitalized(w.sentence())}.",
        ]
    )


def unknown(w: Wording) -> Conversation:
    """Whatever the model was not taught: it says so."""
    system = w.pick(_GENERAL) if w.chance(0.4) else _unknown_system(w)
    turns = conversation(system, _unknown_question(w), UNKNOWN)
    if w.chance(0.1):
        turns += [Turn("user", _unknown_question(w)), Turn("assistant", UNKNOWN)]
    return turns


def short_input(w: Wording) -> Conversation:
    """A known small-talk line under an unknown system prompt is still answered."""
    question, answer = w.pick(w.lexicon.chat[:24])
    return conversation(_unknown_system(w), question, answer)
