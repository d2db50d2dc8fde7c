#include "tools/cli/line_editor.h"

#include <fmt/format.h>
#include <histedit.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <string_view>

#include "engine/check.h"
#include "protocol/utf8.h"
#include "tools/cli/assistance.h"
#include "tools/cli/history_file.h"
#include "tools/cli/signals.h"

namespace holdfast::cli {
namespace {

size_t terminal_columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

bool terminal_has_cursor() {
  const char* const name = std::getenv("TERM");
  return name != nullptr && *name != '\0' && std::string_view(name) != "dumb";
}

bool input_waits() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, 0) > 0;
}

std::string common_prefix(const std::vector<std::string>& words) {
  // Sorted: what the first and the last share, all do.
  const auto [end, unused] =
      std::mismatch(words.front().begin(), words.front().end(), words.back().begin(), words.back().end());
  return {words.front().begin(), end};
}

std::string in_columns(const std::vector<std::string>& words) {
  size_t width = 0;
  for (const std::string& word : words) width = std::max(width, word.size() + 2);
  const size_t a_line = std::max<size_t>(1, terminal_columns() / width);
  std::string text;
  for (size_t at = 0; at < words.size(); ++at) {
    const bool last = (at + 1) % a_line == 0 || at + 1 == words.size();
    text += last ? words[at] + "\n" : fmt::format("{:<{}}", words[at], width);
  }
  return text;
}

std::string_view typed_of(editline* editor) {
  const LineInfo* const line = el_line(editor);
  return {line->buffer, static_cast<size_t>(line->cursor - line->buffer)};
}

}  // namespace

struct LineEditor::Callbacks {
  static LineEditor& self(EditLine* editor) {
    void* data = nullptr;
    el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<LineEditor*>(data);
  }
  static char* prompt(EditLine* editor) { return self(editor).prompt_.data(); }
  static int read_char(EditLine* editor, wchar_t* character) { return self(editor).read_char(*character); }
  static unsigned char complete(EditLine* editor, int) { return self(editor).complete_word(); }
};

LineEditor::LineEditor(const std::vector<std::string>& history)
    : editor_(el_init("holdfast-cli", stdin, stdout, stderr)), history_(history_init()), hints_(terminal_has_cursor()) {
  CHECK(editor_ != nullptr && history_ != nullptr);
  HistEvent event;
  ::history(history_, &event, H_SETSIZE, static_cast<int>(history_lines));
  ::history(history_, &event, H_SETUNIQUE, 1);
  for (const std::string& line : history) remember(line);
  el_set(editor_, EL_CLIENTDATA, this);
  el_set(editor_, EL_PROMPT, &Callbacks::prompt);
  el_set(editor_, EL_EDITOR, "emacs");
  el_set(editor_, EL_HIST, ::history, history_);
  el_set(editor_, EL_GETCFN, &Callbacks::read_char);
  el_set(editor_, EL_ADDFN, "holdfast-complete", "completes the word at the cursor", &Callbacks::complete);
  el_set(editor_, EL_BIND, "^I", "holdfast-complete", nullptr);
  el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_source(editor_, nullptr);
}

LineEditor::~LineEditor() {
  el_end(editor_);
  history_end(history_);
}

LineEditor::Outcome LineEditor::read(const std::string& prompt, std::string& line) {
  prompt_ = prompt;
  int count = 0;
  // el_gets does this only after it has shown the prompt, when somebody quick may have typed Ctrl-D already.
  el_set(editor_, EL_PREP_TERM, 1);
  const char* const text = el_gets(editor_, &count);
  if (interrupted()) {  // what was typed so far may be in text
    forget_interrupt();
    fmt::print("^C\n");
    return Outcome::interrupted;
  }
  if (told_to_end() || text == nullptr || count <= 0) {
    fmt::print("\n");
    return Outcome::end;
  }
  line.assign(text, static_cast<size_t>(count));
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  return Outcome::line;
}

void LineEditor::remember(const std::string& line) {
  HistEvent event;
  ::history(history_, &event, H_ENTER, line.c_str());
}

// libedit has drawn the line by now, and draws again only when it has the key: in between the rest of the row is ours.
int LineEditor::read_char(wchar_t& character) {
  show_hint();
  std::mbstate_t state{};
  for (;;) {
    const bool ready = wait_for(STDIN_FILENO, POLLIN);
    if (!ready && waits_on()) continue;
    hide_hint();
    char byte = 0;
    if (!ready || ::read(STDIN_FILENO, &byte, 1) <= 0) return 0;  // libedit ends the line
    const size_t length = std::mbrtowc(&character, &byte, 1, &state);
    if (length == static_cast<size_t>(-2)) continue;  // more bytes of it to come
    if (length == static_cast<size_t>(-1)) state = {};
    if (length <= 1) return 1;
  }
}

// After a signal: false where it ends the line.
bool LineEditor::waits_on() {
  if (interrupted() || told_to_end()) return false;
  const bool resized = take_resize();
  const bool continued = take_continuation();
  if (!resized && !continued) return true;
  hide_hint();
  if (resized) el_resize(editor_);
  if (continued) {  // libedit thinks that its modes still hold, unless they were given back first
    el_set(editor_, EL_PREP_TERM, 0);
    el_set(editor_, EL_PREP_TERM, 1);
  }
  el_set(editor_, EL_REFRESH);
  show_hint();
  return true;
}

void LineEditor::show_hint() {
  if (!hints_ || input_waits()) return;  // pasted text needs no help
  const LineInfo* const line = el_line(editor_);
  const std::string_view typed = typed_of(editor_);
  if (typed.empty() || line->cursor != line->lastchar) return;
  const size_t columns = terminal_columns();
  const size_t room = columns - 1 - (columns_of(prompt_) + columns_of(typed)) % columns;
  const std::string hint = hint_for(typed).substr(0, room);
  if (hint.empty()) return;
  fmt::print("\0337\033[90m{}\033[0m\0338", hint);  // save the cursor, grey, and back
  std::fflush(stdout);
  hint_shown_ = true;
}

void LineEditor::hide_hint() {
  if (!hint_shown_) return;
  fmt::print("\033[K");
  std::fflush(stdout);
  hint_shown_ = false;
}

unsigned char LineEditor::complete_word() {
  const Completion completion = complete(typed_of(editor_));
  if (completion.candidates.empty()) return CC_REFRESH_BEEP;
  const bool only = completion.candidates.size() == 1;
  const std::string prefix = common_prefix(completion.candidates);
  if (only || prefix.size() > completion.word_bytes) {
    el_deletestr(editor_, static_cast<int>(completion.word_bytes));
    el_insertstr(editor_, (only ? prefix + " " : prefix).c_str());
    return CC_REFRESH;
  }
  fmt::print("\n{}", in_columns(completion.candidates));
  return CC_REDISPLAY;
}

}  // namespace holdfast::cli
