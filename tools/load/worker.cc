#include "tools/load/worker.h"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace holdfast::load {
namespace {

constexpr uint32_t till_pipeline = 4096;
constexpr TimeNs patience = 10 * ns_a_second;  // with replies that are still to come at the end
constexpr TimeNs longest_sleep = 50 * ns_a_ms;

TimeNs thread_cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return TimeNs{time.tv_sec} * ns_a_second + time.tv_nsec;
}

uint32_t share_of(uint32_t all, uint32_t index, uint32_t parts) {
  return all / parts + (index < all % parts ? 1 : 0);
}

}  // namespace

Worker::Worker(const Options& options, const Dialect& dialect, uint32_t index)
    : options_(options),
      workload_(options, dialect, index),
      schedule_(0, options.rate, index, options.threads),
      index_(index) {
  const uint32_t count = share_of(options.connections, index, options.threads);
  for (uint32_t i = 0; i < count; ++i) {
    connections_.push_back(std::make_unique<Connection>(context_, *this, options.pipeline));
  }
  if (options.scenario == Scenario::wait) till_ = std::make_unique<Connection>(context_, *this, till_pipeline);
}

cli::LinkError Worker::connect() {
  for (const auto& connection : connections_) {
    if (auto error = connection->connect(options_.address)) return error;
  }
  return till_ ? till_->connect(options_.address) : std::nullopt;
}

void Worker::run(const Timeline& timeline, Seconds& seconds) {
  timeline_ = timeline;
  seconds_ = &seconds;
  schedule_ = Schedule(timeline.start, options_.rate, index_, options_.threads);
  for (const auto& connection : connections_) {
    connection->start();
    give_room(*connection);
  }
  if (till_) till_->start();
  for (;;) {
    const TimeNs now = now_ns();
    if (!failure_.empty() || is_drained(now)) break;
    turn(now);
  }
  begin_second(now_ns());
  for (const auto& connection : connections_) tally_.never_answered += connection->under_way();
  if (till_) tally_.never_answered += till_->under_way();
}

void Worker::turn(TimeNs now) {
  count_cpu(now);
  begin_second(now);
  if (stop_.load(std::memory_order_relaxed)) timeline_.measure_to = std::min(timeline_.measure_to, now);
  send_due(now);
  if (drain_until_ == 0 && now >= timeline_.measure_to) end_sending(now);
  flush();
  sleep(now);
}

void Worker::send_due(TimeNs now) {
  if (now < timeline_.start) return;
  send_follow_ups(now);
  if (drain_until_ != 0) return;
  if (options_.closed) {
    while (now < timeline_.measure_to && send_buyer(now, now)) {
    }
    return;
  }
  while (schedule_.due() <= now && schedule_.due() < timeline_.measure_to) {
    if (!send_buyer(schedule_.due(), now)) {
      caught_up_ = false;
      return;
    }
    schedule_.advance();
  }
  caught_up_ = follow_ups_.empty() || follow_ups_.front().due > now;
}

void Worker::send_follow_ups(TimeNs now) {
  while (!follow_ups_.empty() && follow_ups_.front().due <= now) {
    Connection* const connection = till_ ? till_.get() : with_room();
    if (connection == nullptr || !connection->has_room()) return;
    send(*connection, workload_.follow(connection->output(), follow_ups_.front()), now);
    follow_ups_.pop_front();
  }
}

bool Worker::send_buyer(TimeNs due, TimeNs now) {
  Connection* const connection = with_room();
  if (connection == nullptr) return false;
  send(*connection, workload_.begin(connection->output(), due), now);
  return true;
}

void Worker::send(Connection& connection, const Exchange& exchange, TimeNs now) {
  connection.sent(exchange);
  // Where everything that was due had left at the last turn, nobody but this thread has kept this one waiting.
  if (caught_up_ && !options_.closed && timeline_.measures(exchange.due)) {
    tally_.own_delay.record(static_cast<uint64_t>(now - exchange.due));
  }
  if (!connection.is_dirty) {
    connection.is_dirty = true;
    dirty_.push_back(&connection);
  }
  if (&connection != till_.get()) give_room(connection);
}

// The connection leaves the line; send() lets it stand there again.
Connection* Worker::with_room() {
  if (free_.empty()) return nullptr;
  Connection* const connection = free_.front();
  free_.pop_front();
  connection->is_queued = false;
  return connection;
}

