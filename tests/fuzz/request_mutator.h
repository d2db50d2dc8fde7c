// What it is: changes a stream of requests as somebody would who knows the command table: requests of any row of it,
// words added, doubled, moved, taken away and replaced by what their place asks for, integers from the edge of every
// range, the form of a request (array or line); and lines of the stage (session_script.h). What is no request stays as
// it is. A new command is covered by its row. Threads: one. The same seed makes the same changes.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/command_syntax.h"
#include "protocol/commands.h"

namespace holdfast {

class RequestMutator {
 public:
  explicit RequestMutator(uint64_t seed) : random_(seed) {}

  std::string mutate(std::string_view stream);

  // One request of this row, of words that make sense, mostly.
  std::vector<std::string> request_of(const CommandRow& row);

 private:
  // A request, or bytes between requests.
  struct Part {
    std::vector<std::string> words;
    bool is_inline = false;
    std::string bytes;  // where it is no request
  };

  static std::vector<Part> read(std::string_view stream);
  static std::string written(const Part& part);
  Part new_part();
  void change_parts(std::vector<Part>& parts);
  void change_words(Part& part);
  std::string any_word();
  std::string integer(std::string_view name);
  std::string value(const Argument& argument);
  void put(const Argument& argument, std::vector<std::string>& words);
  void put_values(const Argument& argument, std::vector<std::string>& words);

  size_t below(size_t n) { return static_cast<size_t>(random_() % n); }
  bool one_in(size_t n) { return below(n) == 0; }
  template <class List>
  const auto& pick(const List& list) {
    return list[below(std::size(list))];
  }

  std::minstd_rand random_;
};

}  // namespace holdfast
