#include "protocol/session.h"

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

#include "engine/limits.h"
#include "protocol/admission.h"
#include "protocol/arguments.h"
#include "protocol/auth_command.h"
#include "protocol/client_command.h"
#include "protocol/subcommands.h"

namespace holdfast {
namespace {

constexpr size_t first_ring = 16;

// What a browser sends where a script made it speak to us: another protocol, and nobody's reservation (as Redis does).
bool is_cross_protocol(std::string_view word) {
  return same_word(word, "post") || same_word(word, "host:");
}

}  // namespace

Session::Session(SessionHost& host, uint64_t id) : host_(host), monitor_(host.monitor()) {
  client_.id = id;
  client_.user = host.services().settings().user_table->initial();
  follow_settings();
}

void Session::follow_settings() {
  parser_.set_limits(request_limits(host_.services().settings(), client_.user != nullptr));
}

bool Session::may_execute() const {
  return state_ == State::open && !waiting_ && unsent_bytes() < limits::output_bytes &&
         next_slot_ - first_slot_ < limits::pending_replies;
}

bool Session::may_read() const {
  return state_ == State::open && !input_ended_ && !more_input_ && unsent_bytes() < limits::output_bytes;
}

bool Session::finished() const {
  if (under_way()) return false;
  return state_ == State::finishing || (input_ended_ && !more_input_);
}

void Session::process(size_t budget) {
  more_input_ = false;
  host_.equip(output_);
  monitor_.begin_batch(input_.size());
  while (state_ == State::open && !input_.empty()) {
    if (!may_execute() || budget == 0) {
      more_input_ = true;
      return;
    }
    const ParseStatus status = parser_.parse(input_.data(), input_.size());
    if (status == ParseStatus::incomplete) break;
    if (status == ParseStatus::error) {
      ++host_.counters().protocol_errors;
      host_.services().security_log().record(closed_event("protocol-error", client_), host_.now());
      fail(std::string("ERR ").append(parser_.error()));
      state_ = State::finishing;
      break;
    }
    const bool may_look_ahead = parser_.consumed() < input_.size() && may_do_everything();
    if (!(may_look_ahead && execute_together(budget)) && !execute_one(budget)) more_input_ = true;
    if (more_input_) return;
  }
  if (state_ == State::finishing) input_.clear();
  host_.reclaim(input_);
}

bool Session::execute_one(size_t& budget) {
  if (!parser_.args().empty()) {
    if (!execute(parser_.args())) return false;
    --budget;
  }
  input_.consume(parser_.consumed());
  return true;
}

bool Session::execute(Args args) {
  if (is_cross_protocol(args[0])) {
    state_ = State::finishing;
    return true;
  }
  const CommandRow* row = find_called(args);
  if (!row || !arity_fits(*row, args.size())) {
    if (client_.reply_mode == ReplyMode::skip_next) client_.reply_mode = ReplyMode::skip_this;
    if (row) monitor_.reject(*row);
    fail(row ? arity_error(row->name) : unknown_command(args));
    end_command();
    return true;
  }
  if (!row->read && !admits(*row)) return true;
  monitor_.begin(*row, args.size());
  return row->read ? run_data_command(*row, args) : run_connection_command(*row, args);
}

void Session::begin_command(const CommandRow& row) {
  ++host_.counters().commands;
  client_.active_us = host_.now();
  client_.last_command = row.name;
  if (client_.reply_mode == ReplyMode::skip_next) client_.reply_mode = ReplyMode::skip_this;
}

void Session::end_command() {
  if (client_.reply_mode == ReplyMode::skip_this) client_.reply_mode = ReplyMode::on;
  if (client_.close_after_reply) state_ = State::finishing;
}

bool Session::run_data_command(const CommandRow& row, Args args) {
  Journey* journey = host_.shard().new_journey();
  if (!journey) return false;
  ReadError error = row.read(args, host_.services(), *journey);
  if (!may_do_everything()) [[unlikely]]
    error = judge(row, *journey, std::move(error));
  return run(row, args, *journey, error);
}

// Of a journey that has been read. It is given back, or on its way.
bool Session::run(const CommandRow& row, Args args, Journey& journey, const ReadError& error) {
  if (!error && !footprint_.may_start(journey)) {
    host_.shard().recycle(&journey);
    waiting_ = true;
    return false;
  }
  begin_command(row);
  if (journey.wait_us > 0) monitor_.begin_wait();
  if (error) {
    fail(*error);
  } else if (!start(row, args, journey)) {
    end_command();
    return true;
  } else {
    if (journey.reply.seq != 0 && !under_way()) client_.note_change(journey.reply.seq);
    reply([&](RespWriter& out) { render(row, journey, out); });
    if (journey.reply.seq != 0 && under_way()) {
      tail();
      slot(next_slot_ - 1).seq = journey.reply.seq;  // it is the last change when its turn has come
    }
  }
  monitor_.finish(row, args, client_);
  host_.shard().recycle(&journey);
  end_command();
  return true;
}

bool Session::start(const CommandRow& row, Args args, Journey& journey) {
  journey.ticket = {.session = client_.id, .command = next_slot_};
  if (host_.shard().submit(&journey)) return true;
  footprint_.started(journey);
  Slot& place = add_slot();
  place.done = false;
  place.muted = muted();
  if (journey.wait_us > 0) {
    in_line_ = true;
    ++host_.counters().blocked_clients;
    monitor_.finish(row, args, client_);
  } else {
    monitor_.depart(args, journey);
  }
  place.row = &row;
  if (input_ended_) leave_lines();
  return false;
}

bool Session::run_connection_command(const CommandRow& row, Args args) {
  if (row.ordering == Ordering::barrier && under_way()) {
    waiting_ = true;
    return false;
  }
  Journey* journey = nullptr;
  if (row.ordering == Ordering::barrier && !(journey = host_.shard().new_journey())) return false;
  begin_command(row);
  std::unique_ptr<ReplyTour> tour;
  reply([&](RespWriter& out) { tour = row.run(args, client_, host_.services(), out); });
  if (tour) {
    CHECK(journey);
    journey->verb = Verb::tour;
    journey->tour = std::move(tour);
    if (!start(row, args, *journey)) {
      waiting_ = true;  // until complete(): it may change what follows (CONFIG SET, CLIENT KILL)
      end_command();
      return true;
    }
    reply([&](RespWriter& out) { static_cast<ReplyTour&>(*journey->tour).render(out, client_); });
  }
  if (journey) host_.shard().recycle(journey);
  monitor_.finish(row, args, client_);
  if (client_.login) wait_for_login(row);
  if (awaits_disk()) wait_for_disk();
  if (row.group == "connection") follow_settings();  // RESET
  end_command();
  return true;
}

// Its reply comes from look_at_disk(), and until then nothing else is answered.
void Session::wait_for_disk() {
  Slot& place = add_slot();
  place.done = false;
  place.muted = muted();
  waiting_ = true;
}

void Session::look_at_disk(Seq durable) {
  if (!awaits_disk() || (durable < client_.durable_wait->seq && host_.now() < client_.durable_wait->until_us)) return;
  client_.durable_wait.reset();
  waiting_ = false;
  Slot& place = slot(first_slot_);  // it is alone: it waited for all before it, and nothing came after
  if (!place.muted) write_to(output_, place.resp, [&](RespWriter& out) { out.integer(durable); });
  place.done = true;
  flush_slots();
}

void Session::complete(Journey& journey) {
  waiting_ = false;
  footprint_.finished(journey);
  if (journey.wait_us > 0 && in_line_) {
    in_line_ = false;
    --host_.counters().blocked_clients;
  }
  Slot& place = slot(journey.ticket.command);
  const bool is_next = journey.ticket.command == first_slot_;
  const auto render = [&](RespWriter& out) {
    if (journey.tour) {
      static_cast<ReplyTour&>(*journey.tour).render(out, client_);  // it may end this connection
    } else {
      this->render(*place.row, journey, out);
    }
  };
  monitor_.begin_return();
  if (place.muted) {
    Buffer unsaid;
    write_reply(unsaid, place.resp, render);
  } else {
    write_to(is_next ? output_ : place.text, place.resp, render);
  }
  monitor_.finish_return(*place.row, journey, client_);
  place.seq = journey.reply.seq;
  place.done = true;
  if (is_next) flush_slots();
  if (client_.close_after_reply) state_ = State::finishing;
}

void Session::finish_login(LoginOutcome outcome) {
  if (!client_.login) return;
  waiting_ = false;
  Slot& place = slot(first_slot_);
  Buffer unsaid;
  write_reply(place.muted ? unsaid : output_, place.resp,
              [&](RespWriter& out) { holdfast::finish_login(client_, outcome, host_.services(), out); });
  place.done = true;
  flush_slots();
  follow_settings();
  if (client_.close_after_reply) state_ = State::finishing;
}

// Moves what is due, up to the first command that is still under way.
void Session::flush_slots() {
  while (under_way() && slot(first_slot_).done) {
    Slot& place = slot(first_slot_);
    output_.append(place.text.view());
    held_back_bytes_ -= place.text.size();
    place.text.clear();
    place.text.release_if_empty();
    if (place.seq != 0) client_.note_change(place.seq);
    ++first_slot_;
  }
}

template <class Write>
void Session::write_reply(Buffer& text, int resp, Write write) {
  const size_t before = text.size();
  RespWriter out(text, resp);
  write(out);
  if (text.size() > before && text.data()[before] == '-') monitor_.note_error(text.view().substr(before + 1));
}

template <class Write>
void Session::write_to(Buffer& text, int resp, Write write) {
  const size_t before = text.size();
  write_reply(text, resp, write);
  if (&text != &output_) held_back_bytes_ += text.size() - before;
}

Session::Slot& Session::add_slot() {
  if (next_slot_ - first_slot_ == slots_.size()) grow_slots();
  Slot& place = slot(next_slot_++);
  place.seq = 0;
  place.resp = client_.resp;
  return place;
}

void Session::grow_slots() {
  std::vector<Slot> larger(slots_.empty() ? first_ring : slots_.size() * 2);
  for (uint64_t number = first_slot_; number != next_slot_; ++number) {
    larger[number & (larger.size() - 1)] = std::move(slot(number));
  }
  slots_ = std::move(larger);
}

Buffer& Session::tail() {
  if (!under_way()) return output_;
  Slot& last = slot(next_slot_ - 1);
  if (last.done && last.seq == 0) return last.text;
  Slot& place = add_slot();
  place.done = true;
  return place.text;
}

template <class Write>
void Session::reply(Write write) {
  if (client_.reply_mode == ReplyMode::on) return write_to(tail(), client_.resp, write);
  Buffer unsaid;
  write_reply(unsaid, client_.resp, write);
  if (client_.reply_mode != ReplyMode::on) return;
  write_to(tail(), client_.resp, [&](RespWriter&) { tail().append(unsaid.view()); });  // CLIENT REPLY ON
}

void Session::fail(std::string_view error) {
  reply([&](RespWriter& out) { out.error(error); });
}

// A client that has closed its sending side while it stands in line has hung up, or cannot be told from one that has:
// it leaves the line, and is answered that there was nothing for it.
void Session::end_of_input() {
  input_ended_ = true;
  leave_lines();
}

void Session::abandon() {
  state_ = State::finishing;
  leave_lines();
}

void Session::leave_lines() {
  if (!in_line_) return;
  in_line_ = false;
  --host_.counters().blocked_clients;
  host_.shard().cancel_waits(client_.id);
}

void Session::refresh_client() {
  client_.input_bytes = input_.size();
  client_.input_room = input_.capacity() - input_.size();
  client_.memory_bytes = memory();
  client_.output_bytes = unsent_bytes();
  client_.in_flight = next_slot_ - first_slot_;
}

}  // namespace holdfast
