#include "tools/load/storm.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "tools/load/names.h"
#include "tools/load/stock_book.h"

namespace holdfast::load {
namespace {

constexpr auto look_every = std::chrono::milliseconds(2);
constexpr TimeNs patience = 30 * ns_a_second;
constexpr uint64_t cart_base = uint64_t{1} << 59;

double ms_of(TimeNs time) {
  return static_cast<double>(time) / static_cast<double>(ns_a_ms);
}

}  // namespace

Storm::~Storm() {
  if (thread_.joinable()) thread_.join();
}

TimeNs Storm::due(uint64_t hold) const {
  const double share = static_cast<double>(hold) / static_cast<double>(options_.holds);
  return first_deadline_ + static_cast<TimeNs>(share * static_cast<double>(options_.due_within_ms * ns_a_ms));
}

uint64_t Storm::due_by(TimeNs time) const {
  if (time < first_deadline_) return 0;
  const double share = ms_of(time - first_deadline_) / static_cast<double>(options_.due_within_ms);
  const auto holds = static_cast<double>(options_.holds);
  return static_cast<uint64_t>(std::min(std::floor(share * holds) + 1, holds));
}

cli::LinkError Storm::fill(cli::ServerLink& link) {
  const TimeNs begin = now_ns();
  first_deadline_ = begin + options_.fill_ms * ns_a_ms;
  TimeNs next_line = begin + ns_a_second;
  auto error = ask_each(
      link, 0, options_.holds,
      [&](Buffer& out, uint64_t hold) {
        // Rounded up: no hold is due before due(hold), whatever its way to the server takes.
        const int64_t ttl_ms = (due(hold) - now_ns() + ns_a_ms - 1) / ns_a_ms;
        const std::array<CartItem, 1> items = {CartItem{options_.skus + hold % storm_skus, 1}};
        dialect_.reserve(out, CartName(cart_base + hold).view(), items, std::max<int64_t>(ttl_ms, 1), 0);
      },
      [&](uint64_t hold, const RespReader& reply) -> cli::LinkError {
        if (reply.first().kind != ReplyKind::array) {
          return fmt::format("hold {} was refused: {}", hold, reply.text(reply.first()));
        }
        const TimeNs now = now_ns();
        if (now >= first_deadline_) return "the first holds were due before the last were made: raise --fill-time";
        if (now >= next_line) {
          fmt::print(stderr, "Holds made: {} of {}\n", hold + 1, options_.holds);
          next_line += ns_a_second;
        }
        return std::nullopt;
      });
  result_.holds = options_.holds;
  result_.fill_seconds = seconds_of(now_ns() - begin);
  if (!error) fmt::print(stderr, "Holds made: {} in {:.1f} s\n", options_.holds, result_.fill_seconds);
  return error;
}

cli::LinkError Storm::begin_watch() {
  if (auto error = watch_link_.connect()) return error;
  thread_ = std::thread([this] { watch(); });
  return std::nullopt;
}

StormResult Storm::end_watch() {
  if (thread_.joinable()) thread_.join();
  return result_;
}

cli::LinkError Storm::count_held(uint64_t& held) {
  held = 0;
  return ask_each(
      watch_link_, options_.skus, options_.skus + storm_skus,
      [&](Buffer& out, uint64_t sku) { dialect_.read_stock(out, sku); },
      [&](uint64_t, const RespReader& reply) -> cli::LinkError {
        const auto figures = dialect_.figures_of(reply);
        if (!figures) return "no figures of a SKU";
        held += static_cast<uint64_t>(figures->held);
        return std::nullopt;
      });
}

void Storm::watch() {
  // From a little before: what is back then is back too early.
  std::this_thread::sleep_until(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(first_deadline_)) -
                                10 * look_every);
  for (uint64_t held = options_.holds; held > 0;) {
    if (auto error = count_held(held)) {
      result_.failure = *error;
      return;
    }
    const TimeNs now = now_ns();
    const uint64_t back = options_.holds - std::min(held, options_.holds);
    const uint64_t due_now = due_by(now + ns_a_ms);  // redis-lua keeps deadlines in whole milliseconds
    if (back > due_now) result_.early_units = std::max(result_.early_units, back - due_now);
    if (held > 0) result_.latest_ms = std::max(result_.latest_ms, ms_of(now - due(back)));
    if (held == 0) {
      result_.last_back_ms = std::max(0.0, ms_of(now - due(options_.holds - 1)));
      result_.latest_ms = std::max(result_.latest_ms, result_.last_back_ms);
    }
    if (held > 0 && now > last_deadline() + patience) return;
    if (held > 0) std::this_thread::sleep_for(look_every);
  }
}

}  // namespace holdfast::load
