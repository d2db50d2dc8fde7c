#include "tests/system/pipeline_model.h"

#include <algorithm>
#include <utility>

namespace holdfast {
namespace {

constexpr size_t before_items = 5;  // RESERVE cart EX seconds ITEMS

std::string text(int64_t number) {
  return std::to_string(number);
}

}  // namespace

std::string PipelineModel::judge(const Words& request, const WireReply& reply) {
  wrong_.clear();
  const std::string& name = request[0];
  const bool stands_alone =
      name == "LASTSEQ" || name == "HOLDS" || name == "REVOKE" || name == "MSTOCK" || name == "DBSIZE";
  if (stands_alone) ++era_;
  const std::string& first = request.size() > 1 ? request[1] : name;
  std::string expected;
  if (name == "SETSTOCK" || name == "RESTOCK") {
    expected = set_stock(request, name == "RESTOCK");
  } else if (name == "POLICY") {
    expected = policy(request);
  } else if (name == "DELSTOCK") {
    expected = delete_stock(first);
  } else if (name == "STOCK") {
    expected = skus_.contains(first) ? stock(first) : "-NOSKU sku=" + first;
  } else if (name == "MSTOCK") {
    for (size_t i = 1; i < request.size(); ++i) expected += (i > 1 ? " " : "[") + stock(request[i]);
    expected += "]";
  } else if (name == "RESERVE") {
    expected = reserve(request, reply);
  } else if (name == "COMMIT") {
    expected = commit(request);
  } else if (name == "RELEASE") {
    expected = release(first);
  } else if (name == "EXTEND") {
    expected = extend(first);
  } else if (name == "REVOKE") {
    expected = revoke(first);
  } else if (name == "HOLDS") {
    expected = holds(first);
  } else if (name == "HOLD") {
    expected = hold(first, reply);
  } else if (name == "LASTSEQ") {
    expected = last_seq(reply);
  } else if (name == "DBSIZE") {
    expected = text(static_cast<int64_t>(skus_.size()));
  } else {
    expected = first;  // ECHO
  }
  if (stands_alone) ++era_;
  const std::string shown = reply.shown();
  if (wrong_.empty() && shown != expected && !(expected == "-ERR" && shown.starts_with("-ERR "))) {
    wrong_ = "expected " + expected;
  }
  return wrong_;
}

std::vector<std::string> PipelineModel::ids() const {
  std::vector<std::string> all;
  for (const Hold& hold : holds_) all.push_back(hold.id);
  return all;
}

std::string PipelineModel::set_stock(const Words& words, bool adds) {
  const int64_t amount = std::stoll(words[2]);
  const auto found = skus_.find(words[1]);
  const int64_t before = found == skus_.end() ? 0 : found->second.on_hand;
  if (adds && amount == 0) return "-ERR";
  if (adds && amount < 0 && found == skus_.end()) return "-NOSKU sku=" + words[1];
  if (adds && amount < 0 && before + amount < 0) return "-ERR";
  const int64_t after = adds ? before + amount : amount;
  if (words.size() > 3) {  // IFVER
    const int64_t have = found == skus_.end() ? 0 : found->second.version;
    if (std::stoll(words[4]) != have) return "-VERSION sku=" + words[1] + " want=" + words[4] + " have=" + text(have);
  }
  if (found == skus_.end()) {
    skus_[words[1]].on_hand = after;
    fact();
  } else if (after != before) {
    found->second.on_hand = after;
    ++found->second.version;
    fact();
  }
  return stock(words[1]);
}

std::string PipelineModel::policy(const Words& words) {
  const auto found = skus_.find(words[1]);
  if (found == skus_.end()) return "-NOSKU sku=" + words[1];
  Sku& sku = found->second;
  const int64_t oversell = words[2] == "OVERSELL" ? std::stoll(words[3]) : sku.oversell;
  const bool paused = words[2] == "PAUSED" ? words[3] == "yes" : sku.paused;
  if (oversell != sku.oversell || paused != sku.paused) {
    sku.oversell = oversell;
    sku.paused = paused;
    ++sku.version;
    fact();
  }
  return stock(words[1]);
}

std::string PipelineModel::delete_stock(const std::string& name) {
  const auto found = skus_.find(name);
  if (found == skus_.end()) return "0";
  if (found->second.held > 0) return "-INUSE sku=" + name + " held=" + text(found->second.held);
  skus_.erase(found);
  fact();
  return "1";
}

std::string PipelineModel::stock(const std::string& name) const {
  const auto found = skus_.find(name);
  if (found == skus_.end()) return "(nil)";
  const Sku& sku = found->second;
  const int64_t balance = sku.balance();
  return "[sku " + name + " on_hand " + text(sku.on_hand) + " held " + text(sku.held) + " available " +
         text(std::max<int64_t>(balance, 0)) + " sold " + text(sku.sold) + " oversell " + text(sku.oversell) +
         " short " + text(std::max<int64_t>(-balance, 0)) + " version " + text(sku.version) + " percart 0 paused " +
         (sku.paused ? "1" : "0") + " challenge 0 waiting 0]";
}

std::string PipelineModel::reserve(const Words& words, const WireReply& reply) {
  std::vector<std::pair<std::string, int64_t>> items;
  for (size_t i = before_items; i < words.size(); i += 2) {
    const auto same =
        std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.first == words[i]; });
    if (same == items.end()) {
      items.emplace_back(words[i], std::stoll(words[i + 1]));
    } else {
      same->second += std::stoll(words[i + 1]);
    }
  }
  auto sorted = items;
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [name, quantity] : sorted) {
    if (!skus_.contains(name)) return "-NOSKU sku=" + name;
  }
  for (const auto& [name, quantity] : sorted) {
    if (skus_[name].paused) return "-PAUSED sku=" + name;
  }
  for (const auto& [name, quantity] : sorted) {
    const Sku& sku = skus_[name];
    if (quantity <= sku.balance()) continue;
    return "-OUTOFSTOCK sku=" + name + " want=" + text(quantity) +
           " available=" + text(std::max<int64_t>(sku.balance(), 0)) + " held=" + text(sku.held);
  }
  for (const auto& [name, quantity] : items) {
    skus_[name].held += quantity;
    ++skus_[name].version;
  }
  const std::string id = reply.is_hold() ? reply.items[0].text : "(an id)";
  if (by_id_.contains(id)) wrong_ = "this id was given before";
  by_id_[id] = holds_.size();
  holds_.push_back({.id = id, .cart = words[1], .items = items, .state = "HELD", .ref = {}, .made_by = fact()});
  return "[" + id + " " + text(ttl_ms) + "]";
}

