#include "protocol/command_docs.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

#include "engine/check.h"
#include "protocol/command_syntax.h"
#include "protocol/glob.h"
#include "protocol/subcommands.h"

namespace holdfast {
namespace {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t size = std::min(text.find(' '), text.size());
    if (size > 0) words.push_back(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return words;
}

bool has_flag(const CommandRow& row, std::string_view flag) {
  const auto words = words_of(row.flags);
  return std::find(words.begin(), words.end(), flag) != words.end();
}

// The row's syntax is ours, so one that cannot be read is a bug.
std::vector<Argument> arguments_of(const CommandRow& row) {
  auto arguments = parse_syntax(row.syntax);
  CHECK(arguments.has_value());
  return *std::move(arguments);
}

std::vector<std::string> categories_of(const CommandRow& row) {
  std::vector<std::string> categories;
  if (has_flag(row, "readonly")) categories.emplace_back("@read");
  if (has_flag(row, "write")) categories.emplace_back("@write");
  if (has_flag(row, "admin")) categories.emplace_back("@admin");
  if (has_flag(row, "admin")) categories.emplace_back("@dangerous");
  if (has_flag(row, "blocking")) categories.emplace_back("@blocking");
  categories.emplace_back(has_flag(row, "fast") ? "@fast" : "@slow");
  categories.push_back("@" + std::string(row.group));
  return categories;
}

void write_set(std::span<const std::string_view> words, RespWriter& out) {
  out.set(words.size());
  for (const std::string_view word : words) out.simple(word);
}

void write_field(std::string_view name, std::string_view value, RespWriter& out) {
  out.bulk(name);
  out.bulk(value);
}

void write_field(std::string_view name, int value, RespWriter& out) {
  out.bulk(name);
  out.integer(value);
}

void write_key_spec(const CommandRow& row, const KeySpec& spec, RespWriter& out) {
  out.map(3);
  out.bulk("flags");
  write_set(has_flag(row, "write") ? std::array<std::string_view, 2>{"RW", "update"}
                                   : std::array<std::string_view, 2>{"RO", "access"},
            out);
  out.bulk("begin_search");
  out.map(2);
  write_field("type", spec.keyword.empty() ? "index" : "keyword", out);
  out.bulk("spec");
  if (spec.keyword.empty()) {
    out.map(1);
    write_field("index", spec.first, out);
  } else {
    out.map(2);
    write_field("keyword", spec.keyword, out);
    write_field("startfrom", 1, out);
  }
  out.bulk("find_keys");
  out.map(2);
  write_field("type", "range", out);
  out.bulk("spec");
  out.map(3);
  write_field("lastkey", spec.last, out);
  write_field("keystep", spec.step, out);
  write_field("limit", 0, out);
}

void write_arguments(std::span<const Argument> arguments, RespWriter& out) {
  out.array(arguments.size());
  for (const Argument& argument : arguments) {
    const bool key = argument.type == Argument::Type::key;
    const bool flags = argument.optional || argument.multiple;
    const bool inner = !argument.arguments.empty();
    out.map(size_t{2} + key + !argument.token.empty() + flags + inner);
    write_field("name", argument.name, out);
    write_field("type", type_name(argument.type), out);
    if (key) write_field("key_spec_index", 0, out);
    if (!argument.token.empty()) write_field("token", argument.token, out);
    if (flags) {
      out.bulk("flags");
      out.set(size_t{0} + argument.optional + argument.multiple);
      if (argument.optional) out.simple("optional");
      if (argument.multiple) out.simple("multiple");
    }
    if (inner) {
      out.bulk("arguments");
      write_arguments(argument.arguments, out);
    }
  }
}

void write_docs_of(const CommandRow& row, RespWriter& out) {
  const std::vector<Argument> arguments = arguments_of(row);
  const bool has_arguments = !arguments.empty();
  const bool has_subcommands = !row.subcommands.empty();
  out.bulk(row.name);
  out.map(size_t{4} + has_arguments + has_subcommands);
  write_field("summary", row.summary, out);
  write_field("since", row.since, out);
  write_field("group", row.group, out);
  write_field("complexity", row.complexity, out);
  if (has_arguments) {
    out.bulk("arguments");
    write_arguments(arguments, out);
  }
  if (has_subcommands) {
    out.bulk("subcommands");
    out.map(row.subcommands.size());
    for (const CommandRow& subcommand : row.subcommands) write_docs_of(subcommand, out);
  }
}

// The row that a request's first words name.
const CommandRow* find_for(std::span<const CommandRow> rows, Args request) {
  const CommandRow* row = find_subcommand(rows, request[0]);
  if (!row || row->subcommands.empty() || request.size() < 2) return row;
  return find_subcommand(row->subcommands, request[1]);
}

void list_names(std::span<const CommandRow> rows, const auto& wanted, std::vector<std::string_view>& names) {
  for (const CommandRow& row : rows) {
    if (wanted(row)) names.push_back(row.name);
    list_names(row.subcommands, wanted, names);
  }
}

}  // namespace

void write_command_info(const CommandRow* row, RespWriter& out) {
  if (!row) return out.nil();
  const KeySpec spec = key_spec(arguments_of(*row));
  const bool at_index = spec.exists && spec.keyword.empty();
  std::vector<std::string_view> flags = words_of(row->flags);
  if (spec.exists && !at_index) flags.push_back("movablekeys");
  const std::vector<std::string> categories = categories_of(*row);
  out.array(10);
  out.bulk(row->name);
  out.integer(row->arity);
  write_set(flags, out);
  out.integer(at_index ? spec.first : 0);
  out.integer(!at_index ? 0 : spec.last < 0 ? spec.last : spec.first + spec.last);
  out.integer(at_index ? spec.step : 0);
  write_set(std::vector<std::string_view>(categories.begin(), categories.end()), out);
  out.set(0);  // tips
  out.set(spec.exists ? 1 : 0);
  if (spec.exists) write_key_spec(*row, spec, out);
  if (row->subcommands.empty()) return out.set(0);  // a set where there are none, an array of some: as Redis
  out.array(row->subcommands.size());
  for (const CommandRow& subcommand : row->subcommands) write_command_info(&subcommand, out);
}

void write_command_docs(std::span<const CommandRow> rows, Args names, RespWriter& out) {
  std::vector<const CommandRow*> wanted;
  for (const std::string_view name : names) {
    const CommandRow* row = find_in(rows, name);
    if (row && std::find(wanted.begin(), wanted.end(), row) == wanted.end()) wanted.push_back(row);
  }
  if (names.empty()) {
    for (const CommandRow& row : rows) wanted.push_back(&row);
  }
  out.map(wanted.size());
  for (const CommandRow* row : wanted) write_docs_of(*row, out);
}

void write_command_keys(std::span<const CommandRow> rows, Args request, RespWriter& out) {
  const CommandRow* row = find_for(rows, request);
  if (!row) return out.error("ERR Invalid command specified");
  const KeySpec spec = key_spec(arguments_of(*row));
  if (!spec.exists) return out.error("ERR The command has no key arguments");
  if (!arity_fits(*row, request.size())) return out.error("ERR Invalid number of arguments specified for command");
  size_t first = static_cast<size_t>(spec.first);
  if (!spec.keyword.empty()) {
    const auto keyword =
        std::find_if(request.begin(), request.end(), [&](auto word) { return same_word(word, spec.keyword); });
    first = static_cast<size_t>(keyword - request.begin()) + 1;
    if (first > request.size() && !spec.optional) return out.error("ERR Invalid arguments specified for command");
  }
  std::vector<std::string_view> keys;
  const size_t end = spec.last < 0 ? request.size() : std::min(first + 1, request.size());
  for (size_t at = first; at < end; at += static_cast<size_t>(spec.step)) keys.push_back(request[at]);
  out.array(keys.size());
  for (const std::string_view key : keys) out.bulk(key);
}

void write_command_list(std::span<const CommandRow> rows, Args filter, RespWriter& out) {
  const auto any = [](const CommandRow&) { return true; };
  const auto in_category = [&](const CommandRow& row) {
    const auto categories = categories_of(row);
    return std::find(categories.begin(), categories.end(), "@" + std::string(filter[2])) != categories.end();
  };
  const Glob pattern(filter.size() == 3 ? filter[2] : std::string_view{});
  const auto matching = [&](const CommandRow& row) { return pattern.matches(row.name); };
  std::vector<std::string_view> names;
  const bool filtered = filter.size() == 3 && same_word(filter[0], "filterby");
  if (filter.empty()) {
    list_names(rows, any, names);
  } else if (filtered && same_word(filter[1], "aclcat")) {
    list_names(rows, in_category, names);
  } else if (filtered && same_word(filter[1], "pattern")) {
    list_names(rows, matching, names);
  } else if (!filtered || !same_word(filter[1], "module")) {  // there are no modules
    return out.error("ERR syntax error");
  }
  out.array(names.size());
  for (const std::string_view name : names) out.bulk(name);
}

namespace {

void write_all_info(RespWriter& out) {
  out.array(command_table().size());
  for (const CommandRow& row : command_table()) write_command_info(&row, out);
}

TourPointer run_count(Args, Client&, Services&, RespWriter& out) {
  out.integer(command_table().size());
  return nullptr;
}

TourPointer run_list(Args args, Client&, Services&, RespWriter& out) {
  write_command_list(command_table(), args.subspan(2), out);
  return nullptr;
}

TourPointer run_command_info(Args args, Client&, Services&, RespWriter& out) {
  const Args names = args.subspan(2);
  if (names.empty()) {
    write_all_info(out);
    return nullptr;
  }
  // Described once and copied, however often one request names it: a mebibyte of names is a matter of milliseconds.
  std::unordered_map<const CommandRow*, Buffer> described;
  out.array(names.size());
  for (const std::string_view name : names) {
    const CommandRow* const row = find_in(command_table(), name);
    Buffer& text = described[row];
    if (text.empty()) {
      RespWriter once(text, out.version());
      write_command_info(row, once);
    }
    out.written(text.view());
  }
  return nullptr;
}

TourPointer run_docs(Args args, Client&, Services&, RespWriter& out) {
  write_command_docs(command_table(), args.subspan(2), out);
  return nullptr;
}

TourPointer run_getkeys(Args args, Client&, Services&, RespWriter& out) {
  write_command_keys(command_table(), args.subspan(2), out);
  return nullptr;
}

constexpr CommandRow row(std::string_view name, int arity, std::string_view syntax, std::string_view reply,
                         std::string_view summary, RunFunction run) {
  return run_row(name, arity, "server", syntax, reply, summary, "O(N) where N is the number of commands told of",
                 "loading stale", Ordering::at_once, run);
}

constexpr std::array rows{
    row("command|count", 2, "", "integer", "Tells how many commands there are.", run_count),
    row("command|docs", -2, "[command-name ...]", "map: documentation by name", "Documents all commands, or these.",
        run_docs),
    row("command|getkeys", -3, "command [arg ...]", "array: the SKUs", "Finds the SKUs among the words of a request.",
        run_getkeys),
    row("command|help", 2, "", "array of lines", "Prints this help.", run_help<command_subcommands>),
    row("command|info", -2, "[command-name ...]", "array: an entry or nil for each",
        "Describes all commands, or these, for clients.", run_command_info),
    row("command|list", -2, "[FILTERBY <MODULE name | ACLCAT category | PATTERN glob>]", "array of names",
        "Lists the names of all commands, or of those that match.", run_list),
};

}  // namespace

std::span<const CommandRow> command_subcommands() {
  return rows;
}

TourPointer run_command(Args, Client&, Services&, RespWriter& out) {
  write_all_info(out);
  return nullptr;
}

}  // namespace holdfast
