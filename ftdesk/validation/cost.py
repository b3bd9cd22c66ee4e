"""What a training will cost and how long it may take, before anything is sent; and what serving the model costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from ftdesk.validation.counters import encoding_for
from ftdesk.validation.findings import Method, Report
from ftdesk.validation.prices import ModelPrice, PriceList, Serving

HOURS_PER_MONTH = 730
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Size:
    """What a training reads.

    ``tokens`` are those of all ``examples`` in one epoch, as the host cuts them; ``answers`` of them are the
    assistant's. ``exact`` is false where there is more than text, for which only estimates are published.
    """

    examples: int
    tokens: int
    answers: int
    exact: bool
    method: Method = "supervised"


@dataclass(frozen=True, slots=True)
class BreakEven:
    """From so many requests an hour on, a deployment by the hour costs less than the same by the token.

    A request is one like the examples. ``per_token`` names whose price for tokens that compares with.
    """

    requests_per_hour: float
    per_token: str


@dataclass(frozen=True, slots=True)
class ServingCost:
    """``per_month`` is for a deployment that stands all the time, nobody asking.

    ``None`` where that is not known or not possible.
    """

    serving: Serving
    per_month: float | None
    break_even: BreakEven | None


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What one host would bill. Dollars; ``None`` where no price is known.

    ``epochs_assumed`` is true where the host's own choice of epochs is not published and was not given.
    ``per_request`` is what one answer of the tuned model costs by the token, for a request like the examples.
    ``seconds`` is rough, and known for few hosts.
    """

    host: str
    title: str
    model: str | None
    size: Size
    epochs: int
    epochs_assumed: bool
    billed_tokens: int
    price: ModelPrice | None
    as_of: date
    source: str
    training: float | None
    per_request: float | None
    serving: tuple[ServingCost, ...]
    seconds: float | None
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """An entry of what ``ftdesk cost --json`` prints."""
        price = self.price
        return {
            "host": self.host,
            "model": self.model,
            "epochs": self.epochs,
            "epochs_assumed": self.epochs_assumed,
            "billed_tokens": self.billed_tokens,
            "training": self.training,
            "per_million": None
            if price is None
            else {
                "training": price.training,
                "input": price.input,
                "cached_input": price.cached_input,
                "output": price.output,
            },
            "as_of": self.as_of.isoformat(),
            "source": self.source,
            "per_request": self.per_request,
            "serving": [
                {
                    "name": cost.serving.name,
                    "per_hour": cost.serving.per_hour,
                    "per_token": cost.serving.per_token,
                    "per_month": cost.per_month,
                    "break_even": None if cost.break_even is None else asdict(cost.break_even),
                }
                for cost in self.serving
            ],
            "seconds": self.seconds,
            "notes": list(self.notes),
        }


def size_of(report: Report, limit: int | None = None) -> Size:
    """The size of a checked file. Examples beyond the host's ``limit`` are billed up to it: their end is cut off.

    That end is taken to be the answer, which stands last.
    """
    tokens = answers = 0
    for total, trained in zip(report.example_tokens, report.example_answers, strict=True):
        cut = 0 if limit is None else max(0, total - limit)
        tokens += total - cut
        answers += max(0, trained - cut)
    exact = report.tokens is not None and report.tokens.exact
    return Size(report.examples, tokens, answers, exact, report.method)


