#include "protocol/access.h"

#include <algorithm>

namespace holdfast {
namespace {

bool names_hold(Verb verb) {
  return verb == Verb::commit || verb == Verb::release || verb == Verb::amend || verb == Verb::extend ||
         verb == Verb::hold;
}

bool names_lock(Verb verb) {
  return verb == Verb::lock || verb == Verb::relock || verb == Verb::unlock;
}

bool names_cart_alone(Verb verb) {
  return verb == Verb::holds || verb == Verb::revoke;
}

const std::shared_ptr<const SkuScope>& nothing() {
  static const auto scope = std::make_shared<const SkuScope>(std::vector<std::string>{});
  return scope;
}

}  // namespace

bool has_flag(const CommandRow& row, std::string_view flag) {
  std::string_view flags = row.flags;
  while (!flags.empty()) {
    const size_t end = std::min(flags.find(' '), flags.size());
    if (flags.substr(0, end) == flag) return true;
    flags.remove_prefix(std::min(end + 1, flags.size()));
  }
  return false;
}

Roles role_needed(const CommandRow& row) {
  if (has_flag(row, "admin")) return role::admin;
  if (has_flag(row, "write")) return row.group == "stock" ? role::stock : role::checkout;
  return role::read;
}

Access judge_command(const User* user, const CommandRow& row) {
  if (!user) return {has_flag(row, "no_auth") ? Denial::none : Denial::login};
  return {user->roles & role_needed(row) ? Denial::none : Denial::command};
}

Access judge_journey(const User* user, const CommandRow& row, Journey& journey) {
  Access access = judge_command(user, row);
  if (access.denial == Denial::login) return access;
  if (access.denial == Denial::none && user->scope) {
    if (names_cart_alone(journey.verb)) access = {Denial::sku, journey.cart};
    const auto outside = [&](const Item& item) { return !user->scope->admits(item.sku); };
    const auto found = std::find_if(journey.items.begin(), journey.items.end(), outside);
    if (found != journey.items.end() && !names_lock(journey.verb)) access = {Denial::sku, found->sku};
  }
  if (!names_hold(journey.verb)) return access;
  journey.scope = access.denial == Denial::none ? user->scope : nothing();
  return {};
}

std::string denial_text(Denial denial, const CommandRow& row) {
  if (denial == Denial::login) return "NOAUTH Authentication required.";
  if (denial == Denial::sku) return "NOPERM this user has no permissions to access one of the keys used as arguments";
  return "NOPERM this user has no permissions to run the '" + std::string(row.name) + "' command";
}

}  // namespace holdfast