void PipelineModel::end(Hold& hold, const std::string& state) {
  for (const auto& [name, quantity] : hold.items) {
    Sku& sku = skus_[name];
    sku.held -= quantity;
    ++sku.version;
    if (state != "COMMITTED") continue;
    sku.on_hand -= quantity;
    sku.sold += quantity;
  }
  hold.state = state;
  hold.ended_by = fact();
}

std::string PipelineModel::state_error(const Hold& hold) const {
  const std::string error = "-" + hold.state + " id=" + hold.id;
  if (hold.state != "COMMITTED") return error;
  return error + " ref=" + (hold.ref.empty() ? "\"\"" : hold.ref);
}

std::string PipelineModel::commit(const Words& words) {
  Hold& hold = holds_[by_id_.at(words[1])];
  const std::string ref = words.size() > 2 ? words[3] : "";
  if (hold.state == "HELD") {
    hold.ref = ref;
    end(hold, "COMMITTED");
    return "OK";
  }
  if (hold.state != "COMMITTED" || hold.ref != ref) return state_error(hold);
  last_fact_ = hold.ended_by;  // again: the fact that it reports
  return "OK";
}

std::string PipelineModel::release(const std::string& id) {
  Hold& hold = holds_[by_id_.at(id)];
  if (hold.state == "COMMITTED") return state_error(hold);
  if (hold.state != "HELD") return "0";
  int64_t units = 0;
  for (const auto& [name, quantity] : hold.items) units += quantity;
  end(hold, "RELEASED");
  return text(units);
}

std::string PipelineModel::extend(const std::string& id) {
  const Hold& hold = holds_[by_id_.at(id)];
  if (hold.state != "HELD") return state_error(hold);
  fact();
  return text(ttl_ms);
}

std::string PipelineModel::revoke(const std::string& cart) {
  int64_t ended = 0;
  for (Hold& hold : holds_) {
    if (hold.cart != cart || hold.state != "HELD") continue;
    end(hold, "REVOKED");
    ++ended;
  }
  return text(ended);
}

std::string PipelineModel::holds(const std::string& cart) const {
  std::string all;
  for (const Hold& hold : holds_) {
    if (hold.cart == cart && hold.state == "HELD") all += (all.empty() ? "" : " ") + hold.id;
  }
  return "[" + all + "]";
}

std::string PipelineModel::hold(const std::string& id, const WireReply& reply) {
  const Hold& hold = holds_[by_id_.at(id)];
  if (reply.type != '*' || reply.items.size() != 14) return "(a hold)";
  const int64_t ms_left = reply.items[7].number;
  const bool is_live = hold.state == "HELD";
  if (is_live ? ms_left <= 0 || ms_left > ttl_ms : ms_left != 0) wrong_ = "expires_in_ms";
  wrong_ += learn(hold.made_by, reply.items[11].number);
  std::string items;
  for (const auto& [name, quantity] : hold.items) {
    if (hold.state != "RELEASED") items += (items.empty() ? "[" : " [") + name + " " + text(quantity) + "]";
  }
  return "[id " + id + " cart " + hold.cart + " state " + hold.state + " expires_in_ms " + text(ms_left) + " ref " +
         hold.ref + " seq " + text(reply.items[11].number) + " items [" + items + "]]";
}

std::string PipelineModel::last_seq(const WireReply& reply) {
  if (last_fact_ == 0) return "0";
  wrong_ = learn(last_fact_, reply.number);
  return text(reply.number);
}

size_t PipelineModel::fact() {
  eras_.push_back(era_);
  return last_fact_ = ++facts_;
}

std::string PipelineModel::learn(size_t fact, int64_t seq) {
  const auto [known, is_new] = seqs_.emplace(fact, seq);
  if (known->second != seq) return "this fact had the number " + text(known->second);
  if (!is_new) return "";
  for (const auto& [other, other_seq] : seqs_) {
    if (eras_[other] < eras_[fact] && other_seq >= seq) return "the number of an earlier fact is above";
    if (eras_[other] > eras_[fact] && other_seq <= seq) return "the number of a later fact is below";
  }
  return "";
}

}  // namespace holdfast
