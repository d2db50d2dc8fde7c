#!/usr/bin/env python3
"""The rules of house.py on small trees: each must find what is wrong, and only that."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import house

TABLE = """
folder engine:   engine          | asio
folder protocol: engine protocol
folder tools:    engine protocol tools
folder tests:    engine protocol tools tests
folder bench:    engine protocol bench
floor low:  types
floor high: shard*
"""


class HouseTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def found(self, rule):
        """[(path, line)] of what the rule finds."""
        return [(path, line) for path, line, _ in rule(self.root)]


class Layers(HouseTest):
    def found(self):
        self.write("layers.txt", TABLE)
        return [(path, line) for path, line, _ in house.layers(self.root, self.root / "layers.txt")]

    def test_lets_includes_point_downward(self):
        self.write("engine/types.h", "#include <vector>\n")
        self.write("engine/shard.h", '#include "engine/types.h"\n#include "engine/shard_parts.h"\n')
        self.write("tools/cli/main.cc", '#include "protocol/parser.h"\n#include <asio.hpp>\n')
        self.assertEqual(self.found(), [])

    def test_finds_an_engine_that_includes_the_protocol(self):
        self.write("engine/shard.cc", '#include <vector>\n#include "protocol/parser.h"\n')
        self.assertEqual(self.found(), [("engine/shard.cc", 2)])

    def test_finds_an_engine_that_includes_asio(self):
        self.write("engine/shard.cc", "#include <asio/ip/tcp.hpp>\n")
        self.assertEqual(self.found(), [("engine/shard.cc", 1)])

    def test_finds_a_protocol_that_includes_a_tool(self):
        self.write("protocol/parser.cc", '#  include "tools/server/flags.h"\n')
        self.assertEqual(self.found(), [("protocol/parser.cc", 1)])

    def test_finds_a_lower_floor_that_includes_a_higher_one(self):
        self.write("engine/types.h", '#include "engine/shard.h"\n')
        self.assertEqual(self.found(), [("engine/types.h", 1)])

    def test_finds_an_engine_file_without_a_floor(self):
        self.write("engine/novelty.h", "")
        self.assertEqual(self.found(), [("engine/novelty.h", 1)])

    def test_finds_an_include_that_hides_its_folder(self):
        self.write("engine/shard.cc", '#include "types.h"\n')
        self.assertEqual(self.found(), [("engine/shard.cc", 1)])

    def test_does_not_read_a_comment_as_an_include(self):
        self.write("engine/shard.cc", '// #include "protocol/parser.h"\n')
        self.assertEqual(self.found(), [])


def body(lines):
    return "  f();\n" * lines


class Sizes(HouseTest):
    def test_accepts_the_largest_file_and_finds_one_line_more(self):
        self.write("engine/a.cc", "\n" * 400)
        self.write("engine/b.h", "\n" * 401)
        self.assertEqual(self.found(house.sizes), [("engine/b.h", 401)])

    def test_accepts_the_longest_function_and_finds_one_line_more(self):
        self.write("engine/a.cc", "void f() {\n" + body(68) + "}\n")
        self.write("engine/b.cc", "// why\nvoid f() {\n" + body(69) + "}\n")
        self.assertEqual(self.found(house.sizes), [("engine/b.cc", 2)])

    def test_finds_a_long_function_wherever_it_stands(self):
        for head in ("TEST(Reserve, GivesUnitsBack) {", "namespace a {\nnamespace {\nint f(int x) const noexcept {",
                     "class A : public B {\n public:\n  A() : b_{1}, c_(2) {", "template <class T>\nauto f(T t) -> T {",
                     'extern "C" int f() {', "constexpr Row kRows[] = {\n  {1, [](int x) {",
                     "struct alignas(64) A {\n  void f() {"):
            with self.subTest(head=head):
                self.write("engine/a.cc", head + "\n" + body(100) + "}" * head.count("{") + "\n")
                self.assertEqual(len(self.found(house.sizes)), 1)

    def test_does_not_take_types_namespaces_and_tables_for_functions(self):
        for head in ("namespace a {", "class A final : public B<decltype(f())> {", "enum class E : int {",
                     "constexpr auto kTable = make(3) = {", "template <class T, int N = (3 > 2)>\nstruct S {",
                     'extern "C" {'):
            with self.subTest(head=head):
                self.write("engine/a.cc", head + "\n" + "  int x;\n" * 100 + "};\n")
                self.assertEqual(self.found(house.sizes), [])

    def test_is_not_led_astray_by_braces_in_literals_comments_and_macros(self):
        self.write("engine/a.cc", 'void f() {\n  g("}", \'}\', 1\'000, R"(})"); // }\n}\n#define M() {\n'
                   + "void g() {\n" + body(100) + "}\n")
        self.assertEqual(self.found(house.sizes), [("engine/a.cc", 5)])


class TopLevel(HouseTest):
    def test_accepts_the_house_with_dotfiles_and_builds(self):
        for name in house.TOP_LEVEL | {".clang-format", "build", "build-asan"}:
            (self.root / name).mkdir()
        self.assertEqual(self.found(house.top_level), [])

    def test_finds_what_is_too_much_and_what_is_missing(self):
        for name in house.TOP_LEVEL - {"bench"} | {"docs"}:
            (self.root / name).mkdir()
        self.assertEqual(self.found(house.top_level), [("docs", 1), ("bench", 1)])


class Sleeps(HouseTest):
    def test_finds_a_sleep_in_a_test(self):
        self.write("tests/engine/a_test.cc", "\nstd::this_thread::sleep_for(1ms);\n")
        self.write("tests/support/b.cc", "usleep(1);\n")
        self.assertEqual(self.found(house.sleeps), [("tests/engine/a_test.cc", 2), ("tests/support/b.cc", 1)])

    def test_lets_tests_of_real_processes_sleep_and_others_speak_of_it(self):
        self.write("tests/system/a_test.cc", "usleep(1);\n")
        self.write("tests/engine/a_test.cc", "// sleep_for(1ms)\nbool sleeps = asleep();\n")
        self.assertEqual(self.found(house.sleeps), [])


class Exceptions(HouseTest):
    def test_finds_one_thrown_and_one_caught_in_the_engine(self):
        self.write("engine/a.cc", "throw 1;\ntry {\n} catch (...) {\n}\n")
        self.assertEqual(self.found(house.exceptions), [("engine/a.cc", 1), ("engine/a.cc", 2), ("engine/a.cc", 3)])

    def test_lets_comments_and_names_speak_of_them(self):
        self.write("engine/a.cc", '// never throw\nint retry = catch_up(); f("try");\n')
        self.write("tools/cli/main.cc", "try {\n} catch (...) {\n}\n")
        self.assertEqual(self.found(house.exceptions), [])


if __name__ == "__main__":
    unittest.main()
