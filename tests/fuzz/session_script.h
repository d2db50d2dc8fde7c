// What it is: the input of the session target: what clients send, and lines of the stage between. Where a line begins
// with @ and is one of these, nobody hears it:
//   @1 @2 @3      who speaks from here on; each lives with another shard as far as there are some
//   @+1500        so many milliseconds pass
//   @ends         the speaker closes its sending side
//   @gone         the speaker's connection breaks
//   @hasty        from the beginning on, nobody waits for anybody: what is sent is not answered before the next speaks
// All else is what the speaker sends, but for names of what cannot be known before: hold-number-----------07 (as long
// as an id) is the id of the eighth hold that anybody heard of, lock-token----07 (as long as a token) the eighth number
// of the engine's sequence. They are replaced when the speaker begins to speak. A PROOF is made with script_secret, and
// a script begins at script_time_s by the wall clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

inline constexpr size_t script_clients = 3;
inline constexpr std::string_view hold_name = "hold-number-----------";  // and two digits
inline constexpr std::string_view token_name = "lock-token----";         // and two digits
inline constexpr std::string_view script_secret = "open sesame";
inline constexpr int64_t script_time_s = 1'800'000'000;

struct ScriptStep {
  enum class What { says, passes, ends, breaks };
  What what = What::says;
  size_t client = 0;
  std::string_view bytes = {};
  int64_t ms = 0;
};

struct Script {
  std::vector<ScriptStep> steps;
  bool hasty = false;
};

// Is this line, with its end, one of the stage?
bool is_of_stage(std::string_view line);

Script read_script(std::string_view input);

}  // namespace holdfast
