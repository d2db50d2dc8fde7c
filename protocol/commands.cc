#include "protocol/commands.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "engine/check.h"
#include "protocol/command_rows.h"
#include "protocol/subcommands.h"

namespace holdfast {
namespace {

// A command's name in any case as two words that say it all: its first and its last eight bytes (which overlap), folded
// to lower case. The bit of the fold makes letters out of letters only, so that equal words mean equal names as long
// as the names of the table are of letters only.
struct FoldedName {
  uint64_t first = 0;
  uint64_t last = 0;

  friend bool operator==(const FoldedName&, const FoldedName&) = default;
};

constexpr size_t longest_name = 16;

template <typename Word>
uint64_t word_at(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// REQUIRES: 1..longest_name bytes.
FoldedName fold(std::string_view name) {
  constexpr uint64_t lower = 0x2020202020202020;
  const char* const begin = name.data();
  const char* const end = begin + name.size();
  if (name.size() >= 8) return {word_at<uint64_t>(begin) | lower, word_at<uint64_t>(end - 8) | lower};
  if (name.size() >= 4) return {word_at<uint32_t>(begin) | lower, word_at<uint32_t>(end - 4) | lower};
  if (name.size() >= 2) return {word_at<uint16_t>(begin) | lower, word_at<uint16_t>(end - 2) | lower};
  return {static_cast<uint64_t>(*begin) | lower, 0};
}

// The table with a hash index over it; the multiplier is sought at the start so that no two names meet.
class Commands {
 public:
  Commands() {
    for (const auto part : {data_commands(), connection_commands(), server_commands()}) {
      rows_.insert(rows_.end(), part.begin(), part.end());
    }
    std::sort(rows_.begin(), rows_.end(), [](const CommandRow& a, const CommandRow& b) { return a.name < b.name; });
    for (const CommandRow& row : rows_) {
      CHECK(!row.name.empty() && row.name.size() <= longest_name);
      CHECK(std::all_of(row.name.begin(), row.name.end(), [](char c) { return c >= 'a' && c <= 'z'; }));
    }
    top_rows_ = rows_.size();
    append_subcommands();
    while (!place_all()) multiplier_ = multiplier_ * 6364136223846793005u + 1442695040888963407u;  // Knuth's MMIX
  }

  std::span<const CommandRow> all() const { return rows_; }
  std::span<const CommandRow> top() const { return all().first(top_rows_); }

  const CommandRow* find(std::string_view name) const {
    if (name.empty() || name.size() > longest_name) return nullptr;
    const FoldedName folded = fold(name);
    const Place& place = places_[place_of(folded, name.size())];
    return place.name == folded && place.size == name.size() ? place.row : nullptr;
  }

 private:
  static constexpr size_t place_bits = 9;

  struct Place {
    FoldedName name;
    size_t size = 0;
    const CommandRow* row = nullptr;
  };

  size_t place_of(const FoldedName& name, size_t size) const {
    return static_cast<size_t>(((name.first ^ size) * multiplier_ + name.last) * multiplier_ >> (64 - place_bits));
  }

  // Containers point to the rows here from now on: only these have numbers.
  void append_subcommands() {
    for (size_t i = 0; i < top_rows_; ++i) {
      const auto subcommands = rows_[i].subcommands;
      rows_.insert(rows_.end(), subcommands.begin(), subcommands.end());
    }
    size_t next = top_rows_;
    for (size_t i = 0; i < top_rows_; ++i) {
      const size_t count = rows_[i].subcommands.size();
      rows_[i].subcommands = all().subspan(next, count);
      next += count;
    }
    for (size_t i = 0; i < rows_.size(); ++i) rows_[i].number = static_cast<uint16_t>(i);
  }

  bool place_all() {
    places_ = {};
    for (const CommandRow& row : top()) {
      const FoldedName folded = fold(row.name);
      Place& place = places_[place_of(folded, row.name.size())];
      CHECK(place.name != folded || place.size != row.name.size());  // two rows of one name
      if (place.row) return false;
      place = {folded, row.name.size(), &row};
    }
    return true;
  }

  std::vector<CommandRow> rows_;
  size_t top_rows_ = 0;
  uint64_t multiplier_ = 0x9e3779b97f4a7c15;
  std::array<Place, size_t{1} << place_bits> places_;
};

const Commands& commands() {
  static const Commands instance;
  return instance;
}

}  // namespace

std::span<const CommandRow> command_table() {
  return commands().top();
}

std::span<const CommandRow> all_commands() {
  return commands().all();
}

const CommandRow* find_command(std::string_view name) {
  return commands().find(name);
}

const CommandRow* find_called(Args request) {
  const CommandRow* row = find_command(request[0]);
  if (!row || row->subcommands.empty() || request.size() == 1) [[likely]]
    return row;
  return find_subcommand(row->subcommands, request[1]);
}

bool arity_fits(const CommandRow& row, size_t args) {
  const size_t asked = static_cast<size_t>(row.arity < 0 ? -row.arity : row.arity);
  return row.arity < 0 ? args >= asked : args == asked;
}

}  // namespace holdfast
