// Requests that are read before the first of them is executed.
#include <algorithm>
#include <array>
#include <span>

#include "engine/limits.h"
#include "protocol/session.h"

namespace holdfast {

// Reads the requests behind the one that the parser has just read before that is executed, so that the shard can fetch
// what they need from memory for all of them at once. Only whole, ordinary ones about data: whatever else comes is left
// to be read again, for it may change how what is behind it is to be read. False: not even the first is such a one.
bool Session::execute_together(size_t& budget) {
  Batch batch;
  read_ahead(batch, budget);
  if (batch.size == 0) return false;
  const auto journeys = std::span(batch.journeys).first(batch.size);
  host_.shard().foresee(journeys);
  size_t next = 0;
  while (next < batch.size && may_execute() && !more_input_) {
    const Batch::Request& request = batch.requests[next];
    monitor_.begin(*request.row, request.args.size());
    more_input_ = !run(*request.row, request.args, *journeys[next++], std::nullopt);
    if (!more_input_) input_.consume(request.bytes);
  }
  budget -= batch.size;
  if (next == batch.size && !more_input_) return true;
  for (Journey* journey : journeys.subspan(next)) host_.shard().recycle(journey);
  parser_.reset();
  more_input_ = true;
  return true;
}

void Session::read_ahead(Batch& batch, size_t budget) {
  std::span<std::string_view> room(batch.words);
  size_t at = 0;
  do {
    const Args sent = parser_.args();
    if (sent.empty() || sent.size() > room.size() || parser_.is_inline()) return;
    const CommandRow* row = find_called(sent);
    if (!row || !row->read || !arity_fits(*row, sent.size())) return;
    Journey* journey = host_.shard().new_journey();
    if (!journey) return;
    const Args args = room.first(sent.size());
    std::copy(sent.begin(), sent.end(), room.begin());
    if (row->read(args, host_.services(), *journey)) {
      host_.shard().recycle(journey);
      return;
    }
    room = room.subspan(sent.size());
    batch.journeys[batch.size] = journey;
    batch.requests[batch.size++] = {.row = row, .args = args, .bytes = parser_.consumed()};
    at += parser_.consumed();
  } while (batch.size < std::min(budget, batch.requests.size()) &&
           parser_.parse(input_.data() + at, input_.size() - at) == ParseStatus::complete);
}

}  // namespace holdfast
