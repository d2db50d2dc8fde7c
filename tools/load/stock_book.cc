#include "tools/load/stock_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <thread>

#include "tools/load/names.h"

namespace holdfast::load {
namespace {

constexpr uint64_t requests_under_way = 512;
constexpr size_t most_complaints = 10;

cli::LinkError refusal(uint64_t sku, const RespReader& reply) {
  const ReplyNode& first = reply.first();
  const std::string_view said = first.kind == ReplyKind::error ? reply.text(first) : "no figures";
  return fmt::format("{}: the server says: {}", SkuName(sku).view(), said);
}

void say_progress(uint64_t done, uint64_t all, TimeNs since) {
  const double rate = static_cast<double>(done) / std::max(seconds_of(now_ns() - since), 1e-9);
  fmt::print(stderr, "SKUs loaded: {} of {}, {:.0f} a second\n", done, all, rate);
}

}  // namespace

cli::LinkError ask_each(cli::ServerLink& link, uint64_t first, uint64_t last,
                        const std::function<void(Buffer&, uint64_t)>& write,
                        const std::function<cli::LinkError(uint64_t, const RespReader&)>& take) {
  Buffer out;
  while (first < last) {
    const uint64_t end = std::min(last, first + requests_under_way);
    out.clear();
    for (uint64_t i = first; i < end; ++i) write(out, i);
    if (auto error = link.send(out.view())) return error;
    for (; first < end; ++first) {
      if (auto error = link.receive()) return error;
      if (auto error = take(first, link.reply())) return error;
    }
  }
  return std::nullopt;
}

cli::LinkError StockBook::load(uint64_t count, int64_t units) {
  const uint64_t first = before_.size();
  const uint64_t last = first + count;
  const TimeNs begin = now_ns();
  TimeNs next_line = begin + ns_a_second;
  auto error = ask_each(
      link_, first, last, [&](Buffer& out, uint64_t sku) { dialect_.set_stock(out, sku, units); },
      [&](uint64_t sku, const RespReader& reply) -> cli::LinkError {
        const auto figures = dialect_.figures_of(reply);
        if (!figures) return refusal(sku, reply);
        if (figures->held != 0) return fmt::format("{}: somebody holds units of it already", SkuName(sku).view());
        before_.push_back(*figures);
        if (now_ns() >= next_line) {
          say_progress(sku + 1 - first, count, begin);
          next_line += ns_a_second;
        }
        return std::nullopt;
      });
  if (!error && count > 0) say_progress(count, count, begin);
  return error;
}

// Of these only those are left that have units held.
cli::LinkError StockBook::keep_held(std::vector<uint64_t>& skus) {
  std::vector<uint64_t> held;
  auto error = ask_each(
      link_, 0, skus.size(), [&](Buffer& out, uint64_t i) { dialect_.read_stock(out, skus[i]); },
      [&](uint64_t i, const RespReader& reply) -> cli::LinkError {
        const auto figures = dialect_.figures_of(reply);
        if (!figures) return refusal(skus[i], reply);
        if (figures->held != 0) held.push_back(skus[i]);
        return std::nullopt;
      });
  skus = std::move(held);
  return error;
}

// Asks until `until` for those that still have units held; what is left in `held` then has.
cli::LinkError StockBook::look_for_held(TimeNs until, std::vector<uint64_t>& held) {
  while (!held.empty() && now_ns() < until) {
    if (auto error = keep_held(held)) return error;
    if (!held.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return std::nullopt;
}

std::vector<uint64_t> StockBook::all_skus() const {
  std::vector<uint64_t> all(before_.size());
  std::iota(all.begin(), all.end(), uint64_t{0});
  return all;
}

cli::LinkError StockBook::count_held(uint64_t& skus) {
  std::vector<uint64_t> held = all_skus();
  auto error = keep_held(held);
  skus = held.size();
  return error;
}

cli::LinkError StockBook::audit(TimeNs last_deadline, TimeNs patience, uint64_t told_sold, bool all_told,
                                Audit& result) {
  std::vector<uint64_t> held = all_skus();
  if (auto error = look_for_held(now_ns() + patience, held)) return error;

  result = {};
  if (held.empty()) result.back_ms = std::max(0.0, seconds_of(now_ns() - last_deadline) * 1000);
  result.told_sold = told_sold;
  const auto complain = [&](std::string text) {
    if (result.complaints.size() < most_complaints) result.complaints.push_back(std::move(text));
  };
  auto error = ask_each(
      link_, 0, before_.size(), [&](Buffer& out, uint64_t sku) { dialect_.read_stock(out, sku); },
      [&](uint64_t sku, const RespReader& reply) -> cli::LinkError {
        const auto now = dialect_.figures_of(reply);
        const StockFigures& before = before_[sku];
        if (!now) return refusal(sku, reply);
        const int64_t stocked = before.on_hand + before.sold;
        const bool conserved = now->on_hand + now->sold == stocked;
        result.skus += 1;
        result.stocked += stocked;
        result.on_hand += now->on_hand;
        result.sold += now->sold - before.sold;
        result.held += now->held;
        if (conserved && now->held == 0) return std::nullopt;
        ++result.wrong_skus;
        complain(
            fmt::format("{}: {} units were put in; on hand {} + sold {} = {}; held {:.1f} s after the last deadline {}",
                        SkuName(sku).view(), stocked, now->on_hand, now->sold, now->on_hand + now->sold,
                        seconds_of(patience), now->held));
        return std::nullopt;
      });
  if (error) return error;
  const auto sold = static_cast<uint64_t>(result.sold);
  if (all_told ? sold != told_sold : sold < told_sold) {
    complain(fmt::format("{} units were sold, and our buyers were told of {}", result.sold, told_sold));
  }
  result.done = true;
  return std::nullopt;
}

}  // namespace holdfast::load
