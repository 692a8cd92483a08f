"""Runs one evaluation tool over the tiny model, as its users do, and leaves what it writes in the current folder.

Usage: python evaluate.py <tool> <address of the model server> <model name>
"""

import json
import os
import sys
import time
import urllib.request

COUNTRIES = {
    "France": "Paris",
    "Germany": "Berlin",
    "Japan": "Tokyo",
    "Italy": "Rome",
    "Spain": "Madrid",
    "Atlantis": "Poseidonis",
}
"""Five that the model has learned, and one that nobody has."""


def question(country: str) -> str:
    return f"The capital of {country} is"


def ask(url: str, model: str, prompt: str) -> str:
    body = {"model": model, "prompt": prompt, "max_tokens": 12, "temperature": 0}
    request = urllib.request.Request(
        f"{url}/v1/completions", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["choices"][0]["text"]


def run_lm_eval(url: str, model: str) -> None:
    import lm_eval
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager

    with open("capitals.jsonl", "w") as file:
        for country, capital in COUNTRIES.items():
            file.write(json.dumps({"question": question(country), "answer": capital}) + "\n")
    with open("capitals.yaml", "w") as file:
        file.write(
            "task: capitals\ndataset_path: json\ndataset_kwargs: {data_files: {test: capitals.jsonl}}\n"
            "test_split: test\noutput_type: generate_until\ndoc_to_text: '{{question}}'\ndoc_to_target: '{{answer}}'\n"
            "generation_kwargs: {until: ['.', \"\\n\"], max_gen_toks: 12, do_sample: false}\n"
            "filter_list:\n  - name: strip\n    filter: [{function: remove_whitespace}, {function: take_first}]\n"
            "metric_list:\n  - {metric: exact_match, aggregation: mean, higher_is_better: true}\nmetadata: {version: 1.0}\n"
        )
    tracker = EvaluationTracker(output_path="out")
    results = lm_eval.simple_evaluate(
        model="local-completions",
        model_args=f"base_url={url}/v1/completions,model={model},tokenizer_backend=None,tokenized_requests=False",
        tasks=["capitals"],
        task_manager=TaskManager(include_path=".", include_defaults=False),
        log_samples=True,
        bootstrap_iters=0,
        random_seed=None,
    )
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    for task, rows in samples.items():
        tracker.save_results_samples(task_name=task, samples=rows)


def run_inspect(url: str, model: str) -> None:
    from inspect_ai import Task
    from inspect_ai import eval as evaluate
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import includes
    from inspect_ai.solver import generate

    os.environ.update(TINY_BASE_URL=f"{url}/v1", TINY_API_KEY="none")
    samples = [Sample(id=country, input=question(country), target=capital) for country, capital in COUNTRIES.items()]
    for log_format in ("eval", "json"):
        evaluate(
            Task(dataset=samples, solver=generate(), scorer=includes(), name="capitals"),
            model=f"openai-api/tiny/{model}",
            max_tokens=12,
            temperature=0,
            max_retries=0,
            log_dir=f"out-{log_format}",
            log_format=log_format,
            display="none",
        )


def run_deepeval(url: str, model: str) -> None:
    os.environ.update(DEEPEVAL_TELEMETRY_OPT_OUT="1", DEEPEVAL_RESULTS_FOLDER="out", ERROR_REPORTING="0")
    from deepeval import evaluate
    from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
    from deepeval.metrics import BaseMetric
    from deepeval.test_case import LLMTestCase

    class ExactAnswer(BaseMetric):
        def __init__(self):
            self.threshold = 0.5
            self.async_mode = False

        def measure(self, case, *args, **kwargs):
            self.score = float(case.expected_output in case.actual_output)
            self.success = self.score >= self.threshold
            return self.score

        def is_successful(self):
            return self.success

        @property
        def __name__(self):
            return "Exact Answer"

    cases = [
        LLMTestCase(input=question(country), actual_output=ask(url, model, question(country)), expected_output=capital)
        for country, capital in COUNTRIES.items()
    ]
    evaluate(
        cases,
        [ExactAnswer()],
        async_config=AsyncConfig(run_async=False),
        display_config=DisplayConfig(show_indicator=False, print_results=False),
        cache_config=CacheConfig(write_cache=False, use_cache=False),
    )


def run_evidently(url: str, model: str) -> None:
    import pandas as pd
    from evidently import Report
    from evidently.metrics import MeanValue, MissingValueCount, RowCount, ValueDrift
    from evidently.tests import eq, gte

    def answers() -> pd.DataFrame:
        rows = []
        for country in list(COUNTRIES) * 5:
            started = time.perf_counter()
            text = ask(url, model, question(country))
            seconds = time.perf_counter() - started
            rows.append({"correct": int(COUNTRIES[country] in text), "seconds": seconds})
        return pd.DataFrame(rows)

    report = Report(
        [
            RowCount(tests=[eq(30)]),
            MeanValue(column="correct", tests=[gte(0.5)]),
            MissingValueCount(column="seconds", tests=[eq(0)]),
            ValueDrift(column="seconds", method="ks"),
            ValueDrift(column="correct", method="psi"),
        ]
    )
    os.mkdir("out")
    report.run(answers(), answers()).save_json("out/evidently.json")


if __name__ == "__main__":
    tool, address, name = sys.argv[1:]
    {"lm-eval": run_lm_eval, "inspect": run_inspect, "deepeval": run_deepeval, "evidently": run_evidently}[tool](
        address, name
    )
