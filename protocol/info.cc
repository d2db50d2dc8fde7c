#include "protocol/info.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <sstream>
#include <utility>

#include "engine/shard.h"
#include "engine/storage.h"
#include "protocol/command_monitor.h"
#include "protocol/shard_settings.h"

namespace holdfast {
namespace {

constexpr TimeUs us_a_second = 1'000'000;
#ifdef NDEBUG
constexpr std::string_view build = "Release";
#else
constexpr std::string_view build = "Debug";  // with DCHECKs: nobody should measure it by accident
#endif
constexpr int64_t seconds_a_day = 86'400;

TimeUs in_us(const timeval& time) {
  return TimeUs{time.tv_sec} * us_a_second + time.tv_usec;
}

// "1.32M", as Redis writes it.
std::string human(uint64_t bytes) {
  constexpr std::array<char, 5> units = {'B', 'K', 'M', 'G', 'T'};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{}B", bytes) : fmt::format("{:.2f}{}", value, units[unit]);
}

// What a section is written with: the report, the sums over its shards, and the text so far.
struct Page {
  const InfoReport& report;
  ShardStats shard;
  ReactorStats reactor;
  std::string text;

  template <class Value>
  void line(std::string_view name, const Value& value) {
    fmt::format_to(std::back_inserter(text), "{}:{}\r\n", name, value);
  }
  void seconds(std::string_view name, TimeUs time_us) {
    line(name, fmt::format("{}.{:06}", time_us / us_a_second, time_us % us_a_second));
  }
};

void write_server(Page& page) {
  const InfoReport& report = page.report;
  page.line("redis_version", redis_compatible_version);
  page.line("holdfast_version", HOLDFAST_VERSION);
  page.line("holdfast_build", build);
  page.line("redis_mode", "standalone");
  page.line("os", report.process.system);
  page.line("arch_bits", sizeof(void*) * 8);
  page.line("monotonic_clock", "POSIX clock_gettime");
  page.line("multiplexing_api", "epoll");
  page.line("process_id", report.process.id);
  page.line("run_id", report.run_id);
  page.line("tcp_port", report.port);
  page.line("server_time_usec", report.process.unix_us);
  page.line("uptime_in_seconds", report.uptime_us / us_a_second);
  page.line("uptime_in_days", report.uptime_us / us_a_second / seconds_a_day);
  page.line("executable", report.process.executable);
}

constexpr const char* limits_of_clients =
    "maxclients unixsocket-clients maxmemory-clients client-query-buffer-limit query-buffer-limit-before-auth "
    "output-limit-hard output-limit-soft output-limit-time timeout authentication-timeout tls-handshake-timeout "
    "tcp-keepalive tcp-user-timeout max-new-connections-per-cycle max-commands-per-cycle max-waiters";

void write_clients(Page& page) {
  page.line("connected_clients", page.reactor.clients);
  page.line("cluster_connections", 0);
  page.line("blocked_clients", page.reactor.blocked_clients);
  page.line("tracking_clients", 0);
  std::istringstream limits(limits_of_clients);
  for (std::string name; limits >> name;) {
    const std::string value = setting_text(page.report.settings, *find_setting(name));
    std::replace(name.begin(), name.end(), '-', '_');
    page.line(name, value);
  }
}

void write_memory(Page& page) {
  const ProcessFigures& process = page.report.process;
  page.line("used_memory", process.anonymous_bytes);
  page.line("used_memory_human", human(process.anonymous_bytes));
  page.line("used_memory_rss", process.resident_bytes);
  page.line("used_memory_rss_human", human(process.resident_bytes));
  page.line("used_memory_dataset", page.shard.memory_bytes);
  if (page.report.persistence) page.line("used_memory_snapshot", page.report.persistence->snapshot.memory_bytes);
  page.line("total_system_memory", process.machine_bytes);
  page.line("total_system_memory_human", human(process.machine_bytes));
  page.line("maxmemory", page.report.maxmemory);
  page.line("maxmemory_human", human(page.report.maxmemory));
  page.line("maxmemory_policy", "noeviction");
  page.line("mem_clients_normal", page.reactor.buffer_bytes);
  page.line("mem_allocator", "libc");
}

void write_persistence(Page& page) {
  page.line("loading", 0);
  page.line("async_loading", 0);
  page.line("rdb_bgsave_in_progress", page.report.persistence && page.report.persistence->snapshot.in_progress ? 1 : 0);
  page.line("aof_enabled", page.report.persistence ? 1 : 0);
  page.line("aof_rewrite_in_progress", 0);
  if (!page.report.persistence) return;
  const PersistenceReport& report = *page.report.persistence;
  page.line("aof_last_write_status", "ok");  // after one that fails there is nobody to ask
  page.line("aof_current_size", report.figures.journal_bytes);
  page.line("journal_last_seq", report.last_seq);
  page.line("journal_durable_seq", report.figures.durable);
  page.line("journal_lag", report.last_seq - std::min(report.last_seq, report.figures.durable));
  page.line("journal_syncs", report.figures.syncs);
  page.line("journal_last_sync_usec", report.figures.last_sync_us);
  page.line("journal_segments", report.figures.segments);
  page.line("journal_segment_size", report.segment_bytes);
  page.line("journal_segment_used", report.figures.segment_offset);
  page.line("recovered_entries", report.recovered_entries);
  page.line("recovered_facts", report.recovered_facts);
  page.line("recovery_usec", report.recovery_us);
  page.line("digest", report.digest);
  const Snapshotter::Figures& snapshot = report.snapshot;
  page.line("rdb_last_save_time", snapshot.made_us / us_a_second);
  page.line("rdb_last_bgsave_status", snapshot.trouble.empty() ? "ok" : "err");
  page.line("rdb_last_bgsave_time_sec", snapshot.took_us / us_a_second);
  page.line("snapshot_seq", snapshot.seq);
  page.line("snapshot_size", snapshot.bytes);
  page.line("snapshot_entries", snapshot.entries);
  page.line("snapshot_digest", snapshot.digest);
  page.line("snapshot_usec", snapshot.took_us);
  if (!snapshot.trouble.empty()) page.line("snapshot_trouble", snapshot.trouble);
}

std::optional<PersistenceReport> persistence_report(Services& services) {
  const Storage* storage = services.storage();
  if (!storage) return std::nullopt;
  PersistenceReport report;
  report.figures = services.journal()->figures();
  report.last_seq = services.last_seq();
  report.segment_bytes = static_cast<uint64_t>(services.settings().journal_segment_size);
  report.digest = storage->last_digest();
  report.snapshot = storage->snapshotter().figures();
  report.recovered_entries = storage->recovered().entries;
  report.recovered_facts = storage->recovered().facts;
  report.recovery_us = storage->recovered().took_us;
  return report;
}

void write_stats(Page& page) {
  page.line("total_connections_received", page.reactor.connections_received);
  page.line("total_commands_processed", page.reactor.commands);
  page.line("total_net_input_bytes", page.reactor.bytes_in);
  page.line("total_net_output_bytes", page.reactor.bytes_out);
  page.line("rejected_connections", page.reactor.connections_rejected);
  page.line("protocol_errors", page.reactor.protocol_errors);
  page.line("idle_disconnections", page.reactor.idle_closed);
  page.line("client_output_buffer_limit_disconnections", page.reactor.output_closed);
  page.line("evicted_clients", page.reactor.evicted);
  page.line("authentication_timeout_disconnections", page.reactor.late_closed);
  page.line("unexpected_error_replies", 0);
  page.line("total_error_replies", page.report.errors.total());
  page.line("acl_access_denied_auth", page.report.denied_logins);
  page.line("acl_access_denied_cmd", page.report.denied_commands);
  page.line("acl_access_denied_key", page.report.denied_skus);
  page.line("protected_mode_denied", page.report.denied_connections);
}

void write_replication(Page& page) {
  page.line("role", "master");
  page.line("connected_slaves", 0);
  page.line("master_failover_state", "no-failover");
  page.line("master_replid", page.report.run_id);
  page.line("master_repl_offset", 0);
}

void write_cpu(Page& page) {
  page.seconds("used_cpu_sys", page.report.process.cpu_system_us);
  page.seconds("used_cpu_user", page.report.process.cpu_user_us);
}

void write_nothing(Page&) {}

void write_commandstats(Page& page) {
  for (const CommandRow& row : all_commands()) {
    const CommandFigures& figures = page.report.commands.of(row);
    if (!figures.was_called()) continue;
    const auto busy_us = static_cast<double>(figures.busy_ns) / 1000;
    const auto timed = static_cast<double>(figures.calls - figures.untimed);
    page.line(fmt::format("cmdstat_{}", row.name),
              fmt::format("calls={},usec={},usec_per_call={:.2f},rejected_calls={},failed_calls={}", figures.calls,
                          figures.busy_ns / 1000, timed > 0 ? busy_us / timed : 0, figures.rejected, figures.failed));
  }
}

void write_errorstats(Page& page) {
  for (const auto& [code, count] : page.report.errors.by_code()) {
    page.line(fmt::format("errorstat_{}", code), fmt::format("count={}", count));
  }
}

void write_latencystats(Page& page) {
  for (const CommandRow& row : all_commands()) {
    const Histogram& latency = page.report.commands.of(row).latency;
    if (latency.count() == 0) continue;
    const auto us = [&](double percentile) { return static_cast<double>(latency.value_at(percentile)) / 1000; };
    page.line(fmt::format("latency_percentiles_usec_{}", row.name),
              fmt::format("p50={:.3f},p99={:.3f},p99.9={:.3f}", us(50), us(99), us(99.9)));
  }
}

void write_cluster(Page& page) {
  page.line("cluster_enabled", 0);
}

void write_keyspace(Page& page) {
  if (page.shard.skus > 0) page.line("db0", fmt::format("keys={},expires=0,avg_ttl=0", page.shard.skus));
}

// The counters of "# Stock", and of each line of "# Shards".
struct Counter {
  std::string_view name;
  uint64_t ShardStats::*value;
};
constexpr std::array counters{
    Counter{"skus", &ShardStats::skus},
    Counter{"live_holds", &ShardStats::live_holds},
    Counter{"waiting", &ShardStats::waiting},
    Counter{"locks", &ShardStats::locks},
    Counter{"tombstones", &ShardStats::tombstones},
    Counter{"tombstones_forgotten", &ShardStats::tombstones_forgotten},
    Counter{"timers", &ShardStats::timers},
    Counter{"reserves", &ShardStats::reserves},
    Counter{"reserves_refused", &ShardStats::reserves_refused},
    Counter{"commits", &ShardStats::commits},
    Counter{"releases", &ShardStats::releases},
    Counter{"expiries", &ShardStats::expiries},
    Counter{"revokes", &ShardStats::revokes},
    Counter{"journeys_begun", &ShardStats::journeys_begun},
    Counter{"journeys_under_way", &ShardStats::journeys_under_way},
    Counter{"mailbox_messages", &ShardStats::mailbox_messages},
    Counter{"memory_bytes", &ShardStats::memory_bytes},
};

void write_stock(Page& page) {
  for (const Counter& counter : counters) page.line(counter.name, page.shard.*counter.value);
}

void write_shards(Page& page) {
  for (size_t i = 0; i < page.report.shards.size(); ++i) {
    const ReactorStats& reactor = page.report.reactors[i];
    std::string figures = fmt::format("clients={},commands={}", reactor.clients, reactor.commands);
    for (const Counter& counter : counters) {
      fmt::format_to(std::back_inserter(figures), ",{}={}", counter.name, page.report.shards[i].*counter.value);
    }
    page.line(fmt::format("shard{}", i), figures);
  }
}

struct Section {
  std::string_view name;
  bool by_default;
  bool needs_commands;  // their figures are large, and gathered only for those who ask
  void (*write)(Page& page);
};
constexpr std::array sections_in_order{
    Section{"Server", true, false, write_server},
    Section{"Clients", true, false, write_clients},
    Section{"Memory", true, false, write_memory},
    Section{"Persistence", true, false, write_persistence},
    Section{"Stats", true, false, write_stats},
    Section{"Replication", true, false, write_replication},
    Section{"CPU", true, false, write_cpu},
    Section{"Modules", true, false, write_nothing},
    Section{"Commandstats", false, true, write_commandstats},
    Section{"Errorstats", true, false, write_errorstats},
    Section{"Latencystats", false, true, write_latencystats},
    Section{"Cluster", true, false, write_cluster},
    Section{"Keyspace", true, false, write_keyspace},
    Section{"Stock", true, false, write_stock},
    Section{"Shards", true, false, write_shards},
};

bool is_wanted(const Section& section, Args names) {
  if (names.empty()) return section.by_default;
  for (const std::string_view name : names) {
    if (same_word(name, section.name) || same_word(name, "all") || same_word(name, "everything")) return true;
    if (same_word(name, "default") && section.by_default) return true;
  }
  return false;
}

class InfoTour final : public ReplyTour {
 public:
  InfoTour(Services& services, InfoReport report, Args sections)
      : services_(services),
        report_(std::move(report)),
        sections_(sections.begin(), sections.end()),
        needs_commands_(std::any_of(sections_in_order.begin(), sections_in_order.end(), [&](const Section& section) {
          return section.needs_commands && is_wanted(section, sections);
        })) {}

