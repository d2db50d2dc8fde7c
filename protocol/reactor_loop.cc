#include "protocol/reactor_loop.h"

#include <chrono>
#include <utility>

#include "engine/limits.h"
#include "protocol/shard_settings.h"

namespace holdfast {
namespace {

constexpr size_t largest_spare = 64 * 1024;
constexpr size_t most_spares = 256;

}  // namespace

ReactorLoop::ReactorLoop(ShardActor& actor, Services& services, std::atomic<int64_t>& connections)
    : actor_(actor), services_(services), all_connections_(connections), now_(engine_now()) {
  actor_.connect([this](Journey* journey) { back_.push_back(journey); }, [this] { asio::post(context_, [] {}); });
}

void ReactorLoop::run() {
  actor_.shard().set_settings(shard_settings(services_.settings_of(index())));  // CONFIG SET tells it of changes
  const auto work = asio::make_work_guard(context_);
  while (!stopped_) {
    receive();
    turn();
  }
  for (auto& [id, connection] : Connections(connections_)) connection->close();
  context_.poll();
}

// Sleeps where there is nothing to do, and takes what the sockets have brought.
void ReactorLoop::receive() {
  if (turns_.empty() && actor_.may_sleep()) {
    const TimeUs wake_us = actor_.shard().next_wake();
    if (wake_us == never_us) {
      context_.run_one();
    } else if (const TimeUs sleep_us = wake_us - engine_now(); sleep_us > 0) {
      context_.run_one_for(std::chrono::microseconds(sleep_us));
    }
    actor_.woke_up();
  }
  context_.poll();
}

void ReactorLoop::turn() {
  now_ = engine_now();
  actor_.begin_turn(now_);
  actor_.take_mail();
  hand_back();
  serving_.swap(turns_);
  for (const auto& connection : serving_) {
    connection->listed_ = false;
    connection->turn();
  }
  hand_back();
  actor_.flush();
  write_out();
}

void ReactorLoop::hand_back() {
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
    if (connection->is_open() && connection->session().wants_turn()) give_turn(*connection);
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
  if (connections_.erase(connection.session().client().id) == 0) return;
  --stats_.clients;
  all_connections_.fetch_sub(1, std::memory_order_relaxed);
}

void ReactorLoop::adopt(int fd, uint64_t id, int family) {
  asio::post(context_, [this, fd, id, family] {
    Connection::Socket socket(context_);
    asio::error_code error;
    socket.assign(asio::generic::stream_protocol(family, 0), fd, error);
    now_ = engine_now();
    auto connection = std::make_shared<Connection>(*this, std::move(socket), id);
    ++stats_.connections_received;
    ++stats_.clients;
    connections_.emplace(id, connection);
    connection->start();
  });
}

void ReactorLoop::stop() {
  asio::post(context_, [this] { stopped_ = true; });
}

void ReactorLoop::drain() {
  asio::post(context_, [this] {
    for (auto& [id, connection] : Connections(connections_)) connection->drain();
  });
}

void ReactorLoop::reset_stats() {
  const uint64_t clients = stats_.clients;
  stats_ = {};
  stats_.clients = clients;
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
  connection->close();  // now: who asked for it finds it done when the answer comes
}

}  // namespace holdfast
