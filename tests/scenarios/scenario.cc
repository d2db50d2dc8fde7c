#include "tests/scenarios/scenario.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/escape.h"
#include "protocol/proof.h"
#include "tests/protocol/session_world.h"
#include "tests/scenarios/reply_pattern.h"
#include "tests/support/proof_token.h"

namespace holdfast {
namespace {

constexpr Seq first_seq = 1'700'000'000'000'000;
constexpr std::string_view secret = "open sesame";  // that PROOFs are made with

using Wrong = std::optional<std::string>;

// A client, and what it has heard and not yet been asked about.
struct Actor {
  Session* session = nullptr;
  std::string heard;
  int due = 0;  // requests sent and not answered
};

class Player {
 public:
  explicit Player(const Stage& stage) : stage_(stage), world_(stage.shards, first_seq) {
    for (uint32_t i = 0; i < stage.shards; ++i) {
      world_.settings_of(static_cast<ShardIndex>(i)).challenge_secret = std::make_shared<ProofSecret>(secret);
    }
  }

  Wrong play_line(std::string_view line) {
    if (line[0] == ' ') return line_of_reply(line);
    const size_t size = std::min(line.find_first_of(" ><"), line.size());
    const std::string name(line.substr(0, size));
    const std::string_view rest = line.substr(size);
    // Several may have heard something at once: who is asked next is not the end of it.
    if (Wrong wrong = rest == "<" ? end_of_reply() : end_of_replies()) return wrong;
    if (line[0] == '+') return pass_time(line.substr(1));
    for (const std::string_view mark : {">> ", "> "}) {
      if (rest.starts_with(mark)) return send(actor(name), rest.substr(mark.size()), mark == "> ");
    }
    if (!actors_.contains(name)) return "nobody is called " + name;
    expect_replies_of(actor(name));
    if (rest == "<") return std::nullopt;
    if (rest != " hangs up") return "what is '" + std::string(line) + "'?";
    answer_optional_ = true;
    speaker_->session->end_of_input();
    run();
    return std::nullopt;
  }

  // All that was heard was expected, and everybody was answered.
  Wrong end() {
    if (Wrong wrong = end_of_replies()) return wrong;
    for (const auto& [name, actor] : actors_) {
      if (actor.due > 0) return name + " has not been answered";
    }
    return std::nullopt;
  }

 private:
  Actor& actor(const std::string& name) {
    const auto [entry, is_new] = actors_.try_emplace(name);
    if (is_new) {
      entry->second.session = &world_.connect(static_cast<ShardIndex>((actors_.size() - 1) % stage_.shards));
      if (stage_.resp == 3) {
        entry->second.session->input().append("HELLO 3\r\n");
        world_.run();
        CHECK(take_output(*entry->second.session).starts_with("%7\r\n"));
      }
    }
    return entry->second;
  }

  void expect_replies_of(Actor& actor) {
    speaker_ = &actor;
    answered_ = 0;
    answer_optional_ = false;
  }

  Wrong send(Actor& actor, std::string_view text, bool goes_out) {
    const std::optional<std::string> request = substituted(with_proofs(text), variables_);
    if (!request) return "a name stands for nothing yet";
    outgoing_ += *request + "\r\n";
    ++actor.due;
    expect_replies_of(actor);
    if (!goes_out) {
      answer_optional_ = true;
      return std::nullopt;
    }
    actor.session->input().append(std::exchange(outgoing_, {}));
    run();
    return std::nullopt;
  }

  // proof(cart, sku, +60) is a token of the fixed secret that ends 60 seconds from now.
  std::string with_proofs(std::string_view text) const {
    std::string result(text);
    for (size_t at; (at = result.find("proof(")) != std::string::npos;) {
      const size_t end = result.find(')', at);
      std::vector<std::string> words(1);
      for (const char c : result.substr(at + 6, end - at - 6)) {
        if (c == ',') {
          words.emplace_back();
        } else if (c != ' ' && c != '+') {
          words.back() += c;
        }
      }
      words.resize(3);
      const int64_t expiry_s = world_.unix_time_s() + std::atoll(words[2].c_str());
      result.replace(at, end - at + 1, proof_token(std::string(secret), words[0], words[1], expiry_s));
    }
    return result;
  }

  Wrong pass_time(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    int64_t amount = 0;
    const char* const end = std::from_chars(text.data(), text.data() + text.size(), amount).ptr;
    const std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
    const TimeUs unit_us = unit == " us" ? 1 : unit == " ms" ? 1'000 : unit == " s" ? 1'000'000 : 0;
    if (amount <= 0 || unit_us == 0) return "a time is `+ 5 ms`, with us, ms or s";
    world_.pass_time(amount * unit_us);
    run();
    return std::nullopt;
  }

  void run() {
    world_.run();
    for (auto& [name, actor] : actors_) actor.heard += take_output(*actor.session);
  }

  Wrong line_of_reply(std::string_view line) {
    if (!speaker_) return "whose reply is this?";
    line.remove_prefix(line.find_first_not_of(' '));
    if (line == "...") {
      ++answered_;
      if (speaker_->heard.empty()) return std::nullopt;
      return "expected no reply yet, got " + in_quotes(speaker_->heard);
    }
    std::string wrong;
    const std::optional<ReplyPattern> pattern = parse_reply_pattern(line, wrong);
    if (!pattern) return wrong;
    if (speaker_->heard.empty()) return "there is no reply yet";
    std::string_view left = speaker_->heard;
    if (Wrong differs = match_reply(*pattern, stage_.resp, left, variables_)) {
      return *differs + "\n  at " + in_quotes(left) + "\n  of " + in_quotes(speaker_->heard);
    }
    speaker_->heard.erase(0, speaker_->heard.size() - left.size());
    ++answered_;
    --speaker_->due;
    return std::nullopt;
  }

  Wrong end_of_reply() const {
    if (speaker_ && answered_ == 0 && !answer_optional_) return "the line above has no reply";
    return std::nullopt;
  }

  // Before anything else happens: nobody has heard what the scenario does not tell.
  Wrong end_of_replies() {
    if (Wrong wrong = end_of_reply()) return wrong;
    for (const auto& [name, actor] : actors_) {
      if (!actor.heard.empty()) return name + " heard also " + in_quotes(actor.heard);
    }
    speaker_ = nullptr;
    return std::nullopt;
  }

  Stage stage_;
  SessionWorld world_;
  std::map<std::string, Actor> actors_;
  Variables variables_;
  std::string outgoing_;      // requests that are sent together with the next
  Actor* speaker_ = nullptr;  // whose replies the indented lines are
  int answered_ = 0;
  bool answer_optional_ = false;
};

}  // namespace

std::string play(std::string_view scenario, const Stage& stage) {
  Player player(stage);
  int number = 0;
  const auto at_line = [&](const std::string& wrong) { return "line " + std::to_string(number) + ": " + wrong; };
  while (!scenario.empty()) {
    const size_t size = std::min(scenario.find('\n'), scenario.size());
    std::string_view line = scenario.substr(0, size);
    scenario.remove_prefix(std::min(size + 1, scenario.size()));
    ++number;
    while (line.ends_with(' ')) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    if (const Wrong wrong = player.play_line(line)) return at_line(*wrong) + "\n  " + std::string(line);
  }
  const Wrong wrong = player.end();
  return wrong ? at_line(*wrong) : "";
}

}  // namespace holdfast