// A closed loop fills one connection up before the next, so that a batch goes out in one piece.
void Worker::give_room(Connection& connection) {
  if (connection.is_queued || !connection.has_room()) return;
  connection.is_queued = true;
  if (options_.closed) {
    free_.push_front(&connection);
  } else {
    free_.push_back(&connection);
  }
}

void Worker::flush() {
  for (Connection* const connection : dirty_) {
    connection->is_dirty = false;
    connection->flush();
  }
  dirty_.clear();
}

TimeNs Worker::next_event(TimeNs now) const {
  TimeNs next = now + longest_sleep;
  if (drain_until_ == 0) {
    if (now < timeline_.start) next = std::min(next, timeline_.start);
    next = std::min(next, now < timeline_.measure_from ? timeline_.measure_from : timeline_.measure_to);
    if (!options_.closed && !free_.empty()) next = std::min(next, schedule_.due());
  }
  const bool place = till_ ? till_->has_room() : !free_.empty();
  if (!follow_ups_.empty() && place) next = std::min(next, follow_ups_.front().due);
  return next;
}

void Worker::sleep(TimeNs now) {
  const TimeNs next = next_event(now);
  if (next > now) {
    // A timer that fires too early costs one more turn; setting it anew for each request would cost a system call.
    if (timer_at_ <= now || timer_at_ > next) {
      timer_at_ = next;
      timer_.expires_at(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(next)));
      timer_.async_wait([](const asio::error_code&) {});
    }
    context_.run_one();
  }
  context_.poll();
}

void Worker::end_sending(TimeNs now) {
  drain_until_ = now + patience + (options_.think_ms + options_.wait_ms) * ns_a_ms;
  count_cpu(now);
  if (options_.closed) return;
  for (; schedule_.due() < timeline_.measure_to; schedule_.advance()) {
    if (!timeline_.measures(schedule_.due())) continue;
    const bool sets = options_.scenario == Scenario::set;
    const Command command = options_.scenario == Scenario::ping ? Command::ping
                            : sets                              ? Command::set
                                                                : Command::reserve;
    tally_.latency[static_cast<size_t>(command)].record(static_cast<uint64_t>(now - schedule_.due()));
    ++tally_.never_sent;
  }
}

bool Worker::is_drained(TimeNs now) const {
  if (drain_until_ == 0) return false;
  if (now >= drain_until_) return true;
  const bool busy = std::any_of(connections_.begin(), connections_.end(),
                                [](const auto& connection) { return connection->under_way() > 0; });
  return !busy && follow_ups_.empty() && (!till_ || till_->under_way() == 0);
}

void Worker::count_cpu(TimeNs now) {
  if (cpu_from_ < 0 && now >= timeline_.measure_from) cpu_from_ = thread_cpu();
  if (cpu_from_ < 0 || cpu_counted_ || drain_until_ == 0) return;
  cpu_counted_ = true;
  tally_.cpu = thread_cpu() - cpu_from_;
}

void Worker::begin_second(TimeNs now) {
  const auto index = static_cast<size_t>(std::max<TimeNs>(now - timeline_.start, 0) / ns_a_second);
  const bool last = drain_until_ != 0;
  if (index == second_index_ && !last) return;
  if (second_.answered > 0) seconds_->add(second_index_, second_);
  second_.answered = 0;
  second_.errors = 0;
  second_.latency.clear();
  second_index_ = index;
}

void Worker::on_reply(Connection& connection, const Exchange& exchange, const RespReader& reply, TimeNs now) {
  if (&connection != till_.get()) give_room(connection);
  const auto latency = static_cast<uint64_t>(now - exchange.due);
  const bool refused = reply.first().kind == ReplyKind::error;
  ++second_.answered;
  second_.errors += refused;
  second_.latency.record(latency);
  if (timeline_.measures(now)) {
    ++tally_.answered;
    tally_.buyers += exchange.first;
  }
  if (timeline_.measures(exchange.due)) {
    tally_.latency[static_cast<size_t>(exchange.command)].record(latency);
    if (refused) {
      const std::string_view text = reply.text(reply.first());
      const std::string_view code = text.substr(0, text.find(' '));
      const auto found = tally_.errors.find(code);
      ++(found != tally_.errors.end() ? found : tally_.errors.emplace(code, 0).first)->second;
    }
  }
  if (exchange.command == Command::commit && !refused) tally_.units_sold += exchange.units;
  if (const auto next = workload_.after(exchange, reply, now)) follow_ups_.push_back(*next);
}

void Worker::on_failure(std::string text) {
  if (failure_.empty()) failure_ = std::move(text);
}

}  // namespace holdfast::load
