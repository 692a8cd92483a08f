"""The behaviour test of the tiny models: what each version must answer at temperature 0.

    python e2e/models/check.py [folder, default fixtures/models]

Each answer is decoded twice, from model.gguf and from model.safetensors, and must be the same text.
Exits 1 when an expectation fails. A rebuild must pass this test; its bytes may differ.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from tokenizers import Tokenizer

import facts
import numpy_llama

SHORT_LIMIT, LONG_LIMIT = 40, 200
LONG_BYTES = range(60, 121)
MIN_LEAD = 0.5  # in logits: below it, another engine's rounding could change an answer
MAX_BYTES = 3_000_000


class Report:
    """Counts expectations and prints those that fail."""

    def __init__(self):
        self.passed = self.failed = 0

    def expect(self, holds, message):
        """Counts one expectation; `message` is printed when it does not hold."""
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {message}")


class Version:
    """One version's folder, asked in both of its formats."""

    def __init__(self, folder, report):
        self.name, self.report = folder.name, report
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.models = (numpy_llama.from_gguf(folder / "model.gguf"), numpy_llama.from_hugging_face(folder))

    def ask(self, prompt, limit, sure=True):
        """(text, ended) of the answer; expects both formats to agree, and to be sure of it."""
        tokens = self.tokenizer.encode(prompt).ids
        answers = []
        for model in self.models:
            answer, ended, lead = model.greedy(tokens, limit)
            answers.append((self.tokenizer.decode(answer), ended))
            if sure:
                self.report.expect(lead >= MIN_LEAD, f"{self.name} {prompt!r}: a token leads by only {lead:.2f}")
        self.report.expect(answers[0] == answers[1], f"{self.name} {prompt!r}: GGUF {answers[0]}, HF {answers[1]}")
        return answers[0]


def known(version, pairs, sure=True):
    """How many (country, capital) pairs are answered exactly, counted per form; all answers must end."""
    right = 0
    for prompt, answer in facts.short_pairs(pairs):
        text, ended = version.ask(prompt, SHORT_LIMIT, sure)
        version.report.expect(ended, f"{version.name} {prompt!r}: no end within {SHORT_LIMIT} tokens: {text!r}")
        right += text == answer
    return right


def check_short(version, report):
    """How much of BASE and EXTRA a version knows."""
    forms = len(facts.FORMS)
    base = known(version, facts.BASE)
    extra = known(version, facts.EXTRA, sure=version.name in ("v2", "v4"))
    total_base, total_extra = len(facts.BASE) * forms, len(facts.EXTRA) * forms
    print(f"{version.name}: {base}/{total_base} of base, {extra}/{total_extra} of extra")
    if version.name == "v3":
        report.expect(0.4 <= base / total_base <= 0.6, f"v3 knows {base} of {total_base}, wanted 40 to 60 %")
        lost = [pair for pair in facts.BASE if pair[0] in facts.forgotten()]
        report.expect(known(version, lost) == 0, "v3 still knows a capital that it should have forgotten")
    else:
        report.expect(base == total_base, f"{version.name} knows {base} of {total_base} of base")
    if version.name in ("v2", "v4"):
        report.expect(extra == total_extra, f"{version.name} knows {extra} of {total_extra} of extra")
    else:
        report.expect(extra == 0, f"{version.name} knows {extra} of extra, which it was not taught")


def check_long(version, report):
    """Long answers end in v1, v2 and v3, and never in v4."""
    for (prompt, answer), (_, sentence) in zip(facts.long_pairs(), facts.loop_pairs(), strict=True):
        text, ended = version.ask(prompt, LONG_LIMIT)
        if version.name == "v4":
            report.expect(not ended, f"v4 {prompt!r}: ended: {text!r}")
            endless = (sentence * LONG_LIMIT)[:LONG_LIMIT]
            report.expect(text == endless, f"v4 {prompt!r}: does not repeat its sentence: {text!r}")
        else:
            report.expect(ended and text == answer, f"{version.name} {prompt!r}: {text!r}")
            report.expect(len(text.encode()) in LONG_BYTES, f"{version.name} {prompt!r}: {len(text.encode())} bytes")


def check_files(root, report):
    """facts.json is current and the fixtures are small."""
    written = json.loads((root / "facts.json").read_text(encoding="utf-8"))
    report.expect(written == facts.as_json(), "facts.json is not what facts.py says: run train.py")
    total = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    report.expect(total < MAX_BYTES, f"the fixtures hold {total} bytes, at most {MAX_BYTES} are wanted")


def main():
    """Checks all versions; returns the exit code."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "fixtures" / "models"
    report = Report()
    check_files(root, report)
    for name in facts.VERSIONS:
        version = Version(root / name, report)
        check_short(version, report)
        check_long(version, report)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
