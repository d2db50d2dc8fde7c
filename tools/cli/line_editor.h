// What it is: a line of a person's at a terminal, by libedit: history, completion with Tab, and what is still to come
// in the command dimmed behind the cursor. ~/.editrc is read, so whoever wants vi keys has them.
// Threads: one. REQUIRES: stdin is a terminal; take_signals() was called; one editor at a time.
#pragma once

#include <string>
#include <vector>

struct editline;
struct history;

namespace holdfast::cli {

class LineEditor {
 public:
  explicit LineEditor(const std::vector<std::string>& history);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  // interrupted: Ctrl-C, the line is dropped. end: Ctrl-D at an empty line, or the session was told to end.
  enum class Outcome { line, interrupted, end };
  Outcome read(const std::string& prompt, std::string& line);
  void remember(const std::string& line);

 private:
  struct Callbacks;  // what libedit calls

  int read_char(wchar_t& character);
  bool waits_on();
  void show_hint();
  void hide_hint();
  unsigned char complete_word();

  editline* editor_;
  ::history* history_;
  std::string prompt_;
  const bool hints_;  // the terminal can save its cursor
  bool hint_shown_ = false;
};

}  // namespace holdfast::cli
