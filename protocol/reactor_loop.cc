#include "protocol/reactor_loop.h"

#include <algorithm>
#include <utility>

#include "engine/limits.h"
#include "protocol/shard_settings.h"

namespace holdfast {
namespace {

constexpr size_t largest_spare = 64 * 1024;
constexpr size_t most_spares = 256;
constexpr TimeUs backed_up_wait_us = 1'000;
constexpr TimeUs idle_check_us = 1'000'000;

}  // namespace

ReactorLoop::ReactorLoop(ShardActor& actor, Services& services, std::atomic<int64_t>& connections,
                         std::atomic<int64_t>& buffer_bytes)
    : actor_(actor),
      services_(services),
      all_connections_(connections),
      gates_replies_(services.journal() && services.journal()->policy() == SyncPolicy::always),
      memory_(buffer_bytes, services.shards()),
      monitor_(services, services.settings_of(actor.index())),
      now_(engine_now()) {
  actor_.connect([this](Journey* journey) { back_.push_back(journey); }, [this] { wake(); });
}

void ReactorLoop::run() {
  actor_.shard().set_settings(shard_settings(services_.settings_of(index())));  // CONFIG SET tells it of changes
  while (!stopped_) {
    receive();
    turn();
  }
  for (auto& [id, connection] : Connections(connections_)) connection->close();
}

// Sleeps where there is nothing to do, and takes what the sockets have brought. While the journal is behind, nothing is
// executed, and so nothing is received either.
void ReactorLoop::receive() {
  if (may_sleep()) {
    const TimeUs wake_us = next_wake();
    events_.run_once(wake_us == never_us ? never_us : std::max<TimeUs>(0, wake_us - engine_now()));
    actor_.woke_up();
  } else {
    events_.run_once(0);
  }
  if (actor_.is_backed_up()) return;
  for (const auto& connection : turns_) connection->receive();
}

bool ReactorLoop::may_sleep() {
  if (!turns_.empty() && !actor_.is_backed_up()) return false;
  if (!await_disk_.empty()) {
    services_.journal()->await_durable(index());
    if (durable() != seen_durable_) return false;
  }
  return actor_.may_sleep();
}

// While the journal is behind, connections wait; it is looked at again soon.
TimeUs ReactorLoop::next_wake() const {
  TimeUs wake_us = std::min(actor_.shard().next_wake(), events_.next_alarm());
  if (!turns_.empty()) wake_us = std::min(wake_us, now_ + backed_up_wait_us);
  for (const auto& connection : await_disk_) wake_us = std::min(wake_us, connection->session().next_wake());
  if (idle_timeout_us() > 0 && !connections_.empty()) wake_us = std::min(wake_us, next_idle_check_us_);
  return std::min(wake_us, newcomers_.next_wake(authentication_timeout_us()));
}

TimeUs ReactorLoop::idle_timeout_us() const {
  return services_.settings_of(index()).idle_timeout_s * 1'000'000;
}

// Once a second, where there is a limit at all.
void ReactorLoop::close_idle() {
  if (idle_timeout_us() == 0 || now_ < next_idle_check_us_) return;
  next_idle_check_us_ = now_ + idle_check_us;
  ConnectionList idle;
  for (const auto& [id, connection] : connections_) {
    if (connection->session().is_idle_since(now_ - idle_timeout_us())) idle.push_back(connection);
  }
  for (const auto& connection : idle) connection->close();
  stats_.idle_closed += idle.size();
}

TimeUs ReactorLoop::authentication_timeout_us() const {
  return services_.settings_of(index()).authentication_timeout_us;
}

void ReactorLoop::close_late() {
  newcomers_.look(now_, authentication_timeout_us(), [this](uint64_t id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    const std::shared_ptr<Connection> connection = found->second;
    connection->session().refresh_client();
    const Lateness verdict = lateness(connection->session().client());
    if (verdict == Lateness::undecided) newcomers_.add(id, now_);
    if (verdict != Lateness::late) return;
    ++stats_.late_closed;
    close(*connection, "authentication-timeout");
  });
}

bool ReactorLoop::buffers_are_full() const {
  return memory_.excess(services_.settings_of(index()).maxmemory_clients) > 0;
}

void ReactorLoop::close_largest() {
  const bool has_grown = memory_.publish();
  stats_.buffer_bytes = memory_.own();
  const int64_t limit = services_.settings_of(index()).maxmemory_clients;
  if (memory_.over(limit) <= 0) return;
  if (const int64_t excess = memory_.excess(limit); excess > 0) {
    std::vector<MemoryHolder> holders;
    for (const auto& [id, connection] : connections_) {
      if (!connection->session().client().no_evict) holders.push_back({id, connection->noted_memory_});
    }
    for (const uint64_t id : largest_holders(std::move(holders), excess)) {
      ++stats_.evicted;
      close(*Connections::mapped_type(connections_.at(id)), "maxmemory-clients");
    }
    memory_.publish();
    stats_.buffer_bytes = memory_.own();
  }
  if (!has_grown || memory_.over(limit) <= 0) return;
  for (uint32_t i = 0; i < services_.shards(); ++i) services_.reactor(static_cast<ShardIndex>(i)).wake();
}

void ReactorLoop::note_closed(Connection& connection, std::string_view why) {
  services_.security_log().record(closed_event(why, connection.session().client()), now_);
}

void ReactorLoop::close(Connection& connection, std::string_view why) {
  note_closed(connection, why);
  connection.close();
}

void ReactorLoop::close_for_output(Connection& connection) {
  ++stats_.output_closed;
  close(connection, "output-limit");
}

void ReactorLoop::look_at_disk() {
  const Seq on_disk = await_disk_.empty() ? seen_durable_ : durable();
  const auto is_late = [this](const auto& connection) { return connection->session().next_wake() <= now_; };
  if (on_disk == seen_durable_ && std::none_of(await_disk_.begin(), await_disk_.end(), is_late)) return;
  seen_durable_ = on_disk;
  ConnectionList waiting;
  waiting.swap(await_disk_);
  for (const auto& connection : waiting) {
    connection->awaits_disk_ = false;
    connection->session().look_at_disk(seen_durable_);
    give_turn(*connection);
  }
}

void ReactorLoop::await_disk(Connection& connection) {
  if (connection.awaits_disk_) return;
  connection.awaits_disk_ = true;
  await_disk_.push_back(connection.shared_from_this());
}

void ReactorLoop::turn() {
  now_ = engine_now();
  actor_.begin_turn(now_);
  actor_.take_mail();
  hand_back();
  look_at_disk();
  if (!actor_.is_backed_up()) serve();
  hand_back();
  actor_.flush();
  last_seq_ = actor_.last_taken();
  write_out();
  close_largest();
  close_idle();
  close_late();
}

void ReactorLoop::serve() {
  serving_.swap(turns_);
  for (const auto& connection : serving_) {
    connection->listed_ = false;
    if (&connection != &serving_.front() && buffers_are_full()) {  // those that were served take their answers, or go
      give_turn(*connection);
      continue;
    }
    connection->turn();
    note_memory(*connection);
  }
}

void ReactorLoop::note_memory(Connection& connection) {
  if (connection.is_open()) memory_.note(connection.noted_memory_, connection.session().memory());
}

void ReactorLoop::hand_back() {
  if (back_.empty()) return;
  monitor_.read_clock();
  for (size_t i = 0; i < back_.size(); ++i) {
    Journey* journey = back_[i];
    const auto found = connections_.find(journey->ticket.session);
    if (found != connections_.end()) {
      found->second->session().complete(*journey);
      give_turn(*found->second);
    }
    actor_.shard().recycle(journey);
  }
  back_.clear();
}

void ReactorLoop::write_out() {
  for (const auto& connection : serving_) {
    connection->write();
    note_memory(*connection);
    if (connection->wants_turn()) give_turn(*connection);
  }
  serving_.clear();
}

void ReactorLoop::equip(Buffer& buffer) {
  if (buffer.capacity() > 0 || spare_.empty()) return;
  buffer = std::move(spare_.back());
  spare_.pop_back();
}

void ReactorLoop::reclaim(Buffer& buffer) {
  if (!buffer.empty()) return;
  if (buffer.capacity() > largest_spare || spare_.size() >= most_spares) return buffer.release_if_empty();
  if (buffer.capacity() > 0) spare_.push_back(std::move(buffer));
}

void ReactorLoop::give_turn(Connection& connection) {
  if (connection.listed_) return;
  connection.listed_ = true;
  turns_.push_back(connection.shared_from_this());
}

void ReactorLoop::forget(Connection& connection) {
  const auto found = connections_.find(connection.session().client().id);
  if (found == connections_.end()) return;
  memory_.note(connection.noted_memory_, 0);
  connections_.erase(found);
  --stats_.clients;
  all_connections_.fetch_sub(1, std::memory_order_relaxed);
}

void ReactorLoop::adopt(int fd, uint64_t id, int family, bool tls) {
  events_.post([this, fd, id, family, tls] {
    now_ = engine_now();
    auto connection =
        std::make_shared<Connection>(*this, fd, family, id, tls ? services_.settings().tls.get() : nullptr);
    ++stats_.connections_received;
    ++stats_.clients;
    connections_.emplace(id, connection);
    newcomers_.add(id, now_);
    connection->start();
  });
}

void ReactorLoop::wake() {
  events_.wake();
}

void ReactorLoop::finish_login(uint64_t client, LoginOutcome outcome) {
  events_.post([this, client, outcome] {
    const auto found = connections_.find(client);
    if (found == connections_.end()) return;
    found->second->session().finish_login(outcome);
    give_turn(*found->second);
  });
}

void ReactorLoop::stop() {
  events_.post([this] { stopped_ = true; });
}

void ReactorLoop::drain() {
  events_.post([this] {
    for (auto& [id, connection] : Connections(connections_)) connection->drain();
  });
}

void ReactorLoop::reset_stats() {
  stats_.reset();
  monitor_.reset_stats();
}

void ReactorLoop::follow_settings() {
  for (auto& [id, connection] : connections_) connection->session().follow_settings();
}

void ReactorLoop::for_each_client(const std::function<void(Client&)>& visit) {
  for (auto& [id, connection] : connections_) {
    connection->session().refresh_client();
    visit(connection->session().client());
  }
}

void ReactorLoop::kill(Client& client) {
  const auto found = connections_.find(client.id);
  if (found == connections_.end()) return;
  const std::shared_ptr<Connection> connection = found->second;
  close(*connection, "killed");  // now: who asked for it finds it done when the answer comes
}

}  // namespace holdfast
