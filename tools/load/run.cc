#include "tools/load/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "tools/load/exit_codes.h"
#include "tools/load/report.h"
#include "tools/load/result.h"
#include "tools/load/sweeper.h"
#include "tools/load/worker.h"

namespace holdfast::load {
namespace {

constexpr auto look_every = std::chrono::milliseconds(20);
// For the last of the units whose time is over; redis-lua's sweeper comes every 100 ms and may be behind.
constexpr TimeNs audit_patience = 3 * ns_a_second;

volatile std::sig_atomic_t told_to_end = 0;  // how often

void watch_signals(void (*handler)(int)) {
  for (const int number : {SIGINT, SIGTERM}) std::signal(number, handler);
}

// The first one ends the load, the next one the wait for the audit, and a third the process on the spot.
void take_note(int) {
  told_to_end = told_to_end + 1;
  if (told_to_end == 2) watch_signals(SIG_DFL);
}

// False: told to end meanwhile, or twice.
bool sleep_until(TimeNs time) {
  const auto told_before = told_to_end;
  for (TimeNs now = now_ns(); now < time; now = now_ns()) {
    if (told_to_end != told_before || told_to_end > 1) return false;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(look_every, std::chrono::nanoseconds(time - now)));
  }
  return true;
}

// "holdfast_version" of "...\r\nholdfast_version:0.1.0\r\n..."; empty where there is none.
std::string field_of(std::string_view info, std::string_view name) {
  const std::string beginning = fmt::format("\n{}:", name);
  const size_t at = info.find(beginning);
  if (at == std::string_view::npos) return "";
  const size_t value = at + beginning.size();
  return std::string(info.substr(value, info.find_first_of("\r\n", value) - value));
}

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options),
        link_(options.address),
        dialect_(dialect_of(options.target)),
        book_(link_, *dialect_),
        storm_(options, *dialect_) {
    result_.options = options;
    result_.audited = options.skus > 0;
  }

  cli::LinkError go() {
    if (auto error = prepare()) return error;
    if (auto error = load()) return error;
    if (!options_.load_only) {
      if (auto error = trade()) return error;
    }
    return audit();
  }

  const Result& result() const { return result_; }

 private:
  bool is_storm() const { return options_.scenario == Scenario::expiry_storm; }

  // Fails also where a process of this number is not there.
  cli::LinkError note_use(ProcessUse ServerUse::*moment) {
    if (options_.server_pid == 0) return std::nullopt;
    const auto use = process_use(options_.server_pid);
    if (!use) return fmt::format("there is no process {}", options_.server_pid);
    if (!result_.use) result_.use.emplace();
    (*result_.use).*moment = *use;
    return std::nullopt;
  }

  cli::LinkError prepare() {
    if (auto error = link_.connect()) return error;
    if (auto error = link_.send("INFO server\r\n")) return error;
    if (auto error = link_.receive()) return error;
    if (link_.reply().first().kind != ReplyKind::text) return "the server has no INFO";
    const std::string info(link_.reply().text(link_.reply().first()));
    const std::string version = field_of(info, "holdfast_version");
    const bool holdfast = !version.empty();
    result_.server.name = holdfast ? "holdfast " + version : "redis " + field_of(info, "redis_version");
    result_.server.build = field_of(info, "holdfast_build");
    const bool sells = result_.audited;
    if (sells && holdfast != (options_.target == Target::holdfast)) {
      return fmt::format("this is {}, and the target is {}", result_.server.name, name_of(options_.target));
    }
    if (auto error = sells ? dialect_->prepare(link_) : std::nullopt) return error;
    return note_use(&ServerUse::before_skus);
  }

  cli::LinkError load() {
    if (auto error = book_.load(options_.skus, options_.stock)) return error;
    if (auto error = note_use(&ServerUse::after_skus)) return error;
    if (options_.load_only || !is_storm()) return note_use(&ServerUse::after_holds);
    if (auto error = book_.load(storm_skus, Storm::units_of_each_sku(options_.holds))) return error;
    if (auto error = storm_.fill(link_)) return error;
    return note_use(&ServerUse::after_holds);
  }

  cli::LinkError trade() {
    std::vector<std::unique_ptr<Worker>> workers;
    for (uint32_t i = 0; i < options_.threads; ++i) {
      workers.push_back(std::make_unique<Worker>(options_, *dialect_, i));
      if (auto error = workers.back()->connect()) return error;
    }
    if (auto error = result_.audited ? sweeper_.begin(options_.address, *dialect_) : std::nullopt) return error;
    Timeline timeline;
    timeline.start = now_ns() + 10 * ns_a_ms;  // all workers are there by then
    if (is_storm()) timeline.start = std::max(timeline.start, storm_.first_deadline() - options_.warmup);
    timeline.measure_from = is_storm() ? storm_.first_deadline() : timeline.start + options_.warmup;
    timeline.measure_to = timeline.measure_from + options_.duration;
    if (auto error = is_storm() ? storm_.begin_watch() : std::nullopt) return error;

    std::atomic<size_t> running{workers.size()};
    std::vector<std::thread> threads;
    threads.reserve(workers.size());
    for (const auto& worker : workers) {
      threads.emplace_back([&] {
        worker->run(timeline, seconds_);
        --running;
      });
    }
    watch(timeline, workers, running);
    for (std::thread& thread : threads) thread.join();
    for (const auto& worker : workers) {
      result_.tally.merge(worker->tally());
      if (!worker->failure().empty()) result_.failure = worker->failure();
    }
    for (size_t i = 0; i < seconds_.size(); ++i) result_.seconds.push_back(seconds_.at(i));
    if (is_storm()) result_.storm = storm_.end_watch();
    if (!result_.failure.empty()) return result_.failure;
    return std::nullopt;
  }

  // Shows each second that has passed, and takes the server's figures where the measuring begins and ends.
  void watch(const Timeline& timeline, const std::vector<std::unique_ptr<Worker>>& workers,
             const std::atomic<size_t>& running) {
    size_t shown = 0;
    bool begun = false;
    TimeNs end = timeline.measure_to;
    const auto show_until = [&](TimeNs time) {
      for (; timeline.start + static_cast<TimeNs>(shown + 1) * ns_a_second <= time; ++shown) {
        const bool warmup = timeline.start + static_cast<TimeNs>(shown) * ns_a_second < timeline.measure_from;
        fmt::print(stderr, "{}", progress_line(shown, seconds_.at(shown), warmup));
      }
    };
    for (TimeNs now = now_ns(); running > 0 && now < end; now = now_ns()) {
      if (told_to_end != 0) {
        for (const auto& worker : workers) worker->stop();
        end = now;
        break;
      }
      if (!begun && now >= timeline.measure_from) {
        begun = true;
        note_use(&ServerUse::measure_from);
      }
      show_until(now - 2 * look_every.count() * ns_a_ms);  // when the workers have told theirs
      std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(look_every, std::chrono::nanoseconds(end - now)));
    }
    note_use(&ServerUse::measure_to);
    result_.measured = std::max<TimeNs>(std::min(end, now_ns()) - timeline.measure_from, 0);
    std::this_thread::sleep_for(2 * look_every);
    show_until(end);
  }

  // Where units are held and everybody has been answered, they are until the last deadline at most.
  cli::LinkError wait_for_holds(TimeNs last_deadline) {
    uint64_t held = 0;
    if (auto error = book_.count_held(held)) return error;
    if (held == 0 && result_.tally.never_answered == 0) return std::nullopt;
    const TimeNs rest = last_deadline - now_ns();
    if (rest > ns_a_second) {
      fmt::print(stderr, "{} of the SKUs have units held: the audit comes after the last deadline, in {:.0f} s\n", held,
                 seconds_of(rest));
    }
    gave_up_audit_ = !sleep_until(last_deadline);
    return std::nullopt;
  }

  cli::LinkError audit() {
    if (!result_.audited) return std::nullopt;
    TimeNs last_deadline = now_ns();
    if (!options_.load_only) last_deadline += options_.ttl_ms * ns_a_ms;
    if (result_.storm) last_deadline = std::max(last_deadline, storm_.last_deadline());
    last_deadline += ns_a_ms;  // what is told in milliseconds may be rounded up
    if (auto error = wait_for_holds(last_deadline)) return error;
    if (gave_up_audit_) return std::nullopt;
    auto error = book_.audit(last_deadline, audit_patience, result_.tally.units_sold, result_.tally.never_answered == 0,
                             result_.audit);
    sweeper_.end();
    if (!error && !sweeper_.failure().empty()) error = sweeper_.failure();
    if (options_.load_only && !error) return note_use(&ServerUse::measure_to);
    return error;
  }

  const Options& options_;
  cli::ServerLink link_;
  std::unique_ptr<Dialect> dialect_;
  StockBook book_;
  Storm storm_;
  Sweeper sweeper_;
  Seconds seconds_;
  Result result_;
  bool gave_up_audit_ = false;
};

// Empty where it went well.
std::string write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  return file ? "" : fmt::format("{} cannot be written", path);
}

int report(const Result& result) {
  const Options& options = result.options;
  fmt::print("{}", options.format == Format::json  ? json_of(result)
                   : options.format == Format::csv ? csv_of(result)
                                                   : table_of(result));
  if (options.format != Format::table) {
    for (const std::string& warning : warnings_of(result)) fmt::print(stderr, "*** {} ***\n", warning);
  }
  std::string failure;
  if (!options.hgrm.empty()) failure = write_file(options.hgrm, hgrm_of(result.tally.all()));
  if (failure.empty() && !options.plot.empty()) failure = draw_plot(result, options.plot);
  if (failure.empty()) return result.exit_code();
  fmt::print(stderr, "holdfast-load: {}\n", failure);
  return result.exit_code() != exit_code::done ? result.exit_code() : exit_code::cannot_write;
}

}  // namespace

int run(const Options& options) {
  watch_signals(take_note);
  Run run(options);
  if (const auto error = run.go()) {
    fmt::print(stderr, "holdfast-load: {}: {}\n", cli::address_text(options.address), *error);
    return exit_code::no_connection;
  }
  return report(run.result());
}

}  // namespace holdfast::load
