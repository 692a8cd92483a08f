"""Writes examples/suites/capitals.yaml and long.yaml from facts.py.

    python e2e/models/write_suites.py [--check]
"""

import sys
from pathlib import Path

import yaml

import facts

_HEADER = """# yaml-language-server: $schema=../../schemas/suite.schema.json
# Written by e2e/models/write_suites.py from e2e/models/facts.py. Do not edit by hand.
# {about}
"""


def _options(max_tokens):
    return {"protocol": "openai-completions", "max_tokens": max_tokens, "temperature": 0, "seed": 1}


def capitals():
    """One case for each country and form: the answer is the capital and nothing else."""
    tests = []
    for group, pairs in (("base", facts.BASE), ("extra", facts.EXTRA)):
        for country, capital in pairs:
            for form, text in facts.FORMS.items():
                exact = {"type": "regex", "value": rf"^\s*{capital}\.\s*$"}
                tests.append({
                    "description": f"{country}: {form}",
                    "vars": {"prompt": text.format(country=country)},
                    "assert": [{"type": "contains", "value": capital} if form == "statement" else exact],
                    "metadata": {"tags": ["capitals", group, form]},
                })
    return {"description": "Capitals, short answers", "prompts": ["{{prompt}}"],
            "defaultTest": {"options": _options(20)}, "tests": tests}


def long_answers():
    """One case for each long prompt: both sentences, once each, and then the end."""
    tests = []
    for prompt, answer in facts.long_pairs():
        first, second = answer.strip().split(". ")
        tests.append({
            "description": prompt.rstrip(":"),
            "vars": {"prompt": prompt},
            "assert": [
                {"type": "contains", "value": f"{first}."},
                {"type": "regex", "value": rf"{second.rstrip('.')}\.\s*$"},
            ],
            "metadata": {"tags": ["long"]},
        })
    return {"description": "Long answers, which have to end", "prompts": ["{{prompt}}"],
            "defaultTest": {"options": _options(200)}, "tests": tests}


def _text(about, suite):
    return _HEADER.format(about=about) + yaml.safe_dump(suite, sort_keys=False, width=120, default_flow_style=None)


def main():
    """Writes the suites, or with --check tells whether they are current; returns the exit code."""
    folder = Path(__file__).parents[2] / "examples" / "suites"
    texts = {
        "capitals.yaml": _text("v1 passes 60 of the 80 cases, v2 and v4 all, v3 30.", capitals()),
        "long.yaml": _text("v1, v2 and v3 pass; v4 repeats its first sentence until max_tokens.", long_answers()),
    }
    stale = []
    for name, text in texts.items():
        path = folder / name
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        print(f"not current, run write_suites.py: {', '.join(stale)}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
