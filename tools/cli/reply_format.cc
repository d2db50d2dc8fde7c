#include "tools/cli/reply_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "protocol/escape.h"

namespace holdfast::cli {
namespace {

bool is_aggregate(ReplyKind kind) {
  return kind == ReplyKind::array || kind == ReplyKind::map || kind == ReplyKind::set || kind == ReplyKind::push;
}

// Walks the nodes of one reply from the front; each function takes one element with all that is in it.
class Writer {
 public:
  explicit Writer(const RespReader& reply) : reply_(reply) {}

  std::string take_text() { return std::move(out_); }

  // `indent` is what stands before the second and later lines of an aggregate.
  void terminal(const std::string& indent) {
    const ReplyNode node = next();
    if (is_aggregate(node.kind)) return terminal_aggregate(node, indent);
    switch (node.kind) {
      case ReplyKind::error:
        return put("(error) {}\n", reply_.text(node));
      case ReplyKind::integer:
        return put("(integer) {}\n", node.number);
      case ReplyKind::text:
        return put("{}\n", in_quotes(reply_.text(node)));
      case ReplyKind::nil:
        return put("(nil)\n");
      case ReplyKind::boolean:
        return put("({})\n", node.number != 0);
      case ReplyKind::decimal:
        return put("(double) {}\n", reply_.text(node));
      default:
        return put("{}\n", reply_.text(node));
    }
  }

  void raw() {
    const ReplyNode node = next();
    if (!is_aggregate(node.kind)) return raw_scalar(node);
    for (int64_t i = 0; i < node.number; ++i) {
      if (i > 0) out_ += node.kind == ReplyKind::map && i % 2 == 1 ? ' ' : '\n';
      raw();
    }
  }

  void json() {
    const ReplyNode node = next();
    if (!is_aggregate(node.kind)) return json_scalar(node);
    const bool map = node.kind == ReplyKind::map;
    out_ += map ? '{' : '[';
    for (int64_t i = 0; i < node.number; ++i) {
      if (i > 0) out_ += map && i % 2 == 1 ? ':' : ',';
      if (map && i % 2 == 0) {
        json_key();
      } else {
        json();
      }
    }
    out_ += map ? '}' : ']';
  }

 private:
  ReplyNode next() { return reply_.nodes()[at_++]; }

  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void terminal_aggregate(const ReplyNode& node, const std::string& indent) {
    const bool map = node.kind == ReplyKind::map;
    const bool set = node.kind == ReplyKind::set;
    if (node.number == 0) return put("(empty {})\n", map ? "hash" : set ? "set" : "array");
    const int64_t count = map ? node.number / 2 : node.number;
    const size_t width = std::to_string(count).size();
    const std::string inner = indent + std::string(width + 2, ' ');
    for (int64_t i = 1; i <= count; ++i) {
      put("{}{:>{}}{} ", i == 1 ? "" : indent, i, width, map ? '#' : set ? '~' : ')');
      terminal(inner);
      if (!map) continue;
      out_.pop_back();
      out_ += " => ";
      const size_t begin = out_.size();
      terminal(inner);
      const bool several_lines = out_.find('\n', begin) + 1 < out_.size();
      if (several_lines) out_.insert(begin, "\n" + inner);
    }
  }

  void raw_scalar(const ReplyNode& node) {
    switch (node.kind) {
      case ReplyKind::integer:
        return put("{}", node.number);
      case ReplyKind::nil:
        return;
      case ReplyKind::boolean:
        return put("({})", node.number != 0);
      default:
        out_ += reply_.text(node);
    }
  }

  void json_scalar(const ReplyNode& node) {
    const std::string_view text = is_text(node.kind) ? reply_.text(node) : std::string_view();
    switch (node.kind) {
      case ReplyKind::integer:
        return put("{}", node.number);
      case ReplyKind::nil:
        return put("null");
      case ReplyKind::boolean:
        return put("{}", node.number != 0);
      case ReplyKind::decimal:
      case ReplyKind::big_number: {
        const bool number = text.find_first_of("0123456789") != std::string_view::npos;
        if (number) return put("{}", text);
        return put("{}", in_json(text));  // "inf" and "nan", for which JSON has no number
      }
      case ReplyKind::error:
        put("{{\"error\":");
        put("{}", in_json(text));
        return put("}}");
      default:
        return put("{}", in_json(text));
    }
  }

  static bool is_text(ReplyKind kind) {
    return kind != ReplyKind::integer && kind != ReplyKind::nil && kind != ReplyKind::boolean;
  }

  // JSON wants strings for keys.
  void json_key() {
    const ReplyNode& node = reply_.nodes()[at_];
    if (!is_aggregate(node.kind) && is_text(node.kind)) {
      ++at_;
      return put("{}", in_json(reply_.text(node)));
    }
    Writer inner(reply_);
    inner.at_ = at_;
    inner.json();
    at_ = inner.at_;
    put("{}", in_json(inner.out_));
  }

  const RespReader& reply_;
  size_t at_ = 0;
  std::string out_;
};

std::string plain_text(const RespReader& reply) {
  std::string text(reply.text(reply.first()));
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
}

}  // namespace

std::string formatted(const RespReader& reply, OutputFormat format, bool plain) {
  Writer writer(reply);
  const ReplyKind kind = reply.first().kind;
  const bool is_text = kind == ReplyKind::text || kind == ReplyKind::verbatim;
  if (plain && is_text && format != OutputFormat::json) return plain_text(reply);
  if (format == OutputFormat::terminal) {
    writer.terminal("");
    return writer.take_text();
  }
  if (format == OutputFormat::json) {
    writer.json();
  } else {
    writer.raw();
  }
  return writer.take_text() + '\n';
}

}  // namespace holdfast::cli
