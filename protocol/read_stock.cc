#include "protocol/read_stock.h"

#include <algorithm>

#include "engine/limits.h"
#include "protocol/arguments.h"

namespace holdfast {
namespace {

// What a delta is cut to: further from 0 than any that could be accepted (on hand stays within 2^53 of 0), so that it
// is refused as what was sent would be, and near enough that no sum overflows.
constexpr int64_t largest_delta = int64_t{1} << 55;

ReadError add_item(std::string_view sku, const Services& services, Journey& journey) {
  if (ReadError error = check_name(sku, "sku")) return error;
  Item& item = journey.items.emplace_back();
  item.sku = sku;
  item.hash = services.hasher().sku(sku);
  return std::nullopt;
}

ReadError read_one_sku(Verb verb, Args args, const Services& services, Journey& journey) {
  journey.verb = verb;
  return add_item(args[1], services, journey);
}

// [IFVER v] behind `sku number`.
ReadError read_if_version(Args args, Journey& journey) {
  constexpr Option allowed[] = {Option::ifver};
  OptionReader options(args, 3, allowed);
  journey.if_version = -1;
  while (!options.at_end()) {
    Option option{};
    std::string_view value;
    if (ReadError error = options.take(option)) return error;
    if (ReadError error = options.take_value(value)) return error;
    if (ReadError error = read_integer(value, "version", 0, INT64_MAX, journey.if_version)) return error;
  }
  return std::nullopt;
}

ReadError read_yes_or_no(std::string_view text, std::string_view what, bool& value) {
  value = says(text, "yes");
  if (value || says(text, "no")) return std::nullopt;
  return "ERR " + std::string(what) + " must be yes or no";
}

ReadError read_policy_option(Option option, std::string_view value, PolicyChange& policy) {
  switch (option) {
    case Option::oversell:
      policy.sets_oversell = true;
      return read_integer(value, "OVERSELL", 0, limits::units, policy.to.oversell);
    case Option::percart:
      policy.sets_percart = true;
      if (ReadError error = read_integer(value, "PERCART", 0, limits::units, policy.to.percart)) return error;
      return std::nullopt;
    case Option::paused:
      policy.sets_paused = true;
      return read_yes_or_no(value, "PAUSED", policy.to.paused);
    default:
      policy.sets_challenge = true;
      return read_yes_or_no(value, "CHALLENGE", policy.to.challenge);
  }
}

}  // namespace

ReadError read_set_stock(Args args, const Services& services, Journey& journey) {
  if (ReadError error = read_one_sku(Verb::set_stock, args, services, journey)) return error;
  if (ReadError error = read_integer(args[2], "on_hand", 0, limits::units, journey.amount)) return error;
  return read_if_version(args, journey);
}

ReadError read_restock(Args args, const Services& services, Journey& journey) {
  if (ReadError error = read_one_sku(Verb::restock, args, services, journey)) return error;
  const std::optional<int64_t> delta = parse_integer(args[2]);
  if (!delta) return "ERR value is not an integer or out of range";
  if (*delta == 0) return "ERR delta must not be 0";
  journey.amount = std::clamp(*delta, -largest_delta, largest_delta);
  return read_if_version(args, journey);
}

ReadError read_stock(Args args, const Services& services, Journey& journey) {
  return read_one_sku(Verb::stock, args, services, journey);
}

ReadError read_multi_stock(Args args, const Services& services, Journey& journey) {
  journey.verb = Verb::multi_stock;
  journey.items.reserve(args.size() - 1);
  for (const std::string_view sku : args.subspan(1)) {
    if (ReadError error = add_item(sku, services, journey)) return error;
  }
  return std::nullopt;
}

ReadError read_delete_stock(Args args, const Services& services, Journey& journey) {
  return read_one_sku(Verb::delete_stock, args, services, journey);
}

ReadError read_policy(Args args, const Services& services, Journey& journey) {
  constexpr Option allowed[] = {Option::oversell, Option::percart, Option::paused, Option::challenge};
  if (ReadError error = read_one_sku(Verb::policy, args, services, journey)) return error;
  journey.policy = {};
  OptionReader options(args, 2, allowed);
  while (!options.at_end()) {
    Option option{};
    std::string_view value;
    if (ReadError error = options.take(option)) return error;
    if (ReadError error = options.take_value(value)) return error;
    if (ReadError error = read_policy_option(option, value, journey.policy)) return error;
  }
  return std::nullopt;
}

}  // namespace holdfast
