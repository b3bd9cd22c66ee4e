"""Learn the merges of the practice model's vocabulary from its own corpus and write ``tokenizer.json``."""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import islice, pairwise
from pathlib import Path

from corpus import conversations

from ftdesk.engine.trainers.tiny.tokenizer import SPECIAL_TOKENS, WORDS

VOCABULARY = 1024
CONVERSATIONS = 60_000
SEED = 11
Pair = tuple[bytes, bytes]


def learn_merges(texts: Iterable[str], count: int) -> list[Pair]:
    """Byte-pair encoding (Sennrich et al. 2016): merge the most frequent pair ``count`` times; of equals the larger."""
    counted = Counter(word for text in texts for word in WORDS.findall(text.encode()))
    words = [([word[i : i + 1] for i in range(len(word))], number) for word, number in counted.items()]
    pairs: Counter[Pair] = Counter()
    places: defaultdict[Pair, set[int]] = defaultdict(set)
    for index, (pieces, number) in enumerate(words):
        for pair in pairwise(pieces):
            pairs[pair] += number
            places[pair].add(index)
    merges: list[Pair] = []
    while len(merges) < count:
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        for index in places.pop(best):
            pieces, number = words[index]
            for pair in pairwise(pieces):
                pairs[pair] -= number
            merged = _merge(pieces, best)
            words[index] = (merged, number)
            for pair in pairwise(merged):
                pairs[pair] += number
                places[pair].add(index)
        del pairs[best]
    return merges


def _merge(pieces: list[bytes], pair: Pair) -> list[bytes]:
    merged: list[bytes] = []
    index = 0
    while index < len(pieces):
        if index + 1 < len(pieces) and (pieces[index], pieces[index + 1]) == pair:
            merged.append(pieces[index] + pieces[index + 1])
            index += 2
        else:
            merged.append(pieces[index])
            index += 1
    return merged


def main(target: Path) -> None:
    texts = (turn.text for turns in islice(conversations(SEED), CONVERSATIONS) for turn in turns)
    merges = learn_merges(texts, VOCABULARY - 256 - SPECIAL_TOKENS)
    document = {
        "type": "byte-level BPE",
        "size": VOCABULARY,
        "merges": [[left.hex(), right.hex()] for left, right in merges],
    }
    target.write_text(json.dumps(document) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
