#include "tools/load/result.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/load/exit_codes.h"

namespace holdfast::load {
namespace {

constexpr double busy_cpu = 0.95;
constexpr double delay_limit_us = 1'000;   // at the 99th percentile
constexpr uint64_t never_sent_of = 1'000;  // of so many requests may be told in a low voice

double per_second(uint64_t count, TimeNs time) {
  return time > 0 ? static_cast<double>(count) / seconds_of(time) : 0;
}

double own_delay_us(const Result& result) {
  return static_cast<double>(result.tally.own_delay.value_at(99)) / static_cast<double>(ns_a_us);
}

}  // namespace

double Result::rate() const {
  return per_second(tally.answered, measured);
}

double Result::buyers_rate() const {
  return per_second(tally.buyers, measured);
}

double Result::generator_cpu() const {
  return measured > 0 ? seconds_of(tally.cpu) / seconds_of(measured) / options.threads : 0;
}

double Result::cpu_us_a_request() const {
  const TimeNs cpu = use->measure_to.cpu - use->measure_from.cpu;
  return static_cast<double>(cpu) / static_cast<double>(ns_a_us) / static_cast<double>(tally.answered);
}

bool Result::fell_behind() const {
  if (generator_cpu() > busy_cpu) return true;
  return !options.closed && own_delay_us(*this) > delay_limit_us;
}

int Result::exit_code() const {
  if (!failure.empty()) return exit_code::no_connection;
  if ((audited && !audit.passed()) || tally.never_answered > 0) return exit_code::audit_failed;
  return exit_code::done;
}

std::vector<std::string> warnings_of(const Result& result) {
  std::vector<std::string> warnings;
  if (!result.server.build.empty() && result.server.build != "Release") {
    warnings.push_back(
        fmt::format("THE SERVER IS A {} BUILD: its figures say nothing of a Release build", result.server.build));
  }
  if (result.fell_behind()) {
    warnings.push_back(fmt::format(
        "THE GENERATOR FELL BEHIND: it used {:.0f} % of its CPU, and 1 % of its requests left more than {:.0f} us late "
        "by its own fault; these are its figures as much as the server's",
        result.generator_cpu() * 100, own_delay_us(result)));
  }
  if (result.tally.never_sent * never_sent_of > result.tally.all().count()) {
    warnings.push_back(fmt::format(
        "THE SERVER DID NOT KEEP UP: {} requests never left, for want of a free connection; they count with "
        "the time that they had waited at the end",
        result.tally.never_sent));
  }
  if (result.tally.never_answered > 0) {
    warnings.push_back(fmt::format("{} requests were never answered", result.tally.never_answered));
  }
  if (result.storm && result.storm->last_back_ms < 0) {
    warnings.push_back(fmt::format("units of the storm never came back {}", result.storm->failure));
  }
  if (result.storm && result.storm->early_units > 0) {
    warnings.push_back(fmt::format("{} units of the storm were back before their deadline", result.storm->early_units));
  }
  return warnings;
}

std::string loop_text(const Options& options) {
  if (!options.closed) return fmt::format("open loop, {:.0f} buyers/s", options.rate);
  return "CLOSED LOOP: a slow answer delays the next request, so the percentiles flatter";
}

}  // namespace holdfast::load
