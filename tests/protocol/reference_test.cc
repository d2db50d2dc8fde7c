// The reference section of protocol/README.md comes out of the command table, and is compared with it here. To write it
// anew: HOLDFAST_WRITE_REFERENCE=1 build/bin/protocol_tests --gtest_filter='Reference.*'
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "protocol/commands.h"

namespace holdfast {
namespace {

constexpr std::string_view begin_mark = "<!-- reference: begin (written by reference_test) -->\n";
constexpr std::string_view end_mark = "<!-- reference: end -->\n";
const std::string readme_path = HOLDFAST_SOURCE_DIR "/protocol/README.md";

// As the text of a table's cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

void write_row(const CommandRow& row, std::string& out) {
  std::string request;
  for (const char c : row.name) request += c == '|' ? ' ' : static_cast<char>(std::toupper(c));
  if (!row.syntax.empty()) request += ' ' + std::string(row.syntax);
  out += "| `" + cell(request) + "` | " + cell(row.summary) + " | " + cell(row.reply) + " |\n";
}

std::string reference() {
  std::map<std::string_view, std::string> groups;
  for (const CommandRow& row : command_table()) {
    std::string& group = groups[row.group];
    const bool means_something_alone = row.subcommands.empty() || arity_fits(row, 1);
    if (means_something_alone) write_row(row, group);
    for (const CommandRow& subcommand : row.subcommands) write_row(subcommand, group);
  }
  std::string text;
  for (const char* const name : {"stock", "holds", "locks", "connection", "server"}) {
    const auto group = groups.extract(name);
    if (group)
      text += "\n### " + std::string(name) + "\n\n| request | what it does | reply |\n|---|---|---|\n" + group.mapped();
  }
  EXPECT_TRUE(groups.empty()) << "where does the group " << groups.begin()->first << " belong?";
  return text + "\n";
}

TEST(Reference, InTheReadmeIsThatOfTheCommandTable) {
  std::ifstream file(readme_path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  std::string readme = content.str();
  const size_t begin = readme.find(begin_mark);
  const size_t end = readme.find(end_mark);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos && begin < end) << "no marks in " << readme_path;
  const size_t first = begin + begin_mark.size();
  if (std::getenv("HOLDFAST_WRITE_REFERENCE")) {
    readme.replace(first, end - first, reference());
    ASSERT_TRUE(std::ofstream(readme_path, std::ios::binary) << readme);
    return;
  }
  EXPECT_EQ(readme.substr(first, end - first), reference())
      << "stale; write it anew with HOLDFAST_WRITE_REFERENCE=1 protocol_tests --gtest_filter='Reference.*'";
}

}  // namespace
}  // namespace holdfast
