// What it is: the payload of a record that holds facts: one or more, their numbers one after the other, the first one's
// in the record's header. Each is a frame: zigzag(its time - the time of the one before it, or of the record), the
// length of its bytes (see fact_codec.h), the bytes. So a cart is never split, and what a record costs (a header, a
// checksum, a chain) is shared by those that came together.
// Threads: pure functions. Time: O(bytes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/fact_codec.h"
#include "engine/record.h"
#include "engine/record_payload.h"

namespace holdfast {

// What a frame takes besides the fact: two numbers.
inline constexpr size_t max_frame_overhead = 10 + 3;
static_assert(max_fact_bytes < size_t{1} << 21);

// Returns the end of what it wrote. REQUIRES: room for the fact and max_frame_overhead. `before_us`: see above.
inline char* put_frame(TimeUs time_us, TimeUs before_us, std::string_view fact, char* out) {
  PayloadWriter writer(out);
  writer.number(zigzag(time_us - before_us));
  writer.number(fact.size());
  writer.raw(fact.data(), fact.size());
  return writer.end();
}

// The frames of a record, from the first on.
class FactFrames {
 public:
  explicit FactFrames(const Record& record) : fact_(record), payload_(record.payload), in_(record.payload) {
    fact_.type = RecordType::fact;
    --fact_.seq;
  }

  // The next one as a record that holds this fact alone; null where there is no good one.
  const Record* next() {
    ++fact_.seq;
    fact_.time_us = in_.deadline(fact_.time_us);
    fact_.payload = in_.raw(in_.number(max_fact_bytes));
    return in_.good() ? &fact_ : nullptr;
  }
  bool at_end() const { return in_.used_up(); }

  // How much of the payload has been read.
  size_t bytes() const { return static_cast<size_t>(fact_.payload.data() + fact_.payload.size() - payload_.data()); }

 private:
  Record fact_;
  std::string_view payload_;
  PayloadSource in_;
};

}  // namespace holdfast
