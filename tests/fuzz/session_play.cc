#include "tests/fuzz/session_play.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <string>

#include "engine/hold_id.h"
#include "protocol/log.h"
#include "protocol/proof.h"
#include "tests/fuzz/fixed_random.h"
#include "tests/fuzz/reply_ledger.h"
#include "tests/fuzz/stock_ledger.h"
#include "tests/protocol/session_world.h"

namespace holdfast {
namespace {

constexpr Seq first_seq = 1'700'000'000'000'000;
constexpr size_t seq_digits = 16;
constexpr TimeUs start_us = 1'000'000'000'000;
constexpr TimeUs longest_us = limits::ttl_ms_ceiling * 1'000;
constexpr int most_wakes = 200;
constexpr LogLevel silence{uint8_t(LogLevel::warning) + 1};  // failed logins would fill the terminal
static_assert(script_time_s == SessionWorld::first_unix_time_s);

// Their replies depend on when they are asked, on how many shards there are, or on the machine.
constexpr std::array<std::string_view, 8> of_the_moment = {"time",    "info",    "client list", "client info",
                                                           "slowlog", "latency", "scan",        "acl log"};

bool is_of_the_moment(const Words& words) {
  return std::any_of(of_the_moment.begin(), of_the_moment.end(),
                     [&](std::string_view name) { return begins_with(words, name); });
}

bool is_id_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
}

bool is_alphanumeric(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Names by order of appearance: the same for ids that differ only in what chance and order made of them.
class Names {
 public:
  // Ids in what was heard, and numbers of the sequence, get the next names.
  void learn(std::string_view text) {
    visit(
        text, [](std::string_view) {},
        [](std::vector<std::string>& known, std::string_view word) {
          if (std::find(known.begin(), known.end(), word) == known.end()) known.emplace_back(word);
        });
  }

  std::string canonical(std::string_view text) {
    std::string result;
    visit(
        text, [&](std::string_view plain) { result += plain; },
        [&](std::vector<std::string>& known, std::string_view word) {
          const auto place = std::find(known.begin(), known.end(), word) - known.begin();
          result += (&known == &ids_ ? "<id " : "<seq ") + std::to_string(place) + ">";
        });
    return result;
  }

  // What a client says: names to what they stand for, where that is known.
  std::string spoken(std::string_view text) const {
    std::string result(text);
    replace(result, hold_name, hold_id_chars, ids_);
    replace(result, token_name, seq_digits, seqs_);
    return result;
  }

 private:
  template <class Plain, class Known>
  void visit(std::string_view text, Plain plain, Known known) {
    size_t at = 0;
    while (at < text.size()) {
      size_t letters = 0;
      while (at + letters < text.size() && is_id_letter(text[at + letters])) ++letters;
      const std::string_view digits = text.substr(at, seq_digits);
      if (letters == hold_id_chars && parse_hold_id(text.substr(at, letters))) {
        known(ids_, text.substr(at, letters));
        at += letters;
      } else if (digits.size() == seq_digits && digits.starts_with("17000000") &&
                 digits.find_first_not_of("0123456789") == std::string_view::npos) {
        known(seqs_, digits);
        at += seq_digits;
      } else {
        const size_t size = std::max<size_t>(letters, 1);
        plain(text.substr(at, size));
        at += size;
      }
    }
  }

  static void replace(std::string& text, std::string_view name, size_t size, const std::vector<std::string>& known) {
    for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += size) {
      if (at + size > text.size()) return;
      const char tens = text[at + size - 2];
      const char ones = text[at + size - 1];
      if (tens < '0' || tens > '9' || ones < '0' || ones > '9') continue;
      // Within a longer word it could not be told again in an error that quotes the word.
      if ((at > 0 && is_alphanumeric(text[at - 1])) || is_alphanumeric(text.c_str()[at + size])) continue;
      const size_t number = 10 * static_cast<size_t>(tens - '0') + static_cast<size_t>(ones - '0');
      if (number < known.size()) text.replace(at, size, known[number]);
    }
  }

  std::vector<std::string> ids_;
  std::vector<std::string> seqs_;
};

struct Speaker {
  Session* session = nullptr;
  ReplyLedger ledger;
  bool left = false;  // by its own will
};

class Play {
 public:
  Play(const Script& script, uint32_t shards, const Cut& cut)
      : script_(script), cut_(cut), world_(shards, first_seq, start_us) {
    for (uint32_t i = 0; i < shards; ++i) {
      world_.settings_of(static_cast<ShardIndex>(i)).challenge_secret = std::make_shared<ProofSecret>(script_secret);
    }
    for (size_t i = 0; i < speakers_.size(); ++i) {
      speakers_[i].session = &world_.connect(static_cast<ShardIndex>(i % shards));
    }
  }

