#include "tools/cli/history_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "protocol/subcommands.h"
#include "tools/cli/words.h"

namespace holdfast::cli {
namespace {

void write_to(const std::string& path, int flags, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
  if (fd < 0) return;
  // One write: lines of sessions at the same time do not mix. One that fails is a line less.
  [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
  ::close(fd);
}

}  // namespace

std::vector<std::string> load_history(const std::string& path) {
  std::vector<std::string> lines;
  if (path.empty()) return lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  const size_t in_file = lines.size();
  if (in_file > history_lines) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(history_lines));
  }
  if (in_file >= 2 * history_lines) {
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    write_to(path, O_TRUNC, text);
  }
  return lines;
}

void append_to_history(const std::string& path, std::string_view line) {
  if (!path.empty()) write_to(path, O_APPEND, std::string(line) + '\n');
}

bool says_password(std::string_view line) {
  const auto words = split_line(line);
  if (!words || words->empty()) return false;
  const auto is_auth = [](const std::string& word) { return same_word(word, "AUTH"); };
  return is_auth(words->front()) ||
         (same_word(words->front(), "HELLO") && std::any_of(words->begin(), words->end(), is_auth));
}

}  // namespace holdfast::cli
