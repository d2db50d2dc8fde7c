#include "protocol/scan_command.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/shard.h"
#include "protocol/arguments.h"
#include "protocol/glob.h"

namespace holdfast {
namespace {

// As strtoul reads it for Redis: any unsigned 64-bit number, of which only our own cursors lead anywhere.
std::optional<uint64_t> parse_cursor(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class ScanTour final : public ReplyTour {
 public:
  // `user`: null where nobody is asked who they are.
  ScanTour(ScanRequest request, uint32_t shards, UserPointer user)
      : request_(std::move(request)), user_(std::move(user)), at_(ScanCursor::of(request_.cursor)), shards_(shards) {
    if (request_.glob) glob_.emplace(*request_.glob);
  }

  void visit(Shard& shard, ShardIndex index) override {
    if (index != at_.shard) return;
    const uint32_t limit = shard.sku_limit();
    for (; at_.index < limit; ++at_.index) {
      if (met_ == request_.count || looked_at_ == scan_indexes_a_call) return;
      ++looked_at_;
      const auto sku = shard.sku_at(at_.index);
      if (!sku) continue;
      ++met_;
      if (matches(*sku)) found_.emplace_back(*sku);
    }
    at_ = {at_.shard + 1, 0};
  }

  void render(RespWriter& out, Client&) override {
    out.array(2);
    out.bulk(std::to_string(at_.shard < shards_ ? at_.number() : 0));
    out.array(found_.size());
    for (const std::string& sku : found_) out.bulk(sku);
  }

 private:
  bool matches(std::string_view sku) const {
    if (user_ && user_->scope && !user_->scope->admits(sku)) return false;
    return !request_.other_type && (!glob_ || glob_->matches(sku));
  }

  ScanRequest request_;
  std::optional<Glob> glob_;  // what it says
  UserPointer user_;          // names that it may not touch are not shown either
  ScanCursor at_;
  uint32_t shards_;
  uint64_t met_ = 0;  // COUNT counts these, whether they match or not
  uint32_t looked_at_ = 0;
  std::vector<std::string> found_;
};

}  // namespace

ReadError read_scan(Args args, ScanRequest& request) {
  const auto cursor = parse_cursor(args[1]);
  if (!cursor) return "ERR invalid cursor";
  request.cursor = *cursor;
  for (size_t at = 2; at < args.size(); at += 2) {
    if (at + 1 == args.size()) return "ERR syntax error";
    const std::string_view value = args[at + 1];
    if (same_word(args[at], "count")) {
      const auto count = parse_integer(value);
      if (!count) return "ERR value is not an integer or out of range";
      if (*count < 1) return "ERR syntax error";
      request.count = static_cast<uint64_t>(*count);
    } else if (same_word(args[at], "match")) {
      request.glob = value;
    } else if (same_word(args[at], "type")) {
      request.other_type = !same_word(value, "stock");
    } else {
      return "ERR syntax error";
    }
  }
  return std::nullopt;
}

TourPointer run_scan(Args args, Client& client, Services& services, RespWriter& out) {
  ScanRequest request;
  if (const ReadError error = read_scan(args, request)) return out.error(*error), nullptr;
  return std::make_unique<ScanTour>(std::move(request), services.shards(), client.user);
}

}  // namespace holdfast
