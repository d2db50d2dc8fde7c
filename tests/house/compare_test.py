#!/usr/bin/env python3
"""bench/compare without its servers: medians, ratios, what is wanted, and where the results are written."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
PATH = pathlib.Path(__file__).resolve().parents[2] / "bench" / "compare"


def loaded():
    loader = importlib.machinery.SourceFileLoader("compare", str(PATH))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("compare", loader))
    loader.exec_module(module)
    return module


compare = loaded()


def a_run(rate, factor=1.0):
    """What holdfast-load prints, as far as it is read."""
    return {"requests_a_second": rate, "settings": {"skus": 10},
            "latency_us": {"all": {"p50": 10 * factor, "p99": 20 * factor, "p99.9": 30 * factor}},
            "server": {"cpu_us_a_request": 2 * factor, "resident_before_skus": 0, "resident_after_skus": 1000,
                       "resident_after_holds": 1900},
            "storm": {"holds": 9, "last_back_ms": 1.5, "latest_ms": 2.5}}


def a_round(ours, theirs):
    figures = {row[1] for row in compare.ROWS}
    peers = {row[3] for row in compare.ROWS}
    found = {(figure, compare.HOLDFAST): a_run(ours) for figure in figures}
    found.update({(figure, peer): a_run(theirs, 2.0) for figure in figures for peer in peers})
    return found


class Compare(unittest.TestCase):
    def line(self, text, rounds, behind=(), failed=()):
        return next(line for line in compare.table(rounds, set(behind), dict(failed)) if line.startswith(f"| {text}"))

    def test_tells_medians_and_the_ratios_of_the_rounds(self):
        rounds = [a_round(100, 10), a_round(130, 10), a_round(400, 100)]
        self.assertEqual(self.line("RESERVE, pipeline 64, requests/s", rounds),
                         "| RESERVE, pipeline 64, requests/s | 130 | redis-lua | 10 | 10 (4..13) | ratio >= 12: **no** |")

    def test_what_is_wanted_may_be_a_ratio_or_a_value(self):
        rounds = [a_round(130, 10)]
        self.assertIn("ratio >= 12: yes", self.line("RESERVE, pipeline 64, requests/s", rounds))
        self.assertIn("ratio <= 0.05: **no**", self.line("RESERVE, pipeline 64, server CPU", rounds))
        self.assertIn("| 100 | redis-lua | 100 | 1 (1..1) | value <= 160: yes |", self.line("resident bytes a SKU", rounds))
        self.assertIn("| 100 | redis-lua |", self.line("resident bytes a live hold", rounds))

    def test_marks_figures_that_are_the_generators_too(self):
        rounds = [a_round(130, 10)]
        line = self.line("RESERVE, pipeline 64, requests/s", rounds, [("pipeline 64", compare.HOLDFAST)])
        self.assertIn("| 130* | redis-lua | 10 |", line)
        self.assertIn("load generator itself", compare.table(rounds, {("pipeline 64", compare.HOLDFAST)}, {})[-1])

    def test_says_whose_audit_failed(self):
        rounds = [a_round(130, 10)]
        failed = {("carts", compare.LUA): "a unit is missing"}
        self.assertIn("| 130 | redis-lua | 10 (!) |", self.line("carts of 4 SKUs", rounds, failed=failed))
        self.assertEqual(compare.table(rounds, set(), failed)[-1],
                         "(!) The audit of carts on redis-lua failed: a unit is missing")

    def test_writes_between_its_marks_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as folder:
            compare.README = pathlib.Path(folder) / "README.md"
            compare.README.write_text(f"above\n{compare.BEGIN}old\n{compare.END}below\n", encoding="utf-8")
            compare.write("new\n")
            self.assertEqual(compare.README.read_text(encoding="utf-8"),
                             f"above\n{compare.BEGIN}new\n{compare.END}below\n")


if __name__ == "__main__":
    unittest.main()
