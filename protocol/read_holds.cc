#include "protocol/read_holds.h"

#include "engine/hold_id.h"
#include "engine/limits.h"
#include "protocol/arguments.h"
#include "protocol/proof.h"

namespace holdfast {
namespace {

ReadError read_id(Verb verb, std::string_view text, Journey& journey) {
  const std::optional<HoldId> id = parse_hold_id(text);
  if (!id) return no_such_hold(text);
  journey.verb = verb;
  journey.id = *id;
  return std::nullopt;
}

ReadError read_cart(Verb verb, std::string_view cart, const Services& services, Journey& journey) {
  if (ReadError error = check_name(cart, "cart")) return error;
  journey.verb = verb;
  journey.cart = cart;
  journey.cart_hash = services.hasher().cart(cart);
  return std::nullopt;
}

struct ReserveOptions {
  Args versions;
  Args proofs;
  bool has_versions = false;
  bool has_items = false;
};

ReadError read_reserve_option(OptionReader& options, const Services& services, ReserveOptions& read, Journey& journey) {
  Option option{};
  if (ReadError error = options.take(option)) return error;
  switch (option) {
    case Option::ex:
    case Option::px: {
      std::string_view value;
      if (ReadError error = options.take_value(value)) return error;
      return read_ttl(option, value, "reserve", services.settings().max_ttl_us, journey.ttl_us);
    }
    case Option::ifver:
      read.has_versions = true;
      read.versions = options.take_list();
      return std::nullopt;
    case Option::items:
      read.has_items = true;
      return read_items(options.take_rest(), services.hasher(), journey.items);
    case Option::wait: {
      std::string_view value;
      int64_t wait_ms = 0;
      if (ReadError error = options.take_value(value)) return error;
      const int64_t most_ms = services.settings().max_wait_us / 1000;
      if (ReadError error = read_integer(value, "WAIT", 1, most_ms, wait_ms)) return error;
      journey.wait_us = wait_ms * 1000;
      return std::nullopt;
    }
    case Option::key: {
      if (ReadError error = options.take_value(journey.key)) return error;
      journey.key_hash = services.hasher().key(journey.cart, journey.key);
      return check_name(journey.key, "key");
    }
    case Option::partial:
      journey.partial = true;
      return std::nullopt;
    default:
      read.proofs = options.take_list();
      if (read.proofs.empty()) return "ERR option PROOF needs a value";
      if (read.proofs.size() <= limits::items) return std::nullopt;
      return "ERR PROOF takes at most " + std::to_string(limits::items) + " tokens";
  }
}

// Without a secret nothing can be proven. A token is judged by the wall clock now; a later try judges how long ago that
// was.
void prove_items(Args proofs, const Services& services, Journey& journey) {
  const ProofSecret* const secret = services.settings().challenge_secret.get();
  if (proofs.empty() || !secret) return;
  secret->prove(journey.cart, proofs, services.unix_time_us(), journey.items);
}

}  // namespace

ReadError read_reserve(Args args, const Services& services, Journey& journey) {
  constexpr Option allowed[] = {Option::ex,  Option::px,      Option::items, Option::ifver,
                                Option::key, Option::partial, Option::wait,  Option::proof};
  if (ReadError error = read_cart(Verb::reserve, args[1], services, journey)) return error;
  journey.ttl_us = services.settings().default_ttl_us;
  ReserveOptions read;
  OptionReader options(args, 2, allowed);
  while (!options.at_end()) {
    if (ReadError error = read_reserve_option(options, services, read, journey)) return error;
  }
  if (!read.has_items) return "ERR ITEMS is missing";
  prove_items(read.proofs, services, journey);
  if (!read.has_versions) return std::nullopt;
  if (journey.wait_us > 0) return "ERR WAIT cannot be combined with IFVER";
  journey.exclusive = journey.items.size() > 1;
  return read_versions(read.versions, journey.items);
}

ReadError read_commit(Args args, const Services& services, Journey& journey) {
  constexpr Option allowed[] = {Option::ref, Option::late, Option::items};
  journey.ref = {};
  OptionReader options(args, 2, allowed);
  while (!options.at_end()) {
    Option option{};
    if (ReadError error = options.take(option)) return error;
    if (option == Option::late) {
      journey.late = true;
    } else if (option == Option::items) {
      if (ReadError error = read_items(options.take_rest(), services.hasher(), journey.items)) return error;
    } else {
      if (ReadError error = options.take_value(journey.ref)) return error;
      if (ReadError error = check_name(journey.ref, "ref")) return error;
    }
  }
  return read_id(Verb::commit, args[1], journey);
}

ReadError read_release(Args args, const Services& services, Journey& journey) {
  constexpr Option allowed[] = {Option::items};
  if (args.size() > 2) {
    OptionReader options(args, 2, allowed);
    Option option{};
    if (ReadError error = options.take(option)) return error;
    if (ReadError error = read_items(options.take_rest(), services.hasher(), journey.items)) return error;
  }
  return read_id(Verb::release, args[1], journey);
}

ReadError read_amend(Args args, const Services& services, Journey& journey) {
  constexpr Option allowed[] = {Option::items};
  OptionReader options(args, 2, allowed);
  Option option{};
  if (ReadError error = options.take(option)) return error;
  if (ReadError error = read_items(options.take_rest(), services.hasher(), journey.items)) return error;
  return read_id(Verb::amend, args[1], journey);
}

ReadError read_extend(Args args, const Services& services, Journey& journey) {
  constexpr Option allowed[] = {Option::ex, Option::px};
  OptionReader options(args, 2, allowed);
  while (!options.at_end()) {
    Option option{};
    std::string_view value;
    if (ReadError error = options.take(option)) return error;
    if (ReadError error = options.take_value(value)) return error;
    if (ReadError error = read_ttl(option, value, "extend", services.settings().max_ttl_us, journey.ttl_us))
      return error;
  }
  return read_id(Verb::extend, args[1], journey);
}

ReadError read_hold(Args args, const Services&, Journey& journey) {
  return read_id(Verb::hold, args[1], journey);
}

ReadError read_holds(Args args, const Services& services, Journey& journey) {
  return read_cart(Verb::holds, args[1], services, journey);
}

ReadError read_revoke(Args args, const Services& services, Journey& journey) {
  return read_cart(Verb::revoke, args[1], services, journey);
}

}  // namespace holdfast
