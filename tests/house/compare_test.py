#!/usr/bin/env python3
"""bench/compare and bench/durability without their servers: medians, ratios, what is wanted, and where the results are
written."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))
import in_turns  # noqa: E402


def loaded(name):
    loader = importlib.machinery.SourceFileLoader(name, str(BENCH / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


compare = loaded("compare")
durability = loaded("durability")


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

    def test_a_figure_may_stand_alone(self):
        rounds = [{("facts", durability.EVERYSEC): {"recovered_facts": "4000000", "recovery_usec": usec}}
                  for usec in ("1000000", "4000000", "1600000")]
        rows = [row for row in durability.ROWS if row[1] == "facts"]
        self.assertEqual(in_turns.table(rows, rounds, set(), {})[-1],
                         "| a start: facts/s | 2,500,000 |  |  |  | value >= 2000000: yes |")

    def test_writes_between_its_marks_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as folder:
            in_turns.README = pathlib.Path(folder) / "README.md"
            page = "above\n<!-- one: begin -->\n{}\n<!-- one: end -->\n<!-- two: begin -->\nkept\n<!-- two: end -->\n"
            in_turns.README.write_text(page.format("old"), encoding="utf-8")
            in_turns.write("one", "new\n")
            self.assertEqual(in_turns.README.read_text(encoding="utf-8"), page.format("new"))

    def test_both_have_a_section_to_write_into(self):
        page = in_turns.README.read_text(encoding="utf-8")
        for section in ("compare", "durability"):
            self.assertEqual([page.count(f"<!-- {section}: {word} -->\n") for word in ("begin", "end")], [1, 1])


if __name__ == "__main__":
    unittest.main()
