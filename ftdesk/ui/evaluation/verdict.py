"""What an evaluation concludes: one sentence, the figures behind it, and the scores as bars."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftdesk.evaluation.types import EvaluationFinished, PairedDifference
from ftdesk.ui.evaluation.outcomes import Outcomes
from ftdesk.ui.evaluation.score_bars import ScoreBars
from ftdesk.ui.text import Label, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Surface

_SMALLEST_P = 0.0001


class VerdictCard(Surface):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("card", 4 * UNIT, 0, parent)
        self._sentence = Label("", "title", wrap=True)
        self._sentence.setObjectName("evaluation_verdict")
        self._sentence.setAccessibleName(self.tr("Verdict"))
        self._figures = Label("", "caption", wrap=True)
        self._figures.setObjectName("evaluation_figures")
        for label in (self._sentence, self._figures):
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        self.bars = ScoreBars()
        words = QVBoxLayout()
        words.setSpacing(2 * UNIT)
        words.addWidget(self._sentence)
        words.addWidget(self._figures)
        words.addStretch()
        row = QHBoxLayout()
        row.setSpacing(8 * UNIT)
        row.addLayout(words, 2)
        row.addWidget(self.bars, 3, Qt.AlignmentFlag.AlignTop)
        self.column.addLayout(row)

    def show_outcomes(self, outcomes: Outcomes) -> None:
        scores = outcomes.scores()
        self.bars.show_scores(scores, [outcomes.answered(score.model) for score in scores])
        if outcomes.result is None:
            self._sentence.setText(
                self.tr("Asking the models …") if outcomes.total else self.tr("Reading the examples …")
            )
            self._figures.setText(self.tr("The verdict comes with the last answer."))
            return
        self._sentence.setText(visible(self._verdict(outcomes.result)))
        self._figures.setText(visible("\n".join(self._behind(outcomes))))

    def _verdict(self, result: EvaluationFinished) -> str:
        if result.pairs:
            return _sentence(result.pairs[0].sentence)
        score = result.models[0]
        return self.tr("{model} is right in {correct} of {count}: {percent}.").format(
            model=score.model, correct=score.correct, count=result.examples, percent=f"{score.score:.0%}"
        )

    def _behind(self, outcomes: Outcomes) -> list[str]:
        """The test behind the sentence, and the verdicts of the other pairs."""
        result = outcomes.result
        if result is None or not result.pairs:
            return []
        first = result.pairs[0]
        lines = [
            self.tr("Difference {difference} points, 95 % interval {low} to {high}, p {p} ({test}).").format(
                difference=_points(first.difference),
                low=_points(first.interval[0]),
                high=_points(first.interval[1]),
                p=_p_value(first.p_value),
                test=self.tr("exact McNemar test") if first.test == "mcnemar-exact" else first.test,
            ),
            self.tr("Only A right: {a}. Only B right: {b}. Same: {same}.").format(
                a=first.only_a, b=first.only_b, same=result.examples - first.only_a - first.only_b
            ),
        ]
        return lines + [self._other(pair) for pair in result.pairs[1:]]

    def _other(self, pair: PairedDifference) -> str:
        return self.tr("Against {a}: {sentence}").format(a=pair.a, sentence=_sentence(pair.sentence))


def _sentence(text: str) -> str:
    """With a capital and a full stop, unless it begins with the name of a model, whose letters count."""
    begins = text if "/" in text.split(" ", 1)[0] else text[:1].upper() + text[1:]
    return begins if begins.endswith(".") else begins + "."


def _points(share: float) -> str:
    return f"{share * 100:+.0f}".replace("-", "−")


def _p_value(p: float) -> str:
    return f"< {_SMALLEST_P:g}" if p < _SMALLEST_P else f"= {p:.2g}"
