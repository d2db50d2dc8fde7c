// What it is: the least that a command can run with: settings and a hasher, and no server behind them.
#pragma once

#include <deque>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "engine/check.h"
#include "protocol/commands.h"
#include "protocol/services.h"

namespace holdfast {

class PlainServices : public Services {
 public:
  const Settings& settings() const override { return settings_; }
  Settings& settings_of(ShardIndex) override { return settings_; }
  uint32_t shards() const override { return 1; }
  Reactor& reactor(ShardIndex) override {
    CHECK(false);
    std::abort();
  }
  const Hasher& hasher() const override { return hasher_; }
  SecurityLog& security_log() override { return security_log_; }
  void check_login(const Client& client) override { logins.push_back(client.id); }
  TimeUs started_us() const override { return 0; }
  std::string_view run_id() const override { return "0123456789012345678901234567890123456789"; }
  void shut_down() override {}

  std::vector<uint64_t> logins;  // under way, by client

 private:
  SecurityLog security_log_;
  Settings settings_;
  Hasher hasher_{42};
};

// What reading a request came to: the journey, or the error's text.
struct ReadRequest {
  std::vector<std::string_view> args;
  Journey journey;
  ReadError error;
};

// Reads it with the function of its row. The words have to outlive the result; literals do. Journeys do not move.
inline ReadRequest& read(std::deque<ReadRequest>& kept, Services& services, std::vector<std::string_view> args) {
  ReadRequest& request = kept.emplace_back();
  request.args = std::move(args);
  const CommandRow* const row = find_command(request.args[0]);
  CHECK(row && row->read && arity_fits(*row, request.args.size()));
  request.error = row->read(request.args, services, request.journey);
  return request;
}

}  // namespace holdfast