def estimate(
    prices: PriceList,
    size: Size,
    model: str | None = None,
    epochs: int | None = None,
    *,
    others: Iterable[PriceList] = (),
) -> CostEstimate:
    """What ``prices`` make of a training on data of this ``size``. ``epochs`` is ``None`` for the host's own choice.

    Tokens of every epoch are billed, validation is free (OpenAI's pricing; other hosts say nothing else). Without a
    ``model`` the cheapest to train is taken. A deployment by the hour is compared with the host's own price for tokens,
    or else with the cheapest of ``others``.
    """
    name, price = (model, prices.price_of(model)) if model else _cheapest_to_train(prices)
    chosen = epochs if epochs is not None else prices.automatic_epochs.epochs(size.examples)
    billed = size.tokens * chosen
    rate = price.training if price else None
    pace = prices.training_tokens_per_second
    return CostEstimate(
        host=prices.host,
        title=prices.title,
        model=name,
        size=size,
        epochs=chosen,
        epochs_assumed=epochs is None and not prices.automatic_epochs.published,
        billed_tokens=billed,
        price=price,
        as_of=(price or prices).as_of,
        source=(price or prices).source,
        training=None if rate is None else billed * rate / _MILLION,
        per_request=_per_request(price, size),
        serving=tuple(_serving_cost(serving, prices, price, size, others) for serving in prices.serving),
        seconds=billed / pace if pace else None,
        notes=tuple(_notes(prices, price, size, name, automatic=epochs is None)),
    )


def compare(
    lists: Sequence[PriceList], size_for: Callable[[PriceList], Size], epochs: int | None = None
) -> list[CostEstimate]:
    """Every model with a price and every host without one, the cheapest first, what is not known last.

    ``size_for`` a host, because each cuts examples at another length.
    """
    estimates = []
    for prices in lists:
        names: list[str | None] = [_name_of(price) for price in prices.models if price.training is not None]
        size = size_for(prices)
        estimates += [estimate(prices, size, name, epochs, others=lists) for name in names or [None]]
    return sorted(estimates, key=lambda each: (each.training is None, each.training or 0.0, each.host))


def _cheapest_to_train(prices: PriceList) -> tuple[str | None, ModelPrice | None]:
    known = [(price.training, index) for index, price in enumerate(prices.models) if price.training is not None]
    if not known:
        return None, None
    price = prices.models[min(known)[1]]
    return _name_of(price), price


def _name_of(price: ModelPrice) -> str:
    """The model that a pattern stands for."""
    return price.match[0].strip("*")


def _per_request(price: ModelPrice | None, size: Size) -> float | None:
    if price is None or price.input is None or price.output is None or not size.examples:
        return None
    prompt = max(0, size.tokens - size.answers)
    answers = size.answers / 2 if size.method == "preference" else size.answers  # of two, the model gives one
    return (prompt * price.input + answers * price.output) / size.examples / _MILLION


def _serving_cost(
    serving: Serving, prices: PriceList, price: ModelPrice | None, size: Size, others: Iterable[PriceList]
) -> ServingCost:
    hourly = serving.per_hour
    break_even = None
    if hourly and not serving.per_token:
        own = _per_request(price, size)
        offers = [(own, prices.title)] if own else list(_offers(others, size))
        if offers:
            cost, whose = min(offers)
            break_even = BreakEven(hourly / cost, whose)
    per_month = None if hourly is None or serving.lasts_hours is not None else hourly * HOURS_PER_MONTH
    return ServingCost(serving, per_month, break_even)


def _offers(lists: Iterable[PriceList], size: Size) -> Iterable[tuple[float, str]]:
    """What a request costs by the token wherever that is known and not free."""
    for prices in lists:
        for price in prices.models:
            cost = _per_request(price, size)
            if cost:
                yield cost, f"{_name_of(price)} on {prices.title}"


def _notes(
    prices: PriceList, price: ModelPrice | None, size: Size, model: str | None, *, automatic: bool
) -> Iterable[str]:
    if price is not None and price.note:
        yield price.note
    if prices.note:
        yield prices.note
    if automatic and not prices.automatic_epochs.published:
        yield f"* Epochs are {prices.automatic_epochs.note or 'assumed; the host does not publish its own choice.'}"
    if size.method == "preference":
        yield "Whether both answers of a preference example are billed is not published; both are counted."
    if price is not None and price.training and not encoding_for(model)[1]:
        yield "Tokens are counted in o200k_base; this model counts in a vocabulary of its own."
    if not size.exact:
        yield "Images and tools are estimated."