  Transcript run() {
    for (const ScriptStep& step : script_.steps) {
      switch (step.what) {
        case ScriptStep::What::says:
          say(step.client, step.bytes);
          break;
        case ScriptStep::What::passes:
          pass_time(step.ms * 1'000);
          break;
        case ScriptStep::What::ends:
          end(step.client);
          break;
        case ScriptStep::What::breaks:
          speakers_[step.client].session->abandon();
          speakers_[step.client].left = true;
          loosen();
          break;
      }
      if (!script_.hasty) settle();
    }
    finish();
    return std::move(transcript_);
  }

 private:
  void say(size_t client, std::string_view text) {
    if (script_.hasty) {
      for (size_t i = 0; i < speakers_.size(); ++i) hear(i);
      name_ids();
    }
    const std::string bytes = names_.spoken(text);
    Speaker& speaker = speakers_[client];
    races_ = races_ || others_have_said_more(client);
    size_t from = 0;
    for (size_t at = 1; at <= bytes.size(); ++at) {
      if (!cut_(said_++) && at < bytes.size()) continue;
      if (!speaker.left && !speaker.session->finished()) {
        const std::string_view piece = std::string_view(bytes).substr(from, at - from);
        speaker.ledger.sent(piece);
        speaker.session->input().append(piece);
      }
      from = at;
      if (script_.hasty) {
        world_.turn(static_cast<ShardIndex>(at % world_.shards()));
      } else {
        advance();
      }
    }
  }

  void end(size_t client) {
    races_ = races_ || others_have_said_more(client);
    speakers_[client].session->end_of_input();
    speakers_[client].left = true;
  }

  // Somebody else's requests wait for one under way, and this speaker's may end it: who is served first then is open.
  bool others_have_said_more(size_t client) {
    for (size_t i = 0; i < speakers_.size(); ++i) {
      speakers_[i].session->refresh_client();
      if (i != client && speakers_[i].session->client().input_bytes > 0 && !speakers_[i].session->finished())
        return true;
    }
    return false;
  }

  // Every moment at which something is due, one after the other; who is hasty meets them all at once.
  void pass_time(TimeUs us) {
    for (int wakes = 0; !script_.hasty && wakes < most_wakes; ++wakes) {
      const TimeUs wake = world_.time_to_wake();
      if (wake > us) break;
      world_.pass_time(wake);
      us -= wake;
      advance();
    }
    world_.pass_time(us);
  }

  // Until nothing moves any more.
  void advance() {
    bool again = true;
    while (again) {
      world_.run();
      again = judge_logins();
      for (size_t i = 0; i < speakers_.size(); ++i) {
        hear(i);
        again |= speakers_[i].session->wants_turn();
      }
    }
  }

  bool judge_logins() {
    const bool any = !world_.logins.empty();
    set_log_level(silence);  // CONFIG SET may have said otherwise
    for (const uint64_t id : std::exchange(world_.logins, {})) {
      for (Speaker& speaker : speakers_) {
        const Client& client = speaker.session->client();
        if (client.id != id || !client.login) continue;
        const bool right = client.login->password == "sesame";
        speaker.session->finish_login(right ? LoginOutcome::welcome : LoginOutcome::wrong);
      }
    }
    return any;
  }

  void hear(size_t client) {
    const std::string bytes = take_output(*speakers_[client].session);
    if (bytes.empty()) return;
    speakers_[client].ledger.heard(bytes, [&](const Words& words, std::string_view reply) {
      const bool knows_all = !script_.hasty && !anybody(&ReplyLedger::has_silent_changes);
      if (stock_.is_sure() && knows_all) stock_.heard(words, reply);
      if (!is_of_the_moment(words)) just_heard_[client] += reply;
    });
  }

  // Ids get their names after a step, client by client: whom of two its replies reach first follows from the cuts.
  void name_ids() {
    for (size_t i = 0; i < speakers_.size(); ++i) {
      const std::string text = std::exchange(just_heard_[i], {});
      names_.learn(text);
      if (races_) continue;
      transcript_[i].bytes += text;
      transcript_[i].canonical += names_.canonical(text);
    }
  }

  bool anybody(bool (ReplyLedger::*is)() const) const {
    return std::any_of(speakers_.begin(), speakers_.end(), [&](const Speaker& one) { return (one.ledger.*is)(); });
  }
  void loosen() {
    for (Speaker& speaker : speakers_) speaker.ledger.loosen();
  }

  void settle() {
    advance();
    name_ids();
    bool all_heard = !anybody(&ReplyLedger::is_loose) && !anybody(&ReplyLedger::has_silent_changes);
    for (Speaker& speaker : speakers_) {
      Session& session = *speaker.session;
      if (!session.client().user) loosen();
      session.refresh_client();
      const bool is_waiting = session.client().in_flight > 0;
      const bool is_over = session.finished();
      const bool is_loose = speaker.ledger.is_loose();
      const bool may_be_killed = anybody(&ReplyLedger::spoke_of_kills);
      if (is_over) CHECK(speaker.left || speaker.ledger.said_goodbye() || may_be_killed || is_loose);
      if (speaker.ledger.said_goodbye() && !is_waiting) CHECK(is_over || is_loose);
      if (!is_waiting && !(is_over && may_be_killed)) CHECK(speaker.ledger.all_answered() || is_loose);
      all_heard = all_heard && speaker.ledger.all_answered();
      if (!is_waiting) speaker.ledger.forget_silent_changes();  // else they may be decided later
    }
    stock_.settle(world_, all_heard && !script_.hasty);
  }

  // Everybody goes, and with time everything that they left behind.
  void finish() {
    for (size_t i = 0; i < speakers_.size(); ++i) {
      end(i);
      settle();
    }
    for (const Speaker& speaker : speakers_) CHECK(speaker.session->finished());
    for (int i = 0; i < 3; ++i) {
      world_.pass_time(longest_us);
      advance();
    }
    settle();
    for (uint32_t i = 0; i < world_.shards(); ++i) {
      const Shard& shard = world_.shard(static_cast<ShardIndex>(i));
      CHECK(shard.state().holds.live() == 0 && shard.state().holds.tombstones() == 0);
      CHECK(shard.state().locks.size() == 0 && shard.stats().waiting == 0 && shard.stats().journeys_under_way == 0);
    }
  }

  const Script& script_;
  const Cut& cut_;
  FixedRandom random_;
  SessionWorld world_;
  std::array<Speaker, script_clients> speakers_;
  Names names_;
  StockLedger stock_;
  Transcript transcript_;
  std::array<std::string, script_clients> just_heard_;  // in this step
  size_t said_ = 0;
  bool races_ = false;  // from here on what is heard may be another thing each time, and is not in the transcript
};

}  // namespace

Transcript play(const Script& script, uint32_t shards, const Cut& cut) {
  return Play(script, shards, cut).run();
}

}  // namespace holdfast