  void visit(Shard& shard, ShardIndex index) override {
    report_.shards.push_back(shard.stats());
    Reactor& reactor = services_.reactor(index);
    report_.reactors.push_back(reactor.stats());
    report_.errors.merge(reactor.monitor().errors());
    if (needs_commands_) report_.commands.merge(reactor.monitor().stats());
  }

  void render(RespWriter& out, Client&) override {
    const std::vector<std::string_view> names(sections_.begin(), sections_.end());
    report_.process = process_figures();
    out.verbatim(info_text(report_, names));
  }

 private:
  Services& services_;
  InfoReport report_;
  std::vector<std::string> sections_;
  bool needs_commands_;
};

}  // namespace

ProcessFigures process_figures() {
  ProcessFigures figures;
  figures.id = getpid();
  std::array<char, 4096> path;
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  if (size > 0) figures.executable.assign(path.data(), static_cast<size_t>(size));
  utsname system{};
  if (uname(&system) == 0) figures.system = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
  const auto page_bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  figures.machine_bytes = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * page_bytes;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    unsigned long resident = 0;
    unsigned long of_files = 0;
    if (std::fscanf(file, "%*u %lu %lu", &resident, &of_files) == 2) {
      figures.resident_bytes = resident * page_bytes;
      figures.anonymous_bytes = (resident - of_files) * page_bytes;
    }
    std::fclose(file);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  figures.cpu_system_us = in_us(usage.ru_stime);
  figures.cpu_user_us = in_us(usage.ru_utime);
  timeval now{};
  gettimeofday(&now, nullptr);
  figures.unix_us = in_us(now);
  return figures;
}

std::string info_text(const InfoReport& report, Args sections) {
  Page page{report, {}, {}, {}};
  for (const ShardStats& shard : report.shards) page.shard += shard;
  for (const ReactorStats& reactor : report.reactors) page.reactor += reactor;
  for (const Section& section : sections_in_order) {
    if (!is_wanted(section, sections)) continue;
    if (!page.text.empty()) page.text += "\r\n";
    page.text.append("# ").append(section.name).append("\r\n");
    section.write(page);
  }
  return page.text;
}

TourPointer run_info(Args args, Client& client, Services& services, RespWriter&) {
  const Settings& settings = services.settings_of(client.shard);
  InfoReport report;
  report.run_id = services.run_id();
  report.port = settings.port;
  report.settings = settings;
  report.maxmemory = max_memory(settings);
  report.persistence = persistence_report(services);
  report.uptime_us = client.active_us - services.started_us();
  const SecurityLog& security = services.security_log();
  report.denied_logins = security.count(SecurityReason::auth);
  report.denied_commands = security.count(SecurityReason::command);
  report.denied_skus = security.count(SecurityReason::key);
  report.denied_connections = security.count(SecurityReason::denied);
  return std::make_unique<InfoTour>(services, std::move(report), args.subspan(1));
}

}  // namespace holdfast
